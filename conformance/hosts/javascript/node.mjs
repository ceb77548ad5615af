// Runs the conformance kit in Node, Bun or Deno, by import. Usage: node node.mjs vectors.json
import { readFile } from "node:fs/promises";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import * as tileblend from "tileblend";
import { runConformance } from "tileblend/conformance";

const planner = new Uint8Array(await readFile(fileURLToPath(import.meta.resolve("tileblend/planner.wasm"))));
const vectors = JSON.parse(await readFile(argv[2], "utf8"));
console.log(JSON.stringify(await runConformance({ tileblend, vectors, planner })));
