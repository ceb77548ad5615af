import { expect } from "chai";
import { decodeTiled, type Tensor } from "tileblend";
import { createOnnxDecoder, type OnnxDecoderOptions } from "tileblend/decoder/onnx";
import { contextWith, errorOf } from "../support/decoder_context.js";
import { addLargestModel, enlargeModel, identityModel, tripleModel } from "../support/onnx_models.js";
import { referenceFloat16Bits, referenceFloat16Value } from "../support/reference.js";

function latentsOf(shape: readonly number[], valueAt = (i: number) => ((i * 37) % 101) / 16 - 3): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  return { dtype: "float32", shape, data: Float32Array.from({ length: count }, (_, i) => valueAt(i)) };
}

/** Runs a model on latents by itself. */
async function runOnce(model: Uint8Array, latents: Tensor, options: OnnxDecoderOptions = {}): Promise<Tensor> {
  const { decoder, close } = await createOnnxDecoder(model, options);
  try {
    return await decoder(latents, contextWith());
  } finally {
    await close();
  }
}

describe("createOnnxDecoder", () => {
  it("runs a model of five axes on the whole tile", async () => {
    const latents = latentsOf([2, 2, 3, 4, 5]);
    const video = await runOnce(enlargeModel(), latents);
    expect(video.shape).to.deep.equal([2, 2, 6, 8, 10]);
    const expected = Float32Array.from({ length: video.data.length }, (_, i) => {
      const [x, y, t, plane] = [i % 10, Math.floor(i / 10) % 8, Math.floor(i / 80) % 6, Math.floor(i / 480)];
      const from = ((plane * 3 + Math.floor(t / 2)) * 4 + Math.floor(y / 2)) * 5 + Math.floor(x / 2);
      return (latents.data[from] ?? 0) + (plane % 2 === 0 ? 0.5 : -0.25);
    });
    expect(video.data).to.deep.equal(expected);
  });

  it("says what the model takes and gives", async () => {
    const { info, close } = await createOnnxDecoder(enlargeModel());
    await close();
    expect(info).to.deep.equal({
      inputs: [{ name: "latents", type: "float32", shape: ["batch", 2, "frames", "height", "width"] }],
      outputs: [{ name: "video", type: "float32", shape: ["batch", 2, "2f", "2h", "2w"] }],
      inputName: "latents",
      outputName: "video",
      rank: 5,
      dtype: "float32",
      outputDtype: "float32",
    });
  });

  it("runs an image model on each frame by itself", async () => {
    const latents = latentsOf([2, 3, 4, 2, 2], (i) => i);
    const video = await runOnce(addLargestModel(), latents);
    expect(video.shape).to.deep.equal([2, 3, 4, 2, 2]);
    // The largest value of frame t is the last of its four in the last channel of the last item: 80 + 4 t + 3.
    const expected = Float32Array.from(latents.data, (value, i) => value + 83 + 4 * (Math.floor(i / 4) % 4));
    expect(video.data).to.deep.equal(expected);
  });

  it("takes and gives float16", async () => {
    const latents = latentsOf([1, 1, 1, 4, 25]);
    const video = await runOnce(tripleModel("float16", Uint16Array.of(0x4200)), latents);
    expect(video.dtype).to.equal("float16");
    // 3 · v of a float16 v is exact in float32, so that it is rounded once, as in the model.
    const half = (value: number) => Math.sign(value) * referenceFloat16Value(referenceFloat16Bits(value) & 0x7fff);
    const expected = Array.from(latents.data, (value) => referenceFloat16Bits(3 * half(value)));
    expect([...video.data]).to.deep.equal(expected);
  });

  it("gives a float32 model the values of float16 and bfloat16 latents", async () => {
    const model = tripleModel("float32", Float32Array.of(3));
    const half: Tensor = { dtype: "float16", shape: [1, 1, 1, 1, 2], data: Uint16Array.of(0x3c00, 0xb800) };
    expect((await runOnce(model, half)).data).to.deep.equal(Float32Array.of(3, -1.5));
    const brain: Tensor = { ...half, dtype: "bfloat16", data: Uint16Array.of(0x3f80, 0xbf00) };
    expect((await runOnce(model, brain)).data).to.deep.equal(Float32Array.of(3, -1.5));
  });

  it("takes the number of axes from options where the model does not tell it", async () => {
    const model = identityModel({});
    const error = await errorOf(createOnnxDecoder(model));
    expect(error).to.have.property("name", "DecoderLoadError");
    expect(error.message).to.contain("does not tell its axes: options.rank gives their number, 4 or 5");
    const latents = latentsOf([1, 2, 3, 4, 5]);
    for (const rank of [4, 5] as const) {
      expect(await runOnce(model, latents, { rank })).to.deep.equal({ ...latents, data: latents.data });
    }
  });

  it("decodes tiles, several at once, to the same bytes", async () => {
    const { decoder, close } = await createOnnxDecoder(enlargeModel());
    const geometry = { temporalScale: 2, heightScale: 2, widthScale: 2, causal: false };
    const tiling = { spatial: { tileSize: 8, overlap: 4 }, temporal: { tileSize: 4, overlap: 2 } };
    const latents = latentsOf([1, 2, 5, 9, 11]);
    const options = { geometry, tiling, executor: "wasm", outputChannels: 2 } as const;
    const one = await decodeTiled(latents, decoder, options);
    const four = await decodeTiled(latents, decoder, { ...options, concurrency: 4 });
    await close();
    expect(four.data).to.deep.equal(one.data);
    expect(one.shape).to.deep.equal([1, 2, 10, 18, 22]);
  });

  it("passes session options on", async () => {
    const sessionOptions = { executionProviders: ["no-such-provider"] };
    const error = await errorOf(createOnnxDecoder(enlargeModel(), { sessionOptions }));
    expect(error).to.have.property("name", "DecoderLoadError");
  });

  it("looks at the signal before each frame", async () => {
    const { decoder, close } = await createOnnxDecoder(addLargestModel());
    let looks = 0;
    const signal = new AbortController().signal;
    signal.throwIfAborted = () => {
      looks += 1;
      if (looks === 3) throw new Error("given up");
    };
    const error = await errorOf(Promise.resolve(decoder(latentsOf([1, 1, 5, 2, 2]), contextWith({ signal }))));
    await close();
    expect(error.message).to.equal("given up");
    expect(looks).to.equal(3);
  });

  it("closes once what is running has ended, and only once", async () => {
    const { decoder, close } = await createOnnxDecoder(addLargestModel());
    const running = decoder(latentsOf([1, 1, 3, 2, 2]), contextWith());
    await Promise.all([close(), close()]);
    expect((await running).shape).to.deep.equal([1, 1, 3, 2, 2]);
    const error = await errorOf(Promise.resolve(decoder(latentsOf([1, 1, 3, 2, 2]), contextWith())));
    expect(error.message).to.contain("the decoder is closed");
  });
});
