import { type FileHandle, open, stat } from "node:fs/promises";
import { createData, type Dtype } from "../tensor.js";
import { FileFormatError } from "./errors.js";

/** Bytes moved by one call: Node and the system refuse single transfers of 2 GiB and more. */
const TRANSFER_BYTES = 64 * 2 ** 20;

/** A file opened for reading, with its size. */
export interface OpenedFile {
  /** The path as given, for messages. */
  readonly path: string;
  readonly handle: FileHandle;
  /** Bytes. */
  readonly size: number;
}

/**
 * Opens a regular file, hands it to `use` and closes it.
 * @throws FileFormatError when it is no regular file, Node's error when it is absent or may not be read.
 */
export async function withFile<T>(path: string, use: (file: OpenedFile) => Promise<T>): Promise<T> {
  // Before open: opening a pipe would wait for its writer.
  const { size } = await statRegular(path);
  const handle = await open(path, "r");
  try {
    return await use({ path, handle, size });
  } finally {
    await handle.close();
  }
}

async function statRegular(path: string): Promise<{ size: number }> {
  const stats = await stat(path);
  if (!stats.isFile()) throw new FileFormatError(path, "is not a regular file");
  return { size: stats.size };
}

/** Fills `into` with the file's bytes from `position` on (bytes). */
export async function readExactly(file: OpenedFile, into: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < into.length; ) {
    const part = into.subarray(done, done + TRANSFER_BYTES);
    const { bytesRead } = await file.handle.read(part, 0, part.length, position + done);
    if (bytesRead === 0) throw new FileFormatError(file.path, "became shorter while it was read");
    done += bytesRead;
  }
}

/** Reads `count` elements of a tensor, little-endian, from `position` on (bytes). The caller has checked the size. */
export async function readElements(
  file: OpenedFile,
  dtype: Dtype,
  count: number,
  position: number,
): Promise<Float32Array | Uint16Array> {
  const data = createData(dtype, count);
  // A view of 4 GiB and more is more than Node's own checks allow, so the views are made piece by piece.
  for (let done = 0; done < data.byteLength; done += TRANSFER_BYTES) {
    const length = Math.min(TRANSFER_BYTES, data.byteLength - done);
    await readExactly(file, new Uint8Array(data.buffer, done, length), position + done);
  }
  return data;
}

/** Writes all of a buffer at `position` (bytes), in pieces. */
export async function writeAt(handle: FileHandle, data: ArrayBufferView, position: number): Promise<void> {
  for (let done = 0; done < data.byteLength; ) {
    const length = Math.min(TRANSFER_BYTES, data.byteLength - done);
    const piece = new Uint8Array(data.buffer, data.byteOffset + done, length);
    const { bytesWritten } = await handle.write(piece, 0, length, position + done);
    done += bytesWritten;
  }
}
