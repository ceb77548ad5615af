// How the cost of a value grows with frames, area, channels and overlap: node bench/growth.mjs prints one line of JSON.
// All threads of the cpu executor, float32 tiles into float32 that has been written to before; one thing changes at once.
import { createExecutor } from "tileblend";
import { prepare } from "./instant.mjs";
import { median } from "./summary.mjs";
import { countBytes, planOf } from "./workloads.mjs";

const DECODES = 5;

function tilingWith(overlap) {
  return { spatial: { tileSize: 256, overlap }, temporal: { tileSize: 32, overlap: 8 } };
}

const BASE = {
  size: "65x512x512",
  tiling: tilingWith(64),
  channels: 3,
  tile: "float32",
  out: "float32",
  mode: "reused",
};
const POINTS = [
  ...[33, 65, 129, 257].map((frames) => ({ axis: "frames", value: frames, size: `${frames}x512x512` })),
  ...[256, 512, 1024].map((side) => ({ axis: "side", value: side, size: `65x${side}x${side}` })),
  ...[1, 3, 6].map((channels) => ({ axis: "channels", value: channels, channels })),
  ...[0, 64, 128].map((overlap) => ({ axis: "overlap", value: overlap, tiling: tilingWith(overlap) })),
];

async function measure({ axis, value, ...change }, executor) {
  const workload = { ...BASE, ...change };
  const { run } = prepare(workload);
  // The first decode compiles code.
  await run(executor);
  const times = [];
  for (let i = 0; i < DECODES; i++) times.push(await run(executor));
  const milliseconds = median(times);
  const { touched, values } = countBytes(workload, planOf(workload));
  const nanoseconds = milliseconds * 1e6;
  return { axis, value, milliseconds, touched, perTouched: nanoseconds / touched, perValue: nanoseconds / values };
}

const executor = await createExecutor("cpu");
const points = [];
for (const point of POINTS) points.push(await measure(point, executor));
console.log(JSON.stringify({ points }));
