export {
  type AxisKind,
  type BlendMaskOptions,
  blendMask,
  type Interval,
  type MapIntervalOptions,
  type MappedInterval,
  mapInterval,
  type Slice,
  type SplitAxisOptions,
  splitAxis,
} from "./axis.js";
export type { ContextCells } from "./context_cells.js";
export { decodeFrames, decodeTiled } from "./decode.js";
export type {
  DecodeFramesOptions,
  DecodeOptions,
  DecodeProgress,
  DecodeTiledOptions,
} from "./decode_options.js";
export {
  DecoderError,
  type ExecutorAttempt,
  ExecutorError,
  ExecutorUnavailableError,
  PlanMismatchError,
  TileShapeError,
} from "./errors.js";
export {
  chooseExecutor,
  createExecutor,
  type ExecutorChoice,
  type ExecutorStatus,
  probeExecutors,
} from "./executor/index.js";
export type {
  Accumulator,
  Executor,
  ExecutorName,
  ExecutorOptions,
  FrameChunk,
  OpenOptions,
  OutputFormat,
  Rgb24Frames,
} from "./executor/types.js";
export { type Geometry, geometries, type ImageGeometryOptions } from "./geometry.js";
export {
  type PerAxis,
  type PlanInterval,
  type PlanIntervalJson,
  type PlanJson,
  type PlanRequest,
  planTiles,
  type Tile,
  TilePlan,
} from "./plan.js";
export { type AutoTilingOptions, tilings } from "./presets.js";
export type { SeamlessTilingOptions } from "./seamless.js";
export type { Dtype, Tensor } from "./tensor.js";
export type { TileContext, TileDecoder } from "./tile_decoder.js";
export type { AxisName, AxisTiling, ContextSides, RampShape, SpatialTiling, Tiling } from "./tiling.js";
