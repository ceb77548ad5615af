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

/** Runs shorter than this (elements) are copied faster one by one than by a call of the engine's for each. */
const SHORT_RUN = 32;

/**
 * Copies the box given by one range for each of the last axes; the axes before them are taken whole. It is a copy also
 * where the box is the whole tensor: whoever gets it may write into it. What is contiguous is copied in one piece.
 */
export function crop(tensor: Tensor, ranges: readonly AxisRange[]): Tensor {
  const { dtype, shape, data } = tensor;
  const lead = shape.length - ranges.length;
  const box = shape.map((size, axis) => (axis < lead ? { start: 0, end: size } : rangeAt(ranges, axis - lead)));
  const lengths = box.map(({ start, end }) => end - start);
  const runAxis = firstRunAxis(lengths, shape);
  const run = elementCount(lengths.slice(runAxis));
  const offset = box.reduce((flat, { start }, axis) => flat * (shape[axis] ?? 1) + start, 0);
  if (elementCount(lengths) === run) return { dtype, shape: lengths, data: data.slice(offset, offset + run) };
  const result = createTensor(dtype, lengths);
  const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  const [source, target] = [bitsOf(data), bitsOf(result.data)];
  let to = 0;
  const copyAxis = (axis: number, from: number): void => {
    for (let i = 0; i < (lengths[axis] ?? 0); i++) {
      const start = from + i * (strides[axis] ?? 0);
      if (axis + 1 < runAxis) {
        copyAxis(axis + 1, start);
        continue;
      }
      copyRun(source, start, target, to, run);
      to += run;
    }
  };
  copyAxis(0, offset);
  return result;
}

/** The axis from which on the box is contiguous: all axes behind it are taken whole. */
function firstRunAxis(lengths: readonly number[], shape: readonly number[]): number {
  let axis = Math.max(0, shape.length - 1);
  while (axis > 0 && lengths[axis] === shape[axis]) axis--;
  return axis;
}

/** As bits: an engine may change those of a NaN. */
type BitsArray = Uint32Array | Uint16Array;

function copyRun(source: BitsArray, from: number, target: BitsArray, to: number, length: number): void {
  if (length < SHORT_RUN) for (let i = 0; i < length; i++) target[to + i] = source[from + i] ?? 0;
  else target.set(source.subarray(from, from + length), to);
}

function bitsOf(data: Tensor["data"]): BitsArray {
  return data instanceof Uint16Array ? data : new Uint32Array(data.buffer, data.byteOffset, data.length);
}

function rangeAt(ranges: readonly AxisRange[], axis: number): AxisRange {
  const range = ranges[axis];
  if (range === undefined) throw new RangeError(`no range for axis ${axis}`);
  return range;
}
