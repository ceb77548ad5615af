import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = new URL("../../../", import.meta.url);

/** The checkout's root folder. */
export const checkout = fileURLToPath(root);

/** What scripts/pack.mjs packs: the main package, the one with this platform's addon, or the model. */
type PackageName = "main" | "platform" | "tiny-video-vae";

/** Packs what is built into a folder and returns the tarball's path. */
export async function packInto(folder: string, name: PackageName): Promise<string> {
  const script = fileURLToPath(new URL("scripts/pack.mjs", root));
  return (await runProgram(process.execPath, [script, "--out", folder, name])).trim();
}

/** Packs folders that hold a package, as they are, and returns the tarballs' paths. */
export async function packFolders(folder: string, sources: readonly string[]): Promise<string[]> {
  const packed: { filename: string }[] = JSON.parse(
    await runNpm(["pack", "--json", "--ignore-scripts", "--pack-destination", folder, ...sources], { cwd: folder }),
  );
  return packed.map(({ filename }) => join(folder, filename));
}

/** The folders of the packages that the main package needs at run time, as they are installed in the checkout. */
export function runtimeDependencies(): string[] {
  const found = new Set<string>();
  const visit = (folder: string): void => {
    const { dependencies = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    for (const name of Object.keys(dependencies)) {
      const installed = findInstalled(folder, name);
      if (found.has(installed)) continue;
      found.add(installed);
      visit(installed);
    }
  };
  visit(checkout);
  return [...found];
}

/** Where a package finds one that it depends on: the nearest node_modules that has it. */
function findInstalled(folder: string, name: string): string {
  const candidate = join(folder, "node_modules", name);
  if (existsSync(candidate)) return candidate;
  const parent = dirname(folder);
  if (parent === folder) throw new Error(`${name} is not installed`);
  return findInstalled(parent, name);
}

/** Unpacks a package's tarball into a folder, which is made. */
export async function unpackInto(folder: string, tarball: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await runProgram("tar", ["-xzf", tarball, "-C", folder, "--strip-components=1"]);
}

/** Runs one of the checkout's development programs, by the path of its script in node_modules. */
export function runTool(script: string, args: readonly string[], cwd?: string): Promise<string> {
  return runProgram(process.execPath, [fileURLToPath(new URL(`node_modules/${script}`, root)), ...args], { cwd });
}

/** Runs npm with the Node of this process, and returns its standard output. */
export function runNpm(args: readonly string[], options: ProgramOptions): Promise<string> {
  const besideNode = dirname(process.execPath);
  const scripts = [
    process.env["npm_execpath"] ?? "",
    join(besideNode, "node_modules", "npm", "bin", "npm-cli.js"),
    join(besideNode, "..", "lib", "node_modules", "npm", "bin", "npm-cli.js"),
  ];
  const script = scripts.find((path) => path.endsWith("npm-cli.js") && existsSync(path));
  if (script === undefined) throw new Error(`npm is in none of ${scripts.join(", ")}`);
  return runProgram(process.execPath, [script, ...args], options);
}

interface ProgramOptions {
  readonly cwd?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Runs a program and resolves to its standard output.
 * @throws Error with everything it printed when it ends with anything but 0.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<string> {
  try {
    return (await promisify(execFile)(program, args, options)).stdout;
  } catch (cause) {
    // Its message has what went to standard error; programs say what is wrong on either.
    const printed = cause instanceof Error && "stdout" in cause ? `\n${cause.stdout}` : "";
    throw new Error(`${String(cause)}${printed}`, { cause });
  }
}
