// Weights of the voxels of one row, made anew from the masks of the tiles that touch it: no buffer holds them.
import { columnAxis, ContributorRecord, tile, windowRecord } from "./blend_records";

const LANES: i32 = 4;
const RECORD_BYTES: usize = offsetof<ContributorRecord>();

let isMade: bool = false;
let uncoveredCount: i32 = 0;

/** Forgets the row that was made: another tile comes. */
export function forgetWeights(): void {
  isMade = false;
}

/** Voxels of the row that no tile covers. */
export function uncoveredInRow(): i32 {
  return uncoveredCount;
}

// The product of the frame's and the row's weight of each contributor lies behind the records, one float each.
function rowMaskPtr(i: i32): usize {
  return tile.contributorsPtr + <usize>tile.contributorCount * RECORD_BYTES + (<usize>i << 2);
}

/** Makes the weights of the columns of a row that are final: each tile's added in plan order, as its pixels are. */
export function makeWeights(frame: i32, row: i32): void {
  let isSame = isMade;
  for (let i = 0; i < tile.contributorCount; i++) {
    const record = changetype<ContributorRecord>(tile.contributorsPtr + <usize>i * RECORD_BYTES);
    const frameMask = maskAt(record.frameMaskPtr, frame - record.frameStart, record.frameCount);
    const mask = frameMask * maskAt(record.rowMaskPtr, row - record.rowStart, record.rowCount);
    // Away from the ramps one row is as the one before.
    isSame = isSame && load<f32>(rowMaskPtr(i)) == mask;
    store<f32>(rowMaskPtr(i), mask);
  }
  if (isSame) return;
  isMade = true;
  addAll();
}

function maskAt(maskPtr: usize, at: i32, count: i32): f32 {
  return at >= 0 && at < count ? load<f32>(maskPtr + (<usize>at << 2)) : 0;
}

function addAll(): void {
  const weights = windowRecord.weightsPtr;
  memory.fill(weights, 0, <usize>columnAxis.final << 2);
  for (let i = 0; i < tile.contributorCount; i++) {
    const mask = load<f32>(rowMaskPtr(i));
    if (mask == 0) continue;
    const record = changetype<ContributorRecord>(tile.contributorsPtr + <usize>i * RECORD_BYTES);
    const begin = max(record.columnStart, columnAxis.start);
    const end = min(record.columnStart + record.columnCount, columnAxis.start + columnAxis.final);
    const source = record.columnMaskPtr + (<usize>(begin - record.columnStart) << 2);
    addMask(weights + (<usize>(begin - columnAxis.start) << 2), source, mask, end - begin);
  }
  uncoveredCount = 0;
  for (let x = 0; x < columnAxis.final; x++) uncoveredCount += load<f32>(weights + (<usize>x << 2)) == 0 ? 1 : 0;
}

function addMask(target: usize, source: usize, rowMask: f32, count: i32): void {
  const mask = f32x4.splat(rowMask);
  let x = 0;
  for (; x <= count - LANES; x += LANES) {
    const at = <usize>x << 2;
    const weight = f32x4.mul(mask, v128.load(source + at));
    v128.store(target + at, f32x4.add(v128.load(target + at), weight));
  }
  for (; x < count; x++) {
    const at = <usize>x << 2;
    const weight = rowMask * load<f32>(source + at);
    store<f32>(target + at, load<f32>(target + at) + weight);
  }
}
