/** The range that an axis of figures shows, and where its ticks lie. */
export interface PlotTicks {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
}

/**
 * Chooses round ticks around values from `least` to `greatest`: 1, 2 or 5 times a power of ten apart, about `count` of
 * them. A range of no length is widened; one that starts above 0, but not far above it, starts at 0.
 */
export function plotTicks(least: number, greatest: number, count: number): PlotTicks {
  const isNearZero = least > 0 && least < greatest / 2;
  const from = isNearZero ? 0 : least;
  const margin = greatest > from ? 0 : Math.max(Math.abs(from) * 0.1, Number.MIN_VALUE * 2 ** 60);
  const [bottom, top] = from === 0 && margin > 0 ? [0, 1] : [from - margin, greatest + margin];
  const step = roundStep((top - bottom) / count);
  const first = Math.floor(bottom / step + 1e-9);
  const last = Math.ceil(top / step - 1e-9);
  // Whole multiples, printed to the step's digits: no 0.30000000000000004.
  const decimals = Math.min(100, Math.max(0, -Math.floor(Math.log10(step))));
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toFixed(decimals)));
  return { low: first * step, high: last * step, ticks };
}

function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const part = rough / power;
  return power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
}
