import type { FrameChunk } from "../executor/types.js";
import { bytesPerElement, type Dtype, elementCount } from "../tensor.js";
import { BesideFile } from "./beside.js";
import { writeAt } from "./file_bytes.js";
import type { FrameWriter } from "./frame_writer.js";
import { npyHeader } from "./npy.js";
import { layOutSafetensors } from "./safetensors_header.js";
import type { ResolvedSpec } from "./sink_spec.js";

/**
 * Makes the writer of an .npy or .safetensors file. The file is (B, C, frames, H, W), so a chunk's B·C planes lie far
 * apart in it; each goes straight to its place, and no more than the chunk is in memory.
 */
export async function createTensorWriter(
  kind: "npy" | "safetensors",
  path: string,
  spec: ResolvedSpec,
): Promise<FrameWriter> {
  // Boundary: the spec has been checked against the path, so that its format is no rgb24.
  const dtype = spec.format as Dtype;
  const head =
    kind === "npy"
      ? npyHeader(path, dtype, spec.shape)
      : layOutSafetensors(new Map([[spec.tensorName, { dtype, shape: spec.shape }]]), spec.metadata).head;
  const file = await BesideFile.create(path, spec.overwrite);
  try {
    await writeAt(file.handle, head, 0);
    await file.handle.truncate(head.length + elementCount(spec.shape) * bytesPerElement(dtype));
  } catch (error) {
    await file.discard();
    throw error;
  }
  return new TensorWriter(file, spec, head.length, bytesPerElement(dtype));
}

class TensorWriter implements FrameWriter {
  readonly #file: BesideFile;
  readonly #spec: ResolvedSpec;
  readonly #dataStart: number;
  readonly #elementBytes: number;

  constructor(file: BesideFile, spec: ResolvedSpec, dataStart: number, elementBytes: number) {
    this.#file = file;
    this.#spec = spec;
    this.#dataStart = dataStart;
    this.#elementBytes = elementBytes;
  }

  async write({ start, count, frames }: FrameChunk): Promise<void> {
    const { batch, channels, frames: allFrames, height, width } = this.#spec;
    const frameElements = height * width;
    for (let plane = 0; plane < batch * channels; plane++) {
      const from = plane * count * frameElements;
      const part = frames.data.subarray(from, from + count * frameElements);
      const element = (plane * allFrames + start) * frameElements;
      await writeAt(this.#file.handle, part, this.#dataStart + element * this.#elementBytes);
    }
  }

  commit(): Promise<void> {
    return this.#file.commit();
  }

  discard(): Promise<void> {
    return this.#file.discard();
  }
}
