import { execFile } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { ConformanceReport } from "../conformance/index.js";

/** Programs that must be on PATH, and what to install for each. `a|b` is one of them. */
type Needs = Readonly<Record<string, string>>;

/** host.json of a folder of conformance/hosts. Commands may hold {build}, {planner}, {vectors} and {node}. */
interface HostManifest {
  readonly needs: Needs;
  readonly build: readonly (readonly string[])[];
  readonly runtimes: Readonly<Record<string, { readonly needs?: Needs; readonly run: readonly string[] }>>;
}

/** The files that a host is given. */
export interface HostPlaces {
  /** The checkout. */
  readonly root: string;
  readonly planner: string;
  readonly vectors: string;
}

/** What became of a runtime: its report, or why there is none. */
export type HostOutcome =
  | { readonly kind: "report"; readonly report: ConformanceReport }
  | { readonly kind: "missing" | "broken"; readonly reason: string };

/** A host that takes longer than this is ended (milliseconds). */
const TIME_LIMIT_MS = 600_000;

/** The hosts of a checkout; none in an installed package. */
export function findHosts({ root, planner, vectors }: HostPlaces): Host[] {
  const folder = join(root, "conformance", "hosts");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .filter((name) => existsSync(join(folder, name, "host.json")))
    .map((name) => new Host(join(folder, name), { build: join(root, "build", "conformance", name), planner, vectors }));
}

/** A folder of conformance/hosts: a program that runs the kit in one runtime or more. */
export class Host {
  readonly #folder: string;
  readonly #places: Readonly<Record<string, string>>;
  readonly #manifest: HostManifest;
  #built: Promise<string | undefined> | undefined;

  constructor(folder: string, places: { readonly build: string; readonly planner: string; readonly vectors: string }) {
    this.#folder = folder;
    this.#places = { ...places, node: process.execPath };
    // Boundary: the file is of the same checkout; a test compares each with its schema.
    this.#manifest = JSON.parse(readFileSync(join(folder, "host.json"), "utf8")) as HostManifest;
  }

  /** Names of its runtimes. */
  get runtimes(): string[] {
    return Object.keys(this.#manifest.runtimes);
  }

  /** Runs the kit in one of its runtimes; the first run builds the host. */
  async run(runtime: string): Promise<HostOutcome> {
    const entry = this.#manifest.runtimes[runtime];
    if (entry === undefined) throw new RangeError(`${this.#folder} has no runtime ${runtime}`);
    const missing = missingPrograms({ ...this.#manifest.needs, ...entry.needs });
    if (missing !== undefined) return { kind: "missing", reason: missing };
    this.#built ??= this.#build();
    const obstacle = await this.#built;
    if (obstacle !== undefined) return { kind: "missing", reason: `it cannot be built here: ${obstacle}` };
    const { stdout, failure } = await this.#execute(entry.run);
    const report = parseReport(stdout);
    if (report !== undefined) return { kind: "report", report };
    return { kind: "broken", reason: failure ?? "it printed no report" };
  }

  /** Returns why the host cannot be built, or undefined. */
  async #build(): Promise<string | undefined> {
    await mkdir(this.#places["build"] ?? "", { recursive: true });
    for (const command of this.#manifest.build) {
      const { failure } = await this.#execute(command);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  #execute(command: readonly string[]): Promise<{ stdout: string; failure?: string }> {
    const [program = "", ...args] = command.map((part) =>
      part.replace(/\{(\w+)\}/g, (whole, name: string) => this.#places[name] ?? whole),
    );
    const options = { cwd: this.#folder, maxBuffer: 1 << 26, timeout: TIME_LIMIT_MS };
    return new Promise((resolve) => {
      execFile(program, args, options, (error, stdout, stderr) => {
        if (error === null) resolve({ stdout });
        else resolve({ stdout, failure: `${command.join(" ")}: ${lastLines(stderr) || error.message}` });
      });
    });
  }
}

/** The report in the last line of a host's output. */
function parseReport(stdout: string): ConformanceReport | undefined {
  try {
    // Boundary: a test compares every report with conformance/schema/report.json.
    const report = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as ConformanceReport;
    return typeof report.suites === "object" ? report : undefined;
  } catch {
    return undefined;
  }
}

function lastLines(text: string): string {
  return text.trim().split("\n").slice(-3).join(" | ");
}

function missingPrograms(needs: Needs): string | undefined {
  const missing = Object.entries(needs).filter(([names]) => !names.split("|").some(isOnPath));
  if (missing.length === 0) return undefined;
  return `not on PATH: ${missing.map(([names, advice]) => `${names} (install ${advice})`).join(", ")}`;
}

function isOnPath(program: string): boolean {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.some((folder) => isExecutable(join(folder, program)));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
