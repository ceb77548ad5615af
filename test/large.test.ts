import { expect } from "chai";
import { createExecutor, decodeFrames, planTiles, type Tensor, type TileContext } from "tileblend";

describe("a large video", function () {
  this.timeout(300_000);

  it("streams 5 GiB of float32 without holding it", async () => {
    const geometry = { temporalScale: 8, heightScale: 32, widthScale: 32, causal: true };
    const tiling = { temporal: { tileSize: 16, overlap: 0 } };
    // 1 channel, 1 + 8 · 320 = 2561 frames of 704 x 768 pixels: 5.16 GiB.
    const shape = [1, 1, 321, 22, 24] as const;
    const plan = planTiles({ latent: { frames: 321, height: 22, width: 24 }, geometry, tiling });
    const area = 704 * 768;
    expect(plan.output.frames * area * 4).to.be.above(5 * 2 ** 30);
    const longest = Math.max(...plan.axes.frames.map(({ outStart, outStop }) => outStop - outStart));
    const pixels = new Float32Array(longest * area).fill(0.5);
    const decoder = (_: Tensor, { tile }: TileContext): Tensor => {
      const frames = tile.output.frames.stop - tile.output.frames.start;
      return { dtype: "float32", shape: [1, 1, frames, 704, 768], data: pixels.subarray(0, frames * area) };
    };
    const latents: Tensor = { dtype: "float32", shape, data: new Float32Array(321 * 22 * 24) };
    const before = process.memoryUsage().rss;
    let [frames, most] = [0, 0];
    const executor = await createExecutor("auto");
    for await (const chunk of decodeFrames(latents, decoder, { geometry, tiling, executor, outputChannels: 1 })) {
      expect(chunk.start).to.equal(frames);
      frames += chunk.count;
      const { data } = chunk.frames as Tensor;
      expect([data[0], data[data.length >> 1], data.at(-1)]).to.deep.equal([0.5, 0.5, 0.5]);
      most = Math.max(most, process.memoryUsage().rss - before);
      global.gc?.();
    }
    expect(frames).to.equal(plan.output.frames);
    // Sums and weights of the window (2 x 17 frames) and the chunk, which a collector may hold twice (2 x 17): 4 tiles
    // of 17 frames, 34 MiB each; and as much again for the engine. The whole would be 5,280 MiB.
    expect(most).to.be.below(8 * longest * area * 4);
  });
});
