import type { Command } from "commander";
import { decodeFrames } from "../decode.js";
import type { DecodeProgress } from "../decode_options.js";
import { checkExecutorName, chooseExecutor, type ExecutorChoice } from "../executor/index.js";
import { createSink, type FrameSink, type SinkSpec, sinkFormat } from "../io/index.js";
import { resolveTarget } from "../io/sink_target.js";
import type { PerAxis, TilePlan } from "../plan.js";
import { DTYPES, type Dtype } from "../tensor.js";
import type { TileDecoder } from "../tile_decoder.js";
import { checkOneOf } from "../validate.js";
import { type Console, formatDuration } from "./console.js";
import { addSourceOptions, type DecodeSource, openSource, type SourceOptions } from "./decode_source.js";
import { parseCount, parsePositive, type TilingOptions } from "./options.js";
import { addTilingOptions } from "./plan.js";
import { peakMemoryBytes } from "./process_memory.js";
import { createProgressView } from "./progress.js";
import type { SeamlessOptions } from "./seamless.js";
import { stopOnSignals } from "./signals.js";
import { planAsAsked } from "./tiling_plan.js";
import { asUsage } from "./usage.js";

interface DecodeCommandOptions extends TilingOptions, SeamlessOptions, SourceOptions {
  readonly output: string;
  readonly executor: string;
  readonly threads?: number;
  readonly concurrency: number;
  readonly dtype?: string;
  readonly sizeMismatch: string;
  readonly fps?: number;
  readonly overwrite?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
INPUT is latents (.npy, .safetensors, .latent), or pixels for a network in pixel space (an image, a folder of images,
a video). OUT is a video (.mp4, .mov, .mkv, .webm), images (a folder, name-%04d.png, one .png for one frame, an animated
.webp or .gif) or a tensor (.npy, .safetensors). A decoder module exports decoder(tile, context), see docs/decoders.md.

Examples:
  $ tileblend encode clip.mp4 -o latents.safetensors && tileblend decode latents.safetensors -o again.mp4
  $ tileblend decode latents.safetensors --decoder vae.onnx --geometry wan21 -o video.mp4
  $ tileblend decode latents.npy --decoder ./vae.mjs --tiling aggressive --concurrency 2 -o frames/
  $ tileblend decode latents.safetensors --seamless -o video.mp4
  $ tileblend decode photo.png --decoder esrgan.onnx --geometry image:4 --range 0:255 --spatial 512:128 -o large.png
  $ tileblend decode latents.npy --decoder vae.onnx --dtype float16 -o video.npy --json`;

/** The `decode` command: the main job. */
export function addDecodeCommand(program: Command, console: Console): void {
  const command = program
    .command("decode")
    .description("decode latents, or run an image network, tile by tile into a video, images or a tensor")
    .argument("<input>", "latents or pixels")
    .requiredOption("-o, --output <out>", "where the frames go");
  addTilingOptions(addSourceOptions(command))
    .option("--executor <name>", "auto, metal, cpu or wasm", "auto")
    .option("--threads <n>", "threads of the cpu executor (default: one for each core)", parseCount)
    .option("--concurrency <n>", "tiles decoded at once", parseCount, 1)
    .option("--dtype <dtype>", "element type of a tensor written: float32, float16, bfloat16 (default: the latents')")
    .option("--size-mismatch <way>", "error, or crop: take what a tile and its plan have in common", "error")
    .option("--fps <n>", "frames a second of a video written (default: the input's, else 24)", parsePositive)
    .option("--overwrite", "replace a folder of images, or numbered images, that are there; a file is replaced anyway")
    .option("--quiet", "no progress")
    .option("--verbose", "a line for each tile")
    .option("--json", "print a summary as JSON")
    .addHelpText("after", EXAMPLES)
    .action((input: string, options: DecodeCommandOptions) => runDecode(input, options, console));
}

const FALLBACK_FPS = 24;

async function runDecode(inputPath: string, options: DecodeCommandOptions, console: Console): Promise<void> {
  const stop = stopOnSignals(console);
  const source = await openSource(inputPath, options);
  try {
    for (const note of source.notes) console.note(`note: ${note}`);
    await decodeTo(source, options, console, stop.signal);
  } finally {
    stop.release();
    await source.close();
  }
}

async function decodeTo(
  source: DecodeSource,
  options: DecodeCommandOptions,
  console: Console,
  signal: AbortSignal,
): Promise<void> {
  const { latents, geometry } = source;
  const [batch = 1, , frames = 1, height = 1, width = 1] = latents.shape;
  const plan = planAsAsked(options, { frames, height, width }, source);
  const { format, executor, sizeMismatch } = asUsage(() => readWords(options, latents.dtype));
  const outputChannels = options.outputChannels ?? 3;
  const choice = await chooseExecutor(executor, options.threads === undefined ? {} : { threads: options.threads });
  const progress = createProgressView(console, options.quiet === true);
  let last: DecodeProgress | undefined;
  const decoder = options.verbose === true ? announced(source.decoder, console) : source.decoder;
  const chunks = decodeFrames(latents, decoder, {
    geometry,
    tiling: plan.tiling,
    executor: choice.executor,
    concurrency: options.concurrency,
    signal,
    outputChannels,
    sizeMismatch,
    timestep: options.timestep,
    onProgress: (now: DecodeProgress) => {
      last = now;
      progress.update(now);
    },
    ...(format === "rgb24" ? { pixelFormat: "rgb24" as const, range: source.range } : { dtype: format }),
  });
  const shape = [batch, outputChannels, plan.output.frames, plan.output.height, plan.output.width] as const;
  const sink = await openSink(options, { shape, format, digest: plan.digest, fps: source.fps });
  try {
    await pour(chunks, sink, signal);
  } finally {
    progress.stop();
  }
  report(summarise({ options, plan, shape, format, choice, last }), options, console);
}

interface SinkPlan extends Pick<SinkSpec, "shape" | "format"> {
  readonly digest: string;
  /** Frames a second of the input, or null. */
  readonly fps: number | null;
}

function openSink({ output, fps, overwrite }: DecodeCommandOptions, plan: SinkPlan): Promise<FrameSink> {
  return createSink(output, {
    shape: plan.shape,
    format: plan.format,
    fps: fps ?? plan.fps ?? FALLBACK_FPS,
    metadata: { "tileblend.digest": plan.digest },
    overwrite: overwrite === true || isOneFile(output),
  });
}

/** Whether OUT is a single file, which is replaced as a whole when the new one is complete. */
function isOneFile(path: string): boolean {
  const { kind } = resolveTarget(path);
  return kind !== "folder" && kind !== "numbered";
}

/** Writes every chunk, and puts the file in its place; or, failed or stopped, leaves nothing behind. */
async function pour(
  chunks: AsyncIterable<Parameters<FrameSink["write"]>[0]>,
  sink: FrameSink,
  signal: AbortSignal,
): Promise<void> {
  // The decode waits for the sink, and the sink for an encoder that may read no more.
  const dropSink = () => void sink.abort();
  signal.addEventListener("abort", dropSink);
  try {
    for await (const chunk of chunks) await sink.write(chunk);
    await sink.finish();
  } catch (error) {
    await sink.abort();
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", dropSink);
  }
}

interface Decoded extends Pick<SinkSpec, "shape" | "format"> {
  readonly options: DecodeCommandOptions;
  readonly plan: TilePlan;
  readonly choice: ExecutorChoice;
  /** The last that was told of the decode. */
  readonly last: DecodeProgress | undefined;
}

/** What --json prints. */
function summarise({ options, plan, shape, format, choice, last }: Decoded) {
  return {
    output: options.output,
    shape,
    format,
    tiles: plan.tileCount,
    digest: plan.digest,
    executor: choice.executor.name,
    skipped: choice.skipped,
    elapsedMs: Math.round(last?.elapsedMs ?? 0),
    nanCount: last?.nanCount ?? 0,
    uncoveredCount: last?.uncoveredCount ?? 0,
    peakMemoryBytes: peakMemoryBytes(),
  };
}

function report(summary: ReturnType<typeof summarise>, { json, quiet }: DecodeCommandOptions, console: Console): void {
  const { output, shape, executor, tiles, elapsedMs, nanCount, uncoveredCount } = summary;
  if (nanCount > 0) console.note(`warning: ${nanCount} values were not a number; the decoder gave them`);
  if (uncoveredCount > 0) console.note(`warning: ${uncoveredCount} voxels were covered by no tile and are 0`);
  if (json === true) console.out(JSON.stringify(summary));
  else if (quiet !== true) {
    const [, , frames, height, width] = shape;
    const took = formatDuration(elapsedMs);
    console.out(
      `wrote ${output}: ${frames} frames of ${height} x ${width}, ${tiles} tiles on the ${executor} executor, ${took}`,
    );
  }
}

/** The decoder, with a line for each tile before it. */
function announced(decode: TileDecoder, console: Console): TileDecoder {
  return (tile, context) => {
    const range = (axis: keyof PerAxis<unknown>) =>
      `[${context.tile.latent[axis].start},${context.tile.latent[axis].end})`;
    const ranges = `t=${range("frames")} h=${range("height")} w=${range("width")}`;
    console.note(`tile ${context.index + 1}/${context.count}: latent ${ranges}`);
    return decode(tile, context);
  };
}

/** Reads the options that are one word of a few. */
function readWords(options: DecodeCommandOptions, latentsDtype: Dtype) {
  const dtype = options.dtype === undefined ? latentsDtype : checkOneOf("--dtype", options.dtype, DTYPES);
  return {
    format: sinkFormat(options.output, dtype),
    executor: checkExecutorName("--executor", options.executor),
    sizeMismatch: checkOneOf("--size-mismatch", options.sizeMismatch, ["error", "crop"] as const),
  };
}
