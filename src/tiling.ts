import { mustBe } from "./errors.js";
import type { Geometry } from "./geometry.js";
import { checkInteger, checkKeys, checkObject, checkOneOf } from "./validate.js";

/** How a weight rises from 0 to 1 over a ramp: in a straight line, or as smootherstep, 6x^5 - 15x^4 + 10x^3. */
export type RampShape = "linear" | "smooth";

/**
 * Which of a tile's inner edges lack context: both, or in time, for a decoder that never looks ahead, only the one
 * towards the past.
 */
export type ContextSides = "both" | "past";

/** How one axis is tiled, in pixels (height, width) or frames. */
export interface AxisTiling {
  /** Length of a tile: at least twice the axis' scale, and a multiple of it. */
  readonly tileSize: number;
  /** How far neighbours overlap: a multiple of the scale, below tileSize. Default 0. */
  readonly overlap?: number;
  /**
   * Length at an inner edge that is decoded for its context only and has weight 0: at most half the overlap, or all of
   * it when only the past is missing; above 0 only with an overlap of at most half the tile. Default 0.
   */
  readonly margin?: number;
  /** How weights change over what the margins leave of the overlap. Default "linear". */
  readonly ramp?: RampShape;
  /** Which inner edges have the margin; "past" in time only. Default "both". */
  readonly context?: ContextSides;
}

/** Height and width tiled apart. An absent axis is one tile. */
export interface SpatialTiling {
  readonly height?: AxisTiling;
  readonly width?: AxisTiling;
}

/** How a video is tiled. Plain data; an absent part is not tiled. */
export interface Tiling {
  /** In pixels; the same for height and width, or each its own. */
  readonly spatial?: AxisTiling | SpatialTiling | null;
  /** In frames. */
  readonly temporal?: AxisTiling | null;
}

/** One axis as the planner takes it, with the path that its messages name. */
export interface NormalAxisTiling extends Required<AxisTiling> {
  readonly path: string;
}

/** The fields of an axis' tiling, in the order of the planner's request. */
export const AXIS_TILING_KEYS = ["tileSize", "overlap", "margin", "ramp", "context"] as const;

/** Ramps and contexts by the planner's number. */
export const RAMP_SHAPES = ["linear", "smooth"] as const;
export const CONTEXT_SIDES = ["both", "past"] as const;

/** A tiling in its one normal form: an entry for each tiled axis. */
export interface NormalTiling<T extends Required<AxisTiling> = NormalAxisTiling> {
  readonly frames?: T;
  readonly height?: T;
  readonly width?: T;
}

/** Names of the axes, in the order of every record and shape. */
export const AXIS_NAMES = ["frames", "height", "width"] as const;

/** Name of an axis. */
export type AxisName = (typeof AXIS_NAMES)[number];

/** An axis' scale: frames or pixels a latent cell. */
export function axisScale(geometry: Geometry, axis: AxisName): number {
  if (axis === "frames") return geometry.temporalScale;
  return axis === "height" ? geometry.heightScale : geometry.widthScale;
}

/**
 * Brings every spelling of a tiling to its normal form. Whether sizes fit a geometry is the planner's to say.
 * @throws TypeError for the wrong kind or an unknown key, RangeError for a size that no geometry allows.
 */
export function normaliseTiling(path: string, value: unknown): NormalTiling {
  if (value === null || value === undefined) return {};
  const fields = checkObject(path, value);
  checkKeys(path, fields, ["spatial", "temporal"]);
  const { spatial, temporal } = fields;
  const frames = isAbsent(temporal) ? undefined : checkAxisTiling(`${path}.temporal`, temporal);
  const space = isAbsent(spatial) ? {} : normaliseSpatial(`${path}.spatial`, spatial);
  return frames === undefined ? space : { frames, ...space };
}

function normaliseSpatial(path: string, value: unknown): NormalTiling {
  const fields = checkObject(path, value);
  if (!("height" in fields || "width" in fields)) {
    if (Object.keys(fields).length === 0) return {};
    const both = checkAxisTiling(path, fields);
    return { height: both, width: both };
  }
  checkKeys(path, fields, ["height", "width"]);
  const { height, width } = fields;
  return {
    ...(isAbsent(height) ? {} : { height: checkAxisTiling(`${path}.height`, height) }),
    ...(isAbsent(width) ? {} : { width: checkAxisTiling(`${path}.width`, width) }),
  };
}

function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

/** Checks one axis' entry by itself. The planner checks it against the scale, and the margin against the overlap. */
export function checkAxisTiling(path: string, value: unknown): NormalAxisTiling {
  const fields = checkObject(path, value);
  checkKeys(path, fields, AXIS_TILING_KEYS);
  const isTemporal = path.endsWith("temporal");
  const unit = isTemporal ? "frames" : "pixels";
  const { overlap: overlapValue = 0, margin = 0, ramp = "linear", context = "both" } = fields;
  const tileSize = checkInteger(`${path}.tileSize`, fields["tileSize"], { min: 1, unit });
  const overlap = checkInteger(`${path}.overlap`, overlapValue, { min: 0, unit });
  if (overlap >= tileSize) {
    throw new RangeError(`${path}.overlap must be below ${path}.tileSize, ${tileSize} (${unit}), got ${overlap}`);
  }
  const sides = checkOneOf(`${path}.context`, context, CONTEXT_SIDES);
  if (sides === "past" && !isTemporal) {
    throw new RangeError(mustBe(`${path}.context`, '"both": only time has a past', sides));
  }
  return {
    path,
    tileSize,
    overlap,
    margin: checkInteger(`${path}.margin`, margin, { min: 0, unit }),
    ramp: checkOneOf(`${path}.ramp`, ramp, RAMP_SHAPES),
    context: sides,
  };
}

/** The plain data that a normal form stands for, in its shortest spelling. */
export function renderTiling({ frames, height, width }: NormalTiling<Required<AxisTiling>>): Tiling {
  const isSame = height !== undefined && AXIS_TILING_KEYS.every((key) => height[key] === width?.[key]);
  const spatial = isSame ? renderAxis(height) : renderSpatial(height, width);
  return {
    ...(spatial === undefined ? {} : { spatial }),
    ...(frames === undefined ? {} : { temporal: renderAxis(frames) }),
  };
}

function renderSpatial(height?: Required<AxisTiling>, width?: Required<AxisTiling>): SpatialTiling | undefined {
  if (height === undefined && width === undefined) return undefined;
  return {
    ...(height === undefined ? {} : { height: renderAxis(height) }),
    ...(width === undefined ? {} : { width: renderAxis(width) }),
  };
}

/** One axis in its shortest spelling: tile size and overlap, and what differs from the default. */
export function renderAxis({ tileSize, overlap, margin, ramp, context }: Required<AxisTiling>): AxisTiling {
  return {
    tileSize,
    overlap,
    ...(margin === 0 ? {} : { margin }),
    ...(ramp === "linear" ? {} : { ramp }),
    ...(context === "both" ? {} : { context }),
  };
}
