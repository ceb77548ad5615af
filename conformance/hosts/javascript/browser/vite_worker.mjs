import { runHere } from "./vite.mjs";

postMessage(await runHere());
