import { expect } from "chai";
import fc from "fast-check";
import { blendMask, mapInterval, splitAxis } from "tileblend";
import { bytesOf, goldenMasks, goldenSlices, goldenSplits } from "./support/golden.js";
import { referenceMap, referenceMask, referenceSplit } from "./support/reference.js";

const AXES = ["spatial", "temporal"] as const;

describe("blendMask", () => {
  const rejected: [string, unknown, typeof TypeError | typeof RangeError, RegExp][] = [
    ["no options", undefined, TypeError, /options must be an object, got undefined/],
    ["an unknown option", { length: 4, rampLeft: 1 }, TypeError, /options\.rampLeft is not known/],
    ["length 0", { length: 0 }, RangeError, /length must be a whole number from 1 to 2147483647 .*, got 0/],
    ["length -1", { length: -1 }, RangeError, /got -1/],
    ["length 1.5", { length: 1.5 }, TypeError, /length must be a whole number/],
    ["length NaN", { length: Number.NaN }, TypeError, /got NaN/],
    ["length '4'", { length: "4" }, TypeError, /got "4"/],
    ["length 2^31", { length: 2 ** 31 }, RangeError, /got 2147483648/],
    ["leftRamp 0.5", { length: 4, leftRamp: 0.5 }, TypeError, /leftRamp must be a whole number/],
    ["rightRamp Infinity", { length: 4, rightRamp: Number.POSITIVE_INFINITY }, TypeError, /rightRamp/],
    ["leftStartsFromZero 1", { length: 4, leftStartsFromZero: 1 }, TypeError, /must be true or false, got 1/],
    ["a mask of 8 GB", { length: 2 ** 31 - 1 }, RangeError, /the size of the mask must be at most 1073741824 bytes/],
  ];
  for (const [name, options, kind, message] of rejected) {
    it(`rejects ${name}`, () => {
      expect(() => blendMask(options as never)).to.throw(kind, message);
    });
  }

  it("gives one value for length 1", () => {
    expect([...blendMask({ length: 1 })]).to.deep.equal([1]);
    expect([...blendMask({ length: 1, leftRamp: 1, leftStartsFromZero: true })]).to.deep.equal([0]);
    expect([...blendMask({ length: 1, leftRamp: 1, rightRamp: 1 })]).to.deep.equal([0.25]);
  });

  it("holds ramps to [0, length], however far they are off", () => {
    const clamped = blendMask({ length: 5, leftRamp: 5, rightRamp: 0 });
    expect(blendMask({ length: 5, leftRamp: 2 ** 40, rightRamp: -(2 ** 40) })).to.deep.equal(clamped);
  });

  it("equals the reference for every length and ramp up to 9", () => {
    for (let length = 1; length <= 9; length++) {
      for (let leftRamp = -1; leftRamp <= length + 1; leftRamp++) {
        for (let rightRamp = -1; rightRamp <= length + 1; rightRamp++) {
          for (const leftStartsFromZero of [false, true]) {
            const mask = blendMask({ length, leftRamp, rightRamp, leftStartsFromZero });
            const expected = referenceMask(length, leftRamp, rightRamp, leftStartsFromZero);
            expect(bytesOf(mask).equals(bytesOf(expected)), `${length} ${leftRamp} ${rightRamp}`).to.equal(true);
          }
        }
      }
    }
  });

  for (const row of goldenMasks) {
    const { length, rampLeft: leftRamp, rampRight: rightRamp, leftStartsFromZero, float32, error } = row;
    it(`golden: ${length}, ${leftRamp}, ${rightRamp}, ${leftStartsFromZero}`, () => {
      const make = () => blendMask({ length, leftRamp, rightRamp, leftStartsFromZero });
      if (error !== undefined) expect(make).to.throw(RangeError);
      else expect(bytesOf(make()).toString("base64")).to.equal(float32);
    });
  }

  it("equals the reference at a large odd size", () => {
    const mask = blendMask({ length: 1_000_003, leftRamp: 654_321, rightRamp: 765_433 });
    expect(bytesOf(mask).equals(bytesOf(referenceMask(1_000_003, 654_321, 765_433, false)))).to.equal(true);
  });
});

describe("splitAxis", () => {
  const rejected: [string, object, typeof TypeError | typeof RangeError, RegExp][] = [
    [
      "another axis",
      { axis: "depth", size: 4, overlap: 1, dimension: 9 },
      TypeError,
      /axis must be one of spatial, temporal, got "depth"/,
    ],
    ["size 0", { axis: "spatial", size: 0, overlap: 0, dimension: 9 }, RangeError, /^size must be .* got 0/],
    ["overlap -1", { axis: "spatial", size: 4, overlap: -1, dimension: 9 }, RangeError, /^overlap must be .* got -1/],
    [
      "overlap = size",
      { axis: "spatial", size: 4, overlap: 4, dimension: 9 },
      RangeError,
      /^overlap must be below 4, the tile size, got 4/,
    ],
    ["dimension 0", { axis: "temporal", size: 4, overlap: 1, dimension: 0 }, RangeError, /^dimension must be .* got 0/],
    ["dimension missing", { axis: "temporal", size: 4, overlap: 1 }, TypeError, /^dimension must be .* got undefined/],
    [
      "2^31 intervals of nothing",
      { axis: "spatial", size: 1, overlap: 0, dimension: 2 ** 31 - 1 },
      RangeError,
      /the size of the list of intervals must be at most/,
    ],
  ];
  for (const [name, options, kind, message] of rejected) {
    it(`rejects ${name}`, () => {
      expect(() => splitAxis(options as never)).to.throw(kind, message);
    });
  }

  it("equals the reference for every size, overlap and dimension up to 14", () => {
    for (const axis of AXES) {
      for (let dimension = 1; dimension <= 14; dimension++) {
        for (let size = 1; size <= 15; size++) {
          for (let overlap = 0; overlap < size; overlap++) {
            const expected = referenceSplit(axis === "temporal", size, overlap, dimension);
            expect(splitAxis({ axis, size, overlap, dimension })).to.deep.equal(expected);
          }
        }
      }
    }
  });

  it("equals every golden split", () => {
    for (const { axis, size, overlap, dimension, ...expected } of goldenSplits) {
      const intervals = splitAxis({ axis, size, overlap, dimension });
      const columns = {
        starts: intervals.map((interval) => interval.start),
        ends: intervals.map((interval) => interval.end),
        leftRamps: intervals.map((interval) => interval.leftRamp),
        rightRamps: intervals.map((interval) => interval.rightRamp),
      };
      expect(columns, `${axis} ${size} ${overlap} ${dimension}`).to.deep.equal(expected);
    }
  });

  it("splits up to the largest size without overflow", () => {
    const intervals = splitAxis({ axis: "spatial", size: 2 ** 30, overlap: 1, dimension: 2 ** 31 - 1 });
    expect(intervals.at(-1)).to.deep.equal({ start: 2 ** 30 - 1, end: 2 ** 31 - 1, leftRamp: 1, rightRamp: 0 });
    expect(
      splitAxis({ axis: "spatial", size: 2 ** 31 - 1, overlap: 2 ** 31 - 2, dimension: 2 ** 31 - 1 }),
    ).to.have.length(1);
  });

  it("covers the axis, whole, in order, with ramps within the tiles (property)", () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 300 }), fc.nat(400), fc.integer({ min: 1, max: 3000 }));
    fc.assert(
      fc.property(fc.constantFrom(...AXES), sizes, (axis, [size, anyOverlap, dimension]) => {
        const overlap = anyOverlap % size;
        const intervals = splitAxis({ axis, size, overlap, dimension });
        expect(intervals[0]?.start).to.equal(0);
        expect(intervals.at(-1)?.end).to.equal(dimension);
        intervals.forEach((interval, i) => {
          const before = intervals[i - 1];
          expect(interval.leftRamp).to.be.at.most(interval.end - interval.start);
          expect(interval.rightRamp).to.be.at.most(interval.end - interval.start);
          if (before === undefined) return;
          expect(interval.start).to.be.at.most(before.end);
          expect(interval.end).to.be.above(before.end);
          expect(before.end - interval.start).to.equal(interval.leftRamp);
        });
      }),
    );
  });
});

describe("mapInterval", () => {
  const interval = { start: 1, end: 3, leftRamp: 1, rightRamp: 0 };
  const rejected: [string, object, typeof TypeError | typeof RangeError, RegExp][] = [
    [
      "an empty interval",
      { axis: "spatial", interval: { ...interval, end: 1 }, scale: 8 },
      RangeError,
      /interval\.end must be above 1, the start, got 1/,
    ],
    [
      "a negative start",
      { axis: "spatial", interval: { ...interval, start: -1 }, scale: 8 },
      RangeError,
      /interval\.start must be .* got -1/,
    ],
    [
      "a ramp of 0.5",
      { axis: "spatial", interval: { ...interval, leftRamp: 0.5 }, scale: 8 },
      TypeError,
      /interval\.leftRamp/,
    ],
    ["scale 0", { axis: "spatial", interval, scale: 0 }, RangeError, /scale must be .* got 0/],
    [
      "an output past 2^31 - 1",
      { axis: "spatial", interval: { ...interval, end: 2 ** 30 }, scale: 2 },
      RangeError,
      /the stop of the output slice must be at most 2147483647, got 2147483648/,
    ],
    ["no interval", { axis: "spatial", scale: 2 }, TypeError, /interval must be an object/],
  ];
  for (const [name, options, kind, message] of rejected) {
    it(`rejects ${name}`, () => {
      expect(() => mapInterval(options as never)).to.throw(kind, message);
    });
  }

  it("equals every golden slice", () => {
    for (const { axis, begin, end, leftRamp, rightRamp, scale, start, stop, float32 } of goldenSlices) {
      const mapped = mapInterval({ axis, interval: { start: begin, end, leftRamp, rightRamp }, scale });
      expect({ start: mapped.start, stop: mapped.stop }).to.deep.equal({ start, stop });
      expect(bytesOf(mapped.mask).toString("base64")).to.equal(float32);
    }
  });

  it("equals the reference for small intervals, ramps and scales", () => {
    for (const axis of AXES) {
      for (let end = 1; end <= 4; end++) {
        for (let leftRamp = 0; leftRamp <= 5; leftRamp++) {
          for (let rightRamp = 0; rightRamp <= 5; rightRamp++) {
            for (const scale of [1, 2, 3, 8]) {
              const one = { start: 0, end, leftRamp, rightRamp };
              const expected = referenceMap(axis === "temporal", one, scale);
              const mapped = mapInterval({ axis, interval: one, scale });
              expect([mapped.start, mapped.stop]).to.deep.equal([expected.outStart, expected.outStop]);
              expect(bytesOf(mapped.mask).equals(bytesOf(expected.mask))).to.equal(true);
            }
          }
        }
      }
    }
  });

  it("does not overflow on ramps that the scale carries past 2^31", () => {
    const huge = { start: 0, end: 2, leftRamp: 2 ** 31 - 1, rightRamp: 2 ** 31 - 1 };
    const expected = referenceMap(true, huge, 1000);
    expect(mapInterval({ axis: "temporal", interval: huge, scale: 1000 }).mask).to.deep.equal(expected.mask);
  });
});
