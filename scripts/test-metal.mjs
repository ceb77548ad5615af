// Runs the tests of the executors over the software Metal: as they are, on a GPU that flushes subnormal numbers, and
// with AddressSanitizer and UndefinedBehaviorSanitizer. Any object that is left at exit is a failure.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { argv, exit } from "node:process";
import { buildSoftMetal } from "./build-soft-metal.mjs";
import { clang, root, runProgram } from "./metal-tools.mjs";

const tests = (...names) => names.map((name) => join("build", "test", `${name}.test.js`));
const WHOLE = ["executor/*", "native/*", "decode", "leaks"];
const ARITHMETIC = ["executor/*", "native/blend", "native/convert", "native/metal"];
// Those that measure memory are left out: sanitizers keep what is freed.
const CHECKED = ["executor/golden", "executor/crop", "executor/rejected", "executor/special_values"];
const CHECKED_NATIVE = ["native/blend", "native/metal_faults"];

const build = (kind, options = {}) => buildSoftMetal({ folder: join(root, "build", "soft-metal", kind), ...options });

/** Runs mocha over Metal only. Returns the line of its counts, or exits with all it printed. */
function runTests(title, addon, files, environment = {}) {
  const start = performance.now();
  const env = {
    ...process.env,
    TILEBLEND_ADDON: addon,
    TILEBLEND_REQUIRE_ALL: "1",
    SOFT_METAL_LEAKS: "1",
    ...environment,
  };
  const mocha = join(root, "node_modules", "mocha", "bin", "mocha.js");
  const args = [mocha, "--fgrep", "metal", ...tests(...files)];
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, env, encoding: "utf8" });
  const [count] = stdout.match(/^\d+ passed, 0 failed, 0 skipped$/m) ?? [];
  if (status !== 0 || count === undefined) {
    console.log(`${stdout}${stderr}\n${title}: failed (${status ?? signal})`);
    exit(1);
  }
  console.log(
    `software Metal, ${title}: ${count}, no object left (${Math.round((performance.now() - start) / 1000)} s)`,
  );
}

async function sanitized() {
  // The other way of turning fast math off, which SDKs before that of macOS 15 have.
  const addon = await build("sanitized", { sanitizer: "address", sdk: 140000 });
  const runtime = (
    await runProgram(clang(), [`-print-file-name=libclang_rt.asan-${process.arch === "x64" ? "x86_64" : "aarch64"}.so`])
  ).trim();
  const environment = { LD_PRELOAD: runtime, ASAN_OPTIONS: "detect_leaks=0", UBSAN_OPTIONS: "print_stacktrace=1" };
  runTests("ASan and UBSan", addon, [...CHECKED, ...CHECKED_NATIVE], environment);
}

const [only] = argv.slice(2);
await runProgram("npm", ["run", "--silent", "build:ts"], { cwd: root });
const plain = await build("plain");
if (only === undefined || only === "plain") runTests("whole suite", plain, WHOLE);
if (only === undefined || only === "flush")
  runTests("flushing subnormals", plain, ARITHMETIC, { SOFT_METAL_FLUSH: "1" });
if (only === undefined || only === "sanitized") await sanitized();
