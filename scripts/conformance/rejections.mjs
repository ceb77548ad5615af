// Calls that the planner refuses.
import { callOf, planCall, refused } from "./calls.mjs";

const MAX_SIZE = 2 ** 31 - 1;

/** Calls that are refused, with the error record that says why, written by hand from docs/planner-abi.md. */
export function rejectionCases() {
  const ltx = { latent: [16, 17, 30], scale: [8, 32, 32] };
  const plan = (changes, ...error) => refused(planCall({ ...ltx, ...changes }), ...error);
  const most = { scale: [1, 1, 1], causal: false, height: { tileSize: 2 }, width: { tileSize: 2 } };
  const mask = { length: 8, leftRamp: 2, rightRamp: 2 };
  const split = { kind: 0, size: 4, overlap: 1, dimension: 9 };
  const map = { kind: 1, start: 2, end: 5, leftRamp: 1, rightRamp: 1, scale: 8 };
  const auto = { height: 544, width: 960, numFrames: 121, spatialThreshold: 512, temporalThreshold: 65 };
  return [
    plan({ latent: [0, 17, 30] }, "ERROR_SIZE", [0, 0, MAX_SIZE]),
    plan({ latent: [16, 17, -1] }, "ERROR_SIZE", [2, -1, MAX_SIZE]),
    plan({ scale: [8, 0, 32] }, "ERROR_SCALE", [1, 0, MAX_SIZE]),
    plan({ causal: 2 }, "ERROR_CAUSAL", [0, 2, 1]),
    plan({ frames: { tileSize: 8 } }, "ERROR_TILE_TOO_SMALL", [0, 8, 16]),
    plan({ height: { tileSize: 100 } }, "ERROR_TILE_MULTIPLE", [1, 100, 32]),
    plan({ width: { tileSize: 128, overlap: -32 } }, "ERROR_OVERLAP_NEGATIVE", [2, -32, 0]),
    plan({ width: { tileSize: 128, overlap: 33 } }, "ERROR_OVERLAP_MULTIPLE", [2, 33, 32]),
    plan({ frames: { tileSize: 64, overlap: 64 } }, "ERROR_OVERLAP_TOO_LARGE", [0, 64, 64]),
    plan({ frames: { tileSize: 0, overlap: 8 } }, "ERROR_TILE_TOO_SMALL", [0, 0, 16]),
    plan({ width: { tileSize: 128, overlap: 64, margin: -1 } }, "ERROR_MARGIN_NEGATIVE", [2, -1, 0]),
    plan({ width: { tileSize: 128, overlap: 96, margin: 1 } }, "ERROR_MARGIN_OVERLAP", [2, 96, 64]),
    plan({ width: { tileSize: 128, overlap: 64, margin: 33 } }, "ERROR_MARGIN_TOO_LARGE", [2, 33, 32]),
    plan({ frames: { tileSize: 64, overlap: 24, margin: 13 } }, "ERROR_MARGIN_TOO_LARGE", [0, 13, 12]),
    plan({ frames: { tileSize: 64, overlap: 24, margin: 25, context: "past" } }, "ERROR_MARGIN_TOO_LARGE", [0, 25, 24]),
    plan({ height: { tileSize: 128, ramp: 2 } }, "ERROR_RAMP", [1, 2, 1]),
    plan({ height: { tileSize: 128, context: "past" } }, "ERROR_CONTEXT", [1, 1, 0]),
    plan({ frames: { tileSize: 64, context: 2 } }, "ERROR_CONTEXT", [0, 2, 1]),
    plan({ latent: [1, 1, 2 ** 27] }, "ERROR_OUTPUT_SIZE", [2, 2 ** 32, MAX_SIZE]),
    plan({ latent: [2 ** 21, 2 ** 18, 2 ** 18], ...most, frames: { tileSize: 2 } }, "ERROR_TILE_COUNT", [
      -1,
      2 ** 54,
      2 ** 53 - 1,
    ]),
    refused(callOf("blend_mask", { ...mask, length: 0 }), "ERROR_MASK_LENGTH", [-1, 0, MAX_SIZE]),
    refused(callOf("blend_mask", { ...mask, length: -1 }), "ERROR_MASK_LENGTH", [-1, -1, MAX_SIZE]),
    refused(callOf("blend_mask", { ...mask, length: MAX_SIZE }), "ERROR_RESULT_SIZE", [-1, 4 * MAX_SIZE, 2 ** 30]),
    refused(callOf("split_axis", { ...split, kind: 2 }), "ERROR_KIND", [-1, 2, 1]),
    refused(callOf("split_axis", { ...split, size: 0 }), "ERROR_SPLIT_SIZE", [-1, 0, MAX_SIZE]),
    refused(callOf("split_axis", { ...split, dimension: 0 }), "ERROR_SPLIT_DIMENSION", [-1, 0, MAX_SIZE]),
    refused(callOf("split_axis", { ...split, overlap: -1 }), "ERROR_OVERLAP_NEGATIVE", [-1, -1, 0]),
    refused(callOf("split_axis", { ...split, overlap: 4 }), "ERROR_OVERLAP_TOO_LARGE", [-1, 4, 4]),
    refused(callOf("map_interval", { ...map, kind: -1 }), "ERROR_KIND", [-1, -1, 1]),
    refused(callOf("map_interval", { ...map, start: -1 }), "ERROR_INTERVAL_START", [-1, -1, 0]),
    refused(callOf("map_interval", { ...map, end: 2 }), "ERROR_INTERVAL_END", [-1, 2, 2]),
    refused(callOf("map_interval", { ...map, leftRamp: -1 }), "ERROR_RAMP_NEGATIVE", [-1, -1, 0]),
    refused(callOf("map_interval", { ...map, rightRamp: -2 }), "ERROR_RAMP_NEGATIVE", [-1, -2, 0]),
    refused(callOf("map_interval", { ...map, scale: 0 }), "ERROR_SCALE", [-1, 0, MAX_SIZE]),
    refused(callOf("map_interval", { ...map, kind: 0, end: 2 ** 28 }), "ERROR_OUTPUT_SIZE", [-1, 2 ** 31, MAX_SIZE]),
    refused(callOf("preset_tiling", { preset: 5 }), "ERROR_PRESET", [-1, 5, 4]),
    refused(callOf("preset_tiling", { preset: -1 }), "ERROR_PRESET", [-1, -1, 4]),
    refused(callOf("auto_tiling", { ...auto, height: 0 }), "ERROR_SIZE", [1, 0, MAX_SIZE]),
    refused(callOf("auto_tiling", { ...auto, numFrames: 0 }), "ERROR_SIZE", [0, 0, MAX_SIZE]),
  ];
}
