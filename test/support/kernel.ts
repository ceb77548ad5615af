import type {
  AccumulateJob,
  Kernel,
  NormaliseCounts,
  OutputFormat,
  TouchedPart,
  WindowShape,
} from "#src/executor/types.js";
import type { Dtype } from "#src/tensor.js";
import type { ReferencePart, ReferenceTile } from "./reference.js";

/** A sequence of numbers in [0, 1) that is the same in every run. Source: mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An array's bytes, to compare them without tolerance. */
export function bytesOf(array: ArrayBufferView): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}

/** The float32 values with these bits. */
export function floatsOfBits(bits: ArrayLike<number>): Float32Array {
  return new Float32Array(Uint32Array.from(bits).buffer);
}

/** The same values with every NaN the canonical one. */
export function canonical(values: Float32Array): Float32Array {
  const bits = new Uint32Array(values.slice().buffer);
  return floatsOfBits(bits.map((word, i) => (Number.isNaN(values[i]) ? 0x7fc00000 : word)));
}

/** `length` positions from `start` on, with the same weight. */
export function evenPart(length: number, weight = 1, start = 0): TouchedPart {
  return { offset: 0, start, mask: new Float32Array(length).fill(weight) };
}

/** What a part of the plan touches in a tile of `size` (frames or pixels). */
export function touchedPart(part: ReferencePart, size: number): TouchedPart {
  return { offset: 0, start: part.outStart, mask: part.mask.slice(0, size) };
}

/** The job that adds a float32 tile of a reference plan. */
export function tileJob(
  tile: ReferenceTile,
  pixels: Float32Array,
  shape: readonly [number, number, number, number, number],
): AccumulateJob {
  return {
    pixels: { dtype: "float32", shape, data: pixels },
    frames: touchedPart(tile.f, shape[2]),
    height: touchedPart(tile.h, shape[3]),
    width: touchedPart(tile.w, shape[4]),
  };
}

/** A job that adds one tile over the whole of a window of one frame, all weights 1. */
export function flatJob(dtype: Dtype, shape: WindowShape, data: Float32Array | Uint16Array): AccumulateJob {
  return {
    pixels: { dtype, shape: [shape.batch, shape.channels, shape.frames, shape.height, shape.width], data },
    frames: evenPart(shape.frames),
    height: evenPart(shape.height),
    width: evenPart(shape.width),
  };
}

/** Which frames to finish, and into what. */
export interface FinishRequest {
  readonly start?: number;
  readonly count?: number;
  readonly format?: OutputFormat;
  readonly low?: number;
  readonly factor?: number;
}

/** Finished frames in a target of their own. */
export interface Finished extends NormaliseCounts {
  readonly target: Float32Array | Uint16Array | Uint8Array;
}

/** Finishes frames: by default the whole window from frame 0, as float32. */
export async function finish(kernel: Kernel, shape: WindowShape, request: FinishRequest = {}): Promise<Finished> {
  const { start = 0, count = shape.frames, format = "float32", low = -1, factor = 127.5 } = request;
  const length = shape.batch * shape.channels * count * shape.height * shape.width;
  const target = createTarget(format, length);
  const job = { start, count, format, low, factor, target, targetFrames: count, targetStart: 0 };
  return { ...(await kernel.normalise(job)), target };
}

function createTarget(format: OutputFormat, length: number): Float32Array | Uint16Array | Uint8Array {
  if (format === "float32") return new Float32Array(length).fill(7);
  return format === "rgb24" ? new Uint8Array(length).fill(7) : new Uint16Array(length).fill(7);
}
