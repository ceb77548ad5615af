import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { DecodeProgress } from "../decode_options.js";
import type { QualityJob, QualityMessage, QualityOutcome } from "./quality_worker.js";

/** Runs a job in a process of its own; aborting ends it. */
export function runQualityJob(
  job: QualityJob,
  signal: AbortSignal,
  onProgress: (progress: DecodeProgress) => void,
): Promise<QualityOutcome> {
  const child: ChildProcess = fork(fileURLToPath(new URL("quality_worker.js", import.meta.url)), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    // Typed arrays come through as they are.
    serialization: "advanced",
  });
  return new Promise((resolve, reject) => {
    // The promise waits for the end of the process: until then it writes into the job's folder.
    const onAbort = () => void child.kill("SIGKILL");
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    child.once("error", reject);
    child.once("exit", (code, name) => {
      signal.removeEventListener("abort", onAbort);
      if (signal.aborted) return reject(signal.reason);
      // Only when nothing was said before: a promise settles once.
      const how = name === null ? `exit code ${code}` : `signal ${name}`;
      reject(new Error(`the decoding process ended with ${how}: out of memory, perhaps`));
    });
    child.on("message", (message: QualityMessage) => {
      if (message.kind === "progress") return onProgress(message.progress);
      child.disconnect();
      if (message.kind === "done") resolve(message.outcome);
      else reject(new Error(message.message));
    });
    child.send(job);
  });
}
