import type { Console } from "./console.js";

/** Aborts on the first Ctrl-C or SIGTERM; the second one ends the process. */
export function stopOnSignals(console: Console): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    const code = name === "SIGINT" ? 130 : 143;
    if (controller.signal.aborted) process.exit(code);
    process.exitCode = code;
    console.note("stopping; nothing is left behind (again to stop at once)");
    controller.abort(new Error("stopped before the end; no output was written"));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    signal: controller.signal,
    release: () => {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}
