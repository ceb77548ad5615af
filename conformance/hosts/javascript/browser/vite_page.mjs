import { askWorker } from "./run.mjs";
import { runHere } from "./vite.mjs";

const runInWorker = () => askWorker(new Worker(new URL("./vite_worker.mjs", import.meta.url), { type: "module" }));
window.conformance = { runHere, runInWorker };
