import { readFileSync } from "node:fs";
import { constants, PerformanceObserver } from "node:perf_hooks";
import { expect } from "chai";
import { createExecutor, type Dtype, decodeFrames, decodeTiled, type Executor, type TileDecoder } from "tileblend";
import { elementCount } from "#src/tensor.js";
import { latentsOf } from "../support/decoders.js";
import { executorOrSkip } from "../support/executors.js";
import { bytesOf } from "../support/golden.js";
import { collectGarbage } from "../support/memory.js";
import { skipAsExpected } from "../support/requirements.js";

const geometry = { temporalScale: 2, heightScale: 8, widthScale: 8, causal: true };
const tiling = { spatial: { tileSize: 512, overlap: 64 }, temporal: { tileSize: 24, overlap: 12 } };
/** 33 frames of 576 x 960: the sums of 12 of them, 80 MB, are worth keeping. */
const latents = latentsOf([1, 3, 17, 72, 120]);

/** Answers with tiles of these pixels. */
function decoderOf(pixelsOf: (count: number, index: number) => Float32Array): TileDecoder {
  return (_, { tile, index }) => {
    const { frames, height, width } = tile.output;
    const shape = [1, 3, ...[frames, height, width].map(({ start, stop }) => stop - start)];
    return { dtype: "float32", shape, data: pixelsOf(elementCount(shape), index) };
  };
}

const byIndex = decoderOf((count, index) => new Float32Array(count).fill(index / 8));
const nan = decoderOf((count) => new Float32Array(count).fill(Number.NaN));

/** What the system may take back, of this process. */
function lentBytes(): number {
  const fields = readFileSync("/proc/self/smaps", "utf8").matchAll(/^LazyFree:\s+(\d+) kB/gm);
  return [...fields].reduce((total, [, kilobytes]) => total + Number(kilobytes) * 1024, 0);
}

describe("memory that the cpu executor keeps", function () {
  this.timeout(120_000);
  let executor: Executor;
  beforeEach(async function () {
    executor = await executorOrSkip(this, "cpu", { threads: 2 });
  });

  /** Decodes, keeps nothing of it, and has the collector see that. */
  async function waste(decoder: TileDecoder): Promise<void> {
    for await (const _ of decodeFrames(latents, decoder, { geometry, tiling, executor })) {
      // Let go at once.
    }
    await collectGarbage();
  }

  async function streamed(on: Executor, dtype: Dtype): Promise<Buffer[]> {
    const frames: Buffer[] = [];
    for await (const chunk of decodeFrames(latents, byIndex, { geometry, tiling, executor: on, dtype })) {
      expect([chunk.nanCount, chunk.uncoveredCount]).to.deep.equal([0, 0]);
      frames.push(Buffer.from(bytesOf(chunk.frames.data)));
    }
    return frames;
  }

  for (const dtype of ["float32", "bfloat16"] as const) {
    it(`does not show in later frames of ${dtype}`, async () => {
      const expected = await streamed(await createExecutor("cpu", { threads: 2 }), dtype);
      await waste(nan);
      const after = await streamed(executor, dtype);
      expect(after.map((bytes, i) => expected[i]?.equals(bytes))).to.deep.equal(expected.map(() => true));
    });
  }

  it("does not show in a whole output", async () => {
    const options = { geometry, tiling, dtype: "bfloat16" } as const;
    const expected = await decodeTiled(latents, byIndex, { ...options, executor: "wasm" });
    await waste(nan);
    const after = await decodeTiled(latents, byIndex, { ...options, executor });
    expect(Buffer.compare(bytesOf(after.data), bytesOf(expected.data))).to.equal(0);
  });

  it("does not have the collector set to work in each decode", async () => {
    const pixels = new Float32Array(3 * 24 * 512 * 512);
    const decoder = decoderOf((count) => pixels.subarray(0, count));
    const output = await decodeTiled(latents, decoder, { geometry, tiling, executor });
    await collectGarbage();
    let collections = 0;
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        // Boundary: what entries of this type have.
        const { detail } = entry as unknown as { detail: { kind: number } };
        if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) collections++;
      }
    });
    observer.observe({ entryTypes: ["gc"] });
    for (let i = 0; i < 6; i++) await decodeTiled(latents, decoder, { geometry, tiling, executor, output });
    await new Promise((resolve) => setTimeout(resolve, 50));
    observer.disconnect();
    expect(collections).to.be.below(3);
  });

  it("is the system's to take, serves the next decode, and does not grow", async function () {
    if (process.platform !== "linux")
      skipAsExpected(this, "kept memory", "only Linux takes it back when it runs short");
    await waste(byIndex);
    const first = process.memoryUsage.rss();
    // The smallest block that is kept.
    expect(lentBytes()).to.be.above(2 ** 25);
    for (let i = 0; i < 8; i++) await waste(byIndex);
    // Sums and frames of a decode take 300 MB.
    expect(process.memoryUsage.rss() - first).to.be.below(2 * 300e6);
  });
});
