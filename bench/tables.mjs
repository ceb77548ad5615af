// Tables of the benchmark's medians, as Markdown.
import { titleOf } from "./workloads.mjs";

/** Rows of cells as a table. */
function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function percent(share) {
  return share === undefined ? "-" : `${Math.round(100 * share)} %`;
}

function time({ milliseconds, spread }) {
  return `${milliseconds.toFixed(milliseconds < 10 ? 2 : 0)} ms ± ${Math.round(50 * spread)} %`;
}

function mebibytes(bytes) {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

function shareCell(entry) {
  if (entry === undefined) return "";
  if (entry.missing !== undefined) return `missing: ${entry.missing}`;
  return `${time(entry)}, ${percent(entry.shareOfA)}, ${percent(entry.shareOfB)}`;
}

/** Time, its spread and the shares of both floors, for each of our executors. */
export function formatShares(summaries) {
  const names = [...new Set(summaries.flatMap(({ entries }) => entries.map(({ name }) => name)))];
  const rows = summaries.map(({ workload, bytes, entries }) => [
    titleOf(workload),
    (bytes.least / 1e9).toFixed(2),
    ((bytes.least + bytes.window) / 1e9).toFixed(2),
    ...names.map((name) => shareCell(entries.find((entry) => entry.name === name))),
  ]);
  return table(["workload", "(a) GB", "(b) GB", ...names.map((name) => `${name}: time, of (a), of (b)`)], rows);
}

/** Times and memory of the peers, over ours on all cores in each mode. */
export function formatPeers(peers, summaries) {
  const rows = peers.flatMap(({ workload, entries }) =>
    summaries
      .filter((each) => ["size", "tiling", "tile", "out"].every((key) => each.workload[key] === workload[key]))
      .flatMap(({ workload: own, entries: [ours] }) => entries.map((entry) => peerRow(own, ours, entry))),
  );
  return table(["workload", "peer", "its time", "over ours", "peak over idle: its, ours"], rows);
}

function peerRow(workload, ours, peer) {
  const title = titleOf(workload);
  const missing = peer.missing ?? ours.missing;
  if (missing !== undefined) return [title, peer.name, `missing: ${missing}`, "", ""];
  const ratio = `${(peer.milliseconds / ours.milliseconds).toFixed(1)} x`;
  return [title, peer.name, time(peer), ratio, `${mebibytes(peer.overIdle)}, ${mebibytes(ours.overIdle)}`];
}

/** Peak memory over idle, over the bound or over that of a peer. */
export function formatMemory(memory) {
  const rows = memory.map(({ title, missing, overIdle, against, limit, chunk }) => {
    if (missing !== undefined) return [title, `missing: ${missing}`, "", "", ""];
    const ratio = (overIdle / limit).toFixed(2);
    return [title, mebibytes(overIdle), `${against}: ${mebibytes(limit)}`, ratio, mebibytes(chunk)];
  });
  return table(["decode", "peak over idle", "against", "ratio", "largest chunk, in the peak alone"], rows);
}

/** The share of time outside the kernel and the longest turn of the event loop, of each decode of a process. */
export function formatOrchestrator(processes) {
  const list = (decodes, read) => decodes.map(read).join(", ");
  const rows = processes.map(({ title, missing, decodes }) =>
    missing === undefined
      ? [
          title,
          list(decodes, ({ milliseconds }) => Math.round(milliseconds)),
          list(decodes, ({ share }) => `${(100 * share).toFixed(1)} %`),
          list(decodes, ({ longestTurn }) => longestTurn.toFixed(1)),
          list(decodes, ({ longestIdle }) => longestIdle.toFixed(1)),
        ]
      : [title, `missing: ${missing}`, "", "", ""],
  );
  const head = ["decodes of one process", "ms", "outside the kernel", "longest turn, ms", "of an idle process, ms"];
  return table(head, rows);
}

/** Nanoseconds of a value that a tile brings, and of one of the output. */
export function formatGrowth({ missing, points }) {
  if (missing !== undefined) return `growth: missing: ${missing}`;
  const rows = points.map(({ axis, value, milliseconds, perTouched, perValue }) => [
    `${axis} ${value}`,
    `${milliseconds.toFixed(1)} ms`,
    perTouched.toFixed(2),
    perValue.toFixed(2),
  ]);
  return table(["what changes", "time", "ns a value of a tile", "ns a value of the output"], rows);
}

/** What planning costs. */
export function formatPlanner({ firstPlan, onePlan, onePlanInPython, manyTiles }) {
  const python = onePlanInPython.missing ?? `${onePlanInPython.milliseconds.toFixed(3)} ms`;
  return table(
    ["planner", "time"],
    [
      [
        "import, first plan and wasm executor, over `node -e 0`",
        time({ ...firstPlan, milliseconds: firstPlan.overBare }),
      ],
      ["one plan", `${onePlan.toFixed(3)} ms`],
      ["the same in Python", python],
      [
        `plan of ${manyTiles.tiles} tiles, going through them`,
        `${manyTiles.plan.toFixed(2)} ms, ${Math.round(manyTiles.enumerate)} ms`,
      ],
    ],
  );
}
