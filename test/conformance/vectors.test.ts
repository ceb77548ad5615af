import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect } from "chai";
import * as tileblend from "tileblend";
import { type ConformanceVectors, type PlannerCase, runConformance } from "tileblend/conformance";
import { checkout, runProgram } from "../support/packages.js";

const folder = join(checkout, "conformance");
const readJson = (path: string) => JSON.parse(readFileSync(join(folder, path), "utf8"));
// Boundary: the schema's test is below.
const vectors = readJson("vectors/v2.json") as ConformanceVectors;
const planner = new Uint8Array(readFileSync(join(checkout, "build", "planner.wasm")));

/** What a schema says against a value; empty when it is valid. */
function errorsOf(schema: object, value: unknown): unknown {
  const ajv = new Ajv2020({ allErrors: true });
  ajv.validate(schema, value);
  return ajv.errors ?? [];
}

/** The vectors with only these cases, so that a run is quick. */
function only(suite: "plans" | "axes" | "masks" | "rejections", cases: readonly PlannerCase[]): ConformanceVectors {
  const none = { plans: [], axes: [], masks: [], splits: [], slices: [], tilings: [], rejections: [], decodes: [] };
  return { ...vectors, suites: { ...none, [suite]: cases } };
}

async function differenceOf(suite: "plans" | "axes" | "masks" | "rejections", changes: Partial<PlannerCase>) {
  const [first, second] = vectors.suites[suite];
  if (first === undefined || second === undefined) throw new Error(`${suite} is empty`);
  const altered = only(suite, [{ ...first, ...changes }, second]);
  const { suites } = await runConformance({ tileblend, vectors: altered, planner, executors: [] });
  return suites[suite];
}

describe("the conformance vectors", () => {
  it("are what their schema says", () => {
    expect(errorsOf(readJson("schema/vectors.json"), vectors)).to.deep.equal([]);
    const wrong = { ...vectors, suites: { ...vectors.suites, plans: [{ call: "plan", arguments: [0.5] }] } };
    expect(errorsOf(readJson("schema/vectors.json"), wrong)).not.to.deep.equal([]);
  });

  it("are what their script makes", async function () {
    this.timeout(120_000);
    await runProgram(process.execPath, [join(checkout, "scripts", "make-conformance.mjs"), "--check"]);
  });

  it("hold every error code but that of lacking memory", () => {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(planner));
    const codes = Object.keys(exports).filter((name) => name.startsWith("ERROR_") && name !== "ERROR_BYTES");
    const held = new Set(vectors.suites.rejections.map(({ error }) => error?.name));
    expect(codes.filter((name) => !held.has(name))).to.deep.equal(["ERROR_MEMORY"]);
  });

  it("are of the planner's version", () => {
    expect(runConformance({ tileblend, vectors: { ...vectors, planVersion: 3 }, planner })).to.be.a("promise");
    return runConformance({ tileblend, vectors: { ...vectors, planVersion: 3 }, planner }).then(
      () => expect.fail("it ran"),
      (error: Error) => expect(error.message).to.equal("the vectors are of plan format 3, planner.wasm is of 2"),
    );
  });

  const altered: [string, "plans" | "axes" | "masks" | "rejections", Partial<PlannerCase>, RegExp][] = [
    ["another digest", "plans", { sha256: "0".repeat(64) }, /^plan\(.*\): expected SHA-256 0{64}, got [0-9a-f]{64}$/],
    ["another length", "plans", { bytes: 1 }, /: expected 1 bytes, got \d+$/],
    ["another value", "axes", { int32: [0, 12, 0, 0, 0, 45, 189] }, /axis 0: expected bytes .* at 24, got /],
    ["another mask", "masks", { float32: "AACAPw==" }, /^blend_mask\(64, 25, 24, 1\): expected 4 bytes, got 256$/],
    ["a result for an error", "rejections", { error: undefined as never, int32: [] }, /expected a result, got error 1/],
    [
      "another error",
      "rejections",
      { error: { code: 1, name: "ERROR_SIZE", axis: 1, got: 0, limit: 1 } },
      /expected ERROR_SIZE: 1, 1, 0, 1, got 1, 0, 0, 2147483647$/,
    ],
  ];
  for (const [name, suite, changes, message] of altered) {
    it(`tell ${name}`, async () => {
      const result = await differenceOf(suite, changes);
      expect(result).to.include({ passed: 1, failed: 1, skipped: 0 });
      expect(result?.firstDifference).to.match(message);
    });
  }
});

describe("scripts/make-conformance.mjs", () => {
  // Boundary: a script without types.
  const load = async () =>
    (await import(`${checkout}scripts/make-conformance.mjs`)) as {
      refuseChanges(before: ConformanceVectors, after: ConformanceVectors): void;
    };
  const [first, ...rest] = vectors.suites.plans;

  it("takes more cases", async () => {
    const { refuseChanges } = await load();
    refuseChanges({ ...vectors, suites: { ...vectors.suites, plans: rest } }, vectors);
  });

  it("refuses another digest, a case that is gone and other arguments", async () => {
    const { refuseChanges } = await load();
    const changed = { ...vectors.suites, plans: [{ ...first, sha256: "0".repeat(64) } as PlannerCase, ...rest] };
    for (const suites of [changed, { ...vectors.suites, plans: rest }]) {
      expect(() => refuseChanges(vectors, { ...vectors, suites })).to.throw(/plans: .* needs a new PLAN_VERSION/);
    }
    const functions = { ...vectors.functions, preset_tiling: ["number"] };
    expect(() => refuseChanges(vectors, { ...vectors, functions })).to.throw(/arguments of a function/);
  });
});

describe("conformance/hosts", () => {
  const hosts = readdirSync(join(folder, "hosts"));

  it("each have a host.json of its schema", () => {
    expect(hosts).to.include.members(["arm64", "c", "go", "java", "javascript", "python", "rust"]);
    for (const host of hosts) {
      expect(errorsOf(readJson("schema/host.json"), readJson(`hosts/${host}/host.json`)), host).to.deep.equal([]);
    }
  });

  it("are each in the results and the tables, which are current", async () => {
    const names = hosts.flatMap((host) => Object.keys(readJson(`hosts/${host}/host.json`).runtimes));
    const results = readJson("results.json");
    expect(errorsOf(readJson("schema/report.json"), results)).to.deep.equal([]);
    expect(results.runtimes.map(({ name }: { name: string }) => name).sort()).to.deep.equal(names.sort());
    await runProgram(process.execPath, [join(checkout, "scripts", "runtimes-table.mjs"), "--check"]);
  });
});
