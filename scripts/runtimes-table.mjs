// Keeps the table of runtimes in README.md and docs/runtimes.md as conformance/results.json says, which is what
// `tileblend conformance --runtime all --json` printed.
//   node scripts/runtimes-table.mjs                       runs the command, keeps its report and writes the tables
//   node scripts/runtimes-table.mjs REPORT.json           keeps a report that was printed before
//   node scripts/runtimes-table.mjs --check               fails when a table is not that of the results
//   node scripts/runtimes-table.mjs --check REPORT.json   and when a report has other runtimes or counts than the results
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = new URL("..", import.meta.url);
const results = new URL("conformance/results.json", root);
const PAGES = ["README.md", "docs/runtimes.md"];
const TABLE = /(<!-- runtimes: npm run runtimes -->\n)[\s\S]*?(<!-- end of runtimes -->)/;

const readJson = (file) => JSON.parse(readFileSync(file, "utf8"));

/** What every runtime says. Throws when one is missing or differs. */
function runCommand() {
  const program = fileURLToPath(new URL("dist/cli/main.js", root));
  const args = [program, "conformance", "--runtime", "all", "--require-all", "--json"];
  const { status, stdout } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`a runtime is missing or differs:\n${stdout}`);
  return JSON.parse(stdout);
}

/** JSON with one runtime a line. "this" is Node once more. */
function renderResults({ planVersion, runtimes }) {
  const lines = runtimes.filter(({ name }) => name !== "this").map((row) => `    ${JSON.stringify(row)}`);
  return `{\n  "planVersion": ${planVersion},\n  "runtimes": [\n${lines.join(",\n")}\n  ]\n}\n`;
}

function renderTable({ runtimes }) {
  const rows = runtimes.map(({ name, version, engine, passed, failed, skipped }) => {
    const result = failed > 0 ? `${failed} differ` : passed > 0 ? "the same" : "none";
    const note = skipped > 0 ? `, ${skipped} skipped` : "";
    return `| ${name} | ${version} | ${engine} | ${passed + failed} | ${result}${note} |`;
  });
  return ["| runtime | version | engine | cases | result |", "|---|---|---|---|---|", ...rows, ""].join("\n");
}

function withTable(text, table) {
  if (!TABLE.test(text)) throw new Error("a page has no place for the table of runtimes");
  return text.replace(TABLE, (_, begin, end) => `${begin}${table}${end}`);
}

/** What of a report must stay; versions of browsers and compilers are this machine's. */
function countsOf({ planVersion, runtimes }) {
  const rows = runtimes.filter(({ name }) => name !== "this");
  const counts = rows.map(
    ({ name, passed, failed, skipped }) => `${name}: ${passed} passed, ${failed} failed, ${skipped} skipped`,
  );
  return [`plan format ${planVersion}`, ...counts].join("\n");
}

function main() {
  const { values, positionals } = parseArgs({ options: { check: { type: "boolean" } }, allowPositionals: true });
  const [report] = positionals;
  if (!values.check) writeFileSync(results, renderResults(report === undefined ? runCommand() : readJson(report)));
  const outcome = readJson(results);
  if (values.check && report !== undefined) {
    const [expected, actual] = [countsOf(outcome), countsOf(readJson(report))];
    if (actual !== expected) throw new Error(`conformance/results.json has\n${expected}\nthis run has\n${actual}`);
  }
  for (const page of PAGES) {
    const file = new URL(page, root);
    const text = readFileSync(file, "utf8");
    const current = withTable(text, renderTable(outcome));
    if (values.check && text !== current)
      throw new Error(`${page} does not have the table of conformance/results.json`);
    if (!values.check) writeFileSync(file, current);
  }
}

main();
