import { expect } from "chai";
import type { Dtype, OutputFormat, Tensor } from "tileblend";
import {
  type BlendCase,
  blendTiles,
  Expectation,
  expectChunks,
  expectSameBytes,
  makeTiles,
} from "../support/blend_case.js";
import { bytesOf } from "../support/golden.js";
import { withoutSmall } from "../support/kernel.js";
import { randomInteger, seededRandom } from "../support/random.js";
import { referenceFloat16Value } from "../support/reference.js";
import { describeExact } from "../support/variants.js";

const DTYPES: readonly Dtype[] = ["float32", "float16", "bfloat16"];

const image = { temporalScale: 1, heightScale: 1, widthScale: 1, causal: false };

/** Bit patterns that go wrong first: NaN quiet and signalling with payloads, infinities, zeros, subnormals, the ends. */
const SPECIAL_BITS: Record<Dtype, readonly number[]> = {
  float32: [
    0x7fc00000, 0xffc00000, 0x7f800001, 0xff800001, 0x7fabcdef, 0xffffffff, 0x7f800000, 0xff800000, 0, 0x80000000, 1,
    0x80000001, 0x007fffff, 0x807fffff, 0x00800000, 0x7f7fffff, 0xff7fffff, 0x3f800000, 0xbf800000,
  ],
  float16: [
    0x7e00, 0xfe00, 0x7c01, 0xfc01, 0x7d55, 0xffff, 0x7c00, 0xfc00, 0, 0x8000, 1, 0x8001, 0x3ff, 0x83ff, 0x400, 0x7bff,
    0xfbff, 0x3c00,
  ],
  bfloat16: [
    0x7fc0, 0xffc0, 0x7f81, 0xff81, 0x7fab, 0xffff, 0x7f80, 0xff80, 0, 0x8000, 1, 0x8001, 0x7f, 0x807f, 0x80, 0x7f7f,
    0xff7f, 0x3f80,
  ],
};

const CANONICAL_NAN: Record<Dtype, number> = { float32: 0x7fc00000, float16: 0x7e00, bfloat16: 0x7fc0 };

/** A tensor (1, channels, 1, 1, n) of bits: a video of one row. */
function rowOfBits(dtype: Dtype, bits: ArrayLike<number>, channels = 1): Tensor {
  const shape = [1, channels, 1, 1, bits.length / channels];
  if (dtype !== "float32") return { dtype, shape, data: Uint16Array.from(bits) };
  return { dtype, shape, data: new Float32Array(Uint32Array.from(bits).buffer) };
}

/** One tile of one row: its weight is 1, so that a result is the pixel, converted. */
function rowCase(width: number, channels = 1): BlendCase {
  return { latent: [1, 1, width], geometry: image, tiling: [null, null, null], batch: 1, channels };
}

function bitsOf({ data }: Tensor): ArrayLike<number> {
  return data instanceof Float32Array ? new Uint32Array(data.buffer, data.byteOffset, data.length) : data;
}

/** Float32 bits on, just below and just above every midpoint of two neighbouring halves, of both signs. */
function float16Ties(): Uint32Array {
  const ties: number[] = [];
  for (let half = 0; half < 0x7c00; half++) {
    const above = half === 0x7bff ? 65536 : referenceFloat16Value(half + 1);
    const middle = (referenceFloat16Value(half) + above) / 2;
    const bits = new Uint32Array(Float32Array.of(middle).buffer)[0] ?? 0;
    for (const near of [bits - 1, bits, bits + 1]) ties.push(near, (near | 0x80000000) >>> 0);
  }
  return Uint32Array.from(ties);
}

/** Float32 bits on, just below and just above bfloat16 midpoints, over all exponents and both signs. */
function bfloat16Ties(): Uint32Array {
  const ties: number[] = [];
  for (let high = 0; high < 0x10000; high += 3) {
    for (const low of [0, 1, 0x7fff, 0x8000, 0x8001, 0xffff]) ties.push(high * 0x10000 + low);
  }
  return Uint32Array.from(ties);
}

/** A multiple of three values that lie on and around the points where rgb24 rounds to the next byte. */
function rgb24Ties([low, high]: readonly [number, number]): number[] {
  const values: number[] = [low, high, low - 1, high + 1, -0];
  const bits = new Uint32Array(1);
  const value = new Float32Array(bits.buffer);
  for (let byte = 0; byte < 256; byte++) {
    for (const part of [0, 0.5]) {
      value[0] = low + ((byte + part) / 255) * (high - low);
      const middle = bits[0] ?? 0;
      for (let step = -3; step <= 3; step++) values.push(middle + step < 0 ? 0 : float32Of(middle + step));
    }
  }
  while (values.length % 3 !== 0) values.push(low);
  return values;
}

function float32Of(bits: number): number {
  return new Float32Array(Uint32Array.of(bits).buffer)[0] ?? 0;
}

/** The exponent field of 2^-28: the product of a larger number and a weight of these tests is not subnormal. */
const TINY = 99;

describeExact("special values", (executor) => {
  /** The tensor, without what an executor that takes subnormal numbers for 0 would change. */
  function asTaken(tensor: Tensor, exponent?: number): Tensor {
    if (!executor().flushesSubnormals) return tensor;
    // Boundary: the data is of the same type as before.
    return { ...tensor, data: withoutSmall(tensor.dtype, tensor.data, exponent) } as Tensor;
  }

  /** Blends one row and compares with the reference. Returns the bits of the result. */
  async function convertRow(given: Tensor, format: OutputFormat, range?: readonly [number, number]) {
    const row = asTaken(given);
    const [, channels = 1, , , width = 1] = row.shape;
    const blendCase = rowCase(width, channels);
    const chunks = await blendTiles(executor(), blendCase, [row], {
      format,
      ...(range === undefined ? {} : { range }),
    });
    expectChunks(chunks, new Expectation(blendCase, [row]), format, range);
    return chunks[0];
  }

  for (const dtype of DTYPES) {
    for (const format of DTYPES) {
      it(`${dtype} to ${format}: each by itself, in every lane`, async () => {
        for (let lane = 0; lane < 5; lane++) {
          await convertRow(rowOfBits(dtype, [...Array(lane).fill(0), ...SPECIAL_BITS[dtype]]), format);
        }
      });
    }

    it(`${dtype}: every NaN becomes the canonical one and is counted`, async () => {
      const isNan = (bits: number) => Number.isNaN(dtype === "float32" ? float32Of(bits) : half(dtype, bits));
      const nans = SPECIAL_BITS[dtype].filter(isNan);
      expect(nans).to.have.lengthOf(6);
      for (const format of DTYPES) {
        const chunk = await convertRow(rowOfBits(dtype, nans), format);
        // Boundary: no pixelFormat was asked for.
        expect(Array.from(bitsOf(chunk?.frames as Tensor))).to.deep.equal(nans.map(() => CANONICAL_NAN[format]));
        expect(chunk?.nanCount).to.equal(6);
      }
      const black = await convertRow(rowOfBits(dtype, nans, 3), "rgb24");
      expect(Array.from(black?.frames.data ?? [])).to.deep.equal([0, 0, 0, 0, 0, 0]);
      expect(black?.nanCount).to.equal(6);
    });

    it(`${dtype}: -0 becomes +0`, async () => {
      for (const format of DTYPES) {
        const chunk = await convertRow(
          rowOfBits(dtype, Array(7).fill(dtype === "float32" ? 0x80000000 : 0x8000)),
          format,
        );
        expect(bytesOf(chunk?.frames.data ?? new Uint8Array(1)).every((byte) => byte === 0)).to.equal(true);
      }
    });
  }

  for (const dtype of ["float16", "bfloat16"] as const) {
    it(`widens all 65,536 bit patterns of ${dtype}, and rounds them back`, async () => {
      const all = rowOfBits(
        dtype,
        Uint16Array.from({ length: 65536 }, (_, i) => i),
      );
      await convertRow(all, "float32");
      await convertRow(all, dtype);
    });
  }

  it("rounds every midpoint of two float16 to even", async () => {
    await convertRow(rowOfBits("float32", float16Ties()), "float16");
  });

  it("rounds midpoints of two bfloat16 to even", async () => {
    await convertRow(rowOfBits("float32", bfloat16Ties()), "bfloat16");
  });

  it("rounds random bits to float16 and bfloat16", async () => {
    const random = seededRandom(11);
    const row = rowOfBits(
      "float32",
      Uint32Array.from({ length: 50001 }, () => random() * 2 ** 32),
    );
    await convertRow(row, "float16");
    await convertRow(row, "bfloat16");
  });

  const ranges: [number, number][] = [
    [-1, 1],
    [0, 1],
    [0, 255],
    [-3, 7],
    [-1e-30, 1e-30],
    [-1e30, 3e38],
    [0.1, 0.3],
  ];
  for (const range of ranges) {
    it(`rgb24 of [${range.join(", ")}] clamps and rounds to even`, async () => {
      const values = Float32Array.from([...rgb24Ties(range), Infinity, -Infinity, 3.4e38, -3.4e38, 1e-45, -1e-45]);
      const shape = [1, 3, 1, 1, values.length / 3];
      const chunk = await convertRow({ dtype: "float32", shape, data: values }, "rgb24", range);
      const bytes = new Set(chunk?.frames.data);
      expect(bytes.has(0) && bytes.has(255)).to.equal(true);
    });
  }

  it("rgb24 of [0, 255] rounds 0.5, 1.5, 2.5 ... to the even byte", async () => {
    const values = Float32Array.from({ length: 255 }, (_, i) => i + 0.5);
    const row = { dtype: "float32" as const, shape: [1, 3, 1, 1, 85], data: values };
    const chunk = await convertRow(row, "rgb24", [0, 255]);
    const byChannel = [0, 1, 2].flatMap((c) => Array.from(chunk?.frames.data ?? []).filter((_, i) => i % 3 === c));
    expect(byChannel).to.deep.equal(Array.from(values, (_, i) => (i % 2 === 0 ? i : i + 1)));
  });

  const blended: BlendCase = {
    latent: [6, 4, 7],
    geometry: { temporalScale: 2, heightScale: 2, widthScale: 1, causal: true },
    tiling: [
      { size: 3, overlap: 1 },
      { size: 3, overlap: 2 },
      { size: 4, overlap: 2 },
    ],
    batch: 2,
    channels: 3,
  };

  for (const dtype of DTYPES) {
    it(`${dtype}: specials scattered over overlapping tiles`, async () => {
      const random = seededRandom(5);
      const scattered = makeTiles(blended, dtype, () => random() * 4 - 2);
      for (const tile of scattered) {
        const bits = tile.data instanceof Float32Array ? new Uint32Array(tile.data.buffer) : tile.data;
        for (let i = 0; i < bits.length; i++) {
          if (random() < 0.1) bits[i] = SPECIAL_BITS[dtype][randomInteger(random, 0, 17)] ?? 0;
        }
      }
      const tiles = scattered.map((tile) => asTaken(tile, TINY));
      const expected = new Expectation(blended, tiles);
      for (const format of [...DTYPES, "rgb24"] as const) {
        expectChunks(await blendTiles(executor(), blended, tiles, { format }), expected, format);
      }
    });
  }

  it("sums and quotients that are subnormal or overflow are those of float32", async () => {
    const random = seededRandom(8);
    for (const bits of executor().flushesSubnormals ? [0x7f7fffff] : [8, 0x00400000, 0x01000000, 0x7f7fffff]) {
      const tiles = makeTiles(
        blended,
        "float32",
        () => float32Of(Math.floor(bits * (0.9 + random() / 10))) * (random() < 0.5 ? -1 : 1),
      );
      expectChunks(await blendTiles(executor(), blended, tiles), new Expectation(blended, tiles), "float32");
    }
  });

  it("never reads a voxel where the mask is 0: the first frame of every later causal tile", async () => {
    const random = seededRandom(6);
    const tiles = makeTiles(blended, "float32", random);
    const clean = await blendTiles(executor(), blended, tiles);
    for (const poison of [Number.NaN, Infinity, -Infinity, 3e38]) {
      const poisoned = tiles.map((tile, i) => poisonFirstFrame(tile, i >= 3 * 2 ? poison : undefined));
      const chunks = await blendTiles(executor(), blended, poisoned);
      expectChunks(chunks, new Expectation(blended, poisoned), "float32");
      chunks.forEach((chunk, i) => {
        expect(chunk.nanCount).to.equal(0);
        expectSameBytes(bytesOf(chunk.frames.data), bytesOf(clean[i]?.frames.data ?? new Uint8Array(0)), `${poison}`);
      });
    }
  });
});

/** A copy whose first frame, of every plane, holds one value. */
function poisonFirstFrame(tile: Tensor, poison: number | undefined): Tensor {
  const [batch = 0, channels = 0, frames = 0, height = 0, width = 0] = tile.shape;
  const data = Float32Array.from(tile.data);
  if (poison === undefined) return { ...tile, data };
  for (let plane = 0; plane < batch * channels; plane++) {
    data.fill(poison, plane * frames * height * width, (plane * frames + 1) * height * width);
  }
  return { ...tile, data };
}

/** The value of half or bfloat16 bits. */
function half(dtype: Dtype, bits: number): number {
  return dtype === "float16" ? referenceFloat16Value(bits & 0x7fff) : float32Of(bits * 65536);
}
