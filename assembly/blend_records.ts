// What the host tells blend.wasm, as records of four-byte fields in the order in which src/executor/wasm.ts writes them.

/** One axis of a tile: TileAxis in src/executor/types.ts. */
@unmanaged
export class AxisRecord {
  start: i32;
  fresh: i32;
  final: i32;
  planned: i32;
  /** Weights of the mask, and where they lie. */
  count: i32;
  maskPtr: usize;
}

/** The window: float32 sums[plane][slot][height][width], frame t of the video in slot t mod frames. */
@unmanaged
export class WindowRecord {
  planes: i32;
  frames: i32;
  height: i32;
  width: i32;
  sumsPtr: usize;
  /** A row of zeros, and room for a row of weights. */
  zerosPtr: usize;
  weightsPtr: usize;
}

/** The tile that is being added. */
@unmanaged
export class TileRecord {
  dtype: i32;
  format: i32;
  low: f32;
  factor: f32;
  contributorsPtr: usize;
  contributorCount: i32;
}

/** A tile that contributes to final voxels: where its touched part starts, its length and its mask on each axis. */
@unmanaged
export class ContributorRecord {
  frameStart: i32;
  frameCount: i32;
  frameMaskPtr: usize;
  rowStart: i32;
  rowCount: i32;
  rowMaskPtr: usize;
  columnStart: i32;
  columnCount: i32;
  columnMaskPtr: usize;
}

/** Rows of a tile: pixels[plane][row] and finished[plane][row], with the bytes from one to the next. */
@unmanaged
export class BlockRecord {
  pixelsPtr: usize;
  pixelPlane: usize;
  pixelRow: usize;
  finishedPtr: usize;
  finishedPlane: usize;
  finishedRow: usize;
}

const RECORDS: usize = memory.data(512, 16);

export const frameAxis = changetype<AxisRecord>(RECORDS);
export const rowAxis = changetype<AxisRecord>(RECORDS + 32);
export const columnAxis = changetype<AxisRecord>(RECORDS + 64);
export const windowRecord = changetype<WindowRecord>(RECORDS + 96);
export const tile = changetype<TileRecord>(RECORDS + 160);
export const block = changetype<BlockRecord>(RECORDS + 224);

/** Where the records of frames, rows and columns lie, one after the other, 32 bytes apart. */
export function axis_records(): usize {
  return RECORDS;
}

/** Where the window's record lies. */
export function window_record(): usize {
  return RECORDS + 96;
}

/** Where the tile's record lies. */
export function tile_record(): usize {
  return RECORDS + 160;
}

/** Where the block's record lies. */
export function block_record(): usize {
  return RECORDS + 224;
}
