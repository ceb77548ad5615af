import { mustBe } from "../errors.js";
import { FileFormatError } from "./errors.js";
import { withFile } from "./file_bytes.js";
import { checkPixelBytes, type FrameSize } from "./frame_bytes.js";
import type { Sharp } from "./sharp_package.js";

/** The frames of an image file. */
export interface ImageFrames extends FrameSize {
  /** rgb24: (frames, height, width, 3). */
  readonly bytes: Uint8Array;
  /** Frames per second of an animated image, from the sum of its delays; null when it has none. */
  readonly fps: number | null;
}

/** Extensions of the images that are read. */
export const IMAGE_EXTENSIONS: readonly string[] = [".png", ".jpg", ".jpeg", ".webp", ".gif"];

/**
 * Reads an image, all frames of an animated one: 8 bits a channel, sRGB or grey, opaque; turned as its EXIF says.
 * @throws FileFormatError when it is damaged, transparent, or of another kind.
 */
export async function readImage(path: string, sharp: Sharp): Promise<ImageFrames> {
  // Shows that the file is there: sharp's own error has no code.
  await withFile(path, async () => {});
  const frames = await describe(path, sharp);
  const image = sharp(path, { pages: -1 });
  // A frame can only be turned alone.
  const upright = frames.count === 1 ? image.rotate() : image;
  const { data, info } = await orFormatError(path, () =>
    upright.toColourspace("srgb").raw().toBuffer({ resolveWithObject: true }),
  );
  const height = info.height / frames.count;
  const pixels = info.width * info.height;
  if (!Number.isInteger(height) || ![3, 4].includes(info.channels) || data.length !== pixels * info.channels) {
    throw new FileFormatError(path, mustBe("the decoded image", "frames of RGB", info));
  }
  const bytes = info.channels === 4 ? dropAlpha(path, data) : data;
  return { frames: frames.count, height, width: info.width, bytes, fps: frames.fps };
}

async function describe(path: string, sharp: Sharp): Promise<{ readonly count: number; readonly fps: number | null }> {
  const found = await orFormatError(path, () => sharp(path, { pages: -1 }).metadata());
  const { pages: count = 1, width, height, pageHeight = height, space, depth, delay } = found;
  checkPixelBytes(path, { frames: count, height: pageHeight, width });
  if (depth !== "uchar" || (space !== "srgb" && space !== "b-w")) {
    throw new FileFormatError(path, `must be sRGB or grey with 8 bits a channel, got ${space}, ${depth}: convert it`);
  }
  const total = (delay ?? []).reduce((sum, milliseconds) => sum + milliseconds, 0);
  return { count, fps: count > 1 && total > 0 ? (count * 1000) / total : null };
}

async function orFormatError<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FileFormatError(path, `cannot be decoded: ${reason}`, { cause });
  }
}

function dropAlpha(path: string, rgba: Uint8Array): Uint8Array {
  const pixels = rgba.length / 4;
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    if (rgba[i * 4 + 3] !== 255) {
      throw new FileFormatError(path, "has transparent pixels: put it on a background of your choice first");
    }
    rgb[i * 3] = rgba[i * 4] ?? 0;
    rgb[i * 3 + 1] = rgba[i * 4 + 1] ?? 0;
    rgb[i * 3 + 2] = rgba[i * 4 + 2] ?? 0;
  }
  return rgb;
}
