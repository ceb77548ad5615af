// Source of the arithmetic: mlx-video tiling.py split_in_spatial, split_in_temporal, map_spatial_slice and
// map_temporal_slice @e4cdbb7.
import { fail } from "./error";
import { ERROR_KIND, ERROR_OVERLAP_NEGATIVE, ERROR_OVERLAP_TOO_LARGE, ERROR_SPLIT_DIMENSION, ERROR_SPLIT_SIZE, KIND_SPATIAL, KIND_TEMPORAL, MAX_SIZE } from "./layout";

/** Checks what splitting an axis takes, in latent cells. Returns 0, or the negative code of an error. */
export function checkSplit(kind: i32, axis: i32, size: i32, overlap: i32, dimension: i32): i32 {
  if (kind != KIND_SPATIAL && kind != KIND_TEMPORAL) return fail(ERROR_KIND, axis, kind, KIND_TEMPORAL);
  if (size < 1) return fail(ERROR_SPLIT_SIZE, axis, size, MAX_SIZE);
  if (dimension < 1) return fail(ERROR_SPLIT_DIMENSION, axis, dimension, MAX_SIZE);
  if (overlap < 0) return fail(ERROR_OVERLAP_NEGATIVE, axis, overlap, 0);
  if (overlap >= size) return fail(ERROR_OVERLAP_TOO_LARGE, axis, overlap, size);
  return 0;
}

/** Number of intervals that cover `dimension` latent cells. */
export function intervalCount(size: i32, overlap: i32, dimension: i32): i32 {
  if (dimension <= size) return 1;
  const stride = <i64>size - <i64>overlap;
  return <i32>((<i64>dimension - <i64>overlap + stride - 1) / stride);
}

/** Writes interval i of `count`: start, end, left ramp, right ramp. */
export function writeInterval(ptr: usize, kind: i32, i: i32, count: i32, size: i32, overlap: i32, dimension: i32): void {
  let start = <i32>(<i64>i * (<i64>size - <i64>overlap));
  const end = i == count - 1 ? dimension : start + size;
  let leftRamp = i == 0 ? 0 : overlap;
  // A causal decoder needs the latent cell before the tile's first: the tile starts one cell earlier.
  if (kind == KIND_TEMPORAL && i > 0) {
    start -= 1;
    leftRamp += 1;
  }
  store<i32>(ptr, start, 0);
  store<i32>(ptr, end, 4);
  store<i32>(ptr, leftRamp, 8);
  store<i32>(ptr, i == count - 1 ? 0 : overlap, 12);
}

/** Where an interval's output starts (frames or pixels). */
export function outputStart(start: i32, scale: i32): i64 {
  return <i64>start * <i64>scale;
}

/** Where an interval's output stops (frames or pixels). A causal axis gives one frame for its first cell. */
export function outputStop(kind: i32, end: i32, scale: i32): i64 {
  if (kind == KIND_TEMPORAL) return 1 + (<i64>end - 1) * <i64>scale;
  return <i64>end * <i64>scale;
}

/** An interval's left ramp in frames or pixels. */
export function outputLeftRamp(kind: i32, leftRamp: i32, scale: i32): i64 {
  if (kind == KIND_TEMPORAL) return leftRamp > 0 ? 1 + (<i64>leftRamp - 1) * <i64>scale : 0;
  return <i64>leftRamp * <i64>scale;
}

/** An interval's right ramp in frames or pixels. */
export function outputRightRamp(rightRamp: i32, scale: i32): i64 {
  return <i64>rightRamp * <i64>scale;
}
