// Runs after `npm ci` in a checkout: builds the WASM modules and the TypeScript, then the native addon where there is
// a compiler. Never runs for someone who installs the published package.
import { spawnSync } from "node:child_process";

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: "inherit", shell: process.platform === "win32" });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

run("npm", ["run", "--silent", "build"]);
run(process.execPath, ["scripts/build-native.mjs"]);
