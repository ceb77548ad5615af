import type { FrameChunk } from "../executor/types.js";
import type { FrameWriter } from "./frame_writer.js";
import { createAnimationWriter, createFolderWriter, createImageWriter, createNumberedWriter } from "./sink_image.js";
import { checkChunk, type ResolvedSpec, resolveSpec, type SinkSpec } from "./sink_spec.js";
import { resolveTarget, type SinkTarget } from "./sink_target.js";
import { createTensorWriter } from "./sink_tensor.js";
import { createVideoWriter } from "./sink_video.js";

/** Takes the frames of one video, in order, and makes a file or folder of them. */
export interface FrameSink {
  /**
   * Takes the next frames; they are not read after the promise settles. One write at a time.
   * @throws FfmpegError, Node's error or sharp's: nothing is left behind then, and the sink takes no more.
   */
  write(chunk: FrameChunk): Promise<void>;
  /**
   * Puts the finished file or folder in its place, once every frame has been written.
   * @throws Error when frames are missing, or what write throws: nothing is left behind then.
   */
  finish(): Promise<void>;
  /** Removes what was written so far, a running write included. After finish, or called again, it does nothing. */
  abort(): Promise<void>;
}

/**
 * Makes a sink for a path, by its extension: `.npy`, `.safetensors`, `.png`, `.jpg`, `.webp`, `.gif`, `.mp4`, `.mov`,
 * `.mkv`, `.webm`, a numbered name such as `frame-%04d.png`, or a folder of `frame-00000.png` and so on. The target is
 * complete after finish, or absent. Everything that can be refused is refused here, before anything is decoded.
 * @throws OutputPathError, TypeError, RangeError, MissingPackageError (sharp) or MissingProgramError (ffmpeg).
 */
export async function createSink(path: string, spec: SinkSpec): Promise<FrameSink> {
  const target = resolveTarget(path);
  const resolved = resolveSpec(target, spec);
  return new CheckedSink(path, resolved, await createWriter(target, resolved));
}

async function createWriter(target: SinkTarget, spec: ResolvedSpec): Promise<FrameWriter> {
  switch (target.kind) {
    case "npy":
    case "safetensors":
      return createTensorWriter(target.kind, target.path, spec);
    case "folder":
      return createFolderWriter(target.path, spec);
    case "numbered":
      return createNumberedWriter(target.path, target.encoding, spec);
    case "image": {
      const isAnimated = spec.frames > 1 && (target.encoding === "webp" || target.encoding === "gif");
      const create = isAnimated ? createAnimationWriter : createImageWriter;
      return create(target.path, target.encoding, spec);
    }
    case "video":
      return createVideoWriter(target.path, target.container, spec);
  }
}

class CheckedSink implements FrameSink {
  readonly #path: string;
  readonly #spec: ResolvedSpec;
  readonly #writer: FrameWriter;
  #state: "open" | "busy" | "finished" | "failed" | "aborted" = "open";
  #nextFrame = 0;
  #running: Promise<void> = Promise.resolve();

  constructor(path: string, spec: ResolvedSpec, writer: FrameWriter) {
    this.#path = path;
    this.#spec = spec;
    this.#writer = writer;
  }

  async write(chunk: FrameChunk): Promise<void> {
    this.#checkOpen("write");
    checkChunk(this.#spec, chunk, this.#nextFrame);
    await this.#run(() => this.#writer.write(chunk));
    this.#nextFrame += chunk.count;
  }

  async finish(): Promise<void> {
    this.#checkOpen("finish");
    if (this.#nextFrame < this.#spec.frames) {
      await this.abort();
      throw new Error(`${this.#path}: ${this.#nextFrame} of ${this.#spec.frames} frames were written: it is not kept`);
    }
    await this.#run(() => this.#writer.commit());
    this.#state = "finished";
  }

  async abort(): Promise<void> {
    if (this.#state === "open" || this.#state === "busy") {
      const wasBusy = this.#state === "busy";
      this.#state = "aborted";
      if (wasBusy) this.#writer.interrupt?.();
      const ended = this.#running.catch(() => {});
      this.#running = ended.then(() => this.#writer.discard());
    }
    // An abort under way is waited for; a failed write has thrown already.
    if (this.#state === "aborted") await this.#running;
  }

  #checkOpen(method: string): void {
    if (this.#state === "open") return;
    const why = this.#state === "busy" ? "while a call before it runs" : `after it has ${describe(this.#state)}`;
    throw new Error(`${this.#path}: the sink's ${method} must not be called ${why}`);
  }

  async #run(work: () => Promise<void>): Promise<void> {
    this.#state = "busy";
    const running = work();
    this.#running = running;
    try {
      await running;
    } catch (error) {
      if (this.#isAborted()) throw this.#abortError(error);
      this.#state = "failed";
      // What failed first is what the caller must see.
      await this.#writer.discard().catch(() => {});
      throw error;
    }
    if (this.#isAborted()) throw this.#abortError();
    this.#state = "open";
  }

  #abortError(cause?: unknown): Error {
    return new Error(`${this.#path}: the sink was aborted`, { cause });
  }

  /** Asked anew after every wait: abort may have been called meanwhile. */
  #isAborted(): boolean {
    return this.#state === "aborted";
  }
}

function describe(state: "finished" | "failed" | "aborted"): string {
  return state === "aborted" ? "been aborted" : state;
}
