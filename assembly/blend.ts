// The exports of blend.wasm: the per-pixel arithmetic of the wasm executor on one window. The host has checked every
// argument, lays out the memory (src/executor/wasm.ts) and sets it with configure().
import {
  BFLOAT16,
  FLOAT16,
  FLOAT32,
  canonicalNan,
  rgb24Bytes,
  roundBfloat16,
  roundFloat16,
  widenBfloat16,
  widenFloat16,
} from "./pixel";

export { BFLOAT16, FLOAT16, FLOAT32 } from "./pixel";

// Rows are worked on four values at a time, the last few through these lanes, so that there is one arithmetic.
const LANES: i32 = 4;
const lanesPtr: usize = memory.data(16, 16);

let framePixels: i32 = 0;
let rowPixels: i32 = 0;
let windowFrames: i32 = 0;
let outPtr: usize = 0;
let weightPtr: usize = 0;

/** Where free memory begins. */
export function heap_base(): i32 {
  // @ts-ignore: __heap_base is a compiler constant
  return <i32>((__heap_base + 15) & ~15);
}

/** Sets the window: out[plane][slot][height][width] and weight[slot][height][width], float32. */
export function configure(out: usize, weight: usize, frames: i32, height: i32, width: i32): void {
  outPtr = out;
  weightPtr = weight;
  windowFrames = frames;
  rowPixels = width;
  framePixels = height * width;
}

function outAt(plane: i32, slot: i32): usize {
  return outPtr + (((<usize>plane * <usize>windowFrames + <usize>slot) * <usize>framePixels) << 2);
}

function weightAt(slot: i32): usize {
  return weightPtr + ((<usize>slot * <usize>framePixels) << 2);
}

// The part of a tile that is being added: the masks of its rows and columns, and where it lies in a frame.
let rowMaskPtr: usize = 0;
let columnMaskPtr: usize = 0;
let rows: i32 = 0;
let columns: i32 = 0;
let place: usize = 0;

/** Sets the part of each frame that the coming calls add to: its masks, and its first row and column. */
export function place_tile(rowMasks: usize, columnMasks: usize, rowCount: i32, columnCount: i32, y: i32, x: i32): void {
  rowMaskPtr = rowMasks;
  columnMaskPtr = columnMasks;
  rows = rowCount;
  columns = columnCount;
  place = (<usize>y * <usize>rowPixels + <usize>x) << 2;
}

/** Adds the weights of one frame. */
export function add_weights(slot: i32, frameMask: f32): void {
  for (let y = 0; y < rows; y++) {
    const rowMask = frameMask * load<f32>(rowMaskPtr + (<usize>y << 2));
    const target = weightAt(slot) + place + ((<usize>y * <usize>rowPixels) << 2);
    addWeightRow(target, rowMask);
  }
}

function addWeightRow(target: usize, rowMask: f32): void {
  const mask = f32x4.splat(rowMask);
  let x = 0;
  for (; x <= columns - LANES; x += LANES) {
    const at = <usize>x << 2;
    const weight = f32x4.mul(mask, v128.load(columnMaskPtr + at));
    v128.store(target + at, f32x4.add(v128.load(target + at), weight));
  }
  for (; x < columns; x++) {
    const at = <usize>x << 2;
    const weight = rowMask * load<f32>(columnMaskPtr + at);
    store<f32>(target + at, load<f32>(target + at) + weight);
  }
}

/** Adds one frame of one plane: rows of pixels of `dtype` at `pixels`, `stride` bytes apart. */
export function add_plane(plane: i32, slot: i32, frameMask: f32, pixels: usize, stride: i32, dtype: i32): void {
  for (let y = 0; y < rows; y++) {
    const rowMask = frameMask * load<f32>(rowMaskPtr + (<usize>y << 2));
    const target = outAt(plane, slot) + place + ((<usize>y * <usize>rowPixels) << 2);
    const source = pixels + <usize>y * <usize>stride;
    if (dtype == FLOAT32) addRow<f32>(target, source, rowMask, dtype);
    else addRow<u16>(target, source, rowMask, dtype);
  }
}

function addRow<T>(target: usize, source: usize, rowMask: f32, dtype: i32): void {
  const mask = f32x4.splat(rowMask);
  let x = 0;
  for (; x <= columns - LANES; x += LANES) {
    const at = <usize>x << 2;
    const weight = f32x4.mul(mask, v128.load(columnMaskPtr + at));
    addLanes(target + at, loadPixels<T>(source + <usize>x * sizeof<T>(), dtype), weight);
  }
  if (x < columns) {
    const at = <usize>x << 2;
    const rest = <usize>(columns - x);
    const weight = f32x4.mul(mask, loadRest(columnMaskPtr + at, rest << 2));
    loadRest(source + <usize>x * sizeof<T>(), rest * sizeof<T>());
    const pixels = loadPixels<T>(lanesPtr, dtype);
    loadRest(target + at, rest << 2);
    addLanes(lanesPtr, pixels, weight);
    memory.copy(target + at, lanesPtr, rest << 2);
  }
}

/** Copies the last values of a row into lanesPtr, the rest of which becomes 0. */
// @ts-ignore: decorator
@inline
function loadRest(source: usize, bytes: usize): v128 {
  v128.store(lanesPtr, i32x4.splat(0));
  memory.copy(lanesPtr, source, bytes);
  return v128.load(lanesPtr);
}

// @ts-ignore: decorator
@inline
function loadPixels<T>(source: usize, dtype: i32): v128 {
  if (sizeof<T>() == 4) return v128.load(source);
  const bits = v128.load_ext<u16>(source);
  return dtype == FLOAT16 ? widenFloat16(bits) : widenBfloat16(bits);
}

/** out + pixel · weight, two roundings. Where the weight is 0 the pixel counts as 0, whatever it is. */
// @ts-ignore: decorator
@inline
function addLanes(target: usize, pixels: v128, weight: v128): void {
  const product = f32x4.mul(pixels, weight);
  const touched = v128.and(product, f32x4.ne(weight, f32x4.splat(0)));
  v128.store(target, f32x4.add(v128.load(target), touched));
}

/** Finishes one frame of one plane into `target` as `dtype`. Returns the number of NaN. The plane becomes 0. */
export function finish_plane(plane: i32, slot: i32, target: usize, dtype: i32): i32 {
  const source = outAt(plane, slot);
  const weight = weightAt(slot);
  let nanCount = 0;
  for (let i = 0; i < framePixels; i += LANES) {
    const at = <usize>i << 2;
    const value = normalised(source + at, weight + at, framePixels - i);
    nanCount += countNan(value);
    if (dtype == FLOAT32) v128.store(target + at, canonicalNan(value));
    else storeBits(target + (<usize>i << 1), dtype == FLOAT16 ? roundFloat16(value) : roundBfloat16(value));
  }
  memory.fill(source, 0, <usize>framePixels << 2);
  return nanCount;
}

/** Finishes one channel of one frame into every third byte from `target` on. Returns the number of NaN. */
export function finish_rgb24(plane: i32, slot: i32, target: usize, low: f32, factor: f32): i32 {
  const source = outAt(plane, slot);
  const weight = weightAt(slot);
  let nanCount = 0;
  for (let i = 0; i < framePixels; i += LANES) {
    const at = <usize>i << 2;
    const value = normalised(source + at, weight + at, framePixels - i);
    nanCount += countNan(value);
    const bytes = rgb24Bytes(value, f32x4.splat(low), f32x4.splat(factor));
    const pixel = target + <usize>i * 3;
    store<u8>(pixel, <u8>i32x4.extract_lane(bytes, 0));
    store<u8>(pixel, <u8>i32x4.extract_lane(bytes, 1), 3);
    store<u8>(pixel, <u8>i32x4.extract_lane(bytes, 2), 6);
    store<u8>(pixel, <u8>i32x4.extract_lane(bytes, 3), 9);
  }
  memory.fill(source, 0, <usize>framePixels << 2);
  return nanCount;
}

/** Sets the weights of a frame to 0. Returns how many were 0 already: voxels that no tile covered. */
export function clear_weights(slot: i32): i32 {
  const weight = weightAt(slot);
  let uncovered = 0;
  for (let i = 0; i < framePixels; i++) uncovered += load<f32>(weight + (<usize>i << 2)) == 0 ? 1 : 0;
  memory.fill(weight, 0, <usize>framePixels << 2);
  return uncovered;
}

/** out / max(weight, 1e-8) of up to four pixels; lanes past `count` are 0. */
// @ts-ignore: decorator
@inline
function normalised(source: usize, weight: usize, count: i32): v128 {
  if (count >= LANES) return f32x4.div(v128.load(source), f32x4.max(v128.load(weight), f32x4.splat(1e-8)));
  const value = loadRest(source, <usize>count << 2);
  const weights = loadRest(weight, <usize>count << 2);
  return f32x4.div(value, f32x4.max(weights, f32x4.splat(1e-8)));
}

// @ts-ignore: decorator
@inline
function countNan(value: v128): i32 {
  return popcnt(i32x4.bitmask(f32x4.ne(value, value)));
}

/** Stores the low halves of four lanes. */
// @ts-ignore: decorator
@inline
function storeBits(target: usize, bits: v128): void {
  store<i64>(target, i64x2.extract_lane(i16x8.narrow_i32x4_u(bits, bits), 0));
}
