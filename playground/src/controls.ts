import { BINDINGS, type Part, withGeometry, withTiling } from "./bindings.js";
import { createNumberField } from "./number_field.js";
import { byId } from "./page.js";
import { GEOMETRIES, geometryOf, type PageState, TILINGS, tilingFields } from "./state.js";

/** The form. */
export interface Controls {
  /** Shows a state. */
  update(state: PageState): void;
}

/** Told what makes the new state of the old one. */
export type Change = (next: (state: PageState) => PageState) => void;

/** Fills the fieldsets of the page and calls `change` with each change that is made there. */
export function createControls(change: Change): Controls {
  const fields = Object.entries(BINDINGS).flatMap(([place, bindings]) => {
    const parent = byId(place, HTMLElement);
    return bindings.map((binding) => {
      const onInput = (value: number) => change((state) => binding.write(state, value));
      const field = createNumberField({ id: binding.id, label: binding.label, onInput });
      parent.append(field.root);
      return { field, binding };
    });
  });
  const geometry = fillSelect("geometry-name", GEOMETRIES, (geometryName) =>
    change((state) => ({ ...state, geometryName, customGeometry: geometryOf(state) })),
  );
  const tiling = fillSelect("tiling-name", TILINGS, (tilingName) =>
    change((state) => ({ ...state, tilingName, customTiling: tilingFields(state) })),
  );
  const words = [
    fillWords("spatial", "ramp", change),
    fillWords("temporal", "ramp", change),
    fillWords("temporal", "context", change),
  ];
  const causal = byId("causal", HTMLInputElement);
  causal.addEventListener("change", () => change((state) => withGeometry(state, { causal: causal.checked })));
  return {
    update(state) {
      for (const { field, binding } of fields) field.update(binding.view(state));
      geometry.value = state.geometryName;
      tiling.value = state.tilingName;
      causal.checked = geometryOf(state).causal;
      for (const { select, read } of words) select.value = read(state);
    },
  };
}

function fillSelect(
  id: string,
  choices: Readonly<Record<string, { readonly label: string }>>,
  onChange: (name: string) => void,
): HTMLSelectElement {
  const select = byId(id, HTMLSelectElement);
  for (const [name, { label }] of Object.entries(choices)) select.add(new Option(label, name));
  select.add(new Option("custom", "custom"));
  select.addEventListener("change", () => onChange(select.value));
  return select;
}

/** A word of a part's tiling. */
interface WordField {
  readonly select: HTMLSelectElement;
  readonly read: (state: PageState) => string;
}

const WORDS = {
  ramp: { linear: "straight line", smooth: "smooth" },
  context: { both: "on both sides", past: "from the past only" },
} as const;

function fillWords(part: Part, key: keyof typeof WORDS, change: Change): WordField {
  const select = byId(`${part}-${key}`, HTMLSelectElement);
  for (const [word, label] of Object.entries(WORDS[key])) select.add(new Option(label, word));
  select.addEventListener("change", () => change((state) => withTiling(state, part, { [key]: select.value })));
  return { select, read: (state) => tilingFields(state)[part][key] };
}
