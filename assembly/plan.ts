import { reserve, resultPtr } from "./arena";
import { fail, failAnywhere } from "./error";
import { intervalCount, outputStart, outputStop, writeInterval } from "./interval";
import {
  AXIS_FRAMES,
  AXIS_HEADER_BYTES,
  AXIS_TILING_BYTES,
  CONTEXT_BOTH,
  CONTEXT_PAST,
  ERROR_CAUSAL,
  ERROR_OUTPUT_SIZE,
  ERROR_SCALE,
  ERROR_SIZE,
  ERROR_TILE_COUNT,
  INTERVAL_BYTES,
  KIND_SPATIAL,
  KIND_TEMPORAL,
  MAX_SIZE,
  MAX_TILES,
  PLAN_AXES,
  PLAN_HEADER_BYTES,
  PLAN_MAGIC,
  PLAN_REQUEST,
  PLAN_VERSION,
  RAMP_LINEAR,
  RECORD_BYTES,
  REQUEST_BYTES,
  REQUEST_CAUSAL,
  REQUEST_LATENT,
  REQUEST_SCALE,
  REQUEST_TILING,
} from "./layout";
import { MASK_VALUE_BYTES, profile, writeMask } from "./mask";
import { checkMargin, checkTiling, rampLength } from "./tiling";

const AXES: i32 = 3;

// What one axis of a request comes to. Three of them, in static memory, filled by measureAxis:
//   0 kind   4 dimension   8 scale  12 size  16 overlap (latent cells)  20 interval count
//  24 shape of the intervals between the first and the last  28 shape of the last  32 i64 output size
//  40 i64 bytes of the masks of shapes 0, 1 and 2 (24 bytes)
//  64 ramp  68 its length  72 zeros before a rising ramp  76 zeros after a falling one (frames or pixels)
// Intervals of one shape have the same mask: the same length and ramps. There are at most three: shape 0 is that of
// the first interval, the others are numbered as they come.
const AXIS_BYTES: i32 = 80;
const SHAPES: i32 = 3;
const axesPtr: usize = memory.data(AXES * AXIS_BYTES, 8);
// Scratch for one interval.
const intervalPtr: usize = memory.data(INTERVAL_BYTES, 4);

function axisPtr(axis: i32): usize {
  return axesPtr + <usize>(axis * AXIS_BYTES);
}

function requestField(requestPtr: usize, offset: i32, axis: i32): i32 {
  return load<i32>(requestPtr + <usize>(offset + 4 * axis));
}

/** Address of an axis' tiling in a request: tile size, overlap, margin, ramp, context. */
function tilingPtr(requestPtr: usize, axis: i32): usize {
  return requestPtr + <usize>(REQUEST_TILING + axis * AXIS_TILING_BYTES);
}

function isTiled(tiling: usize): bool {
  for (let at = 0; at < AXIS_TILING_BYTES; at += 4) if (load<i32>(tiling + <usize>at) != 0) return true;
  return false;
}

/** Checks the tiling of one axis. Returns 0, or the negative code of an error. */
function checkAxisTiling(tiling: usize, axis: i32, scale: i32): i32 {
  const tileSize = load<i32>(tiling, 0);
  const overlap = load<i32>(tiling, 4);
  const status = checkTiling(axis, tileSize, overlap, scale);
  if (status < 0) return status;
  return checkMargin(axis, tileSize, overlap, load<i32>(tiling, 8), load<i32>(tiling, 12), load<i32>(tiling, 16));
}

/** Checks one axis of the request. Returns 0, or the negative code of an error. */
function checkAxis(requestPtr: usize, axis: i32): i32 {
  const dimension = requestField(requestPtr, REQUEST_LATENT, axis);
  const scale = requestField(requestPtr, REQUEST_SCALE, axis);
  if (dimension < 1) return fail(ERROR_SIZE, axis, dimension, MAX_SIZE);
  if (scale < 1) return fail(ERROR_SCALE, axis, scale, MAX_SIZE);
  const tiling = tilingPtr(requestPtr, axis);
  const status = isTiled(tiling) ? checkAxisTiling(tiling, axis, scale) : 0;
  if (status < 0) return status;
  const kind = axisKind(requestPtr, axis);
  const output = outputStop(kind, dimension, scale);
  if (output > MAX_SIZE) return fail(ERROR_OUTPUT_SIZE, axis, output, MAX_SIZE);
  return 0;
}

function axisKind(requestPtr: usize, axis: i32): i32 {
  return axis == AXIS_FRAMES && load<i32>(requestPtr, REQUEST_CAUSAL) == 1 ? KIND_TEMPORAL : KIND_SPATIAL;
}

/** Fills the axis' record from a request that was checked. */
function measureAxis(requestPtr: usize, axis: i32): void {
  const ptr = axisPtr(axis);
  const kind = axisKind(requestPtr, axis);
  const dimension = requestField(requestPtr, REQUEST_LATENT, axis);
  const scale = requestField(requestPtr, REQUEST_SCALE, axis);
  const tiling = tilingPtr(requestPtr, axis);
  const tileSize = load<i32>(tiling, 0);
  const overlap = load<i32>(tiling, 4) / scale;
  const size = tileSize == 0 ? dimension : tileSize / scale;
  store<i32>(ptr, kind, 0);
  store<i32>(ptr, dimension, 4);
  store<i32>(ptr, scale, 8);
  store<i32>(ptr, size, 12);
  store<i32>(ptr, overlap, 16);
  store<i32>(ptr, intervalCount(size, overlap, dimension), 20);
  store<i64>(ptr, outputStop(kind, dimension, scale), 32);
  measureShapes(ptr);
  measureRamp(ptr, tiling);
}

/** Fills the axis' ramp: what its margins leave of each overlap. */
function measureRamp(ptr: usize, tiling: usize): void {
  const margin = load<i32>(tiling, 8);
  const context = load<i32>(tiling, 16);
  // The first frame of a causal tile that is not the first one has no weight, margin or not.
  const zeroFrames = load<i32>(ptr, 0) == KIND_TEMPORAL ? 1 : 0;
  store<i32>(ptr, load<i32>(tiling, 12), 64);
  store<i32>(ptr, rampLength(load<i32>(tiling, 4), margin, context), 68);
  store<i32>(ptr, margin + zeroFrames, 72);
  store<i32>(ptr, context == CONTEXT_PAST ? 0 : margin, 76);
}

function measureShapes(ptr: usize): void {
  const last = count(ptr) - 1;
  const middleShape = last > 1 && !isSameShape(ptr, 0, 1) ? 1 : 0;
  let lastShape = middleShape;
  if (last > 0 && !isSameShape(ptr, last > 1 ? 1 : 0, last)) lastShape += 1;
  store<i32>(ptr, middleShape, 24);
  store<i32>(ptr, lastShape, 28);
  for (let shape = 0; shape < SHAPES; shape++) {
    const bytes = shape <= lastShape ? maskLength(ptr, intervalOfShape(ptr, shape)) * MASK_VALUE_BYTES : 0;
    store<i64>(ptr + <usize>(shape << 3), bytes, 40);
  }
}

function count(ptr: usize): i32 {
  return load<i32>(ptr, 20);
}

/** Writes start, end, left ramp and right ramp of interval i of the axis at ptr. */
function writeAxisInterval(target: usize, ptr: usize, i: i32): void {
  writeInterval(target, load<i32>(ptr, 0), i, count(ptr), load<i32>(ptr, 12), load<i32>(ptr, 16), load<i32>(ptr, 4));
}

function lastShapeOf(ptr: usize): i32 {
  return load<i32>(ptr, 28);
}

/** The shape of interval i. */
function shapeOf(ptr: usize, i: i32): i32 {
  if (i == 0) return 0;
  return i == count(ptr) - 1 ? lastShapeOf(ptr) : load<i32>(ptr, 24);
}

/** An interval that has this shape. */
function intervalOfShape(ptr: usize, shape: i32): i32 {
  if (shape == 0) return 0;
  return shape == load<i32>(ptr, 24) ? 1 : count(ptr) - 1;
}

/** Bytes of the masks of all shapes before this one. */
function maskBytesBefore(ptr: usize, shape: i32): i64 {
  let bytes: i64 = 0;
  for (let i = 0; i < shape; i++) bytes += load<i64>(ptr + <usize>(i << 3), 40);
  return bytes;
}

function isSameShape(ptr: usize, a: i32, b: i32): bool {
  writeAxisInterval(intervalPtr, ptr, a);
  const lengthA = load<i32>(intervalPtr, 4) - load<i32>(intervalPtr, 0);
  const leftA = load<i32>(intervalPtr, 8);
  const rightA = load<i32>(intervalPtr, 12);
  writeAxisInterval(intervalPtr, ptr, b);
  const lengthB = load<i32>(intervalPtr, 4) - load<i32>(intervalPtr, 0);
  return lengthA == lengthB && leftA == load<i32>(intervalPtr, 8) && rightA == load<i32>(intervalPtr, 12);
}

/** The output length of interval i, which is left in intervalPtr. */
function maskLength(ptr: usize, i: i32): i64 {
  writeAxisInterval(intervalPtr, ptr, i);
  const scale = load<i32>(ptr, 8);
  const stop = outputStop(load<i32>(ptr, 0), load<i32>(intervalPtr, 4), scale);
  return stop - outputStart(load<i32>(intervalPtr, 0), scale);
}

function checkTileCount(): i32 {
  const frames = <i64>count(axisPtr(0));
  const height = <i64>count(axisPtr(1));
  const width = <i64>count(axisPtr(2));
  // frames * height < 2^62: only the last product can overflow.
  const layers = frames * height;
  if (layers <= MAX_TILES / width) return 0;
  const got = layers <= i64.MAX_VALUE / width ? layers * width : i64.MAX_VALUE;
  return failAnywhere(ERROR_TILE_COUNT, got, MAX_TILES);
}

/** Checks the whole request and measures its axes. Returns 0, or the negative code of an error. */
function measure(requestPtr: usize): i32 {
  const causal = load<i32>(requestPtr, REQUEST_CAUSAL);
  if (causal != 0 && causal != 1) return fail(ERROR_CAUSAL, AXIS_FRAMES, causal, 1);
  for (let axis = 0; axis < AXES; axis++) {
    const status = checkAxis(requestPtr, axis);
    if (status < 0) return status;
  }
  for (let axis = 0; axis < AXES; axis++) measureAxis(requestPtr, axis);
  return checkTileCount();
}

/** Writes the plan block of the request at requestPtr. Returns its bytes, or the negative code of an error. */
export function writePlan(requestPtr: usize): i32 {
  const status = measure(requestPtr);
  if (status < 0) return status;
  let bytes: i64 = PLAN_HEADER_BYTES;
  for (let axis = 0; axis < AXES; axis++) {
    const ptr = axisPtr(axis);
    bytes += <i64>count(ptr) * RECORD_BYTES + maskBytesBefore(ptr, SHAPES);
  }
  const room = reserve(bytes);
  if (room < 0) return room;

  store<i32>(resultPtr, PLAN_MAGIC, 0);
  store<i32>(resultPtr, PLAN_VERSION, 4);
  store<i32>(resultPtr, <i32>bytes, 8);
  memory.copy(resultPtr + PLAN_REQUEST, requestPtr, REQUEST_BYTES);
  for (let axis = 0; axis < AXES; axis++) normaliseTiling(tilingPtr(resultPtr + PLAN_REQUEST, axis));
  let offset = PLAN_HEADER_BYTES;
  for (let axis = 0; axis < AXES; axis++) offset = writeAxis(axis, offset);
  return <i32>bytes;
}

/** Gives what does not matter its first value: the context without a margin, and a ramp of no or one position, 1/2. */
function normaliseTiling(tiling: usize): void {
  const margin = load<i32>(tiling, 8);
  if (rampLength(load<i32>(tiling, 4), margin, load<i32>(tiling, 16)) < 2) store<i32>(tiling, RAMP_LINEAR, 12);
  if (margin == 0) store<i32>(tiling, CONTEXT_BOTH, 16);
}

/** Writes the axis' header, records and masks; the last two from `offset` on. Returns the offset after them. */
function writeAxis(axis: i32, offset: i32): i32 {
  const ptr = axisPtr(axis);
  const masksOffset = offset + count(ptr) * RECORD_BYTES;
  const header = resultPtr + <usize>(PLAN_AXES + axis * AXIS_HEADER_BYTES);
  store<i32>(header, <i32>load<i64>(ptr, 32), 0);
  store<i32>(header, count(ptr), 4);
  store<i32>(header, offset, 8);
  store<i32>(header, masksOffset, 12);
  store<i32>(header, <i32>maskBytesBefore(ptr, SHAPES), 16);
  writeRecords(ptr, offset, masksOffset);
  return writeMasks(ptr, masksOffset);
}

function writeRecords(ptr: usize, offset: i32, masksOffset: i32): void {
  const kind = load<i32>(ptr, 0);
  const scale = load<i32>(ptr, 8);
  for (let i = 0; i < count(ptr); i++) {
    const record = resultPtr + <usize>offset + <usize>i * RECORD_BYTES;
    writeAxisInterval(record, ptr, i);
    store<i32>(record, <i32>outputStart(load<i32>(record, 0), scale), 16);
    store<i32>(record, <i32>outputStop(kind, load<i32>(record, 4), scale), 20);
    store<i32>(record, masksOffset + <i32>maskBytesBefore(ptr, shapeOf(ptr, i)), 24);
  }
}

/** Writes the mask of each shape. Returns the offset after them. */
function writeMasks(ptr: usize, masksOffset: i32): i32 {
  for (let shape = 0; shape <= lastShapeOf(ptr); shape++) {
    setProfile(ptr, intervalOfShape(ptr, shape));
    writeMask(resultPtr + <usize>(masksOffset + <i32>maskBytesBefore(ptr, shape)));
  }
  return masksOffset + <i32>maskBytesBefore(ptr, SHAPES);
}

/** Fills the mask profile of interval i: it fades where it has a neighbour. */
function setProfile(ptr: usize, i: i32): void {
  const ramp = load<i32>(ptr, 68);
  profile.length = <i32>maskLength(ptr, i);
  const hasLeft = load<i32>(intervalPtr, 8) > 0;
  const hasRight = load<i32>(intervalPtr, 12) > 0;
  profile.leftZeros = hasLeft ? load<i32>(ptr, 72) : 0;
  profile.leftRamp = hasLeft ? ramp : 0;
  profile.rightRamp = hasRight ? ramp : 0;
  profile.rightZeros = hasRight ? load<i32>(ptr, 76) : 0;
  profile.ramp = load<i32>(ptr, 64);
}
