import { type PerAxis, planTiles, type TilePlan } from "../plan.js";
import { outputSize, resolveTiling, type TilingOptions } from "./options.js";
import { type SeamlessOptions, seamlessTilingOf, type TiledDecoder } from "./seamless.js";
import { asUsage } from "./usage.js";

/**
 * Plans latents (latent cells) as the options ask for.
 * @throws UsageError when they ask for no tiling that is legal.
 */
export function planAsAsked(
  options: TilingOptions & SeamlessOptions,
  latent: PerAxis<number>,
  decoder: TiledDecoder,
): TilePlan {
  const { geometry } = decoder;
  return asUsage(() => {
    const tiling = seamlessTilingOf(options, decoder) ?? resolveTiling(options, outputSize(latent, geometry));
    return planTiles({ latent, geometry, tiling });
  });
}
