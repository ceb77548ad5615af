// What the checks of the Metal executor share: the compiler, the kernels' text, and how to run a command.
import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const root = fileURLToPath(new URL("..", import.meta.url));

const run = promisify(execFile);

/** The first of these programs that is there, or undefined. */
export function findProgram(names) {
  return names.find((name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0);
}

/** clang++ of any recent version, or an error that says how to have it. */
export function clang() {
  const found = findProgram(["clang++-19", "clang++-20", "clang++-18", "clang++"]);
  if (found === undefined) throw new Error("no clang++ found; on Debian: apt-get install clang-19");
  return found;
}

/** Runs a program. Returns what it printed; throws with its output when it fails. */
export async function runProgram(program, args, options = {}) {
  try {
    const { stdout, stderr } = await run(program, args, { maxBuffer: 2 ** 28, ...options });
    return stdout + stderr;
  } catch (error) {
    throw new Error(`${program} failed (${error.code ?? error.signal})\n${error.stdout ?? ""}${error.stderr ?? ""}`);
  }
}

/** The text between a raw string's quotes in the C++ file that embed_metal.cmake wrote. */
export function embeddedSource(file) {
  const text = readFileSync(file, "utf8").match(/R"METAL\(([\s\S]*)\)METAL"/)?.[1];
  if (text === undefined) throw new Error(`${file} holds no Metal source`);
  return text;
}

/** Writes the C++ file that holds the kernels of `sources` (a copy of native/), and returns its text of them. */
export async function embedKernels(sources, file) {
  await runProgram("cmake", ["-D", `OUTPUT=${file}`, "-P", join(sources, "embed_metal.cmake")]);
  return embeddedSource(file);
}

/** The kernels of a Metal source: name, and each parameter's declaration and attribute. */
export function readKernels(source) {
  const text = source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
  return [...text.matchAll(/\bkernel\s+void\s+(\w+)\s*\(([\s\S]*?)\)\s*\{/g)].map(([, name, parameters]) => ({
    name,
    parameters: parameters.split(/,(?![^<]*>)/).map((parameter) => {
      const match = parameter.trim().match(/^([\s\S]*?)\s*\[\[\s*(\w+)(?:\(([\w:]+)\))?\s*\]\]$/);
      if (match === null) throw new Error(`${name}: a parameter has no attribute: ${parameter.trim()}`);
      return { declaration: match[1], attribute: match[2], index: match[3] };
    }),
  }));
}
