// Writes conformance/vectors/v<plan version>.json. What the file holds already may not change: another value for the
// same call needs a new plan format version. Usage: node scripts/make-conformance.mjs [--check]
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { FUNCTIONS } from "./conformance/calls.mjs";
import { decodeCases, goldenCases, illegalTilings, tilingCases } from "./conformance/golden.mjs";
import { axisCalls, planCalls } from "./conformance/plans.mjs";
import { rejectionCases } from "./conformance/rejections.mjs";

const root = new URL("..", import.meta.url);
// Longer results are given by their digests.
const LONGEST_LITERAL_BYTES = 1024;

const wasm = readFileSync(new URL("build/planner.wasm", root));
const planner = (await WebAssembly.instantiate(wasm, {})).instance.exports;
const constant = (name) => planner[name].value;

/** The plan block of a request. */
function planBlock({ arguments: fields }) {
  if (4 * fields.length !== constant("REQUEST_BYTES")) {
    throw new Error(`a request has ${constant("REQUEST_BYTES")} bytes, the cases give it ${4 * fields.length}`);
  }
  new Int32Array(planner.memory.buffer, planner.request_ptr(), fields.length).set(fields);
  const bytes = planner.plan();
  if (bytes < 0) throw new Error(`the planner refuses (${fields.join(", ")}): ${bytes}`);
  return Buffer.from(new Uint8Array(planner.memory.buffer, planner.result_ptr(), bytes));
}

const digestOf = (bytes) => ({ bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") });

/** The records and masks of each axis of a plan, value by value. */
function axisCases(call) {
  const block = planBlock(call);
  return [0, 1, 2].map((axis) => {
    const header = constant("PLAN_AXES") + axis * constant("AXIS_HEADER_BYTES");
    const [, , records, masks, maskBytes] = [0, 4, 8, 12, 16].map((offset) => block.readInt32LE(header + offset));
    const int32 = Array.from({ length: (masks - records) / 4 }, (_, i) => block.readInt32LE(records + 4 * i));
    return { ...call, axis, int32, float32: block.toString("base64", masks, masks + maskBytes) };
  });
}

/** Gives a long literal result by its digest. */
function shorten(each) {
  const { int32 = [], float32 = "", ...rest } = each;
  const bytes = Buffer.concat([Buffer.from(Int32Array.from(int32).buffer), Buffer.from(float32, "base64")]);
  return bytes.length <= LONGEST_LITERAL_BYTES ? each : { ...rest, ...digestOf(bytes) };
}

function makeKit() {
  const { masks, splits, slices } = goldenCases();
  const withCode = ({ error, ...rest }) => ({ ...rest, error: { code: constant(error.name), ...error } });
  return {
    format: "tileblend-conformance",
    planVersion: constant("PLAN_VERSION"),
    abiVersion: constant("ABI_VERSION"),
    functions: FUNCTIONS,
    suites: {
      plans: withoutRepeats(planCalls().map((call) => ({ ...call, ...digestOf(planBlock(call)) }))),
      axes: withoutRepeats(axisCalls().flatMap(axisCases)),
      masks: withoutRepeats(masks.map(shorten)),
      splits: withoutRepeats(splits.map(shorten)),
      slices: withoutRepeats(slices.map(shorten)),
      tilings: withoutRepeats(tilingCases()),
      rejections: withoutRepeats([...rejectionCases(), ...illegalTilings()].map(withCode)),
      decodes: withoutRepeats(decodeCases()),
    },
  };
}

/** The cases without those that ask the same again. The reference's values hold a few. */
function withoutRepeats(cases) {
  return [...new Map(cases.map((each) => [questionOf(each), each])).values()];
}

/** JSON with one case a line. */
function render({ suites, functions, ...head }) {
  const lines = (values) => values.map((value) => `      ${JSON.stringify(value)}`).join(",\n");
  const list = Object.entries(suites).map(([name, cases]) => `    ${JSON.stringify(name)}: [\n${lines(cases)}\n    ]`);
  const names = Object.entries(functions).map(([name, each]) => `    ${JSON.stringify(name)}: ${JSON.stringify(each)}`);
  const fields = Object.entries(head).map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  return [
    "{",
    `${fields.join(",\n")},`,
    `  "functions": {\n${names.join(",\n")}\n  },`,
    `  "suites": {\n${list.join(",\n")}\n  }`,
    "}\n",
  ].join("\n");
}

/** What a case asks, without what it expects. */
function questionOf({ int32: _i, float32: _f, bytes: _b, sha256: _s, error: _e, outputShape: _o, ...question }) {
  return JSON.stringify(question);
}

/**
 * Throws when a case of `before` is gone or expects something else in `after`: what was published as a plan format
 * stays as it is.
 */
export function refuseChanges(before, after) {
  if (JSON.stringify(before.functions) !== JSON.stringify(after.functions)) {
    throw new Error("the arguments of a function change: that needs a new PLAN_VERSION in assembly/layout.ts");
  }
  for (const [suite, cases] of Object.entries(before.suites)) {
    const now = new Map((after.suites[suite] ?? []).map((each) => [questionOf(each), JSON.stringify(each)]));
    for (const each of cases) {
      if (now.get(questionOf(each)) === JSON.stringify(each)) continue;
      const question = questionOf(each);
      throw new Error(`${suite}: ${question} changes or goes: that needs a new PLAN_VERSION in assembly/layout.ts`);
    }
  }
}

function main() {
  const kit = makeKit();
  const file = new URL(`conformance/vectors/v${kit.planVersion}.json`, root);
  const text = render(kit);
  const before = existsSync(file) ? readFileSync(file, "utf8") : undefined;
  if (before !== undefined) refuseChanges(JSON.parse(before), kit);
  const name = fileURLToPath(file);
  if (process.argv.includes("--check")) {
    if (before !== text) throw new Error(`${name} is not what this script makes: run it without --check`);
    return;
  }
  writeFileSync(file, text);
  const counts = Object.entries(kit.suites).map(([suite, cases]) => `${suite} ${cases.length}`);
  console.log(`wrote ${name}: ${counts.join(", ")}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
