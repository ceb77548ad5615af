// Decodes the golden cases with the addon for 64-bit ARM Linux under qemu: the same bytes as everywhere, slowly.
// Usage: npm run test:arm64
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { findArm64Obstacle, prepareArm64 } from "./arm64.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);

const obstacle = findArm64Obstacle();
if (obstacle !== undefined) {
  console.log(`arm64 is not tested: ${obstacle}`);
  process.exit(process.env.TILEBLEND_REQUIRE_ALL === "1" ? 1 : 0);
}
const { command, addon } = prepareArm64();
const [emulator, ...args] = command;
const mocha = [require.resolve("mocha/bin/mocha.js"), "--no-config", "--timeout", "600000", "--grep", "cpu"];
const tests = ["--require", "./build/test/support/requirements.js", "build/test/executor/golden.test.js"];
const env = { ...process.env, TILEBLEND_ADDON: addon };
const options = { cwd: root, stdio: ["ignore", "inherit", "inherit"], env };
const { status, error } = spawnSync(emulator, [...args, ...mocha, ...tests], options);
if (error) throw error;
process.exitCode = status ?? 1;
