import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { decodeTiled } from "tileblend";
import { readNpy } from "tileblend/io";
import { decoderModule, makeDecodeFolder, program, run } from "../support/command_line.js";
import { latentsOf } from "../support/decoders.js";
import { hasMetal } from "../support/executors.js";
import { bytesOf } from "../support/golden.js";

const model = fileURLToPath(new URL("../../../models/esrgan-slim/esrgan-slim-x4.onnx", import.meta.url));
const photo = fileURLToPath(new URL("../../../examples/assets/astronaut-256.png", import.meta.url));

const geometry = { temporalScale: 4, heightScale: 8, widthScale: 8, causal: true };
const MODULE = decoderModule(geometry);

describe("tileblend decode", function () {
  this.timeout(120_000);
  let folder = "";
  const at = (name: string) => join(folder, name);
  before(async () => {
    folder = await makeDecodeFolder(MODULE);
    const slow = "await new Promise((done) => setTimeout(done, 300));";
    writeFileSync(at("slow.mjs"), decoderModule(geometry, slow));
    writeFileSync(at("wrong.mjs"), MODULE.replace("w * 8]", "w * 8 + 1]"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  const tiles = ["--spatial", "32:16", "--temporal", "12:4"];
  it("writes what decodeTiled gives, from every kind of latents", async () => {
    const { code, out } = await run([
      "decode",
      at("latents.npy"),
      "--decoder",
      at("vae.mjs"),
      ...tiles,
      "-o",
      at("out.npy"),
      "--json",
    ]);
    expect(code).to.equal(0);
    const { decoder } = await import(at("vae.mjs"));
    const tiling = { spatial: { tileSize: 32, overlap: 16 }, temporal: { tileSize: 12, overlap: 4 } };
    const expected = await decodeTiled(latentsOf([1, 4, 6, 8, 9]), decoder, { geometry, tiling });
    expect(bytesOf((await readNpy(at("out.npy"))).data).equals(bytesOf(expected.data))).to.equal(true);
    expect(JSON.parse(out)).to.include({ nanCount: 0, uncoveredCount: 0, format: "float32" });
    const half = await run([
      "decode",
      at("latents.safetensors"),
      "--decoder",
      at("vae.mjs"),
      ...tiles,
      "--dtype",
      "float16",
      "-o",
      at("half.npy"),
      "--quiet",
    ]);
    expect([half.code, half.out, half.err]).to.deep.equal([0, "", ""]);
  });

  it("shows each tile when verbose", async () => {
    const { err } = await run([
      "decode",
      at("latents.npy"),
      "--decoder",
      at("vae.mjs"),
      ...tiles,
      "-o",
      at("verbose.npy"),
      "--verbose",
    ]);
    expect(err).to.contain("tile 1/");
    expect(err).to.contain("latent t=[0,3) h=[0,4) w=[0,4)");
    expect(err).to.match(/ETA/);
  });

  it("upscales an image through a real network, in two runs to the same bytes", async () => {
    const args = [
      "--decoder",
      model,
      "--geometry",
      "image:4",
      "--range",
      "0:255",
      "--spatial",
      "512:128",
      "--quiet",
      "--model-threads",
      "1",
    ];
    for (const name of ["a.png", "b.png"])
      expect((await run(["decode", photo, ...args, "-o", at(name)])).err).to.equal("");
    expect(readFileSync(at("a.png")).equals(readFileSync(at("b.png")))).to.equal(true);
  });

  it("leaves nothing behind when the decoder is wrong", async () => {
    const { code, err } = await run([
      "decode",
      at("latents.npy"),
      "--decoder",
      at("wrong.mjs"),
      ...tiles,
      "-o",
      at("wrong.npy"),
    ]);
    expect(code).to.equal(1);
    expect(err).to.match(
      /the decoder's answer for tile 0 of \d+ .* must be of shape \(1, 3, 9, 32, 32\), got \(1, 3, 9, 32, 33\)/,
    );
    expect(readdirSync(folder).filter((name) => name.includes("wrong.npy"))).to.deep.equal([]);
  });

  it("stops on Ctrl-C and leaves nothing behind", async () => {
    const child = spawn(process.execPath, [
      program,
      "decode",
      at("latents.npy"),
      "--decoder",
      at("slow.mjs"),
      ...tiles,
      "-o",
      at("slow.npy"),
      "--verbose",
    ]);
    child.stderr.once("data", () => child.kill("SIGINT"));
    const code = await new Promise((resolve) => child.once("exit", resolve));
    expect(code).to.equal(130);
    expect(readdirSync(folder).filter((name) => name.includes("slow.npy"))).to.deep.equal([]);
  });

  it("stops although ffmpeg reads no more", async function () {
    if (process.platform === "win32") this.skip();
    mkdirSync(at("bin"));
    writeFileSync(
      at("bin/ffmpeg"),
      `#!/bin/sh\ncase "$*" in *-encoders*) echo libx264;; *) echo stalled > "${at("bin/stalled")}"; exec sleep 60;; esac\n`,
      { mode: 0o755 },
    );
    const args = ["decode", at("latents.npy"), "--decoder", at("vae.mjs"), ...tiles, "-o", at("stalled.mp4")];
    const env = { ...process.env, PATH: `${at("bin")}:${process.env["PATH"]}` };
    const watcher = watch(at("bin"));
    const stalled = new Promise<void>((resolve) => {
      watcher.on("change", (_, name) => (name === "stalled" ? resolve() : undefined));
    });
    const child = spawn(process.execPath, [program, ...args], { env });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    await Promise.race([stalled, ended]);
    watcher.close();
    child.kill("SIGTERM");
    expect(await ended).to.equal(143);
    expect(readdirSync(folder).filter((name) => name.includes("stalled.mp4"))).to.deep.equal([]);
  });

  const rejected: [string, string[], RegExp, number?][] = [
    ["a missing input", ["nothing.npy", "--decoder", "vae.mjs", "-o", "x.npy"], /nothing\.npy/],
    ["a missing decoder", ["latents.npy", "--decoder", "nothing.mjs", "-o", "x.npy"], /nothing\.mjs/],
    [
      "another kind of decoder",
      ["latents.npy", "--decoder", "vae.pt", "-o", "x.npy"],
      /--decoder must be a file ending in/,
      2,
    ],
    ["another kind of output", ["latents.npy", "--decoder", "vae.mjs", "-o", "x.xyz"], /x\.xyz/, 2],
    ["an output in no folder", ["latents.npy", "--decoder", "vae.mjs", "-o", "no/where/x.npy"], /does not exist/],
    [
      "an unknown dtype",
      ["latents.npy", "--decoder", "vae.mjs", "-o", "x.npy", "--dtype", "int8"],
      /--dtype must be one of/,
      2,
    ],
    [
      "an unknown executor",
      ["latents.npy", "--decoder", "vae.mjs", "-o", "x.npy", "--executor", "gpu"],
      /--executor must be one of/,
      2,
    ],
    [
      "another way with sizes",
      ["latents.npy", "--decoder", "vae.mjs", "-o", "x.npy", "--size-mismatch", "pad"],
      /--size-mismatch must be one of error, crop/,
      2,
    ],
    [
      "a tile that is not legal",
      ["latents.npy", "--decoder", "vae.mjs", "-o", "x.npy", "--spatial", "20"],
      /must be a multiple of 8/,
      2,
    ],
  ];
  const metal = ["latents.npy", "--decoder", "vae.mjs", "-o", "x.npy", "--executor", "metal"];
  if (!hasMetal) rejected.push(["metal where there is none", metal, /no metal executor can be used here/]);
  for (const [name, args, message, code = 1] of rejected) {
    it(`rejects ${name}`, async () => {
      const result = await run(["decode", ...args], folder);
      expect(result.err).to.match(message);
      expect(result.code).to.equal(code);
      expect(existsSync(at("x.npy"))).to.equal(false);
    });
  }
});
