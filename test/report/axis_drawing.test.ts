import { expect } from "chai";
import { type PlanInterval, planTiles } from "#src/plan.js";
import { axisTicks } from "#src/report/axis_ticks.js";
import { AxisScale, coverageRuns, viewAxis } from "#src/report/axis_view.js";
import { maskCurve } from "#src/report/mask_curve.js";
import { deepPlan, framesPlan, ltxPlan, marginPlan, millionPlan } from "./plans.js";

describe("coverageRuns", () => {
  it("counts the tiles over every pixel in view", () => {
    for (const intervals of [deepPlan().axes.height, ltxPlan().axes.width, framesPlan(40).axes.frames]) {
      const size = intervals.at(-1)?.outStop ?? 0;
      const view = viewAxis(intervals, size);
      const runs = coverageRuns(view);
      for (let at = 0; at < size; at++) {
        const isInView = at < view.headStop || at >= view.tailStart;
        const count = intervals.filter(({ outStart, outStop }) => outStart <= at && at < outStop).length;
        expect(runs.find(({ from, to }) => from <= at && at < to)?.count).to.equal(isInView ? count : undefined);
      }
    }
  });
});

describe("maskCurve", () => {
  it("runs through the weight of every frame or pixel", () => {
    for (const { axes } of [ltxPlan(), deepPlan(), millionPlan(), marginPlan()]) {
      for (const intervals of [axes.frames, axes.height, axes.width]) checkCurves(intervals);
    }
    const tiling = { spatial: { tileSize: 1000, overlap: 990 } };
    const geometry = { temporalScale: 1, heightScale: 1, widthScale: 1, causal: false };
    const plan = planTiles({ latent: { frames: 1, height: 1030, width: 1 }, geometry, tiling });
    checkCurves(plan.axes.height);
  });

  it("takes few points", () => {
    const plan = millionPlan();
    const view = viewAxis(plan.axes.width, plan.output.width);
    for (const shown of view.shown) {
      expect(maskCurve(shown, new AxisScale(view, 1)).length).to.be.within(2, 10);
    }
  });
});

function checkCurves(intervals: readonly PlanInterval[]): void {
  const size = intervals.at(-1)?.outStop ?? 0;
  const view = viewAxis(intervals, size);
  const scale = new AxisScale(view, 1);
  for (const shown of view.shown) {
    const curve = maskCurve(shown, scale);
    for (let at = shown.from; at < shown.to; at++) {
      const expected = shown.interval.mask[at - shown.interval.outStart] ?? Number.NaN;
      const x = (scale.at(at) + scale.at(at + 1)) / 2;
      const after = curve.findIndex(([along]) => along >= x);
      const [x1, y1] = curve[after] ?? [Number.NaN, Number.NaN];
      const [x0, y0] = curve[after - 1] ?? [x1 - 1, y1];
      // The curve is within 1/800 of the mask at eighths of each stretch. What is off most lies at most half way to an
      // eighth: for a kink, the worst, at 7/16 of the stretch, the eighth in the middle is off by 8/9 as much.
      expect(y0 + ((y1 - y0) * (x - x0)) / (x1 - x0)).to.be.closeTo(expected, 9 / 8 / 800 + 1e-6);
    }
  }
}

describe("axisTicks", () => {
  it("keeps its distance, and starts and ends at the ends", () => {
    const plan = framesPlan(40);
    const view = viewAxis(plan.axes.frames, plan.output.frames);
    for (const unit of [0.5, 1, 3, 20]) {
      const scale = new AxisScale(view, unit);
      for (const spacing of [10, 25, 80]) {
        const ticks = axisTicks(scale, { cells: plan.latent.frames, scale: 1, causal: false }, spacing);
        expect(ticks.at(-1)).to.deep.equal({ at: scale.length, position: 121, cell: 121 });
        ticks.slice(1).forEach((tick, i) => {
          expect(tick.at - (ticks[i]?.at ?? 0)).to.be.at.least(spacing);
        });
      }
    }
  });

  it("names the frame at which a causal latent frame starts", () => {
    const { axes, output } = ltxPlan();
    const scale = new AxisScale(viewAxis(axes.frames, output.frames), 8);
    const ticks = axisTicks(scale, { cells: 16, scale: 8, causal: true }, 60);
    expect(ticks.map(({ cell, position }) => [cell, position])).to.deep.equal([
      [0, 0],
      ...[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15].map((cell) => [cell, 1 + 8 * (cell - 1)]),
      [16, 121],
    ]);
  });
});
