import { InvalidArgumentError } from "commander";
import { mustBe } from "../errors.js";
import { checkGeometry, type Geometry, geometries } from "../geometry.js";
import type { PerAxis } from "../plan.js";
import { tilings } from "../presets.js";
import {
  AXIS_NAMES,
  type AxisTiling,
  CONTEXT_SIDES,
  RAMP_SHAPES,
  renderAxis,
  type SpatialTiling,
  type Tiling,
} from "../tiling.js";
import { checkInteger } from "../validate.js";
import { UsageError } from "./usage.js";

/** What --spatial, --height, --width and --temporal give. (Commander takes null for an empty string.) */
export type AxisOption = AxisTiling | "none";

/** The options that say how a decode is tiled. */
export interface TilingOptions {
  readonly tiling?: string;
  readonly spatial?: AxisOption;
  readonly height?: AxisOption;
  readonly width?: AxisOption;
  readonly temporal?: AxisOption;
}

const WHOLE_NUMBER = /^\d+$/;

/** Reads `16x17x30`: latent frames, height, width. */
export function parseLatent(text: string): PerAxis<number> {
  const parts = text.split("x");
  if (parts.length !== 3 || !parts.every((part) => WHOLE_NUMBER.test(part))) {
    throw new InvalidArgumentError("It must be FRAMESxHEIGHTxWIDTH in latent cells, such as 16x17x30.");
  }
  const [frames = 0, height = 0, width = 0] = parts.map(Number);
  return { frames, height, width };
}

const AXIS_HELP =
  "It must be TILE, TILE:OVERLAP or TILE:OVERLAP:MARGIN, with smooth or linear and past or both after it as needed, " +
  "or none, such as 512:64 or 512:128:44:smooth.";

/**
 * Reads `512`, `512:64`, `512:128:44:smooth`, `64:24:24:past` or `none`: tile size, overlap and margin in pixels or
 * frames, then ramp and context, in any order.
 */
export function parseAxisTiling(text: string): AxisOption {
  if (text === "none") return text;
  const parts = text.split(":");
  const sizes = parts.filter((part) => WHOLE_NUMBER.test(part));
  const words = parts.slice(sizes.length);
  const [tileSize, overlap = 0, margin = 0] = sizes.map(Number);
  const ramps = RAMP_SHAPES.filter((name) => words.includes(name));
  const contexts = CONTEXT_SIDES.filter((name) => words.includes(name));
  const isKnown = words.length === ramps.length + contexts.length && ramps.length <= 1 && contexts.length <= 1;
  if (tileSize === undefined || sizes.length > 3 || !isKnown) throw new InvalidArgumentError(AXIS_HELP);
  const [ramp = "linear"] = ramps;
  const [context = "both"] = contexts;
  return renderAxis({ tileSize, overlap, margin, ramp, context });
}

/** Reads `0:255` or `-1:1`: two numbers. */
export function parseRange(text: string): readonly [number, number] {
  const [low, high, ...rest] = text.split(":").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (low === undefined || high === undefined || rest.length > 0 || !Number.isFinite(low) || !Number.isFinite(high)) {
    throw new InvalidArgumentError("It must be LOW:HIGH, such as -1:1 or 0:255.");
  }
  return [low, high];
}

/** Reads a whole number from 1 on. */
export function parseCount(text: string): number {
  const value = Number(text);
  if (!(WHOLE_NUMBER.test(text) && Number.isSafeInteger(value) && value >= 1)) {
    throw new InvalidArgumentError("It must be a whole number from 1 on.");
  }
  return value;
}

/** Reads a number. */
export function parseNumber(text: string): number {
  if (text.trim() === "" || !Number.isFinite(Number(text))) throw new InvalidArgumentError("It must be a number.");
  return Number(text);
}

/** Reads a number above 0. */
export function parsePositive(text: string): number {
  const value = Number(text);
  if (!(Number.isFinite(value) && value > 0)) throw new InvalidArgumentError("It must be a number above 0.");
  return value;
}

const GEOMETRY_HELP =
  "It must be ltx, wan21, hunyuan-video, image:SCALE, TEMPORAL,HEIGHT,WIDTH,causal|whole[,CHANNELS], or JSON.";

/** Reads a geometry: a name, `image:2`, `8,32,32,causal,128`, or JSON. */
export function parseGeometry(text: string): Geometry {
  const name = text.toLowerCase().replaceAll("-", "");
  if (name === "ltx") return geometries.ltx;
  if (name === "wan21") return geometries.wan21;
  if (name === "hunyuanvideo") return geometries.hunyuanVideo;
  const image = /^image:(\d+)$/.exec(name);
  if (image !== null) return geometries.image({ scale: Number(image[1]) });
  if (text.trimStart().startsWith("{")) return parseGeometryJson(text);
  const numbers = /^(\d+),(\d+),(\d+),(causal|whole)(?:,(\d+))?$/.exec(name);
  if (numbers === null) throw new InvalidArgumentError(GEOMETRY_HELP);
  const [, temporal, height, width, kind, channels] = numbers;
  return {
    temporalScale: Number(temporal),
    heightScale: Number(height),
    widthScale: Number(width),
    causal: kind === "causal",
    ...(channels === undefined ? {} : { latentChannels: Number(channels) }),
  };
}

function parseGeometryJson(text: string): Geometry {
  try {
    // Boundary: planTiles checks every field.
    return JSON.parse(text) as Geometry;
  } catch {
    throw new InvalidArgumentError(GEOMETRY_HELP);
  }
}

const PRESETS: Readonly<Record<string, () => Tiling>> = {
  default: tilings.default,
  spatialonly: () => tilings.spatialOnly(),
  temporalonly: () => tilings.temporalOnly(),
  aggressive: tilings.aggressive,
  conservative: tilings.conservative,
  none: tilings.none,
};

/** Names for --tiling. */
export const TILING_NAMES = "auto, default, spatial-only, temporal-only, aggressive, conservative, none";

/** The size of the video that latents of a size give (frames, pixels). Throws where either cannot be. */
export function outputSize(latent: PerAxis<number>, geometry: Geometry): PerAxis<number> {
  const { temporalScale, heightScale, widthScale, causal } = checkGeometry("geometry", geometry);
  for (const axis of AXIS_NAMES) checkInteger(`latent.${axis}`, latent[axis], { min: 1, unit: "latent cells" });
  return {
    frames: causal ? 1 + (latent.frames - 1) * temporalScale : latent.frames * temporalScale,
    height: latent.height * heightScale,
    width: latent.width * widthScale,
  };
}

/**
 * The tiling that the options ask for: the preset, with the axes that are given by themselves in place of its own.
 * Without a preset the axes not given are one tile; without any option the choice is `auto`.
 */
export function resolveTiling(options: TilingOptions, output: PerAxis<number>): Tiling | null {
  const { spatial, height, width, temporal } = options;
  const hasAxes = [spatial, height, width, temporal].some((axis) => axis !== undefined);
  const base = presetTiling(options.tiling ?? (hasAxes ? "none" : "auto"), output);
  if (!hasAxes) return base;
  const chosen = pick(spatial, base?.spatial);
  const space = height === undefined && width === undefined ? chosen : splitSpatial(chosen, height, width);
  return { spatial: space ?? null, temporal: pick(temporal, base?.temporal) ?? null };
}

/** The axis that is given, in place of the preset's own. */
function pick<T>(given: AxisOption | undefined, own: T | undefined): AxisTiling | T | undefined {
  if (given === undefined) return own;
  return given === "none" ? undefined : given;
}

function splitSpatial(base: Tiling["spatial"], height?: AxisOption, width?: AxisOption): SpatialTiling {
  // An absent side of a spatial tiling is one tile.
  const both = base && "tileSize" in base ? { height: base, width: base } : (base ?? {});
  const [h, w] = [pick(height, both.height), pick(width, both.width)];
  return { ...(h === undefined ? {} : { height: h }), ...(w === undefined ? {} : { width: w }) };
}

function presetTiling(name: string, { frames, height, width }: PerAxis<number>): Tiling | null {
  if (name.trimStart().startsWith("{")) return parseTilingJson(name);
  const key = name.toLowerCase().replaceAll("-", "");
  if (key === "auto") return tilings.auto({ height, width, numFrames: frames });
  const preset = PRESETS[key];
  if (preset === undefined) throw new UsageError(mustBe("--tiling", `one of ${TILING_NAMES}, or JSON`, name));
  return preset();
}

function parseTilingJson(text: string): Tiling {
  try {
    // Boundary: planTiles checks every field.
    return JSON.parse(text) as Tiling;
  } catch (cause) {
    throw new UsageError(mustBe("--tiling", `one of ${TILING_NAMES}, or JSON`, text), { cause });
  }
}
