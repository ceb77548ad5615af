// Medians of the repetitions, shares of the limit and of the bound on memory.
import { BYTES, countBytes, planOf } from "./workloads.mjs";

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The range of the values, over their median. */
export function spread(values) {
  return (Math.max(...values) - Math.min(...values)) / median(values);
}

/** Medians of a workload's trials, [{ name, limit?, milliseconds, ... } or { name, missing }], by name. */
export function summarise(workload, trials) {
  const bytes = countBytes(workload, planOf(workload));
  const entries = [...new Set(trials.map(({ name }) => name))].map((name) => {
    const own = trials.filter((trial) => trial.name === name);
    const done = own.filter(({ missing }) => missing === undefined);
    if (done.length === 0) return { name, missing: own[0].missing };
    const times = done.map(({ milliseconds }) => milliseconds);
    const overIdle = median(done.map(({ peak, idle }) => peak - idle));
    return { name, milliseconds: median(times), spread: spread(times), overIdle, ...shares(workload, bytes, done) };
  });
  return { workload, bytes, entries };
}

/** The share of each floor that was reached: least possible time over time, each against the limit of its own round. */
function shares({ mode, out }, { least, window, sums, values }, trials) {
  const limited = trials.filter(({ limit }) => limit?.copyBytesPerSecond > 0);
  if (limited.length === 0) return {};
  // Frames that are handed out, a whole result and sums lie in fresh memory, which the system clears page by page; a
  // decode into a used output finds the sums' memory of the one before it.
  const [handed, held] = mode === "reused" ? [0, 0] : [values * BYTES[out], sums];
  const shareOf =
    (bytes, fresh) =>
    ({ limit, milliseconds }) =>
      (1000 * (bytes / limit.copyBytesPerSecond + fresh * limit.faultSecondsPerByte)) / milliseconds;
  return {
    copyBytesPerSecond: median(limited.map(({ limit }) => limit.copyBytesPerSecond)),
    shareOfA: median(limited.map(shareOf(least, handed))),
    shareOfB: median(limited.map(shareOf(least + window, handed + held))),
  };
}

/**
 * What a streamed decode may take (bytes): sums and weights in float32 of the frames of the longest interval, and a
 * tile, its latents and its pixels, for each that is decoded at once.
 */
export function memoryBound({ size, concurrency = 1, ...workload }) {
  const { axes, output } = planOf({ size, ...workload });
  const longest = (axis, length) => Math.max(...axes[axis].map(length));
  const cells = (axis) => longest(axis, ({ start, end }) => end - start);
  const pixels = (axis) => longest(axis, ({ outStart, outStop }) => outStop - outStart);
  const window = 4 * (3 + 1) * pixels("frames") * output.height * output.width;
  const latents = 4 * 128 * cells("frames") * cells("height") * cells("width");
  const decoded = 3 * BYTES[workload.tile] * pixels("frames") * pixels("height") * pixels("width");
  return window + concurrency * (latents + decoded);
}

/** Bytes of the most frames that are handed out together: of all, unless streamed. */
export function largestChunk({ mode, out, ...workload }) {
  const { axes, output } = planOf(workload);
  const stops = axes.frames.map((interval) => interval.outStart + interval.mask.findIndex((weight) => weight !== 0));
  const final = [...stops, output.frames];
  const counts = axes.frames.map((_, i) => final[i + 1] - final[i]);
  const frames = mode === "streamed" ? Math.max(...counts) : output.frames;
  return 3 * BYTES[out] * frames * output.height * output.width;
}
