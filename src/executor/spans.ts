import type { PlanInterval } from "../plan.js";
import type { Span, TileAxis, TouchedPart } from "./types.js";

/** Which positions each interval of one axis touches: those where its mask is not 0 (frames or pixels). */
export class AxisSpans {
  readonly #parts: readonly TouchedPart[];
  /** By interval: where the furthest of the intervals before it stops. */
  readonly #stopBefore: readonly number[];
  /** By interval: where the first of the intervals from it on starts; the axis' size after the last. */
  readonly #startFrom: readonly number[];

  /** @throws RangeError when a position of the axis is touched by no interval. */
  constructor(axis: string, intervals: readonly PlanInterval[], size: number) {
    this.#parts = intervals.map(touchedPart);
    const stopBefore = [0];
    for (const part of this.#parts) {
      const stop = stopBefore.at(-1) ?? 0;
      if (part.start > stop) throw new RangeError(`the plan's ${axis} ${stop} to ${part.start} are in no tile`);
      stopBefore.push(Math.max(stop, stopOf(part)));
    }
    const stop = stopBefore.at(-1) ?? 0;
    if (stop < size) throw new RangeError(`the plan's ${axis} ${stop} to ${size} are in no tile`);
    this.#stopBefore = stopBefore;
    const startFrom = [size];
    for (const part of this.#parts.toReversed()) startFrom.push(Math.min(startFrom.at(-1) ?? size, part.start));
    this.#startFrom = startFrom.reverse();
  }

  /** Positions before it are touched by no interval from this one on. */
  finalBefore(interval: number): number {
    return at(this.#startFrom, Math.min(interval, this.#parts.length));
  }

  /** The most positions that one interval touches while earlier ones are not final. */
  get longest(): number {
    return this.#parts.reduce((most, _, i) => Math.max(most, at(this.#stopBefore, i + 1) - this.finalBefore(i)), 0);
  }

  /** The most positions of one interval that other intervals touch too. */
  get longestShared(): number {
    return this.#whole().reduce(
      (most, { planned, fresh, final }) => Math.max(most, planned - Math.max(0, final - fresh)),
      0,
    );
  }

  /** The most positions that intervals up to one of them leave to later ones to finish. */
  get longestLate(): number {
    return this.#parts.reduce((most, _, i) => Math.max(most, at(this.#stopBefore, i + 1) - this.finalBefore(i + 1)), 0);
  }

  /** Positions that more than one interval touches, in order. */
  get shared(): readonly Span[] {
    const spans: Span[] = [];
    for (const { start, planned, fresh, final } of this.#whole()) {
      for (const [from, to] of [[0, fresh] as const, [final, planned] as const]) {
        const before = spans.at(-1);
        if (from >= to) continue;
        if (before === undefined || start + from > before.stop) spans.push({ start: start + from, stop: start + to });
        else spans[spans.length - 1] = { start: before.start, stop: Math.max(before.stop, start + to) };
      }
    }
    return spans;
  }

  /** Where intervals start and stop, ascending: between two such positions the same intervals touch all. */
  get cuts(): readonly number[] {
    return [...new Set(this.#parts.flatMap((part) => [part.start, stopOf(part)]))].sort((a, b) => a - b);
  }

  /** What tiles of the planned size touch. */
  #whole(): readonly TileAxis[] {
    return this.#parts.map(({ offset, mask }, i) => this.tileAxis(i, offset + mask.length));
  }

  /** What a tile of so many positions touches in an interval. */
  touched(interval: number, length: number): TouchedPart {
    const part = at(this.#parts, interval);
    return { ...part, mask: part.mask.subarray(0, Math.max(0, length - part.offset)) };
  }

  /** The same, and how it meets the other intervals. */
  tileAxis(interval: number, length: number): TileAxis {
    const { start, mask } = at(this.#parts, interval);
    const within = (position: number) => Math.min(Math.max(position - start, 0), mask.length);
    return {
      ...this.touched(interval, length),
      planned: mask.length,
      fresh: within(at(this.#stopBefore, interval)),
      final: within(this.finalBefore(interval + 1)),
    };
  }

  /** The intervals that touch what is final with this one: earlier ones, and this one last. None when nothing is. */
  contributorsTo(interval: number): readonly number[] {
    const { start } = at(this.#parts, interval);
    if (this.finalBefore(interval + 1) <= start) return [];
    const found = [interval];
    for (let i = interval - 1; i >= 0 && at(this.#stopBefore, i + 1) > start; i--) {
      if (stopOf(at(this.#parts, i)) > start) found.unshift(i);
    }
    return found;
  }
}

function touchedPart({ outStart, mask }: PlanInterval): TouchedPart {
  let first = 0;
  let stop = mask.length;
  while (first < stop && mask[first] === 0) first++;
  while (stop > first && mask[stop - 1] === 0) stop--;
  return { offset: first, start: outStart + first, mask: mask.subarray(first, stop) };
}

function stopOf({ start, mask }: TouchedPart): number {
  return start + mask.length;
}

function at<T>(list: readonly T[], i: number): T {
  const found = list[i];
  if (found === undefined) throw new RangeError(`the plan has no interval ${i}`);
  return found;
}
