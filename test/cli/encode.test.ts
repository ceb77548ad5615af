import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { decodeTiled, geometries } from "tileblend";
import { createOnnxDecoder } from "tileblend/decoder/onnx";
import { readLatents, readNpy, writeNpy, writeSafetensors } from "tileblend/io";
import { loadBuiltinModel } from "#src/cli/builtin.js";
import { run } from "../support/command_line.js";
import { latentsOf } from "../support/decoders.js";
import { bytesOf } from "../support/golden.js";
import { needFfmpeg, needSharp } from "../support/programs.js";

const model = await loadBuiltinModel("tiny-video-vae");

function sha256(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

describe("tileblend encode, and decode of what it encodes", function () {
  this.timeout(120_000);
  let folder = "";
  const at = (name: string) => join(folder, name);
  const command = (...args: string[]) => run(args, folder);

  before(async function () {
    const sharp = await needSharp(this);
    folder = mkdtempSync(join(tmpdir(), "tileblend-encode-"));
    const photo = fileURLToPath(new URL("../../../examples/assets/astronaut-256.png", import.meta.url));
    const part = sharp(photo).extract({ left: 60, top: 20, width: 100, height: 70 });
    await part.png().toFile(at("photo.png"));
    await sharp(photo).resize(20, 20).png().toFile(at("tiny.png"));
    mkdirSync(at("frames"));
    for (let i = 0; i < 10; i++) copyFileSync(at("photo.png"), at(`frames/${i}.png`));
    await writeSafetensors(at("ltx.safetensors"), { latents: latentsOf([1, 128, 1, 2, 2]) });
    await writeSafetensors(at("wan.safetensors"), { latents: latentsOf([1, 16, 1, 2, 2]) });
    await writeNpy(at("ltx.npy"), latentsOf([1, 128, 1, 2, 2]));
    const maker = (name: string, decoder: string) => ({
      "tileblend.model": name,
      "tileblend.model.decoder.sha256": decoder,
    });
    const latents = latentsOf([1, 128, 1, 2, 2]);
    await writeSafetensors(at("older.safetensors"), { latents }, { metadata: maker(model.name, "0".repeat(64)) });
    await writeSafetensors(at("other.safetensors"), { latents }, { metadata: maker("large-vae", "0".repeat(64)) });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Exit code 1: a file is at fault; 2: the command is. */
  const rejected: [string, string[], number, RegExp][] = [
    ["encode of nothing", ["encode", "nothing.png", "-o", "result.safetensors"], 1, /nothing\.png/],
    [
      "encode into another kind of file",
      ["encode", "photo.png", "-o", "result.npy"],
      2,
      /-o must be a file ending in \.safet/,
    ],
    [
      "encode into no folder",
      ["encode", "photo.png", "-o", "no/result.safetensors"],
      1,
      /does not exist: make it first/,
    ],
    [
      "another fit",
      ["encode", "photo.png", "-o", "result.safetensors", "--fit", "zoom"],
      2,
      /--fit must be one of crop, pad/,
    ],
    [
      "what is too small to crop",
      ["encode", "tiny.png", "-o", "result.safetensors"],
      1,
      /multiple of 32.* got 1 frames of 20 x 20; --fit pad/,
    ],
    ["encode of latents", ["encode", "ltx.npy", "-o", "result.safetensors"], 1, /pixels must be in a folder of images/],
    [
      "decode of 128 channels that nobody claims",
      ["decode", "ltx.safetensors", "-o", "result.npy"],
      2,
      /--decoder must be given for ltx\.safetensors: its metadata names no model; these 128 channels may be LTX's own.*--decoder builtin:tiny-video-vae decodes them/,
    ],
    ["the same from an .npy", ["decode", "ltx.npy", "-o", "result.npy"], 2, /--decoder must be given for ltx\.npy/],
    [
      "decode of other latents",
      ["decode", "wan.safetensors", "-o", "result.npy"],
      2,
      /--decoder must be given for wan\.safetensors: its metadata names no model$/m,
    ],
    [
      "decode of pixels",
      ["decode", "photo.png", "-o", "result.npy"],
      2,
      /--decoder must be given for photo\.png: it holds pixels/,
    ],
    ["latents of another model", ["decode", "other.safetensors", "-o", "result.npy"], 2, /names the model "large-vae"/],
    [
      "latents of another version",
      ["decode", "older.safetensors", "-o", "result.npy"],
      2,
      /another version of tiny-video-vae: its decoder's SHA-256 must be [0-9a-f]{64}, got "0{64}"; --decoder builtin:tiny/,
    ],
    [
      "an unknown built-in model",
      ["decode", "ltx.npy", "--decoder", "builtin:huge", "-o", "result.npy"],
      2,
      /the built-in model must be tiny-video-vae, got "huge"/,
    ],
  ];
  for (const [name, args, expected, message] of rejected) {
    it(`rejects ${name}`, async () => {
      const { err, code } = await command(...args);
      expect(err).to.match(message);
      expect(code).to.equal(expected);
      expect(readdirSync(folder).filter((file) => file.includes("result."))).to.deep.equal([]);
    });
  }

  it("crops, says so, names the model, and is decoded by it without being told", async () => {
    const encoded = await command("encode", "photo.png", "-o", "photo.safetensors", "--json");
    expect(encoded.err).to.match(/note: cropped from 1 frames of 70 x 100 to 1 frames of 64 x 96 \(the grid: 1 \+ 8k/);
    expect(encoded.err).to.contain("encoding 1 frames of 64 x 96 at once, 72.0 KiB of pixels");
    expect(JSON.parse(encoded.out)).to.deep.include({ shape: [1, 128, 1, 2, 3], fit: "crop", model: "tiny-video-vae" });
    const { latents, metadata } = await readLatents(at("photo.safetensors"));
    expect(metadata).to.deep.equal({
      "tileblend.model": "tiny-video-vae",
      "tileblend.model.encoder.sha256": sha256(model.encoderFile),
      "tileblend.model.decoder.sha256": sha256(model.decoderFile),
    });
    expect((await command("decode", "photo.safetensors", "-o", "photo.npy")).err).to.match(/tile 1\/1/);
    const { decoder, close } = await createOnnxDecoder(model.decoderFile);
    const expected = await decodeTiled(latents, decoder, { geometry: geometries.ltx });
    await close();
    expect(bytesOf((await readNpy(at("photo.npy"))).data).equals(bytesOf(expected.data))).to.equal(true);
  });

  it("pads a folder of frames, and keeps the frames a second", async () => {
    const args = ["encode", "frames", "-o", "frames.safetensors", "--fit", "pad", "--fps", "12.5"];
    const { err, out } = await command(...args);
    expect(err).to.contain("note: padded from 10 frames of 70 x 100 to 17 frames of 96 x 128");
    expect(out).to.match(
      /^wrote frames\.safetensors: latents \(1, 128, 3, 3, 4\) of tiny-video-vae, .* of memory at most/,
    );
    expect((await readLatents(at("frames.safetensors"))).metadata["tileblend.fps"]).to.equal("12.5");
    const quiet = await command("encode", "frames/0.png", "-o", "frames.safetensors", "--fit", "pad", "--quiet");
    expect([quiet.out, quiet.err.split("\n").length]).to.deep.equal(["", 2]);
  });

  it("goes from video to latents to video", async function () {
    needFfmpeg(this);
    const film = await command(
      "decode",
      "ltx.npy",
      "--decoder",
      "builtin:tiny-video-vae",
      "-o",
      "one.mp4",
      "--fps",
      "10",
    );
    expect(film.code).to.equal(0);
    expect((await command("encode", "one.mp4", "-o", "one.safetensors")).code).to.equal(0);
    const { latents, metadata } = await readLatents(at("one.safetensors"));
    expect(latents.shape).to.deep.equal([1, 128, 1, 2, 2]);
    expect(metadata["tileblend.fps"]).to.equal("10");
    expect((await command("decode", "one.safetensors", "-o", "again.mp4", "--spatial", "64", "--json")).out).to.contain(
      '"shape":[1,3,1,64,64]',
    );
  });

  it("takes the built-in model for any latents on request", async () => {
    for (const input of ["ltx.safetensors", "older.safetensors", "other.safetensors"]) {
      const { code } = await command(
        "decode",
        input,
        "--decoder",
        "builtin:tiny-video-vae",
        "-o",
        "any.npy",
        "--quiet",
      );
      expect(code).to.equal(0);
    }
    const { code, err } = await command(
      "decode",
      "wan.safetensors",
      "--decoder",
      "builtin:tiny-video-vae",
      "-o",
      "any.npy",
    );
    expect(err).to.match(/latents\.shape\[1\] must be 128, geometry\.latentChannels, got 16/);
    expect(code).to.equal(1);
  });
});
