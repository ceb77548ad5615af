// The other implementations that this machine has.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { planOf } from "./workloads.mjs";

const SCRIPT = fileURLToPath(new URL("peers/trial.py", import.meta.url));

/** Each peer with the program that runs it, a Python, or why it is missing. */
export function findPeers(program) {
  return [
    ["numpy", "numpy"],
    ["mlx", "mlx.core"],
    ["torch", "torch"],
  ].map(([name, module]) => {
    const check = `import ${module}; from importlib.metadata import version; print(version("${name}"))`;
    const { status, stdout, stderr } = spawnSync(program, ["-c", check], { encoding: "utf8" });
    if (status !== 0) return { name, missing: (stderr ?? "no Python").trim().split("\n").at(-1) ?? "" };
    return { name, version: stdout.trim(), program, args: [SCRIPT, name] };
  });
}

/** What a peer is told of a workload: the intervals of each axis with their masks, as hexadecimal. */
export function peerRequest(workload, threads) {
  const plan = planOf(workload);
  const axis = (name) => ({
    size: plan.output[name],
    intervals: plan.axes[name].map(({ outStart, outStop, mask }) => ({
      start: outStart,
      stop: outStop,
      mask: Buffer.from(mask.buffer, mask.byteOffset, mask.byteLength).toString("hex"),
    })),
  });
  const longest = (name) => Math.max(...plan.axes[name].map(({ outStart, outStop }) => outStop - outStart));
  const pixels = 3 * longest("frames") * longest("height") * longest("width");
  return { frames: axis("frames"), height: axis("height"), width: axis("width"), pixels, threads, ...workload };
}
