// The exports of blend.wasm: the per-pixel arithmetic of the wasm executor on one window. The host has checked every
// argument, lays out the memory and writes the records (src/executor/wasm.ts, blend_records.ts).
import { block, columnAxis, frameAxis, rowAxis, tile, windowRecord } from "./blend_records";
import { addPiece, finishPiece, interleave, piece } from "./blend_row";
import { forgetWeights, makeWeights, uncoveredInRow } from "./blend_weights";
import { FLOAT32, RGB24 } from "./pixel";

export { axis_records, block_record, tile_record, window_record } from "./blend_records";
export { BFLOAT16, FLOAT16, FLOAT32, RGB24 } from "./pixel";

/** Where free memory begins. */
export function heap_base(): i32 {
  // @ts-ignore: __heap_base is a compiler constant
  return <i32>((__heap_base + 15) & ~15);
}

/** Takes over the records of the axes and of the tile. */
export function begin_tile(): void {
  forgetWeights();
  piece.dtype = tile.dtype;
  piece.format = tile.format;
  piece.low = tile.low;
  piece.factor = tile.factor;
}

let uncoveredCount: i32 = 0;

/** Voxels that no tile covers in the rows of the last add_rows. */
export function uncovered(): i32 {
  return uncoveredCount;
}

/**
 * Adds the rows of a block, of one frame, counted from the first that the tile touches. Columns that are final lie
 * finished in the block afterwards; rgb24 as bytes of red, green, blue in the first of each three planes. Returns the
 * number of NaN finished.
 */
export function add_rows(frame: i32, firstRow: i32, count: i32): i32 {
  uncoveredCount = 0;
  let nanCount = 0;
  for (let i = 0; i < count; i++) nanCount += addRow(frame, firstRow + i, i);
  return nanCount;
}

function addRow(frame: i32, row: i32, inBlock: i32): i32 {
  const isPresent = frame < frameAxis.count && row < rowAxis.count;
  const mask: f32 = isPresent ? weightAt(frameAxis.maskPtr, frame) * weightAt(rowAxis.maskPtr, row) : 0;
  const planned = columnAxis.planned;
  const fresh = frame >= frameAxis.fresh && row >= rowAxis.fresh ? columnAxis.fresh : planned;
  const final = frame < frameAxis.final && row < rowAxis.final ? columnAxis.final : 0;
  const present = mask == 0 ? 0 : columnAxis.count;
  if (final > 0) {
    makeWeights(frameAxis.start + frame, rowAxis.start + row);
    uncoveredCount += uncoveredInRow();
  }
  let nanCount = 0;
  let begin = 0;
  while (begin < planned) {
    // Columns up to the next place where one of the three changes fare alike.
    let end = planned;
    if (fresh > begin) end = min(end, fresh);
    if (final > begin) end = min(end, final);
    if (present > begin) end = min(end, present);
    piece.rowMask = begin < present ? mask : 0;
    piece.count = end - begin;
    piece.isFresh = begin >= fresh ? 1 : 0;
    nanCount += addColumns(frame, row, inBlock, begin, begin < final);
    begin = end;
  }
  return nanCount;
}

function weightAt(maskPtr: usize, position: i32): f32 {
  return load<f32>(maskPtr + (<usize>position << 2));
}

/** Adds columns of a row of all planes, and finishes them if they are final. Returns the number of NaN. */
function addColumns(frame: i32, row: i32, inBlock: i32, begin: i32, isFinal: bool): i32 {
  const x = <usize>begin << 2;
  const slot = (frameAxis.start + frame) % windowRecord.frames;
  const column = <usize>(columnAxis.start + begin);
  piece.maskPtr = (piece.rowMask == 0 ? windowRecord.zerosPtr : columnAxis.maskPtr) + x;
  piece.weightsPtr = windowRecord.weightsPtr + x;
  let nanCount = 0;
  for (let plane = 0; plane < windowRecord.planes; plane++) {
    const line = (plane * windowRecord.frames + slot) * windowRecord.height + rowAxis.start + row;
    piece.sumsPtr = windowRecord.sumsPtr + ((<usize>line * <usize>windowRecord.width + column) << 2);
    const pixelBytes: usize = tile.dtype == FLOAT32 ? 4 : 2;
    const pixels = block.pixelsPtr + <usize>plane * block.pixelPlane + <usize>inBlock * block.pixelRow;
    piece.pixelsPtr = pixels + <usize>begin * pixelBytes;
    if (isFinal) nanCount += finishColumns(plane, inBlock, begin);
    else addPiece();
  }
  return nanCount;
}

function finishColumns(plane: i32, inBlock: i32, begin: i32): i32 {
  if (tile.format == RGB24) return finishBytes(plane, inBlock, begin);
  const valueBytes: usize = tile.format == FLOAT32 ? 4 : 2;
  const finished = block.finishedPtr + <usize>plane * block.finishedPlane + <usize>inBlock * block.finishedRow;
  piece.finishedPtr = finished + <usize>begin * valueBytes;
  return finishPiece();
}

/** Bytes of one channel go to a row of its own, and all three to the block after the third. */
function finishBytes(plane: i32, inBlock: i32, begin: i32): i32 {
  const rowBytes = (<usize>windowRecord.width + 31) & ~15;
  const rows = windowRecord.weightsPtr + (<usize>windowRecord.width << 2) + 64;
  const channel = plane % 3;
  piece.finishedPtr = rows + <usize>channel * rowBytes;
  const nanCount = finishPiece();
  if (channel == 2) {
    const finished = block.finishedPtr + <usize>(plane - 2) * block.finishedPlane + <usize>inBlock * block.finishedRow;
    interleave(finished + 3 * <usize>begin, rows, rowBytes, piece.count);
  }
  return nanCount;
}
