// Source of the trapezoid: mlx-video tiling.py compute_trapezoidal_mask_1d @e4cdbb7.
import { RAMP_LINEAR, RAMP_SMOOTH } from "./layout";

/** Bytes of one mask value. */
export const MASK_VALUE_BYTES: i64 = 4;

/** A blend mask, in frames or pixels: zeros, a rising ramp, ones, a falling ramp, zeros. */
// @ts-ignore: decorator
@unmanaged
export class MaskProfile {
  length: i32;
  leftZeros: i32;
  leftRamp: i32;
  rightRamp: i32;
  rightZeros: i32;
  /** RAMP_LINEAR or RAMP_SMOOTH. */
  ramp: i32;
}

/** The profile that is being filled: there is one, as there is one result. */
export const profile = changetype<MaskProfile>(memory.data(offsetof<MaskProfile>(), 4));

/** A ramp held to [0, length], as the reference does. */
function clampRamp(ramp: i64, length: i64): i32 {
  return <i32>max<i64>(0, min<i64>(ramp, length));
}

/**
 * Fills the profile with a trapezoid whose ramps are held to [0, length]. `fromZero` makes the rising ramp i / L instead
 * of (i + 1) / (L + 1): one zero, and then the ramp one shorter.
 */
export function setTrapezoid(length: i32, leftRamp: i64, rightRamp: i64, fromZero: bool): void {
  const left = clampRamp(leftRamp, length);
  const zeros = fromZero && left > 0 ? 1 : 0;
  profile.length = length;
  profile.leftZeros = zeros;
  profile.leftRamp = left - zeros;
  profile.rightRamp = clampRamp(rightRamp, length);
  profile.rightZeros = 0;
  profile.ramp = RAMP_LINEAR;
}

/**
 * Writes the mask of the profile: `length` float32. Where its ramps meet, their float64 product is rounded once.
 *
 * A position of a ramp of R is x = n / (R + 1), n = 1 ... R counted from the zeros. The falling side counts from its own
 * end rather than taking 1 - x, so that it is the rising one mirrored, bit for bit. Each side is then rounded by half an
 * ulp of float32 and no more, and what neighbours give the same place sums to 1 within 2^-24.
 */
export function writeMask(ptr: usize): void {
  const length = profile.length;
  const leftStop = profile.leftZeros + profile.leftRamp;
  const rightStart = length - profile.rightRamp - profile.rightZeros;
  for (let i = 0; i < length; i++) {
    let value: f64 = 1;
    if (i < leftStop) value = rampValue(i + 1 - profile.leftZeros, profile.leftRamp);
    if (i >= rightStart) value *= rampValue(length - i - profile.rightZeros, profile.rightRamp);
    store<f32>(ptr + (<usize>i << 2), <f32>value);
  }
}

/** The weight at step n of a ramp of `steps`; 0 before its first step. */
function rampValue(n: i32, steps: i32): f64 {
  if (n < 1) return 0;
  const x = <f64>n / (<f64>steps + 1);
  return profile.ramp == RAMP_SMOOTH ? smootherstep(x) : x;
}

/** 6x^5 - 15x^4 + 10x^3, in this order of operations. Source: Perlin, Improving Noise, 2002. */
function smootherstep(x: f64): f64 {
  return x * x * x * (x * (x * 6 - 15) + 10);
}
