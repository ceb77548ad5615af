import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { checkout, packInto, unpackInto } from "../support/packages.js";
import { skipBecause } from "../support/requirements.js";

/** The files of a folder and those below it, with `/`, sorted. */
function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return files.map((file) => file.slice(folder.length + 1).replaceAll("\\", "/")).sort();
}

/** What the compiler makes of each source file. */
function compiledFiles(): string[] {
  const sources = filesBelow(join(checkout, "src")).filter((file) => file.endsWith(".ts"));
  return sources.map((file) => `dist/${file.slice(0, -3)}`).flatMap((path) => [`${path}.d.ts`, `${path}.js`]);
}

describe("the contents of the packages", () => {
  let scratch = "";
  before(() => {
    scratch = mkdtempSync(join(tmpdir(), "tileblend-contents-"));
  });
  after(() => rmSync(scratch, { recursive: true, force: true }));

  it("are these files in the main package", async () => {
    const folder = join(scratch, "main");
    await unpackInto(folder, await packInto(scratch, "main"));
    const files = filesBelow(folder);
    const docs = filesBelow(join(checkout, "docs")).map((file) => `docs/${file}`);
    const vectors = filesBelow(join(checkout, "conformance", "vectors")).map((file) => `conformance/vectors/${file}`);
    const schemas = filesBelow(join(checkout, "conformance", "schema")).map((file) => `conformance/schema/${file}`);
    const kit = ["conformance/README.md", ...schemas, ...vectors];
    const others = ["CHANGELOG.md", "LICENSE", "README.md", "build/planner.wasm", "package.json", ...docs, ...kit];
    const browser = ["conformance", "index", "onnx", "report"].map((name) => `dist/browser/${name}.js`);
    const isShared = (file: string) => /^dist\/browser\/shared-[0-9A-Z]{8}\.js$/.test(file);
    const expected = [...others, ...compiledFiles(), ...browser].sort();
    expect(files.filter((file) => !isShared(file))).to.deep.equal(expected);
    expect(files.filter(isShared)).to.not.be.empty;
  });

  it("are the addon and nothing that runs in this platform's package", async function () {
    if (!readdirSync(join(checkout, "build")).includes("native")) skipBecause(this, "the native addon", "it is packed");
    const folder = join(scratch, "platform");
    await unpackInto(folder, await packInto(scratch, "platform"));
    expect(filesBelow(folder)).to.deep.equal(["LICENSE", "package.json", "tileblend.node"]);
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const { name, os, cpu, scripts, dependencies } = manifest;
    expect({ name, os, cpu, scripts, dependencies }).to.deep.equal({
      name: `@tileblend/${process.platform}-${process.arch}`,
      os: [process.platform],
      cpu: [process.arch],
      scripts: undefined,
      dependencies: undefined,
    });
  });

  it("have no script, and name the package of each platform that is built, in the version of the main one", () => {
    const manifest = JSON.parse(readFileSync(join(scratch, "main", "package.json"), "utf8"));
    expect(manifest).to.not.have.any.keys("scripts", "devDependencies", "binary", "private");
    const names = ["darwin-arm64", "darwin-x64", "linux-arm64", "linux-x64", "win32-x64"];
    const expected = Object.fromEntries(names.map((name) => [`@tileblend/${name}`, manifest.version]));
    expect(manifest.optionalDependencies).to.deep.equal(expected);
    const workflow = readFileSync(join(checkout, ".github", "workflows", "addons.yml"), "utf8");
    const built = [...workflow.matchAll(/platform: (\S+),/g)].map(([, platform]) => platform);
    expect(built).to.deep.equal(names);
  });
});
