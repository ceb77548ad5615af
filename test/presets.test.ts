import { expect } from "chai";
import { geometries, planTiles, tilings } from "tileblend";
import { goldenChoices, goldenLegality, goldenTiling } from "./support/golden.js";

const latent = { frames: 16, height: 17, width: 30 };

describe("tilings", () => {
  it("equals the golden presets", () => {
    const made = {
      default: tilings.default(),
      spatial_only: tilings.spatialOnly(),
      temporal_only: tilings.temporalOnly(),
      aggressive: tilings.aggressive(),
      conservative: tilings.conservative(),
    };
    const rows = goldenChoices.filter((row) => row.preset !== undefined);
    expect(rows).to.have.length(5);
    for (const { preset, config } of rows) expect(made[preset ?? "default"]).to.deep.equal(goldenTiling(config));
  });

  it("equals every golden automatic choice", () => {
    const rows = goldenChoices.filter((row) => row.auto !== undefined);
    expect(rows).to.have.length(120);
    for (const { auto, config } of rows) {
      expect(tilings.auto(auto ?? { height: 0, width: 0, numFrames: 0 })).to.deep.equal(goldenTiling(config));
    }
  });

  it("takes sizes and thresholds of the caller", () => {
    expect(tilings.spatialOnly({ tileSize: 256 })).to.deep.equal({ spatial: { tileSize: 256, overlap: 64 } });
    expect(tilings.temporalOnly({ overlap: 8 })).to.deep.equal({ temporal: { tileSize: 64, overlap: 8 } });
    expect(tilings.none()).to.deep.equal({});
    const size = { height: 512, width: 512, numFrames: 65 };
    expect(tilings.auto(size)).to.equal(null);
    expect(tilings.auto({ ...size, spatialThreshold: 511 })).to.deep.equal({ spatial: { tileSize: 384, overlap: 64 } });
    expect(tilings.auto({ ...size, temporalThreshold: 64 })).to.deep.equal({ temporal: { tileSize: 64, overlap: 24 } });
  });

  it("does not overflow on the largest sizes", () => {
    const most = 2 ** 31 - 1;
    expect(tilings.auto({ height: most, width: most, numFrames: most })).to.deep.equal(tilings.aggressive());
  });

  it("chooses aggressive above 2 GiB of float32 only", () => {
    // 12 bytes a voxel: 2^31 / 12 = 178956970.67.
    const choose = (width: number) => tilings.auto({ height: 1, width, numFrames: 1 });
    expect(choose(178956970)).to.deep.equal({ spatial: { tileSize: 384, overlap: 64 } });
    expect(choose(178956971)).to.deep.equal(tilings.aggressive());
  });

  const rejected: [string, () => unknown, typeof TypeError | typeof RangeError, RegExp][] = [
    [
      "auto without sizes",
      () => tilings.auto({} as never),
      TypeError,
      /height must be a whole number .* got undefined/,
    ],
    [
      "auto of height 0",
      () => tilings.auto({ height: 0, width: 1, numFrames: 1 }),
      RangeError,
      /height must be .* got 0/,
    ],
    [
      "auto with num_frames",
      () => tilings.auto({ height: 1, width: 1, num_frames: 1 } as never),
      TypeError,
      /options\.num_frames is not known/,
    ],
    ["spatialOnly with size", () => tilings.spatialOnly({ size: 1 } as never), TypeError, /options\.size is not known/],
    [
      "spatialOnly of tileSize 32 overlapping by 64",
      () => tilings.spatialOnly({ tileSize: 32 }),
      RangeError,
      /spatial\.overlap must be below/,
    ],
    [
      "temporalOnly of tileSize 'a'",
      () => tilings.temporalOnly({ tileSize: "a" } as never),
      TypeError,
      /temporal\.tileSize must be a whole number/,
    ],
  ];
  for (const [name, make, kind, message] of rejected) {
    it(`rejects ${name}`, () => {
      expect(make).to.throw(kind, message);
    });
  }
});

describe("legality of a tiling for LTX", () => {
  it("equals every golden row", () => {
    expect(goldenLegality).to.have.length(100);
    for (const { kind, tileSize, overlap, error } of goldenLegality) {
      const make = () => planTiles({ latent, geometry: geometries.ltx, tiling: { [kind]: { tileSize, overlap } } });
      // A negative multiple passes the reference's own check as an overlap; here it is refused.
      if (error === null && overlap >= 0) expect(make).not.to.throw();
      else expect(make, `${kind} ${tileSize} ${overlap}`).to.throw(RangeError, `tiling.${kind}.`);
    }
  });

  const rows: [string, object, RegExp][] = [
    [
      "below twice the scale",
      { spatial: { tileSize: 32 } },
      /tiling\.spatial\.tileSize must be at least 64, twice the scale \(pixels\), got 32/,
    ],
    [
      "no multiple of the scale",
      { spatial: { tileSize: 100 } },
      /tiling\.spatial\.tileSize must be a multiple of 32, the scale \(pixels\), got 100/,
    ],
    [
      "no multiple as overlap",
      { spatial: { tileSize: 128, overlap: 33 } },
      /tiling\.spatial\.overlap must be a multiple of 32, the scale \(pixels\), got 33/,
    ],
    [
      "height of its own",
      { spatial: { height: { tileSize: 40 } } },
      /tiling\.spatial\.height\.tileSize must be at least 64/,
    ],
    [
      "width of its own",
      { spatial: { width: { tileSize: 72 } } },
      /tiling\.spatial\.width\.tileSize must be a multiple of 32/,
    ],
    [
      "overlap = tileSize",
      { temporal: { tileSize: 64, overlap: 64 } },
      /tiling\.temporal\.overlap must be below tiling\.temporal\.tileSize, 64 \(frames\), got 64/,
    ],
    ["overlap below 0", { temporal: { tileSize: 64, overlap: -8 } }, /tiling\.temporal\.overlap must be .* got -8/],
    ["tileSize 0", { temporal: { tileSize: 0 } }, /tiling\.temporal\.tileSize must be .* got 0/],
  ];
  for (const [name, tiling, message] of rows) {
    it(`rejects ${name}`, () => {
      expect(() => planTiles({ latent, geometry: geometries.ltx, tiling })).to.throw(RangeError, message);
    });
  }
});
