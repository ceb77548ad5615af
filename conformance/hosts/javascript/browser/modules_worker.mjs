import { runHere } from "./modules.mjs";

postMessage(await runHere());
