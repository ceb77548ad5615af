// The work on some voxels of a row of one plane, four at a time. The last few are read with whatever lies behind them,
// and only they are stored.
import { FLOAT16, FLOAT32, RGB24, canonicalNan, rgb24Bytes, roundBfloat16, roundFloat16, widenBfloat16, widenFloat16 } from "./pixel";

const LANES: usize = 4;

/** Voxels of a row that all fare alike. */
@unmanaged
export class Piece {
  /** Float32 sums of the voxels. */
  sumsPtr: usize;
  /** Pixels of the tile, of `dtype`. */
  pixelsPtr: usize;
  dtype: i32;
  /** Weights of the columns, and the product of the frame's and the row's weight. */
  maskPtr: usize;
  rowMask: f32;
  count: i32;
  /** No earlier tile touches them: the sums are not read, and -0 becomes +0. */
  isFresh: i32;
  /** Sums of weights, and where finished values of `format` go. */
  weightsPtr: usize;
  finishedPtr: usize;
  format: i32;
  low: f32;
  factor: f32;
}

export const piece = changetype<Piece>(memory.data(64, 16));

/** What a tile adds to four voxels: pixel · (rowMask · mask), or 0 where the weight is, whatever the pixel is. */
// @ts-ignore: decorator
@inline
function product<T>(pixels: usize, mask: usize, rowMask: v128): v128 {
  const weight = f32x4.mul(rowMask, v128.load(mask));
  return v128.and(f32x4.mul(loadPixels<T>(pixels), weight), f32x4.ne(weight, f32x4.splat(0)));
}

/** float32 is read as f32, the bits of float16 as u16, those of bfloat16 as i16. */
// @ts-ignore: decorator
@inline
function loadPixels<T>(source: usize): v128 {
  if (isFloat<T>()) return v128.load(source);
  const bits = v128.load_ext<u16>(source);
  return isSigned<T>() ? widenBfloat16(bits) : widenFloat16(bits);
}

/** Adds the pixels to the sums. */
export function addPiece(): void {
  if (piece.dtype == FLOAT32) addPixels<f32>();
  else if (piece.dtype == FLOAT16) addPixels<u16>();
  else addPixels<i16>();
}

function addPixels<T>(): void {
  const rowMask = f32x4.splat(piece.rowMask);
  const isFresh = piece.isFresh != 0;
  const end = piece.sumsPtr + (<usize>piece.count << 2);
  let pixels = piece.pixelsPtr;
  let mask = piece.maskPtr;
  for (let sums = piece.sumsPtr; sums < end; sums += 4 * LANES) {
    const before = isFresh ? f32x4.splat(0) : v128.load(sums);
    const sum = f32x4.add(before, product<T>(pixels, mask, rowMask));
    if (end - sums < 4 * LANES) storeRest(sums, sum, end - sums);
    else v128.store(sums, sum);
    pixels += LANES * sizeof<T>();
    mask += 4 * LANES;
  }
}

/** Adds the pixels to the sums and finishes them. Returns the number of NaN. Up to 16 bytes behind are overwritten. */
export function finishPiece(): i32 {
  if (piece.dtype == FLOAT32) return finishPixels<f32>();
  return piece.dtype == FLOAT16 ? finishPixels<u16>() : finishPixels<i16>();
}

function finishPixels<T>(): i32 {
  const rowMask = f32x4.splat(piece.rowMask);
  const least = f32x4.splat(1e-8);
  const isFresh = piece.isFresh != 0;
  const format = piece.format;
  const count = <usize>piece.count;
  const sums = piece.sumsPtr;
  const pixels = piece.pixelsPtr;
  const mask = piece.maskPtr;
  const weights = piece.weightsPtr;
  const finished = piece.finishedPtr;
  let nanCount = 0;
  for (let x: usize = 0; x < count; x += LANES) {
    const at = x << 2;
    const before = isFresh ? f32x4.splat(0) : v128.load(sums + at);
    const sum = f32x4.add(before, product<T>(pixels + x * sizeof<T>(), mask + at, rowMask));
    const value = f32x4.div(sum, f32x4.max(v128.load(weights + at), least));
    const isNan = i32x4.bitmask(f32x4.ne(value, value));
    nanCount += popcnt(count - x < LANES ? isNan & ((1 << <i32>(count - x)) - 1) : isNan);
    storeFinished(finished, x, value, format);
  }
  return nanCount;
}

// @ts-ignore: decorator
@inline
function storeFinished(target: usize, x: usize, value: v128, format: i32): void {
  if (format == FLOAT32) v128.store(target + (x << 2), canonicalNan(value));
  else if (format == RGB24) storeBytes(target + x, value);
  else storeBits(target + (x << 1), format == FLOAT16 ? roundFloat16(value) : roundBfloat16(value));
}

// @ts-ignore: decorator
@inline
function storeBytes(target: usize, value: v128): void {
  const bytes = rgb24Bytes(value, f32x4.splat(piece.low), f32x4.splat(piece.factor));
  const halves = i16x8.narrow_i32x4_u(bytes, bytes);
  store<i32>(target, i32x4.extract_lane(i8x16.narrow_i16x8_u(halves, halves), 0));
}

/** Stores the low halves of four lanes. */
// @ts-ignore: decorator
@inline
function storeBits(target: usize, bits: v128): void {
  store<i64>(target, i64x2.extract_lane(i16x8.narrow_i32x4_u(bits, bits), 0));
}

const restPtr: usize = memory.data(16, 16);

function storeRest(target: usize, value: v128, bytes: usize): void {
  v128.store(restPtr, value);
  memory.copy(target, restPtr, bytes);
}

/** Makes red, green, blue, red ... at `target` of three rows of bytes. */
export function interleave(target: usize, rows: usize, rowBytes: usize, count: i32): void {
  for (let x: usize = 0; x < <usize>count; x++) {
    store<u8>(target + 3 * x, load<u8>(rows + x));
    store<u8>(target + 3 * x, load<u8>(rows + rowBytes + x), 1);
    store<u8>(target + 3 * x, load<u8>(rows + 2 * rowBytes + x), 2);
  }
}
