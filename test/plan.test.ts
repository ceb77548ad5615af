import { createHash } from "node:crypto";
import { expect } from "chai";
import { geometries, type PlanRequest, planTiles, type TilePlan, type Tiling, tilings } from "tileblend";

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
});

/** Chai's own is too slow for a million. */
function expectSame(actual: number, expected: number): void {
  if (actual !== expected) throw new Error(`expected ${expected}, got ${actual}`);
}

function tileAt(plan: TilePlan, index: number): unknown {
  for (const tile of plan.tiles()) if (tile.index === index) return tile;
  return undefined;
}
