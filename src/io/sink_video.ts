import type { FrameChunk } from "../executor/types.js";
import { besidePath, checkFileTarget, moveIntoPlace, removePartial } from "./beside.js";
import { MissingProgramError, OutputPathError } from "./errors.js";
import { type FrameWriter, frameOf } from "./frame_writer.js";
import { RunningProgram, runProgram } from "./program.js";
import type { ResolvedSpec } from "./sink_spec.js";
import type { VideoContainer } from "./sink_target.js";

/**
 * Makes the writer of a video through ffmpeg: H.264 (crf 18) in mp4, mov and mkv, VP9 (crf 18) in webm, BT.709.
 * Even sizes become yuv420p, odd ones, which it cannot hold, yuv444p: a frame is never cut or padded.
 */
export async function createVideoWriter(
  path: string,
  container: VideoContainer,
  spec: ResolvedSpec,
): Promise<FrameWriter> {
  const { fps, ffmpegPath } = spec;
  if (fps === undefined) throw new OutputPathError(path, "a video needs spec.fps (frames per second)");
  await checkFileTarget(path, spec.overwrite);
  await checkEncoder(ffmpegPath, encoderOf(container));
  return new VideoWriter(path, spec, (partial) => encodeArguments(partial, container, { ...spec, fps }));
}

function encoderOf(container: VideoContainer): "libx264" | "libvpx-vp9" {
  return container === "webm" ? "libvpx-vp9" : "libx264";
}

async function checkEncoder(ffmpeg: string, encoder: string): Promise<void> {
  const listed = await runProgram(ffmpeg, ["-hide_banner", "-loglevel", "error", "-encoders"], "listing its encoders");
  if (!listed.split(/\s+/).includes(encoder)) throw new MissingProgramError(ffmpeg, `it was built without ${encoder}`);
}

function encodeArguments(
  partial: string,
  container: VideoContainer,
  { fps, height, width }: ResolvedSpec & { readonly fps: number },
): string[] {
  const pixelFormat = height % 2 === 0 && width % 2 === 0 ? "yuv420p" : "yuv444p";
  const filters = [
    // Told both ends of the conversion: swscale takes BT.601 by itself, whatever the file is tagged as.
    "scale=in_range=full:out_range=limited:out_color_matrix=bt709:flags=bicubic+accurate_rnd+full_chroma_int",
    `format=${pixelFormat}`,
    "setparams=range=limited:color_primaries=bt709:color_trc=bt709:colorspace=bt709",
  ];
  const codec =
    container === "webm"
      ? ["-c:v", "libvpx-vp9", "-crf", "18", "-b:v", "0", "-row-mt", "1", "-cpu-used", "4"]
      : ["-c:v", "libx264", "-crf", "18"];
  const colours = ["-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"];
  return [
    ...["-hide_banner", "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24"],
    ...["-video_size", `${width}x${height}`, "-framerate", String(fps), "-i", "pipe:0"],
    ...["-an", "-vf", filters.join(","), ...codec, ...colours],
    ...(container === "mp4" || container === "mov" ? ["-movflags", "+faststart"] : []),
    ...["-f", container, `file:${partial}`],
  ];
}

class VideoWriter implements FrameWriter {
  readonly #path: string;
  readonly #partial: string;
  readonly #spec: ResolvedSpec;
  readonly #start: () => RunningProgram;
  #program: RunningProgram | undefined;

  constructor(path: string, spec: ResolvedSpec, argumentsFor: (partial: string) => string[]) {
    this.#path = path;
    this.#spec = spec;
    this.#partial = besidePath(path);
    const args = argumentsFor(this.#partial);
    this.#start = () => new RunningProgram(spec.ffmpegPath, args, { input: true, output: false });
  }

  async write(chunk: FrameChunk): Promise<void> {
    this.#program ??= this.#start();
    // One frame at a time, each taken by the pipe before the next: no more than that is queued.
    for (let i = 0; i < chunk.count; i++) await this.#program.write(frameOf(chunk, i), this.#doing);
  }

  interrupt(): void {
    void this.#program?.kill();
  }

  async commit(): Promise<void> {
    const program = this.#program;
    // Boundary: there is at least one frame, so write has started it.
    if (program === undefined) throw new Error(`${this.#path}: no frame was written`);
    program.stdin?.end();
    const end = await program.ended;
    if (end.exitCode !== 0) throw program.error(this.#doing, end);
    await moveIntoPlace(this.#partial, this.#path, this.#spec.overwrite);
  }

  async discard(): Promise<void> {
    await this.#program?.kill();
    await removePartial(this.#partial);
  }

  get #doing(): string {
    return `writing ${this.#path}`;
  }
}
