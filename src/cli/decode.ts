import { type Command, InvalidArgumentError } from "commander";
import { decodeFrames } from "../decode.js";
import type { DecodeProgress } from "../decode_options.js";
import { chooseExecutor } from "../executor/index.js";
import type { ExecutorName } from "../executor/types.js";
import type { Geometry } from "../geometry.js";
import { createSink, type FrameSink, sinkFormat } from "../io/index.js";
import { resolveTarget } from "../io/sink_target.js";
import { type PerAxis, planTiles } from "../plan.js";
import { DTYPES, type Dtype, type Tensor } from "../tensor.js";
import type { TileDecoder } from "../tile_decoder.js";
import type { Tiling } from "../tiling.js";
import { checkOneOf } from "../validate.js";
import { type Console, formatDuration } from "./console.js";
import { type DecoderOptions, openDecoder } from "./decoder.js";
import { openInput } from "./input.js";
import {
  outputSize,
  parseCount,
  parseGeometry,
  parseNumber,
  parsePositive,
  parseRange,
  resolveTiling,
  type TilingOptions,
} from "./options.js";
import { addTilingOptions } from "./plan.js";
import { createProgressView } from "./progress.js";

interface DecodeCommandOptions extends TilingOptions, DecoderOptions {
  readonly output: string;
  readonly geometry?: Geometry;
  readonly tensor?: string;
  readonly range?: readonly [number, number];
  readonly executor: string;
  readonly threads?: number;
  readonly concurrency: number;
  readonly dtype?: string;
  readonly outputChannels?: number;
  readonly sizeMismatch: string;
  readonly fps?: number;
  readonly timestep?: number;
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
  $ tileblend decode latents.safetensors --decoder vae.onnx --geometry wan21 -o video.mp4
  $ tileblend decode latents.npy --decoder ./vae.mjs --tiling aggressive --concurrency 2 -o frames/
  $ tileblend decode photo.png --decoder esrgan.onnx --geometry image:4 --range 0:255 --spatial 512:128 -o large.png
  $ tileblend decode latents.npy --decoder vae.onnx --dtype float16 -o video.npy --json`;

/** The `decode` command: the main job. */
export function addDecodeCommand(program: Command, console: Console): void {
  const command = program
    .command("decode")
    .description("decode latents, or run an image network, tile by tile into a video, images or a tensor")
    .argument("<input>", "latents or pixels")
    .requiredOption("--decoder <file>", "the network: .onnx, or a module .mjs")
    .requiredOption("-o, --output <out>", "where the frames go")
    .option(
      "--geometry <geometry>",
      "ltx, wan21, hunyuan-video, image:SCALE, 8,32,32,causal, or JSON (default: the decoder module's, else ltx)",
      parseGeometry,
    );
  addTilingOptions(command)
    .option("--executor <name>", "auto, metal, cpu or wasm", "auto")
    .option("--threads <n>", "threads of the cpu executor (default: one for each core)", parseCount)
    .option("--concurrency <n>", "tiles decoded at once", parseCount, 1)
    .option("--tensor <name>", "which tensor of a .safetensors file")
    .option("--range <low:high>", "values of black and white, of pixels in and out (default: -1:1)", parseRange)
    .option("--dtype <dtype>", "element type of a tensor written: float32, float16, bfloat16 (default: the latents')")
    .option("--output-channels <n>", "channels of the decoder's answer (default: 3)", parseCount)
    .option("--size-mismatch <way>", "error, or crop: take what a tile and its plan have in common", "error")
    .option("--fps <n>", "frames a second of a video written (default: the input's, else 24)", parsePositive)
    .option("--timestep <n>", "for the decoder", parseNumber)
    .option("--input-name <name>", "the model's input for the latents")
    .option("--output-name <name>", "the model's output")
    .option("--timestep-input <name>", "the model's input for the timestep")
    .option("--extra <name=value>", "another input of the model; may be repeated", collectExtra, {})
    .option("--provider <name...>", "execution providers of onnxruntime, in order")
    .option("--model-threads <n>", "threads of onnxruntime within an operator", parseCount)
    .option("--overwrite", "replace a folder of images, or numbered images, that are there; a file is replaced anyway")
    .option("--quiet", "no progress")
    .option("--verbose", "a line for each tile")
    .option("--json", "print a summary as JSON")
    .addHelpText("after", EXAMPLES)
    .action((input: string, options: DecodeCommandOptions) => runDecode(input, options, console));
}

function collectExtra(text: string, known: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const [, name = "", value = ""] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === "" || !Number.isFinite(Number(value))) throw new InvalidArgumentError("It must be NAME=NUMBER.");
  return { ...known, [name]: Number(value) };
}

const FALLBACK_FPS = 24;

async function runDecode(inputPath: string, options: DecodeCommandOptions, console: Console): Promise<void> {
  const stop = stopOnSignals(console);
  const decoder = await openDecoder(options);
  try {
    const range = options.range ?? decoder.range ?? [-1, 1];
    const input = await openInput(inputPath, options.tensor, range);
    for (const note of input.notes) console.note(`note: ${note}`);
    const geometry = options.geometry ?? decoder.geometry ?? parseGeometry("ltx");
    const [, , frames = 1, height = 1, width = 1] = input.tensor.shape;
    const tiling = resolveTiling(options, outputSize({ frames, height, width }, geometry));
    const setup = {
      latents: input.tensor,
      decoder: decoder.decoder,
      geometry,
      tiling,
      range,
      fps: options.fps ?? input.fps ?? FALLBACK_FPS,
    };
    await decodeTo(setup, options, console, stop.signal);
  } finally {
    stop.release();
    await decoder.close();
  }
}

interface Setup {
  readonly latents: Tensor;
  readonly decoder: TileDecoder;
  readonly geometry: Geometry;
  readonly tiling: Tiling | null;
  readonly range: readonly [number, number];
  readonly fps: number;
}

async function decodeTo(
  setup: Setup,
  options: DecodeCommandOptions,
  console: Console,
  signal: AbortSignal,
): Promise<void> {
  const { latents, geometry, tiling } = setup;
  const [batch = 1, , frames = 1, height = 1, width = 1] = latents.shape;
  const plan = planTiles({ latent: { frames, height, width }, geometry, tiling });
  const dtype: Dtype = options.dtype === undefined ? latents.dtype : checkOneOf("--dtype", options.dtype, DTYPES);
  const format = sinkFormat(options.output, dtype);
  const outputChannels = options.outputChannels ?? 3;
  const choice = await chooseExecutor(
    executorName(options.executor),
    options.threads === undefined ? {} : { threads: options.threads },
  );
  const progress = createProgressView(console, options.quiet === true);
  let last: DecodeProgress | undefined;
  const decodeOptions = {
    geometry,
    tiling,
    executor: choice.executor,
    concurrency: options.concurrency,
    signal,
    outputChannels,
    // Boundary: decodeFrames checks it.
    sizeMismatch: options.sizeMismatch as "error" | "crop",
    timestep: options.timestep,
    onProgress: (now: DecodeProgress) => {
      last = now;
      progress.update(now);
    },
    ...(format === "rgb24" ? { pixelFormat: "rgb24" as const, range: setup.range } : { dtype: format }),
  };
  const decoder = options.verbose === true ? announced(setup.decoder, console) : setup.decoder;
  const chunks = decodeFrames(latents, decoder, decodeOptions);
  const shape = [batch, outputChannels, plan.output.frames, plan.output.height, plan.output.width] as const;
  const metadata = { "tileblend.digest": plan.digest };
  const sink = await createSink(options.output, {
    shape,
    format,
    fps: setup.fps,
    metadata,
    overwrite: options.overwrite === true || isOneFile(options.output),
  });
  try {
    await pour(chunks, sink);
  } catch (error) {
    await sink.abort();
    throw error;
  } finally {
    progress.stop();
  }
  const summary = {
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
  };
  report(summary, options, console);
}

/** Whether OUT is a single file, which is replaced as a whole when the new one is complete. */
function isOneFile(path: string): boolean {
  const { kind } = resolveTarget(path);
  return kind !== "folder" && kind !== "numbered";
}

async function pour(chunks: AsyncIterable<Parameters<FrameSink["write"]>[0]>, sink: FrameSink): Promise<void> {
  for await (const chunk of chunks) await sink.write(chunk);
  await sink.finish();
}

interface Summary {
  readonly output: string;
  readonly shape: readonly number[];
  readonly executor: ExecutorName;
  readonly tiles: number;
  readonly elapsedMs: number;
  readonly nanCount: number;
  readonly uncoveredCount: number;
}

function report(summary: Summary, { json, quiet }: DecodeCommandOptions, console: Console): void {
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

function executorName(name: string): ExecutorName | "auto" {
  return checkOneOf("--executor", name, ["auto", "metal", "cpu", "wasm"]);
}

/** Aborts on the first Ctrl-C or SIGTERM; the second one ends the process. */
function stopOnSignals(console: Console): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    const code = name === "SIGINT" ? 130 : 143;
    if (controller.signal.aborted) process.exit(code);
    process.exitCode = code;
    console.note("stopping; nothing is left behind (again to stop at once)");
    controller.abort(new Error("stopped before the end; no output was written"));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    signal: controller.signal,
    release: () => {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}
