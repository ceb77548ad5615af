import { mustBe } from "../errors.js";
import type { OutputFormat } from "../executor/types.js";
import type { PerAxis, PlanInterval, TilePlan } from "../plan.js";
import { checkInteger, checkKeys, checkObject, checkOneOf } from "../validate.js";

/** What planSummary reckons with. */
export interface SummaryOptions {
  /** Videos decoded together. Default 1. */
  readonly batch?: number;
  /** Channels of the decoder's answer. Default 3. */
  readonly channels?: number;
  /** What finished frames are made into. Default float32. */
  readonly format?: OutputFormat;
}

/** The figures of a plan. Those above 2^53 are rounded. */
export interface PlanSummary {
  /** Intervals of each axis. */
  readonly tilesPerAxis: PerAxis<number>;
  readonly tileCount: number;
  /** Latent cells in all: frames · height · width. */
  readonly latentCells: number;
  /** Latent cells that are decoded: the sum over all tiles. */
  readonly decodedCells: number;
  /** How many times a latent cell is decoded, on average: 1 without overlaps. */
  readonly redundancy: number;
  /** Frames that a tile gives a weight above 0, at most: what the executor holds at once. */
  readonly windowFrames: number;
  /** Room for the window: float32 sums of every channel, and one float32 weight for each voxel (bytes). */
  readonly windowBytes: number;
  /** The finished video in `format` (bytes). */
  readonly outputBytes: number;
}

const ELEMENT_BYTES: Readonly<Record<OutputFormat, number>> = { float32: 4, float16: 2, bfloat16: 2, rgb24: 1 };

/**
 * Reckons the figures of a plan: tiles, how often each latent cell is decoded, bytes of window and video.
 * @throws TypeError or RangeError on options that cannot be.
 */
export function planSummary(plan: TilePlan, options: SummaryOptions = {}): PlanSummary {
  checkKeys("options", checkObject("options", options), ["batch", "channels", "format"]);
  const batch = checkInteger("options.batch", options.batch ?? 1, { min: 1, unit: "videos" });
  const channels = checkInteger("options.channels", options.channels ?? 3, { min: 1, unit: "channels" });
  const formats: readonly OutputFormat[] = ["float32", "float16", "bfloat16", "rgb24"];
  const format = checkOneOf("options.format", options.format ?? "float32", formats);
  if (format === "rgb24" && channels !== 3) throw new RangeError(mustBe("options.channels", "3 for rgb24", channels));
  const { axes, latent, output } = plan;
  const framePixels = output.height * output.width;
  const windowFrames = axes.frames.reduce((most, interval) => Math.max(most, touchedLength(interval.mask)), 0);
  const latentCells = latent.frames * latent.height * latent.width;
  const decodedCells = cellsOf(axes.frames) * cellsOf(axes.height) * cellsOf(axes.width);
  return {
    tilesPerAxis: { frames: axes.frames.length, height: axes.height.length, width: axes.width.length },
    tileCount: plan.tileCount,
    latentCells,
    decodedCells,
    redundancy: decodedCells / latentCells,
    windowFrames,
    windowBytes: (batch * channels + 1) * 4 * windowFrames * framePixels,
    outputBytes: batch * channels * ELEMENT_BYTES[format] * output.frames * framePixels,
  };
}

function cellsOf(intervals: readonly PlanInterval[]): number {
  return intervals.reduce((sum, { start, end }) => sum + (end - start), 0);
}

/** Length of the part where the mask is not 0. Zeros lie at the ends only, so it looks no further than that. */
function touchedLength(mask: Float32Array): number {
  let first = 0;
  let stop = mask.length;
  while (first < stop && mask[first] === 0) first++;
  while (stop > first && mask[stop - 1] === 0) stop--;
  return stop - first;
}

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] as const;

/**
 * Prints a number of bytes in binary units, to three digits: `0 B`, `1.50 KiB`, `510 MiB`.
 * @throws RangeError for a number below 0 or not finite.
 */
export function formatBytes(bytes: number): string {
  if (!(bytes >= 0 && Number.isFinite(bytes))) throw new RangeError(mustBe("bytes", "at least 0 and finite", bytes));
  let unit = 0;
  // Not 1024: from 1023.5 on, it would be printed as 1024 of the smaller unit.
  for (let value = bytes; value >= 1023.5 && unit < BYTE_UNITS.length - 1; value /= 1024) unit++;
  const value = bytes / 1024 ** unit;
  if (unit === 0) return `${Math.round(value)} B`;
  const decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(decimals)} ${BYTE_UNITS[unit]}`;
}
