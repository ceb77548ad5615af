import { decodeFrames } from "../decode.js";
import type { DecodeProgress } from "../decode_options.js";
import { chooseExecutor } from "../executor/index.js";
import type { ExecutorName } from "../executor/types.js";
import { createSink } from "../io/index.js";
import { planTiles } from "../plan.js";
import type { Tiling } from "../tiling.js";
import { openSource, type SourceOptions } from "./decode_source.js";
import { peakMemoryBytes } from "./process_memory.js";

/** One decode for `quality`, in a process of its own so that its memory can be told. */
export interface QualityJob {
  /** Latents, or pixels. */
  readonly input: string;
  readonly source: SourceOptions;
  readonly tiling: Tiling;
  readonly executor: ExecutorName | "auto";
  readonly concurrency: number;
  /** The .npy file of float32 to write. */
  readonly output: string;
}

/** What a decode took. */
export interface QualityCost {
  readonly elapsedMs: number;
  /** Of the whole process: runtime, network and executor. */
  readonly peakMemoryBytes: number;
}

/** What the process of a job says, in this order: progress, then cost or error. */
export type QualityMessage =
  | { readonly kind: "progress"; readonly progress: DecodeProgress }
  | { readonly kind: "done"; readonly cost: QualityCost }
  | { readonly kind: "failed"; readonly message: string };

async function run(job: QualityJob, say: (message: QualityMessage) => void): Promise<QualityCost> {
  const source = await openSource(job.input, job.source);
  try {
    const { latents, geometry, decoder } = source;
    const [batch = 1, , frames = 1, height = 1, width = 1] = latents.shape;
    const { output } = planTiles({ latent: { frames, height, width }, geometry, tiling: job.tiling });
    const outputChannels = job.source.outputChannels ?? 3;
    const shape = [batch, outputChannels, output.frames, output.height, output.width];
    const { executor } = await chooseExecutor(job.executor);
    const sink = await createSink(job.output, { shape, format: "float32" });
    const began = performance.now();
    const chunks = decodeFrames(latents, decoder, {
      geometry,
      tiling: job.tiling,
      executor,
      concurrency: job.concurrency,
      outputChannels,
      timestep: job.source.timestep,
      dtype: "float32",
      onProgress: (progress) => say({ kind: "progress", progress }),
    });
    for await (const chunk of chunks) await sink.write(chunk);
    await sink.finish();
    return { elapsedMs: Math.round(performance.now() - began), peakMemoryBytes: peakMemoryBytes() };
  } finally {
    await source.close();
  }
}

/** Whether this process was forked to run one job. */
if (process.send !== undefined) {
  const say = (message: QualityMessage) => void process.send?.(message);
  process.once("message", (job: QualityJob) => {
    run(job, say)
      .then((cost) => say({ kind: "done", cost }))
      .catch((error: unknown) => say({ kind: "failed", message: error instanceof Error ? error.message : `${error}` }))
      .finally(() => process.disconnect());
  });
  // Ctrl-C goes to the whole group: the parent ends this process.
  process.on("SIGINT", () => undefined);
  // The parent has gone: nobody wants the answer.
  process.once("disconnect", () => process.exit());
}
