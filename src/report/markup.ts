/** Attributes of an element; one that is undefined is left out. Numbers are printed with at most two decimals. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

// Control characters and lone surrogates: no XML document may hold them, escaped or not.
const FORBIDDEN = /[\p{Cc}\p{Cs}\ufffe\uffff]/gu;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Escapes a text for XML and HTML, in content and in quoted attributes. What no document may hold becomes U+FFFD. */
export function escapeText(text: string): string {
  const allowed = text.replace(FORBIDDEN, (character) => (/[\t\n\r]/.test(character) ? character : "\ufffd"));
  return allowed.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** Prints a coordinate: at most two decimals, no exponent, no -0. */
export function formatCoordinate(value: number): string {
  const rounded = Math.round(value * 100) / 100;
  return `${rounded === 0 ? 0 : rounded}`;
}

/** Prints a whole number, in groups of three from five digits on: 1024, 10,000. */
export function formatCount(value: number): string {
  const digits = `${value}`;
  return /^\d{5,}$/.test(digits) ? digits.replace(/\B(?=(?:\d{3})+$)/g, ",") : digits;
}

/** Makes one element. Attribute values are escaped; children are markup already. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const printed = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? formatCoordinate(value) : escapeText(`${value}`)}"`)
    .join("");
  return children.length === 0 ? `<${name}${printed}/>` : `<${name}${printed}>${children.join("")}</${name}>`;
}

/** A group moved by (x, y) drawing units. */
export function movedGroup(x: number, y: number, ...children: readonly string[]): string {
  return element("g", { transform: `translate(${formatCoordinate(x)} ${formatCoordinate(y)})` }, ...children);
}

/** One line of text in an SVG; `content` is escaped. */
export function textElement(content: string, attributes: Attributes): string {
  return element("text", attributes, escapeText(content));
}

/** The path through points, in drawing units. Empty without points. */
export function linePath(points: readonly (readonly [number, number])[]): string {
  const printed = points.map(([x, y]) => `${formatCoordinate(x)} ${formatCoordinate(y)}`);
  return printed.length === 0 ? "" : `M${printed.join("L")}`;
}

/** Attributes that make a text fit its room: a smaller font where needed. */
export function fittedFont(content: string, room: number, fontSize: number): Attributes {
  const width = estimateTextWidth(content, fontSize);
  return width <= room ? {} : { style: `font-size:${formatCoordinate((fontSize * room) / width)}px` };
}

/** Cuts a text that is too long for its room (drawing units), with an ellipsis at the end. */
export function cutText(content: string, room: number, fontSize: number): string {
  if (estimateTextWidth(content, fontSize) <= room) return content;
  const kept = [...content].slice(0, Math.max(0, Math.floor(room / (fontSize * 0.635)) - 1));
  return `${kept.join("").trimEnd()}…`;
}

/** Width of a text in drawing units: on the safe side for the fonts that the pictures ask for. */
export function estimateTextWidth(content: string, fontSize: number): number {
  const narrow = content.match(/[\s.,;:·'|()–-]/g)?.length ?? 0;
  return (content.length * 0.635 - narrow * 0.25) * fontSize;
}
