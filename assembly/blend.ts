// The exports of blend.wasm: the per-pixel arithmetic of the wasm executor, rows of a tile at a time. The host has
// checked every argument, lays out the memory and tells where things lie (src/executor/wasm.ts).
import {
  addRun,
  completeRun,
  finishRgb24,
  finishRun,
  RUN,
  run,
  SCRATCH_BYTES,
  scratchPtr,
  zerosPtr,
} from "./run";
import { FLOAT32, RGB24 } from "./pixel";

export { BFLOAT16, FLOAT16, FLOAT32, RGB24 } from "./pixel";

/** Where free memory begins. */
export function heap_base(): i32 {
  // @ts-ignore: __heap_base is a compiler constant
  return <i32>((__heap_base + 63) & ~63);
}

let planes: i32 = 0;
let weightsPtr: usize = 0;
let format: i32 = 0;

/** Sets how many planes there are, where a row of weights lies, and what is finished. */
export function set_window(planeCount: i32, weights: usize, finishedFormat: i32): void {
  planes = planeCount;
  weightsPtr = weights;
  format = finishedFormat;
}

let dtype: i32 = 0;
let maskPtr: usize = 0;

/** Sets the tile: its dtype, the mask of its columns, what becomes 0 in rgb24, and 255 divided by the range. */
export function set_tile(pixelDtype: i32, mask: usize, low: f32, factor: f32): void {
  dtype = pixelDtype;
  maskPtr = mask;
  run.low = low;
  run.factor = factor;
}

let pixelPlane: usize = 0;
let pixelRow: usize = 0;
let finishedPlane: usize = 0;
let finishedRow: usize = 0;

/** Sets the bytes from one plane and one row to the next, of pixels in and of what is finished. */
export function set_steps(ofPixelPlane: usize, ofPixelRow: usize, ofFinishedPlane: usize, ofFinishedRow: usize): void {
  pixelPlane = ofPixelPlane;
  pixelRow = ofPixelRow;
  finishedPlane = ofFinishedPlane;
  finishedRow = ofFinishedRow;
}

let pixelsPtr: usize = 0;
let finishedPtr: usize = 0;
let rowCount: i32 = 0;

/** Sets rows that fare alike: the first, of the first plane, the product of the frame's and a row's weight, how many. */
export function set_rows(pixels: usize, finished: usize, rowMask: f32, count: i32): void {
  pixelsPtr = pixels;
  finishedPtr = finished;
  run.rowMask = rowMask;
  rowCount = count;
}

/** No earlier tile touches the columns: their sums are not read. */
export const FRESH: i32 = 1;
/** No later tile touches the columns: they are finished, and their sums are not written. */
export const FINAL: i32 = 2;

/**
 * Adds columns of the rows in all planes, whose sums lie one plane behind the other, row by row. `touch` is FRESH, FINAL,
 * both or 0. Returns the number of NaN finished.
 */
export function add_columns(begin: i32, end: i32, sumsPtr: usize, touch: i32): i32 {
  const sumPlane = <usize>(end - begin) << 2;
  let nanCount = 0;
  for (let column = begin; column < end; column += RUN) {
    run.length = min(RUN, end - column);
    nanCount += addRuns(column, sumsPtr + (<usize>(column - begin) << 2), sumPlane, touch);
  }
  return nanCount;
}

function addRuns(column: i32, sums: usize, sumPlane: usize, touch: i32): i32 {
  const at = <usize>column << 2;
  const isFinal = (touch & FINAL) != 0;
  const isFresh = (touch & FRESH) != 0;
  run.maskPtr = maskPtr + at;
  run.weightsPtr = isFinal && !areOnes(weightsPtr + at) ? weightsPtr + at : 0;
  // Pixels whose only weight is 1 are finished where they lie; NaN in what lies behind a ragged run would count.
  const isPassed = isFresh && isFinal && run.weightsPtr == 0 && dtype == FLOAT32 && (run.length & 3) == 0;
  // 0 + pixel: -0 becomes +0. -0 + sum changes nothing.
  run.zero = isPassed ? 0 : -0.0;
  let rowPixels = pixelsPtr + (dtype == FLOAT32 ? at : at >> 1);
  let finished = finishedPtr + (format == RGB24 ? (at >> 2) * 3 : format == FLOAT32 ? at : at >> 1);
  let nanCount = 0;
  for (let row = 0; row < rowCount; row++) {
    let pixels = rowPixels;
    for (let plane = 0; plane < planes; plane++) {
      const scratch = scratchPtr + (plane % 3) * SCRATCH_BYTES;
      if (!isPassed) addRun(isFinal ? scratch : sums, isFresh ? zerosPtr : sums, pixels, dtype);
      if (isFinal && !isPassed) completeRun(scratch);
      const target = finished + <usize>plane * finishedPlane;
      if (isFinal) nanCount += finish(plane, target, isPassed ? pixels : scratch, isPassed ? pixelPlane : SCRATCH_BYTES);
      sums += sumPlane;
      pixels += pixelPlane;
    }
    rowPixels += pixelRow;
    finished += finishedRow;
  }
  return nanCount;
}

/** Finishes a plane's values at `source`; in rgb24 three planes', `stride` apart, once it is the third of them. */
function finish(plane: i32, target: usize, source: usize, stride: usize): i32 {
  if (format != RGB24) return finishRun(target, source, format);
  return plane % 3 == 2 ? finishRgb24(target - 2 * finishedPlane, source - 2 * stride, stride) : 0;
}

/** Whether all weights of the run, and the few behind that fill four lanes, are 1: dividing by them changes nothing. */
function areOnes(weights: usize): bool {
  const end = weights + (<usize>run.length << 2);
  while (weights < end && i32x4.all_true(f32x4.eq(v128.load(weights), f32x4.splat(1)))) weights += 16;
  return weights >= end;
}

/** Sets the row of weights to 0. */
export function clear_weights(count: i32): void {
  memory.fill(weightsPtr, 0, <usize>count << 2);
}

/** Adds a tile's weights to the row, of which it touches those whose mask is not 0. */
export function add_weights(mask: usize, rowMask: f32, count: i32): void {
  for (let at: usize = 0; at < <usize>count << 2; at += 16) {
    const weight = f32x4.mul(f32x4.splat(rowMask), v128.load(mask + at));
    v128.store(weightsPtr + at, f32x4.add(v128.load(weightsPtr + at), weight));
  }
}

/** How many weights of the row are 0: voxels that no tile covers. */
export function count_uncovered(count: i32): i32 {
  let uncovered = 0;
  for (let i = 0; i < count; i++) uncovered += load<f32>(weightsPtr + (<usize>i << 2)) == 0 ? 1 : 0;
  return uncovered;
}
