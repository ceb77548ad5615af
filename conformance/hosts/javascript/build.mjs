// Makes a project that uses the packed package as its users do: tileblend and its native addon from their tarballs, Bun
// and Deno from npm; and the pages that do so in browsers, as they are and as Vite bundles them. Usage: node build.mjs FOLDER
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../../..");
const folder = process.argv[2];
const run = (program, args, cwd) => execFileSync(program, args, { cwd, encoding: "utf8" });

mkdirSync(folder, { recursive: true });
for (const name of ["package.json", "package-lock.json", "node.mjs", "node.cjs", "browser"]) {
  cpSync(join(here, name), join(folder, name), { recursive: true });
}
const packages = join(folder, "packages");
const tarballs = run(process.execPath, [join(root, "scripts/pack.mjs"), "--out", packages], root)
  .trim()
  .split("\n");
run("npm", ["ci", "--no-audit", "--no-fund"], folder);
// The other platforms' addons are not published from here: --omit=optional leaves npm from looking for them.
run(
  "npm",
  ["install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--omit=optional", ...tarballs],
  folder,
);

const pages = join(folder, "browser");
const output = { outDir: join(folder, "dist"), emptyOutDir: true, rollupOptions: { input: join(pages, "vite.html") } };
await build({ root: pages, logLevel: "error", worker: { format: "es" }, build: { ...output, target: "es2022" } });
