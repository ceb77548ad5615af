import type { Sharp as SharpImage } from "sharp";
import { OutputPathError } from "./errors.js";
import type { Sharp } from "./sharp_package.js";
import type { ResolvedSpec } from "./sink_spec.js";
import type { ImageEncoding } from "./sink_target.js";

/** The longest side that the format can say (pixels). */
const MAX_SIDE: Readonly<Record<ImageEncoding, number>> = { png: 2 ** 31 - 1, jpeg: 65535, webp: 16383, gif: 65535 };
/** The highest rate of an animation: delays are whole milliseconds in webp, and at least 20 ms in gif for browsers. */
const MAX_FPS = { webp: 1000, gif: 50 } as const;

/** Throws an OutputPathError when the frames are too large for the format. */
export function checkSide(path: string, encoding: ImageEncoding, { height, width }: ResolvedSpec): void {
  const limit = MAX_SIDE[encoding];
  if (Math.max(height, width) <= limit) return;
  throw new OutputPathError(
    path,
    `${encoding} holds at most ${limit} pixels a side, the frames are ${width}x${height}`,
  );
}

/** Writes one frame of rgb24 as an image file: png and webp without loss, jpeg at quality 95 without subsampling. */
export async function encodeFrame(
  sharp: Sharp,
  encoding: ImageEncoding,
  frame: { readonly bytes: Uint8Array; readonly height: number; readonly width: number; readonly path: string },
): Promise<void> {
  const { bytes, height, width, path } = frame;
  const image = sharp(bytes, { raw: { width, height, channels: 3 }, limitInputPixels: false });
  await withEncoding(image, encoding).toFile(path);
}

function withEncoding(image: SharpImage, encoding: ImageEncoding): SharpImage {
  switch (encoding) {
    case "png":
      return image.png();
    case "jpeg":
      return image.jpeg({ quality: 95, chromaSubsampling: "4:4:4" });
    case "webp":
      return image.webp({ lossless: true });
    case "gif":
      return image.gif();
  }
}

/**
 * Returns the delay of each frame of an animation (milliseconds): whole units of the format, spread so that no frame
 * is shown more than half a unit early or late.
 * @throws OutputPathError when the rate is missing or too high.
 */
export function animationDelays(path: string, encoding: "webp" | "gif", spec: ResolvedSpec): number[] {
  const { fps, frames } = spec;
  if (fps === undefined) throw new OutputPathError(path, "an animation needs spec.fps (frames per second)");
  if (fps > MAX_FPS[encoding]) {
    throw new OutputPathError(path, `${encoding} shows at most ${MAX_FPS[encoding]} frames per second, got ${fps}`);
  }
  const unit = encoding === "gif" ? 10 : 1;
  const timeOf = (frame: number) => Math.round((frame * 1000) / fps / unit) * unit;
  return Array.from({ length: frames }, (_, frame) => timeOf(frame + 1) - timeOf(frame));
}

/** Writes frames of rgb24, one below the other, as an animation that repeats: webp without loss, gif in 256 colours. */
export async function encodeAnimation(
  sharp: Sharp,
  encoding: "webp" | "gif",
  animation: {
    readonly bytes: Uint8Array;
    readonly spec: ResolvedSpec;
    readonly delay: number[];
    readonly path: string;
  },
): Promise<void> {
  const { bytes, delay, path } = animation;
  const { frames, height, width } = animation.spec;
  const raw = { width, height: height * frames, channels: 3, pageHeight: height } as const;
  const image = sharp(bytes, { raw, limitInputPixels: false });
  const encoded =
    encoding === "gif"
      ? image.gif({ delay, loop: 0, keepDuplicateFrames: true })
      : image.webp({ delay, loop: 0, lossless: true });
  await encoded.toFile(path);
}
