// Builds the native addon into build/native, or says in one line why not: the WASM executor gives the same bytes.
// With TILEBLEND_REQUIRE_NATIVE=1 a missing addon is a failure; with CI set, so is a compiler's warning.
import { spawnSync } from "node:child_process";
import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const logFile = join(root, "build", "native.log");
const addonFile = join(root, "build", "native", "Release", "tileblend.node");

/** Whether PATH holds a program: looked up, not run, so that the answer is at hand at once. */
function isInPath(program) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const endings = process.platform === "win32" ? [".exe", ".cmd", ".bat"] : [""];
  return folders.some((folder) => endings.some((ending) => isExecutable(join(folder, program + ending))));
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Why the addon cannot be built here, as far as can be told without trying. */
function findObstacle() {
  if (!isInPath("cmake")) return "no cmake found";
  // On Windows cmake-js looks for Visual Studio itself, which is in no PATH. Elsewhere these are the ones it takes.
  const hasCompiler = process.platform === "win32" || isInPath("g++") || isInPath("clang++");
  return hasCompiler ? undefined : "no C++ compiler found";
}

/** The program of cmake-js, or undefined where the development dependencies are not installed. */
function findCmakeJs() {
  try {
    return createRequire(import.meta.url).resolve("cmake-js/bin/cmake-js");
  } catch {
    return undefined;
  }
}

/** Runs one command of cmake-js with its output in the log. Returns whether it went well. */
function runCmakeJs(program, command, log) {
  const options = ["--directory", root, "--out", join(root, "build", "native")];
  if (process.env.CI) options.push("--CDTILEBLEND_WERROR=ON");
  const child = spawnSync(process.execPath, [program, command, ...options], { cwd: root, stdio: ["ignore", log, log] });
  return child.status === 0;
}

/** Builds what has changed. Returns why there is no addon, or undefined. */
function build() {
  const obstacle = findObstacle();
  if (obstacle !== undefined) return obstacle;
  const program = findCmakeJs();
  if (program === undefined) return "cmake-js is not installed";
  mkdirSync(join(root, "build"), { recursive: true });
  const log = openSync(logFile, "w");
  // An older build folder may be of another machine, compiler or place: `compile` tries again from nothing.
  const isFresh = !existsSync(join(root, "build", "native", "CMakeCache.txt"));
  const isBuilt = runCmakeJs(program, isFresh ? "build" : "compile", log);
  closeSync(log);
  if (!isBuilt) return `the build failed${firstError()}, see build/native.log`;
  rmSync(logFile);
  return existsSync(addonFile) ? undefined : "the build left no addon";
}

/** The first line of the log that says what is wrong. */
function firstError() {
  const line = readFileSync(logFile, "utf8")
    .match(/^.*\berror\b.*$/im)?.[0]
    .trim();
  return line === undefined ? "" : `: ${line.slice(0, 160)}`;
}

const reason = build();
if (reason === undefined) {
  console.log("tileblend: native addon built (build/native/Release/tileblend.node)");
} else {
  console.log(`tileblend: native addon not built (${reason}); the WASM executor will be used`);
  process.exitCode = process.env.TILEBLEND_REQUIRE_NATIVE === "1" ? 1 : 0;
}
