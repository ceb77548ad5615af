import { planTiles } from "tileblend";
import { readAddress, writeAddress } from "./address.js";
import { createControls } from "./controls.js";
import { createDecodeView } from "./decode/decode_view.js";
import { createPlanView } from "./plan_view.js";
import { geometryOf, type PageState, tilingOf } from "./state.js";

let state: PageState = readAddress(location.hash);
let isDrawn = true;

const planView = createPlanView();
const controls = createControls(change);
createDecodeView({ state: () => state, change: (part) => change((current) => ({ ...current, ...part })) });

function change(next: (state: PageState) => PageState): void {
  state = next(state);
  controls.update(state);
  scheduleDraw();
}

/** Draws once a frame, however often a slider speaks. */
function scheduleDraw(): void {
  if (!isDrawn) return;
  isDrawn = false;
  requestAnimationFrame(draw);
}

function draw(): void {
  isDrawn = true;
  history.replaceState(null, "", writeAddress(state));
  try {
    planView.show(planTiles({ latent: state.latent, geometry: geometryOf(state), tiling: tilingOf(state) }));
  } catch (error) {
    planView.fail(error instanceof Error ? error.message : String(error));
  }
}

controls.update(state);
draw();
addEventListener("hashchange", () => {
  state = readAddress(location.hash);
  controls.update(state);
  scheduleDraw();
});
