import { mustBe } from "../errors.js";
import type { TilePlan } from "../plan.js";
import { checkInteger, checkKeys, checkObject } from "../validate.js";
import { type Columns, PADDING, picture, type Section, stackSections } from "./figure.js";
import { cutText, element, estimateTextWidth, fittedFont, movedGroup, textElement } from "./markup.js";
import { spaceSection } from "./plan_space.js";
import { planFacts } from "./plan_text.js";
import { timeSection } from "./plan_time.js";

/** What planSvg and planHtml take. */
export interface PlanPictureOptions {
  /** Default "Tile plan". */
  readonly title?: string;
  /** Width of the picture, 360 to 4096 (pixels). Default 960. Below 720 the notes stand below the drawings. */
  readonly width?: number;
}

/**
 * Draws a plan as a self-contained SVG: its figures, the frame with its tiles and masks, and the tiles in time. The same
 * plan and options give the same text; its length does not grow with the number of tiles.
 * @throws TypeError or RangeError on options that cannot be.
 */
export function planSvg(plan: TilePlan, options: PlanPictureOptions = {}): string {
  const { title, width } = resolvePictureOptions(options);
  const inner = width - 2 * PADDING;
  const columns = columnsOf(inner, plan);
  const head = headSection(plan, title, inner);
  const body = stackSections([head, spaceSection(plan, columns), timeSection(plan, columns)], inner);
  return picture({
    width,
    height: Math.ceil(body.height + 2 * PADDING),
    label: `${title}: ${planFacts(plan)
      .map(({ name, value }) => `${name} ${value}`)
      .join("; ")}`,
    body: movedGroup(PADDING, PADDING, body.markup),
  });
}

/** Fills in and checks the options of a plan's picture. */
export function resolvePictureOptions(options: PlanPictureOptions): Required<PlanPictureOptions> {
  checkKeys("options", checkObject("options", options), ["title", "width"]);
  const { title = "Tile plan" } = options;
  if (typeof title !== "string") throw new TypeError(mustBe("options.title", "a string", title));
  const width = checkInteger("options.width", options.width ?? 960, { min: 360, max: 4096, unit: "pixels" });
  return { title, width };
}

function columnsOf(inner: number, plan: TilePlan): Columns {
  const gutter = 56;
  const labels = [plan.output.height, plan.latent.height].map((size) => estimateTextWidth(`${size}`, 11));
  const ticks = 40 + labels.reduce((sum, width) => sum + width, 0);
  const isWide = inner + 2 * PADDING >= 720;
  const notes = isWide ? 250 : 0;
  return {
    width: inner,
    gutter,
    main: inner - gutter - ticks - notes,
    ticks,
    notesAt: isWide ? inner - notes + 24 : undefined,
  };
}

function headSection(plan: TilePlan, title: string, inner: number): Section {
  const facts = planFacts(plan);
  const digest = `sha-256 ${plan.digest.slice(0, 12)}…`;
  const isBeside = estimateTextWidth(title, 18) + estimateTextWidth(digest, 11) + 24 <= inner;
  const top = isBeside ? 56 : 68;
  const perRow = inner >= 660 ? 4 : 2;
  const pitch = inner / perRow;
  const cells = facts.map(({ name, value }, i) =>
    movedGroup(
      (i % perRow) * pitch,
      top + Math.floor(i / perRow) * 44,
      textElement(name, { class: "tb-muted", x: 0, y: 0, ...fittedFont(name, pitch - 14, 11) }),
      textElement(value, { class: "tb-value", x: 0, y: 18, ...fittedFont(value, pitch - 14, 13) }),
    ),
  );
  const markup = [
    textElement(cutText(title, inner, 18), { class: "tb-title", x: 0, y: 15 }),
    textElement(
      digest,
      isBeside ? { class: "tb-end tb-muted tb-mono", x: inner, y: 14 } : { class: "tb-muted tb-mono", x: 0, y: 33 },
    ),
    element("g", {}, ...cells),
  ].join("");
  return { markup, height: top + (Math.ceil(facts.length / perRow) - 1) * 44 + 22 };
}
