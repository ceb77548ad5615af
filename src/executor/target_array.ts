import { ExecutorError } from "../errors.js";
import type { TilePlan } from "../plan.js";
import { bytesPerElement, createData, type Dtype, elementCount, type Tensor } from "../tensor.js";
import { outputShape, type ResolvedOptions } from "./open_options.js";
import type { Kernel, NormaliseJob, OutputFormat } from "./types.js";

/** What may have memory of its own for targets. */
export type TargetMaker = Pick<Kernel, "createTarget">;

/**
 * Makes an array that frames are finished into, of the kernel's memory if it has any for that.
 * @throws ExecutorError when there is no room for it.
 */
export function createTarget(
  format: OutputFormat,
  shape: readonly number[],
  kernel?: TargetMaker,
): NormaliseJob["target"] {
  const count = elementCount(shape);
  try {
    return makeArray(format, count, kernel);
  } catch (cause) {
    const message = `no room for ${count} elements of ${format} (${shape.join(", ")}); use smaller temporal tiles`;
    throw new ExecutorError(message, { cause });
  }
}

/**
 * Makes the tensor of a whole decode, (B, C, frames, H, W), likewise. Its values are not set.
 * @throws RangeError when there is no room for it.
 */
export function createOutput(
  { format, batch, channels }: ResolvedOptions,
  plan: TilePlan,
  kernel: TargetMaker,
): Tensor {
  const shape = outputShape([batch, channels], plan);
  // The options say that a tensor can hold it: it is not rgb24, and so no Uint8Array.
  const dtype = format as Dtype;
  try {
    return { dtype, shape, data: makeArray(dtype, elementCount(shape), kernel) as Tensor["data"] };
  } catch (cause) {
    const bytes = elementCount(shape) * bytesPerElement(dtype);
    const ways = "decodeFrames hands out frames without holding them all";
    throw new RangeError(`the output must fit in memory, got ${bytes} bytes for shape (${shape.join(", ")}); ${ways}`, {
      cause,
    });
  }
}

function makeArray(format: OutputFormat, count: number, kernel?: TargetMaker): NormaliseJob["target"] {
  const own = kernel?.createTarget?.(format, count);
  return own ?? (format === "rgb24" ? new Uint8Array(count) : createData(format, count));
}
