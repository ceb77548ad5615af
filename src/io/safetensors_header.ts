import { bytesPerElement, type Dtype, elementCount, type Tensor } from "../tensor.js";
import { FileFormatError } from "./errors.js";
import { hasRepeatedKey } from "./json_keys.js";
import { shapeBytes } from "./tensor_file.js";

/** One tensor of a .safetensors file. */
export interface SafetensorsEntry {
  readonly name: string;
  /** The dtype's name in the file: F32, F16, BF16, or one that cannot be loaded, such as I64. */
  readonly dtype: string;
  /** Length of each axis (elements); 0 is possible. */
  readonly shape: readonly number[];
  /** Where its elements start in the file (bytes). */
  readonly start: number;
  /** Bytes. */
  readonly byteLength: number;
}

/** What the header of a .safetensors file says. */
export interface SafetensorsHeader {
  /** The tensors, in the order of the header. */
  readonly tensors: readonly SafetensorsEntry[];
  /** The strings under `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The limit that the format sets to its header (bytes). */
export const MAX_HEADER_BYTES = 100_000_000;
/** Bytes of the header's length in front of it. */
export const LENGTH_BYTES = 8;

const METADATA_KEY = "__metadata__";

/** Bits of one element. Source: safetensors/src/tensor.rs, Dtype. */
const DTYPE_BITS: ReadonlyMap<string, number> = new Map([
  ["F4", 4],
  ["F6_E2M3", 6],
  ["F6_E3M2", 6],
  ...["BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"].map(
    (name): [string, number] => [name, 8],
  ),
  ...["I16", "U16", "F16", "BF16"].map((name): [string, number] => [name, 16]),
  ...["I32", "U32", "F32"].map((name): [string, number] => [name, 32]),
  ...["F64", "I64", "U64", "C64"].map((name): [string, number] => [name, 64]),
]);

const FILE_DTYPES: Readonly<Record<Dtype, string>> = { float32: "F32", float16: "F16", bfloat16: "BF16" };

/** The dtype that a file's dtype is loaded as, or undefined when it cannot be. */
export function loadableDtype(fileDtype: string): Dtype | undefined {
  const dtypes: readonly Dtype[] = ["float32", "float16", "bfloat16"];
  return dtypes.find((dtype) => FILE_DTYPES[dtype] === fileDtype);
}

/**
 * Checks the JSON header of a .safetensors file whose data goes from `dataStart` to `fileSize` (bytes).
 * @throws FileFormatError when it is not valid, or its tensors overlap, leave holes or go past the end.
 */
export function parseSafetensorsHeader(
  path: string,
  text: string,
  { dataStart, fileSize }: { readonly dataStart: number; readonly fileSize: number },
): SafetensorsHeader {
  const fields = parseObject(path, text);
  const metadata = readMetadata(path, fields[METADATA_KEY]);
  const entries = Object.entries(fields).filter(([name]) => name !== METADATA_KEY);
  const tensors = entries.map(([name, value]) => readEntry(path, name, { value, dataStart }));
  checkLayout(path, tensors, dataStart, fileSize);
  return { tensors, metadata };
}

function parseObject(path: string, text: string): Readonly<Record<string, unknown>> {
  // The format asks for it, so that a file is never valid as two formats.
  if (!text.startsWith("{")) throw new FileFormatError(path, "its header must begin with {");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new FileFormatError(path, "its header must be valid JSON", { cause });
  }
  if (hasRepeatedKey(text)) throw new FileFormatError(path, "its header must not hold a key twice");
  // Boundary: valid JSON that begins with { is an object.
  return value as Readonly<Record<string, unknown>>;
}

function readMetadata(path: string, value: unknown): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  if (!isObject(value)) throw new FileFormatError(path, `${METADATA_KEY} must be an object of strings`);
  const entries = Object.entries(value).map(([key, text]): [string, string] => {
    if (typeof text !== "string") throw new FileFormatError(path, `${METADATA_KEY}.${key} must be a string`);
    return [key, text];
  });
  return Object.fromEntries(entries);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function readEntry(
  path: string,
  name: string,
  { value, dataStart }: { readonly value: unknown; readonly dataStart: number },
): SafetensorsEntry {
  const fail = (reason: string): never => {
    throw new FileFormatError(path, `tensor ${JSON.stringify(name.slice(0, 80))}: ${reason}`);
  };
  if (!isObject(value)) return fail("must be an object");
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string") return fail("dtype must be a string");
  const bits = DTYPE_BITS.get(dtype) ?? fail(`dtype ${JSON.stringify(dtype.slice(0, 40))} is not known`);
  if (!isSizes(shape)) return fail("shape must be an array of whole numbers from 0");
  if (!isSizes(offsets) || offsets.length !== 2) return fail("data_offsets must be two whole numbers from 0");
  const [begin = 0, end = 0] = offsets;
  if (begin > end) return fail(`data_offsets must be in order, got [${begin}, ${end}]`);
  const bytes = shapeBytes(shape, bits) ?? fail(`shape (${shape.join(", ")}) is absurdly large`);
  if (bytes !== end - begin) {
    return fail(`shape (${shape.join(", ")}) of ${dtype} takes ${bytes} bytes, its data_offsets ${end - begin}`);
  }
  return { name, dtype, shape, start: dataStart + begin, byteLength: bytes };
}

function checkLayout(path: string, tensors: readonly SafetensorsEntry[], dataStart: number, fileSize: number): void {
  const inOrder = [...tensors].sort((a, b) => a.start - b.start || a.byteLength - b.byteLength);
  let reached = dataStart;
  for (const { name, start, byteLength } of inOrder) {
    const shown = JSON.stringify(name.slice(0, 80));
    if (start < reached) throw new FileFormatError(path, `tensor ${shown} overlaps the one before it`);
    if (start > reached) throw new FileFormatError(path, `there is a hole of ${start - reached} bytes before ${shown}`);
    reached = start + byteLength;
    if (reached > fileSize) throw new FileFormatError(path, `tensor ${shown} goes past the end: the file is cut short`);
  }
  if (reached < fileSize) throw new FileFormatError(path, `${fileSize - reached} bytes follow its last tensor`);
}

/** Where each tensor of a file to be written goes, and the bytes in front of them. */
export interface SafetensorsLayout {
  /** The header with its length. */
  readonly head: Uint8Array;
  /** In the order of the file. */
  readonly tensors: readonly SafetensorsEntry[];
}

/** Lays out a .safetensors file: wide elements first, so that each lies on a multiple of its size. */
export function layOutSafetensors(
  tensors: ReadonlyMap<string, Pick<Tensor, "dtype" | "shape">>,
  metadata: Readonly<Record<string, string>>,
): SafetensorsLayout {
  const order = [...tensors].sort(([, a], [, b]) => bytesPerElement(b.dtype) - bytesPerElement(a.dtype));
  const fields: [string, unknown][] = Object.keys(metadata).length === 0 ? [] : [[METADATA_KEY, metadata]];
  const placed: SafetensorsEntry[] = [];
  let at = 0;
  for (const [name, { dtype, shape }] of order) {
    if (name === METADATA_KEY) throw new RangeError(`a tensor must not be named ${METADATA_KEY}`);
    const byteLength = elementCount(shape) * bytesPerElement(dtype);
    fields.push([name, { dtype: FILE_DTYPES[dtype], shape, data_offsets: [at, at + byteLength] }]);
    placed.push({ name, dtype: FILE_DTYPES[dtype], shape, start: at, byteLength });
    at += byteLength;
  }
  const head = frameHeader(JSON.stringify(Object.fromEntries(fields)));
  return { head, tensors: placed.map((entry) => ({ ...entry, start: entry.start + head.length })) };
}

function frameHeader(json: string): Uint8Array {
  const text = new TextEncoder().encode(json);
  // Padded with spaces, so that the data starts at a multiple of 8.
  const length = Math.ceil(text.length / 8) * 8;
  if (length > MAX_HEADER_BYTES) throw new RangeError(`the header must be at most ${MAX_HEADER_BYTES} bytes`);
  const head = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(length), true);
  head.set(text, LENGTH_BYTES);
  return head;
}
