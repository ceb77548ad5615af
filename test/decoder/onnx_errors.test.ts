import { expect } from "chai";
import type { Tensor as OnnxTensor } from "onnxruntime-node";
import type { Tensor } from "tileblend";
import { createOnnxDecoder } from "tileblend/decoder/onnx";
import { fromOnnxTensor } from "#src/decoder/onnx_frames.js";
import { loadOnnxRuntime } from "#src/decoder/onnx_runtime.js";
import { contextWith, errorOf } from "../support/decoder_context.js";
import { clashModel, enlargeModel, FREE_SHAPES, identityModel, meanModel } from "../support/onnx_models.js";

function zeros(shape: readonly number[]): Tensor {
  return { dtype: "float32", shape, data: new Float32Array(shape.reduce((product, size) => product * size, 1)) };
}

describe("what an ONNX decoder refuses", () => {
  it("options of the wrong kind", async () => {
    const refused: [unknown, unknown, string, RegExp][] = [
      ["", {}, "TypeError", /^model must be the path of an .onnx file, or its bytes in a Uint8Array, got ""/],
      [new Uint8Array(0), {}, "TypeError", /^model must be the path/],
      [7, {}, "TypeError", /^model must be the path/],
      [enlargeModel(), { threads: 2 }, "TypeError", /^options.threads is not known; options takes inputName, /],
      [enlargeModel(), { inputs: [] }, "TypeError", /^inputs must be an object/],
      [enlargeModel(), { sessionOptions: 2 }, "TypeError", /^sessionOptions must be an object/],
      [enlargeModel(), { rank: 3 }, "RangeError", /^rank must be 4 or 5, got 3/],
      [enlargeModel(), { rank: 4 }, "RangeError", /^rank must be 5, as of input "latents": float32 \(batch, 2, /],
    ];
    for (const [model, options, name, message] of refused) {
      // The wrong kinds are meant.
      const error = await errorOf(createOnnxDecoder(model as string, options as object));
      expect(error).to.have.property("name", name);
      expect(error.message).to.match(message);
    }
  });

  it("models that cannot be loaded, naming them", async () => {
    const absent = await errorOf(createOnnxDecoder("no/such.onnx"));
    expect(absent).to.have.property("name", "DecoderLoadError");
    expect(absent).to.have.property("source", "no/such.onnx");
    expect(absent.cause).to.be.instanceOf(Error);
    const broken = await errorOf(createOnnxDecoder(Uint8Array.of(1, 2, 3)));
    expect(broken.message).to.match(/^the model of 3 bytes cannot be used as a decoder: /);
  });

  it("models of other types and axes", async () => {
    const refused: [Uint8Array, RegExp][] = [
      [identityModel({ type: "bfloat16", shape: FREE_SHAPES[5] }), /onnxruntime-node cannot pass bfloat16: give the/],
      [identityModel({ type: "uint8", shape: FREE_SHAPES[5] }), /input "x": uint8 \(batch.*must be of type float32 or/],
      [identityModel({ shape: ["a", "b", "c"] }), /input "x": float32 \(a, b, c\) has neither 4 nor 5 axes/],
    ];
    for (const [model, message] of refused) {
      const error = await errorOf(createOnnxDecoder(model));
      expect(error).to.have.property("name", "DecoderLoadError");
      expect(error.message).to.match(message);
    }
  });

  it("latents that the model does not take", async () => {
    const { decoder, close } = await createOnnxDecoder(enlargeModel());
    const channels = await errorOf(Promise.resolve(decoder(zeros([1, 3, 1, 2, 2]), contextWith())));
    expect(channels).to.be.instanceOf(RangeError);
    expect(channels.message).to.equal(
      `the latents' channels must be 2, as input "latents": float32 (batch, 2, frames, height, width) of the model takes, got 3`,
    );
    const axes = await errorOf(Promise.resolve(decoder(zeros([1, 2, 2, 2]), contextWith())));
    expect(axes.message).to.match(/^latents.shape must be an array of 5 lengths/);
    await close();
  });

  it("answers that are no frames", async () => {
    const { decoder, close } = await createOnnxDecoder(meanModel());
    const error = await errorOf(Promise.resolve(decoder(zeros([1, 2, 1, 2, 2]), contextWith())));
    await close();
    expect(error).to.have.property("name", "ModelRunError");
    expect(error.message).to.contain('output "y" must be a tensor of 5 axes, got []');
  });

  it("runs that fail, saying what was given", async () => {
    const { decoder, close } = await createOnnxDecoder(clashModel());
    const error = await errorOf(Promise.resolve(decoder(zeros([1, 1, 1, 1, 2]), contextWith())));
    await close();
    expect(error).to.have.property("name", "ModelRunError");
    expect(error.message).to.match(/^the model of \d+ bytes: the run failed: /);
    expect(error.message).to.contain(
      'given "x": float32 (1, 1, 1, 1, 2); the model takes "x": float32 (batch, channels',
    );
  });

  it("a missing package, naming it and the way to install it", async () => {
    const error = await errorOf(loadOnnxRuntime(() => Promise.reject(new Error("Cannot find package\nmore"))));
    expect(error).to.have.property("name", "MissingPackageError");
    expect(error).to.have.property("packageName", "onnxruntime-node");
    expect(error.message).to.equal(
      "an .onnx decoder needs the optional package onnxruntime-node: run npm install onnxruntime-node (Cannot find package)",
    );
  });

  it("elements of another type than said", async () => {
    const onnxTensorOf = (type: string, data: unknown) =>
      ({ type, dims: [1, 1, 1, 1, 2], getData: async () => data }) as unknown as OnnxTensor;
    const bits = Uint16Array.of(0, 0x3c00, 0xc000).subarray(1);
    // Node's Float16Array is a view of other elements over the same bytes; an Int16Array stands in for it here.
    for (const view of [bits, new Int16Array(bits.buffer, bits.byteOffset, 2)]) {
      const tensor = await fromOnnxTensor("m", "y", onnxTensorOf("float16", view), 5);
      expect(tensor.data).to.deep.equal(Uint16Array.of(0x3c00, 0xc000));
    }
    for (const [type, data] of [
      ["int32", Int32Array.of(1, 2)],
      ["float32", [1, 2]],
      ["float16", [1, 2]],
    ] as const) {
      const error = await errorOf(fromOnnxTensor("m", "y", onnxTensorOf(type, data), 5));
      expect(error).to.have.property("name", "ModelRunError");
    }
  });
});
