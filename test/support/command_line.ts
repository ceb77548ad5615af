import { type ChildProcess, execFile } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeNpy, writeSafetensors } from "tileblend/io";
import { latentsOf } from "./decoders.js";

/** The command line's program, for runs that are to be stopped half way. */
export const program = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));

/** How a run of the command line ended. */
export interface Run {
  code: number;
  out: string;
  err: string;
}

/** Runs `tileblend` as a process of its own. */
export function run(args: readonly string[], cwd?: string): Promise<Run> {
  return new Promise((resolve) => {
    const child: ChildProcess = execFile(
      process.execPath,
      [program, ...args],
      { cwd, maxBuffer: 2 ** 28 },
      (_, out, err) => resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

/** The exports of a decoder module of one geometry: `before` is put in front of each tile's work. */
export function decoderModule(
  geometry: { temporalScale: number; heightScale: number; widthScale: number },
  before = "",
): string {
  const { temporalScale: ts, heightScale: hs, widthScale: ws } = geometry;
  return `
export const geometry = ${JSON.stringify({ ...geometry, causal: true })};
export async function decoder({ shape, data }, context) {
  ${before}
  const [b, c, f, h, w] = shape;
  const size = [1 + (f - 1) * ${ts}, h * ${hs}, w * ${ws}];
  const out = new Float32Array(b * 3 * size[0] * size[1] * size[2]);
  let i = 0;
  for (let n = 0; n < b * 3; n++) for (let t = 0; t < size[0]; t++) for (let y = 0; y < size[1]; y++)
    for (let x = 0; x < size[2]; x++) {
      const cell = ((n % c) * f + Math.min(Math.ceil(t / ${ts}), f - 1)) * h * w;
      out[i++] = data[cell + Math.floor(y / ${hs}) * w + Math.floor(x / ${ws})];
    }
  return { dtype: "float32", shape: [b, 3, ...size], data: out };
}`;
}

/** Makes a folder with a decoder module, vae.mjs, and latents for it as .npy and .safetensors. Returns its path. */
export async function makeDecodeFolder(module: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "tileblend-cli-"));
  writeFileSync(join(folder, "vae.mjs"), module);
  await writeNpy(join(folder, "latents.npy"), latentsOf([1, 4, 6, 8, 9]));
  await writeSafetensors(join(folder, "latents.safetensors"), { latents: latentsOf([1, 4, 6, 8, 9], "bfloat16") });
  return folder;
}
