import type { AxisScale, ShownInterval } from "./axis_view.js";

/** How far a curve may be from its mask where that was looked at (weight): a twentieth of a drawing unit. */
const TOLERANCE = 1 / 800;

/** Places of a stretch at which its chord is compared with the mask. A kink between two is seen by the nearer one. */
const PROBES = 8;

/** A point of a mask's curve: drawing units along the axis, and the weight there, 0 to 1. */
export type CurvePoint = readonly [along: number, weight: number];

/**
 * The curve of an interval's mask where it is in view, through as few points as draw it: where its zeros and ones end,
 * and where it bends in between. A weight is drawn in the middle of its frame or pixel.
 */
export function maskCurve(shown: ShownInterval, scale: AxisScale): readonly CurvePoint[] {
  const { outStart, mask } = shown.interval;
  const weightAt = (index: number) => mask[index] ?? 0;
  const first = shown.from - outStart;
  const last = shown.to - outStart - 1;
  const inView = cornersOf(mask).filter((index) => index > first && index < last);
  const corners = [...new Set([first, ...inView, last])].sort((a, b) => a - b);
  const indices = corners.flatMap((from, i) => [from, ...bendsWithin(mask, from, corners[i + 1] ?? from)]);
  const curve = indices.map((index): CurvePoint => [middleOf(shown, index, scale), weightAt(index)]);
  // A curve that fades goes straight on to 0; one at full weight, or cut by the break, goes on to the edge as it is.
  const isCutLeft = first > 0;
  const isCutRight = last < mask.length - 1;
  if (isCutLeft || weightAt(first) === 1) curve.unshift([scale.at(shown.from), weightAt(first)]);
  if (isCutRight || weightAt(last) === 1) curve.push([scale.at(shown.to), weightAt(last)]);
  return curve;
}

function middleOf(shown: ShownInterval, index: number, scale: AxisScale): number {
  const edge = shown.interval.outStart + index;
  return (scale.at(edge) + scale.at(edge + 1)) / 2;
}

/** Frames or pixels of weight 0 at each end of a mask. */
export function zerosOf(mask: Float32Array): { readonly left: number; readonly right: number } {
  let left = 0;
  let stop = mask.length;
  while (left < stop && mask[left] === 0) left++;
  while (stop > left && mask[stop - 1] === 0) stop--;
  return { left, right: mask.length - stop };
}

/** Indices of the last zero and the first one from the left, and the other way round. */
function cornersOf(mask: Float32Array): number[] {
  const { left, right } = zerosOf(mask);
  return [left - 1, mask.indexOf(1), mask.lastIndexOf(1), mask.length - right];
}

/** Indices between two at which the mask is not the straight line between them: halved until it nearly is. */
function bendsWithin(mask: Float32Array, from: number, to: number): number[] {
  const length = to - from;
  const [start, stop] = [mask[from] ?? 0, mask[to] ?? 0];
  const probes = Math.min(length, PROBES) - 1;
  const isStraight = Array.from({ length: Math.max(0, probes) }, (_, i) =>
    Math.round(((i + 1) * length) / (probes + 1)),
  ).every((at) => Math.abs((mask[from + at] ?? 0) - start - ((stop - start) * at) / length) <= TOLERANCE);
  if (isStraight) return [];
  const middle = from + Math.floor(length / 2);
  return [...bendsWithin(mask, from, middle), middle, ...bendsWithin(mask, middle, to)];
}
