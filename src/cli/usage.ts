/** The command line is wrong by itself: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * Does what depends on the options: values read, a plan made.
 * @throws UsageError in place of whatever the work throws, which is the `cause`.
 */
export function asUsage<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
