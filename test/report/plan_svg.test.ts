import { readFileSync } from "node:fs";
import { expect } from "chai";
import { planTiles, type TilePlan } from "#src/plan.js";
import { planSvg } from "#src/report/index.js";
import { deepPlan, framesPlan, imagePlan, longestPlan, ltxPlan, marginPlan, millionPlan, singlePlan } from "./plans.js";
import { parseXml, type XmlElement } from "./xml.js";

function lanesOf(elements: readonly XmlElement[]): number {
  return elements.filter(({ attributes }) => attributes.get("class") === "tb-lane").length;
}

function textsOf(plan: TilePlan): readonly string[] {
  return parseXml(planSvg(plan))
    .filter(({ name }) => name === "text")
    .map(({ text }) => text);
}

describe("planSvg", () => {
  it("rejects options that cannot be", () => {
    const plan = singlePlan();
    // @ts-expect-error: not a string
    expect(() => planSvg(plan, { title: 7 })).to.throw(TypeError, "options.title must be a string, got 7");
    expect(() => planSvg(plan, { width: 359 })).to.throw(RangeError, "options.width must be a whole number from 360");
    expect(() => planSvg(plan, { width: 4097 })).to.throw(RangeError, "options.width must be");
    // @ts-expect-error: a misspelt option
    expect(() => planSvg(plan, { titel: "" })).to.throw(TypeError, "options.titel is not known");
  });

  it("draws one cell and one tile", () => {
    const plan = singlePlan();
    const texts = textsOf(plan);
    expect(lanesOf(parseXml(planSvg(plan)))).to.equal(1);
    expect(texts).to.include.members(["Tile plan", "1 × 1 × 1 cells", "1 frame, 32 × 32 px", "once", "the only tile"]);
    expect(texts).to.not.include("covered by 2 tiles");
  });

  it("is well-formed for every small plan, and holds no number that is none", () => {
    const tilings = [null, { spatial: { tileSize: 4, overlap: 2 } }, { temporal: { tileSize: 8, overlap: 4 } }];
    for (const causal of [false, true]) {
      for (let size = 1; size <= 9; size++) {
        for (const tiling of tilings) {
          const geometry = { temporalScale: 2, heightScale: 1, widthScale: 2, causal };
          const plan = planTiles({ latent: { frames: size, height: size, width: 10 - size }, geometry, tiling });
          for (const width of [360, 719, 720, 2000]) {
            const svg = planSvg(plan, { width });
            expect(lanesOf(parseXml(svg))).to.equal(plan.axes.frames.length);
            expect(svg).to.not.match(/NaN|Infinity|undefined|null|e[+-]\d/);
          }
        }
      }
    }
  });

  it("labels the LTX default with its figures", () => {
    const plan = ltxPlan();
    const texts = textsOf(plan);
    expect(texts).to.include.members([
      "16 × 17 × 30 cells",
      "121 frames, 544 × 960 px",
      "8 × 32 × 32, causal",
      "1.79 times on average",
      "3 × 2 × 2 = 12",
      "512 px, overlap 64",
      "64 frames, overlap 24",
      "64 frames, 510 MiB",
      `sha-256 ${plan.digest.slice(0, 12)}…`,
      "tile 4 of 12 (from 0)",
      "latent 4–13 × 0–16 × 0–16",
      "covered by 4 tiles",
      "960",
      "544",
      "121",
    ]);
    // The ends of the axes in latent cells, and the tiles that lie over each other.
    expect(texts).to.include.members(["30", "17", "16", "4", "5", "6", "7"]);
    expect(lanesOf(parseXml(planSvg(plan)))).to.equal(3);
  });

  it("marks the frame of weight 0 of each causal tile but the first", () => {
    const dotsOf = (plan: TilePlan) => parseXml(planSvg(plan)).filter(({ name }) => name === "circle").length;
    // Two lanes and the note.
    expect(dotsOf(ltxPlan())).to.equal(3);
    expect(dotsOf(imagePlan())).to.equal(0);
    expect(dotsOf(framesPlan(4))).to.equal(0);
  });

  it("hatches the margins of the example, and of every tile in time", () => {
    const hatches = (plan: TilePlan) =>
      parseXml(planSvg(plan)).filter(({ attributes }) => attributes.get("class") === "tb-hatch");
    expect(hatches(ltxPlan())).to.have.length(0);
    const { axes } = marginPlan();
    // The example is neither first nor last in rows or columns: a margin on each side. Two notes. One for each later tile.
    expect([axes.height.length, axes.width.length]).to.deep.equal([4, 6]);
    expect(hatches(marginPlan())).to.have.length(4 + 2 + (axes.frames.length - 1));
    expect(textsOf(marginPlan())).to.include.members([
      "256 × 256 px, overlap 128 × 96, margin 44 × 32, smooth × linear",
      "64 frames, overlap 24, margin 16, past",
      "margin: decoded for context, weight 0",
    ]);
  });

  it("leaves out the middle above 24 intervals", () => {
    for (const count of [1, 2, 23, 24]) {
      const svg = planSvg(framesPlan(count));
      expect(lanesOf(parseXml(svg)), `${count}`).to.equal(count);
      expect(svg).to.not.include(" more");
    }
    const svg = planSvg(framesPlan(25));
    expect(lanesOf(parseXml(svg))).to.equal(12);
    expect(svg).to.include("… 13 more …");
  });

  it("stays small for large plans", () => {
    for (const plan of [millionPlan(), longestPlan(), deepPlan(), framesPlan(24), framesPlan(5000)]) {
      const svg = planSvg(plan, { width: 4096 });
      parseXml(svg);
      expect(svg.length).to.be.below(100_000);
    }
    expect(textsOf(millionPlan())).to.include.members(["100 × 100 × 100 = 1,000,000", "… 88 more …", "88 more"]);
    expect(textsOf(longestPlan())).to.include.members(["Space, not in true proportion", "2,147,483,647", "2039 more"]);
  });

  it("escapes the title, and replaces what XML cannot hold", () => {
    const title = `<script>alert("1" & '2')</script>`;
    const svg = planSvg(singlePlan(), { title });
    const elements = parseXml(svg);
    expect(elements.map(({ name }) => name)).to.not.include("script");
    expect(elements.some(({ text }) => text === title)).to.equal(true);
    expect(elements[0]?.attributes.get("aria-label")).to.include(title);
    const texts = parseXml(planSvg(singlePlan(), { title: "a\u0000b\ud800c" })).map(({ text }) => text);
    expect(texts).to.include("a\ufffdb\ufffdc");
    const long = parseXml(planSvg(singlePlan(), { title: "x".repeat(10_000) }));
    expect(long.find(({ attributes }) => attributes.get("class") === "tb-title")?.text).to.match(/^x{20,120}…$/);
  });

  it("is the same for the same plan", () => {
    expect(planSvg(ltxPlan())).to.equal(planSvg(ltxPlan()));
    const { latent, geometry } = ltxPlan();
    const axis = { tileSize: 512, overlap: 64 };
    const tiling = { spatial: { height: axis, width: axis }, temporal: { tileSize: 64, overlap: 24 } };
    expect(planSvg(planTiles({ latent, geometry, tiling }))).to.equal(planSvg(ltxPlan()));
  });

  it("draws the pictures in the documents; docs/images/README.md says how to make them anew", () => {
    const pictureOf = (name: string) =>
      readFileSync(new URL(`../../../docs/images/${name}.svg`, import.meta.url), "utf8");
    expect(pictureOf("plan-ltx-default")).to.equal(planSvg(ltxPlan(), { title: "LTX-Video, default tiling" }));
    const spatial = { tileSize: 256, overlap: 128, margin: 44, ramp: "smooth" } as const;
    const temporal = { tileSize: 64, overlap: 24, margin: 16, context: "past" } as const;
    const { latent, geometry } = ltxPlan();
    const plan = planTiles({ latent, geometry, tiling: { spatial, temporal } });
    expect(pictureOf("plan-margins")).to.equal(planSvg(plan, { title: "LTX-Video, tiles with margins" }));
  });
});
