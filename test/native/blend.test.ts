import { expect } from "chai";
import type { WindowShape } from "#src/executor/types.js";
import type { Tensor } from "#src/tensor.js";
import {
  blendOn,
  bytesOf,
  canonical,
  evenAxis,
  finishOf,
  flatJob,
  onlyTile,
  planJobs,
  seededRandom,
} from "../support/kernel.js";
import { describeNative } from "../support/native.js";
import {
  ReferenceBlend,
  type ReferencePart,
  type ReferenceTile,
  referencePlan,
  referenceTiles,
} from "../support/reference.js";

const GEOMETRY = { temporalScale: 4, heightScale: 8, widthScale: 8, causal: true };

/** A decode of odd sizes: several tiles on each axis, two videos of three channels. */
function oddDecode() {
  const axes = referencePlan([9, 5, 7], GEOMETRY, [
    { size: 4, overlap: 2 },
    { size: 3, overlap: 1 },
    { size: 4, overlap: 2 },
  ]);
  const [frames = 0, height = 0, width = 0] = axes.map((parts) => Math.max(...parts.map((part) => part.outStop)));
  const shape: WindowShape = { batch: 2, channels: 3, frames, carriedFrames: frames, height, width };
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

/** A tile (batch, channels, ...size) of random values of all magnitudes. */
function randomTile(lead: readonly number[], size: readonly number[], random: () => number) {
  const shape = [...lead, ...size];
  const length = shape.reduce((product, axis) => product * axis, 1);
  const data = Float32Array.from({ length }, () => (random() - 0.5) * 2 ** (random() * 40 - 20));
  return { dtype: "float32" as const, shape, data };
}

describeNative("blend", ({ executor }) => {
  /** The jobs of the odd decode, with tiles of the sizes that `sizeOf` gives, and what the reference makes of them. */
  function oddJobs(sizeOf: (tile: ReferenceTile, i: number) => [number, number, number]) {
    const { tiles, shape } = oddDecode();
    const reference = new ReferenceBlend([2, 3, shape.frames, shape.height, shape.width]);
    const random = seededRandom(1);
    const tensors = tiles.map((tile, i) => {
      const size = sizeOf(tile, i);
      const tensor = randomTile([2, 3], size, random);
      // Where the first frame's mask is 0, nothing a decoder may leave there can matter.
      if (tile.f.mask[0] === 0) poisonFirstFrames(tensor.data, size);
      reference.add(tile, tensor.data, size);
      return tensor;
    });
    const finish = finishOf(shape);
    return { shape, reference, target: finish.target, jobs: planJobs(tiles, tensors, finish) };
  }

  function poisonFirstFrames(pixels: Float32Array, [frames, height, width]: readonly [number, number, number]) {
    const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38];
    for (let plane = 0; plane < 6; plane++) {
      const start = plane * frames * height * width;
      for (let i = 0; i < height * width; i++) pixels[start + i] = values[i % 4] ?? 0;
    }
  }

  it("blends one voxel", async () => {
    const shape = { batch: 1, channels: 1, frames: 1, carriedFrames: 1, height: 1, width: 1 };
    const kernel = await executor().factory(shape, "float32");
    const job = onlyTile({ ...flatJob("float32", shape, Float32Array.of(3)), frames: evenAxis(1, 0.5) });
    expect(await blendOn(kernel, [job])).to.deep.equal({ nanCount: 0, uncoveredCount: 0 });
    expect(job.finish.target).to.deep.equal(Float32Array.of(3));
    kernel.close();
  });

  it("finishes a voxel that no tile covered as 0, and counts it once for all channels", async () => {
    const shape = { batch: 2, channels: 3, frames: 2, carriedFrames: 1, height: 3, width: 5 };
    const kernel = await executor().factory(shape, "float32");
    const width = { ...evenAxis(5), mask: new Float32Array(0) };
    const job = onlyTile({ ...flatJob("float32", shape, new Float32Array(180).fill(1)), width });
    expect(await blendOn(kernel, [job])).to.deep.equal({ nanCount: 0, uncoveredCount: 30 });
    expect(bytesOf(job.finish.target)).to.deep.equal(Buffer.alloc(2 * 3 * 30 * 4));
    kernel.close();
  });

  it("gives the reference's bytes, and twice in the same window", async () => {
    const { shape, reference, target, jobs } = oddJobs(plannedSize);
    const kernel = await executor().factory(shape, "float32");
    for (let round = 0; round < 2; round++) {
      target.fill(7);
      expect(await blendOn(kernel, jobs)).to.deep.equal({ nanCount: 0, uncoveredCount: 0 });
      expect(bytesOf(target).equals(bytesOf(reference.normalised()))).to.equal(true);
    }
    kernel.close();
  });

  it("adds tiles of other sizes than planned as far as both go", async () => {
    const deltas = [-1, 0, 2, 3];
    const delta = (i: number) => deltas[i % 4] ?? 0;
    const { shape, reference, target, jobs } = oddJobs((tile, i) => {
      const [f, h, w] = plannedSize(tile);
      return [f + delta(i), h + delta(i + 1), w + delta(i + 2)];
    });
    const kernel = await executor().factory(shape, "float32");
    const uncovered = reference.weight.filter((weight) => weight === 0).length;
    expect(uncovered).to.be.above(0);
    expect(await blendOn(kernel, jobs)).to.deep.equal({ nanCount: 0, uncoveredCount: uncovered });
    expect(bytesOf(target).equals(bytesOf(reference.normalised()))).to.equal(true);
    kernel.close();
  });

  for (const carriedFrames of [5, 7]) {
    it(`holds a ring of frames: a window of 5, ${carriedFrames} carried, for a video of 23`, async () => {
      const frames = 23;
      const shape = { batch: 1, channels: 3, frames: 5, carriedFrames, height: 7, width: 11 };
      const kernel = await executor().factory(shape, "float32");
      const reference = new ReferenceBlend([1, 3, frames, 7, 11]);
      const random = seededRandom(2);
      const part = (start: number, length: number) => randomPart(start, length, random);
      const [h, w] = [part(0, 7), part(0, 11)];
      // Tile i touches frames 2i to 2i + 4; then two frames are final.
      const starts = Array.from({ length: 10 }, (_, i) => 2 * i);
      const tiles = starts.map((start) => ({ f: part(start, Math.min(5, frames - start)), h, w }));
      const tensors = tiles.map((tile): Tensor => {
        const tensor = randomTile([1, 3], plannedSize(tile), random);
        reference.add(tile, tensor.data, plannedSize(tile));
        return tensor;
      });
      const finish = finishOf({ ...shape, frames });
      await blendOn(kernel, planJobs(tiles, tensors, finish));
      expect(bytesOf(finish.target).equals(bytesOf(reference.normalised()))).to.equal(true);
      kernel.close();
    });
  }

  it("reads the touched part of a tile only", async () => {
    const shape = { batch: 1, channels: 1, frames: 2, carriedFrames: 1, height: 1, width: 30 };
    const kernel = await executor().factory(shape, "float32");
    const pixels = new Float32Array(4 * 5 * 50).fill(Number.NaN);
    const at = (frame: number, row: number, column: number) => ((frame + 1) * 5 + row + 1) * 50 + column + 6;
    const mask = Float32Array.from({ length: 30 }, (_, x) => (x % 3 === 0 ? 0 : 0.25));
    for (let x = 0; x < 30; x++) if (mask[x] !== 0) pixels[at(0, 0, x)] = x + 1;
    const job = onlyTile({
      pixels: { dtype: "float32", shape: [1, 1, 4, 5, 50], data: pixels },
      frames: { ...evenAxis(2, 1, 7), offset: 1, mask: Float32Array.of(1, 0) },
      height: { ...evenAxis(1), offset: 1 },
      width: { ...evenAxis(30), offset: 6, mask },
      finish: { ...finishOf(shape), start: 7 },
    });
    expect(await blendOn(kernel, [job])).to.deep.equal({ nanCount: 0, uncoveredCount: 60 - 20 });
    const expected = Float32Array.from({ length: 60 }, (_, x) => (x < 30 && mask[x] !== 0 ? x + 1 : 0));
    expect(bytesOf(job.finish.target)).to.deep.equal(bytesOf(expected));
    kernel.close();
  });

  it("writes into its place of a larger target and leaves the rest", async () => {
    const shape = { batch: 1, channels: 2, frames: 1, carriedFrames: 1, height: 1, width: 3 };
    const kernel = await executor().factory(shape, "float32");
    const target = new Float32Array(2 * 3 * 3).fill(9);
    const finish = { ...finishOf(shape), targetFrames: 3, targetStart: 1, target };
    await blendOn(kernel, [flatJob("float32", shape, Float32Array.of(1, 2, 3, 4, 5, 6), finish)]);
    expect([...target]).to.deep.equal([9, 9, 9, 1, 2, 3, 9, 9, 9, 9, 9, 9, 4, 5, 6, 9, 9, 9]);
    kernel.close();
  });

  it("counts NaN where the mask is not 0, and writes the canonical one", async () => {
    const shape = { batch: 1, channels: 1, frames: 1, carriedFrames: 1, height: 1, width: 6 };
    const kernel = await executor().factory(shape, "float32");
    const pixels = new Float32Array(
      Uint32Array.of(0x7fc00000, 0xffc12345, 0x7f800001, 0x3f800000, 0x7f800000, 0).buffer,
    );
    const job = flatJob("float32", shape, pixels);
    expect((await blendOn(kernel, [job])).nanCount).to.equal(3);
    expect(bytesOf(job.finish.target)).to.deep.equal(bytesOf(canonical(pixels)));
    kernel.close();
  });

  it("blends a tile of 9 frames of 270 x 481 as the reference does", async () => {
    const size: [number, number, number] = [9, 270, 481];
    const shape = { batch: 1, channels: 3, frames: 9, carriedFrames: 1, height: 270, width: 481 };
    const random = seededRandom(3);
    const tile = { f: randomPart(0, 9, random), h: randomPart(0, 270, random), w: randomPart(0, 481, random) };
    const pixels = randomTile([1, 3], size, random);
    const reference = new ReferenceBlend([1, 3, ...size]);
    reference.add(tile, pixels.data, size);
    const kernel = await executor().factory(shape, "float32");
    const finish = finishOf(shape);
    await blendOn(kernel, planJobs([tile], [pixels], finish));
    expect(bytesOf(finish.target).equals(bytesOf(reference.normalised()))).to.equal(true);
    kernel.close();
  });
});
