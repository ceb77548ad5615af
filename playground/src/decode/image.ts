import type { Tensor } from "tileblend";

/** An image as a network takes it. */
export interface PageImage {
  /** (1, 3, 1, height, width), 0 and 255 as the ends of `range`. */
  readonly pixels: Tensor;
  readonly height: number;
  readonly width: number;
}

/** How an image is read. */
export interface ImageOptions {
  readonly range: readonly [number, number];
  /** Sides are cropped to multiples of this (pixels). */
  readonly multiple: number;
}

/** Largest side that is read (pixels); a larger image is scaled down. */
const MAX_SIDE = 1024;

/**
 * Reads an image file that the browser knows.
 * @throws Error when it is none, or smaller than one multiple.
 */
export async function readImage(file: Blob, { range, multiple }: ImageOptions): Promise<PageImage> {
  const bitmap = await createImageBitmap(file).catch(() => undefined);
  if (bitmap === undefined) throw new Error("this file is no image that the browser can read");
  const scale = Math.min(1, MAX_SIDE / Math.max(bitmap.width, bitmap.height));
  const cropped = (side: number) => Math.floor(Math.round(side * scale) / multiple) * multiple;
  const [width, height] = [cropped(bitmap.width), cropped(bitmap.height)];
  if (width === 0 || height === 0) {
    throw new Error(`the image must be at least ${multiple} × ${multiple} px, got ${bitmap.width} × ${bitmap.height}`);
  }
  const context = new OffscreenCanvas(width, height).getContext("2d");
  if (context === null) throw new Error("this browser gives no 2D canvas");
  context.drawImage(bitmap, 0, 0, Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
  bitmap.close();
  const data = toPlanes(context.getImageData(0, 0, width, height).data, range);
  return { pixels: { dtype: "float32", shape: [1, 3, 1, height, width], data }, height, width };
}

/** RGBA to three planes. */
function toPlanes(rgba: Uint8ClampedArray, [low, high]: readonly [number, number]): Float32Array {
  const count = rgba.length / 4;
  const planes = new Float32Array(3 * count);
  for (let i = 0; i < count; i++) {
    for (let channel = 0; channel < 3; channel++) {
      planes[channel * count + i] = low + ((rgba[4 * i + channel] ?? 0) * (high - low)) / 255;
    }
  }
  return planes;
}
