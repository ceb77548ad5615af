// Shows that the tests over the software Metal can fail: each deliberate mistake of test/native/soft-metal/mutants.mjs
// must be caught by the compiler or by a test. With an argument, only those whose title holds it.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";
import { MUTANTS } from "../test/native/soft-metal/mutants.mjs";
import { buildSoftMetal } from "./build-soft-metal.mjs";
import { root, runProgram } from "./metal-tools.mjs";

const LEAST = 25;
const folder = join(root, "build", "soft-metal", "mutants");
const mocha = join(root, "node_modules", "mocha", "bin", "mocha.js");

/** A copy of native/ with the mistake in it. */
function plant({ title, file, from, to }, sources) {
  rmSync(sources, { recursive: true, force: true });
  cpSync(join(root, "native"), sources, { recursive: true });
  const path = join(sources, file);
  const text = readFileSync(path, "utf8");
  if (!text.includes(from)) throw new Error(`${title}: ${file} does not hold ${JSON.stringify(from)}`);
  writeFileSync(
    path,
    text.replaceAll(from, () => to),
  );
}

/** What caught the mistake, or undefined. */
async function findCatcher(mutant, place) {
  const sources = join(place, "native");
  plant(mutant, sources);
  let addon;
  try {
    // A mistake must not be caught only because it leaves something unused.
    const lenient = mutant.file.endsWith(".metal") ? "kernels.cc" : mutant.file;
    addon = await buildSoftMetal({ folder: place, sources, lenient });
  } catch (error) {
    return `compiler: ${error.message.match(/error: (.*)/)?.[1] ?? error.message.slice(0, 200)}`;
  }
  const files = mutant.tests.map((name) => join("build", "test", `${name}.test.js`));
  const args = ["--expose-gc", mocha, "--fgrep", "metal", "--bail", "--timeout", "20000", ...files];
  const env = { ...process.env, TILEBLEND_ADDON: addon, TILEBLEND_REQUIRE_ALL: "1", SOFT_METAL_LEAKS: "1" };
  try {
    await runProgram(process.execPath, args, { cwd: root, env, timeout: 60_000, killSignal: "SIGKILL" });
    return undefined;
  } catch (error) {
    return reasonOf(error.message);
  }
}

/** The line that says most of why a run failed. */
function reasonOf(output) {
  const line =
    output.match(/soft metal[^\n]*/)?.[0] ??
    output.match(/^\s*1\) [^\n]*:\n?[^\n]*\n?[^\n]*/m)?.[0].replaceAll(/\s+/g, " ") ??
    output.split("\n")[0];
  return `test: ${line.trim().slice(0, 140)}`;
}

const chosen = MUTANTS.filter(({ title }) => title.includes(argv[2] ?? ""));
if (argv[2] === undefined && chosen.length < LEAST) throw new Error(`only ${chosen.length} mutants`);
await runProgram("npm", ["run", "--silent", "build:ts"], { cwd: root });
mkdirSync(folder, { recursive: true });
const start = performance.now();
const survivors = [];
let next = 0;
const worker = async (_, place) => {
  for (let i = next++; i < chosen.length; i = next++) {
    const catcher = await findCatcher(chosen[i], join(folder, `${place}`));
    if (catcher === undefined) survivors.push(chosen[i].title);
    console.log(`${catcher === undefined ? "SURVIVED" : "caught  "} ${chosen[i].title.padEnd(46)} ${catcher ?? ""}`);
  }
};
await Promise.all(Array.from({ length: 2 }, worker));
const seconds = Math.round((performance.now() - start) / 1000);
console.log(`${chosen.length - survivors.length} of ${chosen.length} mutants caught (${seconds} s)`);
if (survivors.length > 0) process.exitCode = 1;
