import { createHash } from "node:crypto";
import { expect } from "chai";
import fc from "fast-check";
import {
  type Geometry,
  geometries,
  PlanMismatchError,
  type PlanRequest,
  planTiles,
  TilePlan,
  type Tiling,
  tilings,
} from "tileblend";
import { bytesOf } from "./support/golden.js";
import { type ReferenceAxisTiling, referencePlan } from "./support/reference.js";

const ltx = geometries.ltx;
const latent = { frames: 16, height: 17, width: 30 };

describe("planTiles", () => {
  const rejected: [string, object, typeof TypeError | typeof RangeError, RegExp][] = [
    ["no latent", { geometry: ltx }, TypeError, /latent must be an object, got undefined/],
    [
      "latent frames 0",
      { latent: { ...latent, frames: 0 }, geometry: ltx },
      RangeError,
      /latent\.frames must be a whole number from 1 .* got 0/,
    ],
    [
      "latent height 1.5",
      { latent: { ...latent, height: 1.5 }, geometry: ltx },
      TypeError,
      /latent\.height .* got 1.5/,
    ],
    ["latent depth", { latent: { ...latent, depth: 1 }, geometry: ltx }, TypeError, /latent\.depth is not known/],
    ["no geometry", { latent }, TypeError, /geometry must be an object/],
    [
      "a scale of 0",
      { latent, geometry: { ...ltx, heightScale: 0 } },
      RangeError,
      /geometry\.heightScale must be .* got 0/,
    ],
    [
      "causal 1",
      { latent, geometry: { ...ltx, causal: 1 } },
      TypeError,
      /geometry\.causal must be true or false, got 1/,
    ],
    ["a geometry's unknown key", { latent, geometry: { ...ltx, scale: 1 } }, TypeError, /geometry\.scale is not known/],
    [
      "a tiling that is a number",
      { latent, geometry: ltx, tiling: 512 },
      TypeError,
      /tiling must be an object, got 512/,
    ],
    [
      "a tiling's unknown key",
      { latent, geometry: ltx, tiling: { time: {} } },
      TypeError,
      /tiling\.time is not known; tiling takes spatial, temporal/,
    ],
    [
      "a spatial part of both spellings",
      { latent, geometry: ltx, tiling: { spatial: { tileSize: 64, height: { tileSize: 64 } } } },
      TypeError,
      /tiling\.spatial\.tileSize is not known/,
    ],
    [
      "a temporal part without tileSize",
      { latent, geometry: ltx, tiling: { temporal: { overlap: 8 } } },
      TypeError,
      /tiling\.temporal\.tileSize must be a whole number .* got undefined/,
    ],
    [
      "an output past 2^31 - 1",
      { latent: { ...latent, width: 2 ** 27 }, geometry: ltx },
      RangeError,
      /the output's width must be at most 2147483647 \(pixels\), got 4294967296/,
    ],
    ["a request's unknown key", { latent, geometry: ltx, tilings: {} }, TypeError, /request\.tilings is not known/],
  ];
  for (const [name, request, kind, message] of rejected) {
    it(`rejects ${name}`, () => {
      expect(() => planTiles(request as PlanRequest)).to.throw(kind, message);
    });
  }

  it("refuses a plan that is too large, at once", () => {
    const huge = { frames: 1, height: 1, width: 2 ** 31 - 1 };
    const pixels = geometries.image({ scale: 1 });
    expect(() => planTiles({ latent: huge, geometry: pixels })).to.throw(
      RangeError,
      /the size of the plan must be at most 1073741824 bytes/,
    );
  });

  it("refuses more tiles than can be counted", () => {
    const most = { frames: 2 ** 18, height: 2 ** 18, width: 2 ** 18 };
    const tiling = { spatial: { tileSize: 2 }, temporal: { tileSize: 2 } };
    const request = { latent: most, geometry: geometries.image({ scale: 1 }), tiling };
    expect(planTiles(request).tileCount).to.equal(2 ** 51);
    const more = { ...request, latent: { ...most, frames: 2 ** 21 } };
    expect(() => planTiles(more)).to.throw(
      RangeError,
      /the number of tiles must be at most 9007199254740991; take larger tiles, got 18014398509481984/,
    );
  });

  it("plans the smallest latents", () => {
    const plan = planTiles({ latent: { frames: 1, height: 1, width: 1 }, geometry: ltx });
    expect(plan.output).to.deep.equal({ frames: 1, height: 32, width: 32 });
    expect([...plan.tiles()]).to.deep.equal([
      {
        index: 0,
        latent: {
          frames: { start: 0, end: 1, leftRamp: 0, rightRamp: 0 },
          height: { start: 0, end: 1, leftRamp: 0, rightRamp: 0 },
          width: { start: 0, end: 1, leftRamp: 0, rightRamp: 0 },
        },
        output: { frames: { start: 0, stop: 1 }, height: { start: 0, stop: 32 }, width: { start: 0, stop: 32 } },
      },
    ]);
  });

  it("plans LTX at its default", () => {
    const plan = planTiles({ latent, geometry: ltx, tiling: tilings.default() });
    expect(plan.output).to.deep.equal({ frames: 121, height: 544, width: 960 });
    expect(plan.tileCount).to.equal(3 * 2 * 2);
    expect(plan.axes.frames.map(({ start, end }) => [start, end])).to.deep.equal([
      [0, 8],
      [4, 13],
      [9, 16],
    ]);
    expect(plan.axes.frames.map(({ outStart, outStop }) => [outStart, outStop])).to.deep.equal([
      [0, 57],
      [32, 97],
      [72, 121],
    ]);
  });

  it("treats every spelling of a request as the same", () => {
    const digest = (tiling?: unknown) => planTiles({ latent, geometry: ltx, tiling: tiling as Tiling }).digest;
    const none = digest();
    for (const tiling of [
      null,
      {},
      tilings.none(),
      { spatial: null },
      { spatial: {}, temporal: null },
      { spatial: { height: null } },
    ]) {
      expect(digest(tiling)).to.equal(none);
    }
    const tile = { tileSize: 128, overlap: 0 };
    const one = digest({ spatial: tile });
    expect(digest({ spatial: { tileSize: 128 } })).to.equal(one);
    expect(digest({ spatial: { height: tile, width: { tileSize: 128 } } })).to.equal(one);
    expect(digest({ spatial: { height: tile } })).not.to.equal(one);
    const { latentChannels: _, ...withoutChannels } = ltx;
    expect(planTiles({ latent, geometry: withoutChannels }).digest).to.equal(none);
  });

  it("takes its digest from the bytes", () => {
    const plan = planTiles({ latent, geometry: ltx, tiling: tilings.default() });
    expect(plan.digest).to.equal(createHash("sha256").update(plan.bytes).digest("hex"));
    expect(plan.digest).to.match(/^[0-9a-f]{64}$/);
    expect(Buffer.from(plan.bytes).subarray(0, 4).toString()).to.equal("TBPL");
  });

  it("holds each distinct mask once", () => {
    const plan = planTiles({
      latent: { frames: 1, height: 1, width: 10_000 },
      geometry: ltx,
      tiling: tilings.aggressive(),
    });
    const masks = new Set(plan.axes.width.map((interval) => interval.mask.byteOffset));
    expect(plan.axes.width).to.have.length(1667);
    expect(masks.size).to.equal(3);
  });

  it("makes and walks 1,000,000 tiles in memory of the axes", () => {
    const many = { frames: 100, height: 100, width: 100 };
    const tiling = { spatial: { tileSize: 2, overlap: 1 }, temporal: { tileSize: 2, overlap: 1 } };
    const plan = planTiles({
      latent: { frames: 101, height: 101, width: 101 },
      geometry: geometries.image({ scale: 1 }),
      tiling,
    });
    expect(plan.tileCount).to.equal(many.frames * many.height * many.width);
    expect(plan.bytes.length).to.be.below(10_000);
    let index = 0;
    for (const tile of plan.tiles()) expectSame(tile.index, index++);
    expect(index).to.equal(1_000_000);
    expect(plan.tile(654_321)).to.deep.equal(tileAt(plan, 654_321));
  });

  it("is frozen, and so is all it holds", () => {
    const plan = planTiles({ latent, geometry: ltx, tiling: tilings.default() });
    expect(plan).to.be.frozen;
    for (const part of [
      plan.latent,
      plan.output,
      plan.geometry,
      plan.tiling,
      plan.tiling.spatial,
      plan.axes.frames,
      plan.axes.frames[0],
    ]) {
      expect(part).to.be.frozen;
    }
    plan.bytes.fill(0);
    expect(plan.bytes[0]).to.equal(0x54);
  });

  it("refuses a tile that is not there", () => {
    const plan = planTiles({ latent, geometry: ltx });
    expect(() => plan.tile(1)).to.throw(RangeError, /index must be a whole number from 0 to 0/);
    expect(() => plan.tile(-1)).to.throw(RangeError);
    expect(() => plan.tile(0.5)).to.throw(TypeError);
  });

  it("equals the reference for any geometry and tiling (property)", () => {
    fc.assert(
      fc.property(anyRequest(), ({ request, cells }) => {
        const plan = planTiles(request);
        const { frames, height, width } = request.latent;
        const expected = referencePlan([frames, height, width], request.geometry, cells);
        for (const [i, axis] of (["frames", "height", "width"] as const).entries()) {
          const parts = plan.axes[axis].map(({ start, end, outStart, outStop }) => ({ start, end, outStart, outStop }));
          expect(parts).to.deep.equal(expected[i]?.map(({ mask: _, ...part }) => part));
          plan.axes[axis].forEach(({ mask }, j) => {
            expect(bytesOf(mask).equals(bytesOf(expected[i]?.[j]?.mask ?? new Float32Array()))).to.equal(true);
          });
        }
        expect(plan.tileCount).to.equal([...plan.tiles()].length);
        expect(TilePlan.fromJSON(JSON.parse(JSON.stringify(plan))).digest).to.equal(plan.digest);
      }),
      { numRuns: 300 },
    );
  });
});

/** Chai's own is too slow for a million. */
function expectSame(actual: number, expected: number): void {
  if (actual !== expected) throw new Error(`expected ${expected}, got ${actual}`);
}

function tileAt(plan: TilePlan, index: number): unknown {
  for (const tile of plan.tiles()) if (tile.index === index) return tile;
  return undefined;
}

/** A legal request, and its tiling in latent cells for the reference. */
function anyRequest() {
  const axis = fc.record({
    dimension: fc.integer({ min: 1, max: 12 }),
    scale: fc.integer({ min: 1, max: 5 }),
    size: fc.option(fc.integer({ min: 2, max: 13 })),
    overlap: fc.nat(12),
    margin: fc.nat(30),
    ramp: fc.constantFrom("linear" as const, "smooth" as const),
    context: fc.constantFrom("both" as const, "past" as const),
  });
  return fc.tuple(axis, axis, axis, fc.boolean()).map(([f, h, w, causal]) => {
    const cell = (a: typeof f): ReferenceAxisTiling => {
      if (a.size === null) return null;
      const overlap = a.overlap % a.size;
      const context = a === f ? a.context : "both";
      const most = (overlap * a.scale) / (context === "past" ? 1 : 2);
      const margin = 2 * overlap <= a.size ? Math.min(a.margin, Math.floor(most)) : 0;
      return { size: a.size, overlap, margin, ramp: a.ramp, context };
    };
    const tile = (a: typeof f) => {
      const inCells = cell(a);
      if (inCells === null) return null;
      const { size, overlap, ...fade } = inCells;
      return { tileSize: size * a.scale, overlap: overlap * a.scale, ...fade };
    };
    const geometry: Geometry = { temporalScale: f.scale, heightScale: h.scale, widthScale: w.scale, causal };
    // Null in place of a tiled axis is a spelling that planTiles takes.
    const tiling = { spatial: { height: tile(h), width: tile(w) }, temporal: tile(f) } as Tiling;
    const size = { frames: f.dimension, height: h.dimension, width: w.dimension };
    const cells: [ReferenceAxisTiling, ReferenceAxisTiling, ReferenceAxisTiling] = [cell(f), cell(h), cell(w)];
    return { request: { latent: size, geometry, tiling }, cells };
  });
}

describe("TilePlan.fromJSON", () => {
  const plan = planTiles({ latent, geometry: ltx, tiling: { spatial: { tileSize: 128, overlap: 32 } } });
  const json = JSON.parse(JSON.stringify(plan));
  const lastBytes = { ...json, digest: json.digest.replace(/.$/, (c: string) => (c === "0" ? "1" : "0")) };

  it("makes the same plan", () => {
    const anew = TilePlan.fromJSON(json);
    expect(anew.digest).to.equal(plan.digest);
    expect(anew.toJSON()).to.deep.equal(plan.toJSON());
    expect(TilePlan.fromJSON(plan.toJSON()).digest).to.equal(plan.digest);
  });

  const rejected: [string, unknown, unknown, RegExp][] = [
    ["text", "{}", TypeError, /plan must be an object, got "\{\}"/],
    ["null", null, TypeError, /plan must be an object, got null/],
    ["an empty object", {}, TypeError, /plan\.format must be "tileblend-plan", got undefined/],
    ["another version", { ...json, version: 1 }, RangeError, /plan\.version must be 2, got 1/],
    ["another digest", lastBytes, PlanMismatchError, /plan\.digest must be [0-9a-f]{64}/],
    ["no digest", { ...json, digest: undefined }, PlanMismatchError, /got undefined/],
    ["another latent", { ...json, latent: { ...latent, frames: 17 } }, PlanMismatchError, /plan\.digest/],
    ["a lying output", { ...json, output: { ...json.output, frames: 2 } }, PlanMismatchError, /plan\.output/],
    ["a lying tile count", { ...json, tileCount: 1 }, PlanMismatchError, /plan\.tileCount must be \d+, .* got 1/],
    ["a lying interval", { ...json, axes: { ...json.axes, width: [] } }, PlanMismatchError, /plan\.axes/],
    ["absurd latents", { ...json, latent: { ...latent, frames: 1e300 } }, RangeError, /latent\.frames/],
    ["a geometry that is a string", { ...json, geometry: "ltx" }, TypeError, /geometry must be an object, got "ltx"/],
  ];
  for (const [name, value, kind, message] of rejected) {
    it(`rejects ${name}`, () => {
      expect(() => TilePlan.fromJSON(value)).to.throw(kind as typeof TypeError, message);
    });
  }

  it("refuses any value in place of a field with a TypeError, RangeError or PlanMismatchError (property)", () => {
    const fields = ["format", "version", "digest", "latent", "geometry", "tiling", "output", "tileCount", "axes"];
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.jsonValue(), (field, value) => {
        if (JSON.stringify(json[field]) === JSON.stringify(value)) return;
        if (field === "tiling" && value === null) return;
        try {
          TilePlan.fromJSON({ ...json, [field]: value });
          expect.fail(`accepted ${field}: ${JSON.stringify(value)}`);
        } catch (error) {
          const isExpected =
            error instanceof TypeError || error instanceof RangeError || error instanceof PlanMismatchError;
          if (!isExpected) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});
