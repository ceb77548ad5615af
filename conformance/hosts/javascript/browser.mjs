// Runs the conformance kit in a headless browser. Needs the project of build.mjs.
// Usage: node browser.mjs FOLDER vectors.json chromium|firefox modules|vite page|worker
import { accessSync, constants, createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { delimiter, extname, join } from "node:path";
import { launch } from "puppeteer-core";

// Chromium is driven by the DevTools protocol, Firefox by WebDriver BiDi.
const BROWSERS = {
  chromium: { programs: ["chromium", "chromium-browser", "google-chrome"], options: { args: ["--no-sandbox"] } },
  firefox: { programs: ["firefox-esr", "firefox"], options: { browser: "firefox" } },
};
const TYPES = {
  ".html": "text/html",
  ".mjs": "text/javascript",
  ".js": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};
const PAGES = { modules: "/browser/modules.html", vite: "/dist/vite.html" };
const TIMEOUT_MS = 120_000;

function findProgram(programs) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const files = programs.flatMap((program) => folders.map((folder) => join(folder, program)));
  const found = files.find(isExecutable);
  if (found === undefined) throw new Error(`none of ${programs.join(", ")} is in PATH`);
  return found;
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Serves a folder, the bundle's assets at the root, and the vectors. Returns the server and its address. */
async function serve(folder, vectors) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const places = [join(folder, pathname), join(folder, "dist", pathname)];
    const file =
      pathname === "/vectors.json" ? vectors : places.find((each) => existsSync(each) && statSync(each).isFile());
    if (file === undefined) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, address: `http://localhost:${server.address().port}` };
}

/** Name and version of the browser and its engine: what a page is told is rounded. */
async function describe(name, browser, tab) {
  const version = (await browser.version()).replace(/^.*\//, "");
  if (name === "firefox") return { version: `Firefox ${version}`, engine: `SpiderMonkey ${version}` };
  const session = await tab.createCDPSession();
  const { jsVersion } = await session.send("Browser.getVersion");
  return { version: `Chromium ${version}`, engine: `V8 ${jsVersion}` };
}

async function main([folder, vectors, name, bundling, place]) {
  const { programs, options } = BROWSERS[name];
  const { server, address } = await serve(folder, vectors);
  const browser = await launch({
    ...options,
    executablePath: findProgram(programs),
    headless: true,
    protocolTimeout: TIMEOUT_MS,
  });
  try {
    const tab = await browser.newPage();
    const errors = [];
    tab.on("pageerror", (error) => errors.push(error.message));
    await tab.goto(`${address}${PAGES[bundling]}`);
    await tab.waitForFunction("window.conformance", { timeout: 20_000 }).catch((cause) => {
      throw new Error(`the page did not load: ${errors.join("; ")}`, { cause });
    });
    const call = place === "worker" ? "runInWorker" : "runHere";
    // As text: WebDriver BiDi has its own form for nested objects.
    const report = JSON.parse(await tab.evaluate(`window.conformance.${call}().then(JSON.stringify)`));
    console.log(JSON.stringify({ ...report, ...(await describe(name, browser, tab)) }));
  } finally {
    await browser.close();
    server.close();
  }
}

await main(process.argv.slice(2));
