import type {
  AccumulateJob,
  Kernel,
  NormaliseCounts,
  NormaliseJob,
  OutputFormat,
  TileAxis,
  TouchedBox,
  TouchedPart,
  WindowShape,
} from "#src/executor/types.js";
import type { Dtype, Tensor } from "#src/tensor.js";
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

/** A copy that begins at a page of memory, or so many bytes after one. */
export function atPage(values: Float32Array, byteOffset = 0): Float32Array {
  const { buffer } = new WebAssembly.Memory({ initial: Math.ceil((values.byteLength + byteOffset) / 65536) });
  const copy = new Float32Array(buffer, byteOffset, values.length);
  copy.set(values);
  return copy;
}

/** The float32 values with these bits. */
export function floatsOfBits(bits: ArrayLike<number>): Float32Array {
  return new Float32Array(Uint32Array.from(bits).buffer);
}

/** The exponent field of subnormal float32 and bfloat16 numbers. */
const SUBNORMAL = 0;

/**
 * A copy with 0 for each number whose exponent field is at most `exponent`: what an executor may be given that takes
 * subnormal numbers for 0. No float16 is a subnormal float32, so that they stay.
 */
export function withoutSmall<T extends Float32Array | Uint16Array>(dtype: Dtype, data: T, exponent = SUBNORMAL): T {
  // Boundary: a slice is of the same type.
  const copy = data.slice() as T;
  if (dtype === "float16") return copy;
  const bits = copy instanceof Float32Array ? new Uint32Array(copy.buffer) : copy;
  const shift = dtype === "float32" ? 23 : 7;
  for (let i = 0; i < bits.length; i++) if ((((bits[i] ?? 0) >>> shift) & 0xff) <= exponent) bits[i] = 0;
  return copy;
}

/** The same values with every NaN the canonical one. */
export function canonical(values: Float32Array): Float32Array {
  const bits = new Uint32Array(values.slice().buffer);
  return floatsOfBits(bits.map((word, i) => (Number.isNaN(values[i]) ? 0x7fc00000 : word)));
}

/** `length` positions from `start` on, with the same weight, that no other tile touches. */
export function evenAxis(length: number, weight = 1, start = 0): TileAxis {
  return { offset: 0, start, mask: new Float32Array(length).fill(weight), planned: length, fresh: 0, final: length };
}

/** What finished frames are made into. */
export interface FinishRequest {
  readonly format?: OutputFormat;
  readonly low?: number;
  readonly factor?: number;
}

/** Finishes all frames of a window into a target of their own. */
export function finishOf(shape: WindowShape, { format = "float32", low = -1, factor = 127.5 }: FinishRequest = {}) {
  const count = shape.frames;
  const length = shape.batch * shape.channels * count * shape.height * shape.width;
  const target = createTarget(format, length);
  return { start: 0, count, format, low, factor, target, targetFrames: count, targetStart: 0 } satisfies NormaliseJob;
}

/** A job that adds the only tile there is, over the whole of a window, all weights 1. */
export function flatJob(
  dtype: Dtype,
  shape: WindowShape,
  data: Float32Array | Uint16Array,
  finish: NormaliseJob = finishOf(shape),
): AccumulateJob & { finish: NormaliseJob } {
  return onlyTile({
    pixels: { dtype, shape: [shape.batch, shape.channels, shape.frames, shape.height, shape.width], data },
    frames: evenAxis(shape.frames),
    height: evenAxis(shape.height),
    width: evenAxis(shape.width),
    finish,
  });
}

/** The job of a tile that meets no other. */
export function onlyTile<T extends Omit<AccumulateJob, "contributors">>(job: T): T & AccumulateJob {
  return { ...job, contributors: [[job.frames, job.height, job.width]] };
}

/**
 * The jobs that add the tiles of a reference plan, in a window of all frames. Finished frames go to their place in
 * `finish`, when no tile that lies later in time touches them.
 */
export function planJobs(
  tiles: readonly ReferenceTile[],
  pixels: readonly Tensor[],
  finish: NormaliseJob,
): AccumulateJob[] {
  const axes = (["f", "h", "w"] as const).map((axis) => new ReferenceAxis(tiles.map((tile) => tile[axis])));
  const boxes = tiles.map((tile, i) => {
    const sizes = pixels[i]?.shape.slice(2) ?? [];
    return [tile.f, tile.h, tile.w].map((part, axis) => touchedPart(part, sizes[axis] ?? 0)) as unknown as TouchedBox;
  });
  return tiles.map((tile, i) => {
    const planned = [tile.f, tile.h, tile.w].map((part, axis) => axes[axis]?.tileAxis(part)) as PlannedAxis[];
    const [frames, height, width] = planned.map((axis, at) => ({ ...axis, ...boxes[i]?.[at] })) as TileAxis[];
    if (frames === undefined || height === undefined || width === undefined) throw new Error("a tile has three axes");
    const frameRange = { start: frames.start, count: frames.final, targetStart: finish.targetStart + frames.start };
    return {
      pixels: pixels[i] as Tensor,
      ...{ frames, height, width },
      contributors: boxes.slice(0, i + 1),
      finish: frames.final === 0 ? undefined : { ...finish, ...frameRange },
    };
  });
}

type PlannedAxis = Pick<TileAxis, "planned" | "fresh" | "final">;

/** The intervals of one axis, position by position. */
class ReferenceAxis {
  readonly #parts: readonly ReferencePart[];

  constructor(parts: readonly ReferencePart[]) {
    this.#parts = [...new Set(parts)];
  }

  tileAxis(part: ReferencePart): PlannedAxis {
    const own = touchedPart(part, part.mask.length);
    const index = this.#parts.indexOf(part);
    const positions = Array.from(own.mask, (_, i) => own.start + i);
    const touchedBy = (parts: readonly ReferencePart[]) => (position: number) =>
      parts.some(({ outStart, mask }) => (mask[position - outStart] ?? 0) !== 0);
    return {
      planned: own.mask.length,
      fresh: positions.filter(touchedBy(this.#parts.slice(0, index))).length,
      final: positions.length - positions.filter(touchedBy(this.#parts.slice(index + 1))).length,
    };
  }
}

/** What a part of the plan touches in a tile of `size` (frames or pixels): weights that are 0 at its ends are not. */
function touchedPart({ outStart, mask }: ReferencePart, size: number): TouchedPart {
  const first = mask.findIndex((weight) => weight !== 0);
  const last = mask.findLastIndex((weight) => weight !== 0);
  return { offset: first, start: outStart + first, mask: mask.slice(first, Math.max(first, Math.min(size, last + 1))) };
}

/** Adds tiles and finishes each frame after the last tile that lies there in time. */
export async function blendOn(kernel: Kernel, jobs: readonly AccumulateJob[]): Promise<NormaliseCounts> {
  const counts = { nanCount: 0, uncoveredCount: 0 };
  for (const [i, job] of jobs.entries()) {
    await kernel.accumulate(job);
    if (job.finish === undefined || jobs[i + 1]?.frames.start === job.frames.start) continue;
    const { nanCount, uncoveredCount } = await kernel.normalise(job.finish);
    counts.nanCount += nanCount;
    counts.uncoveredCount += uncoveredCount;
  }
  return counts;
}

function createTarget(format: OutputFormat, length: number): Float32Array | Uint16Array | Uint8Array {
  if (format === "float32") return new Float32Array(length).fill(7);
  return format === "rgb24" ? new Uint8Array(length).fill(7) : new Uint16Array(length).fill(7);
}
