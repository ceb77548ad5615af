import { planner } from "./planner.js";
import { checkBoolean, checkInteger, checkKeys, checkObject, checkOneOf, MAX_SIZE } from "./validate.js";

/** One tile's range of one axis, half-open, in latent cells. */
export interface Interval {
  readonly start: number;
  readonly end: number;
  /** Cells over which the tile fades in; with margins, over a part of them. */
  readonly leftRamp: number;
  /** Cells over which the tile fades out; with margins, over a part of them. */
  readonly rightRamp: number;
}

/** One tile's range of one output axis, half-open, in frames or pixels. */
export interface Slice {
  readonly start: number;
  readonly stop: number;
}

/** A slice with its blend mask: one float32 weight for each frame or pixel. */
export interface MappedInterval extends Slice {
  readonly mask: Float32Array;
}

/** How an axis is split and mapped: `temporal` is the causal one. */
export type AxisKind = "spatial" | "temporal";

/** What blendMask takes, in frames or pixels. */
export interface BlendMaskOptions {
  readonly length: number;
  /** Length of the fade-in; held to [0, length]. Default 0. */
  readonly leftRamp?: number;
  /** Length of the fade-out; held to [0, length]. Default 0. */
  readonly rightRamp?: number;
  /** Whether the fade-in starts at 0 rather than at its first step. Default false. */
  readonly leftStartsFromZero?: boolean;
}

/** What splitAxis takes, in latent cells. */
export interface SplitAxisOptions {
  readonly axis: AxisKind;
  /** Length of a tile. */
  readonly size: number;
  readonly overlap: number;
  /** Length of the axis. */
  readonly dimension: number;
}

/** What mapInterval takes. */
export interface MapIntervalOptions {
  readonly axis: AxisKind;
  readonly interval: Interval;
  /** Frames or pixels a latent cell. */
  readonly scale: number;
}

/**
 * Makes a 1-D trapezoidal blend mask. Each value is computed in float64 and rounded once to float32.
 * Source: mlx-video tiling.py compute_trapezoidal_mask_1d \@e4cdbb7.
 * @throws TypeError for the wrong kind, RangeError for a length below 1.
 */
export function blendMask(options: BlendMaskOptions): Float32Array {
  checkKeys("options", checkObject("options", options), ["length", "leftRamp", "rightRamp", "leftStartsFromZero"]);
  const { leftRamp = 0, rightRamp = 0, leftStartsFromZero = false } = options;
  const length = checkInteger("length", options.length, { min: 1, unit: "frames or pixels" });
  const left = clampRamp("leftRamp", leftRamp, length);
  const right = clampRamp("rightRamp", rightRamp, length);
  const fromZero = checkBoolean("leftStartsFromZero", leftStartsFromZero) ? 1 : 0;
  const bytes = planner.call(pathOfMask, (functions) => functions.blend_mask(length, left, right, fromZero));
  return new Float32Array(bytes.buffer);
}

function pathOfMask(role: string): string {
  return role === "result" ? "the size of the mask" : role;
}

/** A ramp held to [0, length], as the reference does: the planner's i32 could not take every number. */
function clampRamp(path: string, ramp: unknown, length: number): number {
  const range = { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, unit: "frames or pixels" };
  return Math.min(Math.max(checkInteger(path, ramp, range), 0), length);
}

/**
 * Splits one axis into overlapping intervals, in latent cells.
 * Source: mlx-video tiling.py split_in_spatial, split_in_temporal \@e4cdbb7.
 * @throws TypeError for the wrong kind, RangeError for sizes that cannot be split.
 */
export function splitAxis(options: SplitAxisOptions): readonly Interval[] {
  checkKeys("options", checkObject("options", options), ["axis", "size", "overlap", "dimension"]);
  const kind = kindOf("axis", options.axis);
  const size = checkInteger("size", options.size, { min: 1, unit: "latent cells" });
  const overlap = checkInteger("overlap", options.overlap, { min: 0, unit: "latent cells" });
  const dimension = checkInteger("dimension", options.dimension, { min: 1, unit: "latent cells" });
  const bytes = planner.call(pathOfSplit, (functions) => functions.split_axis(kind, size, overlap, dimension));
  const stride = planner.constant("INTERVAL_BYTES");
  const view = new DataView(bytes.buffer);
  const intervals = Array.from({ length: bytes.length / stride }, (_, i) => readInterval(view, i * stride));
  return Object.freeze(intervals);
}

function pathOfSplit(role: string): string {
  if (role === "result") return "the size of the list of intervals";
  return role === "tileSize" ? "size" : role === "size" ? "dimension" : role;
}

/** Reads the first four fields of an interval record. */
export function readInterval(view: DataView, offset: number): Interval {
  return Object.freeze({
    start: view.getInt32(offset, true),
    end: view.getInt32(offset + 4, true),
    leftRamp: view.getInt32(offset + 8, true),
    rightRamp: view.getInt32(offset + 12, true),
  });
}

/**
 * Maps an interval of latent cells to its output slice and blend mask, in frames or pixels.
 * Source: mlx-video tiling.py map_spatial_slice, map_temporal_slice \@e4cdbb7.
 * @throws TypeError for the wrong kind, RangeError for an empty interval or an output of more than 2^31 - 1.
 */
export function mapInterval(options: MapIntervalOptions): MappedInterval {
  checkKeys("options", checkObject("options", options), ["axis", "interval", "scale"]);
  const kind = kindOf("axis", options.axis);
  const fields = checkObject("interval", options.interval);
  const cell = (name: string) =>
    checkInteger(`interval.${name}`, fields[name], { min: 0, max: MAX_SIZE, unit: "latent cells" });
  const [start, end, leftRamp, rightRamp] = [cell("start"), cell("end"), cell("leftRamp"), cell("rightRamp")];
  const scale = checkInteger("scale", options.scale, { min: 1, unit: "frames or pixels a latent cell" });
  const bytes = planner.call(pathOfMap, (functions) =>
    functions.map_interval(kind, start, end, leftRamp, rightRamp, scale),
  );
  const view = new DataView(bytes.buffer);
  const mask = new Float32Array(bytes.buffer, planner.constant("SLICE_BYTES"));
  return { start: view.getInt32(0, true), stop: view.getInt32(4, true), mask };
}

function pathOfMap(role: string): string {
  if (role === "result") return "the size of the mask";
  if (role === "output") return "the stop of the output slice";
  return role === "end" || role === "start" ? `interval.${role}` : role;
}

function kindOf(path: string, axis: unknown): number {
  const name = checkOneOf<AxisKind>(path, axis, ["spatial", "temporal"]);
  return planner.constant(name === "temporal" ? "KIND_TEMPORAL" : "KIND_SPATIAL");
}
