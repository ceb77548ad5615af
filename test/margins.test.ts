import { expect } from "chai";
import { type AxisTiling, type Geometry, geometries, type PlanInterval, planTiles, type Tiling } from "tileblend";
import { bytesOf } from "./support/golden.js";
import { referencePlan } from "./support/reference.js";

const ltx = geometries.ltx;
const latent = { frames: 16, height: 17, width: 30 };

/** Two float32 each within half an ulp of shares that sum to 1: 2^-25 for the one above 1/2, 2^-26 for the other. */
const ULP_BELOW_1 = 2 ** -24;

describe("margins of a tiling", () => {
  const rejected: [string, unknown, typeof TypeError | typeof RangeError, RegExp][] = [
    [
      "a margin of half a pixel",
      { spatial: { tileSize: 128, overlap: 64, margin: 0.5 } },
      TypeError,
      /tiling\.spatial\.margin must be a whole number from 0 .* \(pixels\), got 0\.5/,
    ],
    [
      "a margin below 0",
      { temporal: { tileSize: 64, overlap: 24, margin: -1 } },
      RangeError,
      /tiling\.temporal\.margin must be a whole number from 0 .* \(frames\), got -1/,
    ],
    [
      "margins that overlap",
      { spatial: { tileSize: 128, overlap: 64, margin: 33 } },
      RangeError,
      /tiling\.spatial\.margin must be at most 32, or part of the overlap has no weight \(pixels\), got 33/,
    ],
    [
      "a margin without an overlap",
      { spatial: { width: { tileSize: 128, margin: 1 } } },
      RangeError,
      /tiling\.spatial\.width\.margin must be at most 0, or .* got 1/,
    ],
    [
      "margins at both ends of tiles in time that overlap",
      { temporal: { tileSize: 64, overlap: 24, margin: 13 } },
      RangeError,
      /tiling\.temporal\.margin must be at most 12, .* \(frames\), got 13/,
    ],
    [
      "a margin towards the past beyond the overlap",
      { temporal: { tileSize: 64, overlap: 24, margin: 25, context: "past" } },
      RangeError,
      /tiling\.temporal\.margin must be at most 24, .* \(frames\), got 25/,
    ],
    [
      "a margin with an overlap of more than half the tile",
      { spatial: { tileSize: 128, overlap: 96, margin: 1 } },
      RangeError,
      /tiling\.spatial\.overlap must be at most 64, half the tile, for tiles with a margin \(pixels\), got 96/,
    ],
    [
      "a ramp that is not known",
      { spatial: { tileSize: 128, overlap: 64, ramp: "cosine" } },
      TypeError,
      /tiling\.spatial\.ramp must be one of linear, smooth, got "cosine"/,
    ],
    [
      "a context that is not known",
      { temporal: { tileSize: 64, overlap: 24, context: "future" } },
      TypeError,
      /tiling\.temporal\.context must be one of both, past, got "future"/,
    ],
    [
      "a past in space",
      { spatial: { height: { tileSize: 128, overlap: 64, context: "past" } } },
      RangeError,
      /tiling\.spatial\.height\.context must be "both": only time has a past, got "past"/,
    ],
  ];
  for (const [name, tiling, kind, message] of rejected) {
    it(`rejects ${name}`, () => {
      expect(() => planTiles({ latent, geometry: ltx, tiling: tiling as Tiling })).to.throw(kind, message);
    });
  }

  it("gives what does not matter its default, and the same digest", () => {
    const planOf = (spatial: AxisTiling, temporal?: AxisTiling) =>
      planTiles({ latent, geometry: ltx, tiling: temporal === undefined ? { spatial } : { spatial, temporal } });
    const space = { tileSize: 128, overlap: 64 };
    const time = { tileSize: 64, overlap: 24 };
    const same: [Tiling, Tiling][] = [
      [{ spatial: { ...space, margin: 0, ramp: "linear", context: "both" } }, { spatial: space }],
      [{ temporal: { ...time, context: "past" } }, { temporal: time }],
      [{ temporal: { ...time, ramp: "smooth", context: "past" } }, { temporal: { ...time, ramp: "smooth" } }],
      [{ spatial: { tileSize: 128, ramp: "smooth" } }, { spatial: { tileSize: 128, overlap: 0 } }],
      [{ spatial: { ...space, margin: 32, ramp: "smooth" } }, { spatial: { ...space, margin: 32 } }],
    ];
    for (const [given, shortest] of same) {
      const plan = planTiles({ latent, geometry: ltx, tiling: given });
      expect(plan.digest).to.equal(planTiles({ latent, geometry: ltx, tiling: shortest }).digest);
      expect(plan.tiling).to.deep.equal(shortest);
    }
    const digests = [
      planOf(space),
      planOf({ ...space, ramp: "smooth" }),
      planOf({ ...space, margin: 8 }),
      planOf({ ...space, margin: 8, ramp: "smooth" }),
      planOf(space, { ...time, margin: 8 }),
      planOf(space, { ...time, margin: 8, context: "past" }),
    ].map(({ digest }) => digest);
    expect(new Set(digests).size).to.equal(digests.length);
  });

  it("makes the masks of the smallest overlaps by hand", () => {
    const pixels = geometries.image({ scale: 1 });
    const rows = (tiling: Omit<AxisTiling, "tileSize">) =>
      planTiles({
        latent: { frames: 1, height: 1, width: 12 },
        geometry: pixels,
        tiling: { spatial: { width: { tileSize: 8, ...tiling } } },
      }).axes.width.map(({ mask }) => [...mask]);
    expect(rows({ overlap: 4, margin: 1 })).to.deep.equal([
      [1, 1, 1, 1, 1, 2 / 3, 1 / 3, 0].map(Math.fround),
      [0, 1 / 3, 2 / 3, 1, 1, 1, 1, 1].map(Math.fround),
    ]);
    expect(rows({ overlap: 4, margin: 2 })).to.deep.equal([
      [1, 1, 1, 1, 1, 1, 0, 0],
      [0, 0, 1, 1, 1, 1, 1, 1],
    ]);
    // Smootherstep of 1/4, 1/2 and 3/4: 53/512, 1/2, 459/512.
    expect(rows({ overlap: 3, ramp: "smooth" }).slice(0, 2)).to.deep.equal([
      [1, 1, 1, 1, 1, 459 / 512, 1 / 2, 53 / 512],
      [53 / 512, 1 / 2, 459 / 512, 1, 1, 1, 1],
    ]);
  });

  it("makes the masks of causal time by hand", () => {
    const geometry: Geometry = { temporalScale: 2, heightScale: 1, widthScale: 1, causal: true };
    const frames = (tiling: Omit<AxisTiling, "tileSize" | "overlap">) =>
      planTiles({
        latent: { frames: 6, height: 1, width: 1 },
        geometry,
        tiling: { temporal: { tileSize: 8, overlap: 4, ...tiling } },
      }).axes.frames.map(({ mask }) => [...mask]);
    expect(frames({ margin: 1, context: "past" })).to.deep.equal([
      [1, 1, 1, 1, 3 / 4, 2 / 4, 1 / 4],
      [0, 0, 1 / 4, 2 / 4, 3 / 4, 1, 1, 1, 1],
    ]);
    expect(frames({ margin: 4, context: "past" })).to.deep.equal([
      [1, 1, 1, 1, 1, 1, 1],
      [0, 0, 0, 0, 0, 1, 1, 1, 1],
    ]);
    expect(frames({ margin: 1 })).to.deep.equal([
      [1, 1, 1, 1, 2 / 3, 1 / 3, 0].map(Math.fround),
      [0, 0, 1 / 3, 2 / 3, 1, 1, 1, 1, 1].map(Math.fround),
    ]);
  });
});

interface Row {
  readonly causal: boolean;
  readonly scale: number;
  readonly dimension: number;
  readonly size: number;
  readonly overlap: number;
  readonly margin: number;
  readonly ramp: "linear" | "smooth";
  readonly context: "both" | "past";
}

/** Every legal tiling of a small axis of frames; sizes and overlaps in latent cells, margins in frames. */
function* everyRow(): Iterable<Row> {
  for (const causal of [false, true]) {
    for (const scale of [1, 2, 3]) {
      for (let size = 2; size <= 7; size++) {
        for (let overlap = 0; overlap < size; overlap++) {
          for (const context of ["both", "past"] as const) {
            const shared = overlap * scale;
            const most = 2 * overlap > size ? 0 : context === "past" ? shared : Math.floor(shared / 2);
            for (let margin = 0; margin <= most; margin++) {
              for (const ramp of ["linear", "smooth"] as const) {
                for (let dimension = 1; dimension <= 2 * size + 2; dimension++) {
                  yield { causal, scale, dimension, size, overlap, margin, ramp, context };
                }
              }
            }
          }
        }
      }
    }
  }
}

function planRow({ causal, scale, dimension, size, overlap, ...fade }: Row): readonly PlanInterval[] {
  const temporal = { tileSize: size * scale, overlap: overlap * scale, ...fade };
  const geometry = { temporalScale: scale, heightScale: 1, widthScale: 1, causal };
  return planTiles({ latent: { frames: dimension, height: 1, width: 1 }, geometry, tiling: { temporal } }).axes.frames;
}

/** Sum and largest of the weights at each frame. */
function weightsAt(intervals: readonly PlanInterval[]): { sum: number; largest: number }[] {
  const frames = Array.from({ length: intervals.at(-1)?.outStop ?? 0 }, () => ({ sum: 0, largest: 0 }));
  for (const { outStart, mask } of intervals) {
    mask.forEach((weight, i) => {
      const frame = frames[outStart + i];
      if (frame === undefined) throw new Error(`no frame ${outStart + i}`);
      frame.sum += weight;
      frame.largest = Math.max(frame.largest, weight);
    });
  }
  return frames;
}

describe("masks of every legal tiling of a small axis", function () {
  this.timeout(60_000);

  it("sum to 1 within one ulp with overlaps of up to half the tile, and stay above 0 beyond", () => {
    let count = 0;
    for (const row of everyRow()) {
      const isWithinHalf = 2 * row.overlap <= row.size;
      for (const { sum, largest } of weightsAt(planRow(row))) {
        if (!(largest > 0)) throw new Error(`no weight: ${JSON.stringify(row)}`);
        if (isWithinHalf && Math.abs(sum - 1) > ULP_BELOW_1) throw new Error(`sum ${sum}: ${JSON.stringify(row)}`);
      }
      count++;
    }
    expect(count).to.equal(16_944);
  });

  it("equal the reference bit for bit", () => {
    for (const row of everyRow()) {
      const { causal, scale, dimension, size, overlap, margin, ramp, context } = row;
      const geometry = { temporalScale: scale, heightScale: 1, widthScale: 1, causal };
      const fade = { size, overlap, margin, ramp, context };
      const [expected] = referencePlan([dimension, 1, 1], geometry, [fade, null, null]);
      planRow(row).forEach(({ mask }, i) => {
        const same = bytesOf(mask).equals(bytesOf(expected[i]?.mask ?? new Float32Array()));
        if (!same) throw new Error(`${JSON.stringify(row)}, interval ${i}: ${mask} for ${expected[i]?.mask}`);
      });
    }
  });

  it("have zeros at their ends only, and as many as their margin says", () => {
    for (const row of everyRow()) {
      const intervals = planRow(row);
      intervals.forEach(({ mask }, i) => {
        const first = mask.findIndex((weight) => weight > 0);
        const last = mask.findLastIndex((weight) => weight > 0);
        const left = i === 0 ? 0 : row.margin + (row.causal ? 1 : 0);
        const right = i === intervals.length - 1 || row.context === "past" ? 0 : row.margin;
        const isAsSaid = first === left && mask.length - 1 - last === right;
        if (!isAsSaid || mask.subarray(first, last + 1).includes(0)) throw new Error(JSON.stringify(row));
      });
    }
  });
});

describe("masks of a long ramp", () => {
  it("sum to 1 within one ulp", () => {
    for (const ramp of ["linear", "smooth"] as const) {
      const tiling = { spatial: { width: { tileSize: 60_000, overlap: 29_977, margin: 1001, ramp } } };
      const geometry = geometries.image({ scale: 1 });
      const { axes } = planTiles({ latent: { frames: 1, height: 1, width: 100_003 }, geometry, tiling });
      for (const { sum } of weightsAt(axes.width)) {
        if (Math.abs(sum - 1) > ULP_BELOW_1) throw new Error(`${ramp}: ${sum}`);
      }
    }
  });
});
