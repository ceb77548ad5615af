import { basename, extname } from "node:path";
import type { OutputFormat } from "../executor/types.js";
import { DTYPES, type Dtype } from "../tensor.js";
import { checkOneOf } from "../validate.js";
import { OutputPathError } from "./errors.js";

/** How one image is encoded. */
export type ImageEncoding = "png" | "jpeg" | "webp" | "gif";

/** How a video's file is made: the name of ffmpeg's muxer. */
export type VideoContainer = "mp4" | "mov" | "matroska" | "webm";

/** What a path asks to be written. */
export type SinkTarget =
  | { readonly kind: "npy" | "safetensors" | "folder"; readonly path: string }
  | { readonly kind: "image"; readonly path: string; readonly encoding: ImageEncoding }
  | { readonly kind: "numbered"; readonly path: string; readonly encoding: ImageEncoding }
  | { readonly kind: "video"; readonly path: string; readonly container: VideoContainer };

const IMAGE_ENCODINGS: ReadonlyMap<string, ImageEncoding> = new Map([
  [".png", "png"],
  [".jpg", "jpeg"],
  [".jpeg", "jpeg"],
  [".webp", "webp"],
  [".gif", "gif"],
]);

const VIDEO_CONTAINERS: ReadonlyMap<string, VideoContainer> = new Map([
  [".mp4", "mp4"],
  [".mov", "mov"],
  [".mkv", "matroska"],
  [".webm", "webm"],
]);

/** The number in a name such as `frame-%04d.png`. */
const NUMBER_PATTERN = /%(?:0(\d{1,2}))?d/g;

/**
 * Returns what a path asks for, by its extension: a path without one, or that ends in a slash, is a folder of frames.
 * @throws OutputPathError when the extension is not known.
 */
export function resolveTarget(path: string): SinkTarget {
  if (typeof path !== "string" || path === "") throw new TypeError("path must be a file or folder, got an empty one");
  const extension = extname(path).toLowerCase();
  if (/[/\\]$/.test(path) || extension === "") return { kind: "folder", path };
  if (extension === ".npy") return { kind: "npy", path };
  if (extension === ".safetensors") return { kind: "safetensors", path };
  const container = VIDEO_CONTAINERS.get(extension);
  if (container !== undefined) return { kind: "video", path, container };
  const encoding = IMAGE_ENCODINGS.get(extension);
  if (encoding !== undefined) return resolveImage(path, encoding);
  const known = [".npy", ".safetensors", ...IMAGE_ENCODINGS.keys(), ...VIDEO_CONTAINERS.keys()].join(", ");
  throw new OutputPathError(path, `the extension must be one of ${known}; for a folder of frames end it with /`);
}

function resolveImage(path: string, encoding: ImageEncoding): SinkTarget {
  const numbers = basename(path).match(NUMBER_PATTERN) ?? [];
  if (numbers.length === 0) return { kind: "image", path, encoding };
  if (numbers.length > 1) throw new OutputPathError(path, "the name must hold one number, such as %04d, not several");
  if (encoding === "gif") throw new OutputPathError(path, "numbered frames must be .png, .jpg or .webp");
  return { kind: "numbered", path, encoding };
}

/** Returns the name of one frame (index from 0) of a numbered path such as `frame-%04d.png`. */
export function numberedPath(path: string, frame: number): string {
  const name = basename(path);
  const numbered = name.replace(NUMBER_PATTERN, (_, digits: string | undefined) =>
    String(frame).padStart(Number(digits ?? 0), "0"),
  );
  return path.slice(0, path.length - name.length) + numbered;
}

/**
 * Returns the format that a path's frames must have: rgb24 for images and videos, else `dtype`.
 * @throws OutputPathError when the extension is not known, or the file cannot hold the dtype.
 */
export function sinkFormat(path: string, dtype: Dtype = "float32"): OutputFormat {
  const { kind } = resolveTarget(path);
  checkOneOf("dtype", dtype, DTYPES);
  if (kind === "npy" && dtype === "bfloat16") {
    throw new OutputPathError(path, "NumPy has no bfloat16: write a .safetensors file, or float32 or float16");
  }
  return kind === "npy" || kind === "safetensors" ? dtype : "rgb24";
}
