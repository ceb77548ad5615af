import { expect } from "chai";
import { type ComparisonFigure, compareHtml, heatMap, heatScaleSvg, linePlotSvg } from "#src/report/index.js";
import { plotTicks } from "#src/report/plot_ticks.js";
import { ltxPlan } from "./plans.js";
import { parsePage, parseXml } from "./xml.js";

function pageOf(figure: Partial<ComparisonFigure>): string {
  const whole = { kind: "image", src: "a.png", alt: "", caption: "", ...figure } as const;
  return compareHtml({ title: "t", sections: [{ heading: "h", figures: [whole] }] });
}

describe("compareHtml", () => {
  it("rejects links that run a script or name another host", () => {
    const path = "options.sections[0].figures[0].src must be a relative link or a data URI of image/…";
    for (const src of [
      "javascript:alert(1)",
      "JAVASCRIPT:alert(1)",
      " javascript:alert(1)",
      "java\nscript:alert(1)",
      "https://example.org/a.png",
      "//example.org/a.png",
      "\\\\example.org/a.png",
      "/\\example.org/a.png",
      "\t//example.org/a.png",
      "data:text/html,<p>",
      "data:video/mp4;base64,AA",
      "",
    ]) {
      expect(() => pageOf({ src }), src).to.throw(RangeError, path);
    }
  });

  it("rejects options of the wrong kind", () => {
    // @ts-expect-error: no title
    expect(() => compareHtml({ sections: [] })).to.throw(TypeError, "options.title must be a string, got undefined");
    // @ts-expect-error: no sections
    expect(() => compareHtml({ title: "t" })).to.throw(TypeError, "options.sections must be an array of sections");
    // @ts-expect-error: not a kind
    expect(() => pageOf({ kind: "audio" })).to.throw(TypeError, "figures[0].kind must be one of image, video");
    // @ts-expect-error: not a string
    expect(() => pageOf({ src: 7 })).to.throw(TypeError, "figures[0].src must be a string, got 7");
    // @ts-expect-error: a misspelt option
    expect(() => pageOf({ pixelated: true })).to.throw(
      TypeError,
      "options.sections[0].figures[0].pixelated is not known",
    );
  });

  it("is well-formed with nothing in it", () => {
    expect(parsePage(compareHtml({ title: "", sections: [] })).map(({ name }) => name)).to.include("h1");
  });

  it("shows plans, drawings, figures and tables, all text escaped", () => {
    const text = `<script>"&'`;
    const drawing = linePlotSvg({ title: text, yLabel: text, series: [{ name: text, values: [1, 2] }] });
    const page = compareHtml({
      title: text,
      intro: [text],
      sections: [
        {
          heading: text,
          text: [text],
          plan: ltxPlan(),
          drawings: [drawing, heatScaleSvg(1, text)],
          figures: [
            { kind: "image", src: "img/a.png?b=1&c=2#d", alt: text, caption: text, isPixelated: true, isWide: true },
            { kind: "video", src: "data:video/mp4;base64,AA==", alt: text, caption: text },
          ],
          tables: [{ caption: text, columns: [{ label: text, align: "left" }, { label: "n" }], rows: [[text, 1]] }],
        },
      ],
    });
    const elements = parsePage(page);
    const byName = (name: string) => elements.filter((element) => element.name === name);
    expect(byName("script")).to.deep.equal([]);
    expect(byName("svg")).to.have.length(4);
    expect(byName("img")[0]?.attributes.get("src")).to.equal("img/a.png?b=1&c=2#d");
    expect(byName("img")[0]?.attributes.get("class")).to.equal("pixelated");
    expect(byName("video")[0]?.attributes.get("src")).to.equal("data:video/mp4;base64,AA==");
    for (const name of ["title", "h1", "h2", "p", "figcaption", "caption", "th", "td"]) {
      expect(
        byName(name).some((element) => element.text === text),
        name,
      ).to.equal(true);
    }
  });
});

describe("heatMap", () => {
  it("rejects what does not fit", () => {
    const values = new Float32Array(6);
    expect(() => heatMap(values, { width: 2, height: 2, max: 1 })).to.throw(RangeError, "values.length must be 4");
    expect(() => heatMap(values, { width: 0, height: 2, max: 1 })).to.throw(RangeError, "options.width must be");
    expect(() => heatMap(values, { width: 3, height: 2, max: 0 })).to.throw(RangeError, "options.max must be above 0");
    expect(() => heatMap(values, { width: 3, height: 2, max: Number.NaN })).to.throw(RangeError, "options.max must be");
    // @ts-expect-error: not a Float32Array
    expect(() => heatMap([1], { width: 1, height: 1, max: 1 })).to.throw(TypeError, "values must be a Float32Array");
    expect(() => heatScaleSvg(0, "")).to.throw(RangeError, "max must be above 0");
  });

  it("goes from dark to bright, clamps, and marks what is not a number", () => {
    const steps = Float32Array.from({ length: 256 }, (_, i) => i / 255);
    const pixels = heatMap(steps, { width: 256, height: 1, max: 1 });
    const luminance = Array.from({ length: 256 }, (_, i) => {
      const [red = 0, green = 0, blue = 0] = pixels.subarray(3 * i, 3 * i + 3);
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    });
    // Rounding a colour moves its luminance by 0.5 at most: a step back of up to 1 is none.
    luminance.slice(1).forEach((value, i) => {
      expect(value).to.be.at.least((luminance[i] ?? 0) - 1);
    });
    expect(luminance[255] ?? 0).to.be.above((luminance[0] ?? 0) + 200);
    const values = Float32Array.of(-1, 0, 2, 3, Number.POSITIVE_INFINITY, Number.NaN);
    const colours = heatMap(values, { width: 3, height: 2, max: 2 });
    const colourAt = (i: number) => [...colours.subarray(3 * i, 3 * i + 3)];
    expect(colourAt(0)).to.deep.equal(colourAt(1)).and.to.deep.equal([4, 4, 12]);
    expect(colourAt(3)).to.deep.equal(colourAt(2)).and.to.deep.equal([253, 246, 170]);
    expect(colourAt(4)).to.deep.equal(colourAt(2));
    expect(colourAt(5)).to.deep.equal([0, 200, 255]);
  });

  it("labels its scale", () => {
    const texts = parseXml(heatScaleSvg(0.125, "difference")).map(({ text }) => text);
    expect(texts).to.include.members(["0", "0.125", "difference"]);
  });
});

describe("linePlotSvg", () => {
  const plot = (values: ArrayLike<number>) => linePlotSvg({ title: "t", yLabel: "y", series: [{ name: "s", values }] });
  const lineOf = (svg: string) =>
    parseXml(svg)
      .filter(({ attributes }) => attributes.get("class")?.startsWith("tb-plot"))
      .at(-1)
      ?.attributes.get("d") ?? "";

  it("rejects what cannot be drawn", () => {
    const series = [{ name: "s", values: [1, 2, 3] }];
    const base = { title: "t", yLabel: "y", series };
    expect(() => linePlotSvg({ ...base, series: [] })).to.throw(
      RangeError,
      "options.series.length must be from 1 to 4",
    );
    expect(() => linePlotSvg({ ...base, width: 10 })).to.throw(RangeError, "options.width must be");
    expect(() => linePlotSvg({ ...base, height: 10 })).to.throw(RangeError, "options.height must be");
    expect(() => linePlotSvg({ ...base, marks: [{ at: 3 }] })).to.throw(RangeError, "mark.at must be from 0 to 2");
    const placed = (at: number[]) => ({ ...base, series: [{ name: "s", values: [1, 2, 3], at }] });
    expect(() => linePlotSvg(placed([0, 1]))).to.throw(RangeError, "options.series[0].at.length must be 3");
    expect(() => linePlotSvg(placed([0, 2, 2]))).to.throw(RangeError, "options.series[0].at must be numbers that rise");
    // @ts-expect-error: a misspelt option
    expect(() => linePlotSvg({ ...base, xlabel: "" })).to.throw(TypeError, "options.xlabel is not known");
  });

  it("puts values where `at` says", () => {
    const series = [{ name: "s", values: [1, 2, 3], at: [0, 10, 40] }];
    const line = lineOf(linePlotSvg({ title: "t", yLabel: "y", series }));
    const [first = 0, second = 0, third = 0] = [...line.matchAll(/[ML]([\d.]+) /g)].map((match) => Number(match[1]));
    // Coordinates are printed to two decimals.
    expect(third - first).to.be.closeTo(4 * (second - first), 0.04);
  });

  it("draws any values, and leaves a gap where one is not finite", () => {
    const cases = [
      [],
      [0],
      [5],
      [-3, -3],
      [Number.NaN],
      [1e-12, 3e-12],
      [1e12, -1e12],
      [0, 1e-300],
      [1, Number.POSITIVE_INFINITY],
    ];
    for (const values of cases) {
      const svg = plot(values);
      parseXml(svg);
      expect(svg, `${values}`).to.not.match(/NaN|Infinity|undefined/);
    }
    expect(lineOf(plot([1, 2, Number.NaN, 3, 4])).match(/M/g)).to.have.length(2);
    expect(lineOf(plot([1, 2, 3]))).to.match(/^M[\d. ]+h0L[\d. ]+L[\d. ]+$/);
  });

  it("keeps peaks when there are more values than room", () => {
    const values = new Float32Array(300_000);
    values[123_456] = 1;
    const svg = plot(values);
    expect(svg.length).to.be.below(100_000);
    // The peak lies on the top line of the plot, at 64.
    expect(lineOf(svg)).to.match(/L[\d.]+ 64L/);
  });

  it("draws marks and a key", () => {
    const series = ["a", "b", "c", "d"].map((name, i) => ({ name, values: [i, i + 1, i + 2] }));
    const svg = linePlotSvg({ title: "t", yLabel: "dB", series, marks: [{ at: 1, label: "join" }, { at: 2 }] });
    const elements = parseXml(svg);
    expect(elements.filter(({ attributes }) => attributes.get("class") === "tb-mark")).to.have.length(2);
    expect(elements.map(({ text }) => text)).to.include.members(["a", "b", "c", "d", "join", "dB", "frame"]);
  });

  it("chooses round ticks around the values", () => {
    expect(plotTicks(0, 1, 5).ticks).to.deep.equal([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(plotTicks(31, 42, 4)).to.deep.equal({ low: 30, high: 45, ticks: [30, 35, 40, 45] });
    expect(plotTicks(3, 42, 4).low).to.equal(0);
    expect(plotTicks(0.1, 0.3, 3).ticks).to.deep.equal([0, 0.1, 0.2, 0.3]);
    expect(plotTicks(0, 0, 4)).to.deep.include({ low: 0 });
  });
});
