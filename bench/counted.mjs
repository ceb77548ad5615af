// npm run bench:counted [-- --record]: instructions and bytes allocated by the cpu executor on a small blend, counted by
// valgrind and held against bench/counted.json. Unlike times they do not depend on what else the machine does.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

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

function run(program, args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8", cwd: root });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${error?.message ?? stderr}`);
  return stdout + stderr;
}

function buildDriver() {
  mkdirSync(`${root}build`, { recursive: true });
  const sources = ["bench/blend_driver.cc", "native/cpu_executor.cc", "native/cpu_window.cc"];
  const flags = ["-std=c++20", "-O3", "-pthread", "-ffp-contract=off", "-fno-trapping-math", "-fno-math-errno"];
  run(process.env.CXX ?? "g++", [...flags, "-Inative", ...sources, "-o", driver]);
}

/** What a tool of valgrind says of a number of rounds, as the number that a pattern finds. */
function count(tool, pattern, formats, rounds) {
  const output = run("valgrind", [...tool, driver, ...SIZE, ...formats, "1", String(rounds)]);
  const found = pattern.exec(output)?.[1];
  if (found === undefined) throw new Error(`no count in: ${output}`);
  return Number(found.replaceAll(",", ""));
}

/** Instructions and bytes allocated by one round, without what starting takes. */
function measure(formats) {
  const instructions = (rounds) =>
    count(["--tool=callgrind", "--callgrind-out-file=/dev/null"], /Collected : (\d+)/, formats, rounds);
  const bytes = (rounds) => count(["--leak-check=no"], /frees, ([\d,]+) bytes allocated/, formats, rounds);
  return {
    instructions: (instructions(3) - instructions(1)) / 2,
    bytesAllocated: (bytes(3) - bytes(1)) / 2,
  };
}

buildDriver();
const measured = Object.fromEntries(CASES.map((formats) => [formats.join(" to "), measure(formats)]));
if (process.argv.includes("--record")) {
  writeFileSync(recordFile, `${JSON.stringify(measured, undefined, 2)}\n`);
}
const recorded = JSON.parse(readFileSync(recordFile, "utf8"));
for (const [title, counts] of Object.entries(measured)) {
  for (const [name, value] of Object.entries(counts)) {
    const expected = recorded[title][name];
    const isWithin = Math.abs(value / expected - 1) <= MARGIN;
    console.log(`${title}: ${value} ${name}, recorded ${expected}${isWithin ? "" : `, not within ${100 * MARGIN} %`}`);
    if (!isWithin) process.exitCode = 1;
  }
}
