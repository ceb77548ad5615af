// Runs the conformance kit in a page or a Worker. The caller gives the package as this place resolves it.

/** Fetches what the kit needs, and runs it. `plannerUrl` is where planner.wasm lies. */
export async function run(tileblend, { runConformance }, plannerUrl) {
  const [planner, vectors] = await Promise.all([fetchBytes(plannerUrl), fetchBytes("/vectors.json")]);
  const parsed = JSON.parse(new TextDecoder().decode(vectors));
  // No native addon can be loaded here.
  return runConformance({ tileblend, vectors: parsed, planner, executors: ["wasm"] });
}

async function fetchBytes(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Asks a Worker for its report. */
export function askWorker(worker) {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message || "the worker could not be loaded"));
  });
}
