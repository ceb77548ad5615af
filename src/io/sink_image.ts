import { lstat, mkdir, readdir, realpath, rename, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { FrameChunk } from "../executor/types.js";
import { besidePath, checkFileTarget, checkParent, isPresent, moveIntoPlace, removePartial } from "./beside.js";
import { OutputPathError } from "./errors.js";
import { type FrameWriter, frameOf } from "./frame_writer.js";
import { animationDelays, checkSide, encodeAnimation, encodeFrame } from "./image_encoder.js";
import { loadSharp, type Sharp } from "./sharp_package.js";

import type { ResolvedSpec } from "./sink_spec.js";
import { type ImageEncoding, numberedPath } from "./sink_target.js";

/** The most that is held for an animation (bytes of rgb24): its encoder needs all frames at once. */
const MAX_ANIMATION_BYTES = 512 * 2 ** 20;
/** Frames encoded side by side. */
const ENCODED_TOGETHER = 4;
/** Names of the frames in a folder. */
const FOLDER_PATTERN = "frame-%05d.png";
const FOLDER_NAMES = /^frame-\d{5,}\.png$/;

/** Makes the writer of a single image. */
export async function createImageWriter(
  path: string,
  encoding: ImageEncoding,
  spec: ResolvedSpec,
): Promise<FrameWriter> {
  const { frames, height, width, overwrite } = spec;
  if (frames > 1) {
    const stem = path.slice(0, path.lastIndexOf("."));
    const ways = `a folder (${stem}/), numbered frames (${stem}-%04d.png), an animation (.webp, .gif) or a video (.mp4)`;
    throw new OutputPathError(path, `is one image, and there are ${frames} frames: write ${ways}`);
  }
  checkSide(path, encoding, spec);
  await checkFileTarget(path, overwrite);
  const sharp = await loadSharp(`writing ${path}`);
  const partial = besidePath(path);
  return {
    write: (chunk) => encodeFrame(sharp, encoding, { bytes: frameOf(chunk, 0), height, width, path: partial }),
    commit: () => moveIntoPlace(partial, path, overwrite),
    discard: () => removePartial(partial),
  };
}

/** Makes the writer of an animated .webp or .gif. */
export async function createAnimationWriter(
  path: string,
  encoding: ImageEncoding,
  spec: ResolvedSpec,
): Promise<FrameWriter> {
  const { frames, height, width, overwrite } = spec;
  const kind = encoding === "gif" ? "gif" : "webp";
  const delay = animationDelays(path, kind, spec);
  checkSide(path, kind, spec);
  const frameBytes = height * width * 3;
  if (frames * frameBytes > MAX_ANIMATION_BYTES) {
    const size = `${frames * frameBytes} bytes, and at most ${MAX_ANIMATION_BYTES} are held for an animation`;
    throw new OutputPathError(path, `its frames take ${size}: write a video (.mp4) or a folder of frames`);
  }
  await checkFileTarget(path, overwrite);
  const sharp = await loadSharp(`writing ${path}`);
  const partial = besidePath(path);
  let bytes = new Uint8Array(0);
  return {
    async write(chunk) {
      if (bytes.length === 0) bytes = new Uint8Array(frames * frameBytes);
      for (let i = 0; i < chunk.count; i++) bytes.set(frameOf(chunk, i), (chunk.start + i) * frameBytes);
    },
    async commit() {
      await encodeAnimation(sharp, kind, { bytes, spec, delay, path: partial });
      await moveIntoPlace(partial, path, overwrite);
    },
    async discard() {
      bytes = new Uint8Array(0);
      await removePartial(partial);
    },
  };
}

/** Makes the writer of numbered images in a folder that exists. The frames are moved there when all are made. */
export async function createNumberedWriter(
  path: string,
  encoding: ImageEncoding,
  spec: ResolvedSpec,
): Promise<FrameWriter> {
  checkSide(path, encoding, spec);
  await checkParent(path);
  await checkNumbersFree(path, spec);
  const sharp = await loadSharp(`writing ${path}`);
  const partial = besidePath(path);
  await mkdir(partial);
  const partialOf = (frame: number) => join(partial, basename(numberedPath(path, frame)));
  return {
    write: (chunk) => encodeChunk(chunk, { sharp, encoding, spec, pathOf: partialOf }),
    async commit() {
      await checkNumbersFree(path, spec);
      await moveNumbered(path, spec, partialOf);
      await removePartial(partial);
    },
    discard: () => removePartial(partial),
  };
}

async function checkNumbersFree(path: string, { frames, overwrite }: ResolvedSpec): Promise<void> {
  if (overwrite) return;
  const present = new Set(await readdir(dirname(resolve(path))));
  for (let frame = 0; frame < frames; frame++) {
    const name = basename(numberedPath(path, frame));
    if (present.has(name)) throw new OutputPathError(path, `${name} exists: allow it with overwrite`);
  }
}

/** Moves the frames to their places, or, when one cannot be, leaves all as it was. */
async function moveNumbered(path: string, { frames }: ResolvedSpec, from: (frame: number) => string): Promise<void> {
  const undo: (() => Promise<void>)[] = [];
  const move = async (source: string, target: string) => {
    await rename(source, target);
    undo.push(() => rename(target, source));
  };
  try {
    for (let frame = 0; frame < frames; frame++) {
      const target = resolve(numberedPath(path, frame));
      if (await isPresent(target)) {
        if ((await lstat(target)).isDirectory()) throw new OutputPathError(target, "is a folder");
        // A frame of an earlier run waits among the new ones, and goes with their folder.
        await move(target, `${from(frame)}.old`);
      }
      await move(from(frame), target);
    }
  } catch (error) {
    for (const step of undo.reverse()) await step();
    throw error;
  }
}

/** Makes the writer of a folder of frames, which takes the folder's name when all frames are made. */
export async function createFolderWriter(path: string, spec: ResolvedSpec): Promise<FrameWriter> {
  checkSide(path, "png", spec);
  const target = (await isPresent(path)) ? await realpath(path) : resolve(path);
  if (target === dirname(target)) throw new OutputPathError(path, "is the root folder: name a folder in it");
  await checkParent(target);
  await checkFolderFree(path, target, spec.overwrite);
  const sharp = await loadSharp(`writing ${path}`);
  const partial = besidePath(target);
  await mkdir(partial);
  const pathOf = (frame: number) => join(partial, numberedPath(FOLDER_PATTERN, frame));
  return {
    write: (chunk) => encodeChunk(chunk, { sharp, encoding: "png", spec, pathOf }),
    async commit() {
      await checkFolderFree(path, target, spec.overwrite);
      await replaceFolder(partial, target);
    },
    discard: () => removePartial(partial),
  };
}

/** Throws unless the folder is absent, empty, or, with overwrite, holds nothing but frames of an earlier run. */
async function checkFolderFree(path: string, target: string, overwrite: boolean): Promise<void> {
  if (!(await isPresent(target))) return;
  if (!(await stat(target)).isDirectory()) throw new OutputPathError(path, "is a file, not a folder");
  const names = await readdir(target);
  if (names.length === 0) return;
  if (!overwrite) throw new OutputPathError(path, "is a folder with files: choose another, or allow it with overwrite");
  const other = names.find((name) => !FOLDER_NAMES.test(name));
  if (other === undefined) return;
  throw new OutputPathError(path, `holds ${other}, which is no frame (${FOLDER_PATTERN}): it is not replaced`);
}

async function replaceFolder(partial: string, target: string): Promise<void> {
  if (!(await isPresent(target))) return rename(partial, target);
  const old = besidePath(target);
  await rename(target, old);
  try {
    await rename(partial, target);
  } catch (error) {
    await rename(old, target);
    throw error;
  }
  await removePartial(old);
}

interface ChunkEncoding {
  readonly sharp: Sharp;
  readonly encoding: ImageEncoding;
  readonly spec: ResolvedSpec;
  /** File of a frame (index in the video). */
  readonly pathOf: (frame: number) => string;
}

async function encodeChunk(chunk: FrameChunk, { sharp, encoding, spec, pathOf }: ChunkEncoding): Promise<void> {
  const { height, width } = spec;
  for (let first = 0; first < chunk.count; first += ENCODED_TOGETHER) {
    const together = Math.min(ENCODED_TOGETHER, chunk.count - first);
    const work = Array.from({ length: together }, (_, i) => {
      const path = pathOf(chunk.start + first + i);
      return encodeFrame(sharp, encoding, { bytes: frameOf(chunk, first + i), height, width, path });
    });
    // All of them are waited for: the folder may be removed only when nobody writes into it any more.
    const failed = (await Promise.allSettled(work)).find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }
}
