import { loadSharp, type Sharp } from "../io/sharp_package.js";
import { planJoints } from "../quality/joints.js";
import {
  type ComparisonSection,
  compareHtml,
  heatMap,
  heatScaleSvg,
  linePlotSvg,
  type PlotSeries,
} from "../report/index.js";
import { QUALITY_COLUMNS, type QualityReport, type QualityResult, qualityRows } from "./quality_report.js";
import { curveName, type SweepPoint } from "./quality_sweep.js";
import type { NamedTiling } from "./quality_tilings.js";

/** The most lines in one plot, and so in an .svg. */
export const MOST_LINES = 4;
/** PSNR above this is rounding of float32; it would flatten the rest of a plot (dB). */
const MOST_DB = 100;
/** The most tilings whose heat maps and plans are shown on a page. */
const MOST_SHOWN = 6;

type SweptResult = QualityResult & SweepPoint;

/** Lines that tilings take in a plot: one each, or one for all margins of a sweep. */
export function lineCount(tilings: readonly NamedTiling[]): number {
  const swept = tilings.filter(isSwept);
  return swept.length === 0 ? tilings.length : new Set(swept.map(curveName)).size;
}

/** Draws the figures of `quality`: a plot, or a page with the table, heat maps and plans too. */
export async function drawQuality(report: QualityReport, kind: "svg" | "html"): Promise<string> {
  if (kind === "html") return drawPage(report);
  const [plot = ""] = plotsOf(report);
  return plot;
}

function isSwept<T extends NamedTiling>(tiling: T): tiling is T & SweepPoint {
  return "axis" in tiling;
}

/** The curves of a sweep, or PSNR by frame; as many plots as the lines take. */
function plotsOf({ results }: QualityReport): readonly string[] {
  const swept = results.filter(isSwept);
  if (swept.length === 0) return inGroups(results).map(framePlot);
  const curves = new Map<string, SweptResult[]>();
  for (const point of swept) curves.set(curveName(point), [...(curves.get(curveName(point)) ?? []), point]);
  return inGroups([...curves]).map(curvePlot);
}

function inGroups<T>(all: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / MOST_LINES) }, (_, i) =>
    all.slice(i * MOST_LINES, (i + 1) * MOST_LINES),
  );
}

/** PSNR of each frame, with the temporal joints of the tilings. */
function framePlot(results: readonly QualityResult[]): string {
  const joints = new Set(results.flatMap(({ plan }) => planJoints(plan).frames.joints));
  return linePlotSvg({
    title: "Tiled against untiled, frame by frame (no line where a frame is the same)",
    yLabel: `PSNR (dB, up to ${MOST_DB})`,
    series: results.map(({ name, comparison }) => ({
      name,
      values: comparison.frames.map(({ psnr }) => (psnr === null ? Number.NaN : Math.min(psnr, MOST_DB))),
    })),
    marks: [...joints].map((at) => ({ at, label: "joint" })),
  });
}

/** PSNR over the margin, a line for each overlap, ramp and context. */
function curvePlot(curves: readonly (readonly [string, readonly SweptResult[]])[]): string {
  const isTime = curves.some(([, points]) => points.some(({ name }) => name.startsWith("temporal")));
  const series: PlotSeries[] = curves.map(([name, points]) => {
    const inOrder = points.toSorted((a, b) => a.axis.margin - b.axis.margin);
    return {
      name,
      values: inOrder.map(({ comparison }) => Math.min(comparison.overall.psnr ?? MOST_DB, MOST_DB)),
      at: inOrder.map(({ axis }) => axis.margin),
    };
  });
  const title = `Tiled against untiled, by margin (${MOST_DB} dB: the same, or rounding apart)`;
  const xLabel = `margin (${isTime ? "frames" : "pixels"})`;
  return linePlotSvg({ title, xLabel, yLabel: "PSNR (dB)", series, width: 860 });
}

async function drawPage(report: QualityReport): Promise<string> {
  const { input, results } = report;
  const shown = results.length <= MOST_SHOWN ? results : extremes(results);
  const [first, ...others] = QUALITY_COLUMNS.map((label) => ({ label }));
  const columns = first === undefined ? others : [{ ...first, align: "left" as const }, ...others];
  return compareHtml({
    title: `Tiled against untiled: ${input}`,
    intro: [
      "PSNR in dB, against the whole range. Largest difference and step in steps of 8-bit video; step is the mean jump " +
        "of the difference from one pixel or frame to the next where tiles hand over.",
    ],
    sections: [
      { heading: "Figures", tables: [{ columns, rows: qualityRows(report) }] },
      { heading: "Curves", drawings: plotsOf(report) },
      await mapSection(shown),
      ...shown.map(({ name, plan }) => ({ heading: `Plan: ${name}`, plan })),
    ],
  });
}

/** Of many tilings, the one furthest from the untiled decode and the nearest. */
function extremes(results: readonly QualityResult[]): readonly QualityResult[] {
  const inOrder = results.toSorted(
    (a, b) => (a.comparison.overall.psnr ?? Number.MAX_VALUE) - (b.comparison.overall.psnr ?? Number.MAX_VALUE),
  );
  return [...inOrder.slice(0, 1), ...inOrder.slice(-1)];
}

/** Heat maps of the mean difference, all on one scale. */
async function mapSection(results: readonly QualityResult[]): Promise<ComparisonSection> {
  const sharp = await loadSharp("heat maps of an .html page");
  const peak = results.reduce((most, { comparison }) => comparison.map.reduce((a, b) => Math.max(a, b), most), 0);
  const max = peak > 0 ? peak : 1;
  const figures = results.map(async ({ name, plan, comparison }) => {
    const { height, width } = plan.output;
    const src = await pngUri(sharp, heatMap(comparison.map, { width, height, max }), { width, height });
    return { kind: "image" as const, src, alt: `mean difference of ${name}`, caption: name };
  });
  return {
    heading: "Where they differ, on average over the frames",
    drawings: [heatScaleSvg(max, "mean difference, in steps of 8-bit video")],
    figures: await Promise.all(figures),
  };
}

async function pngUri(sharp: Sharp, rgb: Uint8Array, size: { width: number; height: number }): Promise<string> {
  const png = await sharp(rgb, { raw: { ...size, channels: 3 } })
    .png()
    .toBuffer();
  return `data:image/png;base64,${png.toString("base64")}`;
}
