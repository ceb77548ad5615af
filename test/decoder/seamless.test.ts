import { fileURLToPath } from "node:url";
import { expect } from "chai";
import {
  type AxisTiling,
  decodeTiled,
  geometries,
  type PlanInterval,
  planTiles,
  type Tensor,
  tilings,
} from "tileblend";
import { createOnnxDecoder, type OnnxDecoder } from "tileblend/decoder/onnx";
import { loadModuleDecoder } from "#src/decoder/module.js";
import { bytesOf } from "../support/golden.js";
import { readRgb } from "../support/rgb_image.js";

// The tests run from build/test/decoder.
const root = new URL("../../../", import.meta.url);
const modelFile = fileURLToPath(new URL("models/esrgan-slim/esrgan-slim-x4.onnx", root));
const SCALE = 4;
/** How far an output pixel of the network looks, each way (input pixels). */
const REACH = 10;
const MARGIN = REACH * SCALE;
/** Margins of the whole reach, and no ramp between them. */
const meeting = { tileSize: 4 * MARGIN, overlap: 2 * MARGIN, margin: MARGIN };
const geometry = geometries.image({ scale: SCALE });

/** Distance of two float32 in units of the last place. */
function ulpsBetween(a: number, b: number): number {
  const [x = 0, y = 0] = new Int32Array(Float32Array.of(a, b).buffer);
  const ordered = (bits: number) => (bits < 0 ? -(bits & 0x7fffffff) : bits);
  return Math.abs(ordered(x) - ordered(y));
}

/** How many intervals give a position a weight above 0. */
function coverOf(intervals: readonly PlanInterval[], size: number): Uint8Array {
  const cover = new Uint8Array(size);
  for (const { outStart, mask } of intervals) {
    mask.forEach((weight, i) => {
      if (weight > 0) cover[outStart + i] = (cover[outStart + i] ?? 0) + 1;
    });
  }
  return cover;
}

describe("ESRGAN-slim through one session, tiled", function () {
  this.timeout(120_000);
  let network: OnnxDecoder;
  let image: Tensor;
  let untiled: Tensor;
  const decode = (spatial?: AxisTiling) =>
    decodeTiled(image, network.decoder, {
      geometry,
      executor: "wasm",
      tiling: spatial === undefined ? null : { spatial },
    });

  before(async () => {
    network = await createOnnxDecoder(modelFile, { sessionOptions: { intraOpNumThreads: 1 } });
    const region = { left: 80, top: 60, width: 101, height: 67 };
    image = await readRgb(new URL("examples/assets/astronaut-256.png", root), region);
    untiled = await decode();
  });

  after(() => network.close());

  it("declares its reach", async () => {
    const { contextCells } = await loadModuleDecoder(fileURLToPath(new URL("models/esrgan-slim/decoder.mjs", root)));
    expect(contextCells).to.deep.equal({ height: REACH, width: REACH, frames: { before: 0, after: 0 } });
    const tileSize = { height: 4 * MARGIN, width: 4 * MARGIN };
    const seamless = { geometry, contextCells: contextCells ?? { height: 0, width: 0 }, isWholeReach: true, tileSize };
    expect(tilings.seamless(seamless)).to.deep.equal({ spatial: meeting });
  });

  it("equals the untiled result byte for byte where margins of its reach meet", async () => {
    const tiled = await decode(meeting);
    expect(tiled.shape).to.deep.equal(untiled.shape);
    expect(bytesOf(tiled.data).equals(bytesOf(untiled.data))).to.equal(true);
  });

  it("differs with a margin one input pixel below its reach, and without one", async () => {
    const short = MARGIN - SCALE;
    const almost = await decode({ tileSize: 4 * MARGIN, overlap: 2 * short, margin: short });
    expect(bytesOf(almost.data).equals(bytesOf(untiled.data))).to.equal(false);
    const linear = await decode({ tileSize: 4 * MARGIN, overlap: 2 * MARGIN });
    expect(bytesOf(linear.data).equals(bytesOf(untiled.data))).to.equal(false);
  });

  for (const ramp of ["linear", "smooth"] as const) {
    it(`equals it outside of ${ramp} ramps, and within 4 or 8 ulp inside them`, async () => {
      const spatial = { tileSize: 208, overlap: 2 * MARGIN + 24, margin: MARGIN, ramp };
      const tiled = await decode(spatial);
      const latent = { frames: 1, height: 67, width: 101 };
      const { axes, output } = planTiles({ latent, geometry, tiling: { spatial } });
      const [rows, columns] = [coverOf(axes.height, output.height), coverOf(axes.width, output.width)];
      const counts = new Map<number, number>();
      tiled.data.forEach((value, i) => {
        const row = Math.floor(i / output.width) % output.height;
        // n tiles bring the same pixel p. Each operation is off by u = 2^-24 of its result at most: p times each weight,
        // n - 1 sums of products and n - 1 of weights, all of one sign, and the division. That is 2n u of p, and u of p
        // is below one ulp.
        const tiles = (rows[row] ?? 0) * (columns[i % output.width] ?? 0);
        counts.set(tiles, (counts.get(tiles) ?? 0) + 1);
        const distance = ulpsBetween(value, untiled.data[i] ?? Number.NaN);
        const most = tiles === 1 ? 0 : 2 * tiles;
        if (!(distance <= most)) throw new Error(`${distance} ulp at ${i}, under ${tiles} tiles`);
      });
      expect([...counts.keys()].sort()).to.deep.equal([1, 2, 4]);
    });
  }
});
