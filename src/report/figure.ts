import { element, escapeText, formatCoordinate, movedGroup } from "./markup.js";
import { pictureStyle } from "./theme.js";

/** A part of a picture: its markup, drawn from (0, 0), and its height (drawing units). */
export interface Section {
  readonly markup: string;
  readonly height: number;
}

/** Where a section may draw (drawing units). */
export interface Columns {
  /** Whole width of a section. */
  readonly width: number;
  /** Left of the drawing, for labels and curves. */
  readonly gutter: number;
  /** Width of the drawing itself. */
  readonly main: number;
  /** Right of the drawing, for tick labels. */
  readonly ticks: number;
  /** Start of the notes; undefined: notes go below the drawing. */
  readonly notesAt: number | undefined;
}

/** Room between the picture's edge and what is in it (drawing units). */
export const PADDING = 28;

/** What a picture is made of. */
export interface PictureParts {
  readonly width: number;
  readonly height: number;
  /** Read out in place of the picture. */
  readonly label: string;
  readonly body: string;
}

/** Wraps a body as a self-contained SVG on a card that suits light and dark pages. */
export function picture({ width, height, label, body }: PictureParts): string {
  const card = { class: "tb-card", x: 0.5, y: 0.5, width: width - 1, height: height - 1, rx: 10 };
  return `${element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      class: "tb-picture",
      viewBox: `0 0 ${formatCoordinate(width)} ${formatCoordinate(height)}`,
      width,
      height,
      role: "img",
      "aria-label": label,
    },
    `<style>${escapeStyle(pictureStyle())}</style>`,
    element("rect", card),
    body,
  )}\n`;
}

/** A style holds no entity inside HTML and must hold none of these in XML. */
function escapeStyle(css: string): string {
  if (/[<&]/.test(css)) throw new Error(`a picture's style must hold no < and no &: ${escapeText(css)}`);
  return css;
}

/** Stacks sections, with a rule between them. Returns one section. */
export function stackSections(sections: readonly Section[], width: number): Section {
  const spacing = 22;
  let y = 0;
  const groups = sections.map((section, i) => {
    const rule = element("path", {
      class: "tb-rule",
      d: `M0 ${formatCoordinate(-spacing)}H${formatCoordinate(width)}`,
    });
    const group = movedGroup(0, y, ...(i === 0 ? [] : [rule]), section.markup);
    y += section.height + 2 * spacing;
    return group;
  });
  return { markup: groups.join(""), height: Math.max(0, y - 2 * spacing) };
}
