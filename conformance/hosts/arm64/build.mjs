// Makes a project with the packed package, and cross-compiles the addon for 64-bit ARM. Usage: node build.mjs FOLDER
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { prepareArm64 } from "../../../scripts/arm64.mjs";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = process.argv[2];
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
cpSync(join(root, "conformance/hosts/javascript/node.mjs"), join(folder, "node.mjs"));
const pack = [join(root, "scripts/pack.mjs"), "--out", join(folder, "packages"), "main"];
const tarball = execFileSync(process.execPath, pack, { cwd: root, encoding: "utf8" }).trim();
const quiet = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--omit=optional"];
execFileSync("npm", ["install", ...quiet, tarball], { cwd: folder });
prepareArm64();
