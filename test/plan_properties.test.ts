import { expect } from "chai";
import fc from "fast-check";
import { type Geometry, planTiles, TilePlan, type Tiling } from "tileblend";
import { bytesOf } from "./support/golden.js";
import { type ReferenceAxisTiling, referencePlan } from "./support/reference.js";

/** A legal request, and its tiling in latent cells for the reference. */
function anyRequest() {
  const axis = fc.record({
    dimension: fc.integer({ min: 1, max: 12 }),
    scale: fc.integer({ min: 1, max: 5 }),
    size: fc.option(fc.integer({ min: 2, max: 13 })),
    overlap: fc.nat(12),
    margin: fc.nat(30),
    ramp: fc.constantFrom("linear" as const, "smooth" as const),
    context: fc.constantFrom("both" as const, "past" as const),
  });
  return fc.tuple(axis, axis, axis, fc.boolean()).map(([f, h, w, causal]) => {
    const cell = (a: typeof f): ReferenceAxisTiling => {
      if (a.size === null) return null;
      const overlap = a.overlap % a.size;
      const context = a === f ? a.context : "both";
      const most = (overlap * a.scale) / (context === "past" ? 1 : 2);
      const margin = 2 * overlap <= a.size ? Math.min(a.margin, Math.floor(most)) : 0;
      return { size: a.size, overlap, margin, ramp: a.ramp, context };
    };
    const tile = (a: typeof f) => {
      const inCells = cell(a);
      if (inCells === null) return null;
      const { size, overlap, ...fade } = inCells;
      return { tileSize: size * a.scale, overlap: overlap * a.scale, ...fade };
    };
    const geometry: Geometry = { temporalScale: f.scale, heightScale: h.scale, widthScale: w.scale, causal };
    // Null in place of a tiled axis is a spelling that planTiles takes.
    const tiling = { spatial: { height: tile(h), width: tile(w) }, temporal: tile(f) } as Tiling;
    const size = { frames: f.dimension, height: h.dimension, width: w.dimension };
    const cells: [ReferenceAxisTiling, ReferenceAxisTiling, ReferenceAxisTiling] = [cell(f), cell(h), cell(w)];
    return { request: { latent: size, geometry, tiling }, cells };
  });
}

describe("planTiles (properties)", () => {
  it("equals the reference for any geometry and tiling (property)", () => {
    fc.assert(
      fc.property(anyRequest(), ({ request, cells }) => {
        const plan = planTiles(request);
        const { frames, height, width } = request.latent;
        const expected = referencePlan([frames, height, width], request.geometry, cells);
        for (const [i, axis] of (["frames", "height", "width"] as const).entries()) {
          const parts = plan.axes[axis].map(({ start, end, outStart, outStop }) => ({ start, end, outStart, outStop }));
          expect(parts).to.deep.equal(expected[i]?.map(({ mask: _, ...part }) => part));
          plan.axes[axis].forEach(({ mask }, j) => {
            expect(bytesOf(mask).equals(bytesOf(expected[i]?.[j]?.mask ?? new Float32Array()))).to.equal(true);
          });
        }
        expect(plan.tileCount).to.equal([...plan.tiles()].length);
        expect(TilePlan.fromJSON(JSON.parse(JSON.stringify(plan))).digest).to.equal(plan.digest);
      }),
      { numRuns: 300 },
    );
  });
});
