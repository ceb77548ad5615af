import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { packInto, runProgram, unpackInto } from "../support/packages.js";

describe("the package of the built-in model", () => {
  let scratch = "";
  const installed = (name: string) => join(scratch, "node_modules", name);
  /** What the installed command line finds, as JSON, or the message that it cannot. */
  const find = async () => {
    const module = pathToFileURL(join(installed("tileblend"), "dist", "cli", "builtin.js")).href;
    const show = `(model) => console.log(JSON.stringify(model)), (error) => console.log(error.message)`;
    const script = `import(${JSON.stringify(module)}).then((m) => m.loadBuiltinModel("tiny-video-vae")).then(${show})`;
    return (await runProgram(process.execPath, ["-e", script], { cwd: scratch })).trim();
  };

  before(async () => {
    scratch = mkdtempSync(join(tmpdir(), "tileblend-model-"));
    await unpackInto(installed("tileblend"), await packInto(scratch, "main"));
  });
  after(() => rmSync(scratch, { recursive: true, force: true }));

  it("is asked for by name where it is not installed", async () => {
    expect(await find()).to.match(
      /^the model builtin:tiny-video-vae needs the optional package @tileblend\/tiny-video-vae: run npm install @tileblend\/tiny-video-vae/,
    );
  });

  it("holds the model and its card, and is found where it is installed", async () => {
    const folder = installed("@tileblend/tiny-video-vae");
    await unpackInto(folder, await packInto(scratch, "tiny-video-vae"));
    expect(readdirSync(folder).sort()).to.deep.equal(
      [
        "DATA.md",
        "LICENSE",
        "README.md",
        "decoder.onnx",
        "encoder.onnx",
        "index.d.ts",
        "index.js",
        "package.json",
      ].sort(),
    );
    const { name, decoderFile, encoderFile, contextCells } = JSON.parse(await find());
    expect({ name, decoderFile, encoderFile, contextCells }).to.deep.equal({
      name: "tiny-video-vae",
      decoderFile: join(folder, "decoder.onnx"),
      encoderFile: join(folder, "encoder.onnx"),
      contextCells: { frames: { before: 2, after: 0 }, height: 2, width: 2 },
    });
  });
});
