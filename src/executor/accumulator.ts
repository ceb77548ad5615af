import { ExecutorError, mustBe, showValue } from "../errors.js";
import type { PlanInterval, Tile, TilePlan } from "../plan.js";
import { checkTensor, createData, elementCount, type Tensor } from "../tensor.js";
import { checkInteger, checkKeys, checkObject, checkOneOf, checkRange } from "../validate.js";
import type {
  Accumulator,
  FrameChunk,
  Kernel,
  KernelFactory,
  OpenOptions,
  OutputFormat,
  TouchedPart,
  WindowShape,
} from "./types.js";

const FORMATS: readonly OutputFormat[] = ["float32", "float16", "bfloat16", "rgb24"];

interface ResolvedOptions {
  readonly batch: number;
  readonly channels: number;
  readonly format: OutputFormat;
  readonly low: number;
  readonly factor: number;
  readonly output: Tensor | undefined;
}

/**
 * Opens an accumulator on the kernel that the factory makes: all the bookkeeping of the window, so that a kernel has
 * nothing but arithmetic to do.
 */
export async function openAccumulator(
  plan: TilePlan,
  options: OpenOptions,
  createKernel: KernelFactory,
): Promise<Accumulator> {
  const resolved = resolveOptions(plan, options);
  const spans = new FrameSpans(plan);
  const { height, width } = plan.output;
  const shape = { batch: resolved.batch, channels: resolved.channels, frames: spans.windowFrames, height, width };
  return new WindowAccumulator(plan, resolved, spans, await createKernel(shape));
}

/** Bytes of the window's two float32 buffers. */
export function windowBytes({ batch, channels, frames, height, width }: WindowShape): number {
  return (batch * channels + 1) * frames * height * width * 4;
}

function resolveOptions(plan: TilePlan, options: OpenOptions): ResolvedOptions {
  checkKeys("options", checkObject("options", options), ["batch", "outputChannels", "format", "range", "output"]);
  const { batch: batchValue = 1, outputChannels = 3, range = [-1, 1] } = options;
  const batch = checkInteger("batch", batchValue, { min: 1 });
  const channels = checkInteger("outputChannels", outputChannels, { min: 1, unit: "channels" });
  const format = options.format === undefined ? "float32" : checkOneOf("format", options.format, FORMATS);
  if (format === "rgb24" && channels !== 3) {
    throw new RangeError(mustBe("outputChannels", "3 for rgb24", channels));
  }
  const [low, high] = checkRange("range", range);
  const output =
    options.output === undefined ? undefined : checkOutput(options.output, format, [batch, channels], plan);
  return { batch, channels, format, low: Math.fround(low), factor: Math.fround(255 / (high - low)), output };
}

/** Returns a tensor that a whole decode fits into, or throws. */
export function checkOutput(value: unknown, format: OutputFormat, lead: readonly number[], plan: TilePlan): Tensor {
  if (format === "rgb24") throw new TypeError("output is a tensor; it cannot hold rgb24");
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

/** Which frames each interval of the frames axis touches: those where its mask is not 0. */
class FrameSpans {
  /** By interval, and the total of frames after the last: frames before it are touched by no tile from there on. */
  readonly finalBefore: readonly number[];
  /** Frames that the window must hold at once. */
  readonly windowFrames: number;

  constructor(plan: TilePlan) {
    const spans = plan.axes.frames.map((interval) => touchedPart(interval, interval.mask.length));
    const finalBefore = [plan.output.frames];
    for (const span of spans.toReversed()) finalBefore.unshift(Math.min(finalBefore[0] ?? 0, span.start));
    const needed = spans.map((span, i) => span.start + span.mask.length - (finalBefore[i] ?? 0));
    this.finalBefore = finalBefore;
    this.windowFrames = needed.reduce((most, frames) => Math.max(most, frames), 1);
  }
}

/** The positions of the first `length` of an interval where its mask is not 0. */
function touchedPart({ outStart, mask }: PlanInterval, length: number): TouchedPart {
  let first = 0;
  let stop = Math.min(length, mask.length);
  while (first < stop && mask[first] === 0) first++;
  while (stop > first && mask[stop - 1] === 0) stop--;
  return { offset: first, start: outStart + first, mask: mask.subarray(first, stop) };
}

class WindowAccumulator implements Accumulator {
  readonly #plan: TilePlan;
  readonly #options: ResolvedOptions;
  readonly #spans: FrameSpans;
  readonly #kernel: Kernel;
  #nextTile = 0;
  #takenFrames = 0;
  #isBusy = false;
  #isClosed = false;
  #failure: unknown;

  constructor(plan: TilePlan, options: ResolvedOptions, spans: FrameSpans, kernel: Kernel) {
    this.#plan = plan;
    this.#options = options;
    this.#spans = spans;
    this.#kernel = kernel;
  }

  get finalFrames(): number {
    return this.#finalStop() - this.#takenFrames;
  }

  #finalStop(): number {
    const { frames, height, width } = this.#plan.axes;
    const interval = Math.min(Math.floor(this.#nextTile / (height.length * width.length)), frames.length);
    return this.#spans.finalBefore[interval] ?? 0;
  }

  async add(tile: Tile, pixels: Tensor): Promise<void> {
    this.#checkTile(tile);
    const { batch, channels } = this.#options;
    const { shape } = checkTensor("pixels", pixels, 5);
    const [pixelBatch, pixelChannels, frames = 0, height = 0, width = 0] = shape;
    if (pixelBatch !== batch || pixelChannels !== channels) {
      const condition = `(${batch}, ${channels}, frames, height, width)`;
      throw new RangeError(mustBe("pixels.shape", condition, shape));
    }
    const { axes } = this.#plan;
    const row = Math.floor(tile.index / axes.width.length);
    const frameInterval = intervalAt(axes.frames, Math.floor(row / axes.height.length));
    const job = {
      pixels,
      frames: touchedPart(frameInterval, frames),
      height: touchedPart(intervalAt(axes.height, row % axes.height.length), height),
      width: touchedPart(intervalAt(axes.width, tile.index % axes.width.length), width),
    };
    const isEmpty = [job.frames, job.height, job.width].some((part) => part.mask.length === 0);
    await this.#run(async () => {
      if (!isEmpty) await this.#kernel.accumulate(job);
    });
    this.#nextTile += 1;
  }

  #checkTile(tile: Tile): void {
    if (tile.index !== this.#nextTile) {
      const expected =
        this.#nextTile < this.#plan.tileCount ? `${this.#nextTile}, the next in plan order` : "none: all are added";
      throw new RangeError(mustBe("tile.index", expected, tile.index));
    }
    if (this.finalFrames > 0) {
      throw new RangeError(`the ${this.finalFrames} final frames must be taken before tile ${tile.index} is added`);
    }
  }

  async take(count: number): Promise<FrameChunk> {
    checkInteger("count", count, { min: 1, max: this.finalFrames, unit: "final frames" });
    const { batch, channels, format, low, factor, output } = this.#options;
    const { frames: totalFrames, height, width } = this.#plan.output;
    const start = this.#takenFrames;
    const pixelShape = batch === 1 ? [count, height, width, 3] : [batch, count, height, width, 3];
    const shape = format === "rgb24" ? pixelShape : [batch, channels, count, height, width];
    const target = output?.data ?? createTarget(format, shape);
    const place =
      output === undefined
        ? { targetFrames: count, targetStart: 0 }
        : { targetFrames: totalFrames, targetStart: start };
    const job = { start, count, format, low, factor, target, ...place };
    const counts = await this.#run(() => this.#kernel.normalise(job));
    this.#takenFrames += count;
    return { start, count, frames: output ?? asFrames(format, shape, target), ...counts };
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (!this.#isBusy) this.#kernel.close();
  }

  /** Runs one call on the kernel: none while another is under way, none after a failure, none after close. */
  async #run<T>(call: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new ExecutorError("the accumulator is closed");
    if (this.#isBusy) throw new ExecutorError("the accumulator must finish one add or take before the next begins");
    if (this.#failure !== undefined) {
      throw new ExecutorError("the accumulator failed earlier and takes no more", { cause: this.#failure });
    }
    this.#isBusy = true;
    try {
      return await call();
    } catch (error) {
      this.#failure = error;
      // A native rejection has no JavaScript stack of its own.
      throw new ExecutorError(error instanceof Error ? error.message : showValue(error), { cause: error });
    } finally {
      this.#isBusy = false;
      if (this.#isClosed) this.#kernel.close();
    }
  }
}

function intervalAt(intervals: readonly PlanInterval[], i: number): PlanInterval {
  const interval = intervals[i];
  if (interval === undefined) throw new RangeError(`the plan has no interval ${i}`);
  return interval;
}

function createTarget(format: OutputFormat, shape: readonly number[]): Float32Array | Uint16Array | Uint8Array {
  const count = elementCount(shape);
  try {
    return format === "rgb24" ? new Uint8Array(count) : createData(format, count);
  } catch (cause) {
    const message = `no room for ${count} elements of ${format} (${shape.join(", ")}); take fewer frames at once`;
    throw new ExecutorError(message, { cause });
  }
}

function asFrames(
  format: OutputFormat,
  shape: readonly number[],
  data: Float32Array | Uint16Array | Uint8Array,
): FrameChunk["frames"] {
  if (data instanceof Uint8Array) return { pixelFormat: "rgb24", shape, data };
  // createTarget makes a Uint8Array exactly when the format is rgb24.
  return { dtype: format as Exclude<OutputFormat, "rgb24">, shape, data };
}
