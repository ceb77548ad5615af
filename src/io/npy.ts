import { bytesPerElement, checkAnyTensor, type Dtype, type Tensor } from "../tensor.js";
import { writeBeside } from "./beside.js";
import { FileFormatError, OutputPathError } from "./errors.js";
import { type OpenedFile, readElements, readExactly, withFile, writeAt } from "./file_bytes.js";
import { PythonLiteralError, type PythonValue, parsePythonDict } from "./python_dict.js";
import { checkWriteOptions, shapeBytes, type WriteOptions } from "./tensor_file.js";

/** \x93NUMPY */
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Bytes before the header's length. */
const VERSION_END = MAGIC.length + 2;
/** More than any header of a plain array needs (bytes). NumPy itself stops at 10000. */
const MAX_HEADER_BYTES = 65535;
/** NumPy's own limit of axes. */
const MAX_RANK = 64;
/** The data starts at a multiple of this (bytes), as in NumPy. */
const ALIGNMENT = 64;

const DESCRIPTIONS: ReadonlyMap<string, Dtype> = new Map([
  ["<f4", "float32"],
  ["<f2", "float16"],
]);

interface NpyHeader {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Where the elements start (bytes). */
  readonly dataStart: number;
}

/**
 * Reads an .npy file, format 1, 2 or 3, of `<f4` (float32) or `<f2` (float16) in C order, into memory.
 * @throws FileFormatError when it is anything else, is cut short or has bytes to spare, before the data's room is
 * allocated. Source of the format: NumPy's numpy/lib/format.py.
 */
export async function readNpy(path: string): Promise<Tensor> {
  return withFile(path, async (file) => {
    const { dtype, shape, dataStart } = await readHeader(file);
    const bytes = shapeBytes(shape, bytesPerElement(dtype) * 8);
    if (bytes === null) throw new FileFormatError(path, `shape (${shape.join(", ")}) is absurdly large`);
    const held = file.size - dataStart;
    if (bytes !== held) {
      const what = `shape (${shape.join(", ")}) of ${dtype} takes ${bytes} bytes`;
      throw new FileFormatError(path, `${what}, but the file holds ${held}: it is cut short or damaged`);
    }
    const data = await readElements(file, dtype, bytes / bytesPerElement(dtype), dataStart);
    return { dtype, shape, data };
  });
}

async function readHeader(file: OpenedFile): Promise<NpyHeader> {
  const start = new Uint8Array(Math.min(file.size, VERSION_END + 4));
  await readExactly(file, start, 0);
  const { length, headerStart, version } = headerPlace(file, start);
  const bytes = new Uint8Array(length);
  await readExactly(file, bytes, headerStart);
  const text = new TextDecoder(version === 3 ? "utf-8" : "latin1").decode(bytes);
  return { ...headerFields(file.path, parseHeader(file.path, text)), dataStart: headerStart + length };
}

function headerPlace(
  file: OpenedFile,
  start: Uint8Array,
): { readonly length: number; readonly headerStart: number; readonly version: number } {
  const fail = (reason: string): never => {
    throw new FileFormatError(file.path, reason);
  };
  if (start.length < VERSION_END + 2 || MAGIC.some((byte, i) => start[i] !== byte)) fail("is not an .npy file");
  const version = start[MAGIC.length] ?? 0;
  if (![1, 2, 3].includes(version) || start[MAGIC.length + 1] !== 0) fail("must be .npy format 1.0, 2.0 or 3.0");
  const headerStart = VERSION_END + (version === 1 ? 2 : 4);
  if (start.length < headerStart) fail("ends within its header");
  const view = new DataView(start.buffer);
  const length = version === 1 ? view.getUint16(VERSION_END, true) : view.getUint32(VERSION_END, true);
  if (length > MAX_HEADER_BYTES) fail(`its header must be at most ${MAX_HEADER_BYTES} bytes, it says ${length}`);
  if (headerStart + length > file.size) fail(`its header of ${length} bytes goes past the end of the file`);
  return { length, headerStart, version };
}

function parseHeader(path: string, text: string): ReadonlyMap<string, PythonValue> {
  try {
    return parsePythonDict(text);
  } catch (error) {
    if (!(error instanceof PythonLiteralError)) throw error;
    throw new FileFormatError(path, `its header cannot be read: ${error.message}`, { cause: error });
  }
}

function headerFields(path: string, header: ReadonlyMap<string, PythonValue>): Omit<NpyHeader, "dataStart"> {
  const fail = (reason: string): never => {
    throw new FileFormatError(path, reason);
  };
  const keys = [...header.keys()].sort().join(", ");
  if (keys !== "descr, fortran_order, shape") fail(`its header must hold descr, fortran_order and shape, got ${keys}`);
  const descr = header.get("descr");
  if (typeof descr !== "string") return fail("its descr must be a string");
  const dtype = DESCRIPTIONS.get(descr) ?? fail(dtypeReason(descr));
  const fortran = header.get("fortran_order");
  if (typeof fortran !== "boolean") fail("its fortran_order must be True or False");
  if (fortran === true) fail("is in Fortran order: save it with np.save(path, np.ascontiguousarray(a))");
  const shape = header.get("shape");
  if (!Array.isArray(shape)) return fail("its shape must be a tuple");
  if (shape.length > MAX_RANK) fail(`its shape must have at most ${MAX_RANK} axes, got ${shape.length}`);
  const wrong = shape.find((size) => size < 1);
  if (wrong !== undefined) fail(`each axis of its shape must be at least 1 long, got (${shape.join(", ")})`);
  return { dtype, shape };
}

function dtypeReason(descr: string): string {
  const shown = JSON.stringify(descr.slice(0, 40));
  const way = "save it with np.save(path, a.astype('<f4'))";
  if (/^\|?O/.test(descr)) return `holds Python objects (${shown}), which are never loaded: ${way}`;
  if (/^[|<]V2$/.test(descr)) {
    return `holds ${shown}, bfloat16 most likely, which NumPy cannot name: save it as .safetensors, or ${way}`;
  }
  if (descr.startsWith(">")) return `holds big-endian elements (${shown}): ${way}`;
  return `holds ${shown}, and only '<f4' and '<f2' are read: ${way}`;
}

/**
 * Returns the bytes in front of the data of an .npy file, format 1.0.
 * @throws OutputPathError for bfloat16, which NumPy has no name for.
 */
export function npyHeader(path: string, dtype: Dtype, shape: readonly number[]): Uint8Array {
  const descr = [...DESCRIPTIONS].find(([, name]) => name === dtype)?.[0];
  if (descr === undefined) {
    throw new OutputPathError(path, `NumPy has no ${dtype}: write a .safetensors file, or float32 or float16`);
  }
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const prefix = VERSION_END + 2;
  const total = Math.ceil((prefix + dict.length + 1) / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(total).fill(0x20);
  bytes.set([...MAGIC, 1, 0]);
  new DataView(bytes.buffer).setUint16(VERSION_END, total - prefix, true);
  bytes.set(new TextEncoder().encode(dict), prefix);
  bytes[total - 1] = 0x0a;
  return bytes;
}

/**
 * Writes a float32 or float16 tensor as an .npy file: complete, or absent.
 * @throws OutputPathError when it cannot be put there, or holds bfloat16.
 */
export async function writeNpy(path: string, tensor: Tensor, options: WriteOptions = {}): Promise<void> {
  const { dtype, shape, data } = checkAnyTensor("tensor", tensor);
  const { overwrite } = checkWriteOptions(options, ["overwrite"]);
  const header = npyHeader(path, dtype, shape);
  await writeBeside(path, overwrite, async (handle) => {
    await writeAt(handle, header, 0);
    await writeAt(handle, data, header.length);
  });
}
