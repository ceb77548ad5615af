// What is measured, and how many bytes each workload moves at the least.
import { geometries, planTiles, tilings } from "tileblend";

/** Frames, rows and columns of latents (latent cells) by the size of their video. */
const LATENTS = {
  "33x544x960": [5, 17, 30],
  "121x544x960": [16, 17, 30],
  "1001x544x960": [126, 17, 30],
  "33x1088x1920": [5, 34, 60],
};

const BYTES = { float32: 4, float16: 2, bfloat16: 2, rgb24: 1 };

/**
 * A workload: `size` frames x height x width, `tiling` a preset's name, `tile` the dtype of decoded tiles, `out` what
 * frames are made into, `mode` "streamed", "whole" (into fresh memory) or "reused" (whole, into memory used before).
 * @typedef {{ size: string, tiling: "default" | "aggressive", tile: string, out: string, mode: string }} Workload
 */

/** Every workload of the table. */
export function allWorkloads() {
  const workloads = [];
  for (const size of ["121x544x960", "33x1088x1920"]) {
    for (const tiling of ["default", "aggressive"]) {
      for (const tile of ["float32", "bfloat16"]) {
        for (const out of ["float32", "bfloat16", "rgb24"]) {
          const modes = out === "rgb24" ? ["streamed"] : ["streamed", "whole", "reused"];
          for (const mode of modes) workloads.push({ size, tiling, tile, out, mode });
        }
      }
    }
  }
  return workloads;
}

/** The plan of a workload. */
export function planOf({ size, tiling }) {
  const [frames, height, width] = LATENTS[size];
  return planTiles({ latent: { frames, height, width }, geometry: geometries.ltx, tiling: tilings[tiling]() });
}

/**
 * Bytes that a workload moves at the least, for 3 channels:
 * `least`: each touched pixel of a tile read once, each output value written once: floor (a).
 * `window`: what float32 sums add to it, written where a voxel is touched and not final, read where it is not fresh:
 * floor (b) is least + window. Masks and weights are rows that stay in the cache.
 */
export function countBytes({ tile, out }, plan) {
  const axes = ["frames", "height", "width"].map((axis) => touchedLengths(plan.axes[axis]));
  // Sums over tiles of products of per-axis lengths are products of per-axis sums.
  const total = (key) => axes.reduce((product, lengths) => product * sum(lengths.map((each) => each[key])), 1);
  const [touched, fresh, final] = [total("touched"), total("fresh"), total("final")];
  const voxels = plan.output.frames * plan.output.height * plan.output.width;
  if (fresh !== voxels || final !== voxels) throw new Error("each voxel is touched first once and last once");
  const least = 3 * (touched * BYTES[tile] + voxels * BYTES[out]);
  return { least, window: 3 * 4 * 2 * (touched - voxels), touched: 3 * touched, values: 3 * voxels };
}

function touchedLengths(intervals) {
  const spans = intervals.map(({ outStart, mask }) => ({
    start: outStart + mask.findIndex((weight) => weight !== 0),
    stop: outStart + mask.findLastIndex((weight) => weight !== 0) + 1,
  }));
  return spans.map(({ start, stop }, i) => ({
    touched: stop - start,
    fresh: Math.max(0, stop - Math.max(start, ...spans.slice(0, i).map((span) => span.stop))),
    final: Math.max(0, Math.min(stop, ...spans.slice(i + 1).map((span) => span.start)) - start),
  }));
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
