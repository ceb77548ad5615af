// The exports of blend.wasm: the per-pixel arithmetic of the wasm executor, a row of a tile at a time. The host has
// checked every argument, lays out the memory and tells where things lie (src/executor/wasm.ts).
import { addRun, finishRun, RUN, run, scratchPtr, zerosPtr } from "./run";
import { FLOAT32, RGB24 } from "./pixel";

export { BFLOAT16, FLOAT16, FLOAT32, RGB24 } from "./pixel";

/** Where free memory begins. */
export function heap_base(): i32 {
  // @ts-ignore: __heap_base is a compiler constant
  return <i32>((__heap_base + 15) & ~15);
}

let planes: i32 = 0;
let sumPlane: usize = 0;
let weightsPtr: usize = 0;
let format: i32 = 0;

/** Sets the window: its planes, the bytes from one plane of sums to the next, a row of weights, what is finished. */
export function set_window(planeCount: i32, sumPlaneBytes: usize, weights: usize, finishedFormat: i32): void {
  planes = planeCount;
  sumPlane = sumPlaneBytes;
  weightsPtr = weights;
  format = finishedFormat;
}

/** Sets what becomes 0 in rgb24, and 255 divided by the range. */
export function set_range(low: f32, factor: f32): void {
  run.low = low;
  run.factor = factor;
}

let dtype: i32 = 0;
let maskPtr: usize = 0;
let pixelPlane: usize = 0;
let finishedPlane: usize = 0;

/** Sets the tile: its dtype, the mask of its columns, the bytes from one plane of pixels in and out to the next. */
export function set_tile(pixelDtype: i32, mask: usize, pixelPlaneBytes: usize, finishedPlaneBytes: usize): void {
  dtype = pixelDtype;
  maskPtr = mask;
  pixelPlane = pixelPlaneBytes;
  finishedPlane = finishedPlaneBytes;
}

let sumsPtr: usize = 0;
let pixelsPtr: usize = 0;
let finishedPtr: usize = 0;

/** Sets the row, of the first plane, and the product of the frame's and the row's weight. */
export function set_row(sums: usize, pixels: usize, finished: usize, rowMask: f32): void {
  sumsPtr = sums;
  pixelsPtr = pixels;
  finishedPtr = finished;
  run.rowMask = rowMask;
}

/**
 * Adds the row's `planned` columns in all planes. No earlier tile touches those from `fresh` on: their sums are not
 * read. No later tile touches those before `final`: they lie finished afterwards, and their sums are not written.
 * Returns the number of NaN finished.
 */
export function add_row(fresh: i32, final: i32, planned: i32): i32 {
  const first = min(fresh, final);
  const second = max(fresh, final);
  const isBoth = fresh < final;
  let nanCount = addColumns(0, first, false, true);
  nanCount += addColumns(first, second, isBoth, isBoth);
  return nanCount + addColumns(second, planned, true, false);
}

function addColumns(begin: i32, end: i32, isFresh: bool, isFinal: bool): i32 {
  let nanCount = 0;
  for (; begin < end; begin += RUN) {
    const at = <usize>begin << 2;
    run.length = min(RUN, end - begin);
    run.weightsPtr = isFinal && !areOnes(weightsPtr + at) ? weightsPtr + at : 0;
    for (let plane = 0; plane < planes; plane++) {
      const sums = sumsPtr + <usize>plane * sumPlane + at;
      const pixels = pixelsPtr + <usize>plane * pixelPlane + (dtype == FLOAT32 ? at : at >> 1);
      run.maskPtr = maskPtr + at;
      addRun(isFinal ? scratchPtr : sums, isFresh ? zerosPtr : sums, pixels, dtype);
      if (isFinal) nanCount += finish(plane, at);
    }
  }
  return nanCount;
}

/** Finishes the run in the scratch row: in rgb24 three planes lie side by side, at the place of the first. */
function finish(plane: i32, at: usize): i32 {
  const first = format == RGB24 ? plane - (plane % 3) : plane;
  const valueBytes = format == RGB24 ? (at >> 2) * 3 : format == FLOAT32 ? at : at >> 1;
  return finishRun(finishedPtr + <usize>first * finishedPlane + valueBytes, format);
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
