import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { ContextCells } from "../context_cells.js";
import { MissingPackageError, mustBe } from "../errors.js";
import type { Geometry } from "../geometry.js";
import { UsageError } from "./usage.js";

/** Names a built-in model in --decoder: `builtin:tiny-video-vae`. */
export const BUILTIN_PREFIX = "builtin:";

/** The model that `encode` encodes with. */
export const BUILTIN_MODEL = "tiny-video-vae";

/** A built-in model, as its package exports it. */
export interface BuiltinModel {
  readonly name: string;
  readonly geometry: Geometry;
  /** How far the decoder looks. */
  readonly contextCells: ContextCells;
  /** Path of an .onnx file. */
  readonly decoderFile: string;
  /** Path of an .onnx file. */
  readonly encoderFile: string;
}

/** What `encode` writes into the metadata of latents, so that `decode` knows whose they are. */
const MODEL_KEYS = {
  name: "tileblend.model",
  encoder: "tileblend.model.encoder.sha256",
  decoder: "tileblend.model.decoder.sha256",
} as const;

type Metadata = Readonly<Record<string, string>>;

/**
 * Loads a built-in model: its package where that is installed, else the checkout's own.
 * @throws UsageError for another name, MissingPackageError when it is not there.
 */
export async function loadBuiltinModel(name: string): Promise<BuiltinModel> {
  if (name !== BUILTIN_MODEL) throw new UsageError(mustBe("the built-in model", BUILTIN_MODEL, name));
  // Not a literal: the package is optional, and so are its types.
  const packageName: string = `@tileblend/${name}`;
  try {
    return await import(packageName);
  } catch (cause) {
    const checkout = new URL(`../../models/${name}/index.js`, import.meta.url);
    if (existsSync(fileURLToPath(checkout))) return await import(checkout.href);
    throw new MissingPackageError(packageName, `the model ${BUILTIN_PREFIX}${name}`, cause);
  }
}

/** The metadata of latents that the model has encoded. */
export async function modelMetadata({ name, encoderFile, decoderFile }: BuiltinModel): Promise<Metadata> {
  const { name: nameKey, encoder, decoder } = MODEL_KEYS;
  return { [nameKey]: name, [encoder]: await sha256Of(encoderFile), [decoder]: await sha256Of(decoderFile) };
}

async function sha256Of(file: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(file))
    .digest("hex");
}

/** Latents whose decoder is looked for. */
export interface UnclaimedLatents {
  /** The file, as it was given. */
  readonly path: string;
  readonly channels: number;
  readonly metadata: Metadata;
}

/**
 * Returns the --decoder of latents that a built-in model has made, by their metadata.
 * @throws UsageError when it was another model, or one that is not known, and says which way there is.
 */
export async function defaultDecoder({ path, channels, metadata }: UnclaimedLatents): Promise<string> {
  const maker = metadata[MODEL_KEYS.name];
  const option = `${BUILTIN_PREFIX}${BUILTIN_MODEL}`;
  if (maker === BUILTIN_MODEL) {
    const expected = metadata[MODEL_KEYS.decoder];
    const actual = await sha256Of((await loadBuiltinModel(maker)).decoderFile);
    if (actual === expected) return option;
    const other = `${path} was encoded for another version of ${maker}: its decoder's SHA-256`;
    throw new UsageError(`${mustBe(other, actual, expected)}; --decoder ${option} decodes it all the same`);
  }
  const whose = maker === undefined ? "its metadata names no model" : `its metadata names the model "${maker}"`;
  if (channels !== 128) throw new UsageError(`--decoder must be given for ${path}: ${whose}`);
  const guess =
    "these 128 channels may be LTX's own, or any other model's, and the built-in one would make noise of them";
  throw new UsageError(
    `--decoder must be given for ${path}: ${whose}; ${guess}; --decoder ${option} decodes them with it on request`,
  );
}
