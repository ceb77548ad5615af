import { extname } from "node:path";
import { loadModuleDecoder } from "../decoder/module.js";
import { createOnnxDecoder } from "../decoder/onnx.js";
import { mustBe } from "../errors.js";
import type { Geometry } from "../geometry.js";
import type { TileDecoder } from "../tile_decoder.js";

/** The options that say which network decodes. */
export interface DecoderOptions {
  readonly decoder: string;
  readonly inputName?: string;
  readonly outputName?: string;
  readonly timestepInput?: string;
  readonly extra?: Readonly<Record<string, number>>;
  readonly provider?: readonly string[];
  readonly modelThreads?: number;
}

/** A decoder from a file, with what it says of itself. */
export interface OpenedDecoder {
  readonly decoder: TileDecoder;
  readonly geometry?: Geometry;
  readonly range?: readonly [number, number];
  close(): Promise<void>;
}

/** Opens the decoder that --decoder names. */
export async function openDecoder(options: DecoderOptions): Promise<OpenedDecoder> {
  const extension = extname(options.decoder).toLowerCase();
  if (extension === ".onnx") return openOnnx(options);
  if ([".mjs", ".js", ".cjs"].includes(extension)) return loadModuleDecoder(options.decoder);
  throw new TypeError(mustBe("--decoder", "a file ending in .onnx, .mjs, .js or .cjs", options.decoder));
}

async function openOnnx(options: DecoderOptions): Promise<OpenedDecoder> {
  const { inputName, outputName, timestepInput, extra, provider, modelThreads } = options;
  const sessionOptions = {
    ...(provider === undefined ? {} : { executionProviders: [...provider] }),
    ...(modelThreads === undefined ? {} : { intraOpNumThreads: modelThreads }),
  };
  const { decoder, close } = await createOnnxDecoder(options.decoder, {
    sessionOptions,
    ...(inputName === undefined ? {} : { inputName }),
    ...(outputName === undefined ? {} : { outputName }),
    ...(timestepInput === undefined ? {} : { timestepInput }),
    ...(extra === undefined ? {} : { inputs: extra }),
  });
  return { decoder, close };
}
