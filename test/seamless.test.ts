import { expect } from "chai";
import {
  decodeTiled,
  type Geometry,
  geometries,
  planTiles,
  type SeamlessTilingOptions,
  type Tensor,
  tilings,
} from "tileblend";
import { latentsOf } from "./support/decoders.js";
import { bytesOf } from "./support/golden.js";

const ltx = geometries.ltx;
const image = geometries.image({ scale: 4 });
const causalReach = { height: 3, width: 3, frames: { before: 3, after: 0 } };

describe("tilings.seamless", () => {
  const rejected: [string, unknown, typeof TypeError | typeof RangeError, RegExp][] = [
    ["nothing", undefined, TypeError, /options must be an object, got undefined/],
    ["no reach", { geometry: ltx }, TypeError, /contextCells must be an object, got undefined/],
    [
      "a misspelt option",
      { geometry: ltx, contextCells: causalReach, tile: 1 },
      TypeError,
      /options\.tile is not known/,
    ],
    [
      "half a cell",
      { geometry: ltx, contextCells: { height: 0.5, width: 1 } },
      TypeError,
      /contextCells\.height must be a whole number from 0 .* \(latent cells\), got 0\.5/,
    ],
    [
      "a reach below 0",
      { geometry: ltx, contextCells: { height: 1, width: 1, frames: { before: -1, after: 0 } } },
      RangeError,
      /contextCells\.frames\.before must be .* \(latent frames\), got -1/,
    ],
    [
      "a reach in one direction of time only",
      { geometry: ltx, contextCells: { height: 1, width: 1, frames: { before: 1 } } },
      TypeError,
      /contextCells\.frames\.after must be .* got undefined/,
    ],
    [
      "a whole reach that is a number",
      { geometry: ltx, contextCells: causalReach, isWholeReach: 1 },
      TypeError,
      /isWholeReach must be true or false, got 1/,
    ],
    [
      "tiles too short for the reach",
      { geometry: ltx, contextCells: causalReach, tileSize: { height: 416 } },
      RangeError,
      /tileSize\.height must be at least 448, twice what contextCells takes as overlap \(pixels\), got 416/,
    ],
    [
      "tiles in time too short for the reach",
      { geometry: ltx, contextCells: causalReach, tileSize: { frames: 56 } },
      RangeError,
      /tileSize\.frames must be at least 64, .* \(frames\), got 56/,
    ],
    [
      "a tile size off the grid",
      { geometry: ltx, contextCells: causalReach, tileSize: { width: 500 } },
      RangeError,
      /tileSize\.width must be a multiple of 32, the scale \(pixels\), got 500/,
    ],
    [
      "an axis that is none",
      { geometry: ltx, contextCells: causalReach, tileSize: { spatial: 512 } },
      TypeError,
      /tileSize\.spatial is not known; tileSize takes frames, height, width/,
    ],
    [
      "sizes and voxels",
      { geometry: ltx, contextCells: causalReach, tileSize: {}, maxTileVoxels: 1 },
      TypeError,
      /only one of tileSize and maxTileVoxels may be given/,
    ],
    [
      "too few voxels for the reach",
      { geometry: ltx, contextCells: causalReach, maxTileVoxels: 13_045_759 },
      RangeError,
      // (64 + 1) · 448 · 448.
      /maxTileVoxels must be at least 13045760, for contextCells, got 13045759/,
    ],
  ];
  for (const [name, options, kind, message] of rejected) {
    it(`rejects ${name}`, () => {
      expect(() => tilings.seamless(options as SeamlessTilingOptions)).to.throw(kind, message);
    });
  }

  it("takes the reach as margin and the shortest ramp on the grid", () => {
    // 2 · 3 · 32 and at least 18 pixels of ramp; 3 · 8 and at least 6 frames, after the margin towards the past.
    expect(tilings.seamless({ geometry: ltx, contextCells: causalReach })).to.deep.equal({
      spatial: { tileSize: 512, overlap: 224, margin: 96 },
      temporal: { tileSize: 64, overlap: 32, margin: 24, context: "past" },
    });
    const ahead = { height: 1, width: 2, frames: { before: 2, after: 1 } };
    expect(tilings.seamless({ geometry: ltx, contextCells: ahead })).to.deep.equal({
      spatial: {
        height: { tileSize: 512, overlap: 96, margin: 32 },
        width: { tileSize: 512, overlap: 160, margin: 64 },
      },
      temporal: { tileSize: 80, overlap: 40, margin: 16 },
    });
  });

  it("lets the margins of a whole reach meet, and needs none for no reach", () => {
    const tileSize = { height: 320, width: 400 };
    const contextCells = { height: 10, width: 10 };
    expect(tilings.seamless({ geometry: image, contextCells, isWholeReach: true, tileSize })).to.deep.equal({
      spatial: {
        height: { tileSize: 320, overlap: 80, margin: 40 },
        width: { tileSize: 400, overlap: 80, margin: 40 },
      },
    });
    expect(tilings.seamless({ geometry: ltx, contextCells: { height: 0, width: 0 } })).to.deep.equal({
      spatial: { tileSize: 512, overlap: 0 },
      temporal: { tileSize: 64, overlap: 0 },
    });
  });

  it("spends voxels on the tile that decodes the least twice", () => {
    for (const maxTileVoxels of [13_045_760, 20_000_000, 99_999_999, 2 ** 40]) {
      const tiling = tilings.seamless({ geometry: ltx, contextCells: causalReach, maxTileVoxels });
      const plan = planTiles({ latent: { frames: 10_000, height: 5000, width: 5000 }, geometry: ltx, tiling });
      const { output } = plan.tile(Math.floor(plan.tileCount / 2));
      const length = ({ start, stop }: { start: number; stop: number }) => stop - start;
      const voxels = length(output.frames) * length(output.height) * length(output.width);
      expect(voxels).to.be.at.most(maxTileVoxels);
      if (maxTileVoxels < 2 ** 40) expect(voxels).to.be.above(maxTileVoxels * 0.85);
    }
  });

  it("makes a plan for every small geometry and reach", () => {
    for (const scale of [1, 2, 3, 8, 32]) {
      for (const causal of [false, true]) {
        for (const cells of [0, 1, 2, 5]) {
          for (const after of [0, 1, 3]) {
            const geometry: Geometry = { temporalScale: scale, heightScale: scale, widthScale: scale, causal };
            const contextCells = { height: cells, width: cells, frames: { before: cells, after } };
            for (const isWholeReach of [false, true]) {
              const tiling = tilings.seamless({ geometry, contextCells, isWholeReach });
              const { axes } = planTiles({ latent: { frames: 100, height: 9, width: 9 }, geometry, tiling });
              const seen = axes.frames.slice(1).map(({ mask }) => mask.findIndex((weight) => weight > 0));
              expect(Math.min(...seen)).to.be.at.least(Math.max(cells, after) * scale + (causal ? 1 : 0));
            }
          }
        }
      }
    }
  });
});

/** Causal in time as a video decoder is: latent frame f gives the frames after frame 4 (f - 1) up to 4 f. */
const timeGeometry: Geometry = { temporalScale: 4, heightScale: 2, widthScale: 2, causal: true };
/** The decoder below: 8 frames before are two latent frames; one cell each way. */
const timeReach = { height: 1, width: 1, frames: { before: 2, after: 0 } };

/**
 * Decodes each pixel to the sum of what its frame and the 8 before it have in the cells around, added in one order. What
 * is not there counts as 9.
 */
function sumDecoder({ shape, data }: Tensor): Tensor {
  const [, , f = 0, h = 0, w = 0] = shape;
  const cell = (t: number, y: number, x: number) =>
    t < 0 || y < 0 || x < 0 || y >= h || x >= w ? 9 : (data[(t * h + y) * w + x] ?? Number.NaN);
  const [frames, height, width] = [1 + (f - 1) * 4, h * 2, w * 2];
  const out = new Float32Array(frames * height * width);
  let i = 0;
  for (let t = 0; t < frames; t++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let dt = 0; dt <= 8; dt++) {
          const from = t < dt ? -1 : Math.ceil((t - dt) / 4);
          for (let dy = -1; dy <= 1; dy++) {
            for (let dx = -1; dx <= 1; dx++) sum += cell(from, (y >> 1) + dy, (x >> 1) + dx);
          }
        }
        out[i++] = sum;
      }
    }
  }
  return { dtype: "float32", shape: [1, 1, frames, height, width], data: out };
}

describe("a causal decoder with tilings.seamless for its whole reach", () => {
  const latents = latentsOf([1, 1, 23, 9, 11]);
  const decode = (contextCells: typeof timeReach | null) => {
    const tileSize = { frames: 16, height: 8, width: 10 };
    const seamless = { geometry: timeGeometry, isWholeReach: true, tileSize };
    const tiling = contextCells === null ? null : tilings.seamless({ ...seamless, contextCells });
    return decodeTiled(latents, sumDecoder, { geometry: timeGeometry, tiling, outputChannels: 1, executor: "wasm" });
  };

  it("equals the untiled result byte for byte", async () => {
    const [tiled, untiled] = [await decode(timeReach), await decode(null)];
    expect(bytesOf(tiled.data).equals(bytesOf(untiled.data))).to.equal(true);
  });

  it("does not with one cell less, in time or in space", async () => {
    const untiled = await decode(null);
    for (const less of [
      { ...timeReach, width: 0 },
      { ...timeReach, height: 0 },
      { ...timeReach, frames: { before: 1, after: 0 } },
    ]) {
      expect(bytesOf((await decode(less)).data).equals(bytesOf(untiled.data))).to.equal(false);
    }
  });
});
