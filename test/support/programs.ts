import { spawnSync } from "node:child_process";
import { chmod, writeFile } from "node:fs/promises";
import { skipBecause } from "./requirements.js";

/** Skips the suite where ffmpeg and ffprobe, or an encoder, are missing. */
export function needFfmpeg(context: Mocha.Context, encoder = "libx264"): void {
  const listed = spawnSync("ffmpeg", ["-hide_banner", "-encoders"], { encoding: "utf8" });
  const probed = spawnSync("ffprobe", ["-version"], { encoding: "utf8" });
  if (listed.status !== 0 || probed.status !== 0) {
    skipBecause(context, "ffmpeg", "videos are read and written with ffmpeg and ffprobe on the PATH");
  }
  if (!listed.stdout.includes(` ${encoder} `)) skipBecause(context, "ffmpeg", `this one has no ${encoder}`);
}

/** Skips the suite where sharp is missing, and returns it. */
export async function needSharp(context: Mocha.Context): Promise<typeof import("sharp").default> {
  try {
    return (await import("sharp")).default;
  } catch (error) {
    return skipBecause(context, "sharp", `images are read and written with it: ${String(error)}`);
  }
}

/** Skips where programs cannot be shell scripts. */
export function needShell(context: Mocha.Context): void {
  if (process.platform === "win32") skipBecause(context, "sh", "the programs that fail are shell scripts");
}

/** Writes a shell script that stands in for a program. */
export async function writeScript(path: string, lines: string): Promise<string> {
  await writeFile(path, `#!/bin/sh\n${lines}\n`);
  await chmod(path, 0o755);
  return path;
}

/** Runs ffprobe and returns the fields of the first picture stream. */
export function probeStream(path: string): Readonly<Record<string, unknown>> {
  const args = ["-v", "error", "-select_streams", "v:0", "-show_streams", "-of", "json", path];
  const { stdout } = spawnSync("ffprobe", args, { encoding: "utf8" });
  return JSON.parse(stdout).streams[0];
}
