// Packs what is published into tarballs, and prints their paths.
//   npm run pack            the main package and, where the addon is built, the one of this platform
//   npm run pack:platform   the one of this platform alone
//   node scripts/pack.mjs --out DIRECTORY [main | platform]…
// Nothing is built here: `npm run build` and `npm run build:native` come before.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findPlatform, mainManifest, platformManifest } from "./packages.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const addonFile = join(root, "build", "native", "Release", "tileblend.node");
const checkout = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** By name: the manifest of a package and its files, [from, to] each. One line for each package. */
const PACKAGES = {
  main: () => ({ manifest: mainManifest(checkout), files: checkoutFiles() }),
  platform: () => ({ manifest: platformManifest(checkout, thisPlatform()), files: platformFiles() }),
};

/** npm leaves out, by the manifest's `files`, what of these folders is not published. */
function checkoutFiles() {
  const named = checkout.files.filter((pattern) => !pattern.startsWith("!"));
  return ["README.md", "LICENSE", ...named].map((file) => [join(root, file), file]);
}

function thisPlatform() {
  const { platform, arch } = process;
  const found = findPlatform(platform, arch);
  if (found === undefined) throw new Error(`no addon is published for ${platform} ${arch}`);
  return found;
}

function platformFiles() {
  if (!existsSync(addonFile)) throw new Error("the addon is not built: run `npm run build:native` first");
  return [
    [addonFile, "tileblend.node"],
    [join(root, "LICENSE"), "LICENSE"],
  ];
}

/** Lays a package out in a folder of its own and packs it. Returns the tarball's path. */
function pack({ manifest, files }, out) {
  const stage = mkdtempSync(join(tmpdir(), "tileblend-pack-"));
  try {
    for (const [from, to] of files) cpSync(from, join(stage, to), { recursive: true });
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
  const standard = existsSync(addonFile) ? ["main", "platform"] : ["main"];
  const names = positionals.length > 0 ? positionals : standard;
  const unknown = names.find((name) => !Object.hasOwn(PACKAGES, name));
  if (unknown !== undefined) throw new Error(`must be one of ${Object.keys(PACKAGES).join(", ")}, got ${unknown}`);
  const out = resolve(values.out);
  mkdirSync(out, { recursive: true });
  for (const name of names) console.log(pack(PACKAGES[name](), out));
}

main();
