import type { SuiteResult } from "../conformance/index.js";
import { formatTable } from "./console.js";

/** How one runtime did. */
export interface RuntimeRow {
  readonly name: string;
  /** Name and version of the runtime; empty when it is missing. */
  readonly version: string;
  readonly engine: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** The first case that differs, or null. */
  readonly firstDifference: string | null;
  /** Why it did not run. */
  readonly reason?: string;
  readonly suites: Readonly<Record<string, SuiteResult>>;
}

/** The whole outcome: what `tileblend conformance --json` prints. conformance/schema/report.json is its schema. */
export interface ConformanceOutcome {
  readonly planVersion: number;
  readonly runtimes: readonly RuntimeRow[];
}

/** Sums the suites of a runtime. */
export function createRow(
  name: string,
  { version, engine, suites }: Pick<RuntimeRow, "version" | "engine" | "suites">,
): RuntimeRow {
  const results = Object.entries(suites);
  const sum = (field: "passed" | "failed" | "skipped") => results.reduce((total, [, each]) => total + each[field], 0);
  const different = results.find(([, each]) => each.firstDifference !== null);
  const firstDifference = different === undefined ? null : `${different[0]}: ${different[1].firstDifference}`;
  const counts = { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") };
  return { name, version, engine, ...counts, firstDifference, suites };
}

/** A runtime that did not run: skipped, or failed when it must run. */
export function createAbsentRow(name: string, reason: string, mustRun: boolean): RuntimeRow {
  const counts = mustRun ? { passed: 0, failed: 1, skipped: 0 } : { passed: 0, failed: 0, skipped: 1 };
  return { name, version: "", engine: "", ...counts, firstDifference: mustRun ? reason : null, reason, suites: {} };
}

/** A matrix runtime by suite, then the first difference or the reason of each runtime that has one. */
export function describeOutcome({ runtimes }: ConformanceOutcome): string {
  const suites = [...new Set(runtimes.flatMap((row) => Object.keys(row.suites)))];
  const header = ["runtime", "version", "engine", ...suites];
  const rows = runtimes.map((row) => [
    row.name,
    row.version,
    row.engine,
    ...suites.map((suite) => describeSuite(row.suites[suite])),
  ]);
  const notes = runtimes.flatMap((row) => {
    if (row.firstDifference !== null) return [`${row.name} differs: ${row.firstDifference}`];
    if (row.reason !== undefined) return [`${row.name} skipped: ${row.reason}`];
    return Object.entries(row.suites).flatMap(([suite, { reason }]) =>
      reason === undefined ? [] : [`${row.name} skipped ${suite}: ${reason}`],
    );
  });
  return [formatTable([header, ...rows]), ...notes, summarise(runtimes)].join("\n");
}

function describeSuite(result: SuiteResult | undefined): string {
  if (result === undefined) return "";
  if (result.failed > 0) return `${result.passed}, ${result.failed} differ`;
  return result.skipped > 0 ? `${result.skipped} skipped` : `${result.passed}`;
}

function summarise(runtimes: readonly RuntimeRow[]): string {
  const ran = runtimes.filter((row) => row.reason === undefined);
  const sum = (field: "passed" | "failed") => runtimes.reduce((total, row) => total + row[field], 0);
  return `${ran.length} of ${runtimes.length} runtimes: ${sum("passed")} cases passed, ${sum("failed")} failed`;
}
