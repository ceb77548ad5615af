// npm run bench:counted [-- --record]: instructions and bytes allocated by the cpu executor on a small blend, counted by
// valgrind and held against bench/counted.json. Unlike times they do not depend on what else the machine does. Ends with
// a line `N passed, N failed`.
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** A count may differ from the recorded one by this share: compilers of one family differ by less. */
const MARGIN = 0.1;
/** Frames, height, width, overlap of a tile. */
const SIZE = ["24", "48", "160", "16"];
const CASES = [
  ["float32", "float32"],
  ["float32", "rgb24"],
  ["bfloat16", "bfloat16"],
  ["float16", "float16"],
];
const root = fileURLToPath(new URL("..", import.meta.url));
const recordFile = fileURLToPath(new URL("counted.json", import.meta.url));
const driver = `${root}build/blend_driver`;

/** Everything that a program prints. Rejects with why it failed. */
async function run(program, args) {
  const { stdout, stderr } = await promisify(execFile)(program, args, { cwd: root });
  return stdout + stderr;
}

async function buildDriver() {
  mkdirSync(`${root}build`, { recursive: true });
  const sources = ["bench/blend_driver.cc", "native/cpu_executor.cc", "native/cpu_window.cc"];
  const flags = ["-std=c++20", "-O3", "-pthread", "-ffp-contract=off", "-fno-trapping-math", "-fno-math-errno"];
  await run(process.env.CXX ?? "g++", [...flags, "-Inative", ...sources, "-o", driver]);
}

/** What a tool of valgrind says of a number of rounds, as the number that a pattern finds. */
async function count(tool, pattern, formats, rounds) {
  const output = await run("valgrind", [...tool, driver, ...SIZE, ...formats, "1", String(rounds)]);
  const found = pattern.exec(output)?.[1];
  if (found === undefined) throw new Error(`no count in: ${output}`);
  return Number(found.replaceAll(",", ""));
}

/** Instructions and bytes allocated by one round, without what starting takes. */
async function measure(formats) {
  const instructions = (rounds) =>
    count(["--tool=callgrind", "--callgrind-out-file=/dev/null"], /Collected : (\d+)/, formats, rounds);
  const bytes = (rounds) => count(["--leak-check=no"], /frees, ([\d,]+) bytes allocated/, formats, rounds);
  const perRound = async (counted) => {
    // Two processes at a time: counts do not mind each other.
    const [one, three] = await Promise.all([counted(1), counted(3)]);
    return (three - one) / 2;
  };
  return { instructions: await perRound(instructions), bytesAllocated: await perRound(bytes) };
}

/** Prints how a count compares with the recorded one. Returns whether it is within the margin. */
function compare(title, value, recorded) {
  const isWithin = Math.abs(value / recorded - 1) <= MARGIN;
  console.log(`${title}: ${value}, recorded ${recorded}${isWithin ? "" : `, not within ${100 * MARGIN} %`}`);
  return isWithin;
}

await buildDriver();
const measured = {};
for (const formats of CASES) measured[formats.join(" to ")] = await measure(formats);
if (process.argv.includes("--record")) writeFileSync(recordFile, `${JSON.stringify(measured, undefined, 2)}\n`);
const recorded = JSON.parse(readFileSync(recordFile, "utf8"));
const results = Object.entries(measured).flatMap(([title, counts]) =>
  Object.entries(counts).map(([name, value]) => compare(`${title}, ${name}`, value, recorded[title]?.[name])),
);
const failed = results.filter((isWithin) => !isWithin).length;
console.log(`${results.length - failed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
