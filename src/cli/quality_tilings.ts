import { mustBe } from "../errors.js";
import type { PerAxis, TilePlan } from "../plan.js";
import { AXIS_NAMES } from "../tiling.js";
import { type AxisOption, parseAxisTiling, type TilingOptions } from "./options.js";
import type { SeamlessOptions, TiledDecoder } from "./seamless.js";
import { planAsAsked } from "./tiling_plan.js";
import { UsageError } from "./usage.js";

/** A tiling to be judged. */
export interface NamedTiling {
  /** As it was asked for. */
  readonly name: string;
  readonly plan: TilePlan;
}

const AXES = ["spatial", "height", "width", "temporal"] as const;

/**
 * Reads a tiling in one word: a preset's name, JSON, axes such as `spatial=128:64,temporal=24:8`, or `seamless` by
 * itself or with tile sizes such as `seamless,spatial=256`.
 * @throws UsageError when it is none, or not legal for the geometry.
 */
export function parseTiling(text: string, latent: PerAxis<number>, decoder: TiledDecoder): NamedTiling {
  return { name: text, plan: planAsAsked(readWord(text), latent, decoder) };
}

function readWord(text: string): TilingOptions & SeamlessOptions {
  if (text.startsWith("{") || !/=|^seamless$/.test(text)) return { tiling: text };
  const entries = text.split(",").map((part) => {
    if (part === "seamless") return ["seamless", true] as const;
    const [axis = "", value = ""] = part.split("=");
    const known = AXES.find((name) => name === axis);
    if (known === undefined) throw new UsageError(mustBe("--tiling", `${AXES.join("=…, ")}=…`, text));
    return [known, readAxis(text, value)] as const;
  });
  return Object.fromEntries(entries);
}

function readAxis(text: string, value: string): AxisOption {
  try {
    return parseAxisTiling(value);
  } catch (cause) {
    throw new UsageError(`--tiling ${text}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/** Gathers tilings that have the same tiles, each plan once. */
export function groupByTiles(tilings: readonly NamedTiling[]): readonly (readonly NamedTiling[])[] {
  const groups = new Map<string, Map<string, NamedTiling>>();
  for (const named of tilings) {
    const { axes, digest } = named.plan;
    const tiles = JSON.stringify(AXIS_NAMES.map((axis) => axes[axis].map(({ start, end }) => [start, end])));
    const group = groups.get(tiles) ?? new Map<string, NamedTiling>();
    groups.set(tiles, group);
    if (!group.has(digest)) group.set(digest, named);
  }
  return [...groups.values()].map((group) => [...group.values()]);
}
