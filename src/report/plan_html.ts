import type { PlanInterval, TilePlan } from "../plan.js";
import { element, escapeText, formatCount } from "./markup.js";
import { codeBlock, htmlPage, htmlTable } from "./page.js";
import { planCalls } from "./plan_calls.js";
import { type PlanPictureOptions, planSvg, resolvePictureOptions } from "./plan_svg.js";
import { counted, type Fact, formatRedundancy, formatSizes, formatTileCount } from "./plan_text.js";
import { formatBytes, planSummary } from "./summary.js";

/** Rows of a table of intervals; above that, its middle is left out. */
const MOST_ROWS = 40;

/** Rows shown at each end of a table whose middle is left out. */
const ROWS_EACH_END = 16;

/** Width of the picture on a phone (pixels). */
const NARROW_WIDTH = 400;

/**
 * Makes a self-contained HTML page of a plan: its picture, its figures, the calls that make it, and the intervals of
 * each axis. The same plan and options give the same text. It holds no script and fetches nothing.
 * @throws TypeError or RangeError on options that cannot be.
 */
export function planHtml(plan: TilePlan, options: PlanPictureOptions = {}): string {
  const { title, width } = resolvePictureOptions(options);
  const calls = planCalls(plan);
  const body = [
    // The picture shows the title; this one is for outlines and screen readers.
    element("h1", { class: "unseen" }, escapeText(title)),
    planFigure(plan, { title, width }),
    element("h2", {}, "Figures"),
    factList(planFigures(plan)),
    element("h2", {}, "Made by"),
    codeBlock(calls.sdk, "SDK call"),
    codeBlock(calls.cli, "shell call"),
    element("h2", {}, "Intervals"),
    element("p", { class: "muted" }, escapeText(INTERVALS_NOTE)),
    element("div", { class: "columns" }, axisTables(plan)),
  ];
  return htmlPage({ title, body: body.join("\n") });
}

const INTERVALS_NOTE =
  "Starts and ends in latent cells, with the cells over which a tile fades in and out; the output in frames or pixels. Each range is half-open: its end is not in it.";

/** The picture of a plan for a page: wide, and on a phone narrow. */
export function planFigure(plan: TilePlan, options: Required<PlanPictureOptions>): string {
  const narrow = { ...options, width: Math.min(NARROW_WIDTH, options.width) };
  return [
    element("div", { class: "wide-picture" }, planSvg(plan, options)),
    element("div", { class: "narrow" }, planSvg(plan, narrow)),
  ].join("\n");
}

function planFigures(plan: TilePlan): readonly Fact[] {
  const summary = planSummary(plan);
  const { height, width } = plan.output;
  const window = `${counted(summary.windowFrames, "frame")} of ${formatCount(height)} × ${formatCount(width)} px`;
  return [
    { name: "Latents, F × H × W", value: formatSizes(plan.latent) },
    { name: "Output, F × H × W", value: formatSizes(plan.output) },
    { name: "Tiles, F × H × W", value: formatTileCount(plan) },
    { name: "Latent cells", value: formatCount(summary.latentCells) },
    { name: "Latent cells decoded", value: formatCount(summary.decodedCells) },
    { name: "Each latent cell is decoded", value: formatRedundancy(summary.redundancy) },
    { name: "Window", value: window },
    { name: "Window, 3 channels and weights, float32", value: formatBytes(summary.windowBytes) },
    { name: "Output, 3 channels, float32", value: formatBytes(summary.outputBytes) },
    { name: "Output, rgb24", value: formatBytes(planSummary(plan, { format: "rgb24" }).outputBytes) },
    { name: "Digest, SHA-256", value: plan.digest },
  ];
}

function factList(facts: readonly Fact[]): string {
  const items = facts.map(({ name, value }) =>
    element(
      "div",
      { class: value.length > 40 ? "long" : undefined },
      element("dt", {}, escapeText(name)),
      element("dd", {}, escapeText(value)),
    ),
  );
  return element("dl", {}, items.join("\n"));
}

function axisTables({ axes }: TilePlan): string {
  return [
    intervalTable("Frames", axes.frames),
    intervalTable("Height", axes.height),
    intervalTable("Width", axes.width),
  ].join("\n");
}

function intervalTable(axis: string, intervals: readonly PlanInterval[]): string {
  const columns = ["", "start", "end", "in", "out", "output"].map((label) => ({ label }));
  const rowOf = (interval: PlanInterval, index: number) => [
    formatCount(index),
    formatCount(interval.start),
    formatCount(interval.end),
    formatCount(interval.leftRamp),
    formatCount(interval.rightRamp),
    `${formatCount(interval.outStart)}–${formatCount(interval.outStop)}`,
  ];
  const caption = `${axis}: ${counted(intervals.length, "interval")}`;
  if (intervals.length <= MOST_ROWS) return htmlTable({ caption, columns, rows: intervals.map(rowOf) });
  const tailIndex = intervals.length - ROWS_EACH_END;
  const rows = [
    ...intervals.slice(0, ROWS_EACH_END).map(rowOf),
    [`… ${formatCount(tailIndex - ROWS_EACH_END)} more …`],
    ...intervals.slice(tailIndex).map((interval, i) => rowOf(interval, tailIndex + i)),
  ];
  return htmlTable({ caption, columns, rows });
}
