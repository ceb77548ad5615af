/** The element of this id and kind. Throws an Error when the page has none: the page and the script do not match. */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return element;
}

/** Makes an element with a class and text. */
export function createElement<K extends keyof HTMLElementTagNameMap>(
  name: K,
  { className = "", text = "" }: { readonly className?: string; readonly text?: string } = {},
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  if (className !== "") element.className = className;
  element.textContent = text;
  return element;
}

/** Offers bytes or text as a file to keep. */
export function downloadFile(name: string, content: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download has its own hold on the blob once the click is handled.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}

/** Makes a button copy a text; it says for a moment that it has. */
export function onCopy(button: HTMLButtonElement, text: () => string): void {
  const label = button.textContent;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text());
      button.textContent = "Copied";
    } catch {
      // Pages that are not served securely may not write to the clipboard.
      button.textContent = "Select the text to copy it";
    }
    setTimeout(() => {
      button.textContent = label;
    }, 1500);
  });
}
