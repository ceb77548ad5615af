import type { Tile } from "../plan.js";
import type { Tensor } from "../tensor.js";

/** What a decoder is told of the tile it decodes. */
export interface TileContext {
  /** The tile: intervals in latent cells, slices in frames and pixels. */
  readonly tile: Tile;
  /** Position of the tile in plan order. */
  readonly index: number;
  /** Number of tiles of the decode. */
  readonly count: number;
  /** Whether the geometry is causal: F latent frames give 1 + (F - 1) · temporalScale frames. */
  readonly causal: boolean;
  /** What the caller of the decode gave as `timestep`, as it is; undefined when nothing was given. */
  readonly timestep: unknown;
  /** Aborted when the answer is no longer wanted. */
  readonly signal: AbortSignal;
}

/**
 * Decodes one tile of latents, (B, C, F, H, W), to its frames, (B, channels, frames, height, width). The decoder owns
 * the latents it is given. Its answer is read until the tile has been added, and never written.
 */
export type TileDecoder = (latents: Tensor, context: TileContext) => Tensor | Promise<Tensor>;
