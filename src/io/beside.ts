import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { access, type FileHandle, lstat, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { OutputPathError } from "./errors.js";

/** Returns a fresh name in the target's folder, hidden, for what is not finished yet. */
export function besidePath(target: string): string {
  const absolute = resolve(target);
  const mark = `partial-${process.pid}-${randomBytes(4).toString("hex")}`;
  return join(dirname(absolute), `.${basename(absolute)}.${mark}`);
}

/** Whether anything has this name, a dangling link included. */
export async function isPresent(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  }
}

/** Whether an error is a system error of this code, such as ENOENT. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** Throws an OutputPathError unless the folder that the target lies in is there and may be written to. */
export async function checkParent(path: string): Promise<void> {
  const parent = dirname(resolve(path));
  const isFolder = await stat(parent).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new OutputPathError(path, `the folder ${parent} does not exist: make it first`);
  try {
    await access(parent, constants.W_OK);
  } catch (error) {
    throw new OutputPathError(path, `the folder ${parent} may not be written to`, { cause: error });
  }
}

/** Throws an OutputPathError when a file cannot be put at `path`: no such folder, a folder, or there already. */
export async function checkFileTarget(path: string, overwrite: boolean): Promise<void> {
  await checkParent(path);
  if (!(await isPresent(path))) return;
  if ((await lstat(path)).isDirectory()) throw new OutputPathError(path, "is a folder");
  if (!overwrite) throw new OutputPathError(path, "exists: choose another name, or allow it with overwrite");
}

/** Renames a finished file to its target. */
export async function moveIntoPlace(partial: string, target: string, overwrite: boolean): Promise<void> {
  // Looked at again: decoding may have taken hours.
  await checkFileTarget(target, overwrite);
  await rename(partial, resolve(target));
}

/** Removes what is not finished; what is not there is no error. */
export async function removePartial(partial: string): Promise<void> {
  await rm(partial, { recursive: true, force: true });
}

/** A file being written beside its target: it takes the target's name when complete, or is removed. */
export class BesideFile {
  readonly handle: FileHandle;
  readonly #partial: string;
  readonly #target: string;
  readonly #overwrite: boolean;
  #isOpen = true;

  private constructor(handle: FileHandle, partial: string, target: string, overwrite: boolean) {
    this.handle = handle;
    this.#partial = partial;
    this.#target = target;
    this.#overwrite = overwrite;
  }

  /** Checks the target and opens a file beside it. */
  static async create(target: string, overwrite: boolean): Promise<BesideFile> {
    await checkFileTarget(target, overwrite);
    const partial = besidePath(target);
    return new BesideFile(await open(partial, "wx"), partial, target, overwrite);
  }

  /** Closes the file and renames it to the target. */
  async commit(): Promise<void> {
    await this.#close();
    await moveIntoPlace(this.#partial, this.#target, this.#overwrite);
  }

  /** Closes and removes the file. */
  async discard(): Promise<void> {
    try {
      await this.#close();
    } finally {
      await removePartial(this.#partial);
    }
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.handle.close();
  }
}

/** Writes a whole file through `write`: it is complete at `target`, or absent. */
export async function writeBeside(
  target: string,
  overwrite: boolean,
  write: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const file = await BesideFile.create(target, overwrite);
  try {
    await write(file.handle);
    await file.commit();
  } catch (error) {
    await file.discard();
    throw error;
  }
}
