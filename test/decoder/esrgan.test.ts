import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { Tensor } from "tileblend";
import { createOnnxDecoder, type OnnxDecoder } from "tileblend/decoder/onnx";
import { crop } from "#src/tensor.js";
import { contextWith } from "../support/decoder_context.js";
import { readRgb } from "../support/rgb_image.js";

// The tests run from build/test/decoder.
const root = new URL("../../../", import.meta.url);
const modelFile = fileURLToPath(new URL("models/esrgan-slim/esrgan-slim-x4.onnx", root));
const SCALE = 4;
/** Whole numbers from 0 up to the image's side (pixels) that the tiles' cores start at. */
const CORE_STARTS = [0, 20, 40];
const CORE_SIZE = 20;

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** How many of the pixels of all cores differ from the untiled ones, when tiles reach `context` pixels further. */
async function countDifferent({ decoder }: OnnxDecoder, image: Tensor, context: number): Promise<number> {
  const whole = await decoder(image, contextWith());
  const [, , , height = 0, width = 0] = image.shape;
  let different = 0;
  for (const top of CORE_STARTS) {
    for (const left of CORE_STARTS) {
      const [y, x] = [reach(top, height, context), reach(left, width, context)];
      const tile = await decoder(crop(image, [y, x]), contextWith());
      const core = crop(tile, [coreOf(top, y.start), coreOf(left, x.start)]);
      const expected = crop(whole, [coreOf(top, 0), coreOf(left, 0)]);
      different += Array.from(core.data).filter((value, i) => !Object.is(value, expected.data[i])).length;
    }
  }
  return different;
}

function reach(start: number, size: number, context: number) {
  return { start: Math.max(0, start - context), end: Math.min(size, start + CORE_SIZE + context) };
}

/** Where a core lies in an output whose first pixel comes from input pixel `origin`. */
function coreOf(start: number, origin: number) {
  return { start: (start - origin) * SCALE, end: (start - origin + CORE_SIZE) * SCALE };
}

describe("ESRGAN-slim", () => {
  let network: OnnxDecoder;

  before(async () => {
    network = await createOnnxDecoder(modelFile, { sessionOptions: { intraOpNumThreads: 1 } });
  });

  after(() => network.close());

  it("is the file that its card names", () => {
    const card = readFileSync(new URL("models/esrgan-slim/README.md", root), "utf8");
    expect(card).to.contain(`| \`esrgan-slim-x4.onnx\` | SHA-256 \`${sha256(readFileSync(modelFile))}\` |`);
  });

  it("takes and gives images of any size", () => {
    expect(network.info.inputs).to.deep.equal([
      { name: "input", type: "float32", shape: ["batch", 3, "height", "width"] },
    ]);
    expect(network.info.rank).to.equal(4);
  });

  it("gives the package's own sample", async () => {
    const fixtures = new URL("test/fixtures/esrgan-slim/", root);
    const image = await readRgb(new URL("input.png", fixtures));
    const expected = await readRgb(new URL("output-x4.png", fixtures));
    const { shape, data } = await network.decoder(image, contextWith());
    expect(shape).to.deep.equal(expected.shape);
    // UpscalerJS clips to 0 to 255 and rounds to whole numbers: 0.5. TensorFlow.js adds up to 1600 products of about
    // 2^9 in another order: sqrt(1600) · 2^-24 · 2^9 = 0.0012.
    const tolerance = 0.5 + 0.0012;
    const distances = Array.from(data, (value, i) => {
      return Math.abs(Math.min(255, Math.max(0, value)) - (expected.data[i] ?? Number.NaN));
    });
    expect(distances.filter((distance) => !(distance <= tolerance))).to.have.length(0);
  });

  it("gives a tile's core the untiled bytes when the tile reaches 10 pixels further, and not with 9", async () => {
    const region = { left: 80, top: 60, width: 60, height: 60 };
    const image = await readRgb(new URL("examples/assets/astronaut-256.png", root), region);
    expect(await countDifferent(network, image, 10)).to.equal(0);
    expect(await countDifferent(network, image, 9)).to.be.above(0);
  });

  it("comes out of its package again, byte for byte (TILEBLEND_ESRGAN_PACKAGE)", function () {
    const packageDirectory = process.env["TILEBLEND_ESRGAN_PACKAGE"];
    if (packageDirectory === undefined) return this.skip();
    const directory = mkdtempSync(join(tmpdir(), "tileblend-esrgan-"));
    try {
      const script = fileURLToPath(new URL("scripts/convert-esrgan.mjs", root));
      execFileSync(process.execPath, [script, packageDirectory, "-o", directory]);
      const converted = readFileSync(join(directory, "esrgan-slim-x4.onnx"));
      expect(sha256(converted)).to.equal(sha256(readFileSync(modelFile)));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
