import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createContext, runInContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import esbuild from "esbuild";
import { build as buildWithVite } from "vite";
import webpack from "webpack";
import { checkout, packInto, unpackInto } from "../support/packages.js";
import { portableProbe } from "../support/portable_probe.js";

/** Bundles a file of the project for browsers into one script that sets the variable `bundled`. Returns its text. */
type Bundler = (project: string, entry: string) => Promise<string>;

const BUNDLERS: Readonly<Record<string, Bundler>> = {
  async esbuild(project, entry) {
    const options = { bundle: true, minify: true, write: false, platform: "browser", logLevel: "silent" } as const;
    const { outputFiles } = await esbuild.build({
      ...options,
      absWorkingDir: project,
      entryPoints: [entry],
      format: "iife",
      globalName: "bundled",
    });
    return outputFiles[0]?.text ?? "";
  },
  async vite(project, entry) {
    const outDir = join(project, "out-vite");
    await buildWithVite({
      root: project,
      configFile: false,
      logLevel: "silent",
      build: { outDir, lib: { entry, name: "bundled", formats: ["iife"], fileName: () => "bundle.js" } },
    });
    return readFileSync(join(outDir, "bundle.js"), "utf8");
  },
  async webpack(project, entry) {
    const path = join(project, "out-webpack");
    const output = { path, filename: "bundle.js", library: { name: "bundled", type: "var" } };
    const compiler = webpack({ mode: "production", target: "web", context: project, entry: `./${entry}`, output });
    const stats = await promisify(compiler.run.bind(compiler))();
    if (stats?.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }));
    return readFileSync(join(path, "bundle.js"), "utf8");
  },
};

/** What a bundle gets to see: a browser's names, none of Node's. */
function browserGlobals(): object {
  const { atob, performance, MessageChannel, AbortController, AbortSignal, DOMException } = globalThis;
  return { atob, performance, MessageChannel, AbortController, AbortSignal, DOMException };
}

/** A project with the published package alone: nothing else is installed, so all that is imported is in it. */
async function createProject(): Promise<string> {
  const project = mkdtempSync(join(tmpdir(), "tileblend-bundle-"));
  await unpackInto(join(project, "node_modules", "tileblend"), await packInto(project, "main"));
  mkdirSync(join(project, "src"));
  copyFileSync(new URL("../support/portable_probe.js", import.meta.url), join(project, "src", "probe.js"));
  writeFileSync(join(project, "src", "planner.js"), 'export { planTiles } from "tileblend";\n');
  writeFileSync(join(project, "src", "core.js"), 'export * from "tileblend";\n');
  writeFileSync(join(project, "src", "io.js"), 'export * from "tileblend/io";\n');
  return project;
}

describe("the package, bundled for browsers", () => {
  let project = "";
  before(async () => {
    project = await createProject();
  });
  after(() => rmSync(project, { recursive: true, force: true }));

  for (const [name, bundle] of Object.entries(BUNDLERS)) {
    it(`decodes to the same values as in Node, with ${name}`, async () => {
      const text = await bundle(project, "src/probe.js");
      const result = await runInContext(
        `${text}\nbundled.portableProbe().then(JSON.stringify)`,
        createContext(browserGlobals()),
      );
      expect(JSON.parse(result)).to.deep.equal(await portableProbe());
    });

    it(`refuses what needs Node, with ${name}`, async () => {
      const error = await bundle(project, "src/io.js").then(
        () => undefined,
        (cause: unknown) => cause,
      );
      expect(String(error)).to.match(/tileblend\/io|"\.\/io"/);
    });
  }

  // The budgets are those of the table in docs/package.md: | `src` | budget | …
  const budgets = [
    ...readFileSync(join(checkout, "docs", "package.md"), "utf8").matchAll(/^\| (\w+) .*\| (\d+) bytes \|$/gm),
  ];

  it("has budgets for planner and core", () => {
    expect(budgets.map(([, part]) => part)).to.deep.equal(["planner", "core"]);
  });

  for (const [, part, budget] of budgets) {
    it(`keeps the ${part} within ${budget} bytes, minified and gzipped`, async () => {
      const text = await BUNDLERS["esbuild"]?.(project, `src/${part}.js`);
      expect(gzipSync(text ?? "", { level: 9 }).length).to.be.within(1000, Number(budget));
    });
  }
});

describe("dist/browser", () => {
  it("imports nothing but its own files and the optional peer, so that a page can load it unbundled", async () => {
    const { metafile } = await esbuild.build({
      absWorkingDir: checkout,
      entryPoints: ["dist/browser/index.js", "dist/browser/onnx.js", "dist/browser/report.js"],
      bundle: true,
      format: "esm",
      outdir: "unused",
      write: false,
      metafile: true,
      // Every import that is not of a file stays in the output, and is listed.
      packages: "external",
    });
    const outside = Object.values(metafile.outputs).flatMap(({ imports }) => imports);
    expect(outside.map(({ path, kind }) => `${kind} ${path}`)).to.deep.equal(["dynamic-import onnxruntime-web"]);
    expect(Object.keys(metafile.inputs).every((path) => path.startsWith("dist/browser/"))).to.equal(true);
  });
});
