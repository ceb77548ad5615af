// The work on a run: some voxels of a row of one plane that all fare alike, four at a time. What lies behind the last
// is read and counts for nothing.
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

/** Voxels of the longest run: what lies between two steps stays in the first cache. */
export const RUN: i32 = 1024;

@unmanaged
class Run {
  length: i32;
  /** Weights of the columns, and the product of the frame's and the row's weight. */
  maskPtr: usize;
  rowMask: f32;
  /** Sums of weights, or 0 where all are 1. */
  weightsPtr: usize;
  /** rgb24: what becomes 0, and 255 divided by the range. */
  low: f32;
  factor: f32;
  /** What is added to finished values: 0 or -0. */
  zero: f32;
}

const runPtr: usize = memory.data(offsetof<Run>(), 16);
export const run = changetype<Run>(runPtr);
const lowPtr: usize = runPtr + offsetof<Run>("low");
const factorPtr: usize = runPtr + offsetof<Run>("factor");
const zeroPtr: usize = runPtr + offsetof<Run>("zero");

/** From one row of scratch to the next. */
export const SCRATCH_BYTES = <i32>(RUN * 4 + 64);
/** Sums before the first tile touches them. */
export const zerosPtr: usize = memory.data(SCRATCH_BYTES, 16);
/** Sums that are final, of three planes. */
export const scratchPtr: usize = memory.data(3 * SCRATCH_BYTES, 16);

/** What the sums at `target` become: those at `before`, and the tile's pixels times their weights. */
export function addRun(target: usize, before: usize, pixels: usize, dtype: i32): void {
  const end = target + (<usize>run.length << 2);
  // Whole lanes are not read before they are written: reading a fresh page first costs a fault more.
  const isRagged = (run.length & 3) != 0;
  const behind = isRagged ? v128.load(end) : i32x4.splat(0);
  if (dtype == FLOAT32) addPixels<f32>(target, before, pixels);
  else if (dtype == FLOAT16) addPixels<u16>(target, before, pixels);
  else addPixels<i16>(target, before, pixels);
  if (isRagged) v128.store(end, behind);
}

function addPixels<T>(target: usize, before: usize, pixels: usize): void {
  const rowMask = f32x4.splat(run.rowMask);
  const end = target + (<usize>run.length << 2);
  let mask = run.maskPtr;
  for (; target + 16 < end; target += 32) {
    addLanes<T>(target, before, pixels, v128.load(mask), rowMask);
    addLanes<T>(target + 16, before + 16, pixels + 4 * sizeof<T>(), v128.load(mask + 16), rowMask);
    mask += 32;
    before += 32;
    pixels += 8 * sizeof<T>();
  }
  if (target < end) addLanes<T>(target, before, pixels, v128.load(mask), rowMask);
}

// @ts-ignore: decorator
@inline
function addLanes<T>(target: usize, before: usize, pixels: usize, mask: v128, rowMask: v128): void {
  const weight = f32x4.mul(rowMask, mask);
  // Where the weight is 0 the pixel counts as 0, whatever it is.
  const product = v128.and(f32x4.mul(loadPixels<T>(pixels), weight), f32x4.ne(weight, f32x4.splat(0)));
  v128.store(target, f32x4.add(v128.load(before), product));
}

/** float32 is read as f32, the bits of float16 as u16, those of bfloat16 as i16. */
// @ts-ignore: decorator
@inline
function loadPixels<T>(source: usize): v128 {
  if (isFloat<T>()) return v128.load(source);
  const bits = v128.load_ext<u16>(source);
  return isSigned<T>() ? widenBfloat16(bits) : widenFloat16(bits);
}

/** Divides the sums of a row of scratch by their weights. */
export function completeRun(scratch: usize): void {
  if (run.weightsPtr != 0) divide(scratch);
  // No NaN behind the last.
  v128.store(scratch + (<usize>run.length << 2), i32x4.splat(0));
}

function divide(scratch: usize): void {
  const least = f32x4.splat(1e-8);
  for (let at: usize = 0; at < <usize>run.length << 2; at += 16) {
    const weights = f32x4.pmax(least, v128.load(run.weightsPtr + at));
    v128.store(scratch + at, f32x4.div(v128.load(scratch + at), weights));
  }
}

/** Finishes the values at `source` at `target`. Up to 16 bytes behind are overwritten. Returns the number of NaN. */
export function finishRun(target: usize, source: usize, format: i32): i32 {
  if (format == FLOAT32) return finishValues<f32>(target, source);
  return format == FLOAT16 ? finishValues<u16>(target, source) : finishValues<i16>(target, source);
}

function finishValues<T>(target: usize, source: usize): i32 {
  const length = <usize>run.length << 2;
  let nanCount = i32x4.splat(0);
  for (let at: usize = 0; at < length; at += 16) {
    const value = f32x4.add(v128.load(source + at), v128.load32_splat(zeroPtr));
    nanCount = i32x4.sub(nanCount, f32x4.ne(value, value));
    if (isFloat<T>()) {
      v128.store(target + at, canonicalNan(value));
    } else {
      const bits = isSigned<T>() ? roundBfloat16(value) : roundFloat16(value);
      v128.store64_lane(target + (at >> 1), i16x8.narrow_i32x4_u(bits, bits), 0);
    }
  }
  return sumOfLanes(nanCount);
}

/** As finishRun, from the values of three planes that lie `stride` apart to red, green, blue, red ... */
export function finishRgb24(target: usize, source: usize, stride: usize): i32 {
  const end = source + (<usize>run.length << 2);
  let nanCount = i32x4.splat(0);
  for (; source < end; source += 16) {
    const red = v128.load(source);
    const green = v128.load(source + stride);
    const blue = v128.load(source + 2 * stride);
    nanCount = i32x4.sub(nanCount, f32x4.ne(red, red));
    nanCount = i32x4.sub(nanCount, f32x4.ne(green, green));
    nanCount = i32x4.sub(nanCount, f32x4.ne(blue, blue));
    // What lies above a byte is shifted out, or into the fourth.
    const packed = v128.or(i32x4.shl(byteOf(green), 8), i32x4.shl(byteOf(blue), 16));
    v128.store(target, withoutFourth(v128.or(byteOf(red), packed)));
    target += 12;
  }
  return sumOfLanes(nanCount);
}

// @ts-ignore: decorator
@inline
function byteOf(value: v128): v128 {
  return rgb24Bytes(value, v128.load32_splat(lowPtr), v128.load32_splat(factorPtr));
}

/** The first three bytes of each lane, one after the other. */
// @ts-ignore: decorator
@inline
function withoutFourth(lanes: v128): v128 {
  return i8x16.shuffle(lanes, lanes, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 15, 15, 15, 15);
}

// @ts-ignore: decorator
@inline
function sumOfLanes(lanes: v128): i32 {
  const pairs = i32x4.add(lanes, i64x2.shr_u(lanes, 32));
  return i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 2);
}
