/** Names of the planner's functions that take part; `plan` takes the request's fields as its arguments. */
export type PlannerFunction =
  | "plan"
  | "blend_mask"
  | "split_axis"
  | "map_interval"
  | "check_tiling"
  | "preset_tiling"
  | "auto_tiling";

/** The error record of a refused call. */
export interface ExpectedError {
  readonly code: number;
  /** Name of the planner's exported constant. */
  readonly name: string;
  /** 0 frames, 1 height, 2 width, -1 none. */
  readonly axis: number;
  readonly got: number;
  readonly limit: number;
}

/** One call of the planner and what it gives: literal values, a digest of them, or an error. */
export interface PlannerCase {
  readonly call: PlannerFunction;
  /** In the order of `functions[call]`. */
  readonly arguments: readonly number[];
  /** Of a plan: the axis whose records and masks alone are compared. 0 frames, 1 height, 2 width. */
  readonly axis?: number;
  /** The result's first values, little-endian. */
  readonly int32?: readonly number[];
  /** The result's other values: base64 of little-endian float32. */
  readonly float32?: string;
  /** Length of a result that is given by its digest (bytes). */
  readonly bytes?: number;
  /** SHA-256 of the result, in lowercase hexadecimal. */
  readonly sha256?: string;
  readonly error?: ExpectedError;
}

/** A whole tiled decode with the probe decoder. */
export interface DecodeCase {
  /** The request of its plan, in the order of `functions.plan`. */
  readonly plan: readonly number[];
  /** (B, C, F, H, W). */
  readonly latentShape: readonly number[];
  readonly dtype: "float32" | "float16";
  /** How many frames, rows and columns the decoder gives more than planned. */
  readonly delta: number;
  readonly outputShape: readonly number[];
  /** SHA-256 of the output's little-endian bytes in `dtype`. */
  readonly sha256: string;
}

/** Names of the suites that planner.wasm alone can run. */
export const PLANNER_SUITES = ["plans", "axes", "masks", "splits", "slices", "tilings", "rejections"] as const;

/** Name of a suite that planner.wasm alone can run. */
export type PlannerSuite = (typeof PLANNER_SUITES)[number];

/** The whole kit: conformance/vectors/v<planVersion>.json. conformance/schema/vectors.json is its schema. */
export interface ConformanceVectors {
  readonly format: "tileblend-conformance";
  readonly planVersion: number;
  readonly abiVersion: number;
  /** Names of each function's arguments. */
  readonly functions: Readonly<Record<PlannerFunction, readonly string[]>>;
  readonly suites: Readonly<Record<PlannerSuite, readonly PlannerCase[]>> & {
    readonly decodes: readonly DecodeCase[];
  };
}

/** How the cases of one suite went. */
export interface SuiteResult {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** The first case that differs: what it is, what was expected and what came. */
  readonly firstDifference: string | null;
  /** Why cases were skipped. */
  readonly reason?: string;
}

/**
 * Runs cases one after the other. `check` returns what differs, or null; what it throws counts as a difference.
 */
export async function runSuite<T>(
  cases: readonly T[],
  nameOf: (each: T) => string,
  check: (each: T) => Promise<string | null> | string | null,
): Promise<SuiteResult> {
  let passed = 0;
  let firstDifference: string | null = null;
  for (const each of cases) {
    const difference = await differenceOf(() => check(each));
    if (difference === null) passed++;
    else firstDifference ??= `${nameOf(each)}: ${difference}`;
  }
  return { passed, failed: cases.length - passed, skipped: 0, firstDifference };
}

async function differenceOf(check: () => Promise<string | null> | string | null): Promise<string | null> {
  try {
    return await check();
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

/** A suite of `count` cases that cannot run here. */
export function skipSuite(count: number, reason: string): SuiteResult {
  return { passed: 0, failed: 0, skipped: count, firstDifference: null, reason };
}

/** How a report calls a case: `blend_mask(8, 2, 2, 0)`. */
export function nameOfCall(each: PlannerCase): string {
  const axis = each.axis === undefined ? "" : `, axis ${each.axis}`;
  return `${each.call}(${each.arguments.join(", ")})${axis}`;
}

/** Names the arguments of a call. */
export function namedArguments(vectors: ConformanceVectors, each: PlannerCase): Readonly<Record<string, number>> {
  return Object.fromEntries(vectors.functions[each.call].map((name, i) => [name, each.arguments[i] ?? 0]));
}

/** SHA-256 in lowercase hexadecimal. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What differs between a result and what a case expects, or null. */
export async function compareResult(each: PlannerCase, result: Uint8Array<ArrayBuffer>): Promise<string | null> {
  if (each.sha256 !== undefined) {
    if (result.length !== each.bytes) return `expected ${each.bytes} bytes, got ${result.length}`;
    const digest = await sha256(result);
    return digest === each.sha256 ? null : `expected SHA-256 ${each.sha256}, got ${digest}`;
  }
  return compareBytes(result, literalBytes(each));
}

function literalBytes({ int32 = [], float32 = "" }: PlannerCase): Uint8Array {
  const floats = Uint8Array.from(atob(float32), (character) => character.charCodeAt(0));
  const bytes = new Uint8Array(4 * int32.length + floats.length);
  const view = new DataView(bytes.buffer);
  int32.forEach((value, i) => {
    view.setInt32(4 * i, value, true);
  });
  bytes.set(floats, 4 * int32.length);
  return bytes;
}

function compareBytes(actual: Uint8Array, expected: Uint8Array): string | null {
  if (actual.length !== expected.length) return `expected ${expected.length} bytes, got ${actual.length}`;
  const at = actual.findIndex((byte, i) => byte !== expected[i]);
  if (at < 0) return null;
  const word = (bytes: Uint8Array) =>
    Array.from(bytes.subarray(at - (at % 4), at - (at % 4) + 4), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `expected bytes ${word(expected)} at ${at - (at % 4)}, got ${word(actual)}`;
}
