import { expect } from "chai";
import type { Dtype, OutputFormat, Tensor } from "tileblend";
import { openAccumulator } from "#src/executor/accumulator.js";
import type { AccumulateJob, Kernel } from "#src/executor/types.js";
import {
  type BlendCase,
  blendTiles,
  Expectation,
  expectChunks,
  makeTiles,
  planOf,
  tilesOf,
} from "../support/blend_case.js";
import { seededRandom } from "../support/random.js";
import type { ReferenceTile } from "../support/reference.js";
import { describeExact } from "../support/variants.js";

const causal = { temporalScale: 2, heightScale: 3, widthScale: 4, causal: true };
const whole = { temporalScale: 1, heightScale: 2, widthScale: 4, causal: false };

const cases: readonly (BlendCase & { title: string })[] = [
  {
    title: "ramps between margins",
    latent: [7, 7, 10],
    geometry: causal,
    tiling: [
      { size: 4, overlap: 2, margin: 2, ramp: "smooth", context: "past" },
      { size: 4, overlap: 2, margin: 2, ramp: "linear" },
      { size: 5, overlap: 2, margin: 3, ramp: "smooth" },
    ],
    batch: 1,
    channels: 3,
  },
  {
    title: "margins that meet",
    latent: [6, 5, 9],
    geometry: causal,
    tiling: [
      { size: 4, overlap: 2, margin: 4, context: "past" },
      { size: 4, overlap: 2, margin: 3 },
      { size: 4, overlap: 2, margin: 4 },
    ],
    batch: 2,
    channels: 3,
  },
  {
    title: "time that is not causal, a smooth ramp without a margin",
    latent: [8, 5, 6],
    geometry: whole,
    tiling: [
      { size: 4, overlap: 2, margin: 1 },
      { size: 4, overlap: 3, ramp: "smooth" },
      { size: 4, overlap: 1, margin: 1, ramp: "smooth" },
    ],
    batch: 1,
    channels: 3,
  },
];

const FORMATS: readonly OutputFormat[] = ["float32", "float16", "bfloat16", "rgb24"];
const NAN_OF: Record<Dtype, number> = { float32: Number.NaN, float16: 0x7e00, bfloat16: 0x7fc0 };

/** The item at a place where there is one. */
function at<T>(items: readonly T[], i: number): T {
  const item = items[i];
  if (item === undefined) throw new Error(`no item ${i}`);
  return item;
}

/** The same tile with NaN wherever its weight is 0; the number of those voxels. */
function spoil(tensor: Tensor, { f, h, w }: ReferenceTile): { tensor: Tensor; voxels: number } {
  const [, , frames = 0, height = 0, width = 0] = tensor.shape;
  const data = tensor.data.slice();
  let voxels = 0;
  data.forEach((_, i) => {
    const [t, y, x] = [Math.floor(i / (height * width)) % frames, Math.floor(i / width) % height, i % width];
    if (f.mask[t] !== 0 && h.mask[y] !== 0 && w.mask[x] !== 0) return;
    data[i] = NAN_OF[tensor.dtype];
    voxels++;
  });
  // Boundary: the copy is of the tensor's own kind of array.
  return { tensor: { ...tensor, data } as Tensor, voxels };
}

describeExact("margins", (executor) => {
  for (const blendCase of cases) {
    for (const dtype of ["float32", "float16", "bfloat16"] as const) {
      it(`${blendCase.title}, ${dtype}: the reference's bytes, whatever the margins hold`, async () => {
        const random = seededRandom(5);
        const tiles = makeTiles(blendCase, dtype, () => random() * 2 - 1);
        const parts = tilesOf(blendCase);
        const spoilt = tiles.map((tile, i) => spoil(tile, at(parts, i)));
        expect(spoilt.filter(({ voxels }) => voxels > 0).length).to.be.above(tiles.length / 2);
        const expected = new Expectation(blendCase, tiles);
        for (const format of FORMATS) {
          const chunks = await blendTiles(
            executor(),
            blendCase,
            spoilt.map(({ tensor }) => tensor),
            { format },
          );
          expectChunks(chunks, expected, format);
          for (const { nanCount, uncoveredCount } of chunks) expect([nanCount, uncoveredCount]).to.deep.equal([0, 0]);
        }
      });
    }
  }
});

describe("margins, below the executors", () => {
  it("are no part of what a kernel is given", async () => {
    for (const blendCase of cases) {
      const jobs: AccumulateJob[] = [];
      let windowFrames = 0;
      const kernel: Kernel = {
        accumulate: async (job) => void jobs.push(job),
        normalise: async () => ({ nanCount: 0, uncoveredCount: 0 }),
        close: () => undefined,
      };
      const plan = planOf(blendCase);
      const { batch, channels } = blendCase;
      const accumulator = await openAccumulator(plan, { batch, outputChannels: channels }, async (shape) => {
        windowFrames = shape.frames;
        return kernel;
      });
      const tiles = makeTiles(blendCase, "float32", () => 0);
      for (const tile of plan.tiles()) {
        await accumulator.add(tile, at(tiles, tile.index));
        if (accumulator.finalFrames > 0) await accumulator.take(accumulator.finalFrames);
      }
      accumulator.close();
      tilesOf(blendCase).forEach(({ f, h, w }, i) => {
        const job = at(jobs, i);
        const axes = [
          [job.frames, f],
          [job.height, h],
          [job.width, w],
        ] as const;
        for (const [given, { mask, outStart }] of axes) {
          const positions = [...mask.keys()].filter((position) => mask[position] !== 0);
          expect(given.offset).to.equal(positions[0]);
          expect(given.start).to.equal(outStart + (positions[0] ?? 0));
          expect([...given.mask]).to.deep.equal(positions.map((position) => mask[position]));
        }
      });
      // The window holds no frame of a margin either.
      expect(windowFrames).to.be.at.most(Math.max(...jobs.map(({ frames }) => frames.mask.length)));
    }
  });
});
