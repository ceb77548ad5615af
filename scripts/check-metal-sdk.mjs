// Checks the Metal executor against a macOS SDK, on Linux with clang and lld or on a Mac:
//   npm run check:metal-sdk -- /path/to/MacOSX.sdk
// Compiles what a Mac gets for arm64 and x86_64 with all warnings as errors, links it strictly, and compares each
// declaration of our own Metal header with Apple's.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { argv, exit } from "node:process";
import { clang, embedKernels, findProgram, root, runProgram } from "./metal-tools.mjs";

const ARCHITECTURES = ["arm64", "x86_64"];
const MACOS = "12.0";
const softMetal = join(root, "test", "native", "soft-metal", "include");
const folder = join(root, "build", "metal-sdk");
const modules = join(root, "node_modules");
const sdk = argv[2];

if (sdk === undefined || !existsSync(join(sdk, "System", "Library", "Frameworks", "Metal.framework"))) {
  console.log(
    `no macOS SDK${sdk === undefined ? "" : ` at ${sdk}`}: nothing checked (npm run check:metal-sdk -- PATH)`,
  );
  exit(0);
}

/** The C++ library's headers: the SDK's, else those of the clang at hand. */
function cxxHeaders() {
  if (existsSync(join(sdk, "usr", "include", "c++", "v1"))) return [];
  const version = clang().match(/\d+$/)?.[0] ?? "";
  return ["-nostdinc++", "-isystem", `/usr/lib/llvm-${version}/include/c++/v1`];
}

function compilerFlags(architecture) {
  const include = ["node-api-headers/include", "node-addon-api"].flatMap((path) => ["-isystem", join(modules, path)]);
  return [
    `--target=${architecture}-apple-macos${MACOS}`,
    ...["-isysroot", sdk, ...cxxHeaders(), `-I${join(root, "native")}`, ...include],
    ...["-std=c++20", "-O2", "-fPIC", "-fblocks", "-fno-objc-arc", "-ffp-contract=off"],
    ...["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror", "-Wunguarded-availability-new"],
    ...["-DNAPI_VERSION=9", "-DNODE_ADDON_API_CPP_EXCEPTIONS_ALL", "-DNODE_GYP_MODULE_NAME=tileblend"],
    "-DBUILDING_NODE_EXTENSION",
  ];
}

async function compileAll(architecture, sources) {
  const place = join(folder, architecture);
  mkdirSync(place, { recursive: true });
  const objects = [];
  for (const source of sources) {
    const object = join(place, `${basename(source)}.o`);
    await runProgram(clang(), [...compilerFlags(architecture), "-c", source, "-o", object]);
    objects.push(object);
  }
  return objects;
}

/** Names of Node-API, which Node gives when it loads the addon. */
async function nodeSymbols() {
  const { symbols } = (await import(join(modules, "node-api-headers", "index.js"))).default;
  return Object.values(symbols).flatMap(({ js_native_api_symbols, node_api_symbols }) => [
    ...js_native_api_symbols,
    ...node_api_symbols,
  ]);
}

/** Names of the C++ library that the objects use, for an SDK without it. */
async function cxxSymbols(objects) {
  if (existsSync(join(sdk, "usr", "lib", "libc++.tbd"))) return [];
  const names = await runProgram(findProgram(["llvm-nm-19", "llvm-nm", "nm"]), ["-u", ...objects]);
  return [...new Set(names.match(/_+(?:Z(?:N?K?V?St|T[IVS]N?S?t?|n[aw]|d[al])|cxa_|gxx_)[\w.]*/g) ?? [])]
    .filter((name) => !/ObjC|napi/.test(name))
    .map((name) => name.replace(/^_/, ""));
}

/** Names of the compiler's own runtime, which its driver links on a Mac: what __builtin_cpu_supports reads. */
const COMPILER_RUNTIME = ["__cpu_model"];

async function link(architecture, objects) {
  const open = [...new Set([...(await nodeSymbols()), ...(await cxxSymbols(objects)), ...COMPILER_RUNTIME])];
  const responses = join(folder, `${architecture}.open`);
  writeFileSync(responses, open.map((name) => `-U _${name}`).join("\n"));
  const linker = findProgram(["ld64.lld-19", "ld64.lld"]) ?? "ld";
  const cxx = existsSync(join(sdk, "usr", "lib", "libc++.tbd")) ? ["-lc++"] : [];
  const frameworks = ["CoreGraphics", "Foundation", "Metal"].flatMap((name) => ["-framework", name]);
  const target = ["-arch", architecture, "-platform_version", "macos", MACOS, MACOS, "-syslibroot", sdk];
  const output = join(folder, `tileblend-${architecture}.node`);
  await runProgram(linker, [
    ...[...target, "-bundle", "-undefined", "error", "-o", output, ...objects],
    ...[`@${responses}`, ...frameworks, ...cxx, "-lobjc", "-lSystem"],
  ]);
}

/** A type without what does not change it: marks of nullability and ownership, typedefs that are the same. */
function plainType(type) {
  return type
    .replaceAll(
      /\b(NS_RETURNS_RETAINED|_Nonnull|_Nullable|_Null_unspecified|__kindof|__strong|__unsafe_unretained|__autoreleasing)\b/g,
      "",
    )
    .replaceAll(/\b(struct|enum|class)\s+/g, "")
    .replaceAll(/\bunsigned long\b/g, "NSUInteger")
    .replace(/^(bool|signed char|unsigned char)$/, "BOOL")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/\s*([*&^(),])\s*/g, "$1")
    .trim();
}

/** Methods (owner and selector → types), functions and values of enumerations that a header declares. */
async function declarations(flags) {
  const file = join(folder, "metal.mm");
  writeFileSync(file, "#import <Metal/Metal.h>\n");
  const dump = [
    "-fsyntax-only",
    "-w",
    "-Xclang",
    "-ast-dump",
    "-Xclang",
    "-ast-dump-filter=MTL",
    "-fno-color-diagnostics",
  ];
  const text = await runProgram(clang(), ["-x", "objective-c++", "-std=c++20", "-fblocks", ...flags, ...dump, file]);
  const found = new Map();
  let owner;
  let method;
  let constant;
  for (const line of text.split("\n")) {
    const type = line.match(/^ObjC(?:Protocol|Interface)Decl .* (\w+)$/);
    if (type) owner = type[1];
    else if (/^[A-Za-z]/.test(line) && !line.startsWith("Dumping")) owner = undefined;
    const declared = line.match(/^[|`]-ObjCMethodDecl .*? ([-+]) ([\w:]+) '(.*?)'(?::'(.*?)')?$/);
    if (declared && owner) {
      method = [plainType(declared[3])];
      found.set(`${owner} ${declared[1]}${declared[2]}`, method);
    } else if (/^[|`]-/.test(line)) method = undefined;
    const parameter = line.match(/^[| ] [|`]-ParmVarDecl .* '(.*?)'(?::'(.*?)')?$/);
    if (method && parameter) method.push(plainType(parameter[1]));
    const named = line.match(/EnumConstantDecl .*? (MTL\w+) '/);
    if (named) constant = named[1];
    const value = line.match(/-value: Int (-?\d+)/);
    if (constant && value) {
      found.set(constant, [value[1]]);
      constant = undefined;
    }
    const fn = line.match(/^FunctionDecl .* (MTL\w+) '(.*?)'(?::'.*?')?( extern| static inline| static)?/);
    if (fn) found.set(fn[1], [plainType(fn[2])]);
  }
  return found;
}

async function compareHeaders() {
  const gcc = join("/usr/lib/gcc", `${process.arch === "x64" ? "x86_64" : "aarch64"}-linux-gnu`);
  const runtime = readdirSync(gcc).map((version) => join(gcc, version, "include"));
  const objc = runtime.find((place) => existsSync(join(place, "objc", "objc.h")));
  const ours = await declarations(["-fobjc-runtime=gcc", `-I${softMetal}`, "-idirafter", objc]);
  const apples = await declarations(["--target=arm64-apple-macos15.0", "-isysroot", sdk, ...cxxHeaders()]);
  let differences = 0;
  for (const [name, types] of ours) {
    const apple = apples.get(name);
    if (apple !== undefined && apple.join() === types.join()) continue;
    differences += 1;
    console.log(`differs: ${name}\n  ours   ${types.join("; ")}\n  Apple's ${apple?.join("; ") ?? "not there"}`);
  }
  console.log(
    `Metal header: ${ours.size - differences} of our ${ours.size} declarations agree with Apple's ${apples.size}`,
  );
  return differences;
}

/** What the CMake build for a Mac compiles. */
function macSources(metalSource) {
  const names = readdirSync(join(root, "native")).filter((name) => /\.(cc|mm)$/.test(name) && name !== "no_metal.cc");
  return [...names.map((name) => join(root, "native", name)), metalSource];
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const metalSource = join(folder, "metal_source.cc");
await embedKernels(join(root, "native"), metalSource);
const settings = join(sdk, "SDKSettings.json");
const name = existsSync(settings) ? JSON.parse(readFileSync(settings, "utf8")).DisplayName : "SDK of unknown version";
for (const architecture of ARCHITECTURES) {
  const objects = await compileAll(architecture, macSources(metalSource));
  await link(architecture, objects);
  console.log(`${architecture}: ${objects.length} files compile without a warning and link (${name}, macOS ${MACOS})`);
}
process.exitCode = (await compareHeaders()) === 0 ? 0 : 1;
