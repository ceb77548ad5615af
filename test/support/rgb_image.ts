import sharp from "sharp";
import type { Tensor } from "tileblend";

/** A part of an image (pixels). */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Reads red, green, blue of an image file, 0 to 255, as (1, 3, 1, height, width). */
export async function readRgb(file: URL, region?: Region): Promise<Tensor> {
  const image = sharp(file.pathname).removeAlpha().toColourspace("srgb");
  const { data, info } = await (region ? image.extract(region) : image).raw().toBuffer({ resolveWithObject: true });
  const area = info.width * info.height;
  const planes = Float32Array.from({ length: 3 * area }, (_, i) => data[3 * (i % area) + Math.floor(i / area)] ?? 0);
  return { dtype: "float32", shape: [1, 3, 1, info.height, info.width], data: planes };
}
