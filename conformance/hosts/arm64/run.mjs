// Runs the conformance kit in Node for 64-bit ARM under qemu, with the addon for it.
// Usage: node run.mjs FOLDER vectors.json
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { prepareArm64 } from "../../../scripts/arm64.mjs";

const [folder, vectors] = process.argv.slice(2);
const { command, addon } = prepareArm64();
const [emulator, ...args] = command;
const env = { ...process.env, TILEBLEND_ADDON: addon };
const output = execFileSync(emulator, [...args, join(folder, "node.mjs"), vectors], { env, encoding: "utf8" });
const report = JSON.parse(output.trim().split("\n").at(-1));
console.log(JSON.stringify({ ...report, version: `${report.version}, arm64 under qemu` }));
