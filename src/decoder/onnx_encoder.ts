import type { InferenceSession } from "onnxruntime-node";
import { DecoderLoadError, ModelRunError, mustBe } from "../errors.js";
import { checkTensor, type Tensor } from "../tensor.js";
import { fromOnnxTensor } from "./onnx_frames.js";
import { createOnnxTensor, describeValues, loadOnnxModel, type OnnxModel } from "./onnx_runtime.js";

/** An encoder that runs an ONNX model. */
export interface OnnxEncoder {
  /** Encodes float32 pixels (B, C, frames, height, width) to latents (B, C, F, H, W), all at once. */
  encode(pixels: Tensor): Promise<Tensor>;
  /** Frees the model. */
  close(): Promise<void>;
}

/**
 * Makes an encoder of an ONNX model, given as a file's path or as bytes, with one input and one output of five axes.
 * Needs the package onnxruntime-node, in browsers onnxruntime-web.
 * @throws (rejects with) MissingPackageError, DecoderLoadError when the model cannot be loaded or is no encoder.
 */
export async function createOnnxEncoder(
  source: string | Uint8Array,
  sessionOptions: InferenceSession.SessionOptions = {},
): Promise<OnnxEncoder> {
  const model = await loadOnnxModel(source, sessionOptions);
  const { inputs, outputs, session } = model;
  const [input, output] = [inputs[0], outputs[0]];
  const isEncoder = inputs.length === 1 && outputs.length === 1 && input?.shape.length === 5;
  if (!isEncoder || output === undefined || input.type !== "float32") {
    await session.release();
    const got = `${describeValues(inputs)} to ${describeValues(outputs)}`;
    throw new DecoderLoadError(
      model.source,
      mustBe("an encoder", "of one float32 input (B, C, F, H, W) and one output", got),
    );
  }
  return {
    encode: (pixels) => run(model, { input: input.name, output: output.name }, pixels),
    close: () => session.release(),
  };
}

async function run(
  { runtime, session, source }: OnnxModel,
  names: { readonly input: string; readonly output: string },
  pixels: Tensor,
): Promise<Tensor> {
  const { dtype, shape, data } = checkTensor("pixels", pixels, 5);
  const feeds = { [names.input]: createOnnxTensor(runtime, dtype, data, shape) };
  try {
    const result = (await session.run(feeds, [names.output]))[names.output];
    if (result === undefined) throw new Error(`gave no output ${JSON.stringify(names.output)}`);
    return await fromOnnxTensor(source, names.output, result, 5);
  } catch (cause) {
    if (cause instanceof ModelRunError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ModelRunError(source, `the run failed: ${reason}; given pixels of shape (${shape.join(", ")})`, {
      cause,
    });
  }
}
