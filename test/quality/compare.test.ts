import { expect } from "chai";
import { planTiles, type Tensor, type TilePlan } from "tileblend";
import { type Comparison, compareDecodes } from "#src/quality/compare.js";
import { planJoints } from "#src/quality/joints.js";
import { seededRandom } from "../support/random.js";
import { expectThrow } from "../support/rejections.js";

const geometry = { temporalScale: 2, heightScale: 4, widthScale: 4, causal: true };
const range = [-1, 1] as const;
const STEP = 2 / 255;

function planOf(tiling: Parameters<typeof planTiles>[0]["tiling"]): TilePlan {
  return planTiles({ latent: { frames: 5, height: 5, width: 6 }, geometry, tiling: tiling ?? null });
}

const plan = planOf({ spatial: { tileSize: 12, overlap: 4 }, temporal: { tileSize: 6, overlap: 2 } });
const untiled = planOf(null);

function video({ output }: TilePlan, value: (i: number) => number): Tensor {
  const shape = [1, 3, output.frames, output.height, output.width];
  const length = shape.reduce((product, size) => product * size, 1);
  return { dtype: "float32", shape, data: Float32Array.from({ length }, (_, i) => value(i)) };
}

/** Differences by plain loops: voxels that `isIn` picks. */
function expectedOf(a: Tensor, b: Tensor, isIn: (t: number, y: number, x: number) => boolean) {
  const [, channels = 0, frames = 0, height = 0, width = 0] = a.shape;
  let [squares, largest, count, i] = [0, 0, 0, 0];
  for (let c = 0; c < channels; c++)
    for (let t = 0; t < frames; t++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++, i++) {
          if (!isIn(t, y, x)) continue;
          const difference = Math.abs(Math.fround((a.data[i] ?? 0) - (b.data[i] ?? 0)));
          squares += difference ** 2;
          largest = Math.max(largest, difference);
          count++;
        }
  return { psnr: 10 * Math.log10(4 / (squares / count)), largest: largest / STEP };
}

function expectNear(actual: Comparison["overlaps"], expected: { psnr: number; largest: number }): void {
  // Sums of some thousand squares in float64, in another order.
  expect(actual?.psnr).to.be.closeTo(expected.psnr, 1e-9);
  expect(actual?.largest).to.be.closeTo(expected.largest, 1e-9);
}

describe("compareDecodes", () => {
  const whole = video(plan, seededRandom(1));
  const noise = seededRandom(2);
  const tiled = video(plan, (i) => (whole.data[i] ?? 0) + (noise() - 0.5) / 16);

  it("rejects other kinds and sizes, NaN and infinities", async () => {
    const options = { plan, range };
    const halves = { ...whole, dtype: "float16", data: new Uint16Array(whole.data.length) } as const;
    await expectThrow(() => compareDecodes(halves, whole, options), TypeError, /^tiled\.dtype must be float32/);
    const other = video(planTiles({ latent: { frames: 1, height: 5, width: 6 }, geometry }), () => 0);
    await expectThrow(
      () => compareDecodes(tiled, other, options),
      RangeError,
      /^whole\.shape must be \(B, C, 9, 20, 24\)/,
    );
    const twoChannels = { ...whole, shape: whole.shape.with(1, 2), data: whole.data.subarray(whole.data.length / 3) };
    await expectThrow(
      () => compareDecodes(tiled, twoChannels, options),
      RangeError,
      /^whole\.shape must be \(1, 3, 9, 20, 24\), got .*2/,
    );
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const broken = video(plan, (i) => (i === 7 ? value : 0));
      await expectThrow(() => compareDecodes(broken, whole, options), RangeError, /must hold numbers to be compared/);
      await expectThrow(() => compareDecodes(whole, broken, options), RangeError, /must hold numbers to be compared/);
    }
  });

  it("says that a decode is equal, and that an untiled one has no joints", () => {
    const { overall, overlaps, spatialJoints, temporalJoints, step, frames, map } = compareDecodes(whole, whole, {
      plan: untiled,
      range,
    });
    expect(overall).to.deep.equal({ psnr: null, largest: 0 });
    expect([overlaps, spatialJoints, temporalJoints, step.spatial, step.temporal]).to.deep.equal(Array(5).fill(null));
    expect(frames).to.have.length(9);
    expect(map.every((value) => value === 0)).to.equal(true);
  });

  it("finds joints where a later tile outweighs the one before it", () => {
    const { frames, height, width } = planJoints(plan);
    // 12 px tiles every 8 px: ramps over 8 to 12 and 16 to 20 are (i + 1)/5 against (4 - i)/5.
    expect([height.joints, width.joints]).to.deep.equal([[10], [10, 18]]);
    // Tiles of 3 latents every 2, each later one a latent earlier: frames [0, 5), [2, 9), the second from weight 0 on.
    expect(frames.joints).to.have.length(1);
    expect([...frames.overlapped].map((flag, i) => (flag ? i : -1)).filter((i) => i >= 0)).to.deep.equal([2, 3, 4]);
  });

  it("equals plain loops overall, in overlaps and at joints, with joints of a hard cut too", () => {
    const hard = planOf({ spatial: { tileSize: 12, overlap: 0 } });
    for (const each of [plan, hard]) {
      const joints = planJoints(each);
      const comparison = compareDecodes(tiled, whole, { plan: each, range });
      const { frames, height, width } = joints;
      expectNear(
        comparison.overall,
        expectedOf(tiled, whole, () => true),
      );
      expectNear(
        comparison.spatialJoints,
        expectedOf(tiled, whole, (_, y, x) => height.near[y] === 1 || width.near[x] === 1),
      );
      if (each === hard) {
        expect([comparison.overlaps, comparison.temporalJoints]).to.deep.equal([null, null]);
        expect([...width.near].map((flag, i) => (flag ? i : -1)).filter((i) => i >= 0)).to.deep.equal([10, 11, 12, 13]);
        continue;
      }
      const isOverlapped = (t: number, y: number, x: number) =>
        frames.overlapped[t] === 1 || height.overlapped[y] === 1 || width.overlapped[x] === 1;
      expectNear(comparison.overlaps, expectedOf(tiled, whole, isOverlapped));
      expectNear(
        comparison.temporalJoints,
        expectedOf(tiled, whole, (t) => frames.near[t] === 1),
      );
    }
  });

  it("gives each frame, each pixel's mean, and the step over a joint", () => {
    const hard = planOf({ spatial: { width: { tileSize: 12, overlap: 0 } } });
    const lifted = video(hard, (i) => (whole.data[i] ?? 0) + (i % 24 >= 12 ? 10 * STEP : 0));
    const { frames, map, step } = compareDecodes(lifted, whole, { plan: hard, range });
    // A difference of values near 1 is off by an ulp: 2^-24 of 10 steps, 7.6e-7 of a step.
    const tolerance = 1e-5;
    expect(step.spatial).to.be.closeTo(10, tolerance);
    expect(step.temporal).to.equal(null);
    expect(map[11]).to.equal(0);
    expect(map[12]).to.be.closeTo(10, tolerance);
    for (const { psnr, largest } of frames) {
      expect(largest).to.be.closeTo(10, tolerance);
      expect(psnr).to.be.closeTo(10 * Math.log10(255 ** 2 / 50), tolerance);
    }
  });
});
