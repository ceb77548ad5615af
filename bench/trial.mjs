// One trial of ours, in a process of its own: node bench/trial.mjs '<json>' prints one line of JSON.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createExecutor } from "tileblend";
import { prepare } from "./instant.mjs";

const { executor: name, threads, ...workload } = JSON.parse(process.argv[2] ?? "{}");

/** Resident bytes now and at their highest, from the operating system; the highest alone where there is no /proc. */
function residentBytes() {
  if (process.platform !== "linux")
    return { now: process.memoryUsage.rss(), highest: process.resourceUsage().maxRSS * 1024 };
  const status = readFileSync("/proc/self/status", "utf8");
  const field = (key) => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) * 1024;
  return { now: field("VmRSS"), highest: field("VmHWM") };
}

/**
 * Has another process touch memory and end: the host of a virtual machine takes back what nobody used for two seconds,
 * and to give it again takes it several times as long as a decode. Peers do the same.
 */
function touchMemory() {
  spawnSync(process.execPath, [
    "-e",
    "for (let i = 0; i < 12; i++) (globalThis.kept ??= []).push(Buffer.alloc(2 ** 28, 1))",
  ]);
}

const idle = residentBytes().now;
const executor = await createExecutor(name, name === "cpu" && threads ? { threads } : {});
const { run, pixelBytes } = prepare(workload);
touchMemory();
// Memory that is reused has been written by a decode before, right before: the host takes back what lies idle too.
if (workload.mode === "reused") await run(executor);
const milliseconds = await run(executor);
console.log(JSON.stringify({ milliseconds, idle, peak: residentBytes().highest, pixelBytes }));
