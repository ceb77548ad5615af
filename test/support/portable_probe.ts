import { decodeTiled, type ExecutorName, geometries, planTiles, type TileDecoder, tilings } from "tileblend";
import { planSvg } from "tileblend/report";

/** What a small plan, its picture and a small decode come to: plain values, to compare between runtimes. */
export interface PortableResult {
  readonly digest: string;
  readonly svgLength: number;
  readonly output: readonly number[];
}

/** Plans, draws and decodes with nothing but the package, so that a bundler can take this file as its entry. */
export async function portableProbe(executor: ExecutorName = "wasm"): Promise<PortableResult> {
  const latent = { frames: 16, height: 17, width: 30 };
  const plan = planTiles({ latent, geometry: geometries.ltx, tiling: tilings.default() });
  const data = Float32Array.from({ length: 5 * 6 * 7 }, (_, i) => (i % 31) / 8 - 2);
  const output = await decodeTiled({ dtype: "float32", shape: [1, 1, 5, 6, 7], data }, decodeTile, {
    geometry: { temporalScale: 2, heightScale: 4, widthScale: 4, causal: true },
    tiling: { spatial: { tileSize: 16, overlap: 8 }, temporal: { tileSize: 6, overlap: 2 } },
    executor,
  });
  return { digest: plan.digest, svgLength: planSvg(plan).length, output: Array.from(output.data) };
}

/** Repeats the latents over the output, and marks each place. */
const decodeTile: TileDecoder = ({ data }, { tile }) => {
  const { frames, height, width } = tile.output;
  const shape = [1, 3, ...[frames, height, width].map(({ start, stop }) => stop - start)];
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Float32Array.from({ length: size }, (_, i) => (data[i % data.length] ?? 0) + (i % 13) / 7);
  return { dtype: "float32", shape, data: values };
};
