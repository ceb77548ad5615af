import { mustBe } from "../errors.js";
import type { TilePlan } from "../plan.js";
import { checkTensor, type Tensor } from "../tensor.js";
import { checkInteger, checkKeys, checkObject, checkOneOf, checkRange } from "../validate.js";
import type { OpenOptions, OutputFormat } from "./types.js";

const FORMATS: readonly OutputFormat[] = ["float32", "float16", "bfloat16", "rgb24"];

/** Options whose every field is checked and filled in. */
export interface ResolvedOptions {
  readonly batch: number;
  readonly channels: number;
  readonly format: OutputFormat;
  readonly low: number;
  readonly factor: number;
  readonly output: Tensor | "new" | undefined;
}

/**
 * Checks what an accumulator is opened for.
 * @throws TypeError for the wrong kind, RangeError for the wrong size.
 */
export function resolveOptions(plan: TilePlan, options: OpenOptions): ResolvedOptions {
  checkKeys("options", checkObject("options", options), ["batch", "outputChannels", "format", "range", "output"]);
  const { batch: batchValue = 1, outputChannels = 3, range = [-1, 1] } = options;
  const batch = checkInteger("batch", batchValue, { min: 1 });
  const channels = checkInteger("outputChannels", outputChannels, { min: 1, unit: "channels" });
  const format = options.format === undefined ? "float32" : checkOneOf("format", options.format, FORMATS);
  if (format === "rgb24" && channels !== 3) {
    throw new RangeError(mustBe("outputChannels", "3 for rgb24", channels));
  }
  const [low, high] = checkRange("range", range);
  const { output: wanted } = options;
  if (wanted === "new") checkHoldable(format);
  const output =
    wanted === undefined || wanted === "new" ? wanted : checkOutput(wanted, format, [batch, channels], plan);
  return { batch, channels, format, low: Math.fround(low), factor: Math.fround(255 / (high - low)), output };
}

function checkHoldable(format: OutputFormat): void {
  if (format === "rgb24") throw new TypeError("output is a tensor; it cannot hold rgb24");
}

/** Returns a tensor that a whole decode fits into, or throws. */
export function checkOutput(value: unknown, format: OutputFormat, lead: readonly number[], plan: TilePlan): Tensor {
  checkHoldable(format);
  const output = checkTensor("output", value, 5);
  if (output.dtype !== format) throw new TypeError(mustBe("output.dtype", format, output.dtype));
  const expected = outputShape(lead, plan);
  if (expected.some((size, axis) => size !== output.shape[axis])) {
    throw new RangeError(mustBe("output.shape", `(${expected.join(", ")})`, output.shape));
  }
  return output;
}

/** Shape of a whole decode, (B, C, frames, height, width), from its (B, C). */
export function outputShape(lead: readonly number[], { output }: TilePlan): readonly number[] {
  return [...lead, output.frames, output.height, output.width];
}
