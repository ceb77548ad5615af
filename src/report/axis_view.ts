import type { PlanInterval } from "../plan.js";

/** An axis with more intervals than this is shown with its middle left out. */
const MOST_SHOWN = 24;

/** Intervals shown at each end of an axis whose middle is left out. */
const SHOWN_EACH_END = 6;

/** Room for the mark where the middle is left out (drawing units). */
const BREAK_LENGTH = 22;

/** An interval that is drawn, and the part of it that is in view. */
export interface ShownInterval {
  /** Position among the axis' intervals. */
  readonly index: number;
  readonly interval: PlanInterval;
  /** First frame or pixel in view. */
  readonly from: number;
  /** End of what is in view (frames or pixels). */
  readonly to: number;
}

/** What of an axis is in view: all of it, or two ends. In frames or pixels. */
export interface AxisView {
  readonly size: number;
  readonly shown: readonly ShownInterval[];
  /** Intervals left out in the middle. */
  readonly hiddenCount: number;
  /** End of the first part in view; the size when nothing is left out. */
  readonly headStop: number;
  /** Start of the second part in view; the size when nothing is left out. */
  readonly tailStart: number;
  /** Length of both parts together. */
  readonly span: number;
}

/**
 * Chooses what of an axis is in view. The cuts lie where the first hidden interval starts and where the last one
 * stops, so that every interval over a part in view is drawn.
 */
export function viewAxis(intervals: readonly PlanInterval[], size: number): AxisView {
  const firstHidden = intervals[SHOWN_EACH_END];
  const lastHidden = intervals[intervals.length - SHOWN_EACH_END - 1];
  if (intervals.length <= MOST_SHOWN || firstHidden === undefined || lastHidden === undefined) {
    const shown = intervals.map((interval, index) => showWithin(interval, index, { from: 0, to: size }));
    return { size, shown, hiddenCount: 0, headStop: size, tailStart: size, span: size };
  }
  const headStop = firstHidden.outStart;
  const tailStart = lastHidden.outStop;
  const tailIndex = intervals.length - SHOWN_EACH_END;
  const head = intervals.slice(0, SHOWN_EACH_END);
  const tail = intervals.slice(tailIndex);
  const shown = [
    ...head.map((interval, index) => showWithin(interval, index, { from: 0, to: headStop })),
    ...tail.map((interval, index) => showWithin(interval, tailIndex + index, { from: tailStart, to: size })),
  ];
  const hiddenCount = intervals.length - shown.length;
  return { size, shown, hiddenCount, headStop, tailStart, span: headStop + size - tailStart };
}

function showWithin(interval: PlanInterval, index: number, part: { from: number; to: number }): ShownInterval {
  const { outStart, outStop } = interval;
  return { index, interval, from: Math.max(outStart, part.from), to: Math.min(outStop, part.to) };
}

/** Length left for the parts in view when the whole may take `room` (drawing units). */
export function drawableRoom(view: AxisView, room: number): number {
  return view.hiddenCount === 0 ? room : room - BREAK_LENGTH;
}

/** An axis in view on a line: where its frames or pixels lie, in drawing units from its start. */
export class AxisScale {
  readonly view: AxisView;
  /** Drawing units of the whole axis, with the break. */
  readonly length: number;
  /** Where the break lies; undefined when nothing is left out. */
  readonly gap: { readonly from: number; readonly to: number } | undefined;
  /** Drawing units for a frame or pixel. */
  readonly unit: number;

  constructor(view: AxisView, unit: number) {
    this.view = view;
    this.unit = unit;
    const cut = view.headStop * unit;
    this.gap = view.hiddenCount === 0 ? undefined : { from: cut, to: cut + BREAK_LENGTH };
    this.length = view.span * unit + (this.gap === undefined ? 0 : BREAK_LENGTH);
  }

  /** Where the edge before a frame or pixel lies; what is out of view lies in the middle of the break. */
  at(position: number): number {
    const { headStop, tailStart } = this.view;
    if (this.gap === undefined || position <= headStop) return position * this.unit;
    if (position < tailStart) return (this.gap.from + this.gap.to) / 2;
    return this.gap.to + (position - tailStart) * this.unit;
  }
}

/** A stretch of an axis and how many of its intervals lie over it. */
export interface CoverageRun {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Splits what is in view where the number of intervals over it changes; `from` and `to` in frames or pixels. */
export function coverageRuns(view: AxisView): readonly CoverageRun[] {
  const edges = [...new Set(view.shown.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  const runs: CoverageRun[] = [];
  edges.slice(1).forEach((to, i) => {
    const from = edges[i] ?? 0;
    const count = view.shown.filter((shown) => shown.from <= from && shown.to >= to).length;
    if (count > 0) runs.push({ from, to, count });
  });
  return runs;
}

/** Which of an axis' intervals is the example that is drawn in its own colour: an inner one where there is one. */
export function exampleIndex(intervals: readonly PlanInterval[]): number {
  return Math.min(Math.floor((intervals.length - 1) / 2), 2);
}
