/** Colours of every picture and page. */
export interface Palette {
  /** Behind everything. */
  readonly card: string;
  readonly ink: string;
  readonly muted: string;
  readonly line: string;
  /** Tiles alternate between these two. */
  readonly even: string;
  readonly odd: string;
  /** The one tile that is pointed out. */
  readonly example: string;
  /** A frame, and where tiles overlap. */
  readonly frame: string;
  readonly overlap: string;
  /** More lines in a plot. */
  readonly third: string;
  readonly fourth: string;
}

/** The colours on a light background. */
const LIGHT: Palette = {
  card: "#ffffff",
  ink: "#1b2430",
  muted: "#667282",
  line: "#d9dee5",
  even: "#2f6bd8",
  odd: "#0d9488",
  example: "#d9660a",
  frame: "#eef2f8",
  overlap: "#3b4f78",
  third: "#9a4fc4",
  fourth: "#b4304f",
};

/** The colours on a dark background. */
const DARK: Palette = {
  card: "#12171f",
  ink: "#e7ebf1",
  muted: "#93a0b2",
  line: "#2c3644",
  even: "#74a7ff",
  odd: "#3fcbb4",
  example: "#ffab4d",
  frame: "#1c2430",
  overlap: "#a9c0ee",
  third: "#cf98f0",
  fourth: "#ff8fa6",
};

/** Shade of a region under one more doubling of its tiles. */
export const OVERLAP_OPACITY = 0.2;

/** Fonts of every picture and page. */
export const SANS = 'ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif';

/** Fonts of digests and calls. */
export const MONO = 'ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace';

/**
 * Rules for both backgrounds: `rules` is printed for the light palette, then again for the dark one. Plain colours
 * rather than custom properties, which not every SVG viewer knows.
 */
export function bothThemes(rules: (palette: Palette) => string): string {
  return `${rules(LIGHT)}@media (prefers-color-scheme:dark){${rules(DARK)}}`;
}

/** Rules of the SVG pictures. Every class starts with `tb-`, since in a page they hold for the whole page. */
export function pictureStyle(): string {
  const fixed = [
    `.tb-picture text{font-family:${SANS};font-size:11px;font-variant-numeric:tabular-nums}`,
    ".tb-picture .tb-title{font-size:18px;font-weight:600}",
    ".tb-picture .tb-heading{font-size:13px;font-weight:600}",
    ".tb-picture .tb-value{font-size:13px}",
    ".tb-picture .tb-small{font-size:10px}",
    `.tb-picture .tb-mono{font-family:${MONO}}`,
    ".tb-end{text-anchor:end}.tb-middle{text-anchor:middle}",
    ".tb-curve{fill-opacity:.16;stroke-width:1.25;stroke-linejoin:round}",
    ".tb-edge{fill:none;stroke-opacity:.6}",
    ".tb-rule,.tb-axis,.tb-tear{fill:none}.tb-axis,.tb-tear{stroke-width:1}",
    ".tb-plot{fill:none;stroke-width:1.5;stroke-linejoin:round}",
    ".tb-mark{stroke-dasharray:2 3}.tb-hatch{fill:none;stroke-width:.75}",
  ];
  return fixed.join("") + bothThemes(pictureColours);
}

function pictureColours(palette: Palette): string {
  const { card, ink, muted, line, even, odd, example, frame, overlap, third, fourth } = palette;
  const hue = (name: string, colour: string) =>
    `.tb-curve.tb-${name}{fill:${colour};stroke:${colour}}.tb-edge.tb-${name},.tb-plot.tb-${name}{stroke:${colour}}`;
  return [
    `.tb-picture text{fill:${ink}}.tb-picture .tb-muted{fill:${muted}}`,
    `.tb-card{fill:${card};stroke:${line}}.tb-rule{stroke:${line}}.tb-axis,.tb-tear,.tb-mark{stroke:${muted}}`,
    `.tb-break{fill:${card}}.tb-frame{fill:${frame}}.tb-overlap{fill:${overlap}}.tb-outline{fill:none;stroke:${muted}}`,
    `.tb-picked{fill:${example};fill-opacity:.09;stroke:${example};stroke-width:1.75}`,
    `.tb-hatch{stroke:${example}}`,
    `.tb-dot{fill:${card};stroke:${ink};stroke-width:1.25}`,
    hue("even", even),
    hue("odd", odd),
    hue("third", third),
    hue("fourth", fourth),
    hue("example", example),
  ].join("");
}
