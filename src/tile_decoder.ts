import type { Tile } from "./plan.js";
import type { Tensor } from "./tensor.js";

/** What a decoder is told about the tile it decodes. */
export interface TileContext {
  /** Intervals in latent cells, slices in frames and pixels. */
  readonly tile: Tile;
  /** Position of the tile in plan order. */
  readonly index: number;
  /** Number of tiles. */
  readonly count: number;
  /** options.causal, for decoders that take it. */
  readonly causal: boolean;
  /** options.timestep, as it was given. */
  readonly timestep: unknown;
  /** Aborts when the decode is given up before the tile is blended. Of this tile alone: listeners may be left on it. */
  readonly signal: AbortSignal;
}

/**
 * Decodes one tile: latents (B, C, F, H, W) to pixels (B, outputChannels, frames, height, width). The latents are a
 * copy of its own; the pixels are read until the tile is blended, and never written.
 */
export type TileDecoder = (latents: Tensor, context: TileContext) => Tensor | Promise<Tensor>;
