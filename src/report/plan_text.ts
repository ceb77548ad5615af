import type { PerAxis, PlanInterval, TilePlan } from "../plan.js";
import type { AxisTiling, SpatialTiling } from "../tiling.js";
import type { CellMapping } from "./axis_ticks.js";
import { formatCount } from "./markup.js";
import { formatBytes, planSummary } from "./summary.js";

/** A figure with its name. */
export interface Fact {
  readonly name: string;
  readonly value: string;
}

/** A range on an axis, as the edges it lies between: `0–512`. */
function formatRange(from: number, to: number): string {
  return `${formatCount(from)}–${formatCount(to)}`;
}

/** An interval's place in the output: `40–104`. */
export function outputRange(interval: PlanInterval): string {
  return formatRange(interval.outStart, interval.outStop);
}

/** An interval's latent cells: `5–13`. */
export function latentRange(interval: PlanInterval): string {
  return formatRange(interval.start, interval.end);
}

/** Sizes or counts of the axes: `16 × 17 × 30`. */
export function formatSizes({ frames, height, width }: PerAxis<number>): string {
  return [frames, height, width].map(formatCount).join(" × ");
}

/** A count with its noun: `1 tile`, `2 tiles`. */
export function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** The figures at the head of a plan's picture. */
export function planFacts(plan: TilePlan): readonly Fact[] {
  const { geometry, latent, output, tiling } = plan;
  const summary = planSummary(plan);
  const scales = [geometry.temporalScale, geometry.heightScale, geometry.widthScale].map(formatCount).join(" × ");
  const { frames, height, width } = output;
  return [
    { name: "Latents, F × H × W", value: `${formatSizes(latent)} cells` },
    { name: "Output", value: `${counted(frames, "frame")}, ${formatCount(height)} × ${formatCount(width)} px` },
    { name: "Geometry", value: `${scales}, ${geometry.causal ? "causal" : "not causal"}` },
    { name: "Each latent cell is decoded", value: formatRedundancy(summary.redundancy) },
    { name: "Tiles", value: formatTileCount(plan) },
    { name: "Tiling in space", value: describeSpatial(tiling.spatial) },
    { name: "Tiling in time", value: describeAxis(tiling.temporal, "frames") },
    {
      name: "Window while decoding",
      value: `${counted(summary.windowFrames, "frame")}, ${formatBytes(summary.windowBytes)}`,
    },
  ];
}

/** How often a cell is decoded: `once`, `1.83 times on average`. */
export function formatRedundancy(redundancy: number): string {
  return redundancy === 1 ? "once" : `${redundancy.toFixed(2)} times on average`;
}

/** Tiles by axis and in all: `3 × 2 × 2 = 12`. */
export function formatTileCount(plan: TilePlan): string {
  if (plan.tileCount === 1) return "1";
  return `${formatSizes(planSummary(plan).tilesPerAxis)} = ${formatCount(plan.tileCount)}`;
}

function describeSpatial(spatial: AxisTiling | SpatialTiling | null | undefined): string {
  if (spatial === null || spatial === undefined) return "none";
  if ("tileSize" in spatial) return describeAxis(spatial, "px");
  const { height, width } = spatial;
  if (height === undefined || width === undefined) {
    return describeAxis(height ?? width, height === undefined ? "px across" : "px down");
  }
  return describeAxes([height, width], "px");
}

function describeAxis(axis: AxisTiling | null | undefined, unit: string): string {
  return axis === null || axis === undefined ? "none" : describeAxes([axis], unit);
}

/** Tile sizes, overlaps, and what differs from the default: `256 × 192 px, overlap 64 × 64, margin 16 × 24, smooth`. */
function describeAxes(axes: readonly AxisTiling[], unit: string): string {
  const sizes = (size: (axis: AxisTiling) => number) => axes.map((axis) => formatCount(size(axis))).join(" × ");
  const names = (name: (axis: AxisTiling) => string) => [...new Set(axes.map(name))].join(" × ");
  const ramps = names(({ ramp = "linear" }) => ramp);
  const contexts = names(({ context = "both" }) => context);
  return [
    `${sizes(({ tileSize }) => tileSize)} ${unit}`,
    `overlap ${sizes(({ overlap = 0 }) => overlap)}`,
    ...(axes.some(({ margin = 0 }) => margin > 0) ? [`margin ${sizes(({ margin = 0 }) => margin)}`] : []),
    ...(ramps === "linear" ? [] : [ramps]),
    ...(contexts === "both" ? [] : [contexts]),
  ].join(", ");
}

/** The mapping of each axis, for ticks and curves. */
export function cellMappings(plan: TilePlan): PerAxis<CellMapping> {
  const { geometry, latent } = plan;
  return {
    frames: { cells: latent.frames, scale: geometry.temporalScale, causal: geometry.causal },
    height: { cells: latent.height, scale: geometry.heightScale, causal: false },
    width: { cells: latent.width, scale: geometry.widthScale, causal: false },
  };
}
