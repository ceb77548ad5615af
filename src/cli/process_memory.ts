/** The most memory that this process has held so far, resident (bytes): decoder, executor and runtime together. */
export function peakMemoryBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}
