import { expect } from "chai";
import { type AxisRange, crop, type Tensor } from "#src/tensor.js";

/** A tensor whose elements are their own flat indices, in an array that starts inside of its buffer. */
function numbered(dtype: "float32" | "bfloat16", shape: readonly number[]): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  const data = dtype === "float32" ? new Float32Array(count + 1) : new Uint16Array(count + 1);
  return { dtype, shape, data: data.map((_, i) => i - 1).subarray(1) };
}

/** The flat index of each element of a box, by counting through all of the tensor. */
function indicesIn(shape: readonly number[], box: readonly AxisRange[]): number[] {
  const count = shape.reduce((product, size) => product * size, 1);
  return Array.from({ length: count }, (_, flat) => flat).filter((flat) => {
    let rest = flat;
    return shape.toReversed().every((size, i) => {
      const at = rest % size;
      rest = Math.floor(rest / size);
      const range = box[shape.length - 1 - i];
      return range !== undefined && at >= range.start && at < range.end;
    });
  });
}

function rangesOf(size: number): AxisRange[] {
  const starts = Array.from({ length: size }, (_, start) => start);
  return starts.flatMap((start) => starts.slice(start).map((last) => ({ start, end: last + 1 })));
}

describe("crop", () => {
  it("takes every box of a small tensor", () => {
    const shape = [2, 3, 2, 3];
    const tensor = numbered("float32", shape);
    const lead = { start: 0, end: 2 };
    for (const a of rangesOf(3)) {
      for (const b of rangesOf(2)) {
        for (const c of rangesOf(3)) {
          const { shape: cropped, data } = crop(tensor, [a, b, c]);
          expect(cropped).to.deep.equal([2, a.end - a.start, b.end - b.start, c.end - c.start]);
          expect([...data]).to.deep.equal(indicesIn(shape, [lead, a, b, c]));
        }
      }
    }
  });

  for (const dtype of ["float32", "bfloat16"] as const) {
    for (const width of [31, 32, 33]) {
      it(`takes rows of ${width} elements of ${dtype}`, () => {
        const shape = [3, 4, 40];
        const box = [
          { start: 0, end: 3 },
          { start: 1, end: 3 },
          { start: 5, end: 5 + width },
        ];
        expect([...crop(numbered(dtype, shape), box.slice(1)).data]).to.deep.equal(indicesIn(shape, box));
      });
    }
  }

  it("keeps the bits of every NaN", () => {
    const bits = Uint32Array.from({ length: 24 }, (_, i) => (i % 2 === 0 ? 0x7f800001 : 0xffc12345) + i);
    const tensor: Tensor = { dtype: "float32", shape: [4, 6], data: new Float32Array(bits.buffer) };
    const { data } = crop(tensor, [{ start: 2, end: 4 }]);
    const rows = [0, 1, 2, 3].flatMap((row) => [bits[row * 6 + 2], bits[row * 6 + 3]]);
    expect([...new Uint32Array(data.buffer)]).to.deep.equal(rows);
  });

  it("gives memory of its own, also for the whole tensor", () => {
    const tensor = numbered("float32", [1, 2, 3]);
    const whole = crop(tensor, [
      { start: 0, end: 2 },
      { start: 0, end: 3 },
    ]);
    expect(whole.data.buffer.byteLength).to.equal(24);
    whole.data.fill(9);
    expect([...tensor.data]).to.deep.equal([0, 1, 2, 3, 4, 5]);
  });
});
