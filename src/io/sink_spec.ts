import { mustBe } from "../errors.js";
import type { FrameChunk, OutputFormat } from "../executor/types.js";
import { bytesPerElement, checkTensor, DTYPES, elementCount } from "../tensor.js";
import { checkBoolean, checkInteger, checkKeys, checkObject, checkOneOf } from "../validate.js";
import { OutputPathError } from "./errors.js";
import { checkProgram } from "./program.js";
import { type SinkTarget, sinkFormat } from "./sink_target.js";
import { checkMetadata } from "./tensor_file.js";

/** What a sink will be given. */
export interface SinkSpec {
  /** Of the whole video: (B, C, frames, height, width). */
  readonly shape: readonly number[];
  /** Format of the chunks: what `sinkFormat` says for the path. */
  readonly format: OutputFormat;
  /** Frames per second: needed by videos and animated images, and not kept by other files. */
  readonly fps?: number;
  /** Strings kept in a .safetensors file; other files have no place for them and do not hold them. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Name of the tensor in a .safetensors file. Default `video`. */
  readonly tensorName?: string;
  /** Replace what has this name. Default false: that is an error. */
  readonly overwrite?: boolean;
  /** The program ffmpeg. Default: `ffmpeg` on the PATH. */
  readonly ffmpegPath?: string;
}

/** A checked spec, with its defaults. */
export interface ResolvedSpec {
  readonly shape: readonly number[];
  readonly batch: number;
  readonly channels: number;
  readonly frames: number;
  /** Pixels. */
  readonly height: number;
  /** Pixels. */
  readonly width: number;
  readonly format: OutputFormat;
  readonly fps: number | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensorName: string;
  readonly overwrite: boolean;
  readonly ffmpegPath: string;
}

const KEYS = ["shape", "format", "fps", "metadata", "tensorName", "overwrite", "ffmpegPath"];

/** Fills the defaults of a spec and checks it against its target. */
export function resolveSpec(target: SinkTarget, value: unknown): ResolvedSpec {
  const fields = checkObject("spec", value);
  checkKeys("spec", fields, KEYS);
  const shape = checkShape(fields["shape"]);
  const [batch = 1, channels = 1, frames = 1, height = 1, width = 1] = shape;
  const { tensorName = "video", ffmpegPath = "ffmpeg" } = fields;
  if (typeof tensorName !== "string") throw new TypeError(mustBe("spec.tensorName", "a string", tensorName));
  const spec: ResolvedSpec = {
    shape,
    batch,
    channels,
    frames,
    height,
    width,
    format: checkOneOf("spec.format", fields["format"], [...DTYPES, "rgb24"]),
    fps: checkFps(fields["fps"]),
    metadata: checkMetadata("spec.metadata", fields["metadata"] ?? {}),
    tensorName,
    overwrite: checkBoolean("spec.overwrite", fields["overwrite"] ?? false),
    ffmpegPath: checkProgram("spec.ffmpegPath", ffmpegPath),
  };
  checkFits(target, spec);
  return spec;
}

function checkShape(value: unknown): readonly number[] {
  if (!Array.isArray(value)) throw new TypeError(mustBe("spec.shape", "(B, C, frames, height, width)", value));
  if (value.length !== 5) throw new RangeError(mustBe("spec.shape", "(B, C, frames, height, width)", value));
  const shape = value.map((size: unknown, axis) => checkInteger(`spec.shape[${axis}]`, size, { min: 1 }));
  if (elementCount(shape) * bytesPerElement("float32") > Number.MAX_SAFE_INTEGER) {
    throw new RangeError(mustBe("spec.shape", "of fewer than 2^51 elements", shape));
  }
  return shape;
}

function checkFps(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "number") throw new TypeError(mustBe("spec.fps", "a number (frames per second)", value));
  if (!(Number.isFinite(value) && value > 0)) {
    throw new RangeError(mustBe("spec.fps", "a finite number above 0 (frames per second)", value));
  }
  return value;
}

function checkFits({ kind, path }: SinkTarget, { format, batch, channels }: ResolvedSpec): void {
  const needed = sinkFormat(path, format === "rgb24" ? "float32" : format);
  if (format !== needed) {
    const wanted = needed === "rgb24" ? "rgb24" : DTYPES.join(" or ");
    throw new RangeError(mustBe("spec.format", `${wanted} for ${path}`, format));
  }
  if (kind === "npy" || kind === "safetensors") return;
  if (batch > 1) {
    throw new OutputPathError(path, `holds one video, and the batch is ${batch}: write .npy or .safetensors`);
  }
  if (channels !== 3) {
    throw new OutputPathError(path, `needs 3 channels, there are ${channels}: write .npy or .safetensors`);
  }
}

/** Checks that a chunk is the next one of the video, in the spec's format and of its size. */
export function checkChunk(spec: ResolvedSpec, value: FrameChunk, nextFrame: number): void {
  const { start, count, frames } = checkObject("chunk", value);
  if (start !== nextFrame) throw new RangeError(mustBe("chunk.start", `${nextFrame}, the next frame`, start));
  const frameCount = checkInteger("chunk.count", count, { min: 1, max: spec.frames - nextFrame, unit: "frames" });
  const fields = checkObject("chunk.frames", frames);
  if (spec.format === "rgb24") checkRgb24(spec, fields, frameCount);
  else checkElements(spec, fields, frameCount);
}

function checkElements(spec: ResolvedSpec, fields: Readonly<Record<string, unknown>>, count: number): void {
  const { dtype, shape } = checkTensor("chunk.frames", fields, 5);
  if (dtype !== spec.format) throw new TypeError(mustBe("chunk.frames.dtype", spec.format, dtype));
  checkSameShape(shape, [spec.batch, spec.channels, count, spec.height, spec.width]);
}

function checkRgb24(spec: ResolvedSpec, fields: Readonly<Record<string, unknown>>, count: number): void {
  const { pixelFormat, shape, data } = fields;
  if (pixelFormat !== "rgb24") throw new TypeError(mustBe("chunk.frames.pixelFormat", "rgb24", pixelFormat));
  const wanted = [count, spec.height, spec.width, 3];
  checkSameShape(shape, wanted);
  if (!(data instanceof Uint8Array)) throw new TypeError(mustBe("chunk.frames.data", "a Uint8Array", data));
  const bytes = elementCount(wanted);
  if (data.length !== bytes) throw new RangeError(mustBe("chunk.frames.data.length", `${bytes} (bytes)`, data.length));
}

function checkSameShape(shape: unknown, wanted: readonly number[]): void {
  const isSame =
    Array.isArray(shape) && shape.length === wanted.length && wanted.every((size, axis) => shape[axis] === size);
  if (!isSame) throw new RangeError(mustBe("chunk.frames.shape", `(${wanted.join(", ")})`, shape));
}
