import { mustBe } from "./errors.js";
import { checkExecutorName } from "./executor/index.js";
import { checkOutput } from "./executor/open_options.js";
import type { Executor, ExecutorName, OutputFormat } from "./executor/types.js";
import type { Geometry } from "./geometry.js";
import { planTiles, type TilePlan } from "./plan.js";
import { checkTensor, DTYPES, type Dtype, type Tensor } from "./tensor.js";
import type { TileDecoder } from "./tile_decoder.js";
import type { Tiling } from "./tiling.js";
import {
  checkBoolean,
  checkFunction,
  checkInteger,
  checkKeys,
  checkObject,
  checkOneOf,
  checkRange,
} from "./validate.js";

/** How far a decode has come. */
export interface DecodeProgress {
  readonly tilesDone: number;
  readonly tileCount: number;
  /** Frames that are final and handed out. */
  readonly framesDone: number;
  readonly frameCount: number;
  readonly elapsedMs: number;
  /** Time left at the speed so far. */
  readonly etaMs: number;
  /** Values that were not a number in the frames so far. */
  readonly nanCount: number;
  /** Voxels that no tile covered in the frames so far; above 0 only with sizeMismatch "crop". */
  readonly uncoveredCount: number;
}

/** What decodeTiled and decodeFrames both take. */
export interface DecodeOptions {
  /** How latents map to frames and pixels. */
  readonly geometry: Geometry;
  /** Null, `{}` and absent: one tile. */
  readonly tiling?: Tiling | null;
  /** Name or executor. Default "auto": the first of metal, cpu, wasm that can be used here. */
  readonly executor?: Executor | ExecutorName | "auto";
  /** Tiles being decoded or waiting to be blended at once. Default 1. The result does not depend on it. */
  readonly concurrency?: number;
  /** Gives the decode up, also while a tile is being decoded. */
  readonly signal?: AbortSignal;
  /** Called after each tile and after each chunk of frames. What it throws ends the decode. */
  readonly onProgress?: (progress: DecodeProgress) => void;
  /** For the decoder only; the plan follows geometry.causal. Default geometry.causal. */
  readonly causal?: boolean;
  /** For the decoder only. */
  readonly timestep?: unknown;
  /**
   * What happens when a decoded tile has other frames, height or width than planned: an error (default), or the part
   * common to both, from the tile's origin, as the reference does.
   */
  readonly sizeMismatch?: "error" | "crop";
  /** Channels of the decoder's answer. Default 3. */
  readonly outputChannels?: number;
  /** Element type of the result. Default the latents' own. */
  readonly dtype?: Dtype;
  /** A tensor (B, C, frames, height, width) of the result's dtype to write into, such as the result of a decode before. */
  readonly output?: Tensor;
}

/** What decodeTiled takes. */
export type DecodeTiledOptions = DecodeOptions;

/** What decodeFrames takes. */
export interface DecodeFramesOptions extends DecodeOptions {
  /** Frames as bytes of red, green and blue, instead of dtype. */
  readonly pixelFormat?: "rgb24";
  /** The values that become 0 and 255 in rgb24. Default [-1, 1]. */
  readonly range?: readonly [number, number];
}

/** A decode whose every option is checked and filled in. */
export interface DecodeJob {
  readonly latents: Tensor;
  readonly decoder: TileDecoder;
  readonly plan: TilePlan;
  readonly executor: Executor | ExecutorName | "auto";
  readonly concurrency: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: DecodeProgress) => void) | undefined;
  readonly causal: boolean;
  readonly timestep: unknown;
  readonly sizeMismatch: "error" | "crop";
  readonly outputChannels: number;
  readonly format: OutputFormat;
  readonly range: readonly [number, number];
  readonly output?: Tensor | "new";
}

const COMMON_KEYS = [
  "geometry",
  "tiling",
  "executor",
  "concurrency",
  "signal",
  "onProgress",
  "causal",
  "timestep",
  "sizeMismatch",
  "outputChannels",
  "dtype",
  "output",
] as const;

/** Which options a call takes besides the common ones. */
const FRAMES_KEYS = ["pixelFormat", "range"] as const;

/** Checks everything that a decode is given and plans it. Throws TypeError or RangeError. */
export function resolveJob(latents: Tensor, decoder: TileDecoder, options: DecodeFramesOptions): DecodeJob {
  checkKeys("options", checkObject("options", options), [...COMMON_KEYS, ...FRAMES_KEYS]);
  const checked = checkTensor("latents", latents, 5);
  checkFunction("decoder", decoder);
  const [batch = 1, channels = 0, frames = 0, height = 0, width = 0] = checked.shape;
  const { geometry, tiling = null } = options;
  const plan = planTiles({ latent: { frames, height, width }, geometry, tiling });
  const { latentChannels } = plan.geometry;
  if (latentChannels !== undefined && channels !== latentChannels) {
    throw new RangeError(mustBe("latents.shape[1]", `${latentChannels}, geometry.latentChannels`, channels));
  }
  const format = resolveFormat(checked.dtype, options);
  const { output, range = [-1, 1], outputChannels: channelsValue = 3 } = options;
  const outputChannels = checkInteger("outputChannels", channelsValue, { min: 1, unit: "channels" });
  if (format === "rgb24" && outputChannels !== 3) {
    throw new RangeError(mustBe("outputChannels", "3 for rgb24", outputChannels));
  }
  const lead = [batch, outputChannels];
  return {
    latents: checked,
    decoder,
    plan,
    ...resolveRun(options),
    causal: options.causal === undefined ? plan.geometry.causal : checkBoolean("causal", options.causal),
    timestep: options.timestep,
    outputChannels,
    format,
    range: checkRange("range", range),
    ...(output === undefined ? {} : { output: checkOutput(output, format, lead, plan) }),
  };
}

function resolveFormat(latentsDtype: Dtype, { dtype, pixelFormat, range }: DecodeFramesOptions): OutputFormat {
  if (pixelFormat === undefined) {
    if (range !== undefined) throw new TypeError('range is for pixelFormat "rgb24" only');
    return dtype === undefined ? latentsDtype : checkOneOf("dtype", dtype, DTYPES);
  }
  if (dtype !== undefined) throw new TypeError("only one of dtype and pixelFormat may be given");
  return checkOneOf("pixelFormat", pixelFormat, ["rgb24"]);
}

function resolveRun({ executor = "auto", concurrency = 1, signal, onProgress, sizeMismatch = "error" }: DecodeOptions) {
  const isExecutor = typeof executor === "object" && executor !== null && typeof executor.open === "function";
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(mustBe("signal", "an AbortSignal", signal));
  }
  return {
    executor: isExecutor ? executor : checkExecutorName("executor", executor),
    concurrency: checkInteger("concurrency", concurrency, { min: 1, unit: "tiles" }),
    signal,
    onProgress: onProgress === undefined ? undefined : checkFunction("onProgress", onProgress),
    sizeMismatch: checkOneOf("sizeMismatch", sizeMismatch, ["error", "crop"]),
  };
}
