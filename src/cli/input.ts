import { stat } from "node:fs/promises";
import { extname } from "node:path";
import { readLatents, readPixels } from "../io/index.js";
import type { Tensor } from "../tensor.js";
import { UsageError } from "./usage.js";

/** What a decode starts from. */
export interface DecodeInput {
  /** (B, C, F, H, W): latents, or pixels for a network in pixel space. */
  readonly tensor: Tensor;
  /** Frames a second of a video, or of the video that the latents were made of, else null. */
  readonly fps: number | null;
  /** Strings kept in a .safetensors file. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What was taken for granted while reading. */
  readonly notes: readonly string[];
}

/** Where `encode` keeps the frames a second in the metadata of latents. */
export const FPS_KEY = "tileblend.fps";

const LATENT_EXTENSIONS = [".npy", ".safetensors", ".latent"];

/** Reads latents, or returns null when the path names something else: pixels. */
export async function openLatents(path: string, tensorName: string | undefined): Promise<DecodeInput | null> {
  const isFolder = (await stat(path)).isDirectory();
  if (isFolder || !LATENT_EXTENSIONS.includes(extname(path).toLowerCase())) {
    if (tensorName !== undefined) throw new UsageError(`--tensor is for .safetensors files, got ${path}`);
    return null;
  }
  const { latents, metadata, notes } = await readLatents(path, tensorName === undefined ? {} : { tensor: tensorName });
  const fps = Number(metadata[FPS_KEY]);
  return { tensor: latents, fps: fps > 0 && Number.isFinite(fps) ? fps : null, metadata, notes };
}

/** Reads pixels for a network in pixel space. */
export async function openPixels(path: string, range: readonly [number, number]): Promise<DecodeInput> {
  const { pixels, fps, notes } = await readPixels(path, { range });
  return { tensor: pixels, fps, metadata: {}, notes };
}
