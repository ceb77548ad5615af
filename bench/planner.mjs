// What planning costs.
import { spawnSync } from "node:child_process";
import { performance } from "node:perf_hooks";
import { geometries, planTiles, tilings } from "tileblend";
import { median } from "./tables.mjs";

const ROUNDS = 15;
const REQUEST = { latent: { frames: 16, height: 17, width: 30 }, geometry: geometries.ltx, tiling: tilings.default() };
const FIRST_PLAN = `
  import { createExecutor, geometries, planTiles, tilings } from "tileblend";
  planTiles({ latent: { frames: 16, height: 17, width: 30 }, geometry: geometries.ltx, tiling: tilings.default() }).axes;
  await createExecutor("wasm");`;

/** Milliseconds of a process that runs some JavaScript. */
function timeProcess(code) {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", code], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return performance.now() - start;
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

/** Milliseconds: import and first plan over a bare process, in turn; one plan; going through a million tiles. */
export function measurePlanner() {
  const pairs = Array.from({ length: ROUNDS }, () => [timeProcess("0"), timeProcess(FIRST_PLAN)]);
  const bare = median(pairs.map(([first]) => first));
  const first = median(pairs.map(([, second]) => second));
  const large = {
    latent: { frames: 99, height: 202, width: 202 },
    geometry: geometries.ltx,
    tiling: { spatial: { tileSize: 64, overlap: 0 }, temporal: { tileSize: 16, overlap: 8 } },
  };
  const plan = planTiles(large);
  const start = performance.now();
  let tiles = 0;
  for (const _ of planTiles(large).tiles()) tiles += 1;
  const enumerate = performance.now() - start;
  return {
    bareProcess: bare,
    firstPlan: first,
    firstPlanOverBare: first - bare,
    onePlan: timeCall(() => planTiles(REQUEST).axes),
    manyTiles: { tileCount: plan.tileCount, tiles, plan: timeCall(() => planTiles(large).axes, 20), enumerate },
  };
}
