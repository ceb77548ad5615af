/** An element of a checked document. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** The text directly in it, entities resolved. */
  text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', "#39": "'" };

/**
 * Parses a document of elements and text, and throws where it is not well-formed. Stricter than XML: only double
 * quotes, the five entities that our pictures use, no comment, no instruction.
 */
export function parseXml(document: string): readonly XmlElement[] {
  const elements: XmlElement[] = [];
  const open: XmlElement[] = [];
  const token = /<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/y;
  const text = document.trim();
  while (token.lastIndex < text.length) {
    const start = token.lastIndex;
    const match = token.exec(text);
    if (match === null) throw new Error(`not well-formed at ${start}: ${text.slice(start, start + 60)}`);
    const [, closing, name = "", attributes = "", selfClosing, content] = match;
    if (content !== undefined) addText(open.at(-1), content);
    else if (closing === "/") closeElement(open, name);
    else {
      if (open.length === 0 && elements.length > 0) throw new Error(`<${name}> is a second root`);
      const element = { name, attributes: parseAttributes(attributes), text: "" };
      elements.push(element);
      if (selfClosing !== "/") open.push(element);
    }
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)?.name}> is not closed`);
  return elements;
}

/** Parses one of our HTML pages as XML: its doctype is dropped and its meta tags are closed. */
export function parsePage(page: string): readonly XmlElement[] {
  return parseXml(page.replace("<!doctype html>", "").replace(/<meta [^>]*/g, "$&/"));
}

function addText(parent: XmlElement | undefined, content: string): void {
  if (parent === undefined) throw new Error(`text outside of the root: ${content}`);
  parent.text += resolveEntities(content);
}

function closeElement(open: XmlElement[], name: string): void {
  const last = open.pop();
  if (last?.name !== name) throw new Error(`</${name}> closes <${last?.name}>`);
}

function parseAttributes(text: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = "", value = ""] of text.matchAll(/([\w:-]+)="([^"]*)"/g)) {
    if (attributes.has(name)) throw new Error(`attribute ${name} twice`);
    attributes.set(name, resolveEntities(value));
  }
  return attributes;
}

function resolveEntities(text: string): string {
  // Control characters and lone surrogates: not allowed in XML.
  if (/[\u{d800}-\u{dfff}\ufffe\uffff]/u.test(text) || /[^\P{Cc}\t\n\r]/u.test(text))
    throw new Error("forbidden character");
  return text.replace(/&([^;]*;?)/g, (_, name: string) => {
    const resolved = name.endsWith(";") ? ENTITIES[name.slice(0, -1)] : undefined;
    if (resolved === undefined) throw new Error(`unknown entity &${name}`);
    return resolved;
  });
}
