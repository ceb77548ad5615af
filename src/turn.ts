/** What Node, Bun and Deno have of their own: a turn costs next to nothing, a channel some milliseconds at first. */
const { setImmediate: runNextTurn } = globalThis as { setImmediate?: (callback: () => void) => unknown };

/** Resolves in a coming turn of the event loop; unlike a timer, without a delay of its own. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (runNextTurn !== undefined) {
      runNextTurn(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
