import { mustBe } from "../errors.js";
import type { TilePlan } from "../plan.js";
import { checkKeys, checkObject, checkOneOf } from "../validate.js";
import { element, escapeText } from "./markup.js";
import { htmlPage, htmlTable, type TableParts } from "./page.js";
import { planFigure } from "./plan_html.js";
import { resolvePictureOptions } from "./plan_svg.js";

/** A picture or a video with its caption. */
export interface ComparisonFigure {
  readonly kind: "image" | "video";
  /** A relative link, or a data URI of an image or a video. */
  readonly src: string;
  /** What is to be seen, for those who do not see it. */
  readonly alt: string;
  readonly caption: string;
  /** Shows the pixels as squares when enlarged. Default false. */
  readonly isPixelated?: boolean;
  /** Takes the page's whole width. Default false. */
  readonly isWide?: boolean;
}

/** A part of a page of comparisons, in this order: text, drawings, figures, tables. */
export interface ComparisonSection {
  readonly heading: string;
  /** Paragraphs of plain text. */
  readonly text?: readonly string[];
  /** The plan, drawn. */
  readonly plan?: TilePlan;
  /** SVG documents of this package (planSvg, linePlotSvg, heatScaleSvg): put into the page as they are, unescaped. */
  readonly drawings?: readonly string[];
  readonly figures?: readonly ComparisonFigure[];
  readonly tables?: readonly TableParts[];
}

/** What compareHtml takes. */
export interface CompareOptions {
  readonly title: string;
  /** Paragraphs of plain text under the title. */
  readonly intro?: readonly string[];
  readonly sections: readonly ComparisonSection[];
}

/**
 * Makes an HTML page that shows plans, pictures, videos and figures beside each other. All text is escaped; the page
 * holds no script and fetches nothing but the relative links in `src`.
 * @throws TypeError or RangeError on options that cannot be, and on a `src` that is neither a relative link nor a data URI.
 */
export function compareHtml(options: CompareOptions): string {
  checkKeys("options", checkObject("options", options), ["title", "intro", "sections"]);
  const { title, intro = [], sections } = options;
  if (typeof title !== "string") throw new TypeError(mustBe("options.title", "a string", title));
  if (!Array.isArray(sections)) throw new TypeError(mustBe("options.sections", "an array of sections", sections));
  const body = [
    element("h1", {}, escapeText(title)),
    ...intro.map(paragraph),
    ...sections.map((section: ComparisonSection, i) => sectionMarkup(section, `options.sections[${i}]`)),
  ];
  return htmlPage({ title, body: body.join("\n") });
}

function paragraph(text: string): string {
  return element("p", {}, escapeText(text));
}

function sectionMarkup(section: ComparisonSection, path: string): string {
  checkKeys(path, checkObject(path, section), ["heading", "text", "plan", "drawings", "figures", "tables"]);
  const { heading, text = [], plan, drawings = [], figures = [], tables = [] } = section;
  const grid = figures.map((figure, i) => figureMarkup(figure, `${path}.figures[${i}]`));
  const parts = [
    element("h2", {}, escapeText(heading)),
    ...text.map(paragraph),
    ...(plan === undefined ? [] : [planFigure(plan, resolvePictureOptions({}))]),
    ...drawings.map((drawing) => element("p", { class: "drawing" }, drawing)),
    ...(grid.length === 0 ? [] : [element("div", { class: gridClass(grid.length) }, grid.join("\n"))]),
    ...tables.map(htmlTable),
  ];
  return element("section", {}, parts.join("\n"));
}

/** Four side by side would leave one alone in a second row: two and two. */
function gridClass(count: number): string {
  return count === 4 ? "figures pairs" : "figures";
}

function figureMarkup(figure: ComparisonFigure, path: string): string {
  checkKeys(path, checkObject(path, figure), ["kind", "src", "alt", "caption", "isPixelated", "isWide"]);
  const kind = checkOneOf(`${path}.kind`, figure.kind, ["image", "video"] as const);
  const { alt, caption, isPixelated = false, isWide = false } = figure;
  const src = checkSource(`${path}.src`, figure.src, kind);
  const look = isPixelated ? "pixelated" : undefined;
  const medium =
    kind === "image"
      ? // An HTML void element: XML's closing slash is allowed and ignored.
        element("img", { src, alt, class: look, loading: "lazy" })
      : element(
          "video",
          { src, "aria-label": alt, class: look, controls: "", loop: "", muted: "", playsinline: "" },
          "",
        );
  const text = element("figcaption", {}, escapeText(caption));
  return element("figure", { class: isWide ? "wide" : undefined }, medium, text);
}

/** Refuses a link that runs a script or leaves the page's own folder tree by a scheme or a host. */
function checkSource(path: string, src: unknown, kind: "image" | "video"): string {
  if (typeof src !== "string") throw new TypeError(mustBe(path, "a string", src));
  const isData = src.startsWith(`data:${kind}/`);
  // Browsers drop control characters and take a backslash for a slash.
  const isRelative = /^(?![\\/]{2})[^\p{Cc}:]+$/u.test(src) && src.trim() === src;
  if (!isData && !isRelative) throw new RangeError(mustBe(path, `a relative link or a data URI of ${kind}/…`, src));
  return src;
}
