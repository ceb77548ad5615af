// Every number that crosses the border of planner.wasm: record layouts, limits and error codes.
// The host reads them as exported globals, so that no size is written twice. docs/planner-abi.md draws them.

/** Version of the exported functions and of the records they read and write. */
export const ABI_VERSION: i32 = 2;
/** Version of the plan block. It changes whenever the bytes of any plan change. */
export const PLAN_VERSION: i32 = 2;
/** The bytes "TBPL", read as a little-endian i32. */
export const PLAN_MAGIC: i32 = 0x4c504254;

/** Axis numbers, in the order of every record. */
export const AXIS_FRAMES: i32 = 0;
export const AXIS_HEIGHT: i32 = 1;
export const AXIS_WIDTH: i32 = 2;
export const AXIS_NONE: i32 = -1;

/** Ways to split and map one axis. */
export const KIND_SPATIAL: i32 = 0;
export const KIND_TEMPORAL: i32 = 1;

/** Ramps: the weight over a ramp is x, or smootherstep of x. */
export const RAMP_LINEAR: i32 = 0;
export const RAMP_SMOOTH: i32 = 1;

/** Which inner edges of a tile lack context: both, or only the one towards the past. */
export const CONTEXT_BOTH: i32 = 0;
export const CONTEXT_PAST: i32 = 1;

// Request: 22 i32.
//   0 latent frames, height, width (latent cells)
//  12 temporal, height, width scale (frames or pixels a cell)
//  24 causal: 0 or 1
//  28 frames, height, width, each an axis tiling of 5 i32:
//     tile size, overlap, margin (frames or pixels; tile size 0: the axis is one tile), ramp, context
export const REQUEST_BYTES: i32 = 88;
export const REQUEST_LATENT: i32 = 0;
export const REQUEST_SCALE: i32 = 12;
export const REQUEST_CAUSAL: i32 = 24;
export const REQUEST_TILING: i32 = 28;
export const AXIS_TILING_BYTES: i32 = 20;

// Plan block: header (magic, version, byte length), request, three axis headers, then for each axis its
// interval records and its distinct masks. Offsets count from the start of the block.
export const PLAN_REQUEST: i32 = 12;
export const PLAN_AXES: i32 = PLAN_REQUEST + REQUEST_BYTES;
// Axis header: output size, interval count, offset of the records, offset of the masks, bytes of the masks.
export const AXIS_HEADER_BYTES: i32 = 20;
export const PLAN_HEADER_BYTES: i32 = PLAN_AXES + 3 * AXIS_HEADER_BYTES;
// Interval record: start, end, left ramp, right ramp (latent cells), output start, output stop (frames or
// pixels), offset of the mask, which holds output stop - output start float32.
export const RECORD_BYTES: i32 = 28;
/** The first four fields of a record alone: what split_axis writes. */
export const INTERVAL_BYTES: i32 = 16;

/** The largest result of one call (bytes): a plan block, a list of intervals, a mask. */
export const MAX_RESULT_BYTES: i64 = 1 << 30;
/** The largest count of latent cells, frames or pixels in an axis. */
export const MAX_SIZE: i64 = 0x7fffffff;
/** The largest number of tiles: the largest integer that a float64 counts without a gap. */
export const MAX_TILES: i64 = 0x1fffffffffffff;

// Error record: i32 code, i32 axis, i64 got, i64 limit.
export const ERROR_BYTES: i32 = 24;

/** got, a count of latent cells, frames or pixels, is not 1 ... limit. */
export const ERROR_SIZE: i32 = 1;
/** got is not 1 ... limit. */
export const ERROR_SCALE: i32 = 2;
/** got is not 0 or 1. */
export const ERROR_CAUSAL: i32 = 3;
/** got is below limit, twice the scale. */
export const ERROR_TILE_TOO_SMALL: i32 = 4;
/** got is not a multiple of limit, the scale. */
export const ERROR_TILE_MULTIPLE: i32 = 5;
/** got is below 0. */
export const ERROR_OVERLAP_NEGATIVE: i32 = 6;
/** got is not a multiple of limit, the scale. */
export const ERROR_OVERLAP_MULTIPLE: i32 = 7;
/** got is not below limit, the tile size. */
export const ERROR_OVERLAP_TOO_LARGE: i32 = 8;
/** got frames or pixels of output are more than limit. */
export const ERROR_OUTPUT_SIZE: i32 = 9;
/** got tiles (saturated at 2^63 - 1) are more than limit. */
export const ERROR_TILE_COUNT: i32 = 10;
/** got bytes (saturated) are more than limit. */
export const ERROR_RESULT_SIZE: i32 = 11;
/** got is below 1. */
export const ERROR_MASK_LENGTH: i32 = 12;
/** got, the interval's start, is below 0. */
export const ERROR_INTERVAL_START: i32 = 13;
/** got, the interval's end, is not above limit, its start. */
export const ERROR_INTERVAL_END: i32 = 14;
/** got, the tile size in latent cells, is below 1. */
export const ERROR_SPLIT_SIZE: i32 = 15;
/** got, the size of the axis in latent cells, is below 1. */
export const ERROR_SPLIT_DIMENSION: i32 = 16;
/** got is not a kind of axis. */
export const ERROR_KIND: i32 = 17;
/** got is not a preset. */
export const ERROR_PRESET: i32 = 18;
/** The memory could not grow by got bytes. */
export const ERROR_MEMORY: i32 = 19;
/** got, a ramp in latent cells, is below 0. */
export const ERROR_RAMP_NEGATIVE: i32 = 20;
/** got, a margin in frames or pixels, is below 0. */
export const ERROR_MARGIN_NEGATIVE: i32 = 21;
/** There is a margin, and got, the overlap, is above limit, half the tile. */
export const ERROR_MARGIN_OVERLAP: i32 = 22;
/** got, the margin, is above limit: some frame or pixel would have no weight. */
export const ERROR_MARGIN_TOO_LARGE: i32 = 23;
/** got is not a ramp. */
export const ERROR_RAMP: i32 = 24;
/** got is not a context that this axis can have: 0 ... limit. */
export const ERROR_CONTEXT: i32 = 25;
