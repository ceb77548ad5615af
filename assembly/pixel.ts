// Conversions of four values at once. Each is exact or rounds once, to nearest even.

export const FLOAT32: i32 = 0;
export const FLOAT16: i32 = 1;
export const BFLOAT16: i32 = 2;
export const RGB24: i32 = 3;

// Constants lie in memory: V8 makes a constant vector anew, with three instructions, each time round a loop, but
// loads one value into all four lanes with one.
const SIGN = memory.data<u32>([0x80000000], 4);
const INFINITY = memory.data<u32>([0x7f800000], 4);
const CANONICAL_NAN = memory.data<u32>([0x7fc00000], 4);
const LAST_BIT = memory.data<u32>([1], 4);
const SIGN16 = memory.data<u32>([0x8000], 4);
const MAGNITUDE16 = memory.data<u32>([0x7fff], 4);
const INFINITY16 = memory.data<u32>([0x7c00], 4);
const NAN16 = memory.data<u32>([0x7e00], 4);
const NAN_BFLOAT16 = memory.data<u32>([0x7fc0], 4);
/** Infinity and NaN of a half, its exponent in the place of float32's. */
const SPECIAL16 = memory.data<u32>([31 << 23], 4);
/** From the bias of a half to that of float32. */
const BIAS = memory.data<u32>([112 << 23], 4);
/** Back, and just below one half of the last bit that is kept. */
const BIAS_BACK = memory.data<u32>([0xc8000fff], 4);
const EXPONENT_STEP = memory.data<u32>([1 << 23], 4);
/** 2^-14, the least normal half, and 2^16, beyond the largest. */
const LEAST16 = memory.data<u32>([113 << 23], 4);
const BEYOND16 = memory.data<u32>([143 << 23], 4);
const ONE_HALF = memory.data<f32>([0.5], 4);
const MOST_BYTE = memory.data<f32>([255], 4);
/** 2^23: from there on float32 holds whole numbers. */
const WHOLE = memory.data<f32>([8388608], 4);

// @ts-ignore: decorator
@inline
function splat(constant: usize): v128 {
  return v128.load32_splat(constant);
}

/** Widens four float16 bit patterns, in the low halves of the lanes, to float32. */
// @ts-ignore: decorator
@inline
export function widenFloat16(bits: v128): v128 {
  const magnitude = i32x4.shl(v128.and(bits, splat(MAGNITUDE16)), 13);
  const exponent = v128.and(magnitude, splat(SPECIAL16));
  const rebased = i32x4.add(magnitude, splat(BIAS));
  const isSpecial = i32x4.eq(exponent, splat(SPECIAL16));
  const special = i32x4.add(rebased, splat(BIAS));
  // A subnormal half is its fraction times 2^-24: set the exponent of 2^-14, then take 2^-14 away, which is exact.
  const isSmall = i32x4.eq(exponent, i32x4.splat(0));
  const small = f32x4.sub(i32x4.add(rebased, splat(EXPONENT_STEP)), splat(LEAST16));
  const value = v128.bitselect(special, v128.bitselect(small, rebased, isSmall), isSpecial);
  return v128.or(value, i32x4.shl(v128.and(bits, splat(SIGN16)), 16));
}

/** Widens four bfloat16 bit patterns, in the low halves of the lanes, to float32. */
// @ts-ignore: decorator
@inline
export function widenBfloat16(bits: v128): v128 {
  return i32x4.shl(bits, 16);
}

/** Rounds four float32 to float16 bits, in the low halves of the lanes. NaN becomes 0x7e00. */
// @ts-ignore: decorator
@inline
export function roundFloat16(value: v128): v128 {
  const sign = v128.and(value, splat(SIGN));
  const magnitude = v128.xor(value, sign);
  const odd = v128.and(i32x4.shr_u(magnitude, 13), splat(LAST_BIT));
  const normal = i32x4.shr_u(i32x4.add(i32x4.add(magnitude, splat(BIAS_BACK)), odd), 13);
  // Below 2^-14: adding 0.5 leaves the fraction of the subnormal half, rounded, in the lowest bits.
  const small = i32x4.sub(f32x4.add(magnitude, splat(ONE_HALF)), splat(ONE_HALF));
  const isSmall = i32x4.lt_s(magnitude, splat(LEAST16));
  const isLarge = i32x4.ge_s(magnitude, splat(BEYOND16));
  const isNan = i32x4.gt_s(magnitude, splat(INFINITY));
  const finite = v128.bitselect(small, normal, isSmall);
  const rounded = v128.bitselect(splat(INFINITY16), finite, isLarge);
  const signed = v128.or(rounded, i32x4.shr_u(sign, 16));
  return v128.bitselect(splat(NAN16), signed, isNan);
}

/** Rounds four float32 to bfloat16 bits, in the low halves of the lanes. NaN becomes 0x7fc0. */
// @ts-ignore: decorator
@inline
export function roundBfloat16(value: v128): v128 {
  const odd = v128.and(i32x4.shr_u(value, 16), splat(LAST_BIT));
  const rounded = i32x4.shr_u(i32x4.add(i32x4.add(value, splat(MAGNITUDE16)), odd), 16);
  return v128.bitselect(splat(NAN_BFLOAT16), rounded, f32x4.ne(value, value));
}

/** The bytes of four normalised values, in the lowest of each lane; what lies above is not theirs. NaN becomes 0. */
// @ts-ignore: decorator
@inline
export function rgb24Bytes(value: v128, low: v128, factor: v128): v128 {
  const scaled = f32x4.mul(f32x4.sub(value, low), factor);
  // The second is taken where it is the larger, or the smaller: where the value is NaN, the first.
  const clamped = f32x4.pmin(splat(MOST_BYTE), f32x4.pmax(f32x4.splat(0), scaled));
  // Rounds to nearest even, into the lowest bits.
  return f32x4.add(clamped, splat(WHOLE));
}

/** Every NaN becomes the canonical quiet one. */
// @ts-ignore: decorator
@inline
export function canonicalNan(value: v128): v128 {
  return v128.bitselect(splat(CANONICAL_NAN), value, f32x4.ne(value, value));
}
