import { mustBe } from "../errors.js";
import type { Tensor } from "../tensor.js";

/** The most memory that the pixels of one file are read into, as float32 (bytes): 8 GiB. */
const MAX_PIXEL_BYTES = 8 * 2 ** 30;
/** Bytes of a float32 value for each of three channels. */
const FLOAT_RGB_BYTES = 12;

/** The values that the bytes 0 and 255 become. */
export type PixelRange = readonly [number, number];

/** Number and size of frames. */
export interface FrameSize {
  readonly frames: number;
  /** Pixels. */
  readonly height: number;
  /** Pixels. */
  readonly width: number;
}

/** Returns the checked range: two finite numbers, the first below the second. */
export function checkRange(path: string, value: unknown): PixelRange {
  if (!Array.isArray(value) || value.length !== 2) throw new TypeError(mustBe(path, "two numbers [low, high]", value));
  const [low, high]: unknown[] = value;
  if (typeof low !== "number" || typeof high !== "number") throw new TypeError(mustBe(path, "two numbers", value));
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high)) {
    throw new RangeError(mustBe(path, "two finite numbers, the lower first", value));
  }
  return [low, high];
}

/** Throws a RangeError when frames of this size do not fit into MAX_PIXEL_BYTES as float32. */
export function checkPixelBytes(path: string, { frames, height, width }: FrameSize): void {
  const bytes = frames * height * width * FLOAT_RGB_BYTES;
  if (bytes <= MAX_PIXEL_BYTES) return;
  const what = `${frames} frames of ${width}x${height} pixels take ${bytes} bytes as float32`;
  throw new RangeError(`${path}: ${what}, and at most ${MAX_PIXEL_BYTES} are read: cut it into parts`);
}

/** Collects frames of rgb24 bytes into one float32 tensor (1, 3, frames, height, width). */
export class PixelTensor {
  readonly tensor: Tensor;
  readonly #data: Float32Array;
  readonly #table: Float32Array;
  readonly #plane: number;
  readonly #frames: number;

  constructor({ frames, height, width }: FrameSize, [low, high]: PixelRange) {
    this.#frames = frames;
    this.#plane = height * width;
    this.#data = new Float32Array(3 * frames * this.#plane);
    this.tensor = { dtype: "float32", shape: [1, 3, frames, height, width], data: this.#data };
    // In float64, rounded once: byte 255 becomes `high` itself.
    this.#table = Float32Array.from({ length: 256 }, (_, byte) => low + (byte * (high - low)) / 255);
  }

  /** Puts one frame: height · width pixels of red, green, blue. */
  put(frame: number, bytes: Uint8Array): void {
    const [table, plane, data] = [this.#table, this.#plane, this.#data];
    for (let channel = 0; channel < 3; channel++) {
      const start = (channel * this.#frames + frame) * plane;
      for (let i = 0; i < plane; i++) data[start + i] = table[bytes[i * 3 + channel] ?? 0] ?? 0;
    }
  }
}
