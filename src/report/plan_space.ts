import type { PlanInterval, TilePlan } from "../plan.js";
import { AxisScale, type AxisView, coverageRuns, drawableRoom, exampleIndex, viewAxis } from "./axis_view.js";
import type { Columns, Section } from "./figure.js";
import { element, formatCount } from "./markup.js";
import { CURVE_SWATCH, HATCH_NOTE, type Note, sectionWithNotes } from "./plan_drawing.js";
import {
  CURVE_HEIGHT,
  drawCurves,
  drawFrame,
  drawTicks,
  type Example,
  type FrameScales,
  overlapOpacity,
} from "./plan_frame.js";
import { cellMappings, counted, latentRange, outputRange } from "./plan_text.js";

/** Room between curves and frame (drawing units). */
const CURVE_GAP = 6;

/** Sides of the frame are at least this long, true proportion or not (drawing units). */
const SHORTEST_SIDE = 36;

const TALLEST_FRAME = 360;

/** Chooses the tile that is pointed out. */
function exampleTile({ axes }: TilePlan): Example {
  return {
    frames: exampleIndex(axes.frames),
    height: exampleIndex(axes.height),
    width: exampleIndex(axes.width),
  };
}

/** Draws the frame with its tiles, and the blend masks of rows and columns along its edges. */
export function spaceSection(plan: TilePlan, columns: Columns): Section {
  const scales = fitFrame(
    viewAxis(plan.axes.height, plan.output.height),
    viewAxis(plan.axes.width, plan.output.width),
    columns,
  );
  const example = exampleTile(plan);
  const mappings = cellMappings(plan);
  const x = columns.gutter;
  const y = CURVE_HEIGHT + CURVE_GAP;
  const origin = { x, y };
  const markup = [
    drawCurves({ scale: scales.width, example: example.width }, { x, y: y - CURVE_GAP }, false),
    drawCurves({ scale: scales.height, example: example.height }, { x: x - CURVE_GAP, y }, true),
    drawFrame(plan, scales, example, origin),
    drawTicks(scales, mappings, origin),
  ].join("");
  const heading = scales.isTrue ? "Space" : "Space, not in true proportion";
  return sectionWithNotes(
    heading,
    { markup, height: y + scales.height.length + 34 },
    spaceNotes(plan, scales, example),
    columns,
  );
}

function fitFrame(height: AxisView, width: AxisView, columns: Columns): FrameScales {
  const unit = Math.min(
    drawableRoom(width, columns.main) / width.span,
    drawableRoom(height, TALLEST_FRAME) / height.span,
  );
  const heightUnit = Math.max(unit, SHORTEST_SIDE / height.span);
  const widthUnit = Math.max(unit, SHORTEST_SIDE / width.span);
  return {
    height: new AxisScale(height, heightUnit),
    width: new AxisScale(width, widthUnit),
    isTrue: heightUnit === widthUnit,
  };
}

function spaceNotes(plan: TilePlan, scales: FrameScales, example: Example): readonly Note[] {
  const { frames, height, width } = plan.axes;
  const index = (example.frames * height.length + example.height) * width.length + example.width;
  const swatch = element("rect", { class: "tb-picked", x: 1, y: 1, width: 12, height: 9, rx: 1 });
  const parts = [frames[example.frames], height[example.height], width[example.width]].filter(
    (interval) => interval !== undefined,
  );
  const places = parts.map((interval, i) => `${["frames", "rows", "columns"][i]} ${outputRange(interval)}`);
  const ranges = [...places, `latent ${parts.map(latentRange).join(" × ")}`].map(
    (text): Note => ({ text, isMuted: true }),
  );
  const covered = coverageCounts(scales).map((count): Note => {
    const box = { x: 1, y: 1, width: 12, height: 9, rx: 1 };
    const shade = element("rect", { class: "tb-overlap", ...box, "fill-opacity": overlapOpacity(count) });
    const swatches =
      element("rect", { class: "tb-frame", ...box }) + shade + element("rect", { class: "tb-outline", ...box });
    return { text: `covered by ${counted(count, "tile")}`, swatch: swatches };
  });
  const total =
    plan.tileCount === 1 ? "the only tile" : `tile ${formatCount(index)} of ${formatCount(plan.tileCount)} (from 0)`;
  return [
    { text: total, swatch },
    ...ranges,
    { text: "" },
    ...covered,
    { text: "weight of a tile, 0 to 1", swatch: CURVE_SWATCH },
    ...(hasMargin([...height, ...width]) ? [HATCH_NOTE] : []),
  ];
}

function hasMargin(intervals: readonly PlanInterval[]): boolean {
  return intervals.some(({ mask }) => mask[0] === 0 || mask.at(-1) === 0);
}

/** The numbers of tiles that lie over some region in view: at most four of them, the least and the most among them. */
function coverageCounts({ height, width }: FrameScales): readonly number[] {
  const rows = new Set(coverageRuns(height.view).map((run) => run.count));
  const columns = new Set(coverageRuns(width.view).map((run) => run.count));
  const products = new Set([...rows].flatMap((row) => [...columns].map((column) => row * column)));
  const counts = [...products].sort((a, b) => a - b);
  if (counts.length <= 4) return counts;
  const last = counts.length - 1;
  return [0, Math.round(last / 3), Math.round((2 * last) / 3), last].map((i) => counts[i] ?? 1);
}
