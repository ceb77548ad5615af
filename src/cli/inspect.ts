import { extname } from "node:path";
import type { Command } from "commander";
import { mustBe } from "../errors.js";
import { writeBeside } from "../io/beside.js";
import { TilePlan } from "../plan.js";
import { planHtml, planSvg } from "../report/index.js";
import type { Console } from "./console.js";
import { readPlanJson } from "./plan.js";
import { UsageError } from "./usage.js";

interface InspectOptions {
  readonly output: string;
  readonly title?: string;
}

const EXAMPLES = `
Examples:
  $ tileblend plan --latent 16x17x30 -o plan.json && tileblend inspect plan.json -o plan.svg
  $ tileblend plan --latent 16x17x30 --json | tileblend inspect - -o plan.html`;

/** The `inspect` command: draws a plan. */
export function addInspectCommand(program: Command, console: Console): void {
  program
    .command("inspect")
    .description("draw a plan: tiles over a frame, time with its ramps, mask curves")
    .argument("<plan>", "plan file as `tileblend plan -o` writes it, or - for standard input")
    .requiredOption("-o, --output <file>", "picture to write: .svg or .html")
    .option("--title <text>", "title of the picture")
    .addHelpText("after", EXAMPLES)
    .action((file: string, options: InspectOptions) => runInspect(file, options, console));
}

async function runInspect(file: string, { output, title }: InspectOptions, console: Console): Promise<void> {
  const extension = extname(output).toLowerCase();
  const draw = { ".svg": planSvg, ".html": planHtml }[extension];
  if (draw === undefined) throw new UsageError(mustBe("-o", "a file ending in .svg or .html", output));
  const plan = TilePlan.fromJSON(await readPlanJson(file));
  await writeBeside(output, true, (file) => file.writeFile(draw(plan, title === undefined ? {} : { title })));
  console.note(`wrote ${output}`);
}
