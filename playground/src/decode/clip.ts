import type { Tensor } from "tileblend";

/** An image or a clip as a network takes it. */
export interface Clip {
  /** (1, 3, frames, height, width), black and white as the ends of `range`. */
  readonly pixels: Tensor;
  readonly frames: number;
  readonly height: number;
  readonly width: number;
}

/** How a clip is read. */
export interface ClipOptions {
  readonly range: readonly [number, number];
  /** Sides are cropped to multiples of this (pixels). */
  readonly multiple: number;
  /** Animated images give 1 + k · this many frames, at most `maxFrames`. Absent: their first frame. */
  readonly frameStep?: number;
  readonly maxFrames?: number;
  /** Largest side (pixels); what is larger is scaled down. */
  readonly maxSide: number;
}

/**
 * Reads an image file that the browser knows.
 * @throws Error when it is none, or smaller than one multiple.
 */
export async function readClip(file: Blob, options: ClipOptions): Promise<Clip> {
  const pictures = await readPictures(file, options);
  const [first] = pictures;
  if (first === undefined) throw new Error("this file is no image that the browser can read");
  try {
    return toClip(pictures, first, options);
  } finally {
    for (const { source } of pictures) source.close();
  }
}

interface Picture {
  readonly source: ImageBitmap | VideoFrame;
  readonly width: number;
  readonly height: number;
}

async function readPictures(file: Blob, { frameStep, maxFrames = 1 }: ClipOptions): Promise<Picture[]> {
  const type = frameStep === undefined ? undefined : await animatedType(file);
  if (frameStep === undefined || type === undefined) {
    const bitmap = await createImageBitmap(file).catch(() => undefined);
    return bitmap === undefined ? [] : [{ source: bitmap, width: bitmap.width, height: bitmap.height }];
  }
  const decoder = new ImageDecoder({ data: await file.arrayBuffer(), type });
  await Promise.all([decoder.completed, decoder.tracks.ready]);
  const given = Math.min(maxFrames, decoder.tracks.selectedTrack?.frameCount ?? 1);
  const count = 1 + frameStep * Math.floor((given - 1) / frameStep);
  const pictures: Picture[] = [];
  for (let frameIndex = 0; frameIndex < count; frameIndex++) {
    const { image } = await decoder.decode({ frameIndex });
    pictures.push({ source: image, width: image.displayWidth, height: image.displayHeight });
  }
  decoder.close();
  return pictures;
}

/** The type of an image that may be animated and that the browser can read frame by frame, by its first bytes. */
async function animatedType(file: Blob): Promise<string | undefined> {
  const head = new TextDecoder("latin1").decode(await file.slice(0, 12).arrayBuffer());
  const type = head.startsWith("GIF8") ? "image/gif" : /^RIFF.{4}WEBP/s.test(head) ? "image/webp" : undefined;
  if (type === undefined || !("ImageDecoder" in globalThis)) return undefined;
  return (await ImageDecoder.isTypeSupported(type)) ? type : undefined;
}

function toClip(pictures: readonly Picture[], first: Picture, { range, multiple, maxSide }: ClipOptions): Clip {
  const scale = Math.min(1, maxSide / Math.max(first.width, first.height));
  const cropped = (side: number) => Math.floor(Math.round(side * scale) / multiple) * multiple;
  const [width, height] = [cropped(first.width), cropped(first.height)];
  if (width === 0 || height === 0) {
    throw new Error(`the image must be at least ${multiple} × ${multiple} px, got ${first.width} × ${first.height}`);
  }
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (context === null) throw new Error("this browser gives no 2D canvas");
  const frames = pictures.length;
  const data = new Float32Array(3 * frames * width * height);
  for (const [frame, picture] of pictures.entries()) {
    context.drawImage(picture.source, 0, 0, Math.round(picture.width * scale), Math.round(picture.height * scale));
    writePlanes(context.getImageData(0, 0, width, height).data, range, { data, frame, frames });
  }
  return { pixels: { dtype: "float32", shape: [1, 3, frames, height, width], data }, frames, height, width };
}

interface FramePlace {
  readonly data: Float32Array;
  readonly frame: number;
  readonly frames: number;
}

/** Writes RGBA as a frame of three planes. */
function writePlanes(rgba: Uint8ClampedArray, [low, high]: readonly [number, number], place: FramePlace): void {
  const count = rgba.length / 4;
  for (let channel = 0; channel < 3; channel++) {
    const offset = (channel * place.frames + place.frame) * count;
    for (let i = 0; i < count; i++) {
      place.data[offset + i] = low + ((rgba[4 * i + channel] ?? 0) * (high - low)) / 255;
    }
  }
}
