import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";

const source = new URL("../../src/", import.meta.url);

// Which files a file of each layer may import, besides those of its own layer in a folder. Layers are in order: an
// import goes from right to left only. `#addon`, `#sha256` and `#onnx` are what package.json maps to executor/addon.ts or
// addon_absent.ts, to sha256.ts or sha256_portable.ts, and to decoder/onnx_package.ts or onnx_package_web.ts.
const CORE = [
  "errors",
  "validate",
  "turn",
  "base64",
  "hex",
  "tensor",
  "cast",
  "geometry",
  "context_cells",
  "tiling",
  "planner",
  "axis",
  "seamless",
  "presets",
  "plan_block",
  "plan",
  "tile_decoder",
];
const EXECUTORS = [
  "executor/types",
  "executor/open_options",
  "executor/spans",
  "executor/target_array",
  "executor/chunk_target",
  "executor/accumulator",
  "executor/blend_instance",
  "executor/wasm_sums",
  "executor/wasm",
  "executor/native",
  "executor/index",
];
const ORDER = [...CORE, ...EXECUTORS, "decode_options", "decode", "index"];
const SIDES: Readonly<Record<string, readonly string[]>> = {
  io: [...CORE, "executor/types"],
  report: [...CORE, "executor/types", "executor/accumulator"],
  decoder: [...CORE, "executor/types", "decode_options", "io/errors"],
  quality: CORE,
  // It takes the package as an argument; of the index it has the types.
  conformance: [...CORE, "index"],
  cli: [...ORDER, "io", "report", "decoder", "quality", "conformance"],
};
// Leaves that the table of executors loads.
const ADDONS = ["executor/addon", "executor/addon_absent"];

interface Edge {
  readonly from: string;
  readonly to: string;
}

function sourceFiles(): string[] {
  const names = readdirSync(source, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".ts")).map((name) => name.replaceAll("\\", "/").replace(/\.ts$/, ""));
}

function edgesOf(file: string): Edge[] {
  const text = readFileSync(new URL(`${file}.ts`, source), "utf8");
  const targets = [...text.matchAll(/^(?:import|export|\}).*?from "(\.[^"]+|#[^"]+)"|import\("(\.[^"]+)"\)/gm)].map(
    (match) => match[1] ?? match[2] ?? "",
  );
  return targets.map((target) => ({ from: file, to: resolveTarget(file, target) }));
}

function resolveTarget(file: string, target: string): string {
  if (target.startsWith("#")) return target;
  const path = fileURLToPath(new URL(target, new URL(file, source)));
  return path.slice(fileURLToPath(source).length).replaceAll("\\", "/").replace(/\.js$/, "");
}

function isAllowed({ from, to }: Edge): boolean {
  if (to.startsWith("generated/")) return from === "planner" || from === "executor/wasm";
  if (to === "#onnx") return from === "decoder/onnx_runtime";
  if (to === "#sha256") return from === "plan";
  const side = from.split("/")[0] ?? "";
  const allowed = SIDES[side];
  if (allowed !== undefined)
    return to.startsWith(`${side}/`) || allowed.includes(to) || allowed.includes(to.split("/")[0] ?? "");
  if (ADDONS.includes(from)) return CORE.includes(to) || to === "executor/types" || ADDONS.includes(to);
  if (to === "#addon") return from === "executor/native";
  return ORDER.includes(from) && ORDER.indexOf(to) >= 0 && ORDER.indexOf(to) < ORDER.indexOf(from);
}

describe("layering", () => {
  const edges = sourceFiles()
    .filter((file) => !file.startsWith("generated/"))
    .flatMap(edgesOf);

  it("sees the imports", () => {
    expect(edges).to.deep.include({ from: "plan", to: "planner" });
    expect(edges.length).to.be.above(50);
  });

  it("lets imports point one way only", () => {
    const wrong = edges.filter((edge) => !isAllowed(edge)).map(({ from, to }) => `${from} -> ${to}`);
    expect(wrong).to.deep.equal([]);
  });

  it("keeps Node's modules and packages out of the core and the pictures", () => {
    const pure = sourceFiles().filter(
      (file) =>
        (ORDER.includes(file) && file !== "cast") || file.startsWith("report/") || file.startsWith("conformance/"),
    );
    const outside = pure.flatMap((file) => {
      const text = readFileSync(new URL(`${file}.ts`, source), "utf8");
      const packages = [...text.matchAll(/^(?:import|export|\}).*?from "([^.#"][^"]*)"/gm)];
      return packages.map(([, name]) => `${file} -> ${name}`);
    });
    expect(outside).to.deep.equal([]);
  });

  it("keeps files short", () => {
    const long = sourceFiles()
      .filter((file) => !file.startsWith("generated/"))
      .filter((file) => readFileSync(new URL(`${file}.ts`, source), "utf8").split("\n").length > 301);
    expect(long).to.deep.equal([]);
  });
});
