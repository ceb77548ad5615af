import { expect } from "chai";
import { formatBytes, planSummary } from "#src/report/index.js";
import { deepPlan, ltxPlan, singlePlan } from "./plans.js";

describe("planSummary", () => {
  it("rejects options that cannot be", () => {
    const plan = singlePlan();
    expect(() => planSummary(plan, { batch: 0 })).to.throw(RangeError, "options.batch must be a whole number from 1");
    expect(() => planSummary(plan, { channels: 1.5 })).to.throw(TypeError, "options.channels must be a whole number");
    expect(() => planSummary(plan, { format: "rgb24", channels: 4 })).to.throw(
      RangeError,
      "options.channels must be 3 for rgb24, got 4",
    );
    // @ts-expect-error: not a format
    expect(() => planSummary(plan, { format: "png" })).to.throw(TypeError, "options.format must be one of float32");
    // @ts-expect-error: a misspelt option
    expect(() => planSummary(plan, { chanels: 3 })).to.throw(TypeError, "options.chanels is not known");
  });

  it("gives the figures of one cell", () => {
    expect(planSummary(singlePlan())).to.deep.equal({
      tilesPerAxis: { frames: 1, height: 1, width: 1 },
      tileCount: 1,
      latentCells: 1,
      decodedCells: 1,
      redundancy: 1,
      windowFrames: 1,
      windowBytes: 4 * 4 * 32 * 32,
      outputBytes: 3 * 4 * 32 * 32,
    });
  });

  it("gives the figures of the LTX default", () => {
    // Cells in time 0-8, 4-13, 9-16: 24; rows 0-16, 14-17: 19; columns 0-16, 14-30: 32. The longest tile in time makes
    // 65 frames, the first of them of weight 0.
    expect(planSummary(ltxPlan())).to.deep.equal({
      tilesPerAxis: { frames: 3, height: 2, width: 2 },
      tileCount: 12,
      latentCells: 8160,
      decodedCells: 24 * 19 * 32,
      redundancy: 14592 / 8160,
      windowFrames: 64,
      windowBytes: 534_773_760,
      outputBytes: 758_292_480,
    });
  });

  it("follows batch, channels and format", () => {
    const framePixels = 544 * 960;
    const summary = planSummary(ltxPlan(), { batch: 2, channels: 4, format: "float16" });
    expect(summary.windowBytes).to.equal((2 * 4 + 1) * 4 * 64 * framePixels);
    expect(summary.outputBytes).to.equal(2 * 4 * 2 * 121 * framePixels);
    expect(planSummary(ltxPlan(), { format: "rgb24" }).outputBytes).to.equal(3 * 121 * framePixels);
  });

  it("counts every overlap of deep tilings", () => {
    // Rows and columns: 8 cells a tile, starts 0, 2, ... 12, all 8 long: 56. Time: 0-4, 0-5, 1-6, 2-7, 3-8, 4-9: 29.
    expect(planSummary(deepPlan()).decodedCells).to.equal(56 * 56 * 29);
  });
});

describe("formatBytes", () => {
  it("rejects what is no number of bytes", () => {
    for (const bytes of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => formatBytes(bytes)).to.throw(RangeError, "bytes must be at least 0 and finite, got");
    }
  });

  it("prints three digits, and the next unit from 1023.5 on", () => {
    const printed: readonly (readonly [number, string])[] = [
      [0, "0 B"],
      [1, "1 B"],
      [1023, "1023 B"],
      [1024, "1.00 KiB"],
      [1536, "1.50 KiB"],
      [10234, "9.99 KiB"],
      [10235, "10.0 KiB"],
      [102_348, "99.9 KiB"],
      [102_349, "100 KiB"],
      [102_400, "100 KiB"],
      [1_048_063, "1023 KiB"],
      [1_048_064, "1.00 MiB"],
      [534_773_760, "510 MiB"],
      [2 ** 40, "1.00 TiB"],
      [2 ** 53, "8.00 PiB"],
      [2 ** 73, "8192 EiB"],
    ];
    for (const [bytes, text] of printed) expect(formatBytes(bytes), `${bytes}`).to.equal(text);
  });
});
