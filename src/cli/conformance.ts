import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { type ConformanceVectors, runConformance } from "../conformance/index.js";
import { mustBe } from "../errors.js";
import * as tileblend from "../index.js";
import { planner } from "../planner.js";
import { findHosts, type Host, type HostPlaces } from "./conformance_host.js";
import {
  type ConformanceOutcome,
  createAbsentRow,
  createRow,
  describeOutcome,
  type RuntimeRow,
} from "./conformance_report.js";
import type { Console } from "./console.js";
import { UsageError } from "./usage.js";

interface ConformanceOptions {
  readonly runtime: readonly string[];
  readonly requireAll?: boolean;
  readonly json?: boolean;
}

/** A runtime to run, by itself. */
interface Candidate {
  readonly name: string;
  readonly run: (mustRun: boolean) => Promise<RuntimeRow>;
}

const EXAMPLES = `
Examples:
  $ tileblend conformance
  $ tileblend conformance --runtime all
  $ tileblend conformance --runtime bun firefox-modules-worker --json

The vectors are part of the package. The programs that run them in other runtimes and languages are in a checkout of the
repository only: an installed package knows the runtime "this" alone.`;

/** The `conformance` command: whether every runtime gives the same plans and the same pixels. */
export function addConformanceCommand(program: Command, console: Console): void {
  program
    .command("conformance")
    .description("check that this runtime, and others found here, give the kit's plans and pixels")
    .option("--runtime <names...>", "this, all, or names of runtimes", ["this"])
    .option("--require-all", "fail for a runtime that is missing, instead of skipping it")
    .option("--json", "print JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (options: ConformanceOptions) => {
      const outcome = await run(options, console);
      console.out(options.json === true ? JSON.stringify(outcome, null, 2) : describeOutcome(outcome));
      if (outcome.runtimes.some((row) => row.failed > 0)) process.exitCode = 1;
    });
}

async function run({ runtime, requireAll }: ConformanceOptions, console: Console): Promise<ConformanceOutcome> {
  const planVersion = planner.constant("PLAN_VERSION");
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const fileOf = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
  const places = {
    root,
    planner: fileOf("build/planner.wasm"),
    vectors: fileOf(`conformance/vectors/v${planVersion}.json`),
  };
  const hosts = findHosts(places);
  const candidates = [thisRuntime(places), ...hosts.flatMap(candidatesOf)];
  const isAll = runtime.includes("all");
  if (isAll && hosts.length === 0) console.note("hosts of other runtimes are in a checkout of the repository only");
  const chosen = isAll ? candidates : chooseByName(candidates, runtime);
  // A runtime that is named is wanted; of all, those that are there.
  const rows = await runConcurrently(chosen, requireAll === true || !isAll, console);
  return { planVersion, runtimes: rows };
}

function chooseByName(candidates: readonly Candidate[], names: readonly string[]): Candidate[] {
  const known = candidates.map((candidate) => candidate.name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError(mustBe("--runtime", `all or one of ${known.join(", ")}`, unknown));
  return candidates.filter((candidate) => names.includes(candidate.name));
}

function thisRuntime(places: HostPlaces): Candidate {
  return {
    name: "this",
    run: async () => {
      const wasm = new Uint8Array(await readFile(places.planner));
      // Boundary: the file is the package's own.
      const vectors = JSON.parse(await readFile(places.vectors, "utf8")) as ConformanceVectors;
      return createRow("this", await runConformance({ tileblend, vectors, planner: wasm }));
    },
  };
}

function candidatesOf(host: Host): Candidate[] {
  return host.runtimes.map((name) => ({
    name,
    run: async (mustRun) => {
      const outcome = await host.run(name);
      if (outcome.kind === "report") return createRow(name, outcome.report);
      return createAbsentRow(name, outcome.reason, mustRun || outcome.kind === "broken");
    },
  }));
}

/** Runs as many at once as there are cores; the rows are in the order of the candidates. */
async function runConcurrently(
  chosen: readonly Candidate[],
  mustRun: boolean,
  console: Console,
): Promise<RuntimeRow[]> {
  const rows: RuntimeRow[] = [];
  const queue = chosen.entries();
  const work = async () => {
    for (const [index, candidate] of queue) {
      if (console.isTerminal) console.note(`${candidate.name} ...`);
      rows[index] = await candidate.run(mustRun);
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), chosen.length) }, work));
  return rows;
}
