import { element, escapeText } from "./markup.js";
import { bothThemes, MONO, type Palette, SANS } from "./theme.js";

/** What a page is made of. */
export interface PageParts {
  readonly title: string;
  /** Markup between the page's heading and its end. */
  readonly body: string;
}

/** Wraps markup as a self-contained HTML page: no script, nothing fetched but what the body itself names. */
export function htmlPage({ title, body }: PageParts): string {
  const head = [
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    element("title", {}, escapeText(title)),
    `<style>${pageStyle()}</style>`,
  ];
  return `<!doctype html>\n<html lang="en">\n<head>\n${head.join("\n")}\n</head>\n<body>\n<main>\n${body}\n</main>\n</body>\n</html>\n`;
}

/** A column of a table. */
export interface TableColumn {
  readonly label: string;
  /** Default "right", for figures. */
  readonly align?: "left" | "right";
}

/** A table of text and figures. */
export interface TableParts {
  readonly caption?: string;
  readonly columns: readonly TableColumn[];
  /** Cells of each row; a row of one cell spans the table. */
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Makes a table; it scrolls sideways by itself where it is wider than the page. */
export function htmlTable({ caption, columns, rows }: TableParts): string {
  const alignOf = (i: number) => (columns[i]?.align === "left" ? "left" : undefined);
  const head = columns.map(({ label }, i) => element("th", { scope: "col", class: alignOf(i) }, escapeText(label)));
  const body = rows.map((row) => {
    const span = row.length === 1 && columns.length > 1 ? columns.length : undefined;
    const cells = row.map((cell, i) =>
      element("td", { class: span === undefined ? alignOf(i) : "span", colspan: span }, escapeText(`${cell}`)),
    );
    return element("tr", {}, ...cells);
  });
  const title = caption === undefined ? "" : element("caption", {}, escapeText(caption));
  const parts = [title, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, body.join("\n"))];
  return element("div", { class: "scroll" }, element("table", {}, parts.join("\n")));
}

/** A call to copy: a click selects all of it. */
export function codeBlock(code: string, label: string): string {
  return element("pre", { "aria-label": label, tabindex: "0" }, element("code", {}, escapeText(code)));
}

function pageStyle(): string {
  const fixed = [
    "*{box-sizing:border-box}",
    `body{margin:0;font:15px/1.5 ${SANS}}`,
    "main{max-width:1040px;margin:0 auto;padding:32px 24px 64px}",
    "h1{font-size:24px;line-height:1.25;margin:0 0 8px;overflow-wrap:anywhere}",
    "h2{font-size:17px;line-height:1.3;margin:40px 0 12px;overflow-wrap:anywhere}",
    "p{margin:0 0 12px;max-width:46em}",
    "svg,img,video{max-width:100%;height:auto;display:block}",
    ".narrow{display:none}",
    ".unseen{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden;white-space:nowrap}",
    ".drawing{max-width:none}",
    ".scroll{overflow-x:auto;max-width:100%}",
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:14px}",
    "caption{text-align:left;font-weight:600;padding:0 0 6px}",
    "th,td{text-align:right;padding:4px 11px;white-space:nowrap}",
    "th:first-child,td:first-child{padding-left:0}",
    "th{font-weight:400;font-size:13px;vertical-align:bottom}",
    "th.left,td.left{text-align:left}td.span{text-align:center}",
    `pre{font:13px/1.5 ${MONO};padding:12px 14px;margin:0 0 12px;border-radius:8px;overflow-x:auto;user-select:all}`,
    "dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(46%,210px),1fr));gap:14px 24px;margin:0}",
    "dt{font-size:13px}.long{grid-column:1/-1}dd{margin:0;overflow-wrap:anywhere}",
    ".columns{display:flex;flex-wrap:wrap;gap:28px 44px;align-items:flex-start}",
    ".figures{display:grid;gap:24px;align-items:start;grid-template-columns:repeat(auto-fit,minmax(min(100%,280px),1fr));margin:0 0 16px}",
    ".pairs{grid-template-columns:repeat(auto-fit,minmax(min(100%,380px),1fr))}",
    "figure{margin:0;min-width:0}figure.wide{grid-column:1/-1}figcaption{font-size:13px;margin-top:6px}",
    "figure img,figure video{width:100%;border-radius:4px}.pixelated{image-rendering:pixelated}",
    "@media (max-width:760px){main{padding:20px 12px 48px}.wide-picture{display:none}.narrow{display:block}}",
  ];
  return fixed.join("") + bothThemes(pageColours);
}

function pageColours({ card, ink, muted, line, frame }: Palette): string {
  return [
    `body{background:${card};color:${ink}}`,
    `th,dt,figcaption,td.span,.muted{color:${muted}}`,
    `th,td{border-bottom:1px solid ${line}}`,
    `pre{background:${frame}}`,
  ].join("");
}
