// What is measured, and how many bytes each workload moves at the least.
import { geometries, planTiles, tilings } from "tileblend";

/** Bytes of a value of each format. */
export const BYTES = { float32: 4, float16: 2, bfloat16: 2, rgb24: 1 };

/**
 * A workload: `size` frames x height x width, `tiling` a preset's name or a tiling, `tile` the dtype of decoded tiles,
 * `out` what frames are made into, `mode` "streamed", "whole" (into fresh memory) or "reused" (whole, into memory used
 * before), `channels` of the pixels, 3 unless given.
 * @typedef {{ size: string, tiling: string | object, tile: string, out: string, mode: string, channels?: number }} Workload
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

/** A workload in words. */
export function titleOf({ size, tiling, tile, out, mode }) {
  return `${size} ${tiling} ${tile} to ${out} ${mode}`;
}

/** The tiling of a workload. */
export function tilingOf(tiling) {
  return typeof tiling === "string" ? tilings[tiling]() : tiling;
}

/** The plan of a workload, for a decoder of LTX. */
export function planOf({ size, tiling }) {
  const [frames, height, width] = size.split("x").map(Number);
  const latent = { frames: (frames - 1) / 8 + 1, height: height / 32, width: width / 32 };
  return planTiles({ latent, geometry: geometries.ltx, tiling: tilingOf(tiling) });
}

/**
 * Bytes that a workload moves at the least, and values that it touches and makes:
 * `least`: each touched pixel of a tile read once, each output value written once: floor (a).
 * `window`: what float32 sums add to it, written where a voxel is touched and not final, read where it is not fresh:
 * floor (b) is least + window. Masks and weights are rows that stay in the cache.
 * `sums`: memory that those sums take at once.
 */
export function countBytes({ tile, out, channels = 3 }, plan) {
  const axes = ["frames", "height", "width"].map((axis) => touchedLengths(plan.axes[axis]));
  // Sums over tiles of products of per-axis lengths are products of per-axis sums.
  const total = (key) => axes.reduce((product, lengths) => product * sum(lengths.map((each) => each[key])), 1);
  const [touched, fresh, final] = [total("touched"), total("fresh"), total("final")];
  const voxels = plan.output.frames * plan.output.height * plan.output.width;
  if (fresh !== voxels || final !== voxels) throw new Error("each voxel is touched first once and last once");
  const least = channels * (touched * BYTES[tile] + voxels * BYTES[out]);
  const sums = 4 * channels * countSums(plan, out);
  const window = channels * 4 * 2 * (touched - voxels);
  return { least, sums, window, touched: channels * touched, values: channels * voxels };
}

/**
 * Sums that are there at once, of one plane: of voxels that several tiles of an interval of the frames axis touch, those
 * of its frames, less the ones whose output is a sum's place; of the others, those of frames left to later intervals.
 */
function countSums({ axes, output }, out) {
  const [frames, height, width] = ["frames", "height", "width"].map((axis) => touchedLengths(axes[axis]));
  const aloneIn = (lengths) => sum(lengths.map(({ fresh, final, touched }) => Math.max(0, fresh + final - touched)));
  const alone = aloneIn(height) * aloneIn(width);
  const shared = output.height * output.width - alone;
  const late = Math.max(...frames.map(({ touched, final }) => touched - final));
  const held = frames.map(({ touched, fresh, final }) =>
    out === "float32" ? touched - Math.max(0, fresh + final - touched) : touched,
  );
  return Math.max(...held) * shared + late * alone;
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
