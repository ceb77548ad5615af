// Starts what is measured, each trial in a process of its own.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { peerRequest } from "./peers.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Runs a program that prints a line of JSON. Returns that, or the reason why there is none. */
function runTrial(program, args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8", maxBuffer: 2 ** 26 });
  if (status === 0) return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  return { missing: error?.message ?? stderr.trim().split("\n").at(-1) ?? `exit code ${status}` };
}

/** Runs a file of this folder with a request. */
export function runScript(name, request) {
  const script = fileURLToPath(new URL(name, import.meta.url));
  return runTrial(process.execPath, [script, JSON.stringify(request)]);
}

/** Decodes a workload with one of our executors. */
export function runOurs(workload, contender) {
  return runScript("trial.mjs", { ...workload, ...contender });
}

/** Blends a workload with another implementation. */
export function runPeer(peer, workload, threads) {
  return runTrial(peer.program, [...peer.args, JSON.stringify(peerRequest(workload, threads))]);
}

/** Builds the program that measures the limit; gives what runs it with a number of threads, or undefined. */
export function buildLimit() {
  const program = `${root}build/memory_limit`;
  const source = fileURLToPath(new URL("memory_limit.cc", import.meta.url));
  const args = ["-std=c++20", "-O2", "-pthread", `-I${root}native`, source, "-o", program];
  const { status } = spawnSync(process.env.CXX ?? "g++", args);
  return status === 0 ? (threads) => runTrial(program, [String(threads)]) : undefined;
}
