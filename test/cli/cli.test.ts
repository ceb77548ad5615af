import { spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { geometries, TilePlan, tilings } from "tileblend";
import { decoderModule, makeDecodeFolder, program, run } from "../support/command_line.js";
import { bytesOf } from "../support/golden.js";

const geometry = { temporalScale: 4, heightScale: 8, widthScale: 8, causal: true };
const MODULE = decoderModule(geometry);

describe("tileblend (command line)", function () {
  this.timeout(120_000);
  let folder = "";
  const at = (name: string) => join(folder, name);
  before(async () => {
    folder = await makeDecodeFolder(MODULE);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  const tiles = ["--spatial", "32:16", "--temporal", "12:4"];

  describe("plan", () => {
    it("prints a table", async () => {
      const { code, out } = await run(["plan", "--latent", "16x17x30", "--tiling", "default"]);
      expect(code).to.equal(0);
      expect(out).to.match(/output +121 frames of 544 x 960 pixels/);
      expect(out).to.match(/tiles +12 \(3 x 2 x 2\)/);
    });

    it("prints JSON with masks", async () => {
      const { out } = await run(["plan", "--latent", "16x17x30", "--tiling", "default", "--json", "--masks"]);
      const json = JSON.parse(out);
      const plan = TilePlan.fromJSON(json);
      expect(json.digest).to.equal(plan.digest);
      expect(json.output).to.deep.equal({ frames: 121, height: 544, width: 960 });
      expect(Object.keys(json.axes.frames[1])).to.have.members([
        "start",
        "end",
        "leftRamp",
        "rightRamp",
        "outStart",
        "outStop",
        "mask",
      ]);
      const mask = plan.axes.frames[1]?.mask ?? new Float32Array();
      expect(json.axes.frames[1].mask).to.equal(bytesOf(mask).toString("base64"));
    });

    it("writes a plan, checks it, and finds a changed one", async () => {
      expect(
        (await run(["plan", "--latent", "6x8x9", "--geometry", "wan21", ...tiles, "-o", at("plan.json")])).code,
      ).to.equal(0);
      expect((await run(["plan", "--check", at("plan.json")])).code).to.equal(0);
      const json = JSON.parse(readFileSync(at("plan.json"), "utf8"));
      writeFileSync(at("changed.json"), JSON.stringify({ ...json, latent: { ...json.latent, width: 10 } }));
      const changed = await run(["plan", "--check", at("changed.json"), "--json"]);
      expect(changed.code).to.equal(1);
      expect(JSON.parse(changed.out)).to.include({ ok: false, field: "digest" });
      const mask = "AACAPw==";
      const [first, ...rest] = json.axes.frames;
      const masked = { ...json, axes: { ...json.axes, frames: [{ ...first, mask }, ...rest] } };
      writeFileSync(at("masked.json"), JSON.stringify(masked));
      const other = await run(["plan", "--check", at("masked.json")]);
      expect(other.code).to.equal(1);
      expect(other.out).to.match(/plan\.axes\.frames\[0\]\.mask must be/);
      writeFileSync(at("broken.json"), "{");
      expect((await run(["plan", "--check", at("broken.json")])).code).to.equal(1);
    });

    it("takes every spelling of a geometry and of the axes", async () => {
      const digest = async (...args: string[]) =>
        JSON.parse((await run(["plan", "--latent", "6x8x9", "--json", ...args])).out).digest;
      const named = await digest("--geometry", "wan21", "--spatial", "64:16");
      expect(await digest("--geometry", "4,8,8,causal", "--height", "64:16", "--width", "64:16")).to.equal(named);
      expect(await digest("--geometry", JSON.stringify(geometry), "--spatial", "64:16", "--temporal", "none")).to.equal(
        named,
      );
    });

    it("takes margins, ramps and contexts, and says them again", async () => {
      const flags = ["--spatial", "256:128:44:smooth", "--temporal", "64:24:past:smooth"];
      const plan = async (...args: string[]) =>
        JSON.parse((await run(["plan", "--latent", "16x17x30", "--json", ...args])).out);
      const { tiling, digest } = await plan(...flags);
      // Without a margin the context does not matter.
      expect(tiling).to.deep.equal({
        spatial: { tileSize: 256, overlap: 128, margin: 44, ramp: "smooth" },
        temporal: { tileSize: 64, overlap: 24, ramp: "smooth" },
      });
      expect((await plan(...flags.slice(0, 2), "--temporal", "64:24:0:smooth")).digest).to.equal(digest);
    });

    it("chooses tiles by the decoder's reach", async () => {
      const plan = async (...args: string[]) =>
        JSON.parse((await run(["plan", "--latent", "16x17x30", "--json", "--seamless", ...args])).out).tiling;
      expect(await plan("3:3", "--spatial", "448")).to.deep.equal({
        spatial: { tileSize: 448, overlap: 224, margin: 96 },
      });
      const within = await plan("1:2:1", "--max-tile-voxels", "20000000");
      expect(within.temporal).to.include({ overlap: 40, margin: 16 });
      expect(within.spatial.height ?? within.spatial).to.include({ overlap: 96, margin: 32 });
    });

    const rejected: [string, string[], number, RegExp][] = [
      ["no latents", ["plan"], 2, /--latent/],
      ["a reach without a decoder", ["plan", "--latent", "1x1x1", "--seamless"], 2, /takes SPACE:BEFORE:AFTER here/],
      ["a reach that is none", ["plan", "--latent", "1x1x1", "--seamless", "far"], 2, /It must be SPACE, SPACE:BEFORE/],
      [
        "a seamless preset",
        ["plan", "--latent", "1x1x1", "--seamless", "1", "--tiling", "auto"],
        2,
        /only one of --seamless and --tiling/,
      ],
      [
        "a seamless overlap",
        ["plan", "--latent", "1x1x1", "--seamless", "1", "--spatial", "512:64"],
        2,
        /an axis takes its tile size alone/,
      ],
      ["voxels alone", ["plan", "--latent", "1x1x1", "--max-tile-voxels", "1"], 2, /goes with --seamless/],
      ["two ramps", ["plan", "--latent", "1x1x1", "--spatial", "64:32:linear:smooth"], 2, /It must be TILE/],
      ["a ramp before a size", ["plan", "--latent", "1x1x1", "--spatial", "64:smooth:32"], 2, /It must be TILE/],
      ["four sizes", ["plan", "--latent", "1x1x1", "--spatial", "64:32:1:1"], 2, /It must be TILE/],
      ["a ramp alone", ["plan", "--latent", "1x1x1", "--spatial", "smooth"], 2, /It must be TILE/],
      [
        "margins that overlap",
        ["plan", "--latent", "1x1x1", "--spatial", "128:64:33"],
        2,
        /spatial\.margin must be at most 32/,
      ],
      ["wrong latents", ["plan", "--latent", "16x17"], 2, /FRAMESxHEIGHTxWIDTH/],
      ["an unknown geometry", ["plan", "--latent", "1x1x1", "--geometry", "vae"], 2, /It must be ltx/],
      [
        "an unknown tiling",
        ["plan", "--latent", "1x1x1", "--tiling", "tiny"],
        2,
        /--tiling must be one of auto, default/,
      ],
      ["latents of no frames", ["plan", "--latent", "0x1x1"], 2, /latent\.frames must be a whole number from 1/],
      ["an empty geometry", ["plan", "--latent", "1x1x1", "--geometry", "{}"], 2, /geometry\.temporalScale/],
      ["an illegal tile", ["plan", "--latent", "1x1x1", "--spatial", "100"], 2, /must be a multiple of 32/],
      ["an unknown option", ["plan", "--tile", "1"], 2, /unknown option/],
      ["an unknown command", ["decde"], 2, /unknown command/],
    ];
    for (const [name, args, code, message] of rejected) {
      it(`rejects ${name}`, async () => {
        const result = await run(args);
        expect(result.err).to.match(message);
        expect(result.code).to.equal(code);
      });
    }
  });

  it("inspect draws SVG and HTML", async () => {
    await run(["plan", "--latent", "6x8x9", "--geometry", "wan21", ...tiles, "-o", at("plan.json")]);
    for (const [name, start] of [
      ["plan.svg", "<svg"],
      ["plan.html", "<!doctype html"],
    ] as const) {
      expect((await run(["inspect", at("plan.json"), "-o", at(name)])).code).to.equal(0);
      expect(readFileSync(at(name), "utf8").toLowerCase()).to.contain(start);
    }
    const gif = await run(["inspect", at("plan.json"), "-o", at("plan.gif")]);
    expect(gif.err).to.match(/\.svg or \.html/);
    expect(gif.code).to.equal(2);
  });

  it("doctor names the executors and tools", async () => {
    const { out, code } = await run(["doctor", "--json"]);
    expect(code).to.equal(0);
    const names = JSON.parse(out).executors.map((executor: { name: string }) => executor.name);
    expect(names).to.deep.equal(["metal", "cpu", "wasm"]);
    // Both are development dependencies, so that they are there whenever this runs.
    const tools = JSON.parse(out).tools.filter((tool: { isAvailable: boolean }) => tool.isAvailable);
    expect(tools.map((tool: { name: string }) => tool.name)).to.include.members(["sharp", "onnxruntime-node"]);
    expect((await run(["doctor"])).out).to.match(/ffmpeg/);
  });

  it("ends quietly when its reader goes away", async () => {
    const args = [program, "plan", "--latent", "4x20000x20000", "--tiling", "aggressive", "--json"];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.once("data", () => child.stdout.destroy());
    let err = "";
    child.stderr.on("data", (text) => {
      err += text;
    });
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect([code, err]).to.deep.equal([0, ""]);
  });

  it("says its exit codes", async () => {
    expect((await run(["--help"])).out).to.match(/Exit codes:\n +0 +done\n +1 +failed.*\n +2 +wrong usage/);
  });

  it("has help with examples for every command", async () => {
    for (const command of ["plan", "inspect", "encode", "decode", "quality", "doctor"]) {
      const { out, code } = await run([command, "--help"]);
      expect(code).to.equal(0);
      expect(out).to.contain("Examples:");
    }
  });

  it("plans like the SDK", async () => {
    const { out } = await run(["plan", "--latent", "16x17x30", "--json"]);
    expect(TilePlan.fromJSON(JSON.parse(out)).tiling).to.deep.equal(
      tilings.auto({ height: 544, width: 960, numFrames: 121 }),
    );
    expect(JSON.parse(out).geometry).to.deep.equal(geometries.ltx);
  });
});
