import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { Browser, Page } from "puppeteer-core";
import { launchChromium } from "../support/browser.js";
import { type StaticServer, serveFolder } from "../support/static_server.js";

const root = new URL("../../../", import.meta.url);
const pathOf = (name: string) => fileURLToPath(new URL(name, root));

/** The text of an element. */
function textOf(page: Page, selector: string): Promise<string> {
  return page.$eval(selector, (element) => element.textContent ?? "");
}

/** The digest of the call that the page shows, run on the command line. */
async function digestOnCommandLine(page: Page): Promise<string> {
  const [program, ...args] = (await textOf(page, "#cli-call")).split(" ");
  expect(program).to.equal("tileblend");
  const json = execFileSync(process.execPath, [pathOf("dist/cli/main.js"), ...args, "--json"], { encoding: "utf8" });
  return JSON.parse(json).digest;
}

/** Waits until what the page shows has changed from `before`. */
async function changedDigest(page: Page, before: string): Promise<string> {
  await page.waitForFunction((old) => document.querySelector("#digest")?.textContent !== old, {}, before);
  return textOf(page, "#digest");
}

describe("playground", function () {
  this.timeout(120_000);
  let browser: Browser;
  let server: StaticServer;
  let page: Page;
  let folder = "";
  const complaints: string[] = [];

  before(async function () {
    browser = await launchChromium(this);
    folder = mkdtempSync(join(tmpdir(), "tileblend-playground-"));
    execFileSync(process.execPath, [pathOf("scripts/playground.mjs"), "build", folder], { stdio: "pipe" });
    server = await serveFolder(folder);
  });

  after(async () => {
    await browser?.close();
    await server?.close();
    if (folder !== "") rmSync(folder, { recursive: true });
  });

  beforeEach(async () => {
    page = await browser.newPage();
    complaints.length = 0;
    page.on("console", (message) => {
      if (["error", "warn"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("requestfailed", (request) => complaints.push(`${request.url()} failed`));
    page.on("request", (request) => {
      if (!request.url().startsWith(server.url) && !/^(data|blob):/.test(request.url())) complaints.push(request.url());
    });
    await page.setViewport({ width: 1280, height: 900 });
    await page.goto(server.url);
    await page.waitForSelector("#picture svg");
  });

  afterEach(async () => {
    await page.close();
    expect(complaints).to.deep.equal([]);
  });

  it("plans as the command line does", async () => {
    expect(await textOf(page, "#digest")).to.equal(await digestOnCommandLine(page));
    expect(await textOf(page, "#picture"))
      .to.include("121 frames, 544 × 960 px")
      .and.to.include("1.79 times");
  });

  it("follows its controls, and still as the command line does", async () => {
    for (const [selector, value] of [
      ["#tiling-name", "aggressive"],
      ["#geometry-name", "wan21"],
      ["#tiling-name", "auto"],
    ] as const) {
      const before = await textOf(page, "#digest");
      await page.select(selector, value);
      expect(await changedDigest(page, before)).to.equal(await digestOnCommandLine(page));
    }
  });

  it("plans margins and smooth ramps as the command line does", async () => {
    for (const [selector, key] of [
      ["#spatial-margin-slider", "ArrowRight"],
      ["#temporal-margin-slider", "ArrowRight"],
      ["#spatial-overlap-slider", "End"],
    ] as const) {
      const before = await textOf(page, "#digest");
      await page.focus(selector);
      await page.keyboard.press(key);
      expect(await changedDigest(page, before)).to.equal(await digestOnCommandLine(page));
    }
    for (const [selector, value] of [
      ["#spatial-ramp", "smooth"],
      ["#temporal-context", "past"],
    ] as const) {
      const before = await textOf(page, "#digest");
      await page.select(selector, value);
      expect(await changedDigest(page, before)).to.equal(await digestOnCommandLine(page));
    }
    const address = await page.evaluate(() => location.hash);
    const digest = await textOf(page, "#digest");
    await page.goto(`${server.url}${address}`);
    await page.reload();
    await page.waitForSelector("#picture svg");
    expect(await textOf(page, "#digest")).to.equal(digest);
  });

  it("can be used by keyboard alone", async () => {
    const before = await textOf(page, "#digest");
    await page.focus("#latent-width-slider");
    for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowRight");
    const digest = await changedDigest(page, before);
    expect(await page.$eval("#latent-width-box", (box) => (box as HTMLInputElement).value)).to.equal("33");
    expect(digest).to.equal(await digestOnCommandLine(page));
    // The first stop is the way past the form.
    await page.reload();
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).to.equal("Skip to the plan");
  });

  it("keeps its state in the address", async () => {
    await page.select("#tiling-name", "conservative");
    await page.waitForFunction(() => location.hash.includes("tiling=conservative"));
    const digest = await textOf(page, "#digest");
    await page.reload();
    await page.waitForSelector("#picture svg");
    expect(await textOf(page, "#digest")).to.equal(digest);
  });

  it("says what is wrong with a size, and plans again when it is right", async () => {
    const box = "#spatial-tile-box";
    await page.$eval(box, (element) => (element as HTMLInputElement).select());
    await page.type(box, "100");
    await page.waitForFunction(() => document.querySelector("#plan-error")?.textContent !== "");
    expect(await textOf(page, "#plan-error")).to.match(/tileSize must be a multiple of 32.*got 100/);
    await page.$eval(box, (element) => (element as HTMLInputElement).select());
    await page.type(box, "256");
    await page.waitForFunction(() => document.querySelector("#plan-error")?.textContent === "");
    expect(await textOf(page, "#digest")).to.equal(await digestOnCommandLine(page));
  });

  it("gives the plan as a file that checks", async () => {
    const client = await page.createCDPSession();
    await client.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder, eventsEnabled: true });
    const finished = new Promise<void>((resolve) => {
      client.on("Browser.downloadProgress", ({ state }) => {
        if (state === "completed") resolve();
      });
    });
    await page.click("#download-json");
    await finished;
    const file = join(folder, "plan.json");
    expect(JSON.parse(readFileSync(file, "utf8")).digest).to.equal(await textOf(page, "#digest"));
    execFileSync(process.execPath, [pathOf("dist/cli/main.js"), "plan", "--check", file], { stdio: "pipe" });
  });

  for (const scheme of ["light", "dark"]) {
    it(`fits a phone, ${scheme}`, async () => {
      await page.setViewport({ width: 390, height: 800 });
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      await page.waitForFunction(() => (document.querySelector("#picture svg")?.clientWidth ?? 999) < 390);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(wide).to.equal(390);
      const colour = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      expect(colour).to.equal(scheme === "dark" ? "rgb(11, 15, 21)" : "rgb(244, 246, 249)");
    });
  }

  it("upscales the sample tile by tile", async () => {
    await page.click("#sample");
    await page.waitForSelector("#decode-go:not([disabled])");
    expect(await textOf(page, "#digest")).to.equal(await digestOnCommandLine(page));
    await page.click("#decode-go");
    await page.waitForFunction(() =>
      /^tile [1-8] of 9/.test(document.querySelector("#decode-status")?.textContent ?? ""),
    );
    await page.waitForFunction(() => /^done/.test(document.querySelector("#decode-status")?.textContent ?? ""), {
      timeout: 60_000,
    });
    const size = await page.$eval("#decode-picture", (element) => {
      const { width, height } = element as HTMLCanvasElement;
      return { width, height };
    });
    expect(size).to.deep.equal({ width: 1024, height: 1024 });
  });

  it("takes a clip through the video VAE and back", async () => {
    await page.select("#model-name", "tiny-video-vae");
    await page.click("#sample");
    await page.waitForSelector("#decode-go:not([disabled])");
    expect(await textOf(page, "#digest")).to.equal(await digestOnCommandLine(page));
    await page.click("#decode-go");
    await page.waitForFunction(() => /^done/.test(document.querySelector("#decode-status")?.textContent ?? ""), {
      timeout: 100_000,
    });
    const frames = await page.$eval("#frame-slider", (slider) => Number((slider as HTMLInputElement).max) + 1);
    // Of the sample's frames, as many as a causal geometry has: 1 + 8 k, at most 25.
    expect((frames - 1) % 8).to.equal(0);
    expect(frames).to.be.within(9, 25);
    expect(await textOf(page, "#picture")).to.include(`${frames} frames`);
  });

  it("can be cancelled, and decodes again", async () => {
    await page.click("#sample");
    await page.waitForSelector("#decode-go:not([disabled])");
    await page.click("#decode-go");
    await page.waitForFunction(() => /^tile 1 of/.test(document.querySelector("#decode-status")?.textContent ?? ""));
    await page.click("#decode-cancel");
    await page.waitForFunction(() => document.querySelector("#decode-error")?.textContent === "cancelled");
    await page.click("#decode-go");
    await page.waitForFunction(() => /^tile 1 of/.test(document.querySelector("#decode-status")?.textContent ?? ""));
  });

  it("takes another image during a decode, but decodes one at a time", async () => {
    await page.click("#sample");
    await page.waitForSelector("#decode-go:not([disabled])");
    await page.click("#decode-go");
    await page.waitForFunction(() => /^tile 1 of/.test(document.querySelector("#decode-status")?.textContent ?? ""));
    const areDisabled = await page.evaluate(async () => {
      const status = document.querySelector("#decode-status") as HTMLElement;
      const taken = new Promise<void>((resolve) => {
        const observer = new MutationObserver(() => (/ready$/.test(status.textContent ?? "") ? resolve() : undefined));
        observer.observe(status, { childList: true, characterData: true, subtree: true });
      });
      (document.querySelector("#sample") as HTMLElement).click();
      await taken;
      await new Promise((resolve) => setTimeout(resolve, 0));
      return ["#decode-go", "#decode-cancel"].map((name) => document.querySelector(name)?.hasAttribute("disabled"));
    });
    expect(areDisabled).to.deep.equal([true, false]);
  });
});
