// What planning costs: the first plan of a process, one plan beside the reference's in Python, and a plan of many tiles.
import { spawnSync } from "node:child_process";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { geometries, planTiles, tilings } from "tileblend";
import { median, spread } from "./summary.mjs";

const PROCESSES = 15;
const REQUEST = { latent: { frames: 16, height: 17, width: 30 }, geometry: geometries.ltx, tiling: tilings.default() };
const LARGE = {
  latent: { frames: 101, height: 200, width: 200 },
  geometry: geometries.ltx,
  tiling: { spatial: { tileSize: 64, overlap: 0 }, temporal: { tileSize: 16, overlap: 8 } },
};
const FIRST_PLAN = `
  import { createExecutor, geometries, planTiles, tilings } from "tileblend";
  planTiles({ latent: { frames: 16, height: 17, width: 30 }, geometry: geometries.ltx, tiling: tilings.default() }).axes;
  await createExecutor("wasm");`;

/** Milliseconds of a process of Node. */
function timeProcess(args) {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return performance.now() - start;
}

/** Import, first plan and compiled wasm executor over a bare process, which takes turns with it. */
function measureFirstPlan() {
  const pairs = Array.from({ length: PROCESSES }, () => {
    const bare = timeProcess(["-e", "0"]);
    const first = timeProcess(["--input-type=module", "--eval", FIRST_PLAN]);
    return { bare, first, over: first - bare };
  });
  const overs = pairs.map(({ over }) => over);
  return { bare: median(pairs.map(({ bare }) => bare)), overBare: median(overs), spread: spread(overs) };
}

/** Median milliseconds of a call. */
function timeCall(call, rounds = 200) {
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now();
    call();
    return performance.now() - start;
  });
  return median(times);
}

/** One plan in Python, with NumPy, or why there is none; it must be the same plan. */
function measurePython(program) {
  const scales = {
    frames: geometries.ltx.temporalScale,
    height: geometries.ltx.heightScale,
    width: geometries.ltx.widthScale,
  };
  const request = Object.entries(scales).map(([axis, scale]) => {
    const { tileSize, overlap } = REQUEST.tiling[axis === "frames" ? "temporal" : "spatial"];
    return { cells: REQUEST.latent[axis], scale, tile: tileSize / scale, overlap: overlap / scale };
  });
  const script = fileURLToPath(new URL("peers/planner.py", import.meta.url));
  const { status, stdout, stderr } = spawnSync(program, [script, JSON.stringify(request)], { encoding: "utf8" });
  if (status !== 0) return { missing: (stderr ?? "no Python").trim().split("\n").at(-1) };
  const { milliseconds, axes } = JSON.parse(stdout);
  const expected = Object.values(planTiles(REQUEST).axes).map((intervals) =>
    intervals.map(({ outStart, outStop, mask }) => {
      const bytes = Buffer.from(mask.buffer, mask.byteOffset, mask.byteLength);
      return { outStart, outStop, mask: bytes.toString("hex") };
    }),
  );
  if (JSON.stringify(axes) !== JSON.stringify(expected)) throw new Error("the planner in Python makes another plan");
  return { milliseconds };
}

/** All of it, in milliseconds. `python` names the program. */
export function measurePlanner(python) {
  const start = performance.now();
  let tiles = 0;
  for (const _ of planTiles(LARGE).tiles()) tiles += 1;
  const enumerate = performance.now() - start;
  return {
    firstPlan: measureFirstPlan(),
    onePlan: timeCall(() => planTiles(REQUEST).axes),
    onePlanInPython: measurePython(python),
    manyTiles: { tiles, plan: timeCall(() => planTiles(LARGE).axes, 20), enumerate },
  };
}
