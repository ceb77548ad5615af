import { mustBe } from "./errors.js";
import { checkInteger, checkObject, checkOneOf } from "./validate.js";

/** Element types of a tensor. float16 and bfloat16 are held as their bits in a Uint16Array. */
export type Dtype = "float32" | "float16" | "bfloat16";

/** A dense, row-major array. */
export interface Tensor {
  readonly dtype: Dtype;
  /** Length of each axis (elements). */
  readonly shape: readonly number[];
  /** The elements: a Float32Array for float32, a Uint16Array of bits for float16 and bfloat16. */
  readonly data: Float32Array | Uint16Array;
}

/** Half-open range of one axis (elements). */
export interface AxisRange {
  readonly start: number;
  readonly end: number;
}

/** Every dtype. */
export const DTYPES: readonly Dtype[] = ["float32", "float16", "bfloat16"];

/** Bytes of one element. */
export function bytesPerElement(dtype: Dtype): number {
  return dtype === "float32" ? 4 : 2;
}

/** Product of a shape's axes. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Makes a typed array of `count` elements, all zero. Throws the engine's RangeError when memory is short. */
export function createData(dtype: Dtype, count: number): Float32Array | Uint16Array {
  return dtype === "float32" ? new Float32Array(count) : new Uint16Array(count);
}

/** Makes a tensor of zeros. */
export function createTensor(dtype: Dtype, shape: readonly number[]): Tensor {
  return { dtype, shape: [...shape], data: createData(dtype, elementCount(shape)) };
}

/**
 * Checks that `value` is a tensor of `rank` axes, each at least 1 long, whose data fits dtype and shape.
 * @throws TypeError for the wrong kind, RangeError for the wrong size.
 */
export function checkTensor(path: string, value: unknown, rank: number): Tensor {
  const { dtype: dtypeValue, shape, data } = checkObject(path, value);
  const dtype = checkOneOf(`${path}.dtype`, dtypeValue, DTYPES);
  if (!Array.isArray(shape)) throw new TypeError(mustBe(`${path}.shape`, `an array of ${rank} lengths`, shape));
  if (shape.length !== rank) throw new RangeError(mustBe(`${path}.shape`, `an array of ${rank} lengths`, shape));
  const lengths = shape.map((size: unknown, axis) => checkInteger(`${path}.shape[${axis}]`, size, { min: 1 }));
  const count = elementCount(lengths);
  const isRightKind = dtype === "float32" ? data instanceof Float32Array : data instanceof Uint16Array;
  if (!isRightKind) {
    const kind = dtype === "float32" ? "a Float32Array" : `a Uint16Array of ${dtype} bits`;
    throw new TypeError(mustBe(`${path}.data`, kind, data));
  }
  // Boundary: the line above has shown what it is.
  const array = data as Float32Array | Uint16Array;
  if (array.length !== count) {
    throw new RangeError(
      mustBe(`${path}.data.length`, `${count}, the product of shape (${lengths.join(", ")})`, array.length),
    );
  }
  return { dtype, shape: lengths, data: array };
}

/** Checks a tensor of any rank; throws as checkTensor. */
export function checkAnyTensor(path: string, value: unknown): Tensor {
  const { shape } = checkObject(path, value);
  if (!Array.isArray(shape)) throw new TypeError(mustBe(`${path}.shape`, "an array of lengths", shape));
  return checkTensor(path, value, shape.length);
}

/** Copies the box given by one range for each of the last axes; the axes before them are taken whole. */
export function crop(tensor: Tensor, ranges: readonly AxisRange[]): Tensor {
  const { dtype, shape, data } = tensor;
  const lead = shape.length - ranges.length;
  const full = shape.map((size, axis) => (axis < lead ? { start: 0, end: size } : rangeAt(ranges, axis - lead)));
  const cropped = full.map((range) => range.end - range.start);
  const rowLength = cropped.at(-1) ?? 1;
  const rows = elementCount(cropped) / rowLength;
  const result = createTensor(dtype, cropped);
  const position = full.map((range) => range.start);
  for (let row = 0; row < rows; row++) {
    const offset = position.reduce((flat, at, axis) => flat * (shape[axis] ?? 1) + at, 0);
    result.data.set(data.subarray(offset, offset + rowLength), row * rowLength);
    advance(position, full);
  }
  return result;
}

function rangeAt(ranges: readonly AxisRange[], axis: number): AxisRange {
  const range = ranges[axis];
  if (range === undefined) throw new RangeError(`no range for axis ${axis}`);
  return range;
}

/** Moves `position` to the next row: the last axis stays at its start. */
function advance(position: number[], ranges: readonly AxisRange[]): void {
  for (let axis = ranges.length - 2; axis >= 0; axis--) {
    const range = rangeAt(ranges, axis);
    const next = (position[axis] ?? 0) + 1;
    position[axis] = next < range.end ? next : range.start;
    if (next < range.end) return;
  }
}
