// npm run bench [-- --quick] [-- --repetitions N]: every workload, ours beside the limit and the peers, each trial in a
// process of its own, in turn. Prints tables of medians and writes build/bench.json.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findPeers, peerRequest } from "./peers.mjs";
import { measurePlanner } from "./planner.mjs";
import { formatMemory, formatPeers, formatShares, median, spread } from "./tables.mjs";
import { allWorkloads, countBytes, planOf } from "./workloads.mjs";

const { values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, repetitions: { type: "string" } },
});
const root = fileURLToPath(new URL("..", import.meta.url));
const repetitions = Number(values.repetitions ?? (values.quick ? 1 : 3));
const threads = availableParallelism();

/** Runs a trial and returns what it prints, or the reason why there is nothing. */
function runTrial(program, args) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", maxBuffer: 2 ** 26 });
  if (status !== 0) return { missing: stderr.trim().split("\n").at(-1) ?? `exit code ${status}` };
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}

function runOurs(request) {
  return runTrial(process.execPath, [
    "--expose-gc",
    fileURLToPath(new URL("trial.mjs", import.meta.url)),
    JSON.stringify(request),
  ]);
}

/** Builds the program that measures the limit, or returns undefined. */
function buildLimit() {
  const program = `${root}build/memory_limit`;
  const source = fileURLToPath(new URL("memory_limit.cc", import.meta.url));
  const { status } = spawnSync(process.env.CXX ?? "g++", [
    "-std=c++20",
    "-O2",
    "-pthread",
    `-I${root}native`,
    source,
    "-o",
    program,
  ]);
  return status === 0 ? program : undefined;
}

const contenders = [
  ...[...new Set([threads, 1])].map((count) => ({ executor: "cpu", threads: count })),
  { executor: "wasm", threads: 1 },
];

function selected() {
  if (!values.quick) return allWorkloads();
  const isQuick = ({ size, tiling }) => size === "121x544x960" && tiling === "default";
  return allWorkloads().filter((workload) => isQuick(workload) && workload.tile === "float32");
}

/** What the peers are measured on: they make float32 of float32, and bytes of that. */
function isCompared({ size, tile, out, mode }) {
  return size === "121x544x960" && tile === "float32" && out !== "bfloat16" && mode !== "whole";
}

/** All trials of one repetition of a workload, one after the other, the limit first. */
function repeat(workload, state) {
  const results = [];
  const limits = {};
  for (const count of new Set(contenders.map((contender) => contender.threads))) {
    limits[count] = state.limit === undefined ? undefined : runTrial(state.limit, [String(count)]);
  }
  for (const contender of contenders) {
    const result = runOurs({ ...workload, ...contender });
    results.push({ name: `${contender.executor} ${contender.threads}`, limit: limits[contender.threads], ...result });
  }
  if (isCompared(workload)) {
    for (const peer of state.peers) {
      const request = peerRequest(workload, threads);
      results.push({ name: peer.name, ...runTrial(peer.program, [...peer.args, JSON.stringify(request)]) });
    }
  }
  return results;
}

/** Medians of a workload's repetitions, by contender. */
function summarise(workload, rounds) {
  const bytes = countBytes(workload, planOf(workload));
  const names = [...new Set(rounds.flat().map(({ name }) => name))];
  const entries = names.map((name) => {
    const trials = rounds.flat().filter((trial) => trial.name === name && trial.missing === undefined);
    const missing = rounds.flat().find((trial) => trial.name === name)?.missing;
    if (trials.length === 0) return { name, missing };
    const milliseconds = trials.map((trial) => trial.milliseconds);
    return { name, ...medians(trials), spread: spread(milliseconds), ...shares(workload, bytes, trials) };
  });
  return { workload, bytes, entries };
}

function medians(trials) {
  const of = (read) => median(trials.map(read));
  return {
    milliseconds: of((trial) => trial.milliseconds),
    peakBytes: of((trial) => trial.peak),
    idleBytes: of((trial) => trial.idle),
    longestTurn: of((trial) => trial.longestTurn ?? 0),
  };
}

/** The share of each floor that was reached: least possible time over time, each against the limit of its own round. */
function shares({ mode, out }, { least, window, values: count }, trials) {
  const limited = trials.filter((trial) => trial.limit?.copyBytesPerSecond > 0);
  if (limited.length === 0) return {};
  // Frames that are handed out, and a whole result, lie in fresh memory, which the system clears page by page.
  const fresh = mode === "reused" ? 0 : count * { float32: 4, bfloat16: 2, rgb24: 1 }[out];
  const share =
    (bytes) =>
    ({ limit, milliseconds }) =>
      (1000 * (bytes / limit.copyBytesPerSecond + fresh * limit.faultSecondsPerByte)) / milliseconds;
  return {
    copyBytesPerSecond: median(limited.map((trial) => trial.limit.copyBytesPerSecond)),
    shareOfA: median(limited.map(share(least))),
    shareOfB: median(limited.map(share(least + window))),
  };
}

/** Peak memory of streamed decodes of 33, 121 and 1,001 frames. */
function measureMemory() {
  const sizes = values.quick ? ["33x544x960", "121x544x960"] : ["33x544x960", "121x544x960", "1001x544x960"];
  return sizes.flatMap((size) =>
    ["float32", "bfloat16", "rgb24"].map((out) => {
      const workload = { size, tiling: "default", tile: "float32", out, mode: "streamed" };
      return { size, out, ...runOurs({ ...workload, executor: "cpu" }), frames: windowFrames(planOf(workload)) };
    }),
  );
}

/** Frames of the longest interval. */
function windowFrames(plan) {
  return Math.max(...plan.axes.frames.map(({ outStart, outStop }) => outStop - outStart));
}

function machine() {
  const [cpu] = cpus();
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
  return { cpu: cpu?.model, cores: threads, memoryBytes: totalmem(), node: process.version, commit };
}

const peers = findPeers();
const limit = buildLimit();
if (limit === undefined) console.log("missing: the limit (no C++ compiler)");
for (const { name, missing } of peers) if (missing !== undefined) console.log(`missing: ${name} (${missing})`);
const state = { limit, peers: peers.filter(({ missing }) => missing === undefined) };
const workloads = selected();
const rounds = workloads.map(() => []);
for (let repetition = 0; repetition < repetitions; repetition++) {
  for (const [i, workload] of workloads.entries()) rounds[i].push(repeat(workload, state));
  console.error(`repetition ${repetition + 1} of ${repetitions} is done`);
}
const summaries = workloads.map((workload, i) => summarise(workload, rounds[i]));
const report = {
  machine: machine(),
  repetitions,
  peers: peers.map(({ name, version, missing }) => ({ name, version, missing })),
  workloads: summaries,
  memory: measureMemory(),
  planner: measurePlanner(process.env.BENCH_PYTHON ?? "python3"),
};
mkdirSync(`${root}build`, { recursive: true });
writeFileSync(`${root}build/bench.json`, JSON.stringify(report, undefined, 1));
console.log(JSON.stringify(report.machine));
console.log(formatShares(summaries));
console.log(formatPeers(summaries));
console.log(formatMemory(report.memory));
console.log(JSON.stringify(report.planner, undefined, 1));
