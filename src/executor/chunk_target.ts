import type { TilePlan } from "../plan.js";
import { elementCount, type Tensor } from "../tensor.js";
import type { ResolvedOptions } from "./open_options.js";
import { createTarget, type TargetMaker } from "./target_array.js";
import type { FrameChunk, NormaliseJob, OutputFormat } from "./types.js";

/** Options whose output is there, if it is wanted. */
export type TargetOptions = Omit<ResolvedOptions, "output"> & { readonly output: Tensor | undefined };

/** Some frames of the video. */
interface FrameRange {
  readonly start: number;
  readonly count: number;
}

/** Where the frames go that become final together: a tensor of their own, or their place in the caller's output. */
export class ChunkTarget {
  /** For all the frames. */
  readonly job: NormaliseJob;
  readonly #options: TargetOptions;
  /** Height and width, in front of which the frames stand, and behind. */
  readonly #pixels: readonly [number, number];

  /**
   * A tensor of its own is of the kernel's memory, if it has any for that.
   * @throws ExecutorError when there is no room for the frames.
   */
  constructor(
    options: TargetOptions,
    { output: size }: TilePlan,
    range: { start: number; stop: number },
    kernel: TargetMaker,
  ) {
    const { format, low, factor, output } = options;
    const { start } = range;
    const count = range.stop - start;
    this.#options = options;
    this.#pixels = [size.height, size.width];
    const place =
      output === undefined
        ? { target: createTarget(format, this.#shape(count), kernel), targetFrames: count, targetStart: 0 }
        : { target: output.data, targetFrames: size.frames, targetStart: start };
    this.job = { start, count, format, low, factor, ...place };
  }

  #shape(count: number): readonly number[] {
    const { batch, channels, format } = this.#options;
    if (format !== "rgb24") return [batch, channels, count, ...this.#pixels];
    return [...(batch === 1 ? [] : [batch]), count, ...this.#pixels, 3];
  }

  /** Which of the frames, and where they lie in the target. */
  place({ start, count }: FrameRange): Pick<NormaliseJob, "start" | "count" | "targetStart"> {
    return { start, count, targetStart: this.job.targetStart + start - this.job.start };
  }

  /** The frames as the caller gets them: the whole target, or a copy of a part of it. */
  frames(range: FrameRange): FrameChunk["frames"] {
    const { format, output } = this.#options;
    if (output !== undefined) return output;
    const isWhole = range.count === this.job.count;
    return asFrames(format, this.#shape(range.count), isWhole ? this.job.target : this.#copy(range));
  }

  #copy(range: FrameRange): NormaliseJob["target"] {
    const { batch, channels, format } = this.#options;
    const { target, targetFrames } = this.job;
    const copy = createTarget(format, this.#shape(range.count));
    const [planes, pixelValues] = format === "rgb24" ? [batch, 3] : [batch * channels, 1];
    const frameLength = elementCount(this.#pixels) * pixelValues;
    const length = range.count * frameLength;
    for (let plane = 0; plane < planes; plane++) {
      const from = (plane * targetFrames + this.place(range).targetStart) * frameLength;
      copy.set(target.subarray(from, from + length), plane * length);
    }
    return copy;
  }
}

function asFrames(format: OutputFormat, shape: readonly number[], data: NormaliseJob["target"]): FrameChunk["frames"] {
  if (data instanceof Uint8Array) return { pixelFormat: "rgb24", shape, data };
  // createTarget makes a Uint8Array exactly when the format is rgb24.
  return { dtype: format as Exclude<OutputFormat, "rgb24">, shape, data };
}
