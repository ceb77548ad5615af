import { readFileSync } from "node:fs";
import { expect } from "chai";
import { HIDING_RAMP } from "#src/seamless.js";

// What the eye makes of a brightness step that is spread over a ramp: the peak of its response, against that to the same
// step without a ramp. The two models are of contrast far from any other, in space and in time.

const PIXELS_PER_DEGREE = 60;
const FRAMES_PER_SECOND = 24;
/** A step of 1 % of the range against one of 1/255 of it. */
const HIDDEN = 100 / 255;

type Shape = (x: number) => number;
const linear: Shape = (x) => x;
const smooth: Shape = (x) => x * x * x * (x * (x * 6 - 15) + 10);

/** How much the weight grows before each pixel or frame of a ramp, and after its last. */
function growth(length: number, shape: Shape): number[] {
  return Array.from({ length: length + 1 }, (_, i) => shape((i + 1) / (length + 1)) - shape(i / (length + 1)));
}

/** Contrast sensitivity at f cycles a degree. Source: Mannos and Sakrison, IEEE Trans. Inf. Theory 20, 1974. */
function sensitivity(f: number): number {
  return 2.6 * (0.0192 + 0.114 * f) * Math.exp(-((0.114 * f) ** 1.1));
}

/** Peak response, over the pixels around it, to a unit step over a ramp of `length` pixels. */
function peakInSpace(length: number, shape: Shape): number {
  const steps = growth(length, shape);
  const df = 0.02;
  // The spectrum of a step is 1 / (2 pi f); ramps are odd about their middle, so that sines are all there is.
  const waves = Array.from({ length: PIXELS_PER_DEGREE / 2 / df }, (_, i) => {
    const f = (i + 0.5) * df;
    const angle = (2 * Math.PI * f) / PIXELS_PER_DEGREE;
    const spread = steps.reduce((sum, step, k) => sum + step * Math.cos(angle * (k - length / 2)), 0);
    return { angle, height: ((sensitivity(f) * spread) / (2 * Math.PI * f)) * 2 * df };
  });
  const responseAt = (x: number) => waves.reduce((sum, { angle, height }) => sum + height * Math.sin(angle * x), 0);
  const pixels = Array.from({ length: length + PIXELS_PER_DEGREE / 2 }, (_, x) => Math.abs(responseAt(x)));
  return Math.max(...pixels);
}

/** Response to a unit step in time, 10 000 a second. Source: Watson, Temporal sensitivity, 1986: his linear filter. */
function temporalStepResponse(): number[] {
  const [tau, kappa, transience, dt] = [0.00622, 1.33, 0.9, 1e-4];
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
  const stages = (t: number, time: number, n: number) =>
    ((t / time) ** (n - 1) * Math.exp(-t / time)) / (time * factorial(n - 1));
  let sum = 0;
  return Array.from({ length: 5000 }, (_, i) => {
    const t = i * dt;
    sum += (stages(t, tau, 9) - transience * stages(t, kappa * tau, 10)) * dt;
    return sum;
  });
}

const temporalResponse = temporalStepResponse();

/** Peak response, over time, to a unit step over a ramp of `length` frames. */
function peakInTime(length: number, shape: Shape): number {
  const steps = growth(length, shape);
  const frame = Math.round(10_000 / FRAMES_PER_SECOND);
  const after = (i: number) => (i < 0 ? 0 : (temporalResponse[Math.min(i, temporalResponse.length - 1)] ?? 0));
  const times = Array.from({ length: Math.ceil(((length + 12) * frame) / 10) }, (_, i) => {
    return Math.abs(steps.reduce((sum, step, k) => sum + step * after(10 * i - k * frame), 0));
  });
  return Math.max(...times);
}

describe("HIDING_RAMP", () => {
  const share = (peak: typeof peakInSpace, length: number, shape: Shape) => peak(length, shape) / peak(0, shape);

  it("is the shortest ramp in space over which 1 % is no more visible than 1/255", () => {
    expect(share(peakInSpace, HIDING_RAMP.pixels, linear)).to.be.at.most(HIDDEN);
    expect(share(peakInSpace, HIDING_RAMP.pixels - 1, linear)).to.be.above(HIDDEN);
  });

  it("is the shortest ramp in time over which 1 % is no more visible than 1/255", () => {
    expect(share(peakInTime, HIDING_RAMP.frames, linear)).to.be.at.most(HIDDEN);
    expect(share(peakInTime, HIDING_RAMP.frames - 1, linear)).to.be.above(HIDDEN);
  });

  it("has the figures that docs/margins.md gives", () => {
    const page = readFileSync(new URL("../../docs/margins.md", import.meta.url), "utf8");
    const table = page.split("\n").filter((line) => / (\d+ px|0\.\d\d) \|/.test(line));
    const [lengths = [], ...rows] = table.map((line) =>
      line
        .split("|")
        .slice(2, -1)
        .map((cell) => cell.trim()),
    );
    expect(rows).to.have.length(2);
    for (const [row, shape] of [linear, smooth].entries()) {
      const figures = lengths.map((cell) => {
        const [length = "", unit] = cell.split(" ");
        return share(unit === "px" ? peakInSpace : peakInTime, Number(length), shape).toFixed(2);
      });
      expect(rows[row]).to.deep.equal(figures);
    }
  });

  it("is linear: smootherstep hides less of a short ramp, and more of a long one", () => {
    for (const length of [HIDING_RAMP.pixels, 24, 32]) {
      expect(share(peakInSpace, length, smooth)).to.be.above(share(peakInSpace, length, linear));
    }
    for (const length of [HIDING_RAMP.frames, 8, 16]) {
      expect(share(peakInTime, length, smooth)).to.be.above(share(peakInTime, length, linear));
    }
    for (const length of [40, 64]) {
      expect(share(peakInSpace, length, smooth)).to.be.below(share(peakInSpace, length, linear));
    }
    expect(share(peakInTime, 24, smooth)).to.be.below(share(peakInTime, 24, linear));
  });
});
