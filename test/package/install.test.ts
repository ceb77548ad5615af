import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { PLATFORMS, platformManifest, platformPackageName } from "#scripts/packages.mjs";
import { checkout, packFolders, packInto, runNpm, runProgram, runtimeDependencies } from "../support/packages.js";
import { portableProbe } from "../support/portable_probe.js";
import { type Registry, startRegistry } from "../support/registry.js";
import { skipBecause } from "../support/requirements.js";
import { rejection } from "../support/scratch.js";

const platformName = platformPackageName({ os: process.platform, cpu: process.arch });
const program =
  'import { portableProbe } from "./probe.mjs";\nconsole.log(JSON.stringify(await portableProbe(process.argv[2])));\n';

/** Writes the packages of the other platforms, without an addon. Returns their folders. */
function writeOtherPlatforms(scratch: string): string[] {
  const manifest = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8"));
  return PLATFORMS.filter((platform) => platformPackageName(platform) !== platformName).map((platform) => {
    const folder = join(scratch, `${platform.os}-${platform.cpu}`);
    mkdirSync(folder);
    writeFileSync(join(folder, "package.json"), JSON.stringify(platformManifest(manifest, platform)));
    return folder;
  });
}

/** The part of `tileblend doctor --json` that is looked at. */
interface Diagnosis {
  readonly chosen: string;
  readonly executors: readonly { readonly name: string; readonly description: string }[];
}

/** A PATH with Node alone, so that nothing can be compiled. */
function pathOfNode(scratch: string): string {
  if (process.platform === "win32") return dirname(process.execPath);
  const folder = join(scratch, "bin");
  mkdirSync(folder);
  symlinkSync(process.execPath, join(folder, "node"));
  return folder;
}

describe("the packages, installed into an empty project", function () {
  // Each install starts npm, on a machine that may be busy.
  this.timeout(120_000);
  let scratch = "";
  let registry: Registry | undefined;
  // npm's settings and caches of whoever runs the tests are left out, so that all comes from the registry here.
  const env: NodeJS.ProcessEnv = {};

  before(async function () {
    if (!existsSync(join(checkout, "build", "native", "Release", "tileblend.node"))) {
      skipBecause(this, "the native addon", "it is packed and installed");
    }
    scratch = mkdtempSync(join(tmpdir(), "tileblend-install-"));
    const ours = [await packInto(scratch, "main"), await packInto(scratch, "platform")];
    const others = await packFolders(scratch, [...runtimeDependencies(), ...writeOtherPlatforms(scratch)]);
    registry = await startRegistry([...ours, ...others]);
    Object.assign(env, {
      PATH: pathOfNode(scratch),
      HOME: scratch,
      SystemRoot: process.env["SystemRoot"],
      npm_config_registry: registry.url,
      npm_config_cache: join(scratch, "cache"),
      npm_config_userconfig: join(scratch, "npmrc"),
    });
  });
  after(async () => {
    await registry?.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  /** Installs the package into a new project, as its README says. Returns the project's folder. */
  async function install(name: string, ...options: readonly string[]): Promise<string> {
    const project = join(scratch, name);
    mkdirSync(project);
    writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
    await runNpm(["install", "tileblend", "--no-audit", "--no-fund", ...options], { cwd: project, env });
    copyFileSync(new URL("../support/portable_probe.js", import.meta.url), join(project, "probe.mjs"));
    writeFileSync(join(project, "decode.mjs"), program);
    return project;
  }

  /** The platform packages that a project has. */
  function platformsIn(project: string): string[] {
    const folder = join(project, "node_modules", "@tileblend");
    return existsSync(folder) ? readdirSync(folder).map((name) => `@tileblend/${name}`) : [];
  }

  /** What `tileblend doctor --json` says in a project. */
  async function doctorIn(project: string): Promise<Diagnosis> {
    const main = join(project, "node_modules", "tileblend", "dist", "cli", "main.js");
    return JSON.parse(await runProgram(process.execPath, [main, "doctor", "--json"], { cwd: project, env }));
  }

  it("has no compiler on the PATH", async () => {
    for (const tool of ["cc", "c++", "g++", "clang++", "cmake", "make", "cl"]) {
      const { message } = await rejection(runProgram(tool, ["--version"], { env }), Error);
      expect(message, tool).to.include("ENOENT");
    }
  });

  it("decodes with the prebuilt addon of this platform, and runs no script", async () => {
    const project = await install("standard");
    expect(platformsIn(project)).to.deep.equal([platformName]);
    expect((await doctorIn(project)).chosen).to.not.equal("wasm");
    const decoded = await runProgram(process.execPath, ["decode.mjs", "cpu"], { cwd: project, env });
    expect(JSON.parse(decoded)).to.deep.equal(await portableProbe());
    const lock = JSON.parse(readFileSync(join(project, "package-lock.json"), "utf8"));
    expect(JSON.stringify(lock)).to.not.include("hasInstallScript");
  });

  it("decodes the same with WebAssembly where optional packages are left out", async () => {
    const project = await install("without-optional", "--omit=optional");
    expect(platformsIn(project)).to.deep.equal([]);
    const { chosen, executors } = await doctorIn(project);
    expect(chosen).to.equal("wasm");
    const description = executors.find(({ name }) => name === "cpu")?.description;
    expect(description).to.match(/^no native addon; npm installs a prebuilt one with its optional packages/);
    expect(description).to.include(`${platformName}: not there`);
    const decoded = await runProgram(process.execPath, ["decode.mjs"], { cwd: project, env });
    expect(JSON.parse(decoded)).to.deep.equal(await portableProbe());
  });

  it("installs the addon of the platform that is asked for, and none where none is published", async () => {
    expect(platformsIn(await install("mac", "--os=darwin", "--cpu=arm64"))).to.deep.equal(["@tileblend/darwin-arm64"]);
    expect(platformsIn(await install("musl", "--os=linux", "--cpu=x64", "--libc=musl"))).to.deep.equal([]);
    expect(platformsIn(await install("bsd", "--os=freebsd", "--cpu=x64"))).to.deep.equal([]);
  });
});
