import type { Columns, Section } from "./figure.js";
import { element, fittedFont, formatCoordinate, movedGroup, textElement } from "./markup.js";

/** A line of notes: text, with a swatch before it. */
export interface Note {
  readonly text: string;
  /** Markup of 14 by 12 drawing units, from (0, 0). */
  readonly swatch?: string;
  /** Set less prominently. */
  readonly isMuted?: boolean;
}

const NOTE_HEIGHT = 18;

const NOTE_INDENT = 22;

/** Joins a section's heading, drawing and notes: side by side where there is room, else the notes below. */
export function sectionWithNotes(heading: string, drawing: Section, notes: readonly Note[], columns: Columns): Section {
  const top = 26;
  const notesHeight = notes.length * NOTE_HEIGHT;
  const isBeside = columns.notesAt !== undefined;
  const notesY = isBeside ? top + 2 : top + drawing.height + 14;
  const notesX = columns.notesAt ?? columns.gutter;
  const room = columns.width - notesX - NOTE_INDENT;
  const markup = [
    textElement(heading, { class: "tb-heading", x: 0, y: 11 }),
    movedGroup(0, top, drawing.markup),
    movedGroup(notesX, notesY, ...notes.map((note, row) => noteMarkup(note, row, room))),
  ].join("");
  const below = isBeside ? 0 : 14 + notesHeight;
  return { markup, height: Math.max(top + drawing.height + below, notesY + notesHeight) };
}

function noteMarkup(note: Note, row: number, room: number): string {
  const kind = note.isMuted === true ? "tb-muted" : undefined;
  return movedGroup(
    0,
    row * NOTE_HEIGHT,
    note.swatch ?? "",
    textElement(note.text, { class: kind, x: NOTE_INDENT, y: 10, ...fittedFont(note.text, room, 11) }),
  );
}

/** A torn edge along a break: across a column of drawing from `from` to `to`, at `at` along the other axis. */
function tearPath(at: number, from: number, to: number, isVertical: boolean): string {
  const teeth = Math.max(2, Math.round((to - from) / 8));
  const points = Array.from({ length: teeth + 1 }, (_, i) => {
    const along = from + ((to - from) * i) / teeth;
    const aside = at + (i % 2 === 0 ? -2 : 2);
    return isVertical ? [aside, along] : [along, aside];
  });
  return `M${points.map((point) => point.map(formatCoordinate).join(" ")).join("L")}`;
}

/** A rectangle of drawing units. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Covers a box with the card's colour and tears its two long edges: the mark of what is left out. */
export function breakMark(box: Box, isVertical: boolean): string {
  const { x, y, width, height } = box;
  const edges = isVertical
    ? [tearPath(x, y, y + height, true), tearPath(x + width, y, y + height, true)]
    : [tearPath(y, x, x + width, false), tearPath(y + height, x, x + width, false)];
  // One unit wider than the break, over the curves' strokes along the cut.
  const cover = isVertical ? { ...box, x: x - 1, width: width + 2 } : { ...box, y: y - 1, height: height + 2 };
  return element("rect", { class: "tb-break", ...cover }) + element("path", { class: "tb-tear", d: edges.join("") });
}

/** Distance of a hatch's lines along the axes (drawing units). */
const HATCH_PITCH = 5;

/** The mark of what is decoded and not used: slanted lines over a box, without a pattern whose name could clash. */
export function hatch({ x, y, width, height }: Box): string {
  const lines: string[] = [];
  for (let sum = HATCH_PITCH; sum < width + height; sum += HATCH_PITCH) {
    const [left, right] = [Math.max(0, sum - height), Math.min(width, sum)];
    const [from, to] = [x + left, y + sum - left].map(formatCoordinate);
    lines.push(`M${from} ${to}L${formatCoordinate(x + right)} ${formatCoordinate(y + sum - right)}`);
  }
  return element("path", { class: "tb-hatch", d: lines.join("") });
}

/** The note on what is hatched. */
export const HATCH_NOTE: Note = {
  text: "margin: decoded for context, weight 0",
  swatch:
    element("rect", { class: "tb-outline", x: 1, y: 1, width: 12, height: 9, rx: 1 }) +
    hatch({ x: 1, y: 1, width: 12, height: 9 }),
};

/** The hue of an interval: its own, or the example's. */
export function hueOf(index: number, example: number): string {
  if (index === example) return "tb-example";
  return index % 2 === 0 ? "tb-even" : "tb-odd";
}

/** The swatch of a mask's curve. */
export const CURVE_SWATCH = element("path", { class: "tb-curve tb-even", d: "M0 10L4 2H10L14 10" });
