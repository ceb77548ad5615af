import { expect } from "chai";
import { loadCpu } from "#src/executor/native.js";
import type { Kernel, WindowShape } from "#src/executor/types.js";
import { bytesOf, canonical, evenPart, finish, flatJob, seededRandom, tileJob } from "../support/kernel.js";
import {
  ReferenceBlend,
  type ReferencePart,
  type ReferenceTile,
  referencePlan,
  referenceTiles,
} from "../support/reference.js";
import { skipBecause } from "../support/requirements.js";

const GEOMETRY = { temporalScale: 4, heightScale: 8, widthScale: 8, causal: true };
const THREADS = [1, 2, 3, 8];

/** A decode of odd sizes: several tiles on each axis, two videos of three channels. */
function oddDecode() {
  const axes = referencePlan([9, 5, 7], GEOMETRY, [
    { size: 4, overlap: 2 },
    { size: 3, overlap: 1 },
    { size: 4, overlap: 2 },
  ]);
  const [frames, height, width] = axes.map((parts) => Math.max(...parts.map((part) => part.outStop))) as [
    number,
    number,
    number,
  ];
  const shape: WindowShape = { batch: 2, channels: 3, frames, height, width };
  return { tiles: referenceTiles(axes), shape };
}

function plannedSize(tile: ReferenceTile): [number, number, number] {
  return [tile.f.mask.length, tile.h.mask.length, tile.w.mask.length];
}

/** A part of random weights. */
function randomPart(start: number, length: number, random: () => number): ReferencePart {
  const outStop = start + length;
  return { start, end: outStop, outStart: start, outStop, mask: Float32Array.from({ length }, () => random()) };
}

function randomPixels(length: number, random: () => number): Float32Array {
  return Float32Array.from({ length }, () => (random() - 0.5) * 2 ** (random() * 40 - 20));
}

describe("native cpu executor: blend", () => {
  let cpu: Awaited<ReturnType<typeof loadCpu>>;
  before(async function () {
    try {
      cpu = await loadCpu({});
    } catch (error) {
      skipBecause(this, "the native addon", String(error));
    }
  });

  /** Adds every tile, in sizes that `sizeOf` gives, to a kernel and to the reference. */
  async function blendBoth(kernel: Kernel, sizeOf: (tile: ReferenceTile, i: number) => [number, number, number]) {
    const { tiles, shape } = oddDecode();
    const reference = new ReferenceBlend([2, 3, shape.frames, shape.height, shape.width]);
    const random = seededRandom(1);
    for (const [i, tile] of tiles.entries()) {
      const size = sizeOf(tile, i);
      const pixels = randomPixels(6 * size[0] * size[1] * size[2], random);
      // Where the first frame's mask is 0, nothing a decoder may leave there can matter.
      if (tile.f.mask[0] === 0) poisonFirstFrames(pixels, size);
      reference.add(tile, pixels, size);
      await kernel.accumulate(tileJob(tile, pixels, [2, 3, ...size]));
    }
    return reference;
  }

  function poisonFirstFrames(pixels: Float32Array, [frames, height, width]: readonly [number, number, number]) {
    const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38];
    for (let plane = 0; plane < 6; plane++) {
      const start = plane * frames * height * width;
      for (let i = 0; i < height * width; i++) pixels[start + i] = values[i % 4] ?? 0;
    }
  }

  it("blends one voxel", async () => {
    const shape = { batch: 1, channels: 1, frames: 1, height: 1, width: 1 };
    const kernel = await cpu.factory(shape);
    await kernel.accumulate({
      ...flatJob("float32", shape, Float32Array.of(3)),
      frames: evenPart(1, 0.5),
    });
    expect(await finish(kernel, shape)).to.deep.equal({
      nanCount: 0,
      uncoveredCount: 0,
      target: Float32Array.of(3),
    });
    kernel.close();
  });

  it("finishes a voxel that no tile covered as 0, and counts it once for all channels", async () => {
    const shape = { batch: 2, channels: 3, frames: 2, height: 3, width: 5 };
    const kernel = await cpu.factory(shape);
    const finished = await finish(kernel, shape);
    expect(finished.uncoveredCount).to.equal(30);
    expect(bytesOf(finished.target)).to.deep.equal(Buffer.alloc(2 * 3 * 30 * 4));
    kernel.close();
  });

  for (const threads of THREADS) {
    it(`gives the reference's bytes with ${threads} threads, and twice in the same window`, async () => {
      const { shape } = oddDecode();
      const kernel = await (await loadCpu({ threads })).factory(shape);
      for (let round = 0; round < 2; round++) {
        const reference = await blendBoth(kernel, plannedSize);
        const finished = await finish(kernel, shape);
        expect(finished.nanCount).to.equal(0);
        expect(finished.uncoveredCount).to.equal(0);
        expect(bytesOf(finished.target).equals(bytesOf(reference.normalised()))).to.equal(true);
      }
      kernel.close();
    });
  }

  it("adds tiles of other sizes than planned as far as both go", async () => {
    const { shape } = oddDecode();
    const kernel = await cpu.factory(shape);
    const deltas = [-1, 0, 2, 3];
    const delta = (i: number) => deltas[i % 4] ?? 0;
    const reference = await blendBoth(kernel, (tile, i) => {
      const [f, h, w] = plannedSize(tile);
      return [f + delta(i), h + delta(i + 1), w + delta(i + 2)];
    });
    const finished = await finish(kernel, shape);
    const uncovered = reference.weight.filter((weight) => weight === 0).length;
    expect(uncovered).to.be.above(0);
    expect(finished.uncoveredCount).to.equal(uncovered);
    expect(bytesOf(finished.target).equals(bytesOf(reference.normalised()))).to.equal(true);
    kernel.close();
  });

  it("holds a ring of frames: a window of 5 for a video of 23", async () => {
    const frames = 23;
    const shape = { batch: 1, channels: 3, frames: 5, height: 7, width: 11 };
    const kernel = await cpu.factory(shape);
    const reference = new ReferenceBlend([1, 3, frames, 7, 11]);
    const random = seededRandom(2);
    const finished = new Float32Array(3 * frames * 77);
    // Tile i touches frames 2i to 2i + 4; then two frames are final.
    for (let first = 0; first < frames; first += 2) {
      const part = (start: number, length: number) => randomPart(start, length, random);
      const tile = { f: part(first, Math.min(5, frames - first)), h: part(0, 7), w: part(0, 11) };
      const size = plannedSize(tile);
      const pixels = randomPixels(3 * size[0] * 77, random);
      reference.add(tile, pixels, size);
      await kernel.accumulate(tileJob(tile, pixels, [1, 3, ...size]));
      const job = { low: 0, factor: 1, target: finished, targetFrames: frames, targetStart: first };
      await kernel.normalise({ ...job, start: first, count: Math.min(2, frames - first), format: "float32" });
    }
    expect(bytesOf(finished).equals(bytesOf(reference.normalised()))).to.equal(true);
    kernel.close();
  });

  it("reads the touched part of a tile only", async () => {
    const shape = { batch: 1, channels: 1, frames: 2, height: 3, width: 40 };
    const kernel = await cpu.factory(shape);
    const pixels = new Float32Array(4 * 5 * 50).fill(Number.NaN);
    const at = (frame: number, row: number, column: number) => ((frame + 1) * 5 + row + 1) * 50 + column + 6;
    const mask = Float32Array.from({ length: 30 }, (_, x) => (x % 3 === 0 ? 0 : 0.25));
    for (let x = 0; x < 30; x++) if (mask[x] !== 0) pixels[at(0, 0, x)] = x + 1;
    await kernel.accumulate({
      pixels: { dtype: "float32", shape: [1, 1, 4, 5, 50], data: pixels },
      frames: { offset: 1, start: 7, mask: Float32Array.of(1, 0) },
      height: { offset: 1, start: 2, mask: Float32Array.of(1) },
      width: { offset: 6, start: 9, mask },
    });
    const { target, nanCount, uncoveredCount } = await finish(kernel, shape, { start: 6 });
    const expected = new Float32Array(2 * 3 * 40);
    for (let x = 0; x < 30; x++) if (mask[x] !== 0) expected[(1 * 3 + 2) * 40 + 9 + x] = x + 1;
    expect(bytesOf(target)).to.deep.equal(bytesOf(expected));
    expect({ nanCount, uncoveredCount }).to.deep.equal({ nanCount: 0, uncoveredCount: 240 - 20 });
    kernel.close();
  });

  it("writes into its place of a larger target and leaves the rest", async () => {
    const shape = { batch: 1, channels: 2, frames: 1, height: 1, width: 3 };
    const kernel = await cpu.factory(shape);
    await kernel.accumulate(flatJob("float32", shape, Float32Array.of(1, 2, 3, 4, 5, 6)));
    const target = new Float32Array(2 * 3 * 3).fill(9);
    const job = { start: 0, count: 1, low: 0, factor: 1, targetFrames: 3, targetStart: 1 };
    await kernel.normalise({ ...job, format: "float32", target });
    expect([...target]).to.deep.equal([9, 9, 9, 1, 2, 3, 9, 9, 9, 9, 9, 9, 4, 5, 6, 9, 9, 9]);
    kernel.close();
  });

  it("counts NaN where the mask is not 0, and writes the canonical one", async () => {
    const shape = { batch: 1, channels: 1, frames: 1, height: 1, width: 6 };
    const kernel = await cpu.factory(shape);
    const pixels = new Float32Array(
      Uint32Array.of(0x7fc00000, 0xffc12345, 0x7f800001, 0x3f800000, 0x7f800000, 0).buffer,
    );
    await kernel.accumulate(flatJob("float32", shape, pixels));
    const { target, nanCount } = await finish(kernel, shape);
    expect(nanCount).to.equal(3);
    expect(bytesOf(target)).to.deep.equal(bytesOf(canonical(pixels)));
    kernel.close();
  });

  it("blends a tile of 9 frames of 270 x 481 as the reference does", async () => {
    const size: [number, number, number] = [9, 270, 481];
    const shape = { batch: 1, channels: 3, frames: 9, height: 270, width: 481 };
    const random = seededRandom(3);
    const tile = { f: randomPart(0, 9, random), h: randomPart(0, 270, random), w: randomPart(0, 481, random) };
    const pixels = randomPixels(3 * 9 * 270 * 481, random);
    const reference = new ReferenceBlend([1, 3, ...size]);
    reference.add(tile, pixels, size);
    const kernel = await cpu.factory(shape);
    await kernel.accumulate(tileJob(tile, pixels, [1, 3, ...size]));
    const { target } = await finish(kernel, shape);
    expect(bytesOf(target).equals(bytesOf(reference.normalised()))).to.equal(true);
    kernel.close();
  });
});
