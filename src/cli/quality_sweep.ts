import { InvalidArgumentError } from "commander";
import { mustBe } from "../errors.js";
import type { Geometry } from "../geometry.js";
import { type PerAxis, planTiles } from "../plan.js";
import {
  type AxisTiling,
  CONTEXT_SIDES,
  type ContextSides,
  RAMP_SHAPES,
  type RampShape,
  renderAxis,
  type Tiling,
} from "../tiling.js";
import { checkOneOf } from "../validate.js";
import type { NamedTiling } from "./quality_tilings.js";
import { asUsage, UsageError } from "./usage.js";

/** What is swept: one tile size, and what its overlaps, margins, ramps and contexts are tried in. */
export interface SweepOptions {
  readonly sweep?: SweepAxis;
  readonly overlaps?: readonly number[];
  readonly margins?: readonly number[];
  readonly ramps?: readonly RampShape[];
  readonly contexts?: readonly ContextSides[];
}

/** `spatial=256`. */
export interface SweepAxis {
  readonly axis: "spatial" | "temporal";
  readonly tileSize: number;
}

/** One point of a sweep. */
export interface SweepPoint extends NamedTiling {
  readonly axis: Required<AxisTiling>;
}

/** Reads `spatial=256` or `temporal=32`. */
export function parseSweep(text: string): SweepAxis {
  const [, axis, size] = /^(spatial|temporal)=(\d+)$/.exec(text) ?? [];
  if (axis !== "spatial" && axis !== "temporal") throw new InvalidArgumentError("It must be spatial=N or temporal=N.");
  return { axis, tileSize: Number(size) };
}

/** Reads `32,64,128`: pixels or frames. */
export function parseSizes(text: string): readonly number[] {
  const sizes = text.split(",");
  if (!sizes.every((size) => /^\d+$/.test(size))) throw new InvalidArgumentError("It must be numbers, such as 32,64.");
  return sizes.map(Number);
}

/** Reads `linear,smooth`. */
export function parseRamps(text: string): readonly RampShape[] {
  return text.split(",").map((name) => asUsage(() => checkOneOf("--ramps", name, RAMP_SHAPES)));
}

/** Reads `both,past`. */
export function parseContexts(text: string): readonly ContextSides[] {
  return text.split(",").map((name) => asUsage(() => checkOneOf("--contexts", name, CONTEXT_SIDES)));
}

/** Every point of a sweep, and what was left out of it, one line each. */
export interface Sweep {
  readonly points: readonly SweepPoint[];
  readonly notes: readonly string[];
}

/**
 * The points of a sweep: overlaps slowest, then contexts, ramps, margins. Margins of more than the overlap allows are
 * left out, with a note. Defaults: overlaps of an eighth, a quarter and half of the tile; margins in quarters of the
 * largest; both ramps; in time of a causal geometry both contexts.
 * @throws UsageError when a tiling is not legal, or no point is left.
 */
export function planSweep(
  { axis, tileSize }: SweepAxis,
  options: SweepOptions,
  { latent, geometry }: { readonly latent: PerAxis<number>; readonly geometry: Geometry },
): Sweep {
  const scale = axis === "temporal" ? geometry.temporalScale : Math.max(geometry.heightScale, geometry.widthScale);
  const isPastKnown = axis === "temporal" && geometry.causal;
  const { ramps = RAMP_SHAPES, contexts = isPastKnown ? CONTEXT_SIDES : ["both" as const] } = options;
  const notes: string[] = [];
  const marginsOf = (overlap: number, context: ContextSides) => {
    const largest = largestMargin(tileSize, overlap, context);
    const margins = options.margins ?? quarters(largest);
    for (const margin of margins.filter((each) => each > largest)) {
      notes.push(`left out: margin ${margin} with overlap ${overlap}, ${context}: at most ${largest}`);
    }
    return margins.filter((margin) => margin <= largest);
  };
  const points = (options.overlaps ?? usualOverlaps(tileSize, scale)).flatMap((overlap) =>
    contexts.flatMap((context) => {
      const margins = marginsOf(overlap, context);
      return ramps.flatMap((ramp) => margins.map((margin) => ({ tileSize, overlap, margin, ramp, context })));
    }),
  );
  if (points.length === 0) throw new UsageError(mustBe("--margins", "at most half of an overlap", options.margins));
  const planned = points.map((full) => {
    const tiling: Tiling = { [axis]: renderAxis(full) };
    const plan = asUsage(() => planTiles({ latent, geometry, tiling }));
    return { name: nameOf(axis, full), axis: full, plan };
  });
  return { points: planned, notes };
}

function largestMargin(tileSize: number, overlap: number, context: ContextSides): number {
  if (2 * overlap > tileSize) return 0;
  return context === "past" ? overlap : Math.floor(overlap / 2);
}

function usualOverlaps(tileSize: number, scale: number): readonly number[] {
  const parts = [8, 4, 2].map((part) => Math.round(tileSize / part / scale) * scale);
  const usual = [...new Set(parts)].filter((overlap) => overlap > 0 && 2 * overlap <= tileSize);
  // A tile too small for any: it is the planner that says so.
  return usual.length === 0 ? [0] : usual;
}

function quarters(largest: number): readonly number[] {
  return [...new Set([0, 1, 2, 3, 4].map((part) => Math.round((part * largest) / 4)))];
}

function nameOf(axis: string, { tileSize, overlap, margin, ramp, context }: Required<AxisTiling>): string {
  const words = [
    tileSize,
    overlap,
    margin,
    ...(ramp === "linear" ? [] : [ramp]),
    ...(context === "both" ? [] : [context]),
  ];
  return `${axis}=${words.join(":")}`;
}

/** What a curve of a sweep has in common: all but the margin. */
export function curveName({ axis: { overlap, ramp, context } }: SweepPoint): string {
  return `overlap ${overlap}, ${ramp}${context === "past" ? ", past" : ""}`;
}
