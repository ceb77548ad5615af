import { type Geometry, geometries } from "../geometry.js";
import type { TilePlan } from "../plan.js";
import type { AxisTiling, SpatialTiling, Tiling } from "../tiling.js";

/** The calls that make a plan anew. */
export interface PlanCalls {
  /** TypeScript. */
  readonly sdk: string;
  /** Shell. */
  readonly cli: string;
}

const PACKAGE = "tileblend";

/** Writes the SDK call and the shell call that make a plan anew, from what the plan holds. */
export function planCalls({ latent, geometry, tiling }: TilePlan): PlanCalls {
  const fields = Object.entries({ latent, geometry, tiling }).map(
    ([name, value]) => `  ${name}: ${printLiteral(value)},\n`,
  );
  const size = `${latent.frames}x${latent.height}x${latent.width}`;
  const cli = ["tileblend plan", `--latent ${size}`, `--geometry ${geometryFlag(geometry)}`, ...tilingFlags(tiling)];
  return {
    sdk: `import { planTiles } from ${JSON.stringify(PACKAGE)};\n\nconst plan = planTiles({\n${fields.join("")}});`,
    cli: cli.join(" "),
  };
}

function geometryFlag(geometry: Geometry): string {
  // Wan 2.1 and HunyuanVideo are the same data; the first name is taken.
  if (printLiteral(geometry) === printLiteral(geometries.ltx)) return "ltx";
  if (printLiteral(geometry) === printLiteral(geometries.wan21)) return "wan21";
  const { temporalScale, heightScale, widthScale, causal, latentChannels } = geometry;
  const channels = latentChannels === undefined ? [] : [latentChannels];
  return [temporalScale, heightScale, widthScale, causal ? "causal" : "whole", ...channels].join(",");
}

function tilingFlags({ spatial, temporal }: Tiling): readonly string[] {
  const flags = [...spatialFlags(spatial ?? {}), ...axisFlag("temporal", temporal)];
  return flags.length === 0 ? ["--tiling none"] : flags;
}

function spatialFlags(spatial: AxisTiling | SpatialTiling): readonly string[] {
  if ("tileSize" in spatial) return axisFlag("spatial", spatial);
  return [...axisFlag("height", spatial.height), ...axisFlag("width", spatial.width)];
}

function axisFlag(name: string, axis: AxisTiling | null | undefined): readonly string[] {
  if (axis === null || axis === undefined) return [];
  const { tileSize, overlap = 0, margin, ramp, context } = axis;
  const parts = [tileSize, overlap, margin, ramp, context].filter((part) => part !== undefined);
  return [`--${name} ${parts.join(":")}`];
}

/** A value of plain data as TypeScript: names without quotes, one line. */
function printLiteral(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, field]) => `${name}: ${printLiteral(field)}`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}
