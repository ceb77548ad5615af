/** What a report says of where it was made. */
export interface RuntimeDescription {
  /** Name and version of the runtime. */
  readonly version: string;
  /** Name and version of its engine. */
  readonly engine: string;
}

/** The parts of `process` that tell the runtimes with one apart. */
interface ProcessLike {
  readonly versions: Readonly<Record<string, string | undefined>>;
}

/** Describes the JavaScript runtime that this runs in. */
export function describeRuntime(): RuntimeDescription {
  // Boundary: browsers have no process, Bun and Deno have one much like Node's.
  const versions = (globalThis as { process?: ProcessLike }).process?.versions;
  if (versions?.["bun"]) {
    // WebKit's commit: JavaScriptCore has no version of its own.
    const commit = versions["webkit"]?.slice(0, 12) ?? "of unknown version";
    return { version: `Bun ${versions["bun"]}`, engine: `JavaScriptCore ${commit}` };
  }
  const engine = `V8 ${versions?.["v8"]}`;
  if (versions?.["deno"]) return { version: `Deno ${versions["deno"]}`, engine };
  if (versions?.["node"]) return { version: `Node ${versions["node"]}`, engine };
  return describeBrowser(navigator.userAgent);
}

function describeBrowser(userAgent: string): RuntimeDescription {
  const match = (pattern: RegExp) => pattern.exec(userAgent)?.[1];
  const firefox = match(/Firefox\/([\d.]+)/);
  if (firefox !== undefined) return { version: `Firefox ${firefox}`, engine: `SpiderMonkey ${firefox}` };
  const chrome = match(/Chrom(?:e|ium)\/([\d.]+)/);
  if (chrome !== undefined) return { version: `Chromium ${chrome}`, engine: `V8 ${chrome}` };
  const safari = match(/Version\/([\d.]+)/);
  return { version: `Safari ${safari ?? "of unknown version"}`, engine: "JavaScriptCore" };
}
