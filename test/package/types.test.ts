import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { geometries, planTiles, tilings } from "tileblend";
import { checkout, packInto, runProgram, runTool, unpackInto } from "../support/packages.js";

const PROGRAM = `
import tileblend = require("tileblend");
import report = require("tileblend/report");
import io = require("tileblend/io");
import onnx = require("tileblend/decoder/onnx");

const latent: tileblend.PerAxis<number> = { frames: 16, height: 17, width: 30 };
const plan = tileblend.planTiles({ latent, geometry: tileblend.geometries.ltx, tiling: tileblend.tilings.default() });
const loaded: readonly string[] = [report.planSvg, io.createSink, onnx.createOnnxDecoder].map((each) => typeof each);
process.stdout.write(JSON.stringify({ digest: plan.digest, loaded }));
`;

const BROWSER_PROGRAM = `
import { decodeFrames, type TileDecoder } from "tileblend";
import { planSvg } from "tileblend/report";

export const used: readonly [typeof decodeFrames, typeof planSvg, TileDecoder | undefined] = [decodeFrames, planSvg, undefined];
// @ts-expect-error: planTiles takes a request, so that these are the package's types and not any.
import("tileblend").then(({ planTiles }) => planTiles(1));
`;

// A dependency's types are checked too, as a strict user would.
const STRICT = { strict: true, skipLibCheck: false, target: "es2022" };

describe("the package's types and manifest", () => {
  let project = "";
  let tarball = "";
  before(async () => {
    project = mkdtempSync(join(tmpdir(), "tileblend-types-"));
    tarball = await packInto(project, "main");
    await unpackInto(join(project, "node_modules", "tileblend"), tarball);
    for (const scope of ["@noble", "@petamoriken", "@types", "onnxruntime-node", "onnxruntime-common", "sharp"]) {
      symlinkSync(join(checkout, "node_modules", scope), join(project, "node_modules", scope), "junction");
    }
  });
  after(() => rmSync(project, { recursive: true, force: true }));

  /** Lays a program out in a folder of its own, with its tsconfig.json, and compiles it. Returns the folder. */
  async function compile(name: string, text: string, compilerOptions: object): Promise<string> {
    const folder = join(project, name);
    mkdirSync(folder);
    writeFileSync(join(folder, "main.ts"), text);
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "commonjs" }));
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions: { ...STRICT, ...compilerOptions } }),
    );
    await runTool("typescript/bin/tsc", ["-p", folder]);
    return folder;
  }

  it("has nothing that publint objects to", async () => {
    expect(await runTool("publint/src/cli.js", [tarball, "--strict"])).to.include("All good!");
  });

  it("has types that attw finds right for ES modules", async () => {
    // Ends with 1 when it finds a problem. Its settings, such as the profile, are in .attw.json.
    const said = await runTool("@arethetypeswrong/cli/dist/index.js", [tarball, "--format", "ascii"], checkout);
    for (const entry of ["", "/io", "/report", "/decoder/onnx"]) expect(said).to.include(`"tileblend${entry}"`);
  });

  it("serves a CommonJS project in TypeScript that calls require()", async () => {
    const folder = await compile("commonjs", PROGRAM, { module: "nodenext", types: ["node"] });
    const { digest } = planTiles({
      latent: { frames: 16, height: 17, width: 30 },
      geometry: geometries.ltx,
      tiling: tilings.default(),
    });
    const result = { digest, loaded: ["function", "function", "function"] };
    expect(JSON.parse(await runProgram(process.execPath, [join(folder, "main.js")]))).to.deep.equal(result);
  });

  it("serves a bundled project for browsers, without Node's types", async () => {
    await compile("browser", BROWSER_PROGRAM, {
      module: "preserve",
      moduleResolution: "bundler",
      lib: ["es2023", "dom"],
      types: [],
    });
  });
});
