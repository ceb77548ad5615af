import { type Interval, readInterval, type Slice } from "./axis.js";
import { planner } from "./planner.js";
import { AXIS_NAMES, type AxisName, type AxisTiling, CONTEXT_SIDES, type NormalTiling, RAMP_SHAPES } from "./tiling.js";

/** One interval of an axis, with where its output goes (frames or pixels). */
export interface PlanInterval extends Interval {
  readonly outStart: number;
  readonly outStop: number;
  /** Weights of the output: outStop - outStart float32, shared by all intervals of the same shape. Not to be written. */
  readonly mask: Float32Array;
}

/** What one axis of the block holds. */
export interface PlanAxis {
  readonly size: number;
  readonly intervals: readonly PlanInterval[];
  /** The same intervals as a tile names them. */
  readonly latent: readonly Interval[];
  readonly output: readonly Slice[];
}

/** Where the parts of one axis lie in the block. */
export interface AxisHeader {
  readonly size: number;
  readonly count: number;
  readonly recordsOffset: number;
}

/** Reads the tiling of a plan block, in which the planner gave what does not matter its first value. */
export function readTiling(bytes: Uint8Array<ArrayBuffer>): NormalTiling<Required<AxisTiling>> {
  const [frames, height, width] = AXIS_NAMES.map((_, axis) => readAxisTiling(bytes, axis));
  return {
    ...(frames === undefined ? {} : { frames }),
    ...(height === undefined ? {} : { height }),
    ...(width === undefined ? {} : { width }),
  };
}

function readAxisTiling(bytes: Uint8Array<ArrayBuffer>, axis: number): Required<AxisTiling> | undefined {
  const view = new DataView(bytes.buffer);
  const tilings = planner.constant("PLAN_REQUEST") + planner.constant("REQUEST_TILING");
  const offset = tilings + axis * planner.constant("AXIS_TILING_BYTES");
  const field = (i: number) => view.getInt32(offset + 4 * i, true);
  if (field(0) === 0) return undefined;
  // Boundary: the planner writes no other number.
  const [ramp, context] = [RAMP_SHAPES[field(3)] ?? "linear", CONTEXT_SIDES[field(4)] ?? "both"];
  return { tileSize: field(0), overlap: field(1), margin: field(2), ramp, context };
}

/** Reads an axis header of a plan block. */
export function readAxisHeader(bytes: Uint8Array<ArrayBuffer>, axis: AxisName): AxisHeader {
  const view = new DataView(bytes.buffer);
  const offset = planner.constant("PLAN_AXES") + AXIS_NAMES.indexOf(axis) * planner.constant("AXIS_HEADER_BYTES");
  const field = (i: number) => view.getInt32(offset + 4 * i, true);
  return { size: field(0), count: field(1), recordsOffset: field(2) };
}

/** Reads the intervals of an axis, their masks as views of the block. */
export function readAxis(bytes: Uint8Array<ArrayBuffer>, { size, count, recordsOffset }: AxisHeader): PlanAxis {
  const view = new DataView(bytes.buffer);
  const stride = planner.constant("RECORD_BYTES");
  const masks = new Map<number, Float32Array>();
  const intervals = Array.from({ length: count }, (_, i) => readRecord(view, recordsOffset + i * stride, masks));
  return {
    size,
    intervals: Object.freeze(intervals),
    latent: intervals.map(({ start, end, leftRamp, rightRamp }) => Object.freeze({ start, end, leftRamp, rightRamp })),
    output: intervals.map(({ outStart, outStop }) => Object.freeze({ start: outStart, stop: outStop })),
  };
}

function readRecord(view: DataView<ArrayBuffer>, offset: number, masks: Map<number, Float32Array>): PlanInterval {
  const outStart = view.getInt32(offset + 16, true);
  const outStop = view.getInt32(offset + 20, true);
  const maskOffset = view.getInt32(offset + 24, true);
  const mask = masks.get(maskOffset) ?? new Float32Array(view.buffer, maskOffset, outStop - outStart);
  masks.set(maskOffset, mask);
  return Object.freeze({ ...readInterval(view, offset), outStart, outStop, mask });
}
