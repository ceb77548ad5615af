import { planner } from "./planner.js";
import { seamlessTiling } from "./seamless.js";
import { AXIS_TILING_KEYS, type AxisTiling, checkAxisTiling, renderAxis, type Tiling } from "./tiling.js";
import { checkInteger, checkKeys, checkObject } from "./validate.js";

/** Size of the video and the thresholds above which it is tiled. */
export interface AutoTilingOptions {
  /** Pixels. */
  readonly height: number;
  /** Pixels. */
  readonly width: number;
  readonly numFrames: number;
  /** Tiles in space when height or width is above this (pixels). Default 512. */
  readonly spatialThreshold?: number;
  /** Tiles in time when there are more frames than this. Default 65. */
  readonly temporalThreshold?: number;
}

/**
 * Tilings as plain data. All but `seamless` are presets of the reference. Source: mlx-video tiling.py TilingConfig
 * \@e4cdbb7.
 */
export const tilings = /* @__PURE__ */ Object.freeze({
  /** 512 px tiles overlapping by 64, 64 frames by 24. */
  default: (): Tiling => preset("PRESET_DEFAULT"),
  /** Tiles in space only: 512 px overlapping by 64 unless told otherwise. */
  spatialOnly: (options: Partial<AxisTiling> = {}): Tiling => oneAxis("spatial", "PRESET_SPATIAL_ONLY", options),
  /** Tiles in time only: 64 frames overlapping by 24 unless told otherwise. */
  temporalOnly: (options: Partial<AxisTiling> = {}): Tiling => oneAxis("temporal", "PRESET_TEMPORAL_ONLY", options),
  /** 256 px tiles overlapping by 64, 32 frames by 8: little memory. */
  aggressive: (): Tiling => preset("PRESET_AGGRESSIVE"),
  /** 768 px tiles overlapping by 64, 96 frames by 24: fewer tiles. */
  conservative: (): Tiling => preset("PRESET_CONSERVATIVE"),
  /** One tile. */
  none: (): Tiling => ({}),
  /** The tiling that a video of this size gets, or null when it needs none. */
  auto,
  /** Tiles that leave the seams out, for a decoder of which it is known how far it looks. */
  seamless: seamlessTiling,
});

type PresetName =
  | "PRESET_DEFAULT"
  | "PRESET_SPATIAL_ONLY"
  | "PRESET_TEMPORAL_ONLY"
  | "PRESET_AGGRESSIVE"
  | "PRESET_CONSERVATIVE";

function preset(name: PresetName): Tiling {
  const number = planner.constant(name);
  return readTiling(
    planner.call(
      (role) => role,
      (functions) => functions.preset_tiling(number),
    ),
  );
}

function readTiling(bytes: Uint8Array<ArrayBuffer>): Tiling {
  const view = new DataView(bytes.buffer);
  const axisAt = (offset: number) => ({
    tileSize: view.getInt32(offset, true),
    overlap: view.getInt32(offset + 4, true),
  });
  const [spatial, temporal] = [axisAt(0), axisAt(8)];
  return { ...(spatial.tileSize > 0 ? { spatial } : {}), ...(temporal.tileSize > 0 ? { temporal } : {}) };
}

function oneAxis(part: "spatial" | "temporal", name: PresetName, options: Partial<AxisTiling>): Tiling {
  checkKeys("options", checkObject("options", options), AXIS_TILING_KEYS);
  const defaults = preset(name)[part];
  return { [part]: renderAxis(checkAxisTiling(part, { ...defaults, ...definedOnly(options) })) };
}

function definedOnly(options: Partial<AxisTiling>): Partial<AxisTiling> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function auto(options: AutoTilingOptions): Tiling | null {
  const known = ["height", "width", "numFrames", "spatialThreshold", "temporalThreshold"];
  checkKeys("options", checkObject("options", options), known);
  const { spatialThreshold = 512, temporalThreshold = 65 } = options;
  const height = checkInteger("height", options.height, { min: 1, unit: "pixels" });
  const width = checkInteger("width", options.width, { min: 1, unit: "pixels" });
  const numFrames = checkInteger("numFrames", options.numFrames, { min: 1, unit: "frames" });
  checkInteger("spatialThreshold", spatialThreshold, { min: 0, unit: "pixels" });
  checkInteger("temporalThreshold", temporalThreshold, { min: 0, unit: "frames" });
  const bytes = planner.call(
    (role) => role,
    (functions) => functions.auto_tiling(height, width, numFrames, spatialThreshold, temporalThreshold),
  );
  return bytes.length === 0 ? null : readTiling(bytes);
}
