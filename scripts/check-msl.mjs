// Checks that the Metal source keeps to MSL, as far as that can be told without Apple's compiler: once as C++ with
// address spaces as real qualifiers, once by the rules of C++ for OpenCL, and by a lint for what MSL forbids beyond both.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { clang, embedKernels, readKernels, root, runProgram } from "./metal-tools.mjs";

const softMetal = join(root, "test", "native", "soft-metal");
const folder = join(root, "build", "check-msl");
const WARNINGS = [
  "-Wall",
  "-Wextra",
  "-Werror",
  "-Wconversion",
  "-Wshadow",
  "-Wdouble-promotion",
  "-Wno-unknown-attributes",
];
const QUIET = ["-Wno-unknown-pragmas", "-Wno-ignored-attributes", "-Wno-missing-prototypes", "-Wno-unused-function"];

/** What MSL forbids, and no compiler here does. Each pattern is looked for in the text without comments. */
const FORBIDDEN = [
  ["double", /\bdouble\b|\d\.\d*(?![\dfFeExhH.]|\.)(?=[\s;,)*/+-])/],
  ["goto", /\bgoto\b/],
  ["a lambda", /\[[&=\w, ]*\]\s*\([^)]*\)\s*(?:->\s*\w+\s*)?\{/],
  ["a static local or a mutable global", /\bstatic\s+(?!(?:float|Element|inline)\b\s*\w+\()|\bthread_local\b/],
  ["exceptions", /\b(?:try|throw|catch)\b/],
  ["new or delete", /\b(?:new|delete)\b/],
  ["virtual functions", /\bvirtual\b/],
  ["run-time type information", /\b(?:dynamic_cast|typeid)\b/],
  ["the C++ library", /\bstd::/],
  ["a function of another precision", /\b(?:fast|precise)::/],
  ["MSL's bfloat, which needs macOS 14", /\bbfloat\d?\b/],
  ["MSL's half, which may be flushed", /\bhalf\d?\b/],
  ["an inclusion that the library does not know", /^#include(?! <metal_stdlib>| <cstdint>)/m],
];

const ARGUMENT = /^(?:device (?:const )?(?:float|HalfBits|Byte|atomic_uint)\* \w+|constant \w+& \w+)$/;

/** A name that a function calls itself by, directly or through others; undefined if there is none. */
function recursion(text) {
  const bodies = new Map();
  for (const match of text.matchAll(/\b(\w+)\s*\([^;{}()]*(?:\([^()]*\)[^;{}()]*)*\)\s*\{/g)) {
    if (["if", "for", "while", "switch"].includes(match[1])) continue;
    let depth = 1;
    let end = match.index + match[0].length;
    for (; depth > 0 && end < text.length; end++) depth += text[end] === "{" ? 1 : text[end] === "}" ? -1 : 0;
    bodies.set(match[1], `${bodies.get(match[1]) ?? ""}${text.slice(match.index + match[0].length, end)}`);
  }
  const callsOf = (name) => [...bodies.keys()].filter((other) => RegExp(`\\b${other}\\s*[<(]`).test(bodies.get(name)));
  const reaches = (from, to, seen = new Set()) =>
    callsOf(from).some((name) => name === to || (!seen.has(name) && reaches(name, to, seen.add(name))));
  return [...bodies.keys()].find((name) => reaches(name, name));
}

/** What is wrong with a Metal source, each in a line. */
export function lintMetal(source) {
  const text = source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
  const faults = FORBIDDEN.filter(([, pattern]) => pattern.test(text)).map(([what]) => `MSL forbids ${what}`);
  const name = recursion(text);
  if (name !== undefined) faults.push(`MSL forbids recursion: ${name}`);
  if (
    /^(?!.*\b(?:const|constant|constexpr|typedef|using|inline)\b)(?:device )?(?:float|int|uint|Index|Bits)\s+\w+\s*(?:=|;)/m.test(
      text,
    )
  ) {
    faults.push("MSL forbids a global that is not constant");
  }
  for (const { name: kernel, parameters } of readKernels(source)) {
    const indices = parameters.filter(({ attribute }) => attribute === "buffer").map(({ index }) => index);
    if (new Set(indices).size < indices.length) faults.push(`${kernel} takes an index twice`);
    for (const { declaration, attribute } of parameters) {
      const isFine =
        attribute === "buffer"
          ? ARGUMENT.test(declaration)
          : /^uint3 \w+$/.test(declaration) && attribute === "thread_position_in_grid";
      if (!isFine) faults.push(`${kernel}: MSL has no parameter "${declaration} [[${attribute}]]" as we use them`);
    }
  }
  return faults;
}

/** Sources that must not pass: the lint can fail. */
const WRONG = [
  "inline float f() { return 1.0 * 2.0f; }",
  "inline void f() { static int count = 0; }",
  "float total = 0.0f;",
  "inline float f(float x) { goto end; end: return x; }",
  "inline float g(float x); inline float f(float x) { return g(x); } inline float g(float x) { return f(x); }",
  "inline float f(float x) { auto twice = [](float y) { return y; }; return twice(x); }",
  "kernel void k(float* a [[buffer(0)]]) {}",
  "kernel void k(device float* a [[buffer(0)]], device float* b [[buffer(0)]]) {}",
];

mkdirSync(folder, { recursive: true });
const source = await embedKernels(join(root, "native"), join(folder, "metal_source.cc"));
const file = join(folder, "blend.metal");
writeFileSync(file, source);
const common = [...WARNINGS, ...QUIET, "-fsyntax-only", file];
const strict = ["-x", "c++", "-std=c++14", "-fno-exceptions", "-fno-rtti", "-DSOFT_METAL_STRICT"];
await runProgram(clang(), [...strict, `-I${join(softMetal, "include")}`, ...common]);
console.log("kernels: address spaces are right");
const opencl = ["-x", "clcpp", "-cl-std=clc++2021", "--target=spir64-unknown-unknown"];
const header = ["-Xclang", "-finclude-default-header", `-I${join(softMetal, "include-opencl")}`];
await runProgram(clang(), [...opencl, ...header, ...common]);
console.log("kernels: the rules of C++ for OpenCL hold");
const faults = lintMetal(source);
if (faults.length > 0) throw new Error(faults.join("\n"));
const passed = WRONG.filter((wrong) => lintMetal(wrong).length === 0);
if (passed.length > 0) throw new Error(`the lint lets pass:\n${passed.join("\n")}`);
console.log(`kernels: nothing that MSL forbids (${FORBIDDEN.length + 3} rules)`);
