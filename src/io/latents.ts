import { extname } from "node:path";
import { mustBe } from "../errors.js";
import type { Tensor } from "../tensor.js";
import { checkKeys, checkObject } from "../validate.js";
import { FileFormatError } from "./errors.js";
import { readNpy } from "./npy.js";
import { namesOf, readSafetensorsHeader, readSafetensorsTensor } from "./safetensors.js";
import type { SafetensorsEntry } from "./safetensors_header.js";

/** Which latents to read. */
export interface ReadLatentsOptions {
  /** Name of the tensor in a .safetensors or .latent file. Default: the only one, else one of the usual names. */
  readonly tensor?: string;
}

/** Latents from a file. */
export interface ReadLatentsResult {
  /** (B, C, F, H, W). */
  readonly latents: Tensor;
  /** Strings kept in the file; empty for .npy. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Name of the tensor in the file, or null for .npy. */
  readonly name: string | null;
  /** What was taken for granted or changed while reading, one line each. */
  readonly notes: readonly string[];
}

/** ComfyUI's name for the latents. Source: ComfyUI nodes.py, SaveLatent and LoadLatent. */
const COMFY_TENSOR = "latent_tensor";
/** An empty tensor: its presence says that the latents are not multiplied by the old scale. */
const COMFY_MARKER = "latent_format_version_0";
/** 1 / 0.18215 as PyTorch multiplies a float32 tensor by it. */
const OLD_COMFY_FACTOR = Math.fround(1 / 0.18215);
/** Tried in this order when a file holds several tensors. */
const USUAL_NAMES = [COMFY_TENSOR, "latents", "samples"];

/**
 * Reads latents as (B, C, F, H, W) from an .npy, .safetensors or .latent (ComfyUI) file. Four axes are (C, F, H, W)
 * of one video, or in ComfyUI's files (B, C, H, W) of images; `notes` says so.
 * @throws FileFormatError when the file is not valid or holds no such latents.
 */
export async function readLatents(path: string, options: ReadLatentsOptions = {}): Promise<ReadLatentsResult> {
  checkKeys("options", checkObject("options", options), ["tensor"]);
  const { tensor: wanted } = options;
  if (wanted !== undefined && typeof wanted !== "string") {
    throw new TypeError(mustBe("options.tensor", "a string", wanted));
  }
  const extension = extname(path).toLowerCase();
  if (extension === ".npy") {
    if (wanted !== undefined) throw new FileFormatError(path, `an .npy file has no tensor names, got "${wanted}"`);
    const notes: string[] = [];
    return { latents: toVideo(path, await readNpy(path), notes), metadata: {}, name: null, notes };
  }
  if (extension === ".safetensors" || extension === ".latent") return readNamed(path, extension, wanted);
  throw new FileFormatError(path, "latents must be in an .npy, .safetensors or .latent file");
}

async function readNamed(path: string, extension: string, wanted: string | undefined): Promise<ReadLatentsResult> {
  const { tensors, metadata } = await readSafetensorsHeader(path);
  const name = wanted ?? chooseName(path, tensors);
  const tensor = await readSafetensorsTensor(path, name);
  const notes: string[] = [];
  const isMarked = tensors.some((entry) => entry.name === COMFY_MARKER);
  const isComfy = name === COMFY_TENSOR && (isMarked || extension === ".latent");
  if (!isComfy) return { latents: toVideo(path, tensor, notes), metadata, name, notes };
  const scaled = isMarked ? tensor : scaleOld(path, tensor, notes);
  return { latents: imagesToVideo(path, scaled, notes), metadata, name, notes };
}

function chooseName(path: string, tensors: readonly SafetensorsEntry[]): string {
  const candidates = tensors.filter(({ name }) => name !== COMFY_MARKER);
  const names = candidates.map(({ name }) => name);
  const name = names.length === 1 ? names[0] : USUAL_NAMES.find((usual) => names.includes(usual));
  if (name !== undefined) return name;
  throw new FileFormatError(path, `which tensor? Name one with the option tensor: it holds ${namesOf(candidates)}`);
}

function scaleOld(path: string, tensor: Tensor, notes: string[]): Tensor {
  if (!(tensor.data instanceof Float32Array)) {
    const reason = `has no ${COMFY_MARKER}, so its values are to be divided by 0.18215, which is done for float32 only`;
    throw new FileFormatError(path, `${reason}; it holds ${tensor.dtype}: load and save it with ComfyUI`);
  }
  notes.push(`an old ComfyUI file (no ${COMFY_MARKER}): its values were multiplied by 1/0.18215, as ComfyUI does`);
  // A product of two float32 is exact in float64, so the Float32Array rounds it once.
  return { ...tensor, data: tensor.data.map((value) => value * OLD_COMFY_FACTOR) };
}

function imagesToVideo(path: string, tensor: Tensor, notes: string[]): Tensor {
  const [batch, channels, ...rest] = tensor.shape;
  if (tensor.shape.length !== 4 || batch === undefined || channels === undefined) return toVideo(path, tensor, notes);
  notes.push(`shape (${tensor.shape.join(", ")}) was taken for (B, C, H, W) of images, one frame each`);
  return { ...tensor, shape: [batch, channels, 1, ...rest] };
}

function toVideo(path: string, tensor: Tensor, notes: string[]): Tensor {
  const { shape } = tensor;
  if (shape.length === 5) return tensor;
  if (shape.length !== 4) {
    throw new FileFormatError(path, `latents must be (B, C, F, H, W) or (C, F, H, W), got shape (${shape.join(", ")})`);
  }
  notes.push(`shape (${shape.join(", ")}) was taken for (C, F, H, W), batch 1`);
  return { ...tensor, shape: [1, ...shape] };
}
