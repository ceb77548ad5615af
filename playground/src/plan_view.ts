import type { TilePlan } from "tileblend";
import { formatBytes, planCalls, planSummary, planSvg } from "tileblend/report";
import { byId, createElement, downloadFile, onCopy } from "./page.js";

/** The part of the page that shows a plan. */
export interface PlanView {
  /** Draws a plan. */
  show(plan: TilePlan): void;
  /** Says why there is none; the last one stays, dimmed. */
  fail(message: string): void;
}

/** Narrowest picture that planSvg draws (pixels). */
const MIN_PICTURE = 360;

/** Makes the view and keeps its picture as wide as the page. */
export function createPlanView(): PlanView {
  const view = byId("plan", HTMLElement);
  const picture = byId("picture", HTMLElement);
  const error = byId("plan-error", HTMLElement);
  let plan: TilePlan | undefined;
  const draw = () => {
    if (plan !== undefined) picture.innerHTML = planSvg(plan, { width: pictureWidth(picture) });
  };
  new ResizeObserver(draw).observe(picture);
  onCopy(byId("copy-digest", HTMLButtonElement), () => plan?.digest ?? "");
  for (const call of ["sdk", "cli"] as const) {
    onCopy(byId(`copy-${call}`, HTMLButtonElement), () => (plan === undefined ? "" : planCalls(plan)[call]));
  }
  byId("download-json", HTMLButtonElement).addEventListener("click", () => {
    if (plan !== undefined) downloadFile("plan.json", `${JSON.stringify(plan, null, 2)}\n`, "application/json");
  });
  byId("download-svg", HTMLButtonElement).addEventListener("click", () => {
    if (plan !== undefined) downloadFile("plan.svg", planSvg(plan), "image/svg+xml");
  });
  return {
    show(next) {
      plan = next;
      view.classList.remove("stale");
      error.textContent = "";
      draw();
      showTexts(next);
    },
    fail(message) {
      view.classList.add("stale");
      error.textContent = message;
    },
  };
}

function pictureWidth(picture: HTMLElement): number {
  return Math.max(MIN_PICTURE, Math.min(1280, Math.floor(picture.clientWidth)));
}

function showTexts(plan: TilePlan): void {
  byId("digest", HTMLElement).textContent = plan.digest;
  const calls = planCalls(plan);
  byId("sdk-call", HTMLElement).textContent = calls.sdk;
  byId("cli-call", HTMLElement).textContent = calls.cli;
  byId("facts", HTMLElement).replaceChildren(
    ...factsOf(plan).map(({ name, value }) => {
      const fact = createElement("div");
      fact.append(createElement("dt", { text: name }), createElement("dd", { text: value }));
      return fact;
    }),
  );
}

function factsOf(plan: TilePlan): readonly { readonly name: string; readonly value: string }[] {
  const summary = planSummary(plan);
  const share = (summary.windowBytes / summary.outputBytes) * 100;
  return [
    { name: "Work", value: `${summary.redundancy.toFixed(2)} × the latents` },
    { name: "Window while decoding", value: `${formatBytes(summary.windowBytes)}, ${share.toFixed(0)} % of the video` },
    { name: "Whole video, float32", value: formatBytes(summary.outputBytes) },
    { name: "Whole video, rgb24", value: formatBytes(planSummary(plan, { format: "rgb24" }).outputBytes) },
  ];
}
