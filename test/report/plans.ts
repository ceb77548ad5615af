import { geometries } from "#src/geometry.js";
import { planTiles, type TilePlan } from "#src/plan.js";
import { tilings } from "#src/presets.js";
import type { Tiling } from "#src/tiling.js";

/** 16 × 17 × 30 latents of LTX-Video, default tiling: 3 × 2 × 2 tiles. */
export function ltxPlan(): TilePlan {
  const latent = { frames: 16, height: 17, width: 30 };
  return planTiles({ latent, geometry: geometries.ltx, tiling: tilings.default() });
}

/** One latent cell, one tile. */
export function singlePlan(): TilePlan {
  return planTiles({ latent: { frames: 1, height: 1, width: 1 }, geometry: geometries.ltx });
}

/** 100 × 100 × 100 tiles. */
export function millionPlan(): TilePlan {
  const tiling = { spatial: { tileSize: 256, overlap: 64 }, temporal: { tileSize: 64, overlap: 16 } };
  return planTiles({ latent: { frames: 602, height: 602, width: 602 }, geometry: geometries.ltx, tiling });
}

/** 2 × (2^31 - 1) pixels, 2051 tiles across. */
export function longestPlan(): TilePlan {
  const geometry = { temporalScale: 1, heightScale: 1, widthScale: 1, causal: false };
  const tiling = { spatial: { width: { tileSize: 2 ** 20, overlap: 2 ** 10 } } };
  return planTiles({ latent: { frames: 3, height: 2, width: 2 ** 31 - 1 }, geometry, tiling });
}

/** An image upscaler: one frame, 3 × 5 tiles. */
export function imagePlan(): TilePlan {
  const tiling = { spatial: { tileSize: 1024, overlap: 128 } };
  return planTiles({
    latent: { frames: 1, height: 640, width: 960 },
    geometry: geometries.image({ scale: 4 }),
    tiling,
  });
}

/** Tiles that overlap by three quarters: up to four deep on an axis, every fade-in meets a fade-out. */
export function deepPlan(): TilePlan {
  const tiling = { spatial: { tileSize: 64, overlap: 48 }, temporal: { tileSize: 16, overlap: 12 } };
  return planTiles({ latent: { frames: 9, height: 20, width: 20 }, geometry: geometries.wan21, tiling });
}

/** A plan of `count` intervals in time. */
export function framesPlan(count: number): TilePlan {
  const geometry = { temporalScale: 1, heightScale: 1, widthScale: 1, causal: false };
  const tiling = { temporal: { tileSize: 4, overlap: 1 } };
  return planTiles({ latent: { frames: 3 * count + 1, height: 4, width: 4 }, geometry, tiling });
}

/** Margins in space and towards the past, every field of a tiling other than its default somewhere. */
export function marginPlan(): TilePlan {
  const tiling: Tiling = {
    spatial: {
      height: { tileSize: 256, overlap: 128, margin: 44, ramp: "smooth" },
      width: { tileSize: 256, overlap: 96, margin: 32 },
    },
    temporal: { tileSize: 64, overlap: 24, margin: 16, context: "past" },
  };
  return planTiles({ latent: { frames: 16, height: 17, width: 30 }, geometry: geometries.ltx, tiling });
}
