// What the TypeScript around the kernel costs, in a process of its own: node bench/orchestrator.mjs '<json>' prints one
// line of JSON. The first decode is what a user sees; the ones after it have their code compiled.
import { spawn } from "node:child_process";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { openAccumulator } from "#src/executor/accumulator.js";
import { loadCpu } from "#src/executor/native.js";
import { createWasmKernelFactory } from "#src/executor/wasm.js";
import { prepare } from "./instant.mjs";

const DECODES = 5;
const RESOLUTION_MS = 1;
const IDLE = `
  const delay = require("node:perf_hooks").monitorEventLoopDelay({ resolution: ${RESOLUTION_MS} });
  process.on("message", (message) => {
    if (message === "start") { delay.reset(); delay.enable(); return process.send("started"); }
    delay.disable();
    process.send(delay.max / 1e6);
  });`;

/** A bare process whose event loop has nothing to do: how late the machine alone makes a timer. */
function startControl() {
  const child = spawn(process.execPath, ["-e", IDLE], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const ask = (message) =>
    new Promise((resolve) => {
      child.once("message", resolve);
      child.send(message);
    });
  return { start: () => ask("start"), stop: () => ask("stop"), end: () => child.disconnect() };
}

/** An executor over a kernel, and the milliseconds during which a call of the kernel was under way. */
function createTimed(factory) {
  const clock = { inKernel: 0 };
  const time = async (call) => {
    const start = performance.now();
    const result = await call();
    clock.inKernel += performance.now() - start;
    return result;
  };
  const timedFactory = async (...request) => {
    const kernel = await time(() => factory(...request));
    return {
      accumulate: (job) => time(() => kernel.accumulate(job)),
      normalise: (job) => time(() => kernel.normalise(job)),
      createTarget: (format, elements) => kernel.createTarget?.(format, elements),
      close: () => kernel.close(),
    };
  };
  const open = (plan, options) => openAccumulator(plan, options, timedFactory);
  return { clock, executor: { name: "timed", description: "", flushesSubnormals: false, open } };
}

async function measure(run, executor, clock, control) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  await control.start();
  clock.inKernel = 0;
  delay.enable();
  const milliseconds = await run(executor);
  delay.disable();
  const longestIdle = await control.stop();
  const { inKernel } = clock;
  return { milliseconds, share: (milliseconds - inKernel) / inKernel, longestTurn: delay.max / 1e6, longestIdle };
}

const { executor: name, threads, ...workload } = JSON.parse(process.argv[2] ?? "{}");
const factory = name === "cpu" ? (await loadCpu({ threads })).factory : createWasmKernelFactory();
const { clock, executor } = createTimed(factory);
const { run } = prepare(workload);
const control = startControl();
const decodes = [];
for (let i = 0; i < DECODES; i++) decodes.push(await measure(run, executor, clock, control));
control.end();
console.log(JSON.stringify({ decodes }));
