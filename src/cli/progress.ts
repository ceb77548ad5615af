import { Presets, SingleBar } from "cli-progress";
import type { DecodeProgress } from "../decode_options.js";
import { type Console, formatDuration } from "./console.js";

/** Shows how far a decode has come. */
export interface ProgressView {
  update(progress: DecodeProgress): void;
  /** Leaves the terminal as it was. */
  stop(): void;
}

/** Between two lines of plain progress (ms). */
const LINE_MS = 5000;

/** A bar on a terminal, a line every few seconds elsewhere, nothing when quiet. */
export function createProgressView(console: Console, isQuiet: boolean): ProgressView {
  if (isQuiet) return { update: () => undefined, stop: () => undefined };
  return console.isTerminal ? createBar() : createLines(console);
}

function createBar(): ProgressView {
  const format =
    "{bar} {percentage}% | tile {value}/{total} | frame {framesDone}/{frameCount} | {elapsed} | ETA {left}";
  const bar = new SingleBar(
    { format, stream: process.stderr, hideCursor: true, stopOnComplete: false },
    Presets.shades_classic,
  );
  let isStarted = false;
  return {
    update: (progress) => {
      const payload = {
        ...progress,
        elapsed: formatDuration(progress.elapsedMs),
        left: formatDuration(progress.etaMs),
      };
      if (isStarted) bar.update(progress.tilesDone, payload);
      else bar.start(progress.tileCount, progress.tilesDone, payload);
      isStarted = true;
    },
    stop: () => bar.stop(),
  };
}

function createLines(console: Console): ProgressView {
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    update: ({ tilesDone, tileCount, framesDone, frameCount, elapsedMs, etaMs }) => {
      const isEnd = framesDone === frameCount;
      if (!isEnd && elapsedMs - lastMs < LINE_MS) return;
      lastMs = elapsedMs;
      const [elapsed, left] = [formatDuration(elapsedMs), formatDuration(etaMs)];
      console.note(
        `tile ${tilesDone}/${tileCount}, frame ${framesDone}/${frameCount}, ${elapsed} elapsed, ETA ${left}`,
      );
    },
    stop: () => undefined,
  };
}
