import { expect } from "chai";
import type { DecodeProgress } from "tileblend";
import { createProgressView } from "#src/cli/progress.js";

const at = (tilesDone: number, elapsedMs: number): DecodeProgress => ({
  tilesDone,
  tileCount: 4,
  framesDone: tilesDone,
  frameCount: 4,
  elapsedMs,
  etaMs: 61_000,
  nanCount: 0,
  uncoveredCount: 0,
});

function consoleOf(isTerminal: boolean) {
  const notes: string[] = [];
  return { console: { out: () => undefined, note: (text: string) => void notes.push(text), isTerminal }, notes };
}

describe("progress", () => {
  it("says nothing when quiet", () => {
    const { console, notes } = consoleOf(false);
    const view = createProgressView(console, true);
    view.update(at(4, 1));
    view.stop();
    expect(notes).to.deep.equal([]);
  });

  it("gives a line every five seconds and one at the end", () => {
    const { console, notes } = consoleOf(false);
    const view = createProgressView(console, false);
    for (const progress of [at(1, 0), at(2, 4999), at(3, 5000), at(4, 5001)]) view.update(progress);
    view.stop();
    expect(notes).to.deep.equal([
      "tile 1/4, frame 1/4, 0:00 elapsed, ETA 1:01",
      "tile 3/4, frame 3/4, 0:05 elapsed, ETA 1:01",
      "tile 4/4, frame 4/4, 0:05 elapsed, ETA 1:01",
    ]);
  });

  it("draws a bar on a terminal, and gives the cursor back", () => {
    const written: string[] = [];
    const { stderr } = process;
    const saved = { write: stderr.write, isTTY: stderr.isTTY, columns: stderr.columns };
    const methods = { cursorTo: () => true, clearLine: () => true, moveCursor: () => true };
    const own = Object.fromEntries(Object.keys(methods).map((key) => [key, Reflect.get(stderr, key)]));
    const write = (text: string | Uint8Array) => written.push(String(text)) > 0;
    Object.assign(stderr, methods, { write, isTTY: true, columns: 120 });
    try {
      const view = createProgressView(consoleOf(true).console, false);
      view.update(at(1, 0));
      view.update(at(4, 9000));
      view.stop();
      view.stop();
    } finally {
      Object.assign(stderr, own, saved);
    }
    expect(written.join("")).to.match(/25% \| tile 1\/4 \| frame 1\/4 \| 0:00 \| ETA 1:01/);
    expect(written.join("")).to.match(/100% \| tile 4\/4/);
    expect(written.join("")).to.contain("\u001b[?25h");
  });
});
