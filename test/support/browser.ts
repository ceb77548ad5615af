import { existsSync } from "node:fs";
import puppeteer, { type Browser } from "puppeteer-core";
import { skipBecause } from "./requirements.js";

const CHROMIUM = process.env["TILEBLEND_CHROMIUM"] ?? "/usr/bin/chromium";

// No sandbox: it needs rights that containers do not give. Nothing but our own pages is opened.
const FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"];

/** Starts a headless Chromium, or skips the suite where there is none. */
export async function launchChromium(context: Mocha.Context): Promise<Browser> {
  if (!existsSync(CHROMIUM)) skipBecause(context, "chromium", `none at ${CHROMIUM}; TILEBLEND_CHROMIUM names another`);
  return puppeteer.launch({ executablePath: CHROMIUM, args: FLAGS });
}
