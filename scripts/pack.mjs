// Packs what is published into tarballs, and prints their paths.
//   npm run pack            every package whose files are here
//   npm run pack:platform   the one with the addon of this platform
//   node scripts/pack.mjs --out DIRECTORY [NAME]…
// Nothing is built here: `npm run build` and `npm run build:native` come before.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findPlatform, folderManifest, mainManifest, platformManifest } from "./packages.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const checkout = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const addonFile = "build/native/Release/tileblend.node";

/**
 * By name: a file that is there once the package can be packed, and what makes its manifest and its files, [from, to]
 * each. One line for each package.
 */
const PACKAGES = {
  main: { needs: "dist/browser/index.js", make: describeMain },
  platform: { needs: addonFile, make: describePlatform },
  "tiny-video-vae": {
    needs: "models/tiny-video-vae/decoder.onnx",
    make: () => describeFolder("models/tiny-video-vae"),
  },
};

/** npm leaves out, by the manifest's `files`, what of these folders is not published. */
function describeMain() {
  const named = checkout.files.filter((pattern) => !pattern.startsWith("!"));
  return { manifest: mainManifest(checkout), files: ["README.md", "LICENSE", ...named].map((file) => [file, file]) };
}

function describePlatform() {
  const { platform, arch } = process;
  const found = findPlatform(platform, arch);
  if (found === undefined) throw new Error(`no addon is published for ${platform} ${arch}`);
  const files = [
    [addonFile, "tileblend.node"],
    ["LICENSE", "LICENSE"],
  ];
  return { manifest: platformManifest(checkout, found), files };
}

/** A package that has a folder with a package.json of its own. */
function describeFolder(folder) {
  const own = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
  const files = [
    ["LICENSE", "LICENSE"],
    [folder, "."],
  ];
  return { manifest: folderManifest(checkout, own), files };
}

/** Lays a package out in a folder of its own and packs it. Returns the tarball's path. */
function pack({ manifest, files }, out) {
  const stage = mkdtempSync(join(tmpdir(), "tileblend-pack-"));
  try {
    for (const [from, to] of files) cpSync(join(root, from), join(stage, to), { recursive: true });
    writeFileSync(join(stage, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
    const [{ filename }] = JSON.parse(runNpm(["pack", "--json", "--pack-destination", out], stage));
    return join(out, filename);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

function runNpm(args, cwd) {
  // On Windows npm is a command script, which only a shell can start.
  const options = { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], shell: process.platform === "win32" };
  const { status, stdout, error } = spawnSync("npm", args, options);
  if (error) throw error;
  if (status !== 0) throw new Error(`npm ${args.join(" ")} ended with ${status}`);
  return stdout;
}

function main() {
  const options = { out: { type: "string", default: join(root, "build", "packages") } };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const isHere = (name) => existsSync(join(root, PACKAGES[name].needs));
  const names = positionals.length > 0 ? positionals : Object.keys(PACKAGES).filter(isHere);
  for (const name of names) {
    if (!Object.hasOwn(PACKAGES, name)) {
      throw new Error(`the name must be one of ${Object.keys(PACKAGES).join(", ")}, got ${name}`);
    }
    if (!isHere(name)) throw new Error(`the package ${name} cannot be packed before there is ${PACKAGES[name].needs}`);
  }
  const out = resolve(values.out);
  mkdirSync(out, { recursive: true });
  for (const name of names) console.log(pack(PACKAGES[name].make(), out));
}

main();
