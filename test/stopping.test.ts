import { expect } from "chai";
import {
  type DecodeFramesOptions,
  decodeFrames,
  decodeTiled,
  type FrameChunk,
  type Tensor,
  type TileContext,
} from "tileblend";
import { latentsOf, probeDecoder } from "./support/decoders.js";
import { bytesOf } from "./support/golden.js";
import { failure } from "./support/rejections.js";

const geometry = { temporalScale: 2, heightScale: 4, widthScale: 4, causal: true };
const temporal = { tileSize: 6, overlap: 2 };
const common: DecodeFramesOptions = {
  geometry,
  tiling: { spatial: { tileSize: 16, overlap: 8 }, temporal },
  executor: "wasm",
};
/** One tile for each chunk of frames. */
const inTime: DecodeFramesOptions = { ...common, tiling: { temporal } };
const latents = latentsOf([1, 3, 9, 6, 7]);
const probe = probeDecoder(geometry);

/** A decoder that never answers, the signals it was given, and what resolves when it is called first. */
function endlessDecoder() {
  const signals: AbortSignal[] = [];
  let start = () => {};
  const started = new Promise<void>((resolve) => {
    start = resolve;
  });
  const decoder = (_: Tensor, { signal }: TileContext) => {
    signals.push(signal);
    start();
    return new Promise<Tensor>(() => undefined);
  };
  return { decoder, signals, started };
}

describe("stopping", () => {
  it("starts no decoder after an abort while the consumer held a chunk", async () => {
    const controller = new AbortController();
    const started: number[] = [];
    const decoder = (tile: Tensor, context: TileContext) => {
      started.push(context.index);
      return probe(tile, context);
    };
    const chunks = decodeFrames(latents, decoder, { ...inTime, signal: controller.signal });
    expect((await chunks.next()).value?.start).to.equal(0);
    controller.abort(new Error("enough"));
    expect((await failure(() => chunks.next())).message).to.equal("enough");
    expect(started).to.deep.equal([0]);
    expect(await chunks.next()).to.deep.equal({ done: true, value: undefined });
  });

  it("ends well when the abort comes after the last chunk", async () => {
    const controller = new AbortController();
    let frames = 0;
    for await (const { count } of decodeFrames(latents, probe, { ...inTime, signal: controller.signal })) {
      frames += count;
      if (frames === 17) controller.abort();
    }
    expect(frames).to.equal(17);
  });

  it("gives up at once when the consumer returns while a tile is decoded", async () => {
    const { decoder, signals, started } = endlessDecoder();
    const chunks = decodeFrames(latents, decoder, inTime);
    const pending = chunks.next();
    await started;
    expect(await chunks.return?.()).to.deep.equal({ done: true, value: undefined });
    expect(await pending).to.deep.equal({ done: true, value: undefined });
    expect(signals.map(({ aborted, reason }) => [aborted, reason.name])).to.deep.equal([[true, "AbortError"]]);
  });

  it("gives up at once when the consumer throws while a tile is decoded", async () => {
    const { decoder, signals, started } = endlessDecoder();
    const chunks = decodeFrames(latents, decoder, inTime);
    const pending = chunks.next();
    await started;
    const error = await chunks.throw?.(new Error("mine")).catch((reason: Error) => reason);
    expect(error).to.have.property("message", "mine");
    expect(await pending).to.deep.equal({ done: true, value: undefined });
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true]);
  });

  it("stops before the start, and while a tile is decoded, with the signal's reason", async () => {
    const reason = new Error("enough");
    const early = await failure(() => decodeTiled(latents, probe, { ...common, signal: AbortSignal.abort(reason) }));
    expect(early).to.equal(reason);
    const controller = new AbortController();
    let inner: AbortSignal | undefined;
    const never = (_: Tensor, { signal }: TileContext) => {
      inner = signal;
      setImmediate(() => controller.abort(reason));
      return new Promise<Tensor>(() => undefined);
    };
    expect(await failure(() => decodeTiled(latents, never, { ...common, signal: controller.signal }))).to.equal(reason);
    expect(inner?.aborted).to.equal(true);
    expect(inner?.reason).to.equal(reason);
  });

  it("keeps what was handed out when it is stopped or fails", async () => {
    const expected = await decodeTiled(latents, probe, common);
    const failing = (tile: Tensor, context: TileContext) => {
      if (context.index >= 12) throw new Error("late");
      return probe(tile, context);
    };
    const held: FrameChunk[] = [];
    await failure(async () => {
      for await (const chunk of decodeFrames(latents, failing, common)) held.push(chunk);
    });
    expect(held.length).to.be.above(0);
    for (const { start, count, frames } of held) {
      const area = 24 * 28;
      const first = (frames as Tensor).data.subarray(0, count * area);
      expect(bytesOf(first).equals(bytesOf(expected.data.subarray(start * area, (start + count) * area)))).to.equal(
        true,
      );
    }
  });

  it("tells every decoder at work when the consumer stops, and none that has been blended", async () => {
    const signals: AbortSignal[] = [];
    const decoder = (tile: Tensor, context: TileContext) => {
      signals.push(context.signal);
      return context.index === 0 ? probe(tile, context) : new Promise<Tensor>(() => undefined);
    };
    const chunks = decodeFrames(latents, decoder, { ...inTime, concurrency: 3 });
    await chunks.next();
    void chunks.next();
    await new Promise((resolve) => setImmediate(resolve));
    await chunks.return?.();
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([false, true, true, true]);
  });

  it("lets decoders leave listeners on their signals", async () => {
    const warnings: string[] = [];
    const onWarning = ({ name }: Error) => warnings.push(name);
    const signals = new Set<AbortSignal>();
    const decoder = (tile: Tensor, context: TileContext) => {
      signals.add(context.signal);
      context.signal.addEventListener("abort", () => undefined);
      return probe(tile, context);
    };
    process.on("warning", onWarning);
    await decodeTiled(latents, decoder, common);
    // Node warns a tick later.
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", onWarning);
    expect(signals.size).to.be.above(11);
    expect(warnings).to.deep.equal([]);
  });
});
