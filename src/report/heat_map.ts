import { mustBe } from "../errors.js";
import { checkInteger, checkKeys, checkObject } from "../validate.js";
import { element, estimateTextWidth, formatCoordinate, textElement } from "./markup.js";

/** What heatMap takes. */
export interface HeatMapOptions {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** The value that gets the last colour; say it in the caption. */
  readonly max: number;
}

/** A colour: red, green, blue, 0 to 255. */
type Rgb = readonly [number, number, number];

// Dark to bright, each clearly lighter than the one before, so that it reads in grey and without red or green too.
const ANCHORS: readonly Rgb[] = [
  [4, 4, 12],
  [38, 17, 84],
  [92, 22, 118],
  [150, 38, 110],
  [205, 62, 82],
  [240, 108, 42],
  [252, 172, 30],
  [253, 246, 170],
];

// No anchor and no colour between two of them is near it.
const NOT_A_NUMBER: Rgb = [0, 200, 255];

/**
 * Colours values from 0 (nearly black) to `max` (pale yellow), row by row. Values below 0 get the first colour, those
 * above `max` the last; what is not a number is cyan. Returns width · height · 3 bytes of rgb24, which the caller owns.
 * @throws TypeError or RangeError when the number of values is not width · height, or max is not above 0 and finite.
 */
export function heatMap(values: Float32Array, options: HeatMapOptions): Uint8Array {
  checkKeys("options", checkObject("options", options), ["width", "height", "max"]);
  const width = checkInteger("options.width", options.width, { min: 1, unit: "pixels" });
  const height = checkInteger("options.height", options.height, { min: 1, unit: "pixels" });
  const { max } = options;
  checkMax("options.max", max);
  if (!(values instanceof Float32Array)) throw new TypeError(mustBe("values", "a Float32Array", values));
  if (values.length !== width * height) {
    throw new RangeError(mustBe("values.length", `${width * height}, width · height`, values.length));
  }
  const pixels = new Uint8Array(values.length * 3);
  for (let i = 0; i < values.length; i++) pixels.set(heatColour((values[i] ?? 0) / max), 3 * i);
  return pixels;
}

function checkMax(path: string, max: unknown): void {
  if (typeof max !== "number") throw new TypeError(mustBe(path, "a number above 0", max));
  if (!(max > 0 && Number.isFinite(max))) throw new RangeError(mustBe(path, "above 0 and finite", max));
}

function heatColour(part: number): Rgb {
  if (Number.isNaN(part)) return NOT_A_NUMBER;
  const place = Math.min(Math.max(part, 0), 1) * (ANCHORS.length - 1);
  const lower = Math.min(Math.floor(place), ANCHORS.length - 2);
  const [from, to] = [ANCHORS[lower] ?? NOT_A_NUMBER, ANCHORS[lower + 1] ?? NOT_A_NUMBER];
  const mix = (channel: 0 | 1 | 2) => Math.round(from[channel] + (to[channel] - from[channel]) * (place - lower));
  return [mix(0), mix(1), mix(2)];
}

/** Length of the bar of heatScaleSvg, and the steps it is drawn in (drawing units, stripes). */
const BAR = { length: 160, height: 10, stripes: 80 } as const;

/**
 * Draws the colours of heatMap as a bar from 0 to `max`, with a label: a self-contained SVG for a caption.
 * @throws TypeError or RangeError when max is not above 0 and finite.
 */
export function heatScaleSvg(max: number, label: string): string {
  checkMax("max", max);
  const width = BAR.length + 14 + Math.ceil(estimateTextWidth(label, 11));
  const step = BAR.length / BAR.stripes;
  const stripes = Array.from({ length: BAR.stripes }, (_, i) => {
    const fill = `rgb(${heatColour(i / (BAR.stripes - 1)).join(",")})`;
    return element("rect", { x: i * step, y: 0, width: step, height: BAR.height, fill });
  });
  // A grey that is legible on light and on dark: there is no card behind it.
  const font = { fill: "#7d8796", "font-family": "sans-serif", "font-size": 11 };
  const texts = [
    textElement("0", { x: 0, y: 24, ...font }),
    textElement(formatShort(max), { x: BAR.length, y: 24, "text-anchor": "end", ...font }),
    textElement(label, { x: BAR.length + 12, y: 9, ...font }),
  ];
  const viewBox = `0 0 ${width} 28`;
  const svg = { xmlns: "http://www.w3.org/2000/svg", viewBox, width, height: 28, role: "img", "aria-label": label };
  const bar = element("g", { "shape-rendering": "crispEdges" }, ...stripes);
  return `${element("svg", svg, bar, ...texts)}\n`;
}

/** Prints a number to three digits: 0.0123, 45.6, 1.2e-7. */
export function formatShort(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(1).replace(".0e", "e").replace("e+", "e");
  return size >= 100 ? formatCoordinate(Math.round(value * 10) / 10) : `${Number(value.toPrecision(3))}`;
}
