// Weights of ways to blend tiles, for comparison with the plan's own masks. One axis at a time; a voxel's weight is the
// product of its axes' weights. Nothing here is part of the planner.

/** A tile's interval of one axis: where its output lies (pixels or frames), and what it shares with its neighbours. */
export function sharedOf(intervals, i) {
  const { outStart, outStop } = intervals[i];
  const before = i === 0 ? 0 : Math.max(0, intervals[i - 1].outStop - outStart);
  const after = i === intervals.length - 1 ? 0 : Math.max(0, outStop - intervals[i + 1].outStart);
  return { length: outStop - outStart, before, after };
}

const fill = (length, value) => Float64Array.from({ length }, (_, at) => value(at));

/** Each tile up to the middle of what it shares. */
function hardCut({ length, before, after }) {
  const [start, stop] = [Math.ceil(before / 2), length - Math.floor(after / 2)];
  return fill(length, (at) => (at >= start && at < stop ? 1 : 0));
}

/** Every tile everywhere. */
function average({ length }) {
  return fill(length, () => 1);
}

/**
 * A bell over the whole tile, sigma an eighth of it. MONAI, compute_importance_map(mode="gaussian", sigma_scale=0.125);
 * its floor of 1e-3 for the product is left out: no product here is that small where it matters.
 */
function gaussian({ length }) {
  const sigma = length * 0.125;
  return fill(length, (at) => Math.exp(-((at - (length - 1) / 2) ** 2) / (2 * sigma ** 2)));
}

/**
 * The later tile rises from 0 at the first position it shares, the earlier one falls as far: b = a(1 - i/L) + b(i/L).
 * diffusers, blend_v, blend_h and blend_t of its tiled VAEs; done one axis after the other, it is a product of weights.
 */
function neighbourLerp({ length, before, after }) {
  return fill(length, (at) => {
    const rising = at < before ? at / before : 1;
    const place = at - (length - after);
    return rising * (place >= 0 ? 1 - place / after : 1);
  });
}

/** By name: from one tile's interval to its weights. */
export const METHODS = {
  "hard cut": hardCut,
  "plain average": average,
  "Gaussian importance (MONAI)": gaussian,
  "neighbour lerp (diffusers)": neighbourLerp,
};

/** Weights of every interval of an axis. */
export function weightsOf(method, intervals) {
  return intervals.map((_, i) => method(sharedOf(intervals, i)));
}

/** The plan's own masks as weights. */
export function masksOf(intervals) {
  return intervals.map(({ mask }) => Float64Array.from(mask));
}
