import type { PerAxis, TilePlan } from "../plan.js";
import { axisTicks, type CellMapping } from "./axis_ticks.js";
import { type AxisScale, type CoverageRun, coverageRuns, type ShownInterval } from "./axis_view.js";
import {
  element,
  estimateTextWidth,
  formatCoordinate,
  formatCount,
  linePath,
  movedGroup,
  textElement,
} from "./markup.js";
import { maskCurve, zerosOf } from "./mask_curve.js";
import { type Box, breakMark, hatch, hueOf } from "./plan_drawing.js";
import { latentRange, outputRange } from "./plan_text.js";
import { OVERLAP_OPACITY } from "./theme.js";

/** Height of the curves along the frame's edges (drawing units). */
export const CURVE_HEIGHT = 40;

/** Rows and columns as they are drawn. */
export interface FrameScales {
  readonly height: AxisScale;
  readonly width: AxisScale;
  /** Whether a pixel is as long across as down. */
  readonly isTrue: boolean;
}

/** The interval of each axis that is drawn in its own colour. */
export interface Example {
  readonly frames: number;
  readonly height: number;
  readonly width: number;
}

/** A place in a picture (drawing units). */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** An axis with what its curves need. */
export interface CurveAxis {
  readonly scale: AxisScale;
  /** The interval in its own colour. */
  readonly example: number;
}

/** Shade of a region under `count` tiles: each doubling darkens what is left by the same part. */
export function overlapOpacity(count: number): number {
  return 1 - (1 - OVERLAP_OPACITY) ** Math.log2(count);
}

/** Draws the masks of an axis along an edge: upwards from a horizontal edge, to the left of a vertical one. */
export function drawCurves({ scale, example }: CurveAxis, origin: Point, isVertical: boolean): string {
  const place = (along: number, weight: number): [number, number] =>
    isVertical ? [-weight * CURVE_HEIGHT, along] : [along, -weight * CURVE_HEIGHT];
  const curves = scale.view.shown.map((shown) => {
    const points = [
      place(scale.at(shown.from), 0),
      ...maskCurve(shown, scale).map(([along, weight]) => place(along, weight)),
      place(scale.at(shown.to), 0),
    ];
    const title = `${outputRange(shown.interval)} px, latent ${latentRange(shown.interval)}`;
    const path = { class: `tb-curve ${hueOf(shown.index, example)}`, d: linePath(points) };
    return element("path", path, element("title", {}, title));
  });
  const base = linePath([place(0, 0), place(scale.length, 0)]);
  return movedGroup(origin.x, origin.y, ...curves, element("path", { class: "tb-axis", d: base }));
}

/** Draws the frame: shades where tiles overlap, their edges, their numbers, and the example. */
export function drawFrame(plan: TilePlan, scales: FrameScales, example: Example, origin: Point): string {
  const { height, width } = scales;
  const box = { x: 0, y: 0, width: width.length, height: height.length };
  return movedGroup(
    origin.x,
    origin.y,
    element("rect", { class: "tb-frame", ...box }),
    ...coverageRuns(width.view).map((run) => shadeOf(run, width, { y: 0, height: height.length })),
    ...coverageRuns(height.view).map((run) => shadeOf(run, height, { x: 0, width: width.length })),
    ...width.view.shown.map((shown) =>
      edgeOf(shown, width, example.width, (at) => `M${at} 0V${formatCoordinate(height.length)}`),
    ),
    ...height.view.shown.map((shown) =>
      edgeOf(shown, height, example.height, (at) => `M0 ${at}H${formatCoordinate(width.length)}`),
    ),
    drawExample(scales, example),
    drawNumbers(plan, scales, example),
    element("rect", { class: "tb-outline", ...box }),
    drawBreaks(scales),
  );
}

function shadeOf(run: CoverageRun, scale: AxisScale, across: Readonly<Record<string, number>>): string {
  if (run.count === 1) return "";
  const [from, to] = [scale.at(run.from), scale.at(run.to)];
  const along = "y" in across ? { x: from, width: to - from } : { y: from, height: to - from };
  return element("rect", { class: "tb-overlap", ...along, ...across, "fill-opacity": overlapOpacity(run.count) });
}

/** The inner edges of an interval, where they are in view. */
function edgeOf(shown: ShownInterval, scale: AxisScale, example: number, line: (at: string) => string): string {
  const { outStart, outStop } = shown.interval;
  const edges = [
    ...(outStart > 0 && shown.from === outStart ? [outStart] : []),
    ...(outStop < scale.view.size && shown.to === outStop ? [outStop] : []),
  ];
  if (edges.length === 0) return "";
  const d = edges.map((edge) => line(formatCoordinate(scale.at(edge)))).join("");
  return element("path", { class: `tb-edge ${hueOf(shown.index, example)}`, d });
}

function drawExample({ height, width }: FrameScales, example: Example): string {
  const row = height.view.shown.find(({ index }) => index === example.height);
  const column = width.view.shown.find(({ index }) => index === example.width);
  if (row === undefined || column === undefined) return "";
  const [x, y] = [width.at(column.from), height.at(row.from)];
  const size = { width: width.at(column.to) - x, height: height.at(row.to) - y };
  const box = { x, y, ...size };
  return [...marginBoxes(box, fullPart(row, height), fullPart(column, width)).map(hatch), picked(box)].join("");
}

function picked(box: Box): string {
  return element("rect", { class: "tb-picked", ...box });
}

/** Where an interval has weight (drawing units), as far as it is in view. */
function fullPart({ interval, from, to }: ShownInterval, scale: AxisScale): { from: number; to: number } {
  const { left, right } = zerosOf(interval.mask);
  const within = (position: number) => scale.at(Math.min(Math.max(position, from), to));
  return { from: within(interval.outStart + left), to: within(interval.outStop - right) };
}

/** What of a tile has no weight: rows above and below, and columns beside those between. */
function marginBoxes(box: Box, rows: { from: number; to: number }, columns: { from: number; to: number }): Box[] {
  const [right, bottom] = [box.x + box.width, box.y + box.height];
  const between = { y: rows.from, height: rows.to - rows.from };
  return [
    { ...box, height: rows.from - box.y },
    { ...box, y: rows.to, height: bottom - rows.to },
    { x: box.x, width: columns.from - box.x, ...between },
    { x: columns.to, width: right - columns.to, ...between },
  ].filter(({ width, height }) => width > 0 && height > 0);
}

/** Numbers the tiles that lie over each other in the example's frames, where each has a part of its own to stand in. */
function drawNumbers(plan: TilePlan, { height, width }: FrameScales, example: Example): string {
  const { axes } = plan;
  const first = example.frames * axes.height.length * axes.width.length;
  const longest = formatCount(first + axes.height.length * axes.width.length - 1);
  const [rows, columns] = [ownParts(height), ownParts(width)];
  const isRoomy = [...rows, ...columns].every(({ length }) => length > 0);
  if (plan.tileCount === 1 || !isRoomy) return "";
  const roomy = columns.filter(({ length }) => length >= estimateTextWidth(longest, 11) + 2);
  return rows
    .filter(({ length }) => length >= 14)
    .flatMap((row) =>
      roomy.map((column) => {
        const isExample = row.index === example.height && column.index === example.width;
        const label = formatCount(first + row.index * axes.width.length + column.index);
        const kind = isExample ? "tb-middle" : "tb-middle tb-muted";
        return textElement(label, { class: kind, x: column.middle, y: row.middle + 4 });
      }),
    )
    .join("");
}

/** What of an interval no other one covers: its middle and length (drawing units); the length is 0 or less for none. */
interface OwnPart {
  readonly index: number;
  readonly middle: number;
  readonly length: number;
}

function ownParts(scale: AxisScale): readonly OwnPart[] {
  const { shown } = scale.view;
  return shown.map(({ index, from, to }, i) => {
    const start = scale.at(Math.max(from, shown[i - 1]?.to ?? from));
    const stop = scale.at(Math.min(to, shown[i + 1]?.from ?? to));
    return { index, middle: (start + stop) / 2, length: stop - start };
  });
}

/** Marks what is left out, across the frame and its curves. */
function drawBreaks({ height, width }: FrameScales): string {
  const reach = CURVE_HEIGHT + 10;
  const across = width.gap;
  const down = height.gap;
  return [
    across === undefined
      ? ""
      : breakMark(
          { x: across.from, y: -reach, width: across.to - across.from, height: height.length + reach + 4 },
          true,
        ),
    down === undefined
      ? ""
      : breakMark({ x: -reach, y: down.from, width: width.length + reach + 4, height: down.to - down.from }, false),
  ].join("");
}

/** Draws ticks with pixels and latent cells: columns below the frame, rows to its right. */
export function drawTicks({ height, width }: FrameScales, mappings: PerAxis<CellMapping>, origin: Point): string {
  const [right, bottom] = [width.length, height.length];
  const longest = estimateTextWidth(formatCount(width.view.size), 11) + 24;
  const cellsAt = right + 18 + Math.max(18, estimateTextWidth(formatCount(height.view.size), 11));
  const columns = axisTicks(width, mappings.width, longest).map(({ at, position, cell }) => [
    element("path", { class: "tb-axis", d: `M${formatCoordinate(at)} ${formatCoordinate(bottom)}v4` }),
    textElement(formatCount(position), { class: "tb-middle", x: at, y: bottom + 16 }),
    textElement(formatCount(cell), { class: "tb-middle tb-muted tb-small", x: at, y: bottom + 29 }),
  ]);
  const rows = axisTicks(height, mappings.height, 26).map(({ at, position, cell }) => [
    element("path", { class: "tb-axis", d: `M${formatCoordinate(right)} ${formatCoordinate(at)}h4` }),
    textElement(formatCount(position), { x: right + 8, y: at + 4 }),
    textElement(formatCount(cell), { class: "tb-muted tb-small", x: cellsAt, y: at + 4 }),
  ]);
  const names = [
    textElement("px", { class: "tb-end tb-muted", x: -14, y: bottom + 16 }),
    textElement("latent", { class: "tb-end tb-muted tb-small", x: -14, y: bottom + 29 }),
    textElement("px", { class: "tb-muted", x: right + 8, y: -10 }),
    textElement("latent", { class: "tb-muted tb-small", x: cellsAt, y: -10 }),
  ];
  const hidden = [
    width.gap === undefined
      ? ""
      : textElement(`${formatCount(width.view.hiddenCount)} more`, {
          class: "tb-middle tb-muted tb-small",
          x: (width.gap.from + width.gap.to) / 2,
          y: bottom + 16,
        }),
    height.gap === undefined
      ? ""
      : textElement(`${formatCount(height.view.hiddenCount)} more`, {
          class: "tb-muted tb-small",
          x: right + 8,
          y: (height.gap.from + height.gap.to) / 2 + 4,
        }),
  ];
  return movedGroup(origin.x, origin.y, ...columns.flat(), ...rows.flat(), ...names, ...hidden);
}
