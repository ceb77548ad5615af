// The package as Vite bundles it.
import * as tileblend from "tileblend";
import * as conformance from "tileblend/conformance";
import plannerUrl from "tileblend/planner.wasm?url";
import { run } from "./run.mjs";

export const runHere = () => run(tileblend, conformance, plannerUrl);
