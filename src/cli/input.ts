import { stat } from "node:fs/promises";
import { extname } from "node:path";
import { readLatents, readPixels } from "../io/index.js";
import type { Tensor } from "../tensor.js";

/** What a decode starts from. */
export interface DecodeInput {
  /** (B, C, F, H, W): latents, or pixels for a network in pixel space. */
  readonly tensor: Tensor;
  /** Frames a second of a video, else null. */
  readonly fps: number | null;
  /** What was taken for granted while reading. */
  readonly notes: readonly string[];
}

const LATENT_EXTENSIONS = [".npy", ".safetensors", ".latent"];

/** Reads latents or pixels, whichever the path names. */
export async function openInput(
  path: string,
  tensorName: string | undefined,
  range: readonly [number, number],
): Promise<DecodeInput> {
  const isFolder = (await stat(path)).isDirectory();
  if (!isFolder && LATENT_EXTENSIONS.includes(extname(path).toLowerCase())) {
    const { latents, notes } = await readLatents(path, tensorName === undefined ? {} : { tensor: tensorName });
    return { tensor: latents, fps: null, notes };
  }
  if (tensorName !== undefined) throw new TypeError(`--tensor is for .safetensors files, got ${path}`);
  const { pixels, fps, notes } = await readPixels(path, { range });
  return { tensor: pixels, fps, notes };
}
