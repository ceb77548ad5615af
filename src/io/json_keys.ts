/**
 * Whether a JSON text writes a key twice in the object on its top or in an object right inside that one:
 * `JSON.parse` would keep the last of the two in silence. The text must be valid JSON with an object on top.
 */
export function hasRepeatedKey(text: string): boolean {
  const open: Set<string>[] = [];
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === "{" || char === "[") open.push(new Set());
    else if (char === "}" || char === "]") open.pop();
    if (char !== '"') continue;
    const end = stringEnd(text, i);
    const keys = open.length <= 2 && isKey(text, end) ? open.at(-1) : undefined;
    const key: string = keys === undefined ? "" : JSON.parse(text.slice(i, end));
    if (keys?.has(key)) return true;
    keys?.add(key);
    i = end - 1;
  }
  return false;
}

/** Returns the index behind the quote that ends the string which starts at `start`. */
function stringEnd(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); ; quote = text.indexOf('"', quote + 1)) {
    let before = quote - 1;
    while (text.charAt(before) === "\\") before--;
    // An even number of backslashes: the quote itself is not escaped.
    if ((quote - before) % 2 === 1) return quote + 1;
  }
}

function isKey(text: string, end: number): boolean {
  let i = end;
  while (" \t\r\n".includes(text.charAt(i)) && i < text.length) i++;
  return text.charAt(i) === ":";
}
