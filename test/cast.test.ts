import { expect } from "chai";
import type { Tensor } from "tileblend";
import { castTensor } from "#src/cast.js";
import { referenceBfloat16Bits, referenceFloat16Bits, referenceFloat16Value } from "./support/reference.js";

function tensorOf(data: Float32Array | Uint16Array, dtype: Tensor["dtype"]): Tensor {
  return { dtype, shape: [1, 1, 1, 1, data.length], data };
}

const values = Float32Array.of(
  ...[
    0,
    -0,
    1,
    -1,
    0.1,
    1 / 3,
    65504,
    65519,
    65520,
    1e30,
    -1e30,
    2 ** -14,
    2 ** -24,
    2 ** -25,
    3 * 2 ** -26,
    2 ** -149,
  ],
  ...[1 + 2 ** -11, 1 + 3 * 2 ** -11, 1 + 2 ** -8, 1 + 3 * 2 ** -8, 3.4028234663852886e38],
  ...[Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN],
);

describe("castTensor", () => {
  it("returns a tensor of that dtype as it is", () => {
    const tensor = tensorOf(Float32Array.of(1), "float32");
    expect(castTensor(tensor, "float32")).to.equal(tensor);
  });

  it("rounds float32 to float16 and bfloat16 as the reference", () => {
    const tensor = tensorOf(values, "float32");
    expect([...castTensor(tensor, "float16").data]).to.deep.equal(Array.from(values, referenceFloat16Bits));
    expect([...castTensor(tensor, "bfloat16").data]).to.deep.equal(Array.from(values, referenceBfloat16Bits));
  });

  it("widens every finite float16, and back", () => {
    const bits = Uint16Array.from({ length: 65536 }, (_, i) => i).filter((each) => (each & 0x7c00) !== 0x7c00);
    const wide = castTensor(tensorOf(bits, "float16"), "float32");
    const expected = Float32Array.from(bits, (each) => (each & 0x8000 ? -1 : 1) * referenceFloat16Value(each & 0x7fff));
    expect(Buffer.compare(Buffer.from(wide.data.buffer), Buffer.from(expected.buffer))).to.equal(0);
    expect(castTensor(wide, "float16").data).to.deep.equal(bits);
  });

  it("widens infinities and NaN", () => {
    const half = castTensor(tensorOf(Uint16Array.of(0x7c00, 0xfc00, 0x7e00), "float16"), "float32");
    expect([...half.data]).to.deep.equal([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]);
    const brain = castTensor(tensorOf(Uint16Array.of(0x7f80, 0xff80, 0x7fc0, 0x3f80), "bfloat16"), "float32");
    expect([...brain.data]).to.deep.equal([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 1]);
  });

  it("goes from bfloat16 to float16 by way of float32", () => {
    const result = castTensor(tensorOf(Uint16Array.of(0x3f80, 0xc040, 0x7f00), "bfloat16"), "float16");
    expect([...result.data]).to.deep.equal([0x3c00, 0xc200, 0x7c00]);
  });
});
