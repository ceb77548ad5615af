import { expect } from "chai";
import { Tensor as OnnxTensor } from "onnxruntime-node";
import type { Tensor } from "tileblend";
import { createOnnxDecoder, type OnnxDecoderOptions, type OnnxInputValue } from "tileblend/decoder/onnx";
import { contextWith, errorOf } from "../support/decoder_context.js";
import { addHalfModel, manyInputsModel } from "../support/onnx_models.js";

const model = manyInputsModel();
const latents: Tensor = { dtype: "float32", shape: [2, 1, 1, 1, 2], data: Float32Array.of(1, 2, 3, 4) };
const given = { gain: 10, timestep: [0.25, 0.5], steps: 100n, flag: true } as const;

async function run(options: OnnxDecoderOptions, timestep?: unknown): Promise<number[]> {
  const { decoder, close } = await createOnnxDecoder(model, { outputName: "y", ...options });
  try {
    return [...(await decoder(latents, contextWith({ timestep }))).data];
  } finally {
    await close();
  }
}

describe("inputs and outputs of an ONNX decoder", () => {
  it("gives values of every kind to the other inputs", async () => {
    const expected = [111.25, 121.25, 131.5, 141.5];
    expect(await run({ inputs: given })).to.deep.equal(expected);
    const lists = { gain: new Float64Array([10]), timestep: Float32Array.of(0.25, 0.5), steps: [100], flag: [1] };
    expect(await run({ inputs: lists })).to.deep.equal(expected);
    const tensors = {
      gain: new OnnxTensor("float32", Float32Array.of(10), []),
      timestep: { data: [0.25, 0.5], dims: [2, 1, 1, 1, 1] },
      steps: new OnnxTensor("int64", [100n], [1]),
      flag: new OnnxTensor("bool", [true], [1]),
    };
    expect(await run({ inputs: tensors })).to.deep.equal(expected);
  });

  it("gives a number to each of a batch", async () => {
    const inputs = { ...given, gain: 0, steps: 0, flag: false, timestep: 0.5 };
    expect(await run({ inputs })).to.deep.equal([0.5, 0.5, 0.5, 0.5]);
  });

  it("gives the decode's timestep to its input", async () => {
    const { timestep, ...others } = given;
    const options = { inputs: { ...others, gain: 0 }, timestepInput: "timestep" };
    expect(await run(options, 0.75)).to.deep.equal([101.75, 101.75, 101.75, 101.75]);
    expect(await run(options, [0, 1])).to.deep.equal([101, 101, 102, 102]);
    const withDefault = { ...options, inputs: { ...options.inputs, timestep } };
    expect(await run(withDefault)).to.deep.equal([101.25, 101.25, 101.5, 101.5]);
    expect((await errorOf(run(options))).message).to.match(/^timestep must be given, as input "timestep": float32/);
    expect((await errorOf(run(options, "0.5"))).message).to.match(/^timestep must be a number, a list of numbers or/);
    expect((await errorOf(run(options, [1, 2, 3]))).message).to.match(/^timestep must be of a length that fits/);
  });

  it("gives float16 numbers and bits", async () => {
    const half = addHalfModel();
    for (const offset of [1.5, [1.5], Uint16Array.of(0x3e00)]) {
      const { decoder, close } = await createOnnxDecoder(half, { inputs: { offset } });
      expect([...(await decoder(latents, contextWith())).data]).to.deep.equal([0x4100, 0x4300, 0x4480, 0x4580]);
      await close();
    }
  });

  it("takes the output that is named", async () => {
    expect(await run({ inputs: given, outputName: "negative" })).to.deep.equal([-111.25, -121.25, -131.5, -141.5]);
  });

  it("asks which input and output are meant", async () => {
    const inputs = await errorOf(createOnnxDecoder(model, { outputName: "y" }));
    expect(inputs).to.have.property("name", "DecoderLoadError");
    expect(inputs.message).to.contain('it has 5 inputs, "x": float32 (batch, channels, frames, height, width); "gain"');
    expect(inputs.message).to.contain("options.inputName says which one is meant");
    const missing = await errorOf(createOnnxDecoder(model, { outputName: "y", inputName: "x" }));
    expect(missing.message).to.contain('its inputs "gain": float32 (); "timestep": float32 (batch, 1, 1, 1, 1);');
    const outputs = await errorOf(createOnnxDecoder(model, { inputs: given }));
    expect(outputs.message).to.contain('it has 2 outputs, "y": float32');
    expect(outputs.message).to.contain("options.outputName says which one is meant");
  });

  it("refuses names that the model does not have, and a value for the latents' input", async () => {
    const refused: [OnnxDecoderOptions, RegExp][] = [
      [{ inputs: { ...given, gian: 1 } }, /^inputs\["gian"\] must be one of the inputs of the model, "x": float32/],
      [{ inputs: given, outputName: "z" }, /^outputName must be one of the outputs of the model, "y": float32/],
      [{ inputs: given, inputName: "z" }, /^inputName must be one of the inputs of the model/],
      [{ inputs: given, timestepInput: "t" }, /^timestepInput must be one of the inputs of the model/],
      [{ inputs: given, inputName: "gain" }, /^input "gain" takes the latents and cannot be given a value/],
    ];
    for (const [options, message] of refused) {
      expect((await errorOf(createOnnxDecoder(model, { outputName: "y", ...options }))).message).to.match(message);
    }
  });

  it("refuses values that an input cannot take", async () => {
    const refused: [Record<string, unknown>, string, RegExp][] = [
      [{ gain: "1" }, "TypeError", /^inputs\["gain"\] must be a number, a list of numbers or a tensor/],
      [{ gain: ["1"] }, "TypeError", /^inputs\["gain"\]\[0\] must be a number, got "1"/],
      [{ steps: 1.5 }, "RangeError", /^inputs\["steps"\]\[0\] must be a value of type int64, got 1.5/],
      [{ steps: [2n ** 63n] }, "RangeError", /must be a value of type int64, got 9223372036854775808n/],
      [{ flag: 2 }, "RangeError", /^inputs\["flag"\]\[0\] must be a value of type bool, got 2/],
      [{ steps: { data: [1, 2], dims: [1] } }, "RangeError", /^inputs\["steps"\].dims must be the shape of 2 elements/],
      [{ gain: new OnnxTensor("int32", [1], []) }, "TypeError", /^inputs\["gain"\].type must be float32/],
    ];
    for (const [change, name, message] of refused) {
      // The wrong kinds are meant.
      const inputs = { ...given, ...change } as Record<string, OnnxInputValue>;
      const error = await errorOf(createOnnxDecoder(model, { outputName: "y", inputs }));
      expect(error).to.have.property("name", name);
      expect(error.message).to.match(message);
    }
  });
});
