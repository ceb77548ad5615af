/** A whole number with a slider and a box for it. */
export interface NumberFieldOptions {
  readonly id: string;
  readonly label: string;
  /** Called with each new value, while the slider moves too. */
  readonly onInput: (value: number) => void;
}

/** What a field shows. */
export interface NumberFieldView {
  readonly value: number;
  readonly min: number;
  /** End of the slider; the box takes more. */
  readonly max: number;
  readonly step: number;
  /** What the value comes to, such as `121 frames`. */
  readonly hint: string;
}

/** A field of the form. */
export interface NumberField {
  readonly root: HTMLElement;
  /** Shows other values. The box that is being typed in is left alone. */
  update(view: NumberFieldView): void;
}

/** Makes a labelled slider with a box beside it; both tell and show the same number. */
export function createNumberField({ id, label, onInput }: NumberFieldOptions): NumberField {
  const root = document.createElement("div");
  root.className = "field";
  const name = document.createElement("label");
  name.htmlFor = `${id}-box`;
  name.textContent = label;
  const slider = createInput("range", `${id}-slider`);
  slider.setAttribute("aria-label", `${label}, slider`);
  const box = createInput("number", `${id}-box`);
  const hint = document.createElement("output");
  hint.htmlFor.add(slider.id, box.id);
  for (const input of [slider, box]) {
    input.addEventListener("input", () => {
      if (input.value !== "" && Number.isFinite(input.valueAsNumber)) onInput(input.valueAsNumber);
    });
  }
  root.append(name, slider, box, hint);
  return {
    root,
    update(view) {
      // The bounds first: a slider holds a value that it is given to its bounds of the time.
      for (const input of [slider, box]) {
        input.min = `${view.min}`;
        input.step = `${view.step}`;
      }
      slider.max = `${Math.max(view.max, view.value)}`;
      slider.value = `${view.value}`;
      slider.setAttribute("aria-valuetext", view.hint);
      if (document.activeElement !== box) box.value = `${view.value}`;
      hint.textContent = view.hint;
    },
  };
}

function createInput(type: "range" | "number", id: string): HTMLInputElement {
  const input = document.createElement("input");
  input.type = type;
  input.id = id;
  return input;
}
