import { rm } from "node:fs/promises";
import { join } from "node:path";
import { decodeFrames } from "../decode.js";
import type { DecodeProgress } from "../decode_options.js";
import { chooseExecutor } from "../executor/index.js";
import type { Executor, ExecutorName } from "../executor/types.js";
import { createSink, readNpy } from "../io/index.js";
import { planTiles } from "../plan.js";
import { type Comparison, compareDecodes } from "../quality/compare.js";
import type { Tensor } from "../tensor.js";
import type { TileDecoder } from "../tile_decoder.js";
import type { Tiling } from "../tiling.js";
import { type DecodeSource, openSource, type SourceOptions } from "./decode_source.js";
import { peakMemoryBytes } from "./process_memory.js";

/** Decodes for `quality`, in a process of their own so that their memory can be told. */
export interface QualityJob {
  /** Latents, or pixels. */
  readonly input: string;
  readonly source: SourceOptions;
  /** Tilings with the same tiles: the network runs once for each tile, whatever their number. */
  readonly tilings: readonly Tiling[];
  readonly executor: ExecutorName | "auto";
  readonly concurrency: number;
  /** Where decodes lie meanwhile, as .npy files of float32. */
  readonly folder: string;
  /** Whether the one tiling is the untiled decode, which is kept in the folder to compare with. */
  readonly isReference: boolean;
}

/** What a decode took. */
export interface QualityCost {
  readonly elapsedMs: number;
  /** Of the whole process: runtime, network and executor. */
  readonly peakMemoryBytes: number;
}

/** What is known of a job's tilings: the cost of the first, and how each compares; nothing for the untiled decode. */
export interface QualityOutcome {
  readonly cost: QualityCost;
  readonly comparisons: readonly Comparison[];
}

/** What the process of a job says: progress, and at last the outcome or an error. */
export type QualityMessage =
  | { readonly kind: "progress"; readonly progress: DecodeProgress }
  | { readonly kind: "done"; readonly outcome: QualityOutcome }
  | { readonly kind: "failed"; readonly message: string };

type Say = (message: QualityMessage) => void;

async function run(job: QualityJob, say: Say): Promise<QualityOutcome> {
  const source = await openSource(job.input, job.source);
  try {
    const { executor } = await chooseExecutor(job.executor);
    const decoder = job.tilings.length > 1 ? remembered(source.decoder) : source.decoder;
    const reference = join(job.folder, "whole.npy");
    const file = job.isReference ? reference : join(job.folder, "tiled.npy");
    const comparisons: Comparison[] = [];
    let cost: QualityCost | undefined;
    let whole: Tensor | undefined;
    for (const tiling of job.tilings) {
      const began = performance.now();
      await decodeInto(file, { ...source, decoder }, { job, tiling, executor, say });
      // Before anything is read to compare with.
      cost ??= { elapsedMs: Math.round(performance.now() - began), peakMemoryBytes: peakMemoryBytes() };
      if (job.isReference) continue;
      whole ??= await readNpy(reference);
      const plan = planTiles({ latent: latentSize(source), geometry: source.geometry, tiling });
      comparisons.push(compareDecodes(await readNpy(file), whole, { plan, range: source.range }));
      await rm(file);
    }
    if (cost === undefined) throw new RangeError("a job must have a tiling");
    return { cost, comparisons };
  } finally {
    await source.close();
  }
}

interface Step {
  readonly job: QualityJob;
  readonly tiling: Tiling;
  readonly executor: Executor;
  readonly say: Say;
}

/** Streams one decode into a file: the video is never held whole. */
async function decodeInto(file: string, source: DecodeSource, { job, tiling, executor, say }: Step): Promise<void> {
  const { latents, geometry, decoder } = source;
  const { output } = planTiles({ latent: latentSize(source), geometry, tiling });
  const outputChannels = job.source.outputChannels ?? 3;
  const shape = [latents.shape[0] ?? 1, outputChannels, output.frames, output.height, output.width];
  const sink = await createSink(file, { shape, format: "float32" });
  const chunks = decodeFrames(latents, decoder, {
    geometry,
    tiling,
    executor,
    concurrency: job.concurrency,
    outputChannels,
    timestep: job.source.timestep,
    dtype: "float32",
    onProgress: (progress) => say({ kind: "progress", progress }),
  });
  for await (const chunk of chunks) await sink.write(chunk);
  await sink.finish();
}

function latentSize({ latents }: DecodeSource) {
  const [, , frames = 1, height = 1, width = 1] = latents.shape;
  return { frames, height, width };
}

/** A decoder that keeps its answers, for tilings whose tiles are the same. */
function remembered(decode: TileDecoder): TileDecoder {
  const answers = new Map<number, Tensor>();
  return async (tile, context) => {
    const answer = answers.get(context.index) ?? (await decode(tile, context));
    answers.set(context.index, answer);
    return answer;
  };
}

/** Whether this process was forked to run one job. */
if (process.send !== undefined) {
  const say = (message: QualityMessage) => void process.send?.(message);
  process.once("message", (job: QualityJob) => {
    run(job, say)
      .then((outcome) => say({ kind: "done", outcome }))
      .catch((error: unknown) => say({ kind: "failed", message: error instanceof Error ? error.message : `${error}` }));
  });
  // Ctrl-C goes to the whole group: the parent ends this process.
  process.on("SIGINT", () => undefined);
  // The parent has heard the outcome, or has gone: until then an outcome of many megabytes may still be on its way.
  process.once("disconnect", () => process.exit());
}
