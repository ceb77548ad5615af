import { ExecutorError, mustBe, showValue } from "../errors.js";
import type { Tile, TilePlan } from "../plan.js";
import { checkTensor, type Tensor } from "../tensor.js";
import { checkInteger } from "../validate.js";
import { ChunkTarget, type TargetOptions } from "./chunk_target.js";
import { resolveOptions } from "./open_options.js";
import { AxisSpans } from "./spans.js";
import { createOutput } from "./target_array.js";
import type {
  AccumulateJob,
  Accumulator,
  FrameChunk,
  Kernel,
  KernelFactory,
  OpenOptions,
  TouchedBox,
  WindowLayout,
} from "./types.js";

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
  const { batch, channels, format } = resolved;
  const spans = new TileSpans(plan);
  const kernel = await createKernel({ batch, channels, ...spans.window }, format);
  try {
    const output = resolved.output === "new" ? createOutput(resolved, plan, kernel) : resolved.output;
    return new WindowAccumulator(plan, { ...resolved, output }, spans, kernel);
  } catch (error) {
    kernel.close();
    throw error;
  }
}

/** Lengths of a tile's frames, height and width. */
type TileSize = readonly [frames: number, height: number, width: number];

/** Position of a tile on the axes. */
type TilePosition = readonly [frames: number, height: number, width: number];

/** What the tiles of a plan touch, and what they really did. */
class TileSpans {
  readonly frames: AxisSpans;
  readonly #height: AxisSpans;
  readonly #width: AxisSpans;
  readonly #rows: number;
  readonly #columns: number;
  /** Of a window that holds what the tiles touch. */
  readonly window: Omit<WindowLayout, "batch" | "channels">;
  /** The tiles that are not of the planned size and touch frames that are not final, by index. */
  readonly #otherSizes = new Map<number, TileSize>();

  constructor({ axes, output }: TilePlan) {
    this.frames = new AxisSpans("frames", axes.frames, output.frames);
    this.#height = new AxisSpans("rows", axes.height, output.height);
    this.#width = new AxisSpans("columns", axes.width, output.width);
    this.#rows = axes.height.length;
    this.#columns = axes.width.length;
    this.window = {
      frames: this.frames.longest,
      carriedFrames: Math.max(1, this.frames.longestShared),
      lateFrames: Math.max(1, this.frames.longestLate),
      height: output.height,
      width: output.width,
      sharedRows: this.#height.shared,
      sharedColumns: this.#width.shared,
      columnCuts: this.#width.cuts,
    };
  }

  /** Which interval of the frames axis a tile is in. */
  frameInterval(index: number): number {
    return Math.floor(index / (this.#rows * this.#columns));
  }

  #indexOf([frames, height, width]: TilePosition): number {
    return (frames * this.#rows + height) * this.#columns + width;
  }

  /** Notes the size of the tile that is added, unless it is the planned one. */
  note({ index, output }: Tile, size: TileSize): void {
    const [oldest = 0] = this.frames.contributorsTo(this.frameInterval(index));
    for (const noted of this.#otherSizes.keys()) {
      if (this.frameInterval(noted) < oldest) this.#otherSizes.delete(noted);
    }
    const planned = [output.frames, output.height, output.width].map(({ start, stop }) => stop - start);
    if (size.some((length, axis) => length < (planned[axis] ?? 0))) this.#otherSizes.set(index, size);
  }

  /** How a tile of this size lies among the others. */
  job({ index }: Tile, size: TileSize): Omit<AccumulateJob, "pixels" | "finish"> {
    const row = Math.floor(index / this.#columns);
    const position = [this.frameInterval(index), row % this.#rows, index % this.#columns] as const;
    return {
      frames: this.frames.tileAxis(position[0], size[0]),
      height: this.#height.tileAxis(position[1], size[1]),
      width: this.#width.tileAxis(position[2], size[2]),
      contributors: [...this.#contributorsTo(position)],
    };
  }

  *#contributorsTo([f, h, w]: TilePosition): Generator<TouchedBox> {
    const [heights, widths] = [this.#height.contributorsTo(h), this.#width.contributorsTo(w)];
    for (const frames of this.frames.contributorsTo(f)) {
      for (const height of heights) for (const width of widths) yield this.#touched([frames, height, width]);
    }
  }

  #touched(position: TilePosition): TouchedBox {
    const all = Number.POSITIVE_INFINITY;
    const [frames, height, width] = this.#otherSizes.get(this.#indexOf(position)) ?? [all, all, all];
    const [f, h, w] = position;
    return [this.frames.touched(f, frames), this.#height.touched(h, height), this.#width.touched(w, width)];
  }
}

class WindowAccumulator implements Accumulator {
  readonly #plan: TilePlan;
  readonly #options: TargetOptions;
  readonly #spans: TileSpans;
  readonly #kernel: Kernel;
  /** Where the frames go that are final with the interval that is being added. */
  #chunk: ChunkTarget | undefined;
  #nextTile = 0;
  #takenFrames = 0;
  #isBusy = false;
  #isClosed = false;
  #failure: unknown;

  constructor(plan: TilePlan, options: TargetOptions, spans: TileSpans, kernel: Kernel) {
    this.#plan = plan;
    this.#options = options;
    this.#spans = spans;
    this.#kernel = kernel;
  }

  get finalFrames(): number {
    const interval = this.#spans.frameInterval(this.#nextTile);
    return this.#spans.frames.finalBefore(interval) - this.#takenFrames;
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
    const size = [frames, height, width] as const;
    await this.#run(() => {
      this.#spans.note(tile, size);
      const finish = this.#chunkOf(tile)?.job;
      return this.#kernel.accumulate({ pixels, ...this.#spans.job(tile, size), finish });
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

  /** Where the frames go that are final with the tile's interval. */
  #chunkOf(tile: Tile): ChunkTarget | undefined {
    const start = this.#takenFrames;
    const stop = this.#spans.frames.finalBefore(this.#spans.frameInterval(tile.index) + 1);
    if (stop > start) this.#chunk ??= new ChunkTarget(this.#options, this.#plan, { start, stop }, this.#kernel);
    return this.#chunk;
  }

  async take(count: number): Promise<FrameChunk> {
    checkInteger("count", count, { min: 1, max: this.finalFrames, unit: "final frames" });
    const range = { start: this.#takenFrames, count };
    return this.#run(async () => {
      const chunk = this.#chunk;
      if (chunk === undefined) throw new Error("final frames have a target since their first tile");
      const counts = await this.#kernel.normalise({ ...chunk.job, ...chunk.place(range) });
      this.#takenFrames += count;
      if (this.finalFrames === 0) this.#chunk = undefined;
      return { ...range, frames: chunk.frames(range), ...counts };
    });
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
