/** Has the collector run, and the finalizers of addons, which Node runs in tasks of their own. */
export async function collectGarbage(): Promise<void> {
  for (let i = 0; i < 4; i++) {
    global.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
