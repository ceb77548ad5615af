import { resolve } from "node:path";
import { FfmpegError, FileFormatError } from "./errors.js";
import { withFile } from "./file_bytes.js";
import { checkPixelBytes, type FrameSize } from "./frame_bytes.js";
import { RunningProgram, runProgram } from "./program.js";

/** The frames of a video file. */
export interface VideoFrames extends FrameSize {
  /** One array of rgb24, (height, width, 3), for each frame. */
  readonly list: readonly Uint8Array[];
  /** Average frames per second. */
  readonly fps: number;
}

/** The programs that read a video. */
export interface VideoPrograms {
  readonly ffmpegPath: string;
  readonly ffprobePath: string;
}

/** Extensions of the videos that are read. */
export const VIDEO_EXTENSIONS: readonly string[] = [".mp4", ".mov", ".mkv", ".webm", ".m4v", ".avi"];

interface VideoStream {
  readonly height: number;
  readonly width: number;
  /** As ffprobe writes it, such as 30000/1001. */
  readonly rate: string;
  readonly fps: number;
  /** What the file claims, or undefined. */
  readonly claimedFrames: number | undefined;
}

/**
 * Reads every frame of a video's first picture stream through ffmpeg, turned as the file says.
 * @throws MissingProgramError when ffprobe or ffmpeg is not there, FfmpegError when ffmpeg fails, FileFormatError when
 * the file is no video, RangeError when its pixels take more memory than MAX_PIXEL_BYTES.
 */
export async function readVideo(path: string, programs: VideoPrograms): Promise<VideoFrames> {
  await withFile(path, async () => {});
  const stream = await probe(path, programs.ffprobePath);
  const { height, width, fps } = stream;
  checkPixelBytes(path, { frames: stream.claimedFrames ?? 1, height, width });
  const program = new RunningProgram(programs.ffmpegPath, decodeArguments(path, stream.rate), {
    input: false,
    output: true,
  });
  try {
    const list = await collect(path, program, stream);
    const end = await program.ended;
    if (end.exitCode !== 0) throw program.error(`reading ${path}`, end);
    if (list.length === 0) throw new FileFormatError(path, "holds no frame");
    return { frames: list.length, height, width, list, fps };
  } catch (error) {
    await program.kill();
    throw error;
  }
}

function decodeArguments(path: string, rate: string): string[] {
  const filters = [
    // Frames at even steps: so that ffmpeg, which keeps a constant rate, neither drops nor repeats one.
    `setpts=N/((${rate})*TB)`,
    "scale=flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp",
    "format=rgb24",
  ];
  return [
    ...["-hide_banner", "-loglevel", "error", "-nostdin", "-xerror", "-i", `file:${resolve(path)}`],
    ...["-map", "0:v:0", "-an", "-sn", "-dn", "-vf", filters.join(","), "-r", rate],
    ...["-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"],
  ];
}

async function collect(path: string, program: RunningProgram, size: VideoStream): Promise<Uint8Array[]> {
  const { height, width } = size;
  const frameBytes = height * width * 3;
  const list: Uint8Array[] = [];
  let frame = new Uint8Array(frameBytes);
  let filled = 0;
  for await (const part of program.stdout ?? []) {
    for (let rest: Uint8Array = part; rest.length > 0; ) {
      const taken = rest.subarray(0, frameBytes - filled);
      frame.set(taken, filled);
      filled += taken.length;
      rest = rest.subarray(taken.length);
      if (filled < frameBytes) continue;
      list.push(frame);
      checkPixelBytes(path, { frames: list.length + 1, height, width });
      frame = new Uint8Array(frameBytes);
      filled = 0;
    }
  }
  const end = await program.ended;
  if (end.exitCode === 0 && filled > 0) {
    throw new FileFormatError(path, `its frames must be ${width}x${height}; they change their size`);
  }
  return list;
}

async function probe(path: string, ffprobe: string): Promise<VideoStream> {
  const entries =
    "stream=width,height,avg_frame_rate,r_frame_rate,nb_frames:stream_side_data=rotation:stream_tags=rotate";
  const args = ["-v", "error", "-select_streams", "v:0", "-show_entries", entries, "-of", "json"];
  try {
    return parseStream(
      path,
      JSON.parse(await runProgram(ffprobe, [...args, `file:${resolve(path)}`], `reading ${path}`)),
    );
  } catch (cause) {
    if (!(cause instanceof FfmpegError)) throw cause;
    throw new FileFormatError(path, `is not a video that ffprobe can read: ${cause.stderrTail.trim()}`, { cause });
  }
}

/** What is used of ffprobe's JSON; every field is checked. */
interface ProbedStream {
  readonly width?: unknown;
  readonly height?: unknown;
  readonly avg_frame_rate?: unknown;
  readonly r_frame_rate?: unknown;
  readonly nb_frames?: unknown;
  readonly tags?: { readonly rotate?: unknown };
  readonly side_data_list?: readonly { readonly rotation?: unknown }[];
}

function parseStream(path: string, { streams }: { readonly streams?: readonly ProbedStream[] }): VideoStream {
  const stream = streams?.[0];
  if (stream === undefined) throw new FileFormatError(path, "holds no video");
  const [width, height] = [Number(stream.width), Number(stream.height)];
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
    throw new FileFormatError(path, `must have a size, ffprobe says ${width}x${height}`);
  }
  const rate = [stream.avg_frame_rate, stream.r_frame_rate].map(String).find((text) => rateOf(text) > 0);
  if (rate === undefined) throw new FileFormatError(path, "must have a frame rate, ffprobe finds none");
  const rotation = Number(
    stream.side_data_list?.find((data) => data.rotation !== undefined)?.rotation ?? stream.tags?.rotate ?? 0,
  );
  const isTurned = Math.abs(rotation) % 180 === 90;
  const claimed = Number(stream.nb_frames);
  return {
    ...(isTurned ? { height: width, width: height } : { height, width }),
    rate,
    fps: rateOf(rate),
    claimedFrames: Number.isSafeInteger(claimed) && claimed > 0 ? claimed : undefined,
  };
}

/** Reads a rate such as 30000/1001 (frames per second); NaN when it is none. */
function rateOf(text: string): number {
  const match = /^(\d+)\/(\d+)$/.exec(text);
  return Number(match?.[1]) / Number(match?.[2]);
}
