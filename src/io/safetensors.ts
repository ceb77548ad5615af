import { mustBe } from "../errors.js";
import { bytesPerElement, checkAnyTensor, type Tensor } from "../tensor.js";
import { checkObject } from "../validate.js";
import { writeBeside } from "./beside.js";
import { FileFormatError } from "./errors.js";
import { type OpenedFile, readElements, readExactly, withFile, writeAt } from "./file_bytes.js";
import {
  LENGTH_BYTES,
  layOutSafetensors,
  loadableDtype,
  MAX_HEADER_BYTES,
  parseSafetensorsHeader,
  type SafetensorsEntry,
  type SafetensorsHeader,
} from "./safetensors_header.js";
import { checkMetadata, checkWriteOptions, type WriteOptions } from "./tensor_file.js";

/** How a .safetensors file is written. */
export interface SafetensorsWriteOptions extends WriteOptions {
  /** Strings to keep under `__metadata__`. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Reads the header of a .safetensors file: its tensors, of whatever dtype, and its metadata.
 * @throws FileFormatError when the file is not valid, from its first byte to its last.
 */
export async function readSafetensorsHeader(path: string): Promise<SafetensorsHeader> {
  return withFile(path, readHeader);
}

/**
 * Reads one tensor of a .safetensors file into memory: F32, F16 or BF16.
 * @throws FileFormatError when the file is not valid, has no such tensor, or has it in another dtype.
 */
export async function readSafetensorsTensor(path: string, name: string): Promise<Tensor> {
  if (typeof name !== "string") throw new TypeError(mustBe("name", "a string", name));
  return withFile(path, async (file) => {
    const { tensors } = await readHeader(file);
    const entry = tensors.find((tensor) => tensor.name === name);
    if (entry === undefined) {
      throw new FileFormatError(path, `holds no tensor ${JSON.stringify(name)}; it holds ${namesOf(tensors)}`);
    }
    return readEntry(file, entry);
  });
}

/** Names of a file's tensors, for a message. */
export function namesOf(tensors: readonly SafetensorsEntry[]): string {
  if (tensors.length === 0) return "none";
  const names = tensors.slice(0, 20).map(({ name }) => JSON.stringify(name.slice(0, 80)));
  return names.join(", ") + (tensors.length > names.length ? ` and ${tensors.length - names.length} more` : "");
}

async function readHeader(file: OpenedFile): Promise<SafetensorsHeader> {
  const { path, size } = file;
  if (size < LENGTH_BYTES) throw new FileFormatError(path, "is too short for a .safetensors file");
  const start = new DataView(new ArrayBuffer(LENGTH_BYTES));
  await readExactly(file, new Uint8Array(start.buffer), 0);
  const length = start.getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw new FileFormatError(path, `its header must be at most ${MAX_HEADER_BYTES} bytes, it says ${length}`);
  }
  const dataStart = LENGTH_BYTES + Number(length);
  if (dataStart > size) throw new FileFormatError(path, "its header goes past the end of the file");
  const bytes = new Uint8Array(Number(length));
  await readExactly(file, bytes, LENGTH_BYTES);
  return parseSafetensorsHeader(path, decodeText(path, bytes), { dataStart, fileSize: size });
}

function decodeText(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new FileFormatError(path, "its header must be UTF-8", { cause });
  }
}

async function readEntry(file: OpenedFile, entry: SafetensorsEntry): Promise<Tensor> {
  const fail = (reason: string): never => {
    throw new FileFormatError(file.path, `tensor ${JSON.stringify(entry.name)} ${reason}`);
  };
  const dtype =
    loadableDtype(entry.dtype) ?? fail(`is ${entry.dtype}, and only F32, F16 and BF16 are read: convert it first`);
  if (entry.byteLength === 0) fail(`is empty: its shape is (${entry.shape.join(", ")})`);
  const count = entry.byteLength / bytesPerElement(dtype);
  return { dtype, shape: entry.shape, data: await readElements(file, dtype, count, entry.start) };
}

/**
 * Writes tensors, by name, as a .safetensors file: complete, or absent.
 * @throws OutputPathError when it cannot be put there.
 */
export async function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  options: SafetensorsWriteOptions = {},
): Promise<void> {
  const { overwrite } = checkWriteOptions(options, ["overwrite", "metadata"]);
  const metadata = checkMetadata("options.metadata", options.metadata ?? {});
  const entries = Object.entries(checkObject("tensors", tensors));
  const checked = new Map(entries.map(([name, tensor]) => [name, checkAnyTensor(`tensors.${name}`, tensor)]));
  const layout = layOutSafetensors(checked, metadata);
  await writeBeside(path, overwrite, async (handle) => {
    await writeAt(handle, layout.head, 0);
    for (const { name, start } of layout.tensors) {
      const tensor = checked.get(name);
      if (tensor !== undefined) await writeAt(handle, tensor.data, start);
    }
  });
}
