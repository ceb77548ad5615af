// Decodes tiles once and blends them with any weights, in plain loops and float64.
import { crop } from "#src/tensor.js";

/** Decodes every tile of three axes' intervals. Returns [{ t, y, x, pixels }], indices of intervals. */
export async function decodeTiles(latents, axes, decode) {
  const tiles = [];
  for (const [t, frames] of axes.frames.entries()) {
    for (const [y, height] of axes.height.entries()) {
      for (const [x, width] of axes.width.entries()) {
        tiles.push({ t, y, x, pixels: await decode(crop(latents, [frames, height, width])) });
      }
    }
  }
  return tiles;
}

/** Blends tiles into (1, 3, frames, height, width), each axis with its list of weights by interval. */
export function blendTiles(tiles, axes, weights, { frames, height, width }) {
  const voxels = frames * height * width;
  const sums = new Float64Array(3 * voxels);
  const total = new Float64Array(voxels);
  for (const { t, y, x, pixels } of tiles) {
    const [wt, wy, wx] = [weights.frames[t], weights.height[y], weights.width[x]];
    const [t0, y0, x0] = [axes.frames[t].outStart, axes.height[y].outStart, axes.width[x].outStart];
    for (let f = 0; f < wt.length; f++) {
      for (let row = 0; row < wy.length; row++) {
        const lead = wt[f] * wy[row];
        if (lead === 0) continue;
        const target = ((t0 + f) * height + y0 + row) * width + x0;
        const source = (f * wy.length + row) * wx.length;
        const plane = wt.length * wy.length * wx.length;
        for (let column = 0; column < wx.length; column++) {
          const weight = lead * wx[column];
          total[target + column] += weight;
          for (let c = 0; c < 3; c++)
            sums[c * voxels + target + column] += weight * pixels.data[c * plane + source + column];
        }
      }
    }
  }
  const data = Float32Array.from(sums, (sum, i) => sum / total[i % voxels]);
  return { dtype: "float32", shape: [1, 3, frames, height, width], data };
}

/**
 * Time split as space is: a later tile starts at its own first latent, not one earlier. That latent gives one frame, so
 * L latents of overlap share 8(L - 1) + 1 frames instead of 8L + 1. Ramps over what is shared.
 */
export function nonCausalFrames(intervals, scale) {
  const later = intervals.map((interval, i) => (i === 0 ? interval : { ...interval, start: interval.start + 1 }));
  return later.map((interval, i) => (i === 0 ? interval : { ...interval, outStart: interval.start * scale }));
}

/** Linear ramps (i + 1)/(L + 1) over what tiles share, as the reference's in space. */
export function trapezoids(intervals, sharedOf) {
  return intervals.map((_, i) => {
    const { length, before, after } = sharedOf(intervals, i);
    return Float64Array.from({ length }, (_, at) => {
      const rising = at < before ? (at + 1) / (before + 1) : 1;
      return rising * (at >= length - after ? (length - at) / (after + 1) : 1);
    });
  });
}

/** How strong the strongest line of the difference is: over all positions of an axis, the largest mean jump, of 255. */
export function strongestLine(tiled, whole, axis) {
  const [, channels, frames, height, width] = tiled.shape;
  const sizes = [frames, height, width];
  const stride = [height * width, width, 1][axis];
  const sums = new Float64Array(sizes[axis]);
  for (let i = 0; i < tiled.data.length; i++) {
    const at = Math.floor(i / stride) % sizes[axis];
    if (at === 0) continue;
    sums[at] += Math.abs(tiled.data[i] - whole.data[i] - (tiled.data[i - stride] - whole.data[i - stride]));
  }
  const lines = (channels * frames * height * width) / sizes[axis];
  return (Math.max(...sums) / lines) * (255 / 2);
}
