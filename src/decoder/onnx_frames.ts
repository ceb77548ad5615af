import type { Tensor as OnnxTensor } from "onnxruntime-node";
import { ModelRunError, mustBe } from "../errors.js";
import { createTensor, crop, elementCount, type Tensor } from "../tensor.js";

/** Gives a tensor to the model as it is, (B, C, F, H, W) or (N, C, H, W), and returns its answer. */
export type RunModel = (input: Tensor) => Promise<Tensor>;

/**
 * Takes a tensor of ONNX Runtime over; the elements are shared.
 * @throws ModelRunError when it is no float32 or float16 tensor of `rank` axes.
 */
export async function fromOnnxTensor(source: string, name: string, value: OnnxTensor, rank: number): Promise<Tensor> {
  const path = `output ${JSON.stringify(name)}`;
  const { type, dims } = value;
  if (type !== "float32" && type !== "float16") {
    throw new ModelRunError(source, mustBe(path, "a float32 or float16 tensor", type ?? value));
  }
  if (dims.length !== rank) throw new ModelRunError(source, mustBe(path, `a tensor of ${rank} axes`, dims));
  const data: unknown = await value.getData(true);
  if (type === "float32" && data instanceof Float32Array) return { dtype: type, shape: dims, data };
  if (type === "float16" && ArrayBuffer.isView(data)) {
    // A Uint16Array of bits, or a Float16Array where the engine has one.
    return { dtype: type, shape: dims, data: new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) };
  }
  throw new ModelRunError(source, mustBe(path, `the elements of a ${type} tensor`, data));
}

/**
 * Runs an image model on each frame by itself, so that an answer does not depend on how many frames a tile has:
 * (B, C, F, H, W) goes in as F times (B, C, H, W), and comes out as (B, channels, F, height, width).
 */
export async function runFrameByFrame(source: string, latents: Tensor, run: RunModel): Promise<Tensor> {
  const [batch = 1, channels = 1, frames = 1, height = 1, width = 1] = latents.shape;
  let result: Tensor | undefined;
  for (let frame = 0; frame < frames; frame++) {
    const ranges = [
      { start: frame, end: frame + 1 },
      { start: 0, end: height },
      { start: 0, end: width },
    ];
    const answer = await run({ ...crop(latents, ranges), shape: [batch, channels, height, width] });
    result ??= createTensor(answer.dtype, insertFrames(answer.shape, frames));
    const expected = insertFrames(answer.shape, frames);
    if (expected.some((size, axis) => size !== result?.shape[axis])) {
      throw new ModelRunError(
        source,
        mustBe(`the answer for frame ${frame}`, "of the first frame's shape", answer.shape),
      );
    }
    placeFrame(answer, result, frame);
  }
  if (result === undefined) throw new RangeError(mustBe("latents.shape[2]", "at least 1 (frames)", frames));
  return result;
}

/** (B, C, H, W) with the frames put between C and H. */
function insertFrames(shape: readonly number[], frames: number): number[] {
  return [...shape.slice(0, 2), frames, ...shape.slice(2)];
}

function placeFrame(answer: Tensor, result: Tensor, frame: number): void {
  const [, , frames = 1, height = 1, width = 1] = result.shape;
  const area = height * width;
  const planes = elementCount(answer.shape) / area;
  for (let plane = 0; plane < planes; plane++) {
    const values = answer.data.subarray(plane * area, (plane + 1) * area);
    result.data.set(values, (plane * frames + frame) * area);
  }
}
