// The package unbundled: its browser entry is ES modules that import nothing but each other.
import * as conformance from "/node_modules/tileblend/dist/browser/conformance.js";
import * as tileblend from "/node_modules/tileblend/dist/browser/index.js";
import { askWorker, run } from "./run.mjs";

export const runHere = () => run(tileblend, conformance, "/node_modules/tileblend/build/planner.wasm");

export const runInWorker = () =>
  askWorker(new Worker(new URL("./modules_worker.mjs", import.meta.url), { type: "module" }));
