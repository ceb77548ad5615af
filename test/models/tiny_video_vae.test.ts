import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { decodeTiled, planTiles, type Tensor, type Tiling } from "tileblend";
import { createOnnxDecoder, type OnnxDecoder } from "tileblend/decoder/onnx";
import { readPixels } from "tileblend/io";
import { loadBuiltinModel } from "#src/cli/builtin.js";
import { checkContextCells } from "#src/context_cells.js";
import { createOnnxEncoder, type OnnxEncoder } from "#src/decoder/onnx_encoder.js";
import { compareDecodes } from "#src/quality/compare.js";
import { crop } from "#src/tensor.js";
import { contextWith } from "../support/decoder_context.js";
import { needSharp } from "../support/programs.js";
import { seededRandom } from "../support/random.js";

const root = new URL("../../../", import.meta.url);
const { geometry, contextCells, decoderFile, encoderFile } = await loadBuiltinModel("tiny-video-vae");
/** It says so: the package always has all three. */
const context = checkContextCells("contextCells", contextCells);
const { heightScale: PIXELS, temporalScale: FRAMES } = geometry;
/**
 * Convolutions that add the same products may add them in another order for another size: each of the decoder's about
 * 20 layers adds up to 9 · 2 · 256 products, an error of sqrt(4608) · 2^-24 of their size when signs are random, on
 * values of about 1. Untiled and tiled may both be off: 2 · 20 · 68 · 6e-8. An eighth of a step of 8-bit video is 1e-3.
 */
const TOLERANCE = 1.7e-4;

/** Latents (1, 128, ...size) from a seed, of about the variance that the model gives its own: 1. */
function randomLatents(seed: number, size: readonly number[]): Tensor {
  const random = seededRandom(seed);
  const length = 128 * size.reduce((product, each) => product * each, 1);
  // The sum of twelve numbers in [0, 1) has variance 1.
  const gauss = () => Array.from({ length: 12 }, random).reduce((sum, value) => sum + value, -6);
  return { dtype: "float32", shape: [1, 128, ...size], data: Float32Array.from({ length }, gauss) };
}

/** The latents with other values in one cell: index in frames · height · width. */
function changedAt(latents: Tensor, cell: number): Tensor {
  const data = Float32Array.from(latents.data);
  const cells = data.length / 128;
  for (let channel = 0; channel < 128; channel++) data[channel * cells + cell] = channel % 2 === 0 ? 2 : -2;
  return { ...latents, data };
}

/** Largest difference. */
function distance(a: Tensor, b: Tensor): number {
  expect(a.shape).to.deep.equal(b.shape);
  let most = 0;
  for (let i = 0; i < a.data.length; i++) most = Math.max(most, Math.abs((a.data[i] ?? 0) - (b.data[i] ?? 0)));
  return most;
}

const range = (start: number, end: number) => ({ start, end });

describe("tiny-video-vae", function () {
  this.timeout(300_000);
  let decoder: OnnxDecoder;
  let encoder: OnnxEncoder;
  const decode = async (latents: Tensor) => decoder.decoder(latents, contextWith());

  before(async () => {
    decoder = await createOnnxDecoder(decoderFile);
    encoder = await createOnnxEncoder(encoderFile);
  });
  after(async () => {
    await decoder.close();
    await encoder.close();
  });

  it("decodes frame 0 from latent 0 alone, and every frame from what came before it", async () => {
    const latents = randomLatents(1, [3, 2, 2]);
    const all = await decode(latents);
    for (const count of [1, 2]) {
      const some = await decode(crop(latents, [range(0, count), range(0, 2), range(0, 2)]));
      const frames = 1 + (count - 1) * FRAMES;
      expect(some.shape[2]).to.equal(frames);
      const expected = crop(all, [range(0, frames), range(0, 2 * PIXELS), range(0, 2 * PIXELS)]);
      expect(distance(some, expected)).to.be.below(TOLERANCE);
    }
    // Other latents after the first change nothing in frame 0, and do change the frames after it.
    const changed = await decode(changedAt(latents, 4));
    const first = [range(0, 1), range(0, 2 * PIXELS), range(0, 2 * PIXELS)];
    expect(distance(crop(changed, first), crop(all, first))).to.be.below(TOLERANCE);
    expect(distance(changed, all)).to.be.above(0.01);
  });

  it("reaches as far as contextCells says, and no further", async () => {
    const { frames, height, width } = context;
    const [side, middle] = [2 * width + 3, width + 1];
    const row = randomLatents(2, [1, 1, side]);
    const across = await bandOf(row, middle, 4);
    expect(across.map((most) => most > TOLERANCE)).to.deep.equal(
      Array.from({ length: side }, (_, x) => Math.abs(x - middle) <= width),
    );
    const column = randomLatents(3, [1, 2 * height + 3, 1]);
    expect((await bandOf(column, height + 1, 3)).map((most) => most > TOLERANCE)).to.deep.equal(
      Array.from({ length: 2 * height + 3 }, (_, y) => Math.abs(y - height - 1) <= height),
    );
    const time = randomLatents(4, [frames.before + 4, 1, 1]);
    expect((await bandOf(time, 1, 2)).map((most) => most > TOLERANCE)).to.deep.equal(
      Array.from({ length: frames.before + 4 }, (_, f) => f >= 1 && f <= 1 + frames.before),
    );
  });

  /** How much each cell's pixels along one axis change when one cell does. */
  async function bandOf(latents: Tensor, cell: number, axis: number): Promise<number[]> {
    const [before, after] = [await decode(latents), await decode(changedAt(latents, cell))];
    const full = before.shape.slice(2).map((size) => range(0, size));
    return Array.from({ length: latents.shape[axis] ?? 0 }, (_, i) => {
      const scale = axis === 2 ? FRAMES : PIXELS;
      const first = axis === 2 ? 1 + (i - 1) * scale : i * scale;
      const part = full.with(axis - 2, range(Math.max(0, first), first + scale));
      return distance(crop(before, part), crop(after, part));
    });
  }

  it("gives a tile's core the untiled frames when the tile reaches contextCells further, and not with less", async () => {
    const { width, frames } = context;
    const [cells, core] = [2 * width + 4, 4];
    const latents = randomLatents(5, [frames.before + 3, 2, cells]);
    const whole = await decode(latents);
    const last = latents.shape[2] ?? 0;
    const differenceOf = async (sides: number, past: number) => {
      // A tile's first latent gives one frame, not eight, so it starts one before what it needs.
      const part = [range(last - 2 - past, last), range(0, 2), range(width - sides, width + core + sides)];
      const tile = await decode(crop(latents, part));
      // The last latent's frames, and the columns of the core.
      const inTile = [range(1 + past * FRAMES, 1 + (past + 1) * FRAMES), range(0, 2 * PIXELS)];
      const inWhole = [range(1 + (last - 2) * FRAMES, 1 + (last - 1) * FRAMES), range(0, 2 * PIXELS)];
      return distance(
        crop(tile, [...inTile, range(sides * PIXELS, (sides + core) * PIXELS)]),
        crop(whole, [...inWhole, range(width * PIXELS, (width + core) * PIXELS)]),
      );
    };
    expect(await differenceOf(width, frames.before)).to.be.below(TOLERANCE);
    expect(await differenceOf(width - 1, frames.before)).to.be.above(TOLERANCE);
    expect(await differenceOf(width, frames.before - 1)).to.be.above(TOLERANCE);
  });

  it("differs less at most from the untiled decode with overlap of its reach than with one cell, over the clips", async function () {
    await needSharp(this);
    const { width } = context;
    const spatial = (cells: number): Tiling => ({ spatial: { tileSize: 8 * PIXELS, overlap: cells * PIXELS } });
    const tilings = [
      spatial(1),
      spatial(width),
      { spatial: { tileSize: 8 * PIXELS, overlap: 4 * PIXELS, margin: 64 } },
    ];
    const largest = tilings.map((): number[] => []);
    for (const latents of await clips()) {
      const [, , f = 1, h = 1, w = 1] = latents.shape;
      const whole = await decodeTiled(latents, decoder.decoder, { geometry });
      for (const [i, tiling] of tilings.entries()) {
        const plan = planTiles({ latent: { frames: f, height: h, width: w }, geometry, tiling });
        const tiled = await decodeTiled(latents, decoder.decoder, { geometry, tiling });
        largest[i]?.push(compareDecodes(tiled, whole, { plan, range: [-1, 1] }).overall.largest);
      }
    }
    const [oneCell = 0, reach = 0, margins = 0] = largest.map(
      (all) => all.reduce((sum, each) => sum + each) / all.length,
    );
    expect(reach).to.be.below(oneCell);
    expect(margins).to.be.below((TOLERANCE * 255) / 2);
  });

  /** Latents of parts of a film that the model has not been trained on: 9 frames of 64 x 512 each. */
  async function clips(): Promise<Tensor[]> {
    const { pixels } = await readPixels(fileURLToPath(new URL("examples/assets/bunny.webp", root)));
    const corners = [
      { frame: 0, top: 0 },
      { frame: 16, top: 96 },
      { frame: 32, top: 160 },
    ];
    const parts = corners.map(({ frame, top }) =>
      crop(pixels, [range(frame, frame + 9), range(top, top + 2 * PIXELS), range(0, 16 * PIXELS)]),
    );
    const latents: Tensor[] = [];
    for (const part of parts) latents.push(await encoder.encode(part));
    return latents;
  }
});
