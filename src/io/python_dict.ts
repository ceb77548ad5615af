/** A value in a header: a string, a boolean, or a tuple of whole numbers. */
export type PythonValue = string | boolean | readonly number[];

/** The text is not the literal that a header must be; the message says what was met. */
export class PythonLiteralError extends Error {
  override readonly name = "PythonLiteralError";
}

/**
 * Reads the Python dict literal of an .npy header: string keys; strings, True, False and tuples of whole numbers as
 * values; nothing is evaluated. Source of the form: NumPy's numpy/lib/format.py.
 * @throws PythonLiteralError on anything else, a key given twice included.
 */
export function parsePythonDict(text: string): ReadonlyMap<string, PythonValue> {
  const reader = new LiteralReader(text);
  const result = new Map<string, PythonValue>();
  reader.expect("{");
  while (!reader.accept("}")) {
    const key = reader.string();
    reader.expect(":");
    if (result.has(key)) throw new PythonLiteralError(`the key '${key}' comes twice`);
    result.set(key, reader.value());
    if (!reader.accept(",")) {
      reader.expect("}");
      break;
    }
  }
  reader.end();
  return result;
}

class LiteralReader {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  accept(token: string): boolean {
    this.#skipSpace();
    if (!this.#text.startsWith(token, this.#position)) return false;
    this.#position += token.length;
    return true;
  }

  expect(token: string): void {
    if (!this.accept(token)) throw this.#unexpected(`'${token}'`);
  }

  end(): void {
    this.#skipSpace();
    if (this.#position < this.#text.length) throw this.#unexpected("nothing more");
  }

  string(): string {
    const body = this.#match(/'([^'\\\n]*)'|"([^"\\\n]*)"/y, "a string");
    return body.slice(1, -1);
  }

  value(): PythonValue {
    if (this.accept("True")) return true;
    if (this.accept("False")) return false;
    if (this.accept("(")) return this.#tuple();
    if (this.accept("[")) throw new PythonLiteralError("a list (a structured dtype) is not read");
    return this.string();
  }

  #tuple(): readonly number[] {
    const items: number[] = [];
    while (!this.accept(")")) {
      items.push(this.#integer());
      if (this.accept(",")) continue;
      // (3) is a number in parentheses, not a tuple.
      if (items.length === 1) throw this.#unexpected("','");
      this.expect(")");
      break;
    }
    return items;
  }

  #integer(): number {
    const digits = this.#match(/-?(?:0|[1-9][0-9]*)(?![0-9A-Za-z_.])/y, "a whole number");
    const value = Number(digits);
    if (!Number.isSafeInteger(value)) throw new PythonLiteralError(`${digits.slice(0, 40)} is above 2^53`);
    return value;
  }

  #match(pattern: RegExp, what: string): string {
    this.#skipSpace();
    pattern.lastIndex = this.#position;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) throw this.#unexpected(what);
    this.#position += found.length;
    return found;
  }

  #skipSpace(): void {
    while (this.#position < this.#text.length && " \n".includes(this.#text.charAt(this.#position))) this.#position++;
  }

  #unexpected(wanted: string): PythonLiteralError {
    const rest = this.#text.slice(this.#position, this.#position + 20);
    return new PythonLiteralError(`${wanted} must stand at character ${this.#position}, got ${JSON.stringify(rest)}`);
  }
}
