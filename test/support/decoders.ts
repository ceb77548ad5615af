import type { Geometry, Tensor, TileDecoder } from "tileblend";
import {
  goldenLatents,
  probeDecode,
  referenceBfloat16Bits,
  referenceFloat16Bits,
  referenceFloat16Value,
} from "./reference.js";

export type Shape5 = [number, number, number, number, number];

/** Casts float32 values to a dtype, or gives them back. */
export function castTensor(dtype: Tensor["dtype"], shape: readonly number[], values: Float32Array): Tensor {
  if (dtype === "float32") return { dtype, shape, data: values };
  const round = dtype === "float16" ? referenceFloat16Bits : referenceBfloat16Bits;
  return { dtype, shape, data: Uint16Array.from(values, round) };
}

/** A tensor's values as float32. */
export function valuesOf({ dtype, data }: Tensor): Float32Array {
  if (dtype === "float32") return Float32Array.from(data);
  if (dtype === "bfloat16") return new Float32Array(Uint32Array.from(data, (bits) => bits * 65536).buffer);
  return Float32Array.from(data, (bits) => (bits & 0x8000 ? -1 : 1) * referenceFloat16Value(bits & 0x7fff));
}

/** The latents of the golden decodes, in any shape and dtype. */
export function latentsOf(shape: Shape5, dtype: Tensor["dtype"] = "float32"): Tensor {
  return castTensor(dtype, shape, goldenLatents(shape.reduce((product, size) => product * size, 1)));
}

/** The golden decodes' decoder as a TileDecoder that answers in `dtype`. */
export function probeDecoder(geometry: Geometry, delta = 0, dtype: Tensor["dtype"] = "float32"): TileDecoder {
  return (tile) => {
    // Boundary: latents have five axes.
    const { shape, data } = probeDecode(valuesOf(tile), tile.shape as Shape5, geometry, delta);
    return castTensor(dtype, shape, data);
  };
}
