import { expect } from "chai";
import fc from "fast-check";
import { geometries, PlanMismatchError, planTiles, TilePlan } from "tileblend";
import { bytesOf } from "./support/golden.js";

const latent = { frames: 16, height: 17, width: 30 };

describe("TilePlan.fromJSON", () => {
  const plan = planTiles({ latent, geometry: geometries.ltx, tiling: { spatial: { tileSize: 128, overlap: 32 } } });
  const json = JSON.parse(JSON.stringify(plan));
  const lastBytes = { ...json, digest: json.digest.replace(/.$/, (c: string) => (c === "0" ? "1" : "0")) };

  it("makes the same plan", () => {
    const anew = TilePlan.fromJSON(json);
    expect(anew.digest).to.equal(plan.digest);
    expect(anew.toJSON()).to.deep.equal(plan.toJSON());
    expect(TilePlan.fromJSON(plan.toJSON()).digest).to.equal(plan.digest);
  });

  const rejected: [string, unknown, unknown, RegExp][] = [
    ["text", "{}", TypeError, /plan must be an object, got "\{\}"/],
    ["null", null, TypeError, /plan must be an object, got null/],
    ["an empty object", {}, TypeError, /plan\.format must be "tileblend-plan", got undefined/],
    ["another version", { ...json, version: 1 }, RangeError, /plan\.version must be 2, got 1/],
    ["another digest", lastBytes, PlanMismatchError, /plan\.digest must be [0-9a-f]{64}/],
    ["no digest", { ...json, digest: undefined }, PlanMismatchError, /got undefined/],
    ["another latent", { ...json, latent: { ...latent, frames: 17 } }, PlanMismatchError, /plan\.digest/],
    ["a lying output", { ...json, output: { ...json.output, frames: 2 } }, PlanMismatchError, /plan\.output/],
    ["a lying tile count", { ...json, tileCount: 1 }, PlanMismatchError, /plan\.tileCount must be \d+, .* got 1/],
    ["a lying interval", { ...json, axes: { ...json.axes, width: [] } }, PlanMismatchError, /plan\.axes/],
    ["absurd latents", { ...json, latent: { ...latent, frames: 1e300 } }, RangeError, /latent\.frames/],
    ["a geometry that is a string", { ...json, geometry: "ltx" }, TypeError, /geometry must be an object, got "ltx"/],
  ];
  for (const [name, value, kind, message] of rejected) {
    it(`rejects ${name}`, () => {
      expect(() => TilePlan.fromJSON(value)).to.throw(kind as typeof TypeError, message);
    });
  }

  it("compares the masks that a rendering carries", () => {
    const axes = structuredClone(json.axes);
    const place = axes.width[1];
    const mask = Buffer.from(bytesOf(plan.axes.width[1]?.mask ?? new Float32Array()));
    place.mask = mask.toString("base64");
    expect(TilePlan.fromJSON({ ...json, axes }).digest).to.equal(plan.digest);
    mask.writeUInt8(mask.readUInt8(0) ^ 1, 0);
    for (const wrong of [mask.toString("base64"), "", "?", null, 1, ["a"]]) {
      place.mask = wrong;
      expect(() => TilePlan.fromJSON({ ...json, axes })).to.throw(
        PlanMismatchError,
        /plan\.axes\.width\[1\]\.mask must be/,
      );
    }
  });

  it("refuses any value in place of a field with a TypeError, RangeError or PlanMismatchError (property)", () => {
    const fields = ["format", "version", "digest", "latent", "geometry", "tiling", "output", "tileCount", "axes"];
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.jsonValue(), (field, value) => {
        if (JSON.stringify(json[field]) === JSON.stringify(value)) return;
        if (field === "tiling" && value === null) return;
        try {
          TilePlan.fromJSON({ ...json, [field]: value });
          expect.fail(`accepted ${field}: ${JSON.stringify(value)}`);
        } catch (error) {
          const isExpected =
            error instanceof TypeError || error instanceof RangeError || error instanceof PlanMismatchError;
          if (!isExpected) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});
