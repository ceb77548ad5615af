import { type ContextCells, checkContextCells } from "./context_cells.js";
import { mustBe } from "./errors.js";
import { checkGeometry, type Geometry } from "./geometry.js";
import { AXIS_NAMES, type AxisName, type AxisTiling, type NormalTiling, renderTiling, type Tiling } from "./tiling.js";
import { checkBoolean, checkInteger, checkKeys, checkObject } from "./validate.js";

/**
 * The shortest ramps that hide a brightness step of 1 % of the range, in pixels and in frames: over them it is no more
 * visible than a step of 1/255, which every picture of 8 bits is full of. Linear ones: below 35 pixels or 18 frames they
 * hide more than smootherstep, whose middle is steeper. test/seamless_ramp.test.ts has the measure: peak response to
 * the step of Mannos and Sakrison's contrast sensitivity at 60 pixels a degree, and of Watson's temporal filter at 24
 * frames a second.
 */
export const HIDING_RAMP = /* @__PURE__ */ Object.freeze({ pixels: 18, frames: 6 });

/** Tile sizes when none is asked for (frames, pixels). */
const USUAL_SIZES: Readonly<Record<AxisName, number>> = { frames: 64, height: 512, width: 512 };

/** Longest tile in time that maxTileVoxels is spent on (latent frames). */
const MOST_TILE_CELLS = 4096;

/** What tilings.seamless takes. */
export interface SeamlessTilingOptions {
  readonly geometry: Geometry;
  /** How far the decoder looks: all the way, or as far as can be seen. */
  readonly contextCells: ContextCells;
  /**
   * Whether nothing beyond contextCells has any influence. Then tiles need no ramp: their margins meet, and a decoder
   * that gives the same pixels for the same surroundings gives the untiled bytes. Default false.
   */
  readonly isWholeReach?: boolean;
  /**
   * Tile sizes in frames and pixels; an axis without one is not tiled. Default: 64 frames and 512 pixels, each longer
   * where contextCells takes it.
   */
  readonly tileSize?: { readonly frames?: number; readonly height?: number; readonly width?: number };
  /**
   * Instead of tileSize: the most voxels of output, frames · height · width, that one tile may have. A decoder's memory
   * goes with it: measure the peak of one decode, divide by its voxels, and see how many fit.
   */
  readonly maxTileVoxels?: number;
}

/** What an axis' reach takes, in frames or pixels. */
interface AxisNeed extends Required<Omit<AxisTiling, "tileSize">> {
  readonly scale: number;
  /** The shortest legal tile. */
  readonly least: number;
}

type Needs = Readonly<Record<AxisName, AxisNeed>>;

/**
 * Chooses a tiling that leaves no seams: margins as long as the decoder looks, and between them the shortest ramp that
 * hides what brightness step is left.
 * @throws TypeError for the wrong kind, RangeError for tiles too short for the decoder's reach: it says how long they
 * must be.
 */
export function seamlessTiling(options: SeamlessTilingOptions): Tiling {
  const known = ["geometry", "contextCells", "isWholeReach", "tileSize", "maxTileVoxels"];
  checkKeys("options", checkObject("options", options), known);
  const geometry = checkGeometry("geometry", options.geometry);
  const context = checkContextCells("contextCells", options.contextCells);
  const isWholeReach = checkBoolean("isWholeReach", options.isWholeReach ?? false);
  const needs: Needs = {
    frames: needInTime(geometry, context, isWholeReach),
    height: needInSpace(geometry.heightScale, context.height, isWholeReach),
    width: needInSpace(geometry.widthScale, context.width, isWholeReach),
  };
  return renderTiling(tileWith(needs, resolveSizes(needs, geometry, options)));
}

function needInSpace(scale: number, cells: number, isWholeReach: boolean): AxisNeed {
  const margin = cells * scale;
  const ramp = isWholeReach || cells === 0 ? 0 : HIDING_RAMP.pixels;
  return axisNeed(scale, roundUp(2 * margin + ramp, scale), margin, "both");
}

/**
 * A causal tile that has a neighbour starts one cell early, and so its margin of `before` cells begins after a cell of
 * one frame only, which no other depends on.
 */
function needInTime({ temporalScale }: Geometry, { frames }: Required<ContextCells>, isWholeReach: boolean): AxisNeed {
  const isPastOnly = frames.after === 0;
  const margin = Math.max(frames.before, frames.after) * temporalScale;
  const ramp = isWholeReach || margin === 0 ? 0 : HIDING_RAMP.frames;
  const overlap = roundUp((isPastOnly ? 1 : 2) * margin + ramp, temporalScale);
  return axisNeed(temporalScale, overlap, margin, isPastOnly ? "past" : "both");
}

function axisNeed(scale: number, overlap: number, margin: number, context: AxisNeed["context"]): AxisNeed {
  return {
    scale,
    overlap,
    margin,
    ramp: "linear",
    context: margin === 0 ? "both" : context,
    least: 2 * Math.max(scale, overlap),
  };
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}

type Sizes = Readonly<Partial<Record<AxisName, number>>>;

function tileWith(needs: Needs, sizes: Sizes): NormalTiling<Required<AxisTiling>> {
  const axes = AXIS_NAMES.flatMap((axis) => {
    const tileSize = sizes[axis];
    if (tileSize === undefined) return [];
    const { overlap, margin, ramp, context } = needs[axis];
    return [[axis, { tileSize, overlap, margin, ramp, context }] as const];
  });
  return Object.fromEntries(axes);
}

function resolveSizes(needs: Needs, geometry: Geometry, options: SeamlessTilingOptions): Sizes {
  const { tileSize, maxTileVoxels } = options;
  if (tileSize !== undefined && maxTileVoxels !== undefined) {
    throw new TypeError("only one of tileSize and maxTileVoxels may be given");
  }
  if (tileSize !== undefined) return checkSizes(needs, tileSize);
  if (maxTileVoxels !== undefined) return sizesWithin(needs, geometry.causal, maxTileVoxels);
  const usual = (axis: AxisName) => Math.max(needs[axis].least, roundUp(USUAL_SIZES[axis], needs[axis].scale));
  return { frames: usual("frames"), height: usual("height"), width: usual("width") };
}

function checkSizes(needs: Needs, tileSize: unknown): Sizes {
  const fields = checkObject("tileSize", tileSize);
  checkKeys("tileSize", fields, AXIS_NAMES);
  const given = AXIS_NAMES.filter((axis) => fields[axis] !== undefined);
  return Object.fromEntries(given.map((axis) => [axis, checkSize(axis, fields[axis], needs[axis])]));
}

function checkSize(axis: AxisName, value: unknown, { scale, least }: AxisNeed): number {
  const unit = axis === "frames" ? "frames" : "pixels";
  const path = `tileSize.${axis}`;
  const size = checkInteger(path, value, { min: 1, unit });
  if (size % scale !== 0) throw new RangeError(mustBe(path, `a multiple of ${scale}, the scale (${unit})`, size));
  if (size < least) {
    throw new RangeError(mustBe(path, `at least ${least}, twice what contextCells takes as overlap (${unit})`, size));
  }
  return size;
}

/** The tile of at most `limit` voxels, as square as can be, of which the largest part is not decoded twice. */
function sizesWithin(needs: Needs, isCausal: boolean, limit: unknown): Sizes {
  const { frames, height, width } = needs;
  // A causal tile that has a neighbour makes one frame more.
  const extra = isCausal ? 1 : 0;
  const least = (frames.least + extra) * height.least * width.least;
  const voxels = checkInteger("maxTileVoxels", limit, { min: 1, max: Number.MAX_SAFE_INTEGER, unit: "voxels" });
  if (voxels < least) throw new RangeError(mustBe("maxTileVoxels", `at least ${least}, for contextCells`, voxels));
  let best: Required<Sizes> = { frames: frames.least, height: height.least, width: width.least };
  let bestShare = 0;
  const longest = frames.least + MOST_TILE_CELLS * frames.scale;
  for (let length = frames.least; length <= longest; length += frames.scale) {
    const area = voxels / (length + extra);
    if (area < height.least * width.least) break;
    const sizes = { frames: length, ...sidesWithin(needs, area) };
    const share = AXIS_NAMES.reduce((product, axis) => product * (1 - needs[axis].overlap / sizes[axis]), 1);
    if (share > bestShare) [best, bestShare] = [sizes, share];
  }
  return best;
}

/** Height and width of at most `area` pixels: as square as they can be. */
function sidesWithin({ height, width }: Needs, area: number): { readonly height: number; readonly width: number } {
  const square = Math.floor(Math.sqrt(area) / height.scale) * height.scale;
  const most = Math.floor(area / width.least / height.scale) * height.scale;
  const rows = Math.min(Math.max(square, height.least), most);
  return { height: rows, width: Math.floor(area / rows / width.scale) * width.scale };
}
