import type { Dtype, FrameChunk, OutputFormat, Tensor } from "tileblend";
import { type BlendCase, blendTiles, Expectation, expectChunks, makeTiles, planOf } from "../support/blend_case.js";
import { seededRandom } from "../support/random.js";
import { describeExact } from "../support/variants.js";

/** Widths that are no multiple of a vector's lanes, three tiles on each axis. */
const small: BlendCase = {
  latent: [7, 5, 7],
  geometry: { temporalScale: 2, heightScale: 3, widthScale: 3, causal: true },
  tiling: [
    { size: 3, overlap: 1 },
    { size: 3, overlap: 1 },
    { size: 3, overlap: 1 },
  ],
  batch: 1,
  channels: 3,
};
/** Of another layout: the same places of memory hold other things. */
const large: BlendCase = { ...small, latent: [7, 7, 7], geometry: { ...small.geometry, widthScale: 5 }, batch: 2 };

interface Workload {
  readonly blendCase: BlendCase;
  readonly dtype: Dtype;
  readonly format: OutputFormat;
  /** Whether every pixel is no number. */
  readonly isNan?: boolean;
  /** Whether tiles are a row and a column short, so that voxels are in no tile. */
  readonly isShort?: boolean;
}

const WORKLOADS: readonly Workload[] = [
  { blendCase: large, dtype: "float32", format: "float32", isNan: true },
  { blendCase: small, dtype: "float32", format: "rgb24" },
  { blendCase: large, dtype: "bfloat16", format: "float16", isShort: true },
  { blendCase: small, dtype: "float16", format: "float32", isShort: true },
  { blendCase: small, dtype: "bfloat16", format: "bfloat16", isNan: true },
];

/** A workload's tiles, and what the reference makes of them: made once for all executors. */
interface Prepared {
  readonly workload: Workload;
  readonly tiles: readonly Tensor[];
  readonly expected: Expectation;
}

const preparedWorkloads = new Map<Workload, Prepared>();

function prepare(workload: Workload): Prepared {
  const known = preparedWorkloads.get(workload);
  if (known !== undefined) return known;
  const tiles = makeTilesOf(workload);
  const prepared = { workload, tiles, expected: new Expectation(workload.blendCase, tiles) };
  preparedWorkloads.set(workload, prepared);
  return prepared;
}

function makeTilesOf({ blendCase, dtype, isNan, isShort }: Workload): Tensor[] {
  const random = seededRandom(1);
  const value = () => (isNan ? Number.NaN : random() * 2 - 1);
  return makeTiles(blendCase, dtype, value, ([frames, height, width]) =>
    isShort ? [frames, height - 1, width - 1] : [frames, height, width],
  );
}

function describeWorkload({ blendCase, dtype, format, isNan, isShort }: Workload): string {
  const size = blendCase === large ? "large" : "small";
  return `${size} ${dtype} to ${format}${isNan ? ", NaN" : ""}${isShort ? ", short tiles" : ""}`;
}

describeExact("decodes of one executor", (executor) => {
  async function check(workload: Workload): Promise<void> {
    const { tiles, expected } = prepare(workload);
    const { blendCase, format } = workload;
    expectChunks(await blendTiles(executor(), blendCase, tiles, { format }), expected, format);
  }

  async function open({ blendCase, format }: Workload) {
    const { batch, channels: outputChannels } = blendCase;
    const plan = planOf(blendCase);
    return { plan, accumulator: await executor().open(plan, { batch, outputChannels, format }) };
  }

  for (const first of WORKLOADS) {
    it(`leave nothing to the next: ${describeWorkload(first)}, then each`, async () => {
      for (const next of WORKLOADS) {
        await check(first);
        await check(next);
      }
    });
  }

  it("may run at once, and do not share what an earlier one gave back", async () => {
    await check(WORKLOADS[0] as Workload);
    const decodes = await Promise.all(
      WORKLOADS.slice(1).map(async (workload) => {
        const chunks: FrameChunk[] = [];
        return { ...prepare(workload), ...(await open(workload)), chunks };
      }),
    );
    const most = Math.max(...decodes.map(({ plan }) => plan.tileCount));
    for (let index = 0; index < most; index++) {
      for (const { plan, accumulator, tiles, chunks } of decodes) {
        const pixels = tiles[index];
        if (pixels === undefined) continue;
        await accumulator.add(plan.tile(index), pixels);
        if (accumulator.finalFrames > 0) chunks.push(await accumulator.take(accumulator.finalFrames));
        if (index === plan.tileCount - 1) accumulator.close();
      }
    }
    for (const { workload, expected, chunks } of decodes) expectChunks(chunks, expected, workload.format);
  });
});
