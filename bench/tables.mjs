// Tables of the benchmark's medians, as Markdown.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The range of the values, over their median. */
export function spread(values) {
  return (Math.max(...values) - Math.min(...values)) / median(values);
}

/** Rows of cells as a table. */
function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function titleOf({ size, tiling, tile, out, mode }) {
  return [size, tiling, `${tile} to ${out}`, mode];
}

function percent(share) {
  return share === undefined ? "-" : `${Math.round(100 * share)} %`;
}

/** Time and the shares of both floors, for each of our executors. */
export function formatShares(summaries) {
  const ours = (entries) => entries.filter(({ name }) => /^(cpu|wasm) /.test(name));
  const names = ours(summaries[0]?.entries ?? []).map(({ name }) => name);
  const head = ["video", "tiling", "tiles to output", "", "(a) GB", "(b) GB"];
  const rows = summaries.map(({ workload, bytes, entries }) => [
    ...titleOf(workload),
    (bytes.least / 1e9).toFixed(2),
    ((bytes.least + bytes.window) / 1e9).toFixed(2),
    ...ours(entries).map((entry) =>
      entry.milliseconds === undefined
        ? `missing: ${entry.missing}`
        : `${Math.round(entry.milliseconds)} ms, ${percent(entry.shareOfA)}, ${percent(entry.shareOfB)}`,
    ),
  ]);
  return table([...head, ...names.map((name) => `${name}: time, of (a), of (b)`)], rows);
}

/** Times of the peers over ours on all cores. */
export function formatPeers(summaries) {
  const compared = summaries.filter(({ entries }) => entries.some(({ name }) => !/^(cpu|wasm) /.test(name)));
  const rows = compared.flatMap(({ workload, entries }) => {
    const [ours] = entries;
    return entries
      .filter(({ name }) => !/^(cpu|wasm) /.test(name))
      .map(({ name, milliseconds, missing, peakBytes }) => [
        ...titleOf(workload),
        name,
        missing ?? `${Math.round(milliseconds)} ms`,
        missing ? "-" : `${(milliseconds / ours.milliseconds).toFixed(1)} x`,
        missing ? "-" : `${Math.round(peakBytes / 2 ** 20)} MiB, ours ${Math.round(ours.peakBytes / 2 ** 20)}`,
      ]);
  });
  return table(["video", "tiling", "tiles to output", "", "peer", "time", "over ours", "peak"], rows);
}

/** Peak memory over idle against what a window with weights and one tile would take. */
export function formatMemory(memory) {
  const rows = memory.map(({ size, out, peak, idle, pixelBytes, latentBytes, frames }) => {
    const [, height, width] = size.split("x").map(Number);
    const window = 4 * 4 * frames * height * width;
    const bound = window + pixelBytes + latentBytes;
    const mebibytes = (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`;
    return [size, out, mebibytes(peak - idle), mebibytes(bound), ((peak - idle) / bound).toFixed(2)];
  });
  return table(["video", "output", "peak over idle", "window, weights and tile", "ratio"], rows);
}
