// Serves the playground while one works on it, or builds it: node scripts/playground.mjs [build [FOLDER]]
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, createServer } from "vite";

const pathOf = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** The page imports the package as its users do; here it is the one of this checkout, built before. */
const config = {
  configFile: false,
  root: pathOf("playground"),
  // So that it works in any folder of any web server.
  base: "./",
  resolve: {
    alias: [
      // ONNX Runtime as the decoder imports it, in its smallest build: WebAssembly only.
      { find: /^onnxruntime-web$/, replacement: "onnxruntime-web/wasm" },
      { find: /^tileblend$/, replacement: pathOf("dist/index.js") },
      { find: "tileblend/report", replacement: pathOf("dist/report/index.js") },
      { find: "tileblend/decoder/onnx", replacement: pathOf("dist/decoder/onnx.js") },
    ],
  },
  server: { fs: { allow: [pathOf(".")] } },
  worker: { format: "es" },
  build: { outDir: resolve(process.argv[3] ?? pathOf("playground/dist")), emptyOutDir: true },
};

if (process.argv[2] === "build") {
  await build(config);
} else {
  const server = await createServer(config);
  await server.listen();
  server.printUrls();
}
