import {
  type Executor,
  type FrameChunk,
  type Geometry,
  type OpenOptions,
  type OutputFormat,
  planTiles,
  type Tensor,
  type TilePlan,
  type Tiling,
} from "tileblend";
import { castTensor, valuesOf } from "./decoders.js";
import { bytesOf } from "./golden.js";
import {
  type ReferenceAxisTiling,
  ReferenceBlend,
  type ReferenceTile,
  referenceBfloat16Bits,
  referenceFloat16Bits,
  referencePlan,
  referenceRgb24Byte,
  referenceTiles,
} from "./reference.js";

export type Tiling3 = readonly [ReferenceAxisTiling, ReferenceAxisTiling, ReferenceAxisTiling];

/** What is blended: sizes and tiling in latent cells, margins in frames and pixels. */
export interface BlendCase {
  readonly latent: readonly [number, number, number];
  readonly geometry: Geometry;
  readonly tiling: Tiling3;
  readonly batch: number;
  readonly channels: number;
}

/** A tiling in latent cells as the package takes it: sizes and overlaps in frames and pixels too. */
export function tilingOf(geometry: Geometry, [frames, height, width]: Tiling3): Tiling {
  const scaled = (tiling: ReferenceAxisTiling, scale: number) => {
    if (tiling === null) return undefined;
    const { size, overlap, ...fade } = tiling;
    return { tileSize: size * scale, overlap: overlap * scale, ...fade };
  };
  const [temporal, down, across] = [
    scaled(frames, geometry.temporalScale),
    scaled(height, geometry.heightScale),
    scaled(width, geometry.widthScale),
  ];
  const spatial = {
    ...(down === undefined ? {} : { height: down }),
    ...(across === undefined ? {} : { width: across }),
  };
  return { spatial, ...(temporal === undefined ? {} : { temporal }) };
}

/** The package's plan of a case. */
export function planOf({ latent: [frames, height, width], geometry, tiling }: BlendCase): TilePlan {
  return planTiles({ latent: { frames, height, width }, geometry, tiling: tilingOf(geometry, tiling) });
}

/** The reference's tiles of a case. */
export function tilesOf({ latent, geometry, tiling }: BlendCase): ReferenceTile[] {
  return referenceTiles(referencePlan(latent, geometry, tiling));
}

/** Frames, height and width of a reference tile's output. */
export function plannedSize({ f, h, w }: ReferenceTile): [number, number, number] {
  return [f.mask.length, h.mask.length, w.mask.length];
}

/** Makes each tile's pixels: `value` gives the float32 of each element, `sizeOf` another size than planned. */
export function makeTiles(
  blendCase: BlendCase,
  dtype: Tensor["dtype"],
  value: (index: number, tile: number) => number,
  sizeOf: (planned: [number, number, number], tile: number) => [number, number, number] = (planned) => planned,
): Tensor[] {
  return tilesOf(blendCase).map((tile, i) => {
    const shape = [blendCase.batch, blendCase.channels, ...sizeOf(plannedSize(tile), i)];
    const count = shape.reduce((product, size) => product * size, 1);
    return castTensor(
      dtype,
      shape,
      Float32Array.from({ length: count }, (_, at) => value(at, i)),
    );
  });
}

/** Some frames of an expected result. */
export interface FrameRange {
  readonly start: number;
  readonly count: number;
}

/** What the reference makes of a case's tiles. */
export class Expectation {
  readonly shape: [number, number, number, number, number];
  readonly values: Float32Array;
  readonly #weight: Float32Array;

  constructor(blendCase: BlendCase, tiles: readonly Tensor[]) {
    const parts = tilesOf(blendCase);
    const stop = (axis: "f" | "h" | "w") => Math.max(...parts.map((part) => part[axis].outStop));
    this.shape = [blendCase.batch, blendCase.channels, stop("f"), stop("h"), stop("w")];
    const blend = new ReferenceBlend(this.shape);
    parts.forEach((part, i) => {
      const pixels = tiles[i];
      if (pixels === undefined) throw new Error(`no pixels for tile ${i}`);
      const [, , frames = 0, height = 0, width = 0] = pixels.shape;
      blend.add(part, valuesOf(pixels), [frames, height, width]);
    });
    this.values = blend.normalised();
    this.#weight = blend.weight;
  }

  get frames(): number {
    return this.shape[2];
  }

  /** The bytes of some frames: (B, C, count, H, W), or (B, count, H, W, 3) for rgb24. */
  bytes(format: OutputFormat, { start, count }: FrameRange, range: readonly [number, number] = [-1, 1]): Buffer {
    const values = this.#slice(start, count);
    if (format === "rgb24") return this.#rgb24(values, count, range);
    if (format === "float16") return bytesOf(Uint16Array.from(values, referenceFloat16Bits));
    if (format === "bfloat16") return bytesOf(Uint16Array.from(values, referenceBfloat16Bits));
    const bits = new Uint32Array(values.buffer);
    values.forEach((value, i) => {
      if (Number.isNaN(value)) bits[i] = 0x7fc00000;
    });
    return bytesOf(bits);
  }

  #rgb24(values: Float32Array, count: number, [low, high]: readonly [number, number]): Buffer {
    const [batch, , , height, width] = this.shape;
    const voxels = count * height * width;
    const result = Buffer.alloc(batch * 3 * voxels);
    for (let i = 0; i < result.length; i++) {
      const [sample, voxel, channel] = [Math.floor(i / (3 * voxels)), Math.floor(i / 3) % voxels, i % 3];
      result[i] = referenceRgb24Byte(values[(sample * 3 + channel) * voxels + voxel] ?? Number.NaN, low, high);
    }
    return result;
  }

  #slice(start: number, count: number): Float32Array {
    const [batch, channels, frames, height, width] = this.shape;
    const result = new Float32Array(batch * channels * count * height * width);
    for (let plane = 0; plane < batch * channels; plane++) {
      const from = (plane * frames + start) * height * width;
      result.set(this.values.subarray(from, from + count * height * width), plane * count * height * width);
    }
    return result;
  }

  nanCount({ start, count }: FrameRange): number {
    return this.#slice(start, count).filter(Number.isNaN).length;
  }

  uncoveredCount({ start, count }: FrameRange): number {
    const pixels = this.shape[3] * this.shape[4];
    return this.#weight.subarray(start * pixels, (start + count) * pixels).filter((weight) => weight === 0).length;
  }
}

/** Adds all tiles and takes what is final, `sizes` frames at once in turn; an absent size takes all. */
export async function blendTiles(
  executor: Executor,
  blendCase: BlendCase,
  tiles: readonly Tensor[],
  { sizes = [], ...options }: OpenOptions & { sizes?: readonly number[] } = {},
): Promise<FrameChunk[]> {
  const plan = planOf(blendCase);
  const { batch, channels: outputChannels } = blendCase;
  const accumulator = await executor.open(plan, { batch, outputChannels, ...options });
  const chunks: FrameChunk[] = [];
  try {
    for (const tile of plan.tiles()) {
      const pixels = tiles[tile.index];
      if (pixels === undefined) throw new Error(`no pixels for tile ${tile.index}`);
      await accumulator.add(tile, pixels);
      while (accumulator.finalFrames > 0) {
        const size = sizes[chunks.length % sizes.length] ?? accumulator.finalFrames;
        chunks.push(await accumulator.take(Math.min(size, accumulator.finalFrames)));
      }
    }
  } finally {
    accumulator.close();
  }
  return chunks;
}

/** Throws unless two results are the same bytes, naming the first that differs. */
export function expectSameBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  if (Buffer.compare(actual, expected) === 0) return;
  const at = actual.findIndex((byte, i) => byte !== expected[i]);
  const shown = (bytes: Uint8Array) => Buffer.from(bytes.slice(at - (at % 4), at - (at % 4) + 4)).toString("hex");
  throw new Error(
    `${what}: ${actual.length} bytes for ${expected.length}, first differs at byte ${at}: ${shown(actual)} for ${shown(expected)}`,
  );
}

/** Throws unless chunks follow each other, fill the video and hold the expected bytes and counts. */
export function expectChunks(
  chunks: readonly FrameChunk[],
  expected: Expectation,
  format: OutputFormat,
  range?: readonly [number, number],
): void {
  let next = 0;
  for (const chunk of chunks) {
    if (chunk.start !== next) throw new Error(`a chunk starts at frame ${chunk.start} for ${next}`);
    const what = `${format}, frames ${chunk.start} to ${chunk.start + chunk.count}`;
    expectSameBytes(bytesOf(chunk.frames.data), expected.bytes(format, chunk, range), what);
    const counts = `${chunk.nanCount} NaN, ${chunk.uncoveredCount} uncovered`;
    const expectedCounts = `${expected.nanCount(chunk)} NaN, ${expected.uncoveredCount(chunk)} uncovered`;
    if (counts !== expectedCounts) throw new Error(`${what}: ${counts} for ${expectedCounts}`);
    next += chunk.count;
  }
  if (next !== expected.frames) throw new Error(`${next} frames for ${expected.frames}`);
}
