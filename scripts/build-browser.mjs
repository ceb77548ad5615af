// Bundles what package.json exports to browsers from dist into dist/browser: ES modules that import nothing but each
// other and optional peers, so that a page can load them as they are. Entries share their code: a class is the same from
// each of them.
import { readFileSync, rmSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const { exports, peerDependencies } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const entries = Object.values(exports).filter((entry) => entry.browser !== undefined);

// Shared code has a hash in its name: what an earlier build left would be packed too.
rmSync(new URL("../dist/browser", import.meta.url), { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: Object.fromEntries(entries.map(({ browser, node }) => [basename(browser, ".js"), node])),
  outdir: "dist/browser",
  chunkNames: "shared-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  // Refuses Node's modules, and takes the condition "browser" in our own imports.
  platform: "browser",
  target: "es2022",
  external: Object.keys(peerDependencies),
  logLevel: "warning",
});
