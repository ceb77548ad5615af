import { type Command, InvalidArgumentError } from "commander";
import type { ContextCells } from "../context_cells.js";
import type { Geometry } from "../geometry.js";
import type { Tensor } from "../tensor.js";
import type { TileDecoder } from "../tile_decoder.js";
import { BUILTIN_MODEL, BUILTIN_PREFIX, defaultDecoder } from "./builtin.js";
import { type DecoderOptions, openDecoder } from "./decoder.js";
import { type DecodeInput, openLatents, openPixels } from "./input.js";
import { parseCount, parseGeometry, parseNumber, parseRange } from "./options.js";
import { UsageError } from "./usage.js";

/** The options that say what is decoded, and by which network. */
export interface SourceOptions extends DecoderOptions {
  readonly geometry?: Geometry;
  readonly tensor?: string;
  readonly range?: readonly [number, number];
  readonly outputChannels?: number;
  readonly timestep?: number;
}

/** What is decoded, ready to be. */
export interface DecodeSource {
  /** (B, C, F, H, W): latents, or pixels for a network in pixel space. */
  readonly latents: Tensor;
  readonly decoder: TileDecoder;
  readonly geometry: Geometry;
  /** How far the decoder looks, when it says so. */
  readonly contextCells?: ContextCells;
  /** The values of black and white. */
  readonly range: readonly [number, number];
  /** Frames a second of the input, or null. */
  readonly fps: number | null;
  /** What was taken for granted while reading. */
  readonly notes: readonly string[];
  close(): Promise<void>;
}

/** Adds the options that say which network decodes what. */
export function addSourceOptions(command: Command): Command {
  const builtin = `${BUILTIN_PREFIX}${BUILTIN_MODEL}`;
  return command
    .option(
      "--decoder <file>",
      `the network: .onnx, a module .mjs, or ${builtin} (default: the model that the latents' metadata names)`,
    )
    .option(
      "--geometry <geometry>",
      "ltx, wan21, hunyuan-video, image:SCALE, 8,32,32,causal, or JSON (default: the decoder's own, else ltx)",
      parseGeometry,
    )
    .option("--tensor <name>", "which tensor of a .safetensors file")
    .option("--range <low:high>", "values of black and white, of pixels in and out (default: -1:1)", parseRange)
    .option("--output-channels <n>", "channels of the decoder's answer (default: 3)", parseCount)
    .option("--timestep <n>", "for the decoder", parseNumber)
    .option("--input-name <name>", "the model's input for the latents")
    .option("--output-name <name>", "the model's output")
    .option("--timestep-input <name>", "the model's input for the timestep")
    .option("--extra <name=value>", "another input of the model; may be repeated", collectExtra, {})
    .option("--provider <name...>", "execution providers of onnxruntime, in order")
    .option("--model-threads <n>", "threads of onnxruntime within an operator", parseCount);
}

function collectExtra(text: string, known: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const [, name = "", value = ""] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === "" || !Number.isFinite(Number(value))) throw new InvalidArgumentError("It must be NAME=NUMBER.");
  return { ...known, [name]: Number(value) };
}

/** Reads the input and opens its decoder: the one given, or the built-in model that has made the latents. */
export async function openSource(path: string, options: SourceOptions): Promise<DecodeSource> {
  const latents = await openLatents(path, options.tensor);
  const opened = await openDecoder(options.decoder ?? (await decoderOf(path, latents)), options);
  try {
    const range = options.range ?? opened.range ?? [-1, 1];
    const { tensor, fps, notes } = latents ?? (await openPixels(path, range));
    const geometry = options.geometry ?? opened.geometry ?? parseGeometry("ltx");
    const { decoder, contextCells, close } = opened;
    const source = { latents: tensor, decoder, geometry, range, fps, notes, close };
    return contextCells === undefined ? source : { ...source, contextCells };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** The decoder that latents name. */
async function decoderOf(path: string, latents: DecodeInput | null): Promise<string> {
  if (latents === null) {
    throw new UsageError(`--decoder must be given for ${path}: it holds pixels, and only latents name their decoder`);
  }
  const [, channels = 0] = latents.tensor.shape;
  return defaultDecoder({ path, channels, metadata: latents.metadata });
}
