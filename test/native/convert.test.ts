import { expect } from "chai";
import type { OutputFormat } from "#src/executor/types.js";
import type { Dtype } from "#src/tensor.js";
import {
  blendOn,
  bytesOf,
  canonical,
  finishOf,
  flatJob,
  floatsOfBits,
  seededRandom,
  withoutSmall,
} from "../support/kernel.js";
import { describeNative } from "../support/native.js";
import {
  referenceBfloat16Bits,
  referenceFloat16Bits,
  referenceFloat16Value,
  referenceRgb24Byte,
} from "../support/reference.js";

const ALL_16_BITS = Uint16Array.from({ length: 65536 }, (_, bits) => bits);

/** Around every float32 exponent, the fractions where rounding to 10 or 7 bits turns, and NaN payloads. */
function tellingFloats(): Float32Array {
  const fractions = [0, 1, 0x0fff, 0x1000, 0x1001, 0x2fff, 0x3000, 0x3001, 0x7fff, 0x8000, 0x8001, 0x17fff, 0x18000];
  const high = [0x400000, 0x7fdfff, 0x7fe000, 0x7fefff, 0x7ff000, 0x7ff001, 0x7f7fff, 0x7f8000, 0x7fffff, 0x2aaaaa];
  const bits: number[] = [];
  for (let exponent = 0; exponent < 256; exponent++) {
    for (const fraction of [...fractions, ...high]) {
      bits.push(exponent * 2 ** 23 + fraction, 2 ** 31 + exponent * 2 ** 23 + fraction);
    }
  }
  // Halfway between each two neighbouring subnormal halves, and one bit to either side.
  for (let i = 0; i < 1024; i++) {
    const middle = new Uint32Array(Float32Array.of((2 * i + 1) * 2 ** -25).buffer)[0] ?? 0;
    bits.push(middle - 1, middle, middle + 1);
  }
  const random = seededRandom(4);
  for (let i = 0; i < 50000; i++) bits.push(Math.floor(random() * 2 ** 32));
  return floatsOfBits(bits);
}

describeNative("convert", ({ executor }) => {
  /** The values, or where the executor takes subnormal numbers for 0, 0 for those. */
  function taken<T extends Float32Array | Uint16Array>(dtype: Dtype, data: T): T {
    return executor().flushesSubnormals ? withoutSmall(dtype, data) : data;
  }

  /** Sends values through a window with weight 1: they come out as they are, but for -0, which added to +0 is +0. */
  async function passThrough(dtype: Dtype, data: Float32Array | Uint16Array, format: OutputFormat) {
    const shape = { batch: 1, channels: 1, frames: 1, carriedFrames: 1, height: 1, width: data.length };
    const kernel = await executor().factory(shape, format);
    const finish = finishOf(shape, { format });
    const counts = await blendOn(kernel, [flatJob(dtype, shape, data, finish)]);
    kernel.close();
    return { target: finish.target, ...counts };
  }

  it("reads every float16", async () => {
    const expected = Float32Array.from(ALL_16_BITS, (bits) => {
      const magnitude = referenceFloat16Value(bits & 0x7fff);
      return bits >= 0x8000 && magnitude !== 0 ? -magnitude : magnitude;
    });
    const { target, nanCount } = await passThrough("float16", ALL_16_BITS, "float32");
    expect(bytesOf(target).equals(bytesOf(canonical(expected)))).to.equal(true);
    expect(nanCount).to.equal(2 * 1023);
  });

  it("reads every bfloat16", async () => {
    const all = taken("bfloat16", ALL_16_BITS);
    const expected = floatsOfBits(Array.from(all, (bits) => (bits === 0x8000 ? 0 : bits * 65536)));
    const { target, nanCount } = await passThrough("bfloat16", all, "float32");
    expect(bytesOf(target).equals(bytesOf(canonical(expected)))).to.equal(true);
    expect(nanCount).to.equal(2 * 127);
  });

  it("gives every float16 and bfloat16 back, every NaN as the canonical one", async () => {
    for (const [dtype, infinity, nan] of [
      ["float16", 0x7c00, 0x7e00] as const,
      ["bfloat16", 0x7f80, 0x7fc0] as const,
    ]) {
      const all = taken(dtype, ALL_16_BITS);
      const expected = all.map((bits) => ((bits & 0x7fff) > infinity ? nan : bits === 0x8000 ? 0 : bits));
      const { target } = await passThrough(dtype, all, dtype);
      expect(bytesOf(target).equals(bytesOf(expected)), dtype).to.equal(true);
    }
  });

  for (const [format, referenceBits] of [
    ["float16", referenceFloat16Bits],
    ["bfloat16", referenceBfloat16Bits],
  ] as const) {
    it(`rounds float32 to ${format}: ties, subnormals, overflow, NaN payloads`, async () => {
      const values = taken("float32", tellingFloats());
      // -0 is +0 by then, and only that.
      const expected = Uint16Array.from(values, (value) => referenceBits(value === 0 ? 0 : value));
      const { target, nanCount } = await passThrough("float32", values, format);
      const wrong = expected.findIndex((bits, i) => bits !== target[i]);
      expect(wrong, `${values[wrong]} became ${target[wrong]}, not ${expected[wrong]}`).to.equal(-1);
      expect(nanCount).to.equal(values.filter((value) => Number.isNaN(value)).length);
    });
  }

  it("writes canonical NaN, infinities and subnormals as float32", async () => {
    const values = taken("float32", tellingFloats());
    const { target } = await passThrough("float32", values, "float32");
    const expected = canonical(values.map((value) => (value === 0 ? 0 : value)));
    expect(bytesOf(target).equals(bytesOf(expected))).to.equal(true);
  });

  /** Makes rgb24 of an image with these values in each channel. */
  async function toRgb24(values: Float32Array, low: number, high: number) {
    const shape = { batch: 2, channels: 3, frames: 1, carriedFrames: 1, height: 1, width: values.length };
    const kernel = await executor().factory(shape, "rgb24");
    const data = new Float32Array(6 * values.length);
    // Each plane starts elsewhere in the values, so that a plane in a wrong place shows.
    for (let i = 0; i < data.length; i++) data[i] = values[valueIndex(i, values.length)] ?? 0;
    const factor = Math.fround(255 / (high - low));
    const finish = finishOf(shape, { format: "rgb24", low, factor });
    const counts = await blendOn(kernel, [flatJob("float32", shape, data, finish)]);
    kernel.close();
    return { target: finish.target, ...counts };
  }

  /** Which value the element i of (2, 3, 1, 1, width) holds. */
  function valueIndex(i: number, width: number): number {
    const plane = Math.floor(i / width);
    return ((i % width) + plane * 5) % width;
  }

  for (const [low, high] of [
    [-1, 1],
    [0, 1],
    [0, 255],
    [-0.1, 0.7],
  ] as const) {
    it(`makes rgb24 of [${low}, ${high}]: ties, both ends, NaN as 0`, async () => {
      const random = seededRandom(5);
      const steps = Float32Array.from({ length: 2200 }, (_, i) => low + ((i - 64) / 4 / 255) * (high - low));
      const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38, -3e38, 1e-40, -0];
      const spread = Array.from({ length: 5000 }, () => low + (random() * 1.2 - 0.1) * (high - low));
      const values = Float32Array.from([...steps, ...special, ...spread]);
      const width = values.length;
      const { target, nanCount } = await toRgb24(values, low, high);
      expect(nanCount).to.equal(6);
      const expected = new Uint8Array(6 * width);
      for (let i = 0; i < expected.length; i++) {
        const [item, pixel, channel] = [Math.floor(i / (3 * width)), Math.floor((i % (3 * width)) / 3), i % 3];
        const value = values[valueIndex((item * 3 + channel) * width + pixel, width)] ?? 0;
        expected[i] = referenceRgb24Byte(value === 0 ? 0 : value, low, high);
      }
      expect(bytesOf(target).equals(bytesOf(expected))).to.equal(true);
    });
  }
});
