// npm run bench: ours beside the limit and other implementations, each trial in a process of its own, in turn. Prints
// tables of medians and writes build/bench.json. --help tells more.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findPeers } from "./peers.mjs";
import { measurePlanner } from "./planner.mjs";
import { buildLimit, runOurs, runPeer, runScript } from "./processes.mjs";
import { largestChunk, memoryBound, summarise } from "./summary.mjs";
import * as tables from "./tables.mjs";
import { allWorkloads, titleOf } from "./workloads.mjs";

const HELP = `Usage: npm run bench -- [options]

  --repetitions N   rounds through everything, interleaved (3; 1 with --quick)
  --only REGEX      what to run, by title: the lines of progress show titles
  --quick           121 frames of 544 x 960 at the default tiling, float32 tiles
  --help

Environment: BENCH_PYTHON, a Python with numpy, mlx or torch (python3); CXX (g++).

Examples:
  npm run bench -- --quick
  npm run bench -- --repetitions 5 --only "default float32 to rgb24"
  npm run bench -- --only "^(memory|growth|planner|orchestrator)"
`;
const { values } = parseArgs({
  options: {
    repetitions: { type: "string" },
    only: { type: "string", default: "" },
    quick: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const root = fileURLToPath(new URL("..", import.meta.url));
const threads = availableParallelism();
const python = process.env.BENCH_PYTHON ?? "python3";
const peers = findPeers(python);
const limit = buildLimit();
const ALL_CORES = { executor: "cpu", threads };
const STREAMED = { size: "121x544x960", tiling: "default", tile: "float32", out: "rgb24", mode: "streamed" };

/** All cores everywhere; one core, in C++ and in WASM, at one size and tiling. */
function contendersOf({ size, tiling }) {
  if (size !== STREAMED.size || tiling !== STREAMED.tiling) return [ALL_CORES];
  return [...(threads > 1 ? [ALL_CORES] : []), { executor: "cpu", threads: 1 }, { executor: "wasm", threads: 1 }];
}

/** The limit and ours, one after the other. */
function runWorkload(workload) {
  const limits = new Map();
  return contendersOf(workload).map((contender) => {
    const count = contender.threads;
    if (!limits.has(count)) limits.set(count, limit?.(count));
    return { name: `${contender.executor} ${count}`, limit: limits.get(count), ...runOurs(workload, contender) };
  });
}

/** The peers that are here make float32 of float32, and bytes of that; the modes of ours are one to them. */
function runPeers(workload) {
  return peers.map((peer) => ({
    name: peer.name,
    ...(peer.missing === undefined ? runPeer(peer, workload, threads) : { missing: peer.missing }),
  }));
}

/** Peak memory of a streamed decode over the bound. */
function runMemory(workload) {
  const { missing, peak, idle } = runOurs(workload, ALL_CORES);
  const bound = { against: "window, weights and tile", limit: memoryBound(workload) };
  return { missing, overIdle: peak - idle, ...bound, chunk: largestChunk(workload) };
}

/** Peak memory of a whole decode to float16 over that of the reference's way. */
function runWholeMemory(workload) {
  const ours = runOurs(workload, ALL_CORES);
  const peer = peers.find(({ name }) => name === "numpy");
  const theirs = peer.missing === undefined ? runPeer(peer, workload, threads) : peer;
  const missing = ours.missing ?? theirs.missing;
  const reference = { against: "numpy", limit: theirs.peak - theirs.idle };
  return { missing, overIdle: ours.peak - ours.idle, ...reference, chunk: largestChunk(workload) };
}

/** Everything that a run can do: `part` of the report, title, what runs it, and whether once is enough. */
function allTasks() {
  const workloads = allWorkloads().map((workload) => ({ part: "workloads", workload, title: titleOf(workload) }));
  const compared = ["default", "aggressive"].flatMap((tiling) =>
    ["float32", "rgb24"].map((out) => ({ ...STREAMED, tiling, out })),
  );
  const memory = ["33", "121", "1001"].flatMap((frames) =>
    ["float32", "bfloat16", "rgb24"].map((out) => ({ ...STREAMED, size: `${frames}x544x960`, out })),
  );
  const whole = { ...STREAMED, out: "float16", mode: "whole" };
  const orchestrated = [ALL_CORES, { executor: "cpu", threads: 1 }, { executor: "wasm", threads: 1 }];
  return [
    ...workloads.map((task) => ({ ...task, run: () => runWorkload(task.workload) })),
    ...compared.map((workload) => ({
      part: "peers",
      workload,
      title: `peers ${titleOf(workload)}`,
      // MLX takes most of a minute there.
      once: workload.tiling === "aggressive",
      run: () => runPeers(workload),
    })),
    ...memory.map((workload) => ({
      part: "memory",
      title: `memory ${titleOf(workload)}`,
      once: true,
      run: () => [runMemory(workload)],
    })),
    { part: "memory", title: `memory ${titleOf(whole)}`, once: true, run: () => [runWholeMemory(whole)] },
    ...orchestrated.map((contender) => ({
      part: "orchestrator",
      title: `orchestrator ${contender.executor} ${contender.threads}`,
      run: () => [runScript("orchestrator.mjs", { ...STREAMED, ...contender })],
    })),
    { part: "growth", title: "growth", once: true, run: () => [runScript("growth.mjs", {})] },
    { part: "planner", title: "planner", once: true, run: () => [measurePlanner(python)] },
  ];
}

function isQuick({ part, title }) {
  return !["workloads", "peers"].includes(part) || title.includes("121x544x960 default float32");
}

/** Runs the tasks so many times, in turn, and tells on stderr how far it is. */
function runAll(tasks, repetitions) {
  const schedule = Array.from({ length: repetitions }, (_, round) => tasks.filter(({ once }) => round === 0 || !once));
  const steps = schedule.flat();
  const durations = new Map();
  for (const [done, task] of steps.entries()) {
    const known = [...durations.values()];
    const usual = known.reduce((total, each) => total + each, 0) / known.length;
    const left = steps.slice(done).reduce((total, { title }) => total + (durations.get(title) ?? usual), 0);
    const eta = known.length === 0 ? "" : `, ${Math.ceil(left / 60_000)} min left`;
    console.error(`${done + 1} of ${steps.length}${eta}: ${task.title}`);
    const start = performance.now();
    task.results = [...(task.results ?? []), ...task.run()];
    durations.set(task.title, performance.now() - start);
  }
}

function machine() {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
  return { cpu: cpus()[0]?.model, cores: threads, memoryBytes: totalmem(), node: process.version, commit };
}

function makeReport(tasks, repetitions) {
  const of = (part) => tasks.filter((task) => task.part === part);
  const summaries = (part) => of(part).map(({ workload, results }) => summarise(workload, results));
  const titled = (part) => of(part).flatMap(({ title, results }) => results.map((result) => ({ title, ...result })));
  return {
    machine: machine(),
    date: new Date().toISOString(),
    repetitions,
    missing: [...(limit === undefined ? ["the limit: no C++ compiler"] : []), ...peers.flatMap(missingOf)],
    versions: Object.fromEntries(peers.map(({ name, version }) => [name, version])),
    workloads: summaries("workloads"),
    peers: summaries("peers"),
    memory: titled("memory"),
    orchestrator: titled("orchestrator"),
    growth: of("growth")[0]?.results[0],
    planner: of("planner")[0]?.results[0],
  };
}

function missingOf({ name, missing }) {
  return missing === undefined ? [] : [`${name}: ${missing}`];
}

function print(report) {
  console.log(JSON.stringify(report.machine));
  for (const each of report.missing) console.log(`missing: ${each}`);
  if (report.workloads.length > 0) console.log(`\n${tables.formatShares(report.workloads)}`);
  if (report.peers.length > 0) console.log(`\n${tables.formatPeers(report.peers, report.workloads)}`);
  if (report.memory.length > 0) console.log(`\n${tables.formatMemory(report.memory)}`);
  if (report.orchestrator.length > 0) console.log(`\n${tables.formatOrchestrator(report.orchestrator)}`);
  if (report.growth !== undefined) console.log(`\n${tables.formatGrowth(report.growth)}`);
  if (report.planner !== undefined) console.log(`\n${tables.formatPlanner(report.planner)}`);
}

function main() {
  if (values.help) return console.log(HELP);
  const repetitions = Number(values.repetitions ?? (values.quick ? 1 : 3));
  if (!Number.isInteger(repetitions) || repetitions < 1) throw new Error(`--repetitions must be at least 1\n\n${HELP}`);
  const only = new RegExp(values.only);
  const tasks = allTasks().filter((task) => only.test(task.title) && (!values.quick || isQuick(task)));
  if (tasks.length === 0) throw new Error(`no title matches ${values.only}`);
  runAll(tasks, repetitions);
  const report = makeReport(tasks, repetitions);
  mkdirSync(`${root}build`, { recursive: true });
  writeFileSync(`${root}build/bench.json`, `${JSON.stringify(report, undefined, 1)}\n`);
  print(report);
}

main();
