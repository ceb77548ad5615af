import type * as Tileblend from "../index.js";
import type { ExecutorName } from "../index.js";
import { runApiSuite } from "./api_cases.js";
import { decodeSuiteName, runDecodeSuite } from "./decode_cases.js";
import { runPlannerSuites } from "./planner_cases.js";
import { describeRuntime, type RuntimeDescription } from "./runtime.js";
import type { ConformanceVectors, SuiteResult } from "./vectors.js";

export type { RuntimeDescription } from "./runtime.js";
export type {
  ConformanceVectors,
  DecodeCase,
  ExpectedError,
  PlannerCase,
  PlannerFunction,
  PlannerSuite,
  SuiteResult,
} from "./vectors.js";

/** What a conformance runner prints, in JSON. */
export interface ConformanceReport extends RuntimeDescription {
  readonly suites: Readonly<Record<string, SuiteResult>>;
}

/** What runConformance takes. */
export interface ConformanceOptions {
  /** The package, as this runtime resolves it: `import * as tileblend from "tileblend"`. */
  readonly tileblend: typeof Tileblend;
  /** The parsed file of vectors. */
  readonly vectors: ConformanceVectors;
  /** The bytes of planner.wasm. */
  readonly planner: Uint8Array<ArrayBuffer>;
  /** Executors to decode with; one that is missing here is skipped. Default wasm and cpu. */
  readonly executors?: readonly ExecutorName[];
}

/**
 * Runs the conformance kit in this runtime: planner.wasm by itself, the package's public functions, and whole decodes
 * on each executor.
 * @throws RangeError when the vectors are of another plan format than the planner.
 */
export async function runConformance(options: ConformanceOptions): Promise<ConformanceReport> {
  const { tileblend, vectors, planner, executors = ["wasm", "cpu"] } = options;
  const suites = await runPlannerSuites(vectors, planner);
  suites["public API"] = await runApiSuite(tileblend, vectors);
  for (const name of executors) suites[decodeSuiteName(name)] = await runDecodeSuite(tileblend, vectors, name);
  return { ...describeRuntime(), suites };
}
