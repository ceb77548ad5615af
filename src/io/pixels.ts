import { readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import type { Tensor } from "../tensor.js";
import { checkKeys, checkObject } from "../validate.js";
import { FileFormatError } from "./errors.js";
import { checkPixelBytes, checkRange, type FrameSize, type PixelRange, PixelTensor } from "./frame_bytes.js";
import { IMAGE_EXTENSIONS, type ImageFrames, readImage } from "./image_source.js";
import { checkProgram } from "./program.js";
import { loadSharp } from "./sharp_package.js";
import { readVideo, VIDEO_EXTENSIONS } from "./video_source.js";

/** How pixels are read. */
export interface ReadPixelsOptions {
  /** The values that the bytes 0 and 255 become; those between lie on a straight line. Default [-1, 1]. */
  readonly range?: readonly [number, number];
  /** The program ffmpeg. Default: `ffmpeg` on the PATH. */
  readonly ffmpegPath?: string;
  /** The program ffprobe. Default: `ffprobe` on the PATH. */
  readonly ffprobePath?: string;
}

/** Pixels from a file or folder. */
export interface ReadPixelsResult {
  /** float32 (1, 3, frames, height, width): red, green, blue. */
  readonly pixels: Tensor;
  /** Frames per second of a video or an animated image, else null. */
  readonly fps: number | null;
  /** What was left out while reading, one line each. */
  readonly notes: readonly string[];
}

/**
 * Reads an image (.png, .jpg, .webp, .gif, all frames of an animated one), a folder of images of one size in natural
 * order of their names, or a video, into memory as float32. Images need the package sharp, videos ffmpeg.
 * @throws FileFormatError when a file is damaged, transparent or of another kind; MissingPackageError;
 * MissingProgramError; FfmpegError; RangeError when the pixels take more than 8 GiB.
 */
export async function readPixels(path: string, options: ReadPixelsOptions = {}): Promise<ReadPixelsResult> {
  checkKeys("options", checkObject("options", options), ["range", "ffmpegPath", "ffprobePath"]);
  const range = checkRange("options.range", options.range ?? [-1, 1]);
  const programs = {
    ffmpegPath: checkProgram("options.ffmpegPath", options.ffmpegPath ?? "ffmpeg"),
    ffprobePath: checkProgram("options.ffprobePath", options.ffprobePath ?? "ffprobe"),
  };
  if ((await stat(path)).isDirectory()) return readFolder(path, range);
  const extension = extname(path).toLowerCase();
  if (IMAGE_EXTENSIONS.includes(extension)) return readAnimation(path, range);
  if (VIDEO_EXTENSIONS.includes(extension)) {
    const { list, fps, ...size } = await readVideo(path, programs);
    return { pixels: toTensor(size, range, list), fps, notes: [] };
  }
  const known = [...IMAGE_EXTENSIONS, ...VIDEO_EXTENSIONS].join(", ");
  throw new FileFormatError(path, `pixels must be in a folder of images or a file of ${known}`);
}

async function readAnimation(path: string, range: PixelRange): Promise<ReadPixelsResult> {
  const image = await readImage(path, await loadSharp(`reading ${path}`));
  return { pixels: toTensor(image, range, framesOf(image)), fps: image.fps, notes: [] };
}

function* framesOf({ bytes, frames, height, width }: ImageFrames): Iterable<Uint8Array> {
  const length = height * width * 3;
  for (let frame = 0; frame < frames; frame++) yield bytes.subarray(frame * length, (frame + 1) * length);
}

function toTensor(size: FrameSize, range: PixelRange, frames: Iterable<Uint8Array>): Tensor {
  const target = new PixelTensor(size, range);
  let index = 0;
  for (const frame of frames) target.put(index++, frame);
  return target.tensor;
}

async function readFolder(folder: string, range: PixelRange): Promise<ReadPixelsResult> {
  const { names, notes } = await listImages(folder);
  const sharp = await loadSharp(`reading ${folder}`);
  let target: PixelTensor | undefined;
  let first: FrameSize | undefined;
  for (const [frame, name] of names.entries()) {
    const image = await readImage(join(folder, name), sharp);
    if (image.frames !== 1) throw new FileFormatError(join(folder, name), "must be one frame, as part of a folder");
    first ??= { frames: names.length, height: image.height, width: image.width };
    if (image.height !== first.height || image.width !== first.width) {
      const sizes = `${first.width}x${first.height} as ${names[0]} is, got ${image.width}x${image.height}`;
      throw new FileFormatError(join(folder, name), `must be ${sizes}`);
    }
    checkPixelBytes(folder, first);
    target ??= new PixelTensor(first, range);
    target.put(frame, image.bytes);
  }
  if (target === undefined) throw new FileFormatError(folder, `holds no image (${IMAGE_EXTENSIONS.join(", ")})`);
  return { pixels: target.tensor, fps: null, notes };
}

/** Names of a folder's images in natural order: 2 before 10. Hidden files are left out; others with a note. */
async function listImages(folder: string): Promise<{ readonly names: string[]; readonly notes: string[] }> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !name.startsWith("."));
  const isImage = (name: string) => IMAGE_EXTENSIONS.includes(extname(name).toLowerCase());
  const names = entries.filter((entry) => !entry.isDirectory() && isImage(entry.name)).map(({ name }) => name);
  const others = entries.filter(({ name }) => !names.includes(name)).map(({ name }) => name);
  const notes =
    others.length === 0
      ? []
      : [`left out, not images: ${others.sort().slice(0, 10).join(", ")}${others.length > 10 ? ", ..." : ""}`];
  // One locale for all machines; equal but for case or leading zeros: by code unit, so that the order is total.
  const { compare } = new Intl.Collator("en", { numeric: true });
  return { names: names.sort((a, b) => compare(a, b) || (a < b ? -1 : 1)), notes };
}
