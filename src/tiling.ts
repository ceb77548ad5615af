import type { Geometry } from "./geometry.js";
import { checkInteger, checkKeys, checkObject } from "./validate.js";

/** How one axis is tiled, in pixels (height, width) or frames. */
export interface AxisTiling {
  /** Length of a tile: at least twice the axis' scale, and a multiple of it. */
  readonly tileSize: number;
  /** How far neighbours overlap: a multiple of the scale, below tileSize. Default 0. */
  readonly overlap?: number;
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
export interface NormalAxisTiling {
  readonly path: string;
  readonly tileSize: number;
  readonly overlap: number;
}

/** A tiling in its one normal form: an entry for each tiled axis. */
export interface NormalTiling {
  readonly frames?: NormalAxisTiling;
  readonly height?: NormalAxisTiling;
  readonly width?: NormalAxisTiling;
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

/** Checks one axis' entry by itself. The planner checks it against the scale. */
export function checkAxisTiling(path: string, value: unknown): NormalAxisTiling {
  const fields = checkObject(path, value);
  checkKeys(path, fields, ["tileSize", "overlap"]);
  const unit = path.endsWith("temporal") ? "frames" : "pixels";
  const tileSize = checkInteger(`${path}.tileSize`, fields["tileSize"], { min: 1, unit });
  const overlap =
    fields["overlap"] === undefined ? 0 : checkInteger(`${path}.overlap`, fields["overlap"], { min: 0, unit });
  if (overlap >= tileSize) {
    throw new RangeError(`${path}.overlap must be below ${path}.tileSize, ${tileSize} (${unit}), got ${overlap}`);
  }
  return { path, tileSize, overlap };
}

/** The plain data that a normal form stands for, in its shortest spelling. */
export function renderTiling({ frames, height, width }: NormalTiling): Tiling {
  const isSame = height !== undefined && height.tileSize === width?.tileSize && height.overlap === width.overlap;
  const spatial = isSame ? renderAxis(height) : renderSpatial(height, width);
  return {
    ...(spatial === undefined ? {} : { spatial }),
    ...(frames === undefined ? {} : { temporal: renderAxis(frames) }),
  };
}

function renderSpatial(height?: NormalAxisTiling, width?: NormalAxisTiling): SpatialTiling | undefined {
  if (height === undefined && width === undefined) return undefined;
  return {
    ...(height === undefined ? {} : { height: renderAxis(height) }),
    ...(width === undefined ? {} : { width: renderAxis(width) }),
  };
}

function renderAxis({ tileSize, overlap }: NormalAxisTiling): Required<AxisTiling> {
  return { tileSize, overlap };
}
