import { expect } from "chai";
import { type FrameChunk, planTiles, type Tensor } from "tileblend";
import { describeExact } from "../support/variants.js";

const geometry = { temporalScale: 8, heightScale: 8, widthScale: 8, causal: true };
const MIB = 2 ** 20;

/** Resident bytes after a full collection. */
function residentBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

describeExact("the window", (executor) => {
  it("is that of a tile, whatever the length: a video of terabytes opens", async () => {
    // 1,600,001 frames of 1024 x 1024 are 20 TB of float32; the window is 25 frames of 16 MiB.
    const plan = planTiles({
      latent: { frames: 200_001, height: 128, width: 128 },
      geometry,
      tiling: { temporal: { tileSize: 16 } },
    });
    const accumulator = await executor().open(plan);
    expect(accumulator.finalFrames).to.equal(0);
    accumulator.close();
  });

  it("holds a long video's memory flat", async () => {
    const plan = planTiles({
      latent: { frames: 2000, height: 8, width: 8 },
      geometry,
      tiling: { temporal: { tileSize: 32, overlap: 16 } },
    });
    // 15,993 frames of 64 x 64 are 750 MiB of float32. Window and tile are below 4 MiB; the bound leaves room for what
    // the allocator keeps of chunks that are gone.
    const bound = 128 * MIB;
    const accumulator = await executor().open(plan);
    const tiles = new Map<number, Tensor>();
    let [frames, least, most] = [0, Number.POSITIVE_INFINITY, 0];
    for (const tile of plan.tiles()) {
      const length = tile.output.frames.stop - tile.output.frames.start;
      await accumulator.add(tile, tileOf(tiles, length));
      const chunk: FrameChunk = await accumulator.take(accumulator.finalFrames);
      frames += chunk.count;
      expect(chunk.frames.data[0]).to.equal(0.5);
      if (tile.index % 64 !== 32) continue;
      least = Math.min(least, residentBytes());
      most = Math.max(most, residentBytes());
    }
    accumulator.close();
    expect(frames).to.equal(plan.output.frames);
    expect(most - least).to.be.below(bound);
  });
});

/** The one tile of each length: every pixel 0.5, which every mask keeps. */
function tileOf(made: Map<number, Tensor>, length: number): Tensor {
  const shape = [1, 3, length, 64, 64];
  const known = made.get(length);
  const tile = known ?? { dtype: "float32" as const, shape, data: new Float32Array(3 * length * 64 * 64).fill(0.5) };
  made.set(length, tile);
  return tile;
}
