import { expect } from "chai";
import { decodeTiled } from "tileblend";
import { latentsOf, probeDecoder } from "./support/decoders.js";

describe("a decode", () => {
  const geometry = { temporalScale: 2, heightScale: 4, widthScale: 4, causal: true };
  const tiling = { spatial: { tileSize: 16, overlap: 8 }, temporal: { tileSize: 6, overlap: 2 } };
  const probe = probeDecoder(geometry);

  it("lets the event loop turn before each tile that it starts, however many at once", async () => {
    let turns = 0;
    const count = () => {
      turns += 1;
      next = setImmediate(count);
    };
    let next = setImmediate(count);
    const startedAt: number[] = [];
    const decoder: typeof probe = (tile, context) => {
      startedAt.push(turns);
      return probe(tile, context);
    };
    const options = { geometry, tiling, executor: "wasm", concurrency: 6 } as const;
    await decodeTiled(latentsOf([1, 3, 9, 6, 7]), decoder, options).finally(() => clearImmediate(next));
    expect(startedAt.length).to.be.above(6);
    expect(new Set(startedAt).size).to.equal(startedAt.length);
  });
});
