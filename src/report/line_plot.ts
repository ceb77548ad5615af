import { mustBe } from "../errors.js";
import { checkInteger, checkKeys, checkObject } from "../validate.js";
import { picture } from "./figure.js";
import { formatShort } from "./heat_map.js";
import {
  cutText,
  element,
  estimateTextWidth,
  formatCoordinate,
  formatCount,
  movedGroup,
  textElement,
} from "./markup.js";
import { plotTicks } from "./plot_ticks.js";

/** One line of a plot. */
export interface PlotSeries {
  readonly name: string;
  /** One value for each frame; the line has a gap where a value is not finite. */
  readonly values: ArrayLike<number>;
  /** Where each value lies on the x axis, rising from 0 or more. Default 0, 1, 2, … */
  readonly at?: ArrayLike<number>;
}

/** A vertical mark: a place where tiles join. */
export interface PlotMark {
  /** Frames. */
  readonly at: number;
  readonly label?: string;
}

/** What linePlotSvg takes. */
export interface LinePlotOptions {
  readonly title: string;
  /** Names the x axis, with its unit. Default "frame". */
  readonly xLabel?: string;
  /** Names the y axis, with its unit. */
  readonly yLabel: string;
  /** One to four lines. */
  readonly series: readonly PlotSeries[];
  readonly marks?: readonly PlotMark[];
  /** 280 to 4096 (pixels). Default 720. */
  readonly width?: number;
  /** 160 to 2048 (pixels). Default 260. */
  readonly height?: number;
}

const HUES = ["tb-even", "tb-example", "tb-odd", "tb-third"] as const;

/** Where values lie in a plot (drawing units). */
interface PlotScale {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Largest x. */
  readonly last: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Draws lines of per-frame figures as a self-contained SVG, with ticks, a key and marks. Lines of more values than
 * there is room for keep the least and the greatest of each stretch.
 * @throws TypeError or RangeError on options that cannot be.
 */
export function linePlotSvg(options: LinePlotOptions): string {
  const known = ["title", "xLabel", "yLabel", "series", "marks", "width", "height"];
  checkKeys("options", checkObject("options", options), known);
  const width = checkInteger("options.width", options.width ?? 720, { min: 280, max: 4096, unit: "pixels" });
  const height = checkInteger("options.height", options.height ?? 260, { min: 160, max: 2048, unit: "pixels" });
  const { title, yLabel, xLabel = "frame", series, marks = [] } = options;
  if (!Array.isArray(series)) throw new TypeError(mustBe("options.series", "an array of series", series));
  for (const [i, { values, at }] of series.entries()) checkPositions(`options.series[${i}].at`, values.length, at);
  if (series.length < 1 || series.length > HUES.length) {
    throw new RangeError(mustBe("options.series.length", `from 1 to ${HUES.length}`, series.length));
  }
  const { low, high, ticks } = plotTicks(...valueRange(series), Math.max(2, Math.floor((height - 110) / 34)));
  const left = 28 + Math.max(...ticks.map((tick) => estimateTextWidth(formatShort(tick), 11)));
  const last = Math.max(1, ...series.map(lastPosition));
  const scale = { left, top: 64, width: width - left - 24, height: height - 112, last, low, high };
  const body = [
    textElement(cutText(title, width - 40, 13), { class: "tb-heading", x: 20, y: 26 }),
    textElement(yLabel, { class: "tb-muted", x: 20, y: 48 }),
    drawKey(series, width - 20, 20 + estimateTextWidth(yLabel, 11) + 24),
    drawYTicks(ticks, scale),
    drawXTicks(scale, xLabel),
    ...marks.map((mark) => drawMark(mark, scale)),
    ...series.map((each, i) => element("path", { class: `tb-plot ${HUES[i]}`, d: seriesPath(each, scale) })),
  ].join("");
  return picture({ width, height, label: `${title}: ${yLabel} by ${xLabel}`, body });
}

function checkPositions(path: string, count: number, at: PlotSeries["at"]): void {
  if (at === undefined) return;
  if (at.length !== count) throw new RangeError(mustBe(`${path}.length`, `${count}, one for each value`, at.length));
  const isRising = (_: unknown, i: number) => Number(at[i]) >= 0 && (i === 0 || Number(at[i]) > Number(at[i - 1]));
  if (!Array.from(at).every(isRising))
    throw new RangeError(mustBe(path, "numbers that rise from 0 or more", [...Array.from(at)]));
}

function lastPosition({ values, at }: PlotSeries): number {
  return positionOf(at, values.length - 1);
}

function positionOf(at: PlotSeries["at"], index: number): number {
  return at === undefined ? index : (at[index] ?? Number.NaN);
}

function valueRange(series: readonly PlotSeries[]): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { values } of series) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? Number.NaN;
      if (!Number.isFinite(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return low <= high ? [low, high] : [0, 1];
}

function drawKey(series: readonly PlotSeries[], right: number, left: number): string {
  let x = right;
  const room = (right - left) / series.length - 32;
  return [...series.entries()]
    .reverse()
    .map(([i, { name }]) => {
      const shown = cutText(name, room, 11);
      x -= estimateTextWidth(shown, 11);
      const label = textElement(shown, { x, y: 48 });
      x -= 24;
      const line = element("path", { class: `tb-plot ${HUES[i]}`, d: `M${formatCoordinate(x)} 44h18` });
      x -= 8;
      return line + label;
    })
    .join("");
}

function yAt({ top, height, low, high }: PlotScale, value: number): number {
  return top + height * (1 - (value - low) / (high - low));
}

function xAt({ left, width, last }: PlotScale, position: number): number {
  return left + (width * position) / last;
}

function drawYTicks(ticks: readonly number[], scale: PlotScale): string {
  const marks = ticks.map((tick) => {
    const y = yAt(scale, tick);
    const rule = element("path", {
      class: "tb-rule",
      d: `M${formatCoordinate(scale.left)} ${formatCoordinate(y)}h${formatCoordinate(scale.width)}`,
    });
    return rule + textElement(formatShort(tick), { class: "tb-end tb-muted", x: scale.left - 8, y: y + 4 });
  });
  return marks.join("");
}

function drawXTicks(scale: PlotScale, xLabel: string): string {
  const bottom = scale.top + scale.height;
  const room = estimateTextWidth(`${scale.last}`, 11) + 40;
  const { ticks } = plotTicks(0, scale.last, Math.max(2, Math.floor(scale.width / room)));
  const marks = ticks
    .filter((tick) => Number.isInteger(tick) && tick <= scale.last)
    .map((tick) => {
      const x = xAt(scale, tick);
      const mark = element("path", { class: "tb-axis", d: `M${formatCoordinate(x)} ${formatCoordinate(bottom)}v4` });
      return mark + textElement(formatCount(tick), { class: "tb-middle tb-muted", x, y: bottom + 17 });
    });
  const axis = element("path", {
    class: "tb-axis",
    d: `M${formatCoordinate(scale.left)} ${formatCoordinate(bottom)}h${formatCoordinate(scale.width)}`,
  });
  const name = textElement(xLabel, { class: "tb-end tb-muted", x: scale.left + scale.width, y: bottom + 34 });
  return axis + marks.join("") + name;
}

function drawMark({ at, label }: PlotMark, scale: PlotScale): string {
  const x = xAt(scale, at);
  if (!(at >= 0 && at <= scale.last)) throw new RangeError(mustBe("mark.at", `from 0 to ${scale.last} (frames)`, at));
  const line = element("path", { class: "tb-mark", d: `M0 0V${formatCoordinate(scale.height)}` });
  const name = label === undefined ? "" : textElement(label, { class: "tb-small tb-muted", x: 4, y: 9 });
  return movedGroup(x, scale.top, line, name);
}

/** The path of a series: all of its values, or the least and the greatest of each stretch of half a drawing unit. */
function seriesPath({ values, at }: PlotSeries, scale: PlotScale): string {
  const stretch = Math.max(1, Math.ceil(values.length / (2 * scale.width)));
  const pieces: string[] = [];
  let isOpen = false;
  for (let from = 0; from < values.length; from += stretch) {
    for (const index of extremes(values, from, Math.min(from + stretch, values.length))) {
      const value = values[index] ?? Number.NaN;
      const isDrawn = Number.isFinite(value);
      if (isDrawn) {
        pieces.push(
          `${isOpen ? "L" : "M"}${formatCoordinate(xAt(scale, positionOf(at, index)))} ${formatCoordinate(yAt(scale, value))}`,
        );
        // A line of no length: with round ends it shows a value that stands alone.
        if (!isOpen) pieces.push("h0");
      }
      isOpen = isDrawn;
    }
  }
  return pieces.join("");
}

/** Indices of the least and the greatest value of a stretch, in order; the first value that is not finite if there is one. */
function extremes(values: ArrayLike<number>, from: number, to: number): readonly number[] {
  let [least, greatest] = [from, from];
  for (let i = from; i < to; i++) {
    const value = values[i] ?? Number.NaN;
    if (!Number.isFinite(value)) return [i];
    if (value < (values[least] ?? value)) least = i;
    if (value > (values[greatest] ?? value)) greatest = i;
  }
  if (least === greatest) return [least];
  return least < greatest ? [least, greatest] : [greatest, least];
}
