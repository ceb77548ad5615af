// Source of the choices: mlx-video tiling.py SpatialTilingConfig, TemporalTilingConfig, TilingConfig @e4cdbb7.
import { fail, failAnywhere } from "./error";
import {
  AXIS_FRAMES,
  CONTEXT_BOTH,
  CONTEXT_PAST,
  ERROR_CONTEXT,
  ERROR_MARGIN_NEGATIVE,
  ERROR_MARGIN_OVERLAP,
  ERROR_MARGIN_TOO_LARGE,
  ERROR_OVERLAP_MULTIPLE,
  ERROR_OVERLAP_NEGATIVE,
  ERROR_OVERLAP_TOO_LARGE,
  ERROR_PRESET,
  ERROR_RAMP,
  ERROR_TILE_MULTIPLE,
  ERROR_TILE_TOO_SMALL,
  RAMP_LINEAR,
  RAMP_SMOOTH,
} from "./layout";

/** Presets, by number. */
export const PRESET_DEFAULT: i32 = 0;
export const PRESET_SPATIAL_ONLY: i32 = 1;
export const PRESET_TEMPORAL_ONLY: i32 = 2;
export const PRESET_AGGRESSIVE: i32 = 3;
export const PRESET_CONSERVATIVE: i32 = 4;

// Tiling record: spatial tile size, spatial overlap (pixels), temporal tile size, temporal overlap (frames).
// Tile size 0: not tiled.
export const TILING_BYTES: i32 = 16;

// 12 bytes a voxel (3 channels of float32) reach 2 GiB at this many voxels, rounded down.
const VOXELS_OF_2_GIB: i64 = 178956970;

/** Checks one axis' tile size and overlap, in frames or pixels. Returns 0, or the negative code of an error. */
export function checkTiling(axis: i32, tileSize: i32, overlap: i32, scale: i32): i32 {
  const least = <i64>scale * 2;
  if (<i64>tileSize < least) return fail(ERROR_TILE_TOO_SMALL, axis, tileSize, least);
  if (tileSize % scale != 0) return fail(ERROR_TILE_MULTIPLE, axis, tileSize, scale);
  if (overlap < 0) return fail(ERROR_OVERLAP_NEGATIVE, axis, overlap, 0);
  if (overlap % scale != 0) return fail(ERROR_OVERLAP_MULTIPLE, axis, overlap, scale);
  if (overlap >= tileSize) return fail(ERROR_OVERLAP_TOO_LARGE, axis, overlap, tileSize);
  return 0;
}

/**
 * Checks one axis' margin, ramp and context against a tile size and an overlap that checkTiling allowed. Returns 0, or
 * the negative code of an error.
 *
 * What it allows leaves no position without weight, whatever the length of the axis: neighbours share exactly the
 * overlap, every tile is longer than that (the last one by a latent cell at least), and with an overlap of at most half
 * the tile no third tile reaches into it. So the two that share it are all that counts, and their weights sum to 1.
 */
export function checkMargin(axis: i32, tileSize: i32, overlap: i32, margin: i32, ramp: i32, context: i32): i32 {
  if (ramp != RAMP_LINEAR && ramp != RAMP_SMOOTH) return fail(ERROR_RAMP, axis, ramp, RAMP_SMOOTH);
  const lastContext = axis == AXIS_FRAMES ? CONTEXT_PAST : CONTEXT_BOTH;
  if (context < CONTEXT_BOTH || context > lastContext) return fail(ERROR_CONTEXT, axis, context, lastContext);
  if (margin < 0) return fail(ERROR_MARGIN_NEGATIVE, axis, margin, 0);
  if (margin == 0) return 0;
  if (overlap > tileSize / 2) return fail(ERROR_MARGIN_OVERLAP, axis, overlap, tileSize / 2);
  const largest = context == CONTEXT_PAST ? overlap : overlap / 2;
  if (margin > largest) return fail(ERROR_MARGIN_TOO_LARGE, axis, margin, largest);
  return 0;
}

/** Frames or pixels that the margins leave of an overlap for the ramp. */
export function rampLength(overlap: i32, margin: i32, context: i32): i32 {
  return context == CONTEXT_PAST ? overlap - margin : overlap - 2 * margin;
}

function writeTiling(ptr: usize, spatialTile: i32, spatialOverlap: i32, temporalTile: i32, temporalOverlap: i32): void {
  store<i32>(ptr, spatialTile, 0);
  store<i32>(ptr, spatialOverlap, 4);
  store<i32>(ptr, temporalTile, 8);
  store<i32>(ptr, temporalOverlap, 12);
}

/** Writes a preset's tiling record. Returns its bytes, or the negative code of an error. */
export function writePreset(ptr: usize, preset: i32): i32 {
  if (preset == PRESET_DEFAULT) writeTiling(ptr, 512, 64, 64, 24);
  else if (preset == PRESET_SPATIAL_ONLY) writeTiling(ptr, 512, 64, 0, 0);
  else if (preset == PRESET_TEMPORAL_ONLY) writeTiling(ptr, 0, 0, 64, 24);
  else if (preset == PRESET_AGGRESSIVE) writeTiling(ptr, 256, 64, 32, 8);
  else if (preset == PRESET_CONSERVATIVE) writeTiling(ptr, 768, 64, 96, 24);
  else return failAnywhere(ERROR_PRESET, preset, PRESET_CONSERVATIVE);
  return TILING_BYTES;
}

/** Whether frames * height * width > limit, without overflow. */
function isMoreVoxels(frames: i64, height: i64, width: i64, limit: i64): bool {
  return frames * height > limit / width;
}

/** Writes the tiling that a video of this size gets by thresholds. Returns its bytes, or 0 when none is needed. */
export function writeAuto(ptr: usize, height: i32, width: i32, numFrames: i32, spatialThreshold: i32, temporalThreshold: i32): i32 {
  const needsSpatial = height > spatialThreshold || width > spatialThreshold;
  const needsTemporal = numFrames > temporalThreshold;
  if (!needsSpatial && !needsTemporal) return 0;
  const isHuge = isMoreVoxels(numFrames, height, width, VOXELS_OF_2_GIB);
  const isLargeAndLong = <i64>height * <i64>width > 768 * 1024 && numFrames > 100;
  if (isHuge || isLargeAndLong) return writePreset(ptr, PRESET_AGGRESSIVE);

  const side = max<i32>(height, width);
  const spatialTile = side > 768 && side <= 1024 ? 512 : 384;
  const temporalTile = numFrames > 200 ? 32 : numFrames > 100 ? 48 : 64;
  const temporalOverlap = numFrames > 200 ? 8 : numFrames > 100 ? 16 : 24;
  writeTiling(
    ptr,
    needsSpatial ? spatialTile : 0,
    needsSpatial ? 64 : 0,
    needsTemporal ? temporalTile : 0,
    needsTemporal ? temporalOverlap : 0,
  );
  return TILING_BYTES;
}
