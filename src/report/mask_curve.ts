import type { CellMapping } from "./axis_ticks.js";
import type { AxisScale, ShownInterval } from "./axis_view.js";

/** Samples taken where a fade-in and a fade-out meet, and their product bends. */
const BEND_SAMPLES = 24;

/** A point of a mask's curve: drawing units along the axis, and the weight there, 0 to 1. */
export type CurvePoint = readonly [along: number, weight: number];

/**
 * The curve of an interval's mask where it is in view, through as few points as draw it: the ends of its ramps, and
 * samples in between where both ramps meet. A weight is drawn in the middle of its frame or pixel.
 */
export function maskCurve(shown: ShownInterval, scale: AxisScale, mapping: CellMapping): readonly CurvePoint[] {
  const { outStart, mask } = shown.interval;
  const weightAt = (index: number) => mask[index] ?? 0;
  const first = shown.from - outStart;
  const last = shown.to - outStart - 1;
  const corners = [first, ...breakpoints(shown, mapping), last];
  const indices = [...new Set(corners)].filter((index) => index >= first && index <= last).sort((a, b) => a - b);
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

/** Indices in the mask between which it is a straight line, or nearly. */
function breakpoints({ interval }: ShownInterval, { scale, causal }: CellMapping): number[] {
  const length = interval.mask.length;
  const isShort = causal && interval.leftRamp > 0;
  const left = Math.min(isShort ? 1 + (interval.leftRamp - 1) * scale : interval.leftRamp * scale, length);
  const right = length - Math.min(interval.rightRamp * scale, length);
  const bend = left <= right ? [] : Array.from({ length: BEND_SAMPLES + 1 }, (_, i) => i / BEND_SAMPLES);
  return [left - 1, left, right - 1, right, ...bend.map((part) => Math.round(right + part * (left - right)))];
}
