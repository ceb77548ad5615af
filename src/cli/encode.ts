import { extname } from "node:path";
import type { Command } from "commander";
import { createOnnxEncoder } from "../decoder/onnx_encoder.js";
import { mustBe } from "../errors.js";
import { checkFileTarget } from "../io/beside.js";
import { readPixels, writeSafetensors } from "../io/index.js";
import { formatBytes } from "../report/index.js";
import type { Tensor } from "../tensor.js";
import { checkOneOf } from "../validate.js";
import { BUILTIN_MODEL, loadBuiltinModel, modelMetadata } from "./builtin.js";
import { type Console, formatDuration } from "./console.js";
import { type SessionChoice, sessionOptions } from "./decoder.js";
import { fitToGrid } from "./fit_grid.js";
import { FPS_KEY } from "./input.js";
import { parseCount, parsePositive } from "./options.js";
import { peakMemoryBytes } from "./process_memory.js";
import { asUsage, UsageError } from "./usage.js";

interface EncodeOptions extends SessionChoice {
  readonly output: string;
  readonly fit: string;
  readonly fps?: number;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
INPUT is an image, an animated one (.webp, .gif), a video, or a folder of frames of one size. The whole clip goes through
the encoder at once; about 100 bytes of memory a pixel and frame.

Examples:
  $ tileblend encode clip.mp4 -o latents.safetensors
  $ tileblend encode frames/ -o latents.safetensors --fps 24 --fit pad
  $ tileblend encode clip.mp4 -o latents.safetensors && tileblend decode latents.safetensors -o again.mp4`;

/** The `encode` command: pixels to latents of the built-in model. */
export function addEncodeCommand(program: Command, console: Console): void {
  program
    .command("encode")
    .description(`encode an image, a video or a folder of frames into latents of the built-in model ${BUILTIN_MODEL}`)
    .argument("<input>", "pixels")
    .requiredOption("-o, --output <file>", "where the latents go: .safetensors")
    .option("--fit <way>", "sizes off the grid: crop (the middle, the first frames) or pad (repeat the edges)", "crop")
    .option("--fps <n>", "frames a second kept with the latents (default: the input's)", parsePositive)
    .option("--provider <name...>", "execution providers of onnxruntime, in order")
    .option("--model-threads <n>", "threads of onnxruntime within an operator", parseCount)
    .option("--quiet", "nothing but notes on what was changed or taken for granted")
    .option("--json", "print a summary as JSON")
    .addHelpText("after", EXAMPLES)
    .action((input: string, options: EncodeOptions) => runEncode(input, options, console));
}

async function runEncode(input: string, options: EncodeOptions, console: Console): Promise<void> {
  const { output, quiet } = options;
  if (extname(output).toLowerCase() !== ".safetensors") {
    throw new UsageError(mustBe("-o", "a file ending in .safetensors, which keeps the model's name", output));
  }
  await checkFileTarget(output, true);
  const fit = asUsage(() => checkOneOf("--fit", options.fit, ["crop", "pad"] as const));
  const model = await loadBuiltinModel(BUILTIN_MODEL);
  const read = await readPixels(input);
  for (const text of read.notes) console.note(`note: ${text}`);
  const fitted = fitToGrid(input, read.pixels, model.geometry, fit);
  if (fitted.note !== null) console.note(`note: ${fitted.note}`);
  const [, , frames, height, width] = fitted.pixels.shape;
  const size = formatBytes(fitted.pixels.data.byteLength);
  if (quiet !== true) console.note(`encoding ${frames} frames of ${height} x ${width} at once, ${size} of pixels`);
  const began = performance.now();
  const latents = await encodeWith(model.encoderFile, fitted.pixels, options);
  const elapsedMs = Math.round(performance.now() - began);
  const fps = options.fps ?? read.fps;
  const metadata = { ...(await modelMetadata(model)), ...(fps === null ? {} : { [FPS_KEY]: `${fps}` }) };
  await writeSafetensors(output, { latents }, { metadata, overwrite: true });
  const summary = {
    output,
    model: model.name,
    pixels: fitted.pixels.shape,
    shape: latents.shape,
    fit: fitted.note === null ? "none" : fit,
    fps,
    metadata,
    elapsedMs,
    peakMemoryBytes: peakMemoryBytes(),
  };
  if (options.json === true) console.out(JSON.stringify(summary));
  else if (quiet !== true) console.out(describe(summary));
}

async function encodeWith(file: string, pixels: Tensor, options: EncodeOptions): Promise<Tensor> {
  const encoder = await createOnnxEncoder(file, sessionOptions(options));
  try {
    return await encoder.encode(pixels);
  } finally {
    await encoder.close();
  }
}

interface EncodeSummary {
  readonly output: string;
  readonly model: string;
  readonly shape: readonly number[];
  readonly elapsedMs: number;
  readonly peakMemoryBytes: number;
}

function describe({ output, model, shape, elapsedMs, peakMemoryBytes: peak }: EncodeSummary): string {
  const took = `${formatDuration(elapsedMs)}, ${formatBytes(peak)} of memory at most`;
  return `wrote ${output}: latents (${shape.join(", ")}) of ${model}, ${took}`;
}
