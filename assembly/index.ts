// The exports of planner.wasm: integers in, integers out, results in memory at result_ptr(). A negative return is
// -code of an error whose record is at error_ptr(). docs/planner-abi.md tells how to call it from any language.
import { reserve, resultPtr } from "./arena";
import { errorPtr, fail, failAnywhere } from "./error";
import { checkSplit, intervalCount, outputLeftRamp, outputRightRamp, outputStart, outputStop, writeInterval } from "./interval";
import {
  AXIS_FRAMES,
  AXIS_HEIGHT,
  AXIS_NONE,
  AXIS_WIDTH,
  ERROR_INTERVAL_END,
  ERROR_INTERVAL_START,
  ERROR_KIND,
  ERROR_MASK_LENGTH,
  ERROR_OUTPUT_SIZE,
  ERROR_RAMP_NEGATIVE,
  ERROR_SCALE,
  ERROR_SIZE,
  INTERVAL_BYTES,
  KIND_SPATIAL,
  KIND_TEMPORAL,
  MAX_SIZE,
  REQUEST_BYTES,
} from "./layout";
import { MASK_VALUE_BYTES, setTrapezoid, writeMask } from "./mask";
import { writePlan } from "./plan";
import { TILING_BYTES, checkMargin, checkTiling, writeAuto, writePreset } from "./tiling";

export * from "./layout";
export {
  PRESET_AGGRESSIVE,
  PRESET_CONSERVATIVE,
  PRESET_DEFAULT,
  PRESET_SPATIAL_ONLY,
  PRESET_TEMPORAL_ONLY,
  TILING_BYTES,
} from "./tiling";

const requestPtr: usize = memory.data(REQUEST_BYTES, 4);

// What map_interval writes before the mask: start, stop (frames or pixels).
export const SLICE_BYTES: i32 = 8;

/** Address of the request that plan() reads. */
export function request_ptr(): i32 {
  return <i32>requestPtr;
}

/** Address of the result of the last call. */
export function result_ptr(): i32 {
  return <i32>resultPtr;
}

/** Address of the error record. */
export function error_ptr(): i32 {
  return <i32>errorPtr;
}

/** Writes a plan block from the request. Returns its bytes. */
export function plan(): i32 {
  return writePlan(requestPtr);
}

/** Writes a trapezoidal blend mask. Returns its bytes. Ramps are held to [0, length]. */
export function blend_mask(length: i32, leftRamp: i32, rightRamp: i32, leftStartsFromZero: i32): i32 {
  if (length < 1) return failAnywhere(ERROR_MASK_LENGTH, length, MAX_SIZE);
  const bytes = <i64>length * MASK_VALUE_BYTES;
  const status = reserve(bytes);
  if (status < 0) return status;
  setTrapezoid(length, leftRamp, rightRamp, leftStartsFromZero != 0);
  writeMask(resultPtr);
  return <i32>bytes;
}

/** Writes the intervals of an axis, INTERVAL_BYTES each. Returns their bytes. All in latent cells. */
export function split_axis(kind: i32, size: i32, overlap: i32, dimension: i32): i32 {
  const checked = checkSplit(kind, AXIS_NONE, size, overlap, dimension);
  if (checked < 0) return checked;
  const count = intervalCount(size, overlap, dimension);
  const bytes = <i64>count * INTERVAL_BYTES;
  const status = reserve(bytes);
  if (status < 0) return status;
  for (let i = 0; i < count; i++) {
    writeInterval(resultPtr + <usize>i * INTERVAL_BYTES, kind, i, count, size, overlap, dimension);
  }
  return <i32>bytes;
}

/** Writes the output slice of an interval, SLICE_BYTES, and its mask. Returns their bytes. */
export function map_interval(kind: i32, start: i32, end: i32, leftRamp: i32, rightRamp: i32, scale: i32): i32 {
  const checked = checkInterval(kind, start, end, leftRamp, rightRamp, scale);
  if (checked < 0) return checked;
  const outStart = outputStart(start, scale);
  const outStop = outputStop(kind, end, scale);
  if (outStop > MAX_SIZE) return failAnywhere(ERROR_OUTPUT_SIZE, outStop, MAX_SIZE);
  const length = outStop - outStart;
  const bytes = SLICE_BYTES + length * MASK_VALUE_BYTES;
  const status = reserve(bytes);
  if (status < 0) return status;
  store<i32>(resultPtr, <i32>outStart, 0);
  store<i32>(resultPtr, <i32>outStop, 4);
  const left = outputLeftRamp(kind, leftRamp, scale);
  setTrapezoid(<i32>length, left, outputRightRamp(rightRamp, scale), kind == KIND_TEMPORAL);
  writeMask(resultPtr + SLICE_BYTES);
  return <i32>bytes;
}

function checkInterval(kind: i32, start: i32, end: i32, leftRamp: i32, rightRamp: i32, scale: i32): i32 {
  if (kind != KIND_SPATIAL && kind != KIND_TEMPORAL) return failAnywhere(ERROR_KIND, kind, KIND_TEMPORAL);
  if (start < 0) return failAnywhere(ERROR_INTERVAL_START, start, 0);
  if (end <= start) return failAnywhere(ERROR_INTERVAL_END, end, start);
  if (leftRamp < 0) return failAnywhere(ERROR_RAMP_NEGATIVE, leftRamp, 0);
  if (rightRamp < 0) return failAnywhere(ERROR_RAMP_NEGATIVE, rightRamp, 0);
  if (scale < 1) return failAnywhere(ERROR_SCALE, scale, MAX_SIZE);
  return 0;
}

/** Whether an axis may be tiled so, in frames or pixels. Returns 0. */
export function check_tiling(
  axis: i32,
  scale: i32,
  tileSize: i32,
  overlap: i32,
  margin: i32,
  ramp: i32,
  context: i32,
): i32 {
  if (scale < 1) return fail(ERROR_SCALE, axis, scale, MAX_SIZE);
  const status = checkTiling(axis, tileSize, overlap, scale);
  return status < 0 ? status : checkMargin(axis, tileSize, overlap, margin, ramp, context);
}

/** Writes the tiling record of a preset. Returns its bytes. */
export function preset_tiling(preset: i32): i32 {
  const status = reserve(TILING_BYTES);
  return status < 0 ? status : writePreset(resultPtr, preset);
}

/** Writes the tiling record for a video of this size (pixels, frames). Returns its bytes, or 0: no tiling needed. */
export function auto_tiling(height: i32, width: i32, numFrames: i32, spatialThreshold: i32, temporalThreshold: i32): i32 {
  if (height < 1) return fail(ERROR_SIZE, AXIS_HEIGHT, height, MAX_SIZE);
  if (width < 1) return fail(ERROR_SIZE, AXIS_WIDTH, width, MAX_SIZE);
  if (numFrames < 1) return fail(ERROR_SIZE, AXIS_FRAMES, numFrames, MAX_SIZE);
  const status = reserve(TILING_BYTES);
  return status < 0 ? status : writeAuto(resultPtr, height, width, numFrames, spatialThreshold, temporalThreshold);
}
