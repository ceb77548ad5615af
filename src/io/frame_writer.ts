import type { FrameChunk } from "../executor/types.js";

/** The work of one kind of target. The sink above it has checked every chunk and makes one call at a time. */
export interface FrameWriter {
  write(chunk: FrameChunk): Promise<void>;
  /** Makes a running write end soon. */
  interrupt?(): void;
  /** Puts the finished file or folder in its place. */
  commit(): Promise<void>;
  /** Removes everything that is not in its place; may be called after a failed commit. */
  discard(): Promise<void>;
}

/** Returns one frame (index in the chunk) of an rgb24 chunk of one video, without a copy. */
export function frameOf({ frames, count }: FrameChunk, index: number): Uint8Array {
  const length = frames.data.length / count;
  // Boundary: the sink has checked that the chunk is rgb24, whose data is a Uint8Array.
  return frames.data.subarray(index * length, (index + 1) * length) as Uint8Array;
}
