// Conversions of four values at once. Each is exact or rounds once, to nearest even.

export const FLOAT32: i32 = 0;
export const FLOAT16: i32 = 1;
export const BFLOAT16: i32 = 2;

/** Widens four float16 bit patterns, in the low halves of the lanes, to float32. */
// @ts-ignore: decorator
@inline
export function widenFloat16(bits: v128): v128 {
  const magnitude = i32x4.shl(v128.and(bits, i32x4.splat(0x7fff)), 13);
  const exponent = v128.and(magnitude, i32x4.splat(0x0f800000));
  const rebased = i32x4.add(magnitude, i32x4.splat(112 << 23));
  const isSpecial = i32x4.eq(exponent, i32x4.splat(0x0f800000));
  const special = i32x4.add(rebased, i32x4.splat(112 << 23));
  // A subnormal half is its fraction times 2^-24: set the exponent of 2^-14, then take 2^-14 away, which is exact.
  const isSmall = i32x4.eq(exponent, i32x4.splat(0));
  const small = f32x4.sub(i32x4.add(rebased, i32x4.splat(1 << 23)), i32x4.splat(113 << 23));
  const value = v128.bitselect(special, v128.bitselect(small, rebased, isSmall), isSpecial);
  return v128.or(value, i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16));
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
  const sign = v128.and(value, i32x4.splat(0x80000000));
  const magnitude = v128.xor(value, sign);
  const odd = v128.and(i32x4.shr_u(magnitude, 13), i32x4.splat(1));
  const normal = i32x4.shr_u(i32x4.add(i32x4.add(magnitude, i32x4.splat(0xc8000fff)), odd), 13);
  // Below 2^-14: adding 0.5 leaves the fraction of the subnormal half, rounded, in the lowest bits.
  const half = i32x4.splat(126 << 23);
  const small = i32x4.sub(f32x4.add(magnitude, half), half);
  const isSmall = i32x4.lt_s(magnitude, i32x4.splat(113 << 23));
  // From 2^16 on: infinity.
  const isLarge = i32x4.ge_s(magnitude, i32x4.splat(143 << 23));
  const isNan = i32x4.gt_s(magnitude, i32x4.splat(0x7f800000));
  const finite = v128.bitselect(small, normal, isSmall);
  const rounded = v128.bitselect(i32x4.splat(0x7c00), finite, isLarge);
  const signed = v128.or(rounded, i32x4.shr_u(sign, 16));
  return v128.bitselect(i32x4.splat(0x7e00), signed, isNan);
}

/** Rounds four float32 to bfloat16 bits, in the low halves of the lanes. NaN becomes 0x7fc0. */
// @ts-ignore: decorator
@inline
export function roundBfloat16(value: v128): v128 {
  const odd = v128.and(i32x4.shr_u(value, 16), i32x4.splat(1));
  const rounded = i32x4.shr_u(i32x4.add(i32x4.add(value, i32x4.splat(0x7fff)), odd), 16);
  return v128.bitselect(i32x4.splat(0x7fc0), rounded, f32x4.ne(value, value));
}

/** The bytes of four normalised values, one in each lane. NaN becomes 0. */
// @ts-ignore: decorator
@inline
export function rgb24Bytes(value: v128, low: v128, factor: v128): v128 {
  const scaled = f32x4.mul(f32x4.sub(value, low), factor);
  const clamped = f32x4.min(f32x4.max(scaled, f32x4.splat(0)), f32x4.splat(255));
  return i32x4.trunc_sat_f32x4_u(f32x4.nearest(clamped));
}

/** Every NaN becomes the canonical quiet one. */
// @ts-ignore: decorator
@inline
export function canonicalNan(value: v128): v128 {
  return v128.bitselect(i32x4.splat(0x7fc00000), value, f32x4.ne(value, value));
}
