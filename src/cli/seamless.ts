import { type Command, InvalidArgumentError } from "commander";
import type { ContextCells } from "../context_cells.js";
import type { Geometry } from "../geometry.js";
import { tilings } from "../presets.js";
import type { SeamlessTilingOptions } from "../seamless.js";
import type { Tiling } from "../tiling.js";
import { type AxisOption, parseCount, type TilingOptions } from "./options.js";
import { UsageError } from "./usage.js";

/** What --seamless and --max-tile-voxels give. */
export interface SeamlessOptions {
  /** True: as far as the decoder says that it looks. */
  readonly seamless?: ContextCells | true;
  readonly maxTileVoxels?: number;
}

/** The decoder that tiles are chosen for. */
export interface TiledDecoder {
  readonly geometry: Geometry;
  /** All that any of its pixels depends on, when it says so. */
  readonly contextCells?: ContextCells;
}

/** Adds the options that choose tiles by how far the decoder looks. */
export function addSeamlessOptions(command: Command): Command {
  const reach = "how far the decoder looks in space, before and after (latent cells)";
  return command
    .option(
      "--seamless [space:before:after]",
      `tiles that leave the seams out: ${reach}; without a value, as it declares`,
      parseContextCells,
    )
    .option("--max-tile-voxels <n>", "with --seamless: most frames x rows x columns of a tile's output", parseCount);
}

/** Reads `5`, `5:9` or `5:9:1`: latent cells in space, latent frames before and after. */
function parseContextCells(text: string): ContextCells {
  const parts = text.split(":");
  if (parts.length > 3 || !parts.every((part) => /^\d+$/.test(part))) {
    throw new InvalidArgumentError(
      "It must be SPACE, SPACE:BEFORE or SPACE:BEFORE:AFTER in latent cells, such as 5:9.",
    );
  }
  const [space = 0, before = 0, after = 0] = parts.map(Number);
  return { height: space, width: space, frames: { before, after } };
}

/** The seamless tiling that the options ask for, or undefined when they ask for none. */
export function seamlessTilingOf(options: TilingOptions & SeamlessOptions, decoder: TiledDecoder): Tiling | undefined {
  const { seamless, maxTileVoxels, tiling } = options;
  if (seamless === undefined) {
    if (maxTileVoxels !== undefined) throw new UsageError("--max-tile-voxels goes with --seamless");
    return undefined;
  }
  if (tiling !== undefined) throw new UsageError("only one of --seamless and --tiling may be given");
  const contextCells = seamless === true ? decoder.contextCells : seamless;
  if (contextCells === undefined) {
    throw new UsageError("--seamless takes SPACE:BEFORE:AFTER here: no decoder says how far it looks");
  }
  return tilings.seamless({
    geometry: decoder.geometry,
    contextCells,
    // What a decoder declares is all of it; what is asked for may be less.
    isWholeReach: seamless === true,
    ...sizesOf(options),
    ...(maxTileVoxels === undefined ? {} : { maxTileVoxels }),
  });
}

/** The tile sizes that the axes' options give: with --seamless they say nothing else. */
function sizesOf({ spatial, height, width, temporal }: TilingOptions): Pick<SeamlessTilingOptions, "tileSize"> {
  const given = { height: height ?? spatial, width: width ?? spatial, frames: temporal };
  const entries = Object.entries(given).filter(([, axis]) => axis !== undefined);
  if (entries.length === 0) return {};
  return { tileSize: Object.fromEntries(entries.map(([axis, option]) => [axis, sizeOf(option)])) };
}

function sizeOf(axis: AxisOption | undefined): number | undefined {
  if (axis === undefined || axis === "none") return undefined;
  const { tileSize, overlap = 0, ...fade } = axis;
  if (overlap !== 0 || Object.keys(fade).length > 0) {
    throw new UsageError("with --seamless an axis takes its tile size alone, such as --spatial 512");
  }
  return tileSize;
}
