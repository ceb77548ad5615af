import { expect } from "chai";
import { type Accumulator, ExecutorError, type OpenOptions, planTiles, type Tensor, type Tile } from "tileblend";
import { openAccumulator } from "#src/executor/accumulator.js";
import type { Kernel } from "#src/executor/types.js";
import { type BlendCase, blendTiles, Expectation, expectChunks, makeTiles, planOf } from "../support/blend_case.js";
import { type ErrorClass, expectRejection } from "../support/rejections.js";
import { describeExact } from "../support/variants.js";

const blendCase: BlendCase = {
  latent: [5, 2, 4],
  geometry: { temporalScale: 2, heightScale: 2, widthScale: 2, causal: true },
  tiling: [{ size: 2, overlap: 0 }, null, { size: 2, overlap: 0 }],
  batch: 1,
  channels: 3,
};
const plan = planOf(blendCase);
const tiles = makeTiles(blendCase, "float32", (i) => (i % 9) / 9);
const planned = [...plan.tiles()];

function zeros(...shape: number[]): Tensor {
  return { dtype: "float32", shape, data: new Float32Array(shape.reduce((product, size) => product * size, 1)) };
}

// Boundary: what a caller without types may pass.
const loose = (options: unknown) => options as OpenOptions;

const rejectedOpens: [string, unknown, ErrorClass, RegExp][] = [
  ["options that are a number", 3, TypeError, /options must be an object, got 3/],
  ["options null", null, TypeError, /options must be an object, got null/],
  ["an unknown option", { dtype: "float32" }, TypeError, /options\.dtype is not known; options takes batch, /],
  ["batch 0", { batch: 0 }, RangeError, /batch must be a whole number from 1 .* got 0/],
  ["batch null", { batch: null }, TypeError, /batch must be .* got null/],
  ["outputChannels 1.5", { outputChannels: 1.5 }, TypeError, /outputChannels must be .* got 1\.5/],
  ["outputChannels null", { outputChannels: null }, TypeError, /outputChannels must be .* got null/],
  ["outputChannels 0", { outputChannels: 0 }, RangeError, /outputChannels must be .*\(channels\), got 0/],
  ["format float64", { format: "float64" }, TypeError, /format must be one of float32, .* got "float64"/],
  ["format null", { format: null }, TypeError, /format must be one of float32, .* got null/],
  ["rgb24 of 4", { format: "rgb24", outputChannels: 4 }, RangeError, /outputChannels must be 3 for rgb24, got 4/],
  ["rgb24 of 1", { format: "rgb24", outputChannels: 1 }, RangeError, /outputChannels must be 3 for rgb24, got 1/],
  [
    "rgb24 into an output",
    { format: "rgb24", output: zeros(1, 3, 9, 4, 8) },
    TypeError,
    /output is a tensor; it cannot hold rgb24/,
  ],
  [
    "rgb24 into a new output",
    { format: "rgb24", output: "new" },
    TypeError,
    /output is a tensor; it cannot hold rgb24/,
  ],
  ["output null", { output: null }, TypeError, /output must be an object, got null/],
  ["output's dtype", { format: "float16", output: zeros(1, 3, 9, 4, 8) }, TypeError, /output\.dtype must be float16/],
  [
    "output's shape",
    { output: zeros(1, 3, 9, 4, 9) },
    RangeError,
    /output\.shape must be \(1, 3, 9, 4, 8\), got \[1, 3, 9, 4, 9\]/,
  ],
  ["output's rank", { output: zeros(3, 9, 4, 8) }, RangeError, /output\.shape must be an array of 5 lengths/],
  [
    "output's data",
    { output: { ...zeros(1, 3, 9, 4, 8), data: new Float32Array(7) } },
    RangeError,
    /output\.data\.length must be 864, .* got 7/,
  ],
  ["a range of one", { range: [1] }, TypeError, /range must be two finite numbers .* got \[1\]/],
  ["range null", { range: null }, TypeError, /range must be two finite numbers .* got null/],
  ["a range of strings", { range: ["0", "1"] }, TypeError, /range must be two finite numbers/],
  ["a range from high to low", { range: [1, -1] }, RangeError, /range must be .* low < high, .* got \[1, -1\]/],
  ["an empty range", { range: [1, 1] }, RangeError, /range must be .* got \[1, 1\]/],
  ["a range with NaN", { range: [Number.NaN, 1] }, RangeError, /range must be .* got \[NaN, 1\]/],
  ["an endless range", { range: [0, Infinity] }, RangeError, /range must be .* got \[0, Infinity\]/],
  ["a range beyond float32", { range: [-1e300, 1e300] }, RangeError, /range must be .*float32/],
  ["a range too narrow for float32", { range: [0, 1e-40] }, RangeError, /range must be .*float32/],
  ["a range that is empty in float32", { range: [1, 1 + 1e-12] }, RangeError, /range must be .*float32/],
];

const rejectedPixels: [string, unknown, ErrorClass, RegExp][] = [
  ["nothing", undefined, TypeError, /pixels must be an object, got undefined/],
  [
    "another batch",
    zeros(2, 3, 3, 4, 4),
    RangeError,
    /pixels\.shape must be \(1, 3, frames, height, width\), got \[2,/,
  ],
  ["other channels", zeros(1, 4, 3, 4, 4), RangeError, /pixels\.shape must be \(1, 3, frames, .* got \[1, 4/],
  ["rank 4", zeros(3, 3, 4, 4), RangeError, /pixels\.shape must be an array of 5 lengths/],
  ["no frames", zeros(1, 3, 0, 4, 4), RangeError, /pixels\.shape\[2\] must be .* got 0/],
  ["an unknown dtype", { ...zeros(1, 3, 3, 4, 4), dtype: "float64" }, TypeError, /pixels\.dtype must be one of/],
  [
    "data of another kind",
    { ...zeros(1, 3, 3, 4, 4), dtype: "float16" },
    TypeError,
    /pixels\.data must be a Uint16Array/,
  ],
  [
    "short data",
    { ...zeros(1, 3, 3, 4, 4), data: new Float32Array(3) },
    RangeError,
    /pixels\.data\.length must be 144/,
  ],
];

describeExact("accumulator, rejected inputs", (executor) => {
  /** Opens, runs and closes. */
  async function using(run: (accumulator: Accumulator) => Promise<void>): Promise<void> {
    const accumulator = await executor().open(plan);
    try {
      await run(accumulator);
    } finally {
      accumulator.close();
    }
  }
  const tile = (i: number): Tile => planned[i] ?? expect.fail(`no tile ${i}`);
  const pixels = (i: number): Tensor => tiles[i] ?? expect.fail(`no pixels ${i}`);

  for (const [title, options, errorClass, message] of rejectedOpens) {
    it(`open: ${title}`, () => expectRejection(() => executor().open(plan, loose(options)), errorClass, message));
  }

  it("open: a window that fits in no memory", async () => {
    // One tile: 2.3e14 voxels of 16 bytes.
    const geometry = { temporalScale: 1, heightScale: 1000, widthScale: 1000, causal: false };
    const huge = planTiles({ latent: { frames: 10_000, height: 150, width: 150 }, geometry });
    await expectRejection(() => executor().open(huge), ExecutorError, /./);
  });

  for (const [title, value, errorClass, message] of rejectedPixels) {
    it(`add: ${title}; the right tile is taken after it`, () =>
      using(async (accumulator) => {
        // Boundary: what a caller without types may pass.
        await expectRejection(() => accumulator.add(tile(0), value as Tensor), errorClass, message);
        await accumulator.add(tile(0), pixels(0));
      }));
  }

  it("add: tiles out of order, or again", () =>
    using(async (accumulator) => {
      const wrong = /tile\.index must be 0, the next in plan order, got 1/;
      await expectRejection(() => accumulator.add(tile(1), pixels(1)), RangeError, wrong);
      await accumulator.add(tile(0), pixels(0));
      const again = /tile\.index must be 1, the next in plan order, got 0/;
      await expectRejection(() => accumulator.add(tile(0), pixels(0)), RangeError, again);
    }));

  it("add: before all final frames were taken", () =>
    using(async (accumulator) => {
      await accumulator.add(tile(0), pixels(0));
      expect(accumulator.finalFrames).to.equal(0);
      await accumulator.add(tile(1), pixels(1));
      expect(accumulator.finalFrames).to.equal(3);
      const message = /the 3 final frames must be taken before tile 2 is added/;
      await expectRejection(() => accumulator.add(tile(2), pixels(2)), RangeError, message);
      await accumulator.take(2);
      await expectRejection(() => accumulator.add(tile(2), pixels(2)), RangeError, /the 1 final frames must be taken/);
      await accumulator.take(1);
      await accumulator.add(tile(2), pixels(2));
    }));

  it("take: 0, a part, none, more than are final", () =>
    using(async (accumulator) => {
      await expectRejection(() => accumulator.take(1), RangeError, /count must be .*\(final frames\), got 1/);
      await accumulator.add(tile(0), pixels(0));
      await accumulator.add(tile(1), pixels(1));
      await expectRejection(() => accumulator.take(0), RangeError, /count must be a whole number from 1 to 3 .* got 0/);
      await expectRejection(() => accumulator.take(4), RangeError, /count must be a whole number from 1 to 3 .* got 4/);
      await expectRejection(() => accumulator.take(1.5), TypeError, /count must be .* got 1\.5/);
      await expectRejection(() => accumulator.take(Number.NaN), TypeError, /count must be .* got NaN/);
      // Boundary: what a caller without types may pass.
      await expectRejection(() => accumulator.take("3" as unknown as number), TypeError, /count must be .* got "3"/);
      expect((await accumulator.take(3)).count).to.equal(3);
    }));

  it("add: after the last tile", () =>
    using(async (accumulator) => {
      for (const each of planned) {
        await accumulator.add(each, pixels(each.index));
        if (accumulator.finalFrames > 0) await accumulator.take(accumulator.finalFrames);
      }
      const message = /tile\.index must be none: all are added, got 5/;
      await expectRejection(() => accumulator.add(tile(5), pixels(5)), RangeError, message);
      expect(accumulator.finalFrames).to.equal(0);
    }));

  it("add and take: after close, of a tile that touches nothing too", async () => {
    const closed = /the accumulator is closed/;
    const accumulator = await executor().open(plan);
    await accumulator.add(tile(0), pixels(0));
    await accumulator.add(tile(1), pixels(1));
    accumulator.close();
    await expectRejection(() => accumulator.take(1), ExecutorError, closed);
    const other = await executor().open(plan);
    await other.add(tile(0), pixels(0));
    await other.add(tile(1), pixels(1));
    await other.take(3);
    other.close();
    other.close();
    await expectRejection(() => other.add(tile(2), pixels(2)), ExecutorError, closed);
    // One frame, whose mask is 0.
    await expectRejection(() => other.add(tile(2), zeros(1, 3, 1, 4, 4)), ExecutorError, closed);
  });

  it("two adds at once: the second is refused, the first counts once", async () => {
    const accumulator = await executor().open(plan);
    const busy = /must finish one add or take before the next begins/;
    const first = accumulator.add(tile(0), pixels(0));
    await expectRejection(() => accumulator.add(tile(0), pixels(0)), ExecutorError, busy);
    await first;
    await accumulator.add(tile(1), pixels(1));
    const take = accumulator.take(2);
    await expectRejection(() => accumulator.take(1), ExecutorError, busy);
    const chunks = [await take, await accumulator.take(1)];
    const touching = accumulator.add(tile(2), pixels(2));
    await expectRejection(() => accumulator.add(tile(2), zeros(1, 3, 1, 4, 4)), ExecutorError, busy);
    await touching;
    for (const each of planned.slice(3)) {
      await accumulator.add(each, pixels(each.index));
      if (accumulator.finalFrames > 0) chunks.push(await accumulator.take(accumulator.finalFrames));
    }
    accumulator.close();
    expectChunks(chunks, new Expectation(blendCase, tiles), "float32");
  });

  it("close while add or take works: they end well, nothing comes after", async () => {
    const accumulator = await executor().open(plan);
    await accumulator.add(tile(0), pixels(0));
    const adding = accumulator.add(tile(1), pixels(1));
    accumulator.close();
    accumulator.close();
    await adding;
    await expectRejection(() => accumulator.take(1), ExecutorError, /the accumulator is closed/);

    const other = await executor().open(plan);
    await other.add(tile(0), pixels(0));
    await other.add(tile(1), pixels(1));
    const taking = other.take(3);
    other.close();
    const chunk = await taking;
    expect(Array.from(chunk.frames.data)).to.deep.equal(
      Array.from((await blendTiles(executor(), blendCase, tiles))[0]?.frames.data ?? []),
    );
  });

  it("several accumulators at once know nothing of each other", async () => {
    const expected = new Expectation(blendCase, tiles);
    const runs = await Promise.all([1, 2, 3, 4].map(() => blendTiles(executor(), blendCase, tiles, { sizes: [1] })));
    for (const chunks of runs) expectChunks(chunks, expected, "float32");
  });
});

describe("a new output, below the executors", () => {
  it("that has no room is told with the way out, and the kernel is closed", async () => {
    let closed = 0;
    const kernel: Kernel = {
      accumulate: async () => undefined,
      normalise: async () => ({ nanCount: 0, uncoveredCount: 0 }),
      createTarget: () => {
        throw new RangeError("Array buffer allocation failed");
      },
      close: () => {
        closed += 1;
      },
    };
    const message = /the output must fit in memory, got 3456 bytes for shape \(1, 3, 9, 4, 8\); decodeFrames hands out/;
    await expectRejection(() => openAccumulator(plan, { output: "new" }, async () => kernel), RangeError, message);
    expect(closed).to.equal(1);
  });
});
