import type { Geometry } from "../geometry.js";
import { createTensor, type Tensor } from "../tensor.js";
import { AXIS_NAMES, type AxisName, axisScale } from "../tiling.js";

/** How pixels are made to fit a geometry's grid. */
export type Fit = "crop" | "pad";

/** Pixels that fit the grid. */
export interface FittedPixels {
  /** (B, C, frames, height, width). */
  readonly pixels: Tensor;
  /** What was done, one line for the user; null when they fitted already. */
  readonly note: string | null;
}

/**
 * Crops or pads pixels (B, C, frames, height, width) to sizes that latents of the geometry give. A crop takes the
 * first frames, and the middle of height and width; padding repeats the last frame, row and column.
 * @throws RangeError when they are too small to crop.
 */
export function fitToGrid(path: string, pixels: Tensor, geometry: Geometry, fit: Fit): FittedPixels {
  const [, , ...sizes] = pixels.shape;
  const fitted = AXIS_NAMES.map((axis, i) => gridSize(geometry, axis, sizes[i] ?? 1, fit));
  if (fitted.every((size, i) => size === sizes[i])) return { pixels, note: null };
  const grid = `${gridName(geometry, "frames")}, height ${gridName(geometry, "height")}, width ${gridName(geometry, "width")}`;
  const from = describe(sizes);
  if (fitted.includes(0)) {
    throw new RangeError(`${path} must be of ${grid} to be cropped to them, got ${from}; --fit pad repeats its edges`);
  }
  const done = fit === "crop" ? "cropped" : "padded";
  const other = fit === "crop" ? "--fit pad repeats the edges instead" : "--fit crop cuts the edges instead";
  const note = `${done} from ${from} to ${describe(fitted)} (the grid: ${grid}); ${other}`;
  return { pixels: resample(pixels, fitted, fit), note };
}

function gridSize(geometry: Geometry, axis: AxisName, size: number, fit: Fit): number {
  const scale = axisScale(geometry, axis);
  const round = fit === "crop" ? Math.floor : Math.ceil;
  return axis === "frames" && geometry.causal ? 1 + scale * round((size - 1) / scale) : scale * round(size / scale);
}

function gridName(geometry: Geometry, axis: AxisName): string {
  const scale = axisScale(geometry, axis);
  if (axis !== "frames") return `a multiple of ${scale}`;
  return geometry.causal ? `1 + ${scale}k frames` : `${scale}k frames`;
}

function describe([frames, height, width]: readonly (number | undefined)[]): string {
  return `${frames} frames of ${height} x ${width}`;
}

/** Copies to another size: where the source ends its last frame, row or column is repeated. */
function resample(pixels: Tensor, [frames = 1, height = 1, width = 1]: readonly number[], fit: Fit): Tensor {
  const [batch = 1, channels = 1, oldFrames = 1, oldHeight = 1, oldWidth = 1] = pixels.shape;
  const result = createTensor(pixels.dtype, [batch, channels, frames, height, width]);
  const top = fit === "crop" ? (oldHeight - height) >> 1 : 0;
  const left = fit === "crop" ? (oldWidth - width) >> 1 : 0;
  let at = 0;
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let t = 0; t < frames; t++) {
      const frame = plane * oldFrames + Math.min(t, oldFrames - 1);
      for (let y = 0; y < height; y++) {
        const start = (frame * oldHeight + Math.min(top + y, oldHeight - 1)) * oldWidth + left;
        const row = pixels.data.subarray(start, start + Math.min(width, oldWidth));
        result.data.set(row, at);
        result.data.fill(row.at(-1) ?? 0, at + row.length, at + width);
        at += width;
      }
    }
  }
  return result;
}
