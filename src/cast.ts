import { Float16Array } from "@petamoriken/float16";
import { createData, type Dtype, type Tensor } from "./tensor.js";

const FLOAT16_SCALES: readonly number[] = Array.from({ length: 31 }, (_, exponent) => 2 ** (exponent - 25));

/**
 * Returns the tensor in another dtype, each value rounded once to the nearest, ties to even; the tensor itself when
 * it is of that dtype already. NaN becomes the canonical quiet one wherever a value is rounded.
 */
export function castTensor(tensor: Tensor, dtype: Dtype): Tensor {
  if (tensor.dtype === dtype) return tensor;
  const values = toFloat32(tensor);
  return { dtype, shape: tensor.shape, data: fromFloat32(values, dtype) };
}

/** The values of a tensor in float32, which holds every float16 and bfloat16. */
function toFloat32({ dtype, data }: Tensor): Float32Array {
  if (data instanceof Float32Array) return data;
  return dtype === "float16" ? Float32Array.from(data, float16Value) : bfloat16Values(data);
}

function bfloat16Values(data: Uint16Array): Float32Array {
  const bits = Uint32Array.from(data, (each) => each << 16);
  return new Float32Array(bits.buffer);
}

/** The value of float16 bits. */
function float16Value(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * (FLOAT16_SCALES[exponent] ?? 0);
}

function fromFloat32(values: Float32Array, dtype: Dtype): Float32Array | Uint16Array {
  if (dtype === "float32") return values;
  if (dtype === "float16") return new Uint16Array(new Float16Array(values).buffer);
  const result = createData(dtype, values.length);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) result[i] = bfloat16Bits(bits[i] ?? 0);
  return result;
}

/** Rounds float32 bits to bfloat16 bits. */
function bfloat16Bits(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return 0x7fc0;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}
