import { extname } from "node:path";
import type { ContextCells } from "../context_cells.js";
import { loadModuleDecoder } from "../decoder/module.js";
import { createOnnxDecoder } from "../decoder/onnx.js";
import { mustBe } from "../errors.js";
import type { Geometry } from "../geometry.js";
import type { TileDecoder } from "../tile_decoder.js";
import { BUILTIN_PREFIX, loadBuiltinModel } from "./builtin.js";
import { UsageError } from "./usage.js";

/** The options that say how onnxruntime runs a model. */
export interface SessionChoice {
  readonly provider?: readonly string[];
  readonly modelThreads?: number;
}

/** The options that say which network decodes. */
export interface DecoderOptions extends SessionChoice {
  readonly decoder?: string;
  readonly inputName?: string;
  readonly outputName?: string;
  readonly timestepInput?: string;
  readonly extra?: Readonly<Record<string, number>>;
}

/** A decoder from a file, with what it says of itself. */
export interface OpenedDecoder {
  readonly decoder: TileDecoder;
  readonly geometry?: Geometry;
  /** All that any of its pixels depends on. */
  readonly contextCells?: ContextCells;
  readonly range?: readonly [number, number];
  close(): Promise<void>;
}

/** Opens the decoder that --decoder names, or that the latents name. */
export async function openDecoder(name: string, options: DecoderOptions): Promise<OpenedDecoder> {
  if (name.startsWith(BUILTIN_PREFIX)) {
    const { decoderFile, geometry, contextCells } = await loadBuiltinModel(name.slice(BUILTIN_PREFIX.length));
    return { ...(await openOnnx(decoderFile, options)), geometry, contextCells };
  }
  const extension = extname(name).toLowerCase();
  if (extension === ".onnx") return openOnnx(name, options);
  if ([".mjs", ".js", ".cjs"].includes(extension)) return loadModuleDecoder(name);
  const known = `a file ending in .onnx, .mjs, .js or .cjs, or ${BUILTIN_PREFIX}NAME`;
  throw new UsageError(mustBe("--decoder", known, name));
}

async function openOnnx(file: string, options: DecoderOptions): Promise<OpenedDecoder> {
  const { inputName, outputName, timestepInput, extra } = options;
  const { decoder, close } = await createOnnxDecoder(file, {
    sessionOptions: sessionOptions(options),
    ...(inputName === undefined ? {} : { inputName }),
    ...(outputName === undefined ? {} : { outputName }),
    ...(timestepInput === undefined ? {} : { timestepInput }),
    ...(extra === undefined ? {} : { inputs: extra }),
  });
  return { decoder, close };
}

/** The session options of onnxruntime that the command line gives. */
export function sessionOptions({ provider, modelThreads }: SessionChoice) {
  return {
    ...(provider === undefined ? {} : { executionProviders: [...provider] }),
    ...(modelThreads === undefined ? {} : { intraOpNumThreads: modelThreads }),
  };
}
