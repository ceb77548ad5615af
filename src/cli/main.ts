#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { showValue } from "../errors.js";
import { addConformanceCommand } from "./conformance.js";
import { processConsole } from "./console.js";
import { addDecodeCommand } from "./decode.js";
import { addDoctorCommand } from "./doctor.js";
import { addEncodeCommand } from "./encode.js";
import { addInspectCommand } from "./inspect.js";
import { addPlanCommand } from "./plan.js";
import { addQualityCommand } from "./quality.js";
import { UsageError } from "./usage.js";

const USAGE_ERROR = 2;

const EXIT_CODES = `
Exit codes:
  0    done
  1    failed: a file, a decoder, a missing package or program; or plan --check found another plan
  2    wrong usage: an unknown command, option or name, options missing or at odds, a tiling that is not legal
  130  stopped by Ctrl-C (143 by SIGTERM)`;

function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  // Boundary: our own package.json.
  return (JSON.parse(text) as { version: string }).version;
}

const EXAMPLES = `
Examples:
  $ tileblend plan --latent 16x17x30 --tiling default
  $ tileblend decode latents.safetensors --decoder vae.onnx --geometry wan21 -o video.mp4
  $ tileblend encode clip.mp4 -o latents.safetensors && tileblend decode latents.safetensors -o again.mp4
  $ tileblend doctor`;

async function main(): Promise<void> {
  const console = processConsole();
  const program = new Command("tileblend")
    .description("Plan overlapping tiles over video VAE latents, decode each one, and blend them into the video.")
    .version(packageVersion())
    .addHelpText("after", EXAMPLES + EXIT_CODES)
    .showHelpAfterError("(see --help)")
    .exitOverride();
  addPlanCommand(program, console);
  addInspectCommand(program, console);
  addEncodeCommand(program, console);
  addDecodeCommand(program, console);
  addQualityCommand(program, console);
  addDoctorCommand(program, console);
  addConformanceCommand(program, console);
  for (const command of program.commands) command.exitOverride().showHelpAfterError("(see --help)");
  try {
    await program.parseAsync();
  } catch (error) {
    // Commander has written its message already.
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : USAGE_ERROR;
    else {
      console.note(`tileblend: ${error instanceof Error ? error.message : showValue(error)}`);
      if (error instanceof UsageError) console.note("(see --help)");
      process.exitCode ||= error instanceof UsageError ? USAGE_ERROR : 1;
    }
  }
}

await main();
