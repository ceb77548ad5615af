// Writes src/generated/<name>_wasm.ts: a .wasm file as text, so that the package needs no file path, no fetch and no
// bundler plug-in to load it. In hexadecimal, since base64 hides from gzip what repeats: the package travels compressed.
// Usage: node scripts/embed-wasm.mjs planner blend
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const root = new URL("..", import.meta.url);
mkdirSync(new URL("src/generated/", root), { recursive: true });
for (const name of process.argv.slice(2)) {
  const hex = readFileSync(new URL(`build/${name}.wasm`, root)).toString("hex");
  const text = `// Made by scripts/embed-wasm.mjs from build/${name}.wasm.\nexport const ${name}Wasm =\n  "${hex}";\n`;
  writeFileSync(new URL(`src/generated/${name}_wasm.ts`, root), text);
}
