// Runs the conformance kit in Node, by require. Usage: node node.cjs vectors.json
const { readFileSync } = require("node:fs");
const tileblend = require("tileblend");
const { runConformance } = require("tileblend/conformance");

const planner = new Uint8Array(readFileSync(require.resolve("tileblend/planner.wasm")));
const vectors = JSON.parse(readFileSync(process.argv[2], "utf8"));
runConformance({ tileblend, vectors, planner }).then((report) => console.log(JSON.stringify(report)));
