import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { decodeTiled, planTiles, type Tiling } from "tileblend";
import { writeNpy } from "tileblend/io";
import { planSweep } from "#src/cli/quality_sweep.js";
import { compareDecodes } from "#src/quality/compare.js";
import { decoderModule, program, run } from "../support/command_line.js";
import { latentsOf } from "../support/decoders.js";
import { needSharp } from "../support/programs.js";

const geometry = { temporalScale: 2, heightScale: 4, widthScale: 4 };
/** Each tile is brighter the wider it is: tiles differ from the whole, everywhere. */
const MODULE = decoderModule(geometry).replace("out[i++] = ", "out[i++] = w / 100 + ");

describe("tileblend quality", function () {
  this.timeout(60_000);
  let folder = "";
  const at = (name: string) => join(folder, name);
  const quality = (...args: string[]) => run(["quality", "latents.npy", "--decoder", "vae.mjs", ...args], folder);
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "tileblend-quality-test-"));
    writeFileSync(at("vae.mjs"), MODULE);
    writeFileSync(
      at("slow.mjs"),
      MODULE.replace("const [b", "await new Promise((done) => setTimeout(done, 300)); const [b"),
    );
    await writeNpy(at("latents.npy"), latentsOf([1, 4, 5, 6, 7]));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const rejected: [string, string[], number, RegExp][] = [
    ["no tiling", [], 2, /quality takes --tiling, --sweep or both/],
    ["an unknown preset", ["--tiling", "tiny"], 2, /--tiling must be one of auto, default/],
    ["an unknown axis", ["--tiling", "space=8:4"], 2, /--tiling must be spatial=…, height=…, .* got "space=8:4"/],
    ["a malformed axis", ["--tiling", "spatial=8:x"], 2, /--tiling spatial=8:x: It must be TILE/],
    ["broken JSON", ["--tiling", "{"], 2, /--tiling must be one of .*, or JSON/],
    ["a second tiling that is not legal", ["--tiling", "none", "--tiling", "spatial=9"], 2, /must be a multiple of 4/],
    ["another kind of picture", ["--tiling", "none", "-o", "q.png"], 2, /-o must be a file ending in \.svg or \.html/],
    ["a picture in no folder", ["--tiling", "none", "-o", "no/where.svg"], 1, /does not exist: make it first/],
    [
      "more tilings than an .svg shows",
      [...Array(5).fill("--tiling=none"), "-o", "q.svg"],
      2,
      /-o must be an \.html for more than 4 lines, here 5, got "q\.svg"/,
    ],
    ["another sweep", ["--sweep", "width=8"], 2, /It must be spatial=N or temporal=N/],
    ["overlaps that are none", ["--sweep", "spatial=8", "--overlaps", "a"], 2, /It must be numbers/],
    ["an unknown ramp", ["--sweep", "spatial=8", "--ramps", "cubic"], 2, /--ramps must be one of linear, smooth/],
    ["an unknown context", ["--sweep", "spatial=8", "--contexts", "all"], 2, /--contexts must be one of both, past/],
    ["the past of space", ["--sweep", "spatial=8", "--contexts", "past"], 2, /spatial\.context must be "both"/],
    [
      "margins of which none is legal",
      ["--sweep", "spatial=8", "--margins", "9"],
      2,
      /--margins must be at most half of/,
    ],
    [
      "a sweep of tiles that are too small",
      ["--sweep", "spatial=4"],
      2,
      /tileSize must be at least 8, twice the scale/,
    ],
    ["margins of no sweep", ["--tiling", "none", "--margins", "0"], 2, /--margins goes with --sweep/],
    ["seamless without a reach", ["--tiling", "seamless"], 2, /no decoder says how far it looks/],
    ["an unknown executor", ["--tiling", "none", "--executor", "gpu"], 2, /--executor must be one of/],
    ["a range that is none", ["--tiling", "none", "--range", "1"], 2, /LOW:HIGH/],
  ];
  for (const [name, args, code, message] of rejected) {
    it(`rejects ${name}`, async () => {
      const result = await quality(...args);
      expect(result.err).to.match(message);
      expect(result.err).not.to.match(/tile 1\//);
      expect(result.code).to.equal(code);
    });
  }

  it("says in JSON what the SDK's decodes give", async () => {
    const { out, err, code } = await quality(
      ...["--tiling", "spatial=12:4,temporal=6:2", "--tiling", "spatial=12:4:2", "--json", "--quiet"],
    );
    expect([code, err]).to.deep.equal([0, ""]);
    const report = JSON.parse(out);
    const { decoder } = await import(at("vae.mjs"));
    const latents = latentsOf([1, 4, 5, 6, 7]);
    const causal = { ...geometry, causal: true };
    const whole = await decodeTiled(latents, decoder, { geometry: causal });
    const tilings: Tiling[] = [
      { spatial: { tileSize: 12, overlap: 4 }, temporal: { tileSize: 6, overlap: 2 } },
      { spatial: { tileSize: 12, overlap: 4, margin: 2 } },
    ];
    for (const [i, tiling] of tilings.entries()) {
      const plan = planTiles({ latent: { frames: 5, height: 6, width: 7 }, geometry: causal, tiling });
      const tiled = await decodeTiled(latents, decoder, { geometry: causal, tiling });
      const { map: _, ...expected } = compareDecodes(tiled, whole, { plan, range: [-1, 1] });
      const { name, tiling: used, tiles, digest, elapsedMs, peakMemoryBytes, ...figures } = report.tilings[i];
      expect(figures).to.deep.equal(JSON.parse(JSON.stringify(expected)));
      expect({ used, tiles, digest }).to.deep.equal({ used: tiling, tiles: plan.tileCount, digest: plan.digest });
      expect(name).to.match(/^spatial=/);
      expect(elapsedMs).to.be.at.least(0);
      // A process of Node's takes more than 20 MiB.
      expect(peakMemoryBytes).to.be.above(20 * 2 ** 20);
    }
    expect(report.untiled).to.include({ tiles: 1 });
  });

  it("prints a table and draws curves", async () => {
    const { out, err, code } = await quality("--tiling", "spatial=12:4", "--tiling", "none", "-o", "q.svg");
    expect(code).to.equal(0);
    expect(out).to.match(/^tiling +tiles +dB \(largest\) +overlaps +spatial joints/);
    expect(out).to.match(/^none +1 +equal +- +-/m);
    expect(err).to.match(/tile 1\/\d+, .* ETA/);
    expect(readFileSync(at("q.svg"), "utf8")).to.match(/^<svg/);
  });

  it("draws a page with heat maps and plans", async function () {
    await needSharp(this);
    expect((await quality("--tiling", "spatial=12:4", "-o", "q.html")).code).to.equal(0);
    const page = readFileSync(at("q.html"), "utf8");
    expect(page).to.contain("data:image/png;base64,");
    expect(page).to.contain("Plan: spatial=12:4");
  });

  it("sweeps overlaps, margins, ramps and contexts, and draws a curve for each but the margin", async () => {
    const args = ["--sweep", "temporal=8", "--overlaps", "2,4", "--margins", "0,2,4", "--ramps", "smooth", "--json"];
    const { out, err, code } = await quality(...args, "-o", "sweep.svg");
    expect(code).to.equal(0);
    expect(err).to.contain("note: left out: margin 2 with overlap 2, both: at most 1");
    const { tilings } = JSON.parse(out);
    expect(tilings.map(({ name }: { name: string }) => name)).to.deep.equal([
      ...["temporal=8:2:0:smooth", "temporal=8:2:0:smooth:past", "temporal=8:2:2:smooth:past"],
      ...["temporal=8:4:0:smooth", "temporal=8:4:2:smooth"],
      ...["temporal=8:4:0:smooth:past", "temporal=8:4:2:smooth:past", "temporal=8:4:4:smooth:past"],
    ]);
    // With margin 0 the context does not matter: the same plan, decoded once.
    expect(tilings[3].digest).to.equal(tilings[5].digest);
    const lines = readFileSync(at("sweep.svg"), "utf8").match(/overlap \d, smooth/g) ?? [];
    expect(new Set(lines)).to.have.length(2);
    // A tile's width is the whole one, so tiles agree: two products, their sum and a division round, 4 · 2^-24 of values
    // up to 1, in steps of 2/255.
    expect(tilings.every(({ overall }: { overall: { largest: number } }) => overall.largest < 4e-5)).to.equal(true);
  });

  it("notes once, not for each ramp, what a sweep leaves out", () => {
    const video = { latent: { frames: 5, height: 6, width: 7 }, geometry: { ...geometry, causal: true } };
    const { points, notes } = planSweep({ axis: "spatial", tileSize: 8 }, { overlaps: [4], margins: [1, 3] }, video);
    expect(notes).to.deep.equal(["left out: margin 3 with overlap 4, both: at most 2"]);
    expect(points.map(({ name }) => name)).to.deep.equal(["spatial=8:4:1", "spatial=8:4:1:smooth"]);
  });

  it("stops on Ctrl-C and leaves nothing behind", async () => {
    const temporary = mkdtempSync(join(folder, "tmp-"));
    const args = ["quality", "latents.npy", "--decoder", "slow.mjs", "--tiling", "spatial=8:4", "-o", "stopped.svg"];
    const child = spawn(process.execPath, [program, ...args], {
      cwd: folder,
      env: { ...process.env, TMPDIR: temporary, TEMP: temporary },
    });
    // Once: a second Ctrl-C ends the process at once, without cleaning up.
    let isTold = false;
    child.stderr.on("data", (text) => {
      if (isTold || !`${text}`.includes("tile 1/")) return;
      isTold = true;
      child.kill("SIGINT");
    });
    const code = await new Promise((resolve) => child.once("exit", resolve));
    expect(code).to.equal(130);
    expect(readdirSync(temporary)).to.deep.equal([]);
    expect(readdirSync(folder)).not.to.contain("stopped.svg");
  });
});
