import { expect } from "chai";
import type { OutputFormat } from "tileblend";
import { type BlendCase, blendTiles, Expectation, expectChunks, makeTiles } from "../support/blend_case.js";
import { randomInteger, seededRandom } from "../support/random.js";
import { describeExact } from "../support/variants.js";

type Size = [number, number, number];

const blendCase: BlendCase = {
  latent: [7, 5, 6],
  geometry: { temporalScale: 2, heightScale: 3, widthScale: 2, causal: true },
  tiling: [
    { size: 3, overlap: 1 },
    { size: 3, overlap: 1 },
    { size: 3, overlap: 2 },
  ],
  batch: 2,
  channels: 3,
};

describeExact("tiles of another size than planned", (executor) => {
  /** Blends tiles of these sizes and compares. Returns how many voxels no tile covered. */
  async function uncovered(sizeOf: (planned: Size, tile: number) => Size, format: OutputFormat, seed = 1) {
    const random = seededRandom(seed);
    const tiles = makeTiles(blendCase, "float32", () => random() - 0.5, sizeOf);
    const chunks = await blendTiles(executor(), blendCase, tiles, { format, sizes: [2, 1] });
    expectChunks(chunks, new Expectation(blendCase, tiles), format);
    return chunks.reduce((sum, chunk) => sum + chunk.uncoveredCount, 0);
  }

  it("larger on every axis counts as far as planned", async () => {
    expect(await uncovered(([f, h, w]) => [f + 1, h + 2, w + 3], "float32")).to.equal(0);
  });

  for (const axis of [0, 1, 2] as const) {
    it(`smaller on axis ${axis} leaves what no other tile covers at 0`, async () => {
      const shorter = (planned: Size, tile: number) => (tile % 2 ? planned : (planned.with(axis, 1) as Size));
      expect(await uncovered(shorter, "float32")).to.be.above(0);
      expect(await uncovered((planned) => planned.with(axis, 1) as Size, "float16")).to.be.above(0);
    });
  }

  it("one voxel each", async () => {
    expect(await uncovered(() => [1, 1, 1], "rgb24")).to.be.above(0);
  });

  it("smaller on one axis, larger on the others", async () => {
    expect(await uncovered(([f, h, w]) => [f + 4, h - 2, w + 1], "bfloat16")).to.be.above(0);
    expect(await uncovered(([f, h, w]) => [f - 1, h + 1, w + 7], "rgb24")).to.be.above(0);
  });

  it("any mix of sizes", async () => {
    for (let seed = 1; seed <= 25; seed++) {
      const random = seededRandom(seed);
      const around = (planned: number) => Math.max(1, randomInteger(random, planned - 3, planned + 2));
      await uncovered(([f, h, w]) => [around(f), around(h), around(w)], "float32", seed);
    }
  });

  it("uncovered voxels are 0, or the byte of 0 in rgb24, and are no NaN", async () => {
    const one: BlendCase = {
      latent: [1, 1, 5],
      geometry: { temporalScale: 1, heightScale: 1, widthScale: 1, causal: false },
      tiling: [null, null, null],
      batch: 1,
      channels: 3,
    };
    const tiles = makeTiles(
      one,
      "float32",
      () => 1,
      () => [1, 1, 2],
    );
    const [bytes] = await blendTiles(executor(), one, tiles, { format: "rgb24" });
    expect(Array.from(bytes?.frames.data ?? [])).to.deep.equal([...Array(6).fill(255), ...Array(9).fill(128)]);
    expect([bytes?.nanCount, bytes?.uncoveredCount]).to.deep.equal([0, 3]);
  });
});
