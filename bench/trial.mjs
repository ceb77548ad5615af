// One trial of ours, in a process of its own: node --expose-gc bench/trial.mjs '<json>' prints one line of JSON.
import { readFileSync } from "node:fs";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { createExecutor, decodeFrames, decodeTiled, geometries, tilings } from "tileblend";
import { planOf } from "./workloads.mjs";

const { executor: name, threads, concurrency = 1, ...workload } = JSON.parse(process.argv[2] ?? "{}");

/** Resident bytes now and at their highest, from the operating system; the highest alone where there is no /proc. */
function residentBytes() {
  if (process.platform !== "linux")
    return { now: process.memoryUsage.rss(), highest: process.resourceUsage().maxRSS * 1024 };
  const status = readFileSync("/proc/self/status", "utf8");
  const field = (key) => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) * 1024;
  return { now: field("VmRSS"), highest: field("VmHWM") };
}

/** Pixels for every tile: the same values each time, so that nothing but blending is measured. */
function createPixels(plan, dtype) {
  const longest = (axis) => Math.max(...plan.axes[axis].map(({ outStart, outStop }) => outStop - outStart));
  const count = 3 * longest("frames") * longest("height") * longest("width");
  const pixels = dtype === "float32" ? new Float32Array(count) : new Uint16Array(count);
  // About -1 to 1, in float32 or in the bits of bfloat16.
  for (let i = 0; i < count; i++) pixels[i] = dtype === "float32" ? ((i * 37) % 2048) / 1024 - 1 : 0x3e80 + (i % 250);
  return pixels;
}

function createDecoder(pixels, dtype) {
  return (_, { tile }) => {
    const lengths = ["frames", "height", "width"].map((axis) => tile.output[axis].stop - tile.output[axis].start);
    const shape = [1, 3, ...lengths];
    return {
      dtype,
      shape,
      data: pixels.subarray(
        0,
        shape.reduce((product, length) => product * length, 1),
      ),
    };
  };
}

/** Decodes once. Returns the milliseconds it took. */
async function decode({ mode, out }, latents, decoder, options) {
  const start = performance.now();
  if (mode === "streamed") {
    const format = out === "rgb24" ? { pixelFormat: "rgb24" } : { dtype: out };
    const chunks = decodeFrames(latents, decoder, { ...options, ...format });
    // As `for await` does, but for letting a chunk go before the next is waited for.
    for (;;) {
      let next = await chunks.next();
      if (next.done) break;
      consume(next.value);
      next = undefined;
    }
  } else {
    await decodeTiled(latents, decoder, { ...options, dtype: out });
  }
  return performance.now() - start;
}

let consumed = 0;
function consume({ frames }) {
  consumed += frames.data[0] ?? 0;
}

const idle = residentBytes().now;
const plan = planOf(workload);
const executor = await createExecutor(name, name === "cpu" && threads ? { threads } : {});
const pixels = createPixels(plan, workload.tile);
const decoder = createDecoder(pixels, workload.tile);
const { frames, height, width } = plan.latent;
const latents = {
  dtype: "float32",
  shape: [1, 128, frames, height, width],
  data: new Float32Array(128 * frames * height * width),
};
const options = { geometry: geometries.ltx, tiling: tilings[workload.tiling](), executor, concurrency };
if (workload.mode === "reused") {
  const shape = [1, 3, plan.output.frames, plan.output.height, plan.output.width];
  const count = shape.reduce((product, length) => product * length, 1);
  const data = workload.out === "float32" ? new Float32Array(count) : new Uint16Array(count);
  options.output = { dtype: workload.out, shape, data: data.fill(1) };
}
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const milliseconds = await decode(workload, latents, decoder, options);
delay.disable();
console.log(
  JSON.stringify({
    milliseconds,
    idle,
    peak: residentBytes().highest,
    pixelBytes: pixels.byteLength,
    latentBytes: latents.data.byteLength,
    longestTurn: delay.max / 1e6,
    consumed,
  }),
);
