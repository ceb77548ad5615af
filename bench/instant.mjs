// A decoder that answers at once and a consumer that keeps nothing: what is left is ours.
import { performance } from "node:perf_hooks";
import { decodeFrames, decodeTiled, geometries } from "tileblend";
import { planOf, tilingOf } from "./workloads.mjs";

const AXES = ["frames", "height", "width"];

function product(lengths) {
  return lengths.reduce((total, length) => total * length, 1);
}

/** Pixels that every tile of a plan can be taken from: the same values each time. */
function createPixels(plan, channels, dtype) {
  const longest = (axis) => Math.max(...plan.axes[axis].map(({ outStart, outStop }) => outStop - outStart));
  const count = channels * product(AXES.map(longest));
  const pixels = dtype === "float32" ? new Float32Array(count) : new Uint16Array(count);
  // About -1 to 1, in float32 or in the bits of bfloat16.
  for (let i = 0; i < count; i++) pixels[i] = dtype === "float32" ? ((i * 37) % 2048) / 1024 - 1 : 0x3e80 + (i % 250);
  return pixels;
}

function createDecoder(pixels, channels, dtype) {
  return (_, { tile }) => {
    const shape = [1, channels, ...AXES.map((axis) => tile.output[axis].stop - tile.output[axis].start)];
    return { dtype, shape, data: pixels.subarray(0, product(shape)) };
  };
}

/** Latent cells of LTX: 128 channels. */
function createLatents({ frames, height, width }) {
  const shape = [1, 128, frames, height, width];
  return { dtype: "float32", shape, data: new Float32Array(product(shape)).fill(0.5) };
}

/**
 * All that a decode of a workload takes, made before the clock starts. Returns `run(executor)`, which decodes once and
 * gives the milliseconds, and the bytes of the pixels of a tile. In mode "reused", a run writes into the result of the
 * one before.
 */
export function prepare(workload) {
  const { tiling, tile, out, mode, channels = 3, concurrency = 1 } = workload;
  const plan = planOf(workload);
  const latents = createLatents(plan.latent);
  const pixels = createPixels(plan, channels, tile);
  const decoder = createDecoder(pixels, channels, tile);
  const common = { geometry: geometries.ltx, tiling: tilingOf(tiling), concurrency, outputChannels: channels };
  let reused = {};
  const run = async (executor) => {
    const options = { ...common, ...reused, executor };
    const start = performance.now();
    if (mode === "streamed") await stream(latents, decoder, { ...options, ...formatOf(out) });
    else {
      const output = await decodeTiled(latents, decoder, { ...options, dtype: out });
      if (mode === "reused") reused = { output };
    }
    return performance.now() - start;
  };
  return { run, pixelBytes: pixels.byteLength };
}

function formatOf(out) {
  return out === "rgb24" ? { pixelFormat: "rgb24" } : { dtype: out };
}

/** As `for await` does, but for letting a chunk go before the next is waited for. */
async function stream(latents, decoder, options) {
  const chunks = decodeFrames(latents, decoder, options);
  for (;;) {
    let next = await chunks.next();
    if (next.done) return;
    next = undefined;
  }
}
