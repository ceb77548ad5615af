import { expect } from "chai";
import {
  type DecodeFramesOptions,
  type DecodeProgress,
  DecoderError,
  decodeFrames,
  decodeTiled,
  type FrameChunk,
  type Tensor,
  type TileContext,
  TileShapeError,
} from "tileblend";
import { latentsOf, probeDecoder, type Shape5 } from "./support/decoders.js";
import { hasMetal } from "./support/executors.js";
import { bytesOf } from "./support/golden.js";
import { failure, turns } from "./support/rejections.js";
import { skipAsExpected } from "./support/requirements.js";

const geometry = { temporalScale: 2, heightScale: 4, widthScale: 4, causal: true };
const tiling = { spatial: { tileSize: 16, overlap: 8 }, temporal: { tileSize: 6, overlap: 2 } };
const shape: Shape5 = [1, 3, 9, 6, 7];
const latents = latentsOf(shape);
const probe = probeDecoder(geometry);
const common: DecodeFramesOptions = { geometry, tiling, executor: "wasm" };

async function collect(chunks: AsyncIterable<FrameChunk>): Promise<FrameChunk[]> {
  const all: FrameChunk[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}

describe("decodeTiled and decodeFrames, rejected inputs", () => {
  const bits = new Uint16Array(3 * 9 * 6 * 7);
  const rejected: [string, unknown, object, typeof TypeError | typeof RangeError, RegExp][] = [
    ["latents null", null, {}, TypeError, /latents must be an object, got null/],
    [
      "latents of rank 4",
      { ...latents, shape: [3, 9, 6, 7] },
      {},
      RangeError,
      /latents\.shape must be an array of 5 lengths/,
    ],
    ["an axis of 0", { ...latents, shape: [1, 3, 0, 6, 7] }, {}, RangeError, /latents\.shape\[2\]/],
    ["an unknown dtype", { ...latents, dtype: "float64" }, {}, TypeError, /latents\.dtype must be one of float32/],
    ["data of another dtype", { ...latents, data: bits }, {}, TypeError, /latents\.data must be a Float32Array/],
    ["float16 in float32", { ...latents, dtype: "float16" }, {}, TypeError, /a Uint16Array of float16 bits/],
    [
      "data too short",
      { ...latents, data: latents.data.slice(1) },
      {},
      RangeError,
      /latents\.data\.length must be 1134/,
    ],
    [
      "other channels",
      latents,
      { geometry: { ...geometry, latentChannels: 4 } },
      RangeError,
      /latents\.shape\[1\] must be 4/,
    ],
    ["no geometry", latents, { geometry: undefined }, TypeError, /geometry must be an object/],
    ["an illegal tiling", latents, { tiling: { temporal: { tileSize: 5 } } }, RangeError, /tiling\.temporal\.tileSize/],
    ["an unknown option", latents, { tileing: null }, TypeError, /options\.tileing is not known/],
    ["an unknown executor", latents, { executor: "gpu" }, TypeError, /executor must be one of auto, metal, cpu, wasm/],
    ["concurrency 0", latents, { concurrency: 0 }, RangeError, /concurrency must be .* got 0/],
    ["concurrency 1.5", latents, { concurrency: 1.5 }, TypeError, /concurrency/],
    ["a signal that is none", latents, { signal: {} }, TypeError, /signal must be an AbortSignal/],
    ["onProgress true", latents, { onProgress: true }, TypeError, /onProgress must be a function/],
    ["causal 1", latents, { causal: 1 }, TypeError, /causal must be true or false/],
    ["sizeMismatch pad", latents, { sizeMismatch: "pad" }, TypeError, /sizeMismatch must be one of error, crop/],
    ["dtype int8", latents, { dtype: "int8" }, TypeError, /dtype must be one of/],
    ["range without rgb24", latents, { range: [0, 1] }, TypeError, /range is for pixelFormat/],
    ["output of another shape", latents, { output: latents }, RangeError, /output\.shape must be \(1, 3, 17, 24, 28\)/],
  ];
  for (const [name, value, options, kind, message] of rejected) {
    it(`rejects ${name}, before any decoding`, async () => {
      let calls = 0;
      const decoder = () => {
        calls += 1;
        return latents;
      };
      const all = { ...common, ...options };
      expect(() => decodeFrames(value as Tensor, decoder, all as DecodeFramesOptions)).to.throw(kind, message);
      const error = await failure(() => decodeTiled(value as Tensor, decoder, all as DecodeFramesOptions));
      expect(error).to.be.instanceOf(kind);
      expect(error.message).to.match(message);
      expect(calls).to.equal(0);
    });
  }

  it("rejects a decoder that is no function, and rgb24 for a tensor", async () => {
    expect(() => decodeFrames(latents, null as never, common)).to.throw(TypeError, /decoder must be a function/);
    const error = await failure(() =>
      decodeTiled(latents, probe, { ...common, pixelFormat: "rgb24" } as DecodeFramesOptions),
    );
    expect(error.message).to.match(/decodeFrames gives pixelFormat/);
    const both = { ...common, pixelFormat: "rgb24" as const, dtype: "float32" as const };
    expect(() => decodeFrames(latents, probe, both)).to.throw(TypeError, /only one of dtype and pixelFormat/);
  });

  it("says what was tried when a named executor is missing", async function () {
    if (hasMetal) skipAsExpected(this, "a machine without Metal", "this one has it");
    const error = await failure(() => decodeTiled(latents, probe, { ...common, executor: "metal" }));
    expect(error.name).to.equal("ExecutorUnavailableError");
    expect(error.message).to.match(/no metal executor can be used here[\s\S]*metal: /);
  });
});

describe("decoders", () => {
  it("get the tile, its place, causal, timestep and a signal", async () => {
    const seen: TileContext[] = [];
    const timestep = { t: 0.05 };
    const decoder = (tile: Tensor, context: TileContext) => {
      seen.push(context);
      return probe(tile, context);
    };
    await decodeTiled(latents, decoder, { ...common, timestep, causal: false });
    expect(seen.map(({ index }) => index)).to.deep.equal(seen.map((_, i) => i));
    for (const context of seen) {
      expect(context).to.include({ count: seen.length, causal: false, timestep });
      expect(context.tile.index).to.equal(context.index);
      expect(context.signal).to.be.instanceOf(AbortSignal);
    }
    await decodeTiled(
      latents,
      (tile, context) => {
        expect(context.causal).to.equal(true);
        return probe(tile, context);
      },
      common,
    );
  });

  it("own their latents", async () => {
    const before = latents.data.slice();
    const scribble = async (tile: Tensor, context: TileContext) => {
      const pixels = await probe(tile, context);
      tile.data.fill(9);
      return pixels;
    };
    const expected = await decodeTiled(latents, probe, common);
    expect(bytesOf((await decodeTiled(latents, scribble, common)).data).equals(bytesOf(expected.data))).to.equal(true);
    expect(bytesOf(latents.data).equals(bytesOf(before))).to.equal(true);
  });

  it("that fail are named, with the cause", async () => {
    for (const fail of [
      () => {
        throw new Error("boom");
      },
      () => Promise.reject(new Error("boom")),
    ]) {
      const decoder = (tile: Tensor, context: TileContext) => (context.index === 3 ? fail() : probe(tile, context));
      const error = await failure(() => decodeTiled(latents, decoder, { ...common, concurrency: 2 }));
      expect(error).to.be.instanceOf(DecoderError);
      expect(error).to.include({ tileIndex: 3 });
      expect(error.message).to.match(/^the decoder failed on tile 3 of \d+ \(latent frames 0 to 3, .*\): boom$/);
      expect((error.cause as Error).message).to.equal("boom");
    }
  });

  it("that answer with the wrong thing are named", async () => {
    const wrong: [unknown, RegExp][] = [
      [undefined, /the decoder's answer for tile 0 .* must be an object/],
      [{ dtype: "float32", data: new Float32Array(1) }, /shape must be an array of lengths/],
      [{ dtype: "float32", shape: [1, 3, 5, 16, 16], data: new Float32Array(1) }, /data\.length must be 3840/],
    ];
    for (const [answer, message] of wrong) {
      expect((await failure(() => decodeTiled(latents, () => answer as Tensor, common))).message).to.match(message);
    }
    const channels = { dtype: "float32", shape: [1, 4, 5, 16, 16], data: new Float32Array(4 * 5 * 256) } as const;
    for (const sizeMismatch of ["error", "crop"] as const) {
      const error = await failure(() => decodeTiled(latents, () => channels, { ...common, sizeMismatch }));
      expect(error).to.be.instanceOf(TileShapeError);
      expect(error).to.deep.include({ expected: [1, 3, 5, 16, 16], actual: [1, 4, 5, 16, 16] });
      expect(error.message).to.match(/outputChannels/);
    }
    const image = { dtype: "float32", shape: [3, 16, 16], data: new Float32Array(768) } as const;
    const flat = await failure(() => decodeTiled(latents, () => image, { ...common, sizeMismatch: "crop" }));
    expect(flat).to.be.instanceOf(TileShapeError);
    expect(flat.message).to.match(/tile 0 .*shape \(1, 3, 5, 16, 16\), got \(3, 16, 16\).*\(B, C, frames/);
    const larger = await failure(() => decodeTiled(latents, probeDecoder(geometry, 1), common));
    expect(larger.message).to.match(/must be of shape \(1, 3, 5, 16, 16\), got \(1, 3, 6, 17, 17\).*sizeMismatch/);
  });

  it("that give less leave voxels that are counted", async () => {
    let last: DecodeProgress | undefined;
    const onProgress = (now: DecodeProgress) => {
      last = now;
    };
    await decodeTiled(latents, probeDecoder(geometry, -1), { ...common, sizeMismatch: "crop", onProgress });
    expect(last?.uncoveredCount).to.be.above(0);
    await decodeTiled(latents, probe, { ...common, onProgress });
    expect(last?.uncoveredCount).to.equal(0);
  });
});

describe("running", () => {
  it("gives the same bytes for any concurrency, with decoders that finish out of order", async () => {
    const expected = await decodeTiled(latents, probe, common);
    for (const concurrency of [1, 2, 3, 7, 100]) {
      let [started, ended, most] = [0, 0, 0];
      const decoder = async (tile: Tensor, context: TileContext) => {
        started += 1;
        most = Math.max(most, started - ended);
        await turns((context.index * 7) % 5);
        return probe(tile, context);
      };
      const onProgress = ({ tilesDone }: DecodeProgress) => {
        ended = tilesDone;
      };
      const output = await decodeTiled(latents, decoder, { ...common, concurrency, onProgress });
      expect(bytesOf(output.data).equals(bytesOf(expected.data))).to.equal(true);
      expect(most).to.be.at.most(concurrency);
    }
  });

  it("decodes nothing more while the consumer holds a chunk", async () => {
    let calls = 0;
    const decoder = (tile: Tensor, context: TileContext) => {
      calls += 1;
      return probe(tile, context);
    };
    const chunks = decodeFrames(latents, decoder, { ...common, concurrency: 2 });
    await chunks.next();
    const then = calls;
    await turns(50);
    expect(calls).to.equal(then);
    await chunks.return?.();
  });

  it("reports progress up to the end, and ends when onProgress throws", async () => {
    const seen: DecodeProgress[] = [];
    await decodeTiled(latents, probe, { ...common, onProgress: (now) => seen.push(now) });
    seen.forEach((now, i) => {
      const before = seen[i - 1];
      expect(now.tilesDone).to.be.at.least(before?.tilesDone ?? 0);
      expect(now.framesDone).to.be.at.least(before?.framesDone ?? 0);
      expect(now.etaMs).to.be.finite;
    });
    const last = seen.at(-1);
    expect(last).to.include({ framesDone: 17, frameCount: 17, etaMs: 0, nanCount: 0 });
    expect(last?.tilesDone).to.equal(last?.tileCount);
    const error = await failure(() =>
      decodeTiled(latents, probe, {
        ...common,
        onProgress: () => {
          throw new Error("no more");
        },
      }),
    );
    expect(error.message).to.equal("no more");
  });

  it("writes into output, again and again", async () => {
    const output: Tensor = {
      dtype: "float32",
      shape: [1, 3, 17, 24, 28],
      data: new Float32Array(3 * 17 * 24 * 28).fill(7),
    };
    expect((await decodeTiled(latents, probe, { ...common, output })).data).to.equal(output.data);
    const first = output.data.slice();
    await decodeTiled(latents, probe, { ...common, output });
    expect(bytesOf(output.data).equals(bytesOf(first))).to.equal(true);
  });

  it("gives the latents' own dtype unless told otherwise", async () => {
    for (const dtype of ["float32", "float16", "bfloat16"] as const) {
      expect((await decodeTiled(latentsOf(shape, dtype), probe, common)).dtype).to.equal(dtype);
      expect((await decodeTiled(latentsOf(shape, dtype), probe, { ...common, dtype: "float32" })).dtype).to.equal(
        "float32",
      );
    }
  });

  it("hands out every frame once, in order, as rgb24", async () => {
    const chunks = await collect(decodeFrames(latents, probe, { ...common, pixelFormat: "rgb24" }));
    let next = 0;
    for (const { start, count, frames } of chunks) {
      expect(start).to.equal(next);
      expect(frames.shape).to.deep.equal([count, 24, 28, 3]);
      next += count;
    }
    expect(next).to.equal(17);
  });
});
