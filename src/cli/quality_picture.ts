import { loadSharp, type Sharp } from "../io/sharp_package.js";
import { planJoints } from "../quality/joints.js";
import { type ComparisonSection, compareHtml, heatMap, heatScaleSvg, linePlotSvg } from "../report/index.js";
import { QUALITY_COLUMNS, type QualityReport, type QualityResult, qualityRows } from "./quality_report.js";

/** The most lines in one plot, and so the most tilings in an .svg. */
export const MOST_LINES = 4;
/** PSNR above this is rounding of float32; it would flatten the rest of a plot (dB). */
const MOST_DB = 100;

/** Draws the figures of `quality`: a plot of PSNR by frame, or a page with the table, heat maps and plans too. */
export async function drawQuality(report: QualityReport, kind: "svg" | "html"): Promise<string> {
  return kind === "html" ? drawPage(report) : framePlot(report.results);
}

/** PSNR of each frame, with the temporal joints of the tilings. */
function framePlot(results: readonly QualityResult[]): string {
  const joints = new Set(results.flatMap(({ plan }) => planJoints(plan).frames.joints));
  return linePlotSvg({
    title: "Tiled against untiled, frame by frame",
    yLabel: `PSNR (dB, up to ${MOST_DB})`,
    series: results.map(({ name, comparison }) => ({
      name,
      // A gap where a frame is the same.
      values: comparison.frames.map(({ psnr }) => (psnr === null ? Number.NaN : Math.min(psnr, MOST_DB))),
    })),
    marks: [...joints].map((at) => ({ at, label: "joint" })),
  });
}

async function drawPage(report: QualityReport): Promise<string> {
  const { input, results } = report;
  const groups = Array.from({ length: Math.ceil(results.length / MOST_LINES) }, (_, i) =>
    results.slice(i * MOST_LINES, (i + 1) * MOST_LINES),
  );
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
      { heading: "Frame by frame", drawings: groups.map(framePlot) },
      await mapSection(results),
      ...results.map(({ name, plan }) => ({ heading: `Plan: ${name}`, plan })),
    ],
  });
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
