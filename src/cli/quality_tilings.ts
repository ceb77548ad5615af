import { mustBe } from "../errors.js";
import type { Geometry } from "../geometry.js";
import { type PerAxis, planTiles, type TilePlan } from "../plan.js";
import type { Tiling } from "../tiling.js";
import { type AxisOption, outputSize, parseAxisTiling, resolveTiling, type TilingOptions } from "./options.js";

/** A tiling to be judged. */
export interface NamedTiling {
  /** As it was asked for. */
  readonly name: string;
  readonly plan: TilePlan;
}

const AXES = ["spatial", "height", "width", "temporal"] as const;

/**
 * Reads a tiling in one word: a preset's name, JSON, or axes such as `spatial=128:64,temporal=24:8`.
 * @throws TypeError or RangeError when it is none, or not legal for the geometry.
 */
export function parseTiling(text: string, latent: PerAxis<number>, geometry: Geometry): NamedTiling {
  const tiling: Tiling | null = resolveTiling(readWord(text), outputSize(latent, geometry));
  return { name: text, plan: planTiles({ latent, geometry, tiling }) };
}

function readWord(text: string): TilingOptions {
  if (text.startsWith("{") || !text.includes("=")) return { tiling: text };
  const entries = text.split(",").map((part) => {
    const [axis = "", value = ""] = part.split("=");
    const known = AXES.find((name) => name === axis);
    if (known === undefined) throw new TypeError(mustBe("--tiling", `${AXES.join("=…, ")}=…`, text));
    return [known, readAxis(text, value)] as const;
  });
  return Object.fromEntries(entries);
}

function readAxis(text: string, value: string): AxisOption {
  try {
    return parseAxisTiling(value);
  } catch (cause) {
    throw new TypeError(`--tiling ${text}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}
