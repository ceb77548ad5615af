import type { Tile, TilePlan } from "../plan.js";
import type { Dtype, Tensor } from "../tensor.js";

/** What finished frames are made into. */
export type OutputFormat = Dtype | "rgb24";

/** Finished frames as bytes: red, green, blue, red ... */
export interface Rgb24Frames {
  readonly pixelFormat: "rgb24";
  /** (frames, height, width, 3), or (batch, frames, height, width, 3) when batch is above 1. */
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** Finished frames, in order. */
export interface FrameChunk {
  /** Index of the first frame in the video. */
  readonly start: number;
  /** Number of frames. */
  readonly count: number;
  /**
   * (B, C, count, H, W), or rgb24. The receiver owns it. It may lie in memory of the executor, which can be cloned to
   * another thread but not transferred.
   */
  readonly frames: Tensor | Rgb24Frames;
  /** Values that were not a number: 0 in rgb24, the canonical NaN otherwise. */
  readonly nanCount: number;
  /** Voxels, one for each frame, row and column, that no tile covered: 0 in the output. */
  readonly uncoveredCount: number;
}

/** What an accumulator is opened for. */
export interface OpenOptions {
  /** Videos decoded together. Default 1. */
  readonly batch?: number;
  /** Channels of the decoder's answer. Default 3. */
  readonly outputChannels?: number;
  /** Default float32. */
  readonly format?: OutputFormat;
  /** The values that become 0 and 255 in rgb24. Default [-1, 1]. */
  readonly range?: readonly [number, number];
  /**
   * Where frames are finished instead of in tensors of their own: (B, C, frames, H, W) in `format`, or "new" for such a
   * tensor in the memory that suits the executor best.
   */
  readonly output?: Tensor | "new";
}

/** Blends the tiles of one decode. */
export interface Accumulator {
  /** Frames that are final and not yet taken. */
  readonly finalFrames: number;
  /**
   * Adds a decoded tile, (B, C, frames, height, width); tiles come in plan order, one after the other. A tensor of
   * another frames, height or width than planned counts from the tile's origin as far as both go. It is not read
   * after the promise settles. All final frames must have been taken before the first tile that lies later in time.
   */
  add(tile: Tile, pixels: Tensor): Promise<void>;
  /** Hands out the next `count` final frames and frees their room; with `output`, that tensor with the frames in it. */
  take(count: number): Promise<FrameChunk>;
  /** Frees everything, once a running add or take has ended. Calling it again does nothing. */
  close(): void;
}

/** Names of the executors, in the order in which "auto" tries them. */
export type ExecutorName = "metal" | "cpu" | "wasm";

/** Holds the float32 output and weight buffers and does all per-pixel arithmetic. */
export interface Executor {
  readonly name: ExecutorName;
  /** One line: what it runs on. */
  readonly description: string;
  /** Whether it takes subnormal numbers (below 2^-126) for 0, as GPUs do: its bytes may differ where one occurs. */
  readonly flushesSubnormals: boolean;
  /**
   * Makes room for one decode.
   * @throws TypeError or RangeError on options that cannot be, ExecutorError when the window does not fit in memory,
   * RangeError when a new output does not.
   */
  open(plan: TilePlan, options?: OpenOptions): Promise<Accumulator>;
}

/** Settings of an executor. */
export interface ExecutorOptions {
  /** Threads of the cpu executor. Default: one for each core. Does not change a byte of the result. */
  readonly threads?: number;
}

/** The part of one axis that a tile touches: the positions where its mask is not 0. */
export interface TouchedPart {
  /** First touched position in the tile's tensor (frames or pixels). */
  readonly offset: number;
  /** The same position in the video (frames or pixels). */
  readonly start: number;
  /** Weights from there on. */
  readonly mask: Float32Array;
}

/**
 * One axis of a tile, and how it meets the plan's other tiles. Positions count from `start`. A voxel is touched by no
 * earlier tile when it lies at `fresh` or after on every axis, and by no later one when before `final` on every axis.
 */
export interface TileAxis extends TouchedPart {
  /** Positions that the plan has it touch. The mask is shorter when the decoder's tile is smaller, down to nothing. */
  readonly planned: number;
  readonly fresh: number;
  readonly final: number;
}

/** What a tile really touched. */
export type TouchedBox = readonly [frames: TouchedPart, height: TouchedPart, width: TouchedPart];

/** Some positions of an axis (frames or pixels). */
export interface Span {
  readonly start: number;
  readonly stop: number;
}

/** Size of the buffers a kernel holds: a ring of frames, frame t in slot t mod frames. */
export interface WindowShape {
  readonly batch: number;
  readonly channels: number;
  /** Enough for every frame that a tile touches. */
  readonly frames: number;
  /** Enough for the frames of an interval of the frames axis that other intervals touch too; at least 1. */
  readonly carriedFrames: number;
  readonly height: number;
  readonly width: number;
}

/** How the window may be laid out. */
export interface WindowLayout extends WindowShape {
  /** Rows and columns that more than one interval of their axis touches (pixels). */
  readonly sharedRows: readonly Span[];
  readonly sharedColumns: readonly Span[];
  /** Enough for the frames that an interval of the frames axis leaves to later ones to finish; at least 1. */
  readonly lateFrames: number;
  /** Columns where a tile starts or stops, ascending: all between two of them are touched by the same tiles. */
  readonly columnCuts: readonly number[];
}

/** A tile to add. */
export interface AccumulateJob {
  /** (B, C, frames, height, width). */
  readonly pixels: Tensor;
  readonly frames: TileAxis;
  readonly height: TileAxis;
  readonly width: TileAxis;
  /** The tiles that touch the voxels final with this one, in plan order; this one is the last. */
  readonly contributors: readonly TouchedBox[];
  /** The frames that are final once every tile of this interval of the frames axis is added; none if undefined. */
  readonly finish: NormaliseJob | undefined;
}

/** Frames to finish. */
export interface NormaliseJob {
  /** Frames of the video. */
  readonly start: number;
  readonly count: number;
  readonly format: OutputFormat;
  /** rgb24 only: a value v becomes (v - low) · factor, each step rounded to float32, then clamped and rounded. */
  readonly low: number;
  readonly factor: number;
  /** (B, C, targetFrames, H, W), or (B, targetFrames, H, W, 3) in rgb24. */
  readonly target: Float32Array | Uint16Array | Uint8Array;
  /** Frames of the whole target. */
  readonly targetFrames: number;
  /** Where in the target the first frame goes. */
  readonly targetStart: number;
}

/** What was met while finishing frames. */
export interface NormaliseCounts {
  readonly nanCount: number;
  readonly uncoveredCount: number;
}

/**
 * The per-pixel work of an executor on one window. The accumulator above it has checked every argument, and has at
 * most one call under way.
 */
export interface Kernel {
  /** Adds a tile. Voxels that no later tile touches may be written to the place that `finish` gives them at once. */
  accumulate(job: AccumulateJob): Promise<void>;
  /** Sees to it that frames lie in the target, which is that of the tiles' `finish`, and frees their room. */
  normalise(job: NormaliseJob): Promise<NormaliseCounts>;
  /** An array to be a target, where one kind of memory saves a copy; else undefined. */
  createTarget?(format: OutputFormat, elements: number): NormaliseJob["target"] | undefined;
  close(): void;
}

/** Makes the kernel for a window. Throws ExecutorError when it does not fit in memory. */
export type KernelFactory = (layout: WindowLayout, format: OutputFormat) => Promise<Kernel>;
