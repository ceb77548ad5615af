import { mustBe } from "./errors.js";
import { plannerWasm } from "./generated/planner_wasm.js";
import { decodeHex } from "./hex.js";

/** What a message calls the value that the planner refused. */
export type PlannerRole =
  | "size"
  | "scale"
  | "causal"
  | "tileSize"
  | "overlap"
  | "margin"
  | "context"
  | "output"
  | "tileCount"
  | "result"
  | "length"
  | "start"
  | "end"
  | "ramp"
  | "kind"
  | "preset";

/** Gives the path of a refused value, for the message. `axis` is 0 frames, 1 height, 2 width, or -1. */
type PathOf = (role: PlannerRole, axis: number) => string;

/** The exported functions of planner.wasm. docs/planner-abi.md describes them. */
interface PlannerFunctions {
  readonly memory: WebAssembly.Memory;
  request_ptr(): number;
  result_ptr(): number;
  error_ptr(): number;
  plan(): number;
  blend_mask(length: number, leftRamp: number, rightRamp: number, leftStartsFromZero: number): number;
  split_axis(kind: number, size: number, overlap: number, dimension: number): number;
  map_interval(kind: number, start: number, end: number, leftRamp: number, rightRamp: number, scale: number): number;
  check_tiling(
    axis: number,
    scale: number,
    tileSize: number,
    overlap: number,
    margin: number,
    ramp: number,
    context: number,
  ): number;
  preset_tiling(preset: number): number;
  auto_tiling(
    height: number,
    width: number,
    numFrames: number,
    spatialThreshold: number,
    temporalThreshold: number,
  ): number;
}

/** Exported constants that TypeScript uses; their values are the planner's. */
const CONSTANT_NAMES = [
  "ABI_VERSION",
  "PLAN_VERSION",
  "PLAN_MAGIC",
  "REQUEST_BYTES",
  "PLAN_REQUEST",
  "REQUEST_TILING",
  "AXIS_TILING_BYTES",
  "PLAN_AXES",
  "AXIS_HEADER_BYTES",
  "RECORD_BYTES",
  "INTERVAL_BYTES",
  "SLICE_BYTES",
  "TILING_BYTES",
  "KIND_SPATIAL",
  "KIND_TEMPORAL",
  "PRESET_DEFAULT",
  "PRESET_SPATIAL_ONLY",
  "PRESET_TEMPORAL_ONLY",
  "PRESET_AGGRESSIVE",
  "PRESET_CONSERVATIVE",
] as const;

type ConstantName = (typeof CONSTANT_NAMES)[number];

interface Failure {
  readonly role: PlannerRole;
  /** The condition that was not met, `limit` filled in. */
  readonly condition: (limit: bigint) => string;
}

// By the planner's error code; index 0 is no error.
const FAILURES: readonly (Failure | undefined)[] = [
  undefined,
  { role: "size", condition: (limit) => `from 1 to ${limit}` },
  { role: "scale", condition: (limit) => `from 1 to ${limit}` },
  { role: "causal", condition: () => "0 or 1" },
  { role: "tileSize", condition: (limit) => `at least ${limit}, twice the scale` },
  { role: "tileSize", condition: (limit) => `a multiple of ${limit}, the scale` },
  { role: "overlap", condition: () => "at least 0" },
  { role: "overlap", condition: (limit) => `a multiple of ${limit}, the scale` },
  { role: "overlap", condition: (limit) => `below ${limit}, the tile size` },
  { role: "output", condition: (limit) => `at most ${limit}` },
  { role: "tileCount", condition: (limit) => `at most ${limit}; take larger tiles` },
  { role: "result", condition: (limit) => `at most ${limit} bytes; tile the longest axis, or take larger tiles` },
  { role: "length", condition: () => "at least 1" },
  { role: "start", condition: () => "at least 0" },
  { role: "end", condition: (limit) => `above ${limit}, the start` },
  { role: "tileSize", condition: () => "at least 1" },
  { role: "size", condition: () => "at least 1" },
  { role: "kind", condition: () => "0 (spatial) or 1 (temporal)" },
  { role: "preset", condition: (limit) => `from 0 to ${limit}` },
  { role: "result", condition: () => "of a size that the memory of this process can hold" },
  { role: "ramp", condition: () => "at least 0" },
  { role: "margin", condition: () => "at least 0" },
  { role: "overlap", condition: (limit) => `at most ${limit}, half the tile, for tiles with a margin` },
  { role: "margin", condition: (limit) => `at most ${limit}, or part of the overlap has no weight` },
  { role: "ramp", condition: () => "0 (linear) or 1 (smooth)" },
  { role: "context", condition: (limit) => `from 0 (both) to ${limit}` },
];

/** Memory above this is given back after the call that grew it (bytes). */
const KEPT_MEMORY_BYTES = 1 << 22;

/** planner.wasm, instantiated synchronously on first use. */
class Planner {
  #module: WebAssembly.Module | undefined;
  #instance: WebAssembly.Instance | undefined;

  #instantiate(): WebAssembly.Instance {
    this.#module ??= new WebAssembly.Module(decodeHex(plannerWasm));
    this.#instance ??= new WebAssembly.Instance(this.#module, {});
    return this.#instance;
  }

  /** The value of an exported constant. */
  constant(name: ConstantName): number {
    // Boundary: the module is ours, built with this package, and the name is one of CONSTANT_NAMES.
    return (this.#instantiate().exports[name] as WebAssembly.Global).value as number;
  }

  /**
   * Calls an exported function and returns a copy of its result.
   * @throws RangeError made from the planner's error record.
   */
  call(pathOf: PathOf, invoke: (functions: PlannerFunctions) => number): Uint8Array<ArrayBuffer> {
    // Boundary: the module is ours, built with this package.
    const functions = this.#instantiate().exports as unknown as PlannerFunctions;
    const bytes = invoke(functions);
    if (bytes < 0) throw plannerError(functions, pathOf);
    const result = new Uint8Array(functions.memory.buffer, functions.result_ptr(), bytes).slice();
    if (functions.memory.buffer.byteLength > KEPT_MEMORY_BYTES) this.#instance = undefined;
    return result;
  }

  /** Writes a request (i32 fields) and returns the plan block. */
  plan(pathOf: PathOf, request: readonly number[]): Uint8Array<ArrayBuffer> {
    return this.call(pathOf, (functions) => {
      const view = new DataView(functions.memory.buffer, functions.request_ptr(), this.constant("REQUEST_BYTES"));
      request.forEach((field, i) => {
        view.setInt32(4 * i, field, true);
      });
      return functions.plan();
    });
  }
}

function plannerError(functions: PlannerFunctions, pathOf: PathOf): RangeError {
  const record = new DataView(functions.memory.buffer, functions.error_ptr());
  const failure = FAILURES[record.getInt32(0, true)];
  if (failure === undefined) return new RangeError(`planner error ${record.getInt32(0, true)}`);
  const axis = record.getInt32(4, true);
  const got = Number(record.getBigInt64(8, true));
  const condition = failure.condition(record.getBigInt64(16, true));
  return new RangeError(mustBe(pathOf(failure.role, axis), `${condition}${unitOf(failure.role, axis)}`, got));
}

function unitOf(role: PlannerRole, axis: number): string {
  if (axis < 0 || !["tileSize", "overlap", "margin", "output"].includes(role)) return "";
  return axis === 0 ? " (frames)" : " (pixels)";
}

/** The one planner of this module. Stateless to its callers: each call writes its result anew. */
export const planner = new Planner();
