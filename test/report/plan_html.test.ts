import { expect } from "chai";
import { parseAxisTiling, parseGeometry, parseLatent, resolveTiling } from "#src/cli/options.js";
import { geometries } from "#src/geometry.js";
import { planTiles, type TilePlan } from "#src/plan.js";
import { planCalls, planHtml } from "#src/report/index.js";
import { deepPlan, framesPlan, imagePlan, longestPlan, ltxPlan, marginPlan, millionPlan, singlePlan } from "./plans.js";
import { parsePage } from "./xml.js";

function rowsOf(plan: TilePlan): number {
  return parsePage(planHtml(plan)).filter(({ name }) => name === "tr").length;
}

describe("planHtml", () => {
  it("rejects options that cannot be", () => {
    // @ts-expect-error: not a string
    expect(() => planHtml(singlePlan(), { title: null })).to.throw(TypeError, "options.title must be a string");
    expect(() => planHtml(singlePlan(), { width: 1 })).to.throw(RangeError, "options.width must be");
  });

  it("is well-formed, and holds no script and nothing from elsewhere", () => {
    for (const plan of [singlePlan(), ltxPlan(), imagePlan(), deepPlan(), longestPlan(), millionPlan()]) {
      const page = planHtml(plan, { title: "<script>&" });
      const elements = parsePage(page);
      expect(elements.map(({ name }) => name)).to.not.include.members(["script"]);
      expect(elements.filter(({ name }) => name === "svg")).to.have.length(2);
      expect(page.replaceAll('xmlns="http://www.w3.org/2000/svg"', "")).to.not.match(
        /https?:|\bsrc=|\bhref=|url\(|@import/,
      );
      expect(page.length).to.be.below(300_000);
    }
  });

  it("shows the figures", () => {
    const texts = parsePage(planHtml(ltxPlan())).map(({ text }) => text);
    expect(texts).to.include.members(["8160", "14,592", "1.79 times on average", "510 MiB", "723 MiB", "181 MiB"]);
    expect(texts).to.include.members([ltxPlan().digest, "64 frames of 544 × 960 px", "Frames: 3 intervals"]);
    expect(texts).to.include.members(["32–97", "448–544", "448–960"]);
  });

  it("lists every interval up to 40, then leaves out the middle", () => {
    // A head for each of three tables; height and width have one interval each.
    expect(rowsOf(framesPlan(40))).to.equal(3 + 2 + 40);
    expect(rowsOf(framesPlan(41))).to.equal(3 + 2 + 16 + 1 + 16);
    expect(planHtml(framesPlan(41))).to.include("… 9 more …");
  });

  it("is the same for the same plan", () => {
    expect(planHtml(ltxPlan())).to.equal(planHtml(ltxPlan()));
  });
});

describe("planCalls", () => {
  const plans = [singlePlan(), ltxPlan(), imagePlan(), deepPlan(), longestPlan(), oddPlan(), marginPlan()];

  it("writes the calls of the LTX default", () => {
    const { sdk, cli } = planCalls(ltxPlan());
    expect(cli).to.equal("tileblend plan --latent 16x17x30 --geometry ltx --spatial 512:64 --temporal 64:24");
    expect(sdk).to.include("latent: { frames: 16, height: 17, width: 30 },");
    expect(sdk).to.include(
      "tiling: { spatial: { tileSize: 512, overlap: 64 }, temporal: { tileSize: 64, overlap: 24 } },",
    );
  });

  it("writes an SDK call that makes the same plan", () => {
    for (const plan of plans) {
      const [, call = ""] = planCalls(plan).sdk.split("const plan = ");
      const anew = new Function("planTiles", `return ${call}`)(planTiles);
      expect(anew.digest).to.equal(plan.digest);
    }
  });

  it("writes a shell call that makes the same plan", () => {
    for (const plan of plans) expect(runShellCall(planCalls(plan).cli).digest).to.equal(plan.digest);
  });
});

/** Rows and columns tiled apart, a geometry without a name. */
function oddPlan(): TilePlan {
  const geometry = { temporalScale: 3, heightScale: 5, widthScale: 7, causal: false, latentChannels: 9 };
  const tiling = { spatial: { height: { tileSize: 20, overlap: 5 }, width: { tileSize: 21 } } };
  return planTiles({ latent: { frames: 2, height: 11, width: 13 }, geometry, tiling });
}

/** Reads a call as the command line does; none of its values holds a blank. */
function runShellCall(call: string): TilePlan {
  expect(call).to.match(/^tileblend plan( --[a-z]+ [\w:,.-]+)+$/);
  const flags = new Map([...call.matchAll(/--([a-z]+) (\S+)/g)].map(([, name = "", value = ""]) => [name, value]));
  const axis = (name: string) => {
    const value = flags.get(name);
    return value === undefined ? {} : { [name]: parseAxisTiling(value) };
  };
  const geometry = parseGeometry(flags.get("geometry") ?? "");
  const options = { ...axis("spatial"), ...axis("height"), ...axis("width"), ...axis("temporal") };
  const preset = flags.get("tiling");
  const tiling = resolveTiling(preset === undefined ? options : { tiling: preset }, { frames: 1, height: 1, width: 1 });
  if (flags.get("geometry") === "ltx") expect(geometry).to.equal(geometries.ltx);
  return planTiles({ latent: parseLatent(flags.get("latent") ?? ""), geometry, tiling });
}
