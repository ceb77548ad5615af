// Source of the arithmetic: mlx-video tiling.py compute_trapezoidal_mask_1d @e4cdbb7.

/** Bytes of one mask value. */
export const MASK_VALUE_BYTES: i64 = 4;

/** A ramp held to [0, length], as the reference does. */
export function clampRamp(ramp: i64, length: i64): i32 {
  return <i32>max<i64>(0, min<i64>(ramp, length));
}

/**
 * Writes a trapezoidal blend mask of `length` float32. Ramps are in [0, length]; where they meet, their float64
 * product is rounded once. `fromZero` makes the left ramp i / L instead of (i + 1) / (L + 1).
 */
export function writeMask(ptr: usize, length: i32, leftRamp: i32, rightRamp: i32, fromZero: bool): void {
  const leftOffset: f64 = fromZero ? 0 : 1;
  const leftSteps: f64 = <f64>leftRamp + leftOffset;
  const rightSteps: f64 = <f64>rightRamp + 1;
  const rightStart = length - rightRamp;
  for (let i = 0; i < length; i++) {
    let value: f64 = 1;
    if (i < leftRamp) value = (<f64>i + leftOffset) / leftSteps;
    if (i >= rightStart) value *= <f64>(length - i) / rightSteps;
    store<f32>(ptr + (<usize>i << 2), <f32>value);
  }
}
