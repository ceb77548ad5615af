import { expect } from "chai";
import { geometries, type Tensor } from "tileblend";
import { type Fit, fitToGrid } from "#src/cli/fit_grid.js";
import { expectThrow } from "../support/rejections.js";

/** Pixels (1, 2, frames, height, width) that name their place: 1000·channel + 100·frame + 10·row + column. */
function places([frames, height, width]: [number, number, number]): Tensor {
  const data = new Float32Array(2 * frames * height * width);
  let i = 0;
  for (let c = 0; c < 2; c++)
    for (let t = 0; t < frames; t++)
      for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data[i++] = 1000 * c + 100 * t + 10 * y + x;
  return { dtype: "float32", shape: [1, 2, frames, height, width], data };
}

const geometry = { temporalScale: 2, heightScale: 2, widthScale: 3, causal: true };

describe("fitToGrid", () => {
  it("refuses to crop what is smaller than a cell", async () => {
    const crop = () => fitToGrid("small.png", places([1, 1, 4]), geometry, "crop");
    await expectThrow(
      crop,
      RangeError,
      /^small\.png must be of 1 \+ 2k frames, height a multiple of 2, width a multiple of 3 to be cropped to them, got 1 frames of 1 x 4; --fit pad repeats its edges$/,
    );
  });

  it("leaves what fits as it is", () => {
    const pixels = places([3, 4, 6]);
    for (const fit of ["crop", "pad"] as const) {
      expect(fitToGrid("a", pixels, geometry, fit)).to.deep.equal({ pixels, note: null });
    }
  });

  const cases: [string, Fit, [number, number, number], [number, number, number], (place: number[]) => number[]][] = [
    ["the first frames and the middle", "crop", [4, 7, 8], [3, 6, 6], ([t = 0, y = 0, x = 0]) => [t, y, x + 1]],
    [
      "the last frame, row and column again",
      "pad",
      [2, 3, 4],
      [3, 4, 6],
      ([t = 0, y = 0, x = 0]) => [Math.min(t, 1), Math.min(y, 2), Math.min(x, 3)],
    ],
  ];
  for (const [name, fit, from, to, source] of cases) {
    it(`takes ${name}, and says so`, () => {
      const { pixels, note } = fitToGrid("a", places(from), geometry, fit);
      expect(pixels.shape).to.deep.equal([1, 2, ...to]);
      const expected: number[] = [];
      for (let c = 0; c < 2; c++)
        for (let t = 0; t < to[0]; t++)
          for (let y = 0; y < to[1]; y++)
            for (let x = 0; x < to[2]; x++) {
              const [ft = 0, fy = 0, fx = 0] = source([t, y, x]);
              expected.push(1000 * c + 100 * ft + 10 * fy + fx);
            }
      expect([...pixels.data]).to.deep.equal(expected);
      expect(note).to.match(fit === "crop" ? /^cropped from 4 frames of 7 x 8 to 3 frames of 6 x 6/ : /^padded from/);
    });
  }

  it("takes any number of frames where the geometry is not causal", () => {
    const image = geometries.image({ scale: 2 });
    expect(fitToGrid("a", places([5, 4, 4]), image, "crop").note).to.equal(null);
  });
});
