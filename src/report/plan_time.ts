import type { TilePlan } from "../plan.js";
import { type AxisTick, axisTicks, type CellMapping } from "./axis_ticks.js";
import { AxisScale, drawableRoom, exampleIndex, type ShownInterval, viewAxis } from "./axis_view.js";
import type { Columns, Section } from "./figure.js";
import {
  type Attributes,
  element,
  estimateTextWidth,
  formatCoordinate,
  formatCount,
  linePath,
  movedGroup,
  textElement,
} from "./markup.js";
import { type CurvePoint, maskCurve, zerosOf } from "./mask_curve.js";
import { breakMark, CURVE_SWATCH, HATCH_NOTE, hatch, hueOf, type Note, sectionWithNotes } from "./plan_drawing.js";
import { cellMappings, latentRange, outputRange } from "./plan_text.js";

/** The lanes, one for each interval in view. */
interface Lanes {
  readonly scale: AxisScale;
  readonly mapping: CellMapping;
  readonly example: number;
  /** Height of a lane, and of the curve in it (drawing units). */
  readonly pitch: number;
  readonly curve: number;
}

/** Draws each interval of the frames axis in a lane of its own: its blend mask against the frames. */
export function timeSection(plan: TilePlan, columns: Columns): Section {
  const view = viewAxis(plan.axes.frames, plan.output.frames);
  // Nothing stands to the right of the lanes but half a label of the axis.
  const room = columns.notesAt === undefined ? columns.main + columns.ticks - 24 : columns.main;
  const pitch = Math.min(40, Math.max(20, 150 / view.shown.length));
  const lanes: Lanes = {
    scale: new AxisScale(view, drawableRoom(view, room) / view.span),
    mapping: cellMappings(plan).frames,
    example: exampleIndex(plan.axes.frames),
    pitch,
    curve: pitch - 6,
  };
  const rows = laneRows(lanes);
  const bottom = rows.height + 4;
  const spacing = estimateTextWidth(formatCount(plan.output.frames), 11) + 24;
  const ticks = axisTicks(lanes.scale, lanes.mapping, spacing);
  const drawing = movedGroup(
    columns.gutter,
    0,
    gridLines(ticks, bottom),
    rows.markup,
    timeBreak(lanes, bottom),
    timeAxis(lanes, ticks, bottom),
  );
  return sectionWithNotes("Time", { markup: drawing, height: bottom + 34 }, timeNotes(plan), columns);
}

function gridLines(ticks: readonly AxisTick[], bottom: number): string {
  const d = ticks.map(({ at }) => `M${formatCoordinate(at)} 0V${formatCoordinate(bottom)}`).join("");
  return element("path", { class: "tb-rule", d });
}

function laneRows(lanes: Lanes): Section {
  const { shown, hiddenCount } = lanes.scale.view;
  let y = 0;
  const rows = shown.map((interval, i) => {
    const isAfterBreak = hiddenCount > 0 && i === shown.length / 2;
    const note = isAfterBreak ? hiddenRow(lanes, y) : "";
    if (isAfterBreak) y += lanes.pitch;
    const row = note + movedGroup(0, y + lanes.pitch, drawLane(lanes, interval));
    y += lanes.pitch;
    return row;
  });
  return { markup: rows.join(""), height: y };
}

function hiddenRow({ scale, pitch }: Lanes, y: number): string {
  const baseline = y + pitch / 2 + 6;
  const text = `… ${formatCount(scale.view.hiddenCount)} more …`;
  const x = (scale.gap?.to ?? 0) + 10;
  return [
    textElement("…", { class: "tb-muted tb-end", x: -8, y: baseline }),
    textElement(text, { class: "tb-muted", x, y: baseline }),
  ].join("");
}

function drawLane(lanes: Lanes, shown: ShownInterval): string {
  const { scale, example, curve } = lanes;
  const place = ([along, weight]: CurvePoint): CurvePoint => [along, -weight * curve];
  const [from, to] = [scale.at(shown.from), scale.at(shown.to)];
  const points = maskCurve(shown, scale);
  const range = outputRange(shown.interval);
  const baseline = 4 - curve / 2;
  const label = labelPlace(lanes, shown, points);
  return element(
    "g",
    { class: "tb-lane" },
    element("title", {}, `frames ${range}, latent frames ${latentRange(shown.interval)}`),
    element("path", { class: "tb-rule", d: `M0 0H${formatCoordinate(scale.length)}` }),
    element("path", {
      class: `tb-curve ${hueOf(shown.index, example)}`,
      d: linePath([[from, 0], ...points.map(place), [to, 0]]),
    }),
    laneZeros(lanes, shown),
    textElement(formatCount(shown.index), { class: "tb-end tb-muted", x: -8, y: baseline }),
    label === undefined ? "" : textElement(range, { ...label, y: baseline }),
  );
}

/** Marks the frames of weight 0: a dot for a causal tile's first alone, a hatch for a margin. */
function laneZeros({ scale, curve }: Lanes, { interval, from, to }: ShownInterval): string {
  const { left, right } = zerosOf(interval.mask);
  const dot = { class: "tb-dot", cx: scale.at(from + 0.5), cy: 0, r: 2.75 };
  if (left === 1 && right === 0 && from === interval.outStart) return element("circle", dot);
  const parts = [
    [from, Math.min(interval.outStart + left, to)],
    [Math.max(interval.outStop - right, from), to],
  ] as const;
  return parts
    .filter(([start, stop]) => start < stop)
    .map(([start, stop]) =>
      hatch({ x: scale.at(start), y: -curve, width: scale.at(stop) - scale.at(start), height: curve }),
    )
    .join("");
}

/** Where a lane's label stands: on the curve where it is at full weight, else after it, else before it, or nowhere. */
function labelPlace({ scale }: Lanes, shown: ShownInterval, points: readonly CurvePoint[]): Attributes | undefined {
  const width = estimateTextWidth(outputRange(shown.interval), 11);
  const full = points.filter(([, weight]) => weight === 1).map(([along]) => along);
  const [start, stop] = [full[0] ?? 0, full.at(-1) ?? 0];
  if (stop - start >= width + 8) return { class: "tb-middle", x: (start + stop) / 2 };
  const [from, to] = [scale.at(shown.from), scale.at(shown.to)];
  const isHead = scale.gap !== undefined && to <= scale.gap.from;
  const isTail = scale.gap !== undefined && from >= scale.gap.to;
  if (to + width + 14 <= (isHead ? scale.gap.from : scale.length)) return { class: "tb-muted", x: to + 8 };
  if (from - width - 14 >= (isTail ? scale.gap.to : 0)) return { class: "tb-end tb-muted", x: from - 9 };
  return undefined;
}

function timeBreak({ scale }: Lanes, bottom: number): string {
  if (scale.gap === undefined) return "";
  const { from, to } = scale.gap;
  return breakMark({ x: from, y: -4, width: to - from, height: bottom + 8 }, true);
}

function timeAxis({ scale }: Lanes, ticks: readonly AxisTick[], bottom: number): string {
  const { gap, length } = scale;
  const [start, end] = [`M0 ${formatCoordinate(bottom)}`, `H${formatCoordinate(length)}`];
  const middle =
    gap === undefined
      ? end
      : `H${formatCoordinate(gap.from)}M${formatCoordinate(gap.to)} ${formatCoordinate(bottom)}${end}`;
  const marks = ticks.flatMap(({ at, position, cell }) => [
    element("path", { class: "tb-axis", d: `M${formatCoordinate(at)} ${formatCoordinate(bottom)}v4` }),
    textElement(formatCount(position), { class: "tb-middle", x: at, y: bottom + 16 }),
    textElement(formatCount(cell), { class: "tb-middle tb-muted tb-small", x: at, y: bottom + 29 }),
  ]);
  return [
    element("path", { class: "tb-axis", d: start + middle }),
    ...marks,
    textElement("frame", { class: "tb-end tb-muted", x: -14, y: bottom + 16 }),
    textElement("latent", { class: "tb-end tb-muted tb-small", x: -14, y: bottom + 29 }),
  ].join("");
}

function timeNotes(plan: TilePlan): readonly Note[] {
  const dot = element("circle", { class: "tb-dot", cx: 7, cy: 6, r: 2.75 });
  const zeros = plan.axes.frames.map(({ mask }) => zerosOf(mask));
  const isCut = zeros.some(({ left, right }) => left === 1 && right === 0);
  const hasMargin = zeros.some(({ left, right }) => left > 1 || right > 0);
  return [
    { text: "weight of a tile, 0 to 1", swatch: CURVE_SWATCH },
    ...(hasMargin ? [HATCH_NOTE] : []),
    ...(isCut ? [{ text: "weight 0: decoded but not used", swatch: dot }] : []),
  ];
}
