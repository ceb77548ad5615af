// Builds the addon for Linux over the software Metal of test/native/soft-metal: the very same native/*.mm, *.cc and
// kernels that a Mac gets. Objects are kept by the hash of what they are made of, so that a small change builds fast.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { clang, embedKernels, readKernels, root, runProgram } from "./metal-tools.mjs";

const softMetal = join(root, "test", "native", "soft-metal");
const cache = join(root, "build", "soft-metal", "objects");
const COMPILERS_AT_ONCE = 2;

const UNUSED_ALLOWED = ["-Wno-unused-variable", "-Wno-unused-parameter"];

const SANITIZERS = {
  address: ["-fsanitize=address,undefined", "-fno-sanitize=vptr,function", "-fno-sanitize-recover=all"],
};

/**
 * Builds into `folder` and returns the addon's file.
 * @param {{ folder: string, sources?: string, sanitizer?: "address", sdk?: number, lenient?: string }} options `sources` is a copy of
 * native/, `sdk` the macOS SDK to pretend, which chooses how fast math is turned off; in the file `lenient`, things that
 * are not used are no error.
 */
export async function buildSoftMetal({ folder, sources = join(root, "native"), sanitizer, sdk = 150000, lenient }) {
  mkdirSync(folder, { recursive: true });
  mkdirSync(cache, { recursive: true });
  const sourceFile = join(folder, "metal_source.cc");
  const kernelFile = join(folder, "kernels.cc");
  writeFileSync(kernelFile, kernelTable(await embedKernels(sources, sourceFile)));

  const common = ["-g", "-fPIC", sanitizer ? "-O1" : "-O2", ...(sanitizer ? SANITIZERS[sanitizer] : [])];
  const flags = flagsOf(sources, common, sdk);
  const jobs = [
    ...readdirSync(sources)
      .filter((name) => name.endsWith(".cc") && name !== "no_metal.cc")
      .map((name) => ({ file: join(sources, name), flags: flags.cc })),
    { file: sourceFile, flags: flags.cc },
    { file: kernelFile, flags: flags.kernels },
    { file: join(sources, "metal_device.mm"), flags: flags.mm },
    ...["foundation.mm", "device.mm", "commands.mm"].map((name) => ({ file: join(softMetal, name), flags: flags.mm })),
    ...["faults.cc", "gpu.cc"].map((name) => ({ file: join(softMetal, name), flags: flags.cc })),
  ];
  const objects = await inTurns(jobs, ({ file, flags: own }) =>
    compile(file, basename(file) === lenient ? [...own, ...UNUSED_ALLOWED] : own, sources),
  );
  const addon = join(folder, "tileblend.node");
  // Threads of the software GPU outlive a worker whose environment would unload it.
  const link = ["-shared", "-Wl,-z,nodelete", ...(sanitizer ? [...SANITIZERS[sanitizer], "-shared-libsan"] : [])];
  const libraries = ["-lBlocksRuntime", `-L${gccFolder()}`, "-lobjc", "-lpthread"];
  await runProgram(clang(), [...link, "-o", `${addon}.new`, ...objects, ...libraries]);
  // A process that uses the old one keeps it.
  renameSync(`${addon}.new`, addon);
  return addon;
}

function flagsOf(sources, common, sdk) {
  const modules = join(root, "node_modules");
  const warnings = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"];
  const node = [
    ...["node-api-headers/include", "node-addon-api"].flatMap((path) => ["-isystem", join(modules, path)]),
    ...["NAPI_VERSION=9", "NODE_ADDON_API_CPP_EXCEPTIONS_ALL", "NODE_GYP_MODULE_NAME=tileblend"].map((d) => `-D${d}`),
    "-DBUILDING_NODE_EXTENSION",
  ];
  const cc = [...common, ...warnings, "-std=c++20", "-ffp-contract=off", `-I${sources}`, `-I${softMetal}`, ...node];
  const objc = ["-x", "objective-c++", "-fobjc-runtime=gcc", "-fblocks", "-fno-objc-arc", "-fobjc-exceptions"];
  const include = [`-I${join(softMetal, "include")}`, "-idirafter", join(gccFolder(), "include")];
  const mm = [
    ...cc,
    ...objc,
    "-fconstant-string-class=NSConstantString",
    `-D__MAC_OS_X_VERSION_MAX_ALLOWED=${sdk}`,
    ...include,
  ];
  // As eager to fuse as the Metal compiler is: nothing but the pragma in the source keeps products from being fused.
  const fusing =
    process.arch === "x64" ? ["-mfma", "-ffp-contract=fast-honor-pragmas"] : ["-ffp-contract=fast-honor-pragmas"];
  const quiet = ["-Wno-unknown-attributes", "-Wno-unused-function"];
  const kernels = [...common, ...warnings, ...quiet, "-std=c++14", ...fusing, ...include, `-I${softMetal}`];
  return { cc, mm, kernels };
}

/** The folder of GCC's Objective-C runtime. */
function gccFolder() {
  const folders = (parent) => readdirSync(parent).map((name) => join(parent, name));
  const found = folders("/usr/lib/gcc")
    .flatMap(folders)
    .filter((folder) => existsSync(join(folder, "include", "objc", "objc.h")));
  if (found.length === 0) throw new Error("no Objective-C runtime found; on Debian: apt-get install libobjc-12-dev");
  return found[0];
}

/** The kernels' text as C++, and a table of them that the software device reads. */
function kernelTable(source) {
  const text = source.replaceAll("#pragma METAL fp contract(off)", "#pragma clang fp contract(off)");
  const rows = readKernels(source).map(({ name, parameters }) => {
    const call = parameters.map(({ declaration, attribute, index }) => {
      if (attribute !== "buffer") return "uint3{position[0], position[1], position[2]}";
      const [, type, mark] = declaration.match(/^([\s\S]+?)\s*([*&])\s*\w+$/);
      return `${mark === "&" ? "*" : ""}(${type}*)arguments[${index}]`;
    });
    const indices = parameters.filter(({ attribute }) => attribute === "buffer").map(({ index }) => index);
    const mask = indices.map((index) => `1u << ${index}`).join(" | ");
    return { name, call: call.join(", "), mask, count: indices.length };
  });
  return [
    text.replaceAll(/#pragma METAL.*\n/g, "").replaceAll("kernel void", "static void"),
    '#include "kernels.h"',
    ...rows.map(
      ({ name, call, mask, count }) =>
        `static_assert(__builtin_popcount(${mask}) == ${count}, "${name} takes an index twice");\n` +
        `static void run_${name}(SoftArguments arguments, const uint32_t position[3]) { ${name}(${call}); }`,
    ),
    `const SoftKernel SOFT_KERNELS[] = {${rows.map(({ name, mask }) => `{"${name}", ${mask}, run_${name}}`)}, {}};\n`,
  ].join("\n");
}

async function compile(file, flags, sources) {
  const hash = createHash("sha256").update(flags.join("\0").replaceAll(sources, "SOURCES"));
  for (const part of includedFiles(file, [sources, softMetal])) hash.update(`${basename(part)}\0${readFileSync(part)}`);
  const object = join(cache, `${basename(file)}-${hash.digest("hex").slice(0, 24)}.o`);
  if (existsSync(object)) return object;
  const fresh = `${object}.${process.pid}`;
  await runProgram(clang(), [...flags, "-c", file, "-o", fresh]);
  // On the GCC runtime an Objective-C++ file names a personality of its own, which catches no C++ exceptions.
  await runProgram("objcopy", ["--redefine-sym", "__gnu_objc_personality_v0=__gxx_personality_v0", fresh]);
  renameSync(fresh, object);
  return object;
}

/** A file and all of ours that it includes. */
function includedFiles(file, folders, found = new Set()) {
  found.add(file);
  for (const [, name] of readFileSync(file, "utf8").matchAll(/^#(?:include|import) [<"]([^>"]+)[>"]/gm)) {
    const places = [dirname(file), ...folders, join(softMetal, "include")].map((folder) => resolve(folder, name));
    const place = places.find((each) => existsSync(each));
    if (place !== undefined && !found.has(place)) includedFiles(place, folders, found);
  }
  return found;
}

/** Works on a few items at a time. */
async function inTurns(items, work) {
  const results = new Array(items.length);
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < items.length; i = next++) results[i] = await work(items[i]);
  };
  await Promise.all(Array.from({ length: COMPILERS_AT_ONCE }, worker));
  return results;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const addon = await buildSoftMetal({ folder: join(root, "build", "soft-metal", "plain") });
  console.log(`built ${addon}`);
}
