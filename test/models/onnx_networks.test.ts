import { readFileSync } from "node:fs";
import { expect } from "chai";
import type { Tensor } from "tileblend";
import { createOnnxDecoder, createOnnxEncoder } from "tileblend/decoder/onnx";
import { loadBuiltinModel } from "#src/cli/builtin.js";
import { contextWith } from "../support/decoder_context.js";

interface Network {
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly stride: number;
  readonly values: readonly number[];
}

const file = new URL("../../../test/fixtures/tiny-video-vae/networks.json", import.meta.url);
const fixture: { encoder: Network; decoder: Network } = JSON.parse(readFileSync(file, "utf8"));

/**
 * The fixture is float64; ONNX Runtime adds in float32. Each of about 30 layers adds up to 9 · 2 · 256 products, an
 * error of sqrt(4608) · 2^-24 of their size when signs are random: over all layers 30 · 68 · 6e-8 on values of about 1,
 * which the encoder divides by deviations from 0.41 on.
 */
const TOLERANCE = { encoder: 3e-4, decoder: 1.3e-4 };

/** The input of training/fixture.py. */
function inputOf({ input }: Network): Tensor {
  const length = input.reduce((product, size) => product * size, 1);
  const data = Float32Array.from({ length }, (_, i) => (Math.imul(i, 2654435761) >>> 8) / 2 ** 23 - 1);
  return { dtype: "float32", shape: [...input], data };
}

function expectOutput(actual: Tensor, { output, stride, values }: Network, tolerance: number): void {
  expect(actual.shape).to.deep.equal(output);
  const largest = values.reduce((most, value, i) => {
    return Math.max(most, Math.abs((actual.data[i * stride] ?? Number.NaN) - value));
  }, 0);
  expect(largest).to.be.below(tolerance);
}

describe("ONNX files of tiny-video-vae", function () {
  this.timeout(60_000);

  it("decode as the network that they were exported from", async () => {
    const { decoderFile } = await loadBuiltinModel("tiny-video-vae");
    const { decoder, close } = await createOnnxDecoder(decoderFile);
    const made = await decoder(inputOf(fixture.decoder), contextWith());
    await close();
    expectOutput(made, fixture.decoder, TOLERANCE.decoder);
  });

  it("encode as the network that they were exported from", async () => {
    const { encoderFile } = await loadBuiltinModel("tiny-video-vae");
    const encoder = await createOnnxEncoder(encoderFile);
    const made = await encoder.encode(inputOf(fixture.encoder));
    await encoder.close();
    expectOutput(made, fixture.encoder, TOLERANCE.encoder);
  });
});
