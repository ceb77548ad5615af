import { expect } from "chai";
import fc from "fast-check";
import {
  type DecodeFramesOptions,
  decodeFrames,
  decodeTiled,
  type Executor,
  type FrameChunk,
  type Tensor,
} from "tileblend";
import { latentsOf, probeDecoder, type Shape5, valuesOf } from "./support/decoders.js";
import { EXACT_EXECUTORS, executorOrSkip } from "./support/executors.js";
import { bytesOf } from "./support/golden.js";
import { probeDecode, ReferenceBlend, referencePlan, referenceTiles } from "./support/reference.js";

async function collect(chunks: AsyncIterable<FrameChunk>): Promise<FrameChunk[]> {
  const all: FrameChunk[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}

for (const name of EXACT_EXECUTORS) {
  describe(`properties on ${name}`, () => {
    let executor: Executor;
    before(async function () {
      executor = await executorOrSkip(this, name);
    });

    it("streamed equals whole equals the plain loops, for any geometry, tiling and concurrency", async function () {
      this.timeout(120_000);
      const axis = fc.record({
        cells: fc.integer({ min: 1, max: 5 }),
        scale: fc.integer({ min: 1, max: 3 }),
        size: fc.option(fc.integer({ min: 2, max: 5 })),
        overlap: fc.nat(4),
      });
      const run = fc.tuple(
        axis,
        axis,
        axis,
        fc.boolean(),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 2 }),
      );
      await fc.assert(
        fc.asyncProperty(run, async ([f, h, w, causal, concurrency, batch]) => {
          const scales = { temporalScale: f.scale, heightScale: h.scale, widthScale: w.scale, causal };
          const cell = (a: typeof f) => (a.size === null ? null : { size: a.size, overlap: a.overlap % a.size });
          const tile = (a: typeof f) => {
            const cells = cell(a);
            return cells && { tileSize: cells.size * a.scale, overlap: cells.overlap * a.scale };
          };
          const size: Shape5 = [batch, 2, f.cells, h.cells, w.cells];
          const options = {
            geometry: scales,
            tiling: { spatial: { height: tile(h), width: tile(w) }, temporal: tile(f) },
            executor,
          };
          const checked = options as unknown as DecodeFramesOptions;
          const whole = await decodeTiled(latentsOf(size), probeDecoder(scales), checked);
          const frames = whole.shape[2] ?? 0;
          const blend = new ReferenceBlend(whole.shape as unknown as Shape5);
          const axes = referencePlan([f.cells, h.cells, w.cells], scales, [cell(f), cell(h), cell(w)]);
          const values = valuesOf(latentsOf(size));
          for (const each of referenceTiles(axes)) {
            const { data, size: cut } = cropReference(values, size, each);
            const decoded = probeDecode(data, cut, scales);
            blend.add(each, decoded.data, [decoded.shape[2], decoded.shape[3], decoded.shape[4]]);
          }
          expect(bytesOf(whole.data).equals(bytesOf(blend.normalised()))).to.equal(true);
          const chunks = await collect(
            decodeFrames(latentsOf(size), probeDecoder(scales), { ...checked, concurrency }),
          );
          const plane = whole.data.length / (batch * 3) / frames;
          for (const { start, count, frames: part, uncoveredCount } of chunks) {
            expect(uncoveredCount).to.equal(0);
            for (let p = 0; p < batch * 3; p++) {
              const got = (part as Tensor).data.subarray(p * count * plane, (p + 1) * count * plane);
              const at = (p * frames + start) * plane;
              expect(bytesOf(got).equals(bytesOf(whole.data.subarray(at, at + count * plane)))).to.equal(true);
            }
          }
        }),
        { numRuns: 60 },
      );
    });
  });
}

/** The latents of a tile, by plain loops. */
function cropReference(
  values: Float32Array,
  [B, C, F, H, W]: Shape5,
  {
    f,
    h,
    w,
  }: { f: { start: number; end: number }; h: { start: number; end: number }; w: { start: number; end: number } },
) {
  const size: Shape5 = [B, C, f.end - f.start, h.end - h.start, w.end - w.start];
  const data: number[] = [];
  for (let plane = 0; plane < B * C; plane++)
    for (let t = f.start; t < f.end; t++)
      for (let y = h.start; y < h.end; y++)
        for (let x = w.start; x < w.end; x++) data.push(values[((plane * F + t) * H + y) * W + x] ?? 0);
  return { data: Float32Array.from(data), size };
}
