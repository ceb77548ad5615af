import { expect } from "chai";
import { decodeFrames, decodeTiled, type Executor, planTiles } from "tileblend";
import { latentsOf, probeDecoder } from "./support/decoders.js";
import { EXACT_EXECUTORS, executorOrSkip } from "./support/executors.js";
import { collectGarbage } from "./support/memory.js";

const geometry = { temporalScale: 2, heightScale: 8, widthScale: 8, causal: true };
const tiling = { spatial: { tileSize: 64 }, temporal: { tileSize: 4 } };

async function heldAfter(work: () => Promise<void>): Promise<number> {
  await work();
  await collectGarbage();
  return process.memoryUsage().rss;
}

for (const name of EXACT_EXECUTORS) {
  describe(`leaks on ${name}`, function () {
    this.timeout(120_000);
    let executor: Executor;
    before(async function () {
      executor = await executorOrSkip(this, name);
    });

    it("opens and closes 1,000 times", async () => {
      // A window of 5 frames of 512 x 512, 3 channels and weights: 20 MiB. 1,000 of them leaked would be 20 GiB.
      const plan = planTiles({ latent: { frames: 9, height: 64, width: 64 }, geometry, tiling });
      const cycle = async (times: number) => {
        for (let i = 0; i < times; i++) (await executor.open(plan)).close();
      };
      const before = await heldAfter(() => cycle(50));
      // 10 windows: what a late collector may still hold.
      expect((await heldAfter(() => cycle(1000))) - before).to.be.below(10 * 20 * 2 ** 20);
    });

    it("abandons 200 decodes half way, with one signal for all", async () => {
      const latents = latentsOf([1, 3, 9, 16, 16]);
      const { signal } = new AbortController();
      const warnings: Error[] = [];
      const onWarning = (warning: Error) => warnings.push(warning);
      process.on("warning", onWarning);
      const abandon = async (times: number) => {
        for (let i = 0; i < times; i++) {
          const own = new AbortController();
          const decoder = probeDecoder(geometry);
          for await (const _ of decodeFrames(latents, decoder, { geometry, tiling, executor, signal })) break;
          const stopped = decodeTiled(latents, decoder, {
            geometry,
            tiling,
            executor,
            signal: own.signal,
            onProgress: () => own.abort(),
          });
          await stopped.catch(() => undefined);
        }
      };
      const before = await heldAfter(() => abandon(20));
      const after = await heldAfter(() => abandon(200));
      process.off("warning", onWarning);
      // A window is 5 frames of 128 x 128, 3 channels and weights: 1.3 MiB; 400 leaked would be 500 MiB.
      expect(after - before).to.be.below(100 * 2 ** 20);
      expect(warnings).to.deep.equal([]);
    });
  });
}
