import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../../../", import.meta.url);

/** The checkout's root folder. */
export const checkout = fileURLToPath(root);

/** What scripts/pack.mjs packs: the main package, or the one with this platform's addon. */
type PackageName = "main" | "platform";

/** Packs what is built into a folder and returns the tarball's path. */
export function packInto(folder: string, name: PackageName): string {
  return runProgram(process.execPath, [fileURLToPath(new URL("scripts/pack.mjs", root)), "--out", folder, name]).trim();
}

/** Unpacks a package's tarball into a folder, which is made. */
export function unpackInto(folder: string, tarball: string): void {
  mkdirSync(folder, { recursive: true });
  runProgram("tar", ["-xzf", tarball, "-C", folder, "--strip-components=1"]);
}

/** Runs one of the checkout's development programs, by the path of its script in node_modules. */
export function runTool(script: string, args: readonly string[], cwd?: string): string {
  return runProgram(process.execPath, [fileURLToPath(new URL(`node_modules/${script}`, root)), ...args], { cwd });
}

/**
 * Runs a program and returns its standard output.
 * @throws Error with everything it printed when it ends with anything but 0.
 */
export function runProgram(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string | undefined; readonly env?: NodeJS.ProcessEnv } = {},
): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8", ...options });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}
