import { Float16Array } from "@petamoriken/float16";
import type { Tensor as OnnxTensor } from "onnxruntime-node";
import { mustBe } from "../errors.js";
import { elementCount } from "../tensor.js";
import { createOnnxTensor, describeValue, type OnnxRuntime, type OnnxValueInfo } from "./onnx_runtime.js";

/** Elements with their shape. An ONNX Runtime tensor is one. */
export interface OnnxElements {
  readonly data: ArrayLike<number | bigint | boolean>;
  readonly dims: readonly number[];
}

/**
 * A value for an input of a model: a number fills the input's whole shape; a list has one number an element; a tensor
 * has its own shape. Elements are converted to the input's type, and refused where that would change them by more than
 * the rounding of a float. A Uint16Array for a float16 input holds its bits.
 */
export type OnnxInputValue =
  | number
  | bigint
  | boolean
  | ArrayLike<number | bigint | boolean>
  | OnnxElements
  | OnnxTensor;

/** Lengths by name, as the latents of the tile at hand give them. */
export type KnownLengths = ReadonlyMap<string, number>;

/** Makes the tensor of an input, once the free lengths are known. */
export type OnnxFeed = (known: KnownLengths) => OnnxTensor;

type ElementArray = Exclude<OnnxTensor["data"], string[]>;

const INTEGER_ARRAYS: ReadonlyMap<string, (values: readonly number[]) => ElementArray> = new Map<
  string,
  (values: readonly number[]) => ElementArray
>([
  ["int8", (values) => Int8Array.from(values)],
  ["uint8", (values) => Uint8Array.from(values)],
  ["int16", (values) => Int16Array.from(values)],
  ["uint16", (values) => Uint16Array.from(values)],
  ["int32", (values) => Int32Array.from(values)],
  ["uint32", (values) => Uint32Array.from(values)],
  ["bool", (values) => Uint8Array.from(values, (value) => (value === 0 ? 0 : 1))],
]);

/**
 * Checks a value and converts its elements to the input's type.
 * @throws TypeError for the wrong kind, RangeError for elements or a shape that the input cannot take.
 */
export function createFeed(path: string, runtime: OnnxRuntime, info: OnnxValueInfo, value: unknown): OnnxFeed {
  const make = (data: ElementArray, dims: readonly number[]) => createOnnxTensor(runtime, info.type, data, dims);
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") {
    // Made once here so that what cannot be is refused at once.
    convertElements(path, info, [value]);
    return (known) => {
      const dims = info.shape.map((size) => lengthOf(size, known) ?? 1);
      const values = Array.from({ length: elementCount(dims) }, () => value);
      return make(convertElements(path, info, values), dims);
    };
  }
  if (isElements(value)) {
    const { dims } = value;
    if ("type" in value && value.type !== info.type) {
      throw new TypeError(mustBe(`${path}.type`, `${info.type}, as input ${describeValue(info)} takes`, value.type));
    }
    const data = convertElements(path, info, value.data);
    if (elementCount(dims) !== data.length) {
      throw new RangeError(mustBe(`${path}.dims`, `the shape of ${data.length} elements`, dims));
    }
    return () => make(data, dims);
  }
  if (!isList(value)) {
    throw new TypeError(
      mustBe(path, `a number, a list of numbers or a tensor for input ${describeValue(info)}`, value),
    );
  }
  const data = convertElements(path, info, value);
  return (known) => make(data, inferShape(path, info, data.length, known));
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function isElements(value: unknown): value is OnnxElements {
  if (typeof value !== "object" || value === null || !("data" in value && "dims" in value)) return false;
  return isList(value.data) && Array.isArray(value.dims) && value.dims.every(Number.isSafeInteger);
}

function lengthOf(size: number | string, known: KnownLengths): number | undefined {
  return typeof size === "number" ? size : known.get(size);
}

/** The input's shape for so many elements: at most one length may be left open. */
function inferShape(path: string, info: OnnxValueInfo, count: number, known: KnownLengths): number[] {
  if (info.shape.length === 0) return count === 1 ? [] : [count];
  const lengths = info.shape.map((size) => lengthOf(size, known));
  const product = elementCount(lengths.map((length) => length ?? 1));
  const open = lengths.filter((length) => length === undefined).length;
  const fits = open === 0 ? count === product : open === 1 && product > 0 && count % product === 0;
  if (!fits) {
    const way = open > 1 ? ", or given as {data, dims}" : "";
    throw new RangeError(mustBe(path, `of a length that fits input ${describeValue(info)}${way}`, `${count} elements`));
  }
  return lengths.map((length) => length ?? count / product);
}

/** The elements in the array that ONNX Runtime takes for the input's type. */
function convertElements(path: string, info: OnnxValueInfo, values: ArrayLike<unknown>): ElementArray {
  const { type } = info;
  // ONNX Runtime's own form of float16 where the engine has no Float16Array.
  if (type === "float16" && values instanceof Uint16Array) return values.slice();
  if (type === "int64" || type === "uint64") return convertBigInts(path, type, values);
  const numbers = Array.from(values, (value, i) => checkNumber(`${path}[${i}]`, value));
  if (type === "float32") return Float32Array.from(numbers);
  if (type === "float64") return Float64Array.from(numbers);
  if (type === "float16") return new Uint16Array(Float16Array.from(numbers).buffer);
  const convert = INTEGER_ARRAYS.get(type);
  if (convert === undefined)
    throw new TypeError(`${path} cannot be given: input ${describeValue(info)} takes no numbers`);
  const integers = convert(numbers);
  const bad = numbers.findIndex((number, i) => Number(integers[i]) !== number);
  if (bad !== -1) throw new RangeError(mustBe(`${path}[${bad}]`, `a value of type ${type}`, numbers[bad]));
  return integers;
}

function convertBigInts(path: string, type: "int64" | "uint64", values: ArrayLike<unknown>): ElementArray {
  const integers = Array.from(values, (value, i) => {
    const number = typeof value === "bigint" ? value : checkNumber(`${path}[${i}]`, value);
    if (typeof number === "number" && !Number.isSafeInteger(number)) {
      throw new RangeError(mustBe(`${path}[${i}]`, `a value of type ${type}`, number));
    }
    return BigInt(number);
  });
  const array = type === "int64" ? BigInt64Array.from(integers) : BigUint64Array.from(integers);
  const bad = integers.findIndex((integer, i) => array[i] !== integer);
  if (bad !== -1) throw new RangeError(mustBe(`${path}[${bad}]`, `a value of type ${type}`, integers[bad]));
  return array;
}

function checkNumber(path: string, value: unknown): number {
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "bigint" && BigInt(Number(value)) === value) return Number(value);
  if (typeof value !== "number") throw new TypeError(mustBe(path, "a number", value));
  return value;
}
