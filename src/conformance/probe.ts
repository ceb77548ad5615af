import { castTensor } from "../cast.js";
import { elementCount, type Tensor } from "../tensor.js";
import type { TileDecoder } from "../tile_decoder.js";

/** Scales and causality: what the probe decoder needs to know of a geometry. */
export interface ProbeGeometry {
  readonly temporalScale: number;
  readonly heightScale: number;
  readonly widthScale: number;
  readonly causal: boolean;
}

/** The latents of a decode: flat index i holds (((i * 2654435761) mod 2^32) >> 8) / 2^24 - 0.5, then cast to dtype. */
export function probeLatents(shape: readonly number[], dtype: Tensor["dtype"]): Tensor {
  const data = Float32Array.from(
    { length: elementCount(shape) },
    (_, i) => (Math.imul(i, 2654435761) >>> 8) / 2 ** 24 - 0.5,
  );
  return castTensor({ dtype: "float32", shape, data }, dtype);
}

/**
 * The probe decoder, which conformance/README.md defines: each output value is its latent cell's plus a pattern of its
 * place in the tile. It answers in float32, `delta` frames, rows and columns more than planned.
 */
export function createProbeDecoder(geometry: ProbeGeometry, delta: number): TileDecoder {
  return (tile) => {
    const { shape, data } = castTensor(tile, "float32");
    const [batch = 1, channels = 1, frames = 1, height = 1, width = 1] = shape;
    const { temporalScale: ts, heightScale: hs, widthScale: ws, causal } = geometry;
    const outFrames = (causal ? 1 + (frames - 1) * ts : frames * ts) + delta;
    const size = [batch, 3, outFrames, height * hs + delta, width * ws + delta] as const;
    const nearest = (count: number, cells: number, scale: number, shift = 0) =>
      Array.from({ length: count }, (_, i) => Math.min(Math.floor((i + shift) / scale), cells - 1));
    const frameOf = nearest(size[2], frames, ts, causal ? ts - 1 : 0);
    const [rowOf, columnOf] = [nearest(size[3], height, hs), nearest(size[4], width, ws)];
    const out = new Float32Array(elementCount(size));
    let at = 0;
    for (let plane = 0; plane < batch * 3; plane++) {
      const channel = plane % 3;
      const source = (Math.floor(plane / 3) * channels + (channel % channels)) * frames;
      frameOf.forEach((frame, t) => {
        rowOf.forEach((row, y) => {
          const from = ((source + frame) * height + row) * width;
          const pattern = 7 * channel + 13 * t + 5 * y;
          for (let x = 0; x < columnOf.length; x++) {
            // Float32Array rounds the sum once: both terms are float32, and float64 holds their sum exactly.
            out[at++] = (data[from + (columnOf[x] ?? 0)] ?? 0) + (((pattern + 3 * x) % 64) - 32) / 64;
          }
        });
      });
    }
    return { dtype: "float32", shape: size, data: out };
  };
}
