import * as conformance from "./modules.mjs";

window.conformance = conformance;
