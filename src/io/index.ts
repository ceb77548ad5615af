export { MissingPackageError } from "../errors.js";
export {
  FfmpegError,
  FileFormatError,
  MissingProgramError,
  OutputPathError,
  type ProgramEnd,
} from "./errors.js";
export { type ReadLatentsOptions, type ReadLatentsResult, readLatents } from "./latents.js";
export { readNpy, writeNpy } from "./npy.js";
export { type ReadPixelsOptions, type ReadPixelsResult, readPixels } from "./pixels.js";
export {
  readSafetensorsHeader,
  readSafetensorsTensor,
  type SafetensorsWriteOptions,
  writeSafetensors,
} from "./safetensors.js";
export type { SafetensorsEntry, SafetensorsHeader } from "./safetensors_header.js";
export { createSink, type FrameSink } from "./sink.js";
export type { SinkSpec } from "./sink_spec.js";
export { sinkFormat } from "./sink_target.js";
export type { WriteOptions } from "./tensor_file.js";
