import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type ContextCells, checkContextCells } from "../context_cells.js";
import { DecoderLoadError, mustBe, showValue } from "../errors.js";
import { checkGeometry, type Geometry } from "../geometry.js";
import type { TileDecoder } from "../tile_decoder.js";
import { checkRange } from "../validate.js";

/** A decoder from a JavaScript module. */
export interface ModuleDecoder {
  readonly decoder: TileDecoder;
  /** The module's `geometry`, when it has one. */
  readonly geometry?: Geometry;
  /** The module's `contextCells`, when it has one: all that any of its pixels depends on. */
  readonly contextCells?: ContextCells;
  /** The module's `range`, when it has one: the values that become 0 and 255. */
  readonly range?: readonly [number, number];
  /** Calls the module's `close`, when it has one; once, however often it is called. */
  close(): Promise<void>;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Loads a decoder from an .mjs or .js file. It exports `decoder`, or a decoder by default, or `createDecoder(options)`,
 * which answers a decoder or {decoder, geometry?, contextCells?, range?, close?}, or a promise of one; and, as it likes,
 * `geometry`, `contextCells`, `range` and `close`. The module's code runs with all rights of the process.
 * @throws (rejects with) TypeError for the wrong kind, DecoderLoadError when the module cannot be loaded or exports no
 * such thing.
 */
export async function loadModuleDecoder(path: string, options?: unknown): Promise<ModuleDecoder> {
  if (typeof path !== "string" || path === "") throw new TypeError(mustBe("path", "the path of a module", path));
  const exported = await importModule(path);
  const parts = await readParts(path, exported, options);
  const { decoder, close } = parts;
  if (!isDecoder(decoder)) throw new DecoderLoadError(path, mustBe("decoder", "a function", decoder));
  if (close !== undefined && typeof close !== "function") {
    throw new DecoderLoadError(path, mustBe("close", "a function", close));
  }
  let closing: Promise<void> | undefined;
  return Object.freeze({
    decoder,
    ...checkSettings(path, parts),
    close: () => {
      closing ??= (async () => void (await close?.()))();
      return closing;
    },
  });
}

async function importModule(path: string): Promise<Fields> {
  try {
    return await import(pathToFileURL(resolve(path)).href);
  } catch (cause) {
    throw new DecoderLoadError(path, cause instanceof Error ? cause.message : showValue(cause), { cause });
  }
}

/** The decoder and what goes with it, from the one export that gives it. */
async function readParts(path: string, exported: Fields, options: unknown): Promise<Fields> {
  const { decoder, createDecoder } = exported;
  // A CommonJS module's default is the object of all it exports.
  const byDefault = typeof exported["default"] === "function" ? exported["default"] : undefined;
  const given = [decoder, createDecoder, byDefault].filter((value) => value !== undefined);
  if (new Set(given).size !== 1) {
    const found =
      given.length === 0 ? `it exports ${Object.keys(exported).join(", ") || "nothing"}` : "it exports more";
    throw new DecoderLoadError(path, `it must export one of decoder, createDecoder and a default function; ${found}`);
  }
  if (createDecoder === undefined) {
    if (options !== undefined) throw new DecoderLoadError(path, "options are given, and it exports no createDecoder");
    return { ...exported, decoder: decoder ?? byDefault };
  }
  if (typeof createDecoder !== "function") {
    throw new DecoderLoadError(path, mustBe("createDecoder", "a function", createDecoder));
  }
  const created: unknown = await callCreate(path, createDecoder, options);
  if (typeof created === "object" && created !== null) return { ...exported, ...created };
  return { ...exported, decoder: created };
}

async function callCreate(path: string, createDecoder: CallableFunction, options: unknown): Promise<unknown> {
  try {
    return await createDecoder(options);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : showValue(cause);
    throw new DecoderLoadError(path, `createDecoder failed: ${reason}`, { cause });
  }
}

function isDecoder(value: unknown): value is TileDecoder {
  return typeof value === "function";
}

function checkSettings(
  path: string,
  { geometry, contextCells, range }: Fields,
): Omit<ModuleDecoder, "decoder" | "close"> {
  try {
    return {
      // Boundary: the checks take anything.
      ...(geometry === undefined ? {} : { geometry: checkGeometry("geometry", geometry) }),
      ...(contextCells === undefined ? {} : { contextCells: checkContextCells("contextCells", contextCells) }),
      ...(range === undefined ? {} : { range: checkRange("range", range as [number, number]) }),
    };
  } catch (cause) {
    throw new DecoderLoadError(path, cause instanceof Error ? cause.message : showValue(cause), { cause });
  }
}
