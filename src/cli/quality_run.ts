import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { DecodeProgress } from "../decode_options.js";
import type { QualityCost, QualityJob, QualityMessage } from "./quality_worker.js";

/** Runs one decode in a process of its own; aborting ends it. */
export function runQualityJob(
  job: QualityJob,
  signal: AbortSignal,
  onProgress: (progress: DecodeProgress) => void,
): Promise<QualityCost> {
  const child: ChildProcess = fork(fileURLToPath(new URL("quality_worker.js", import.meta.url)), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      child.kill("SIGKILL");
      reject(signal.reason);
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    child.once("error", reject);
    child.once("exit", (code, name) => {
      signal.removeEventListener("abort", onAbort);
      // Only when nothing was said before: a promise settles once.
      const how = name === null ? `exit code ${code}` : `signal ${name}`;
      reject(new Error(`the process of a decode ended with ${how}: out of memory, perhaps`));
    });
    child.on("message", (message: QualityMessage) => {
      if (message.kind === "progress") onProgress(message.progress);
      else if (message.kind === "done") resolve(message.cost);
      else reject(new Error(message.message));
    });
    child.send(job);
  });
}
