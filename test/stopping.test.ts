import { expect } from "chai";
import { type DecodeFramesOptions, decodeFrames, type Tensor, type TileContext } from "tileblend";
import { latentsOf, probeDecoder } from "./support/decoders.js";

const geometry = { temporalScale: 2, heightScale: 4, widthScale: 4, causal: true };
const options: DecodeFramesOptions = { geometry, tiling: { temporal: { tileSize: 6, overlap: 2 } }, executor: "wasm" };
const latents = latentsOf([1, 3, 9, 2, 2]);
const probe = probeDecoder(geometry);

/** A decoder that never answers, and the signals it was given. */
function endlessDecoder() {
  const signals: AbortSignal[] = [];
  const decoder = (_: Tensor, { signal }: TileContext) => {
    signals.push(signal);
    return new Promise<Tensor>(() => undefined);
  };
  return { decoder, signals };
}

describe("stopping", () => {
  it("starts no decoder after an abort while the consumer held a chunk", async () => {
    const controller = new AbortController();
    const started: number[] = [];
    const decoder = (tile: Tensor, context: TileContext) => {
      started.push(context.index);
      return probe(tile, context);
    };
    const chunks = decodeFrames(latents, decoder, { ...options, signal: controller.signal });
    expect((await chunks.next()).value?.start).to.equal(0);
    controller.abort(new Error("enough"));
    const error = await chunks.next().then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(error?.message).to.equal("enough");
    expect(started).to.deep.equal([0]);
    expect(await chunks.next()).to.deep.equal({ done: true, value: undefined });
  });

  it("ends well when the abort comes after the last chunk", async () => {
    const controller = new AbortController();
    let frames = 0;
    for await (const { count } of decodeFrames(latents, probe, { ...options, signal: controller.signal })) {
      frames += count;
      if (frames === 17) controller.abort();
    }
    expect(frames).to.equal(17);
  });

  it("gives up at once when the consumer returns while a tile is decoded", async () => {
    const { decoder, signals } = endlessDecoder();
    const chunks = decodeFrames(latents, decoder, options);
    const pending = chunks.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(await chunks.return?.()).to.deep.equal({ done: true, value: undefined });
    expect(await pending).to.deep.equal({ done: true, value: undefined });
    expect(signals.map(({ aborted, reason }) => [aborted, reason.name])).to.deep.equal([[true, "AbortError"]]);
  });

  it("gives up at once when the consumer throws while a tile is decoded", async () => {
    const { decoder, signals } = endlessDecoder();
    const chunks = decodeFrames(latents, decoder, options);
    const pending = chunks.next();
    await new Promise((resolve) => setImmediate(resolve));
    const error = await chunks.throw?.(new Error("mine")).catch((reason: Error) => reason);
    expect(error).to.have.property("message", "mine");
    expect(await pending).to.deep.equal({ done: true, value: undefined });
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true]);
  });
});
