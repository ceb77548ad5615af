import type { Comparison, Difference } from "../quality/compare.js";
import { formatBytes } from "../report/index.js";
import { formatDuration, formatTable } from "./console.js";
import type { NamedTiling } from "./quality_tilings.js";
import type { QualityCost } from "./quality_worker.js";

/** One tiling, judged. */
export interface QualityResult extends NamedTiling {
  readonly cost: QualityCost;
  readonly comparison: Comparison;
}

/** Everything that `quality` found out. */
export interface QualityReport {
  readonly input: string;
  /** The untiled decode. */
  readonly whole: NamedTiling & { readonly cost: QualityCost };
  readonly results: readonly QualityResult[];
}

/** Column heads of the table: PSNR in dB, and the largest difference in brackets. */
export const QUALITY_COLUMNS = [
  "tiling",
  "tiles",
  "dB (largest)",
  "overlaps",
  "spatial joints",
  "step",
  "temporal joints",
  "step",
  "time",
  "memory",
] as const;

/** The cells of each tiling, the untiled decode first. */
export function qualityRows({ whole, results }: QualityReport): readonly (readonly string[])[] {
  const costs = ({ elapsedMs, peakMemoryBytes }: QualityCost) => [
    elapsedMs < 9950 ? `${(elapsedMs / 1000).toFixed(1)} s` : formatDuration(elapsedMs),
    formatBytes(peakMemoryBytes),
  ];
  const untiled = ["untiled", "1", ...Array.from({ length: 6 }, () => ""), ...costs(whole.cost)];
  const rows = results.map(({ name, plan, comparison, cost }) => [
    name,
    `${plan.tileCount}`,
    differenceCell(comparison.overall),
    differenceCell(comparison.overlaps),
    differenceCell(comparison.spatialJoints),
    stepCell(comparison.step.spatial),
    differenceCell(comparison.temporalJoints),
    stepCell(comparison.step.temporal),
    ...costs(cost),
  ]);
  return [untiled, ...rows];
}

/** PSNR and largest difference as they are shown: `equal` where no value differs, `-` where there is no such place. */
function differenceCell(difference: Difference | null): string {
  if (difference === null) return "-";
  const { psnr, largest } = difference;
  return psnr === null ? "equal" : `${psnr.toFixed(1)} (${Number(largest.toPrecision(2))})`;
}

function stepCell(step: number | null): string {
  return step === null ? "-" : step.toFixed(2);
}

/** The figures as a table for a terminal. */
export function resultTable(report: QualityReport): string {
  return formatTable([QUALITY_COLUMNS, ...qualityRows(report)]);
}

/** The figures as plain data. */
export function resultJson({ input, whole, results }: QualityReport): object {
  const facts = ({ plan, cost }: NamedTiling & { readonly cost: QualityCost }) => ({
    tiling: plan.tiling,
    tiles: plan.tileCount,
    digest: plan.digest,
    ...cost,
  });
  return {
    input,
    output: whole.plan.output,
    untiled: facts(whole),
    tilings: results.map((result) => {
      const { map: _, ...comparison } = result.comparison;
      return { name: result.name, ...facts(result), ...comparison };
    }),
  };
}
