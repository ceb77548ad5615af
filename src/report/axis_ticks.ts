import type { AxisScale } from "./axis_view.js";

/** A mark on an axis. */
export interface AxisTick {
  /** Drawing units from the start of the axis. */
  readonly at: number;
  /** Frames or pixels. */
  readonly position: number;
  /** Latent cells. */
  readonly cell: number;
}

/** How latent cells lie on an output axis. */
export interface CellMapping {
  /** Latent cells in the axis. */
  readonly cells: number;
  /** Frames or pixels a latent cell. */
  readonly scale: number;
  /** Whether the first cell gives one frame only. */
  readonly causal: boolean;
}

/** Where a cell's output starts (frames or pixels). */
function cellStart({ scale, causal }: CellMapping, cell: number): number {
  return causal && cell > 0 ? 1 + (cell - 1) * scale : cell * scale;
}

/**
 * Chooses marks at whole latent cells, a power of two apart, and at both ends of the axis. Marks keep `spacing` drawing
 * units from each other and from the middle of a break; the far end wins over its neighbours.
 */
export function axisTicks(scale: AxisScale, mapping: CellMapping, spacing: number): readonly AxisTick[] {
  let step = 1;
  while (step < mapping.cells && step * mapping.scale * scale.unit < spacing) step *= 2;
  const { size, headStop, tailStart, hiddenCount } = scale.view;
  const ticks = [...ticksWithin(scale, mapping, { step, from: 0, to: headStop })];
  if (hiddenCount > 0) ticks.push(...ticksWithin(scale, mapping, { step, from: tailStart, to: size }));
  const end = { at: scale.length, position: size, cell: mapping.cells };
  const middle = scale.gap === undefined ? undefined : (scale.gap.from + scale.gap.to) / 2;
  const kept: AxisTick[] = [];
  for (const tick of ticks) {
    const isFree = [end.at, kept.at(-1)?.at, middle].every(
      (other) => other === undefined || Math.abs(tick.at - other) >= spacing,
    );
    if (isFree) kept.push(tick);
  }
  return [...kept, end];
}

interface TickRange {
  readonly step: number;
  readonly from: number;
  readonly to: number;
}

function* ticksWithin(scale: AxisScale, mapping: CellMapping, { step, from, to }: TickRange): Iterable<AxisTick> {
  // The first cell at or after `from`, rounded up to a step.
  const firstCell = from === 0 ? 0 : Math.ceil((mapping.causal ? from - 1 : from) / mapping.scale);
  for (let cell = Math.ceil(firstCell / step) * step; cell < mapping.cells; cell += step) {
    const position = cellStart(mapping, cell);
    if (position > to) return;
    if (position >= from) yield { at: scale.at(position), position, cell };
  }
}
