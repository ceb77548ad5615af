import { expect } from "chai";
import type { Dtype, OutputFormat } from "tileblend";
import {
  type BlendCase,
  blendTiles,
  Expectation,
  expectChunks,
  expectSameBytes,
  makeTiles,
} from "../support/blend_case.js";
import { castTensor } from "../support/decoders.js";
import { bytesOf } from "../support/golden.js";
import { seededRandom } from "../support/random.js";
import { describeExact } from "../support/variants.js";

const DTYPES: readonly Dtype[] = ["float32", "float16", "bfloat16"];

const causal = { temporalScale: 2, heightScale: 1, widthScale: 1, causal: true };
const image = { temporalScale: 1, heightScale: 1, widthScale: 1, causal: false };
const odd = { temporalScale: 3, heightScale: 5, widthScale: 3, causal: true };

const cases: readonly (BlendCase & { title: string })[] = [
  { title: "one voxel", latent: [1, 1, 1], geometry: image, tiling: [null, null, null], batch: 1, channels: 3 },
  {
    title: "width 2, two tiles",
    latent: [2, 1, 3],
    geometry: image,
    tiling: [null, null, { size: 2, overlap: 1 }],
    batch: 1,
    channels: 1,
  },
  {
    title: "width 3, batch 2",
    latent: [3, 3, 3],
    geometry: causal,
    tiling: [{ size: 2, overlap: 0 }, { size: 2, overlap: 1 }, null],
    batch: 2,
    channels: 3,
  },
  {
    title: "width 5, 4 channels",
    latent: [5, 2, 5],
    geometry: causal,
    tiling: [{ size: 3, overlap: 1 }, null, { size: 3, overlap: 2 }],
    batch: 1,
    channels: 4,
  },
  {
    title: "width 7, no overlap",
    latent: [6, 4, 7],
    geometry: causal,
    tiling: [
      { size: 2, overlap: 0 },
      { size: 2, overlap: 0 },
      { size: 2, overlap: 0 },
    ],
    batch: 1,
    channels: 3,
  },
  {
    title: "width 9, a long overlap on every axis",
    latent: [7, 5, 9],
    geometry: image,
    tiling: [
      { size: 4, overlap: 3 },
      { size: 4, overlap: 3 },
      { size: 5, overlap: 4 },
    ],
    batch: 2,
    channels: 1,
  },
  {
    title: "width 33, odd scales",
    latent: [6, 3, 11],
    geometry: odd,
    tiling: [
      { size: 3, overlap: 2 },
      { size: 2, overlap: 1 },
      { size: 4, overlap: 1 },
    ],
    batch: 2,
    channels: 3,
  },
];

describeExact("accumulator", (executor) => {
  for (const { title, ...blendCase } of cases) {
    for (const dtype of DTYPES) {
      const formats: OutputFormat[] = blendCase.channels === 3 ? [...DTYPES, "rgb24"] : [...DTYPES];
      for (const format of formats) {
        it(`${title}: ${dtype} to ${format}`, async () => {
          const random = seededRandom(title.length);
          const tiles = makeTiles(blendCase, dtype, () => random() * 2.5 - 1.25);
          const expected = new Expectation(blendCase, tiles);
          for (const sizes of [[], [1], [2, 3, 1]]) {
            const chunks = await blendTiles(executor(), blendCase, tiles, { format, sizes });
            expectChunks(chunks, expected, format);
          }
        });
      }
    }

    for (const format of DTYPES) {
      it(`${title}: into an output of ${format}`, async () => {
        const random = seededRandom(7);
        const tiles = makeTiles(blendCase, "float32", () => random() - 0.5);
        const expected = new Expectation(blendCase, tiles);
        // What lay there before must not matter, NaN least of all.
        const count = expected.values.length;
        const output = castTensor(format, expected.shape, new Float32Array(count).fill(Number.NaN));
        const chunks = await blendTiles(executor(), blendCase, tiles, { format, output, sizes: [2, 1] });
        const all = { start: 0, count: expected.frames };
        expectSameBytes(bytesOf(output.data), expected.bytes(format, all), format);
        for (const { frames } of chunks) expect(frames.data).to.equal(output.data);
        const [made, ...others] = await blendTiles(executor(), blendCase, tiles, {
          format,
          output: "new",
          sizes: [2, 1],
        });
        expectSameBytes(bytesOf(made?.frames.data ?? output.data), expected.bytes(format, all), `new ${format}`);
        for (const { frames } of others) expect(frames).to.equal(made?.frames);
        expect(chunks.reduce((sum, chunk) => sum + chunk.nanCount + chunk.uncoveredCount, 0)).to.equal(0);
      });
    }
  }

  for (const format of [...DTYPES, "rgb24"] as const) {
    it(`frames of more rows and columns than a kernel works on at once: ${format}`, async () => {
      const large: BlendCase = {
        latent: [1, 28, 2601],
        geometry: image,
        tiling: [null, { size: 15, overlap: 2 }, { size: 1502, overlap: 403 }],
        batch: 1,
        channels: 3,
      };
      const random = seededRandom(11);
      const tiles = makeTiles(large, format === "rgb24" ? "bfloat16" : format, () => random() * 2.5 - 1.25);
      const chunks = await blendTiles(executor(), large, tiles, { format });
      expectChunks(chunks, new Expectation(large, tiles), format);
    });
  }

  it("gives rgb24 without the batch axis for one video, with it for two", async () => {
    for (const batch of [1, 2]) {
      const one: BlendCase = { latent: [2, 3, 5], geometry: image, tiling: [null, null, null], batch, channels: 3 };
      const [chunk] = await blendTiles(
        executor(),
        one,
        makeTiles(one, "float32", () => 0.25),
        { format: "rgb24" },
      );
      expect(chunk?.frames.shape).to.deep.equal(batch === 1 ? [2, 3, 5, 3] : [2, 2, 3, 5, 3]);
      expect(chunk?.frames).to.have.property("pixelFormat", "rgb24");
    }
  });

  it("reads pixels that lie anywhere in a buffer, shared ones too", async () => {
    const blendCase: BlendCase = {
      latent: [4, 3, 5],
      geometry: causal,
      tiling: [{ size: 2, overlap: 0 }, null, { size: 3, overlap: 1 }],
      batch: 1,
      channels: 3,
    };
    const random = seededRandom(3);
    const tiles = makeTiles(blendCase, "float32", random);
    const half = makeTiles(blendCase, "float16", random);
    const moved = (make: (bytes: number) => ArrayBufferLike) => (tensor: (typeof tiles)[number]) => {
      const { data } = tensor;
      const length = data.length;
      const at = data.BYTES_PER_ELEMENT * 3;
      const buffer = make(at + data.byteLength + 5 * data.BYTES_PER_ELEMENT);
      const copy =
        data instanceof Float32Array ? new Float32Array(buffer, at, length) : new Uint16Array(buffer, at, length);
      copy.set(data);
      return { ...tensor, data: copy };
    };
    for (const source of [tiles, half]) {
      const expected = new Expectation(blendCase, source);
      for (const make of [(n: number) => new ArrayBuffer(n), (n: number) => new SharedArrayBuffer(n)]) {
        expectChunks(await blendTiles(executor(), blendCase, source.map(moved(make))), expected, "float32");
      }
    }
  });

  it("finishes into an output that lies anywhere in a shared buffer", async () => {
    const blendCase: BlendCase = {
      latent: [3, 2, 3],
      geometry: causal,
      tiling: [{ size: 2, overlap: 0 }, null, null],
      batch: 2,
      channels: 1,
    };
    const tiles = makeTiles(blendCase, "float32", seededRandom(4));
    const expected = new Expectation(blendCase, tiles);
    const count = expected.values.length;
    const bits = new Uint16Array(new SharedArrayBuffer(2 * (count + 9)), 6, count);
    const around = new Uint16Array(bits.buffer).fill(0xabcd);
    await blendTiles(executor(), blendCase, tiles, {
      format: "float16",
      output: { dtype: "float16", shape: expected.shape, data: bits },
    });
    expectSameBytes(bytesOf(bits), expected.bytes("float16", { start: 0, count: expected.frames }), "output");
    const untouched = [...around.subarray(0, 3), ...around.subarray(3 + count)];
    expect(untouched.every((value) => value === 0xabcd)).to.equal(true);
  });
});
