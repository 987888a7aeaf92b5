/**
 * Function calls as models write them: `[f(a=1, b="x")]` in Python, or JSON in any of the usual shapes. Values keep the type
 * that Python would give them, because a float is no integer to a checker of calls, and JSON.parse forgets which was which.
 */

export type Value =
  | { readonly type: 'str'; readonly value: string }
  | { readonly type: 'int' | 'float'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'none' }
  | { readonly type: 'list' | 'tuple'; readonly items: readonly Value[] }
  | { readonly type: 'dict'; readonly entries: ReadonlyMap<string, Value> };

export interface Call {
  readonly name: string;
  readonly arguments: ReadonlyMap<string, Value>;
}

const DEPTH = 100;

/** @returns null where the output is no list of calls. */
export function parseCalls(output: string): readonly Call[] | null {
  const text = bare(output);
  if (text === '') return null;
  try {
    return new Reader(text.startsWith('[') || text.startsWith('{') ? text : `[${text}]`).calls();
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** A value as Python or JSON write it. @throws SyntaxError */
export function parseValue(text: string): Value {
  return new Reader(text).onlyValue();
}

/** Without a code fence or tags around the calls. */
function bare(output: string): string {
  const fenced = /```\w*\n([\s\S]*?)```/.exec(output)?.[1] ?? output;
  return fenced
    .replace(/<\/?tool_call>/g, ' ')
    .trim()
    .replace(/^`+|`+$/g, '');
}

interface Node {
  readonly value: Value;
  readonly call?: Call;
}

class Reader {
  private at = 0;
  /** How many calls are open: what stands in one is Python, in which `true` is the name of a variable. */
  private inCall = 0;

  constructor(private readonly text: string) {}

  calls(): readonly Call[] {
    const node = this.expression(0);
    this.end();
    const { value } = node;
    if (node.call !== undefined) return [node.call];
    if (value.type === 'dict') return jsonCalls(value);
    if (value.type !== 'list') return this.fail('a list of calls');
    return this.nodesOf(value).flatMap((one) => (one.call === undefined ? jsonCalls(one.value) : [one.call]));
  }

  onlyValue(): Value {
    const { value } = this.expression(0);
    this.end();
    return value;
  }

  /** Calls inside a list keep their names and arguments beside what they are as values. */
  private readonly nodes = new WeakMap<object, readonly Node[]>();

  private nodesOf(value: Value): readonly Node[] {
    return this.nodes.get(value) ?? [];
  }

  /** Sums and products of numbers are computed, as BFCL evaluates them. */
  private expression(depth: number): Node {
    if (depth > DEPTH) this.fail('less nesting');
    let node = this.term(depth);
    for (let sign = this.operator('+-'); sign !== null; sign = this.operator('+-')) {
      node = { value: this.compute(node.value, sign, this.term(depth).value) };
    }
    return node;
  }

  private term(depth: number): Node {
    let node = this.primary(depth);
    for (let sign = this.operator('*/'); sign !== null; sign = this.operator('*/')) {
      node = { value: this.compute(node.value, sign, this.primary(depth).value) };
    }
    return node;
  }

  private operator(signs: string): string | null {
    this.space();
    const sign = this.text[this.at];
    if (sign === undefined || !signs.includes(sign)) return null;
    this.at++;
    return sign;
  }

  private compute(a: Value, sign: string, b: Value): Value {
    if ((a.type !== 'int' && a.type !== 'float') || (b.type !== 'int' && b.type !== 'float'))
      return this.fail('numbers');
    const value = { '+': a.value + b.value, '-': a.value - b.value, '*': a.value * b.value, '/': a.value / b.value }[
      sign
    ]!;
    return { type: sign !== '/' && a.type === 'int' && b.type === 'int' ? 'int' : 'float', value };
  }

  private primary(depth: number): Node {
    if (depth > DEPTH) this.fail('less nesting');
    this.space();
    const character = this.text[this.at];
    if (character === undefined) return this.fail('a value');
    if (character === '[') return this.sequence('list', ']', depth);
    if (character === '(') return this.sequence('tuple', ')', depth);
    if (character === '{') return { value: this.dict(depth) };
    if (character === '"' || character === "'") return { value: { type: 'str', value: this.string() } };
    if (character === '-' || character === '+') {
      this.at++;
      const { value } = this.primary(depth + 1);
      if (value.type !== 'int' && value.type !== 'float') return this.fail('a number');
      return { value: { ...value, value: character === '-' ? -value.value : value.value } };
    }
    if (/[\d.]/.test(character)) return { value: this.number() };
    return this.name(depth);
  }

  private sequence(type: 'list' | 'tuple', close: string, depth: number): Node {
    this.at++;
    const nodes: Node[] = [];
    let commas = 0;
    while (!this.take(close)) {
      if (nodes.length > commas) this.fail('a comma');
      nodes.push(this.expression(depth + 1));
      if (this.take(',')) commas++;
    }
    // Brackets around one value without a comma only group it.
    if (type === 'tuple' && nodes.length === 1 && commas === 0) return nodes[0]!;
    const value: Value = { type, items: nodes.map((node) => node.value) };
    this.nodes.set(value, nodes);
    return { value };
  }

  private dict(depth: number): Value {
    this.at++;
    const entries = new Map<string, Value>();
    while (!this.take('}')) {
      const key = this.expression(depth + 1).value;
      this.expect(':');
      entries.set(key.type === 'str' ? key.value : describe(key), this.expression(depth + 1).value);
      if (!this.take(',') && this.peek() !== '}') this.fail('a comma');
    }
    return { type: 'dict', entries };
  }

  private string(raw = false): string {
    const quote =
      this.text.startsWith('"""', this.at) || this.text.startsWith("'''", this.at)
        ? this.text.slice(this.at, this.at + 3)
        : this.text[this.at]!;
    this.at += quote.length;
    const parts: string[] = [];
    let from = this.at;
    for (;;) {
      if (this.at >= this.text.length) this.fail('the end of a text');
      if (this.text.startsWith(quote, this.at)) break;
      if (raw && this.text[this.at] === '\\') this.at += 2;
      else if (this.text[this.at] === '\\') {
        parts.push(this.text.slice(from, this.at), this.escape());
        from = this.at;
      } else this.at++;
    }
    parts.push(this.text.slice(from, this.at));
    this.at += quote.length;
    return parts.join('');
  }

  private escape(): string {
    const letter = this.text[this.at + 1] ?? '';
    const digits = { u: 4, x: 2, U: 8 }[letter];
    if (digits !== undefined) {
      const code = Number.parseInt(this.text.slice(this.at + 2, this.at + 2 + digits), 16);
      if (Number.isNaN(code) || code > 0x10ffff) this.fail('an escape');
      this.at += 2 + digits;
      return String.fromCodePoint(code);
    }
    this.at += 2;
    return (
      { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '0': '\0', '\n': '' }[letter] ??
      (`\\'"/`.includes(letter) ? letter : `\\${letter}`)
    );
  }

  private number(): Value {
    const match = /(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/y;
    match.lastIndex = this.at;
    const text = match.exec(this.text)?.[0];
    if (text === undefined) return this.fail('a number');
    this.at += text.length;
    return { type: /[.eE]/.test(text) ? 'float' : 'int', value: Number(text.replaceAll('_', '')) };
  }

  /** A constant, a variable (whose name stands for it), or a call. */
  private name(depth: number): Node {
    const match = /[\p{L}_][\p{L}\p{N}_.-]*/uy;
    match.lastIndex = this.at;
    const name = match.exec(this.text)?.[0];
    if (name === undefined) return this.fail('a name');
    const start = this.at;
    this.at += name.length;
    if (this.text[this.at] === '"' || this.text[this.at] === "'") {
      // Texts of other kinds (f"…", b"…") are nothing that BFCL compares.
      if (!/^[ru]$/i.test(name)) this.fail('a text');
      return { value: { type: 'str', value: this.string(/r/i.test(name)) } };
    }
    const constant = CONSTANTS.get(name) ?? (this.inCall === 0 ? JSON_CONSTANTS.get(name) : undefined);
    if (constant !== undefined) return { value: constant };
    if (this.peek() !== '(') return { value: { type: 'str', value: name } };
    const call = { name, arguments: this.callArguments(depth) };
    return { call, value: { type: 'str', value: this.text.slice(start, this.at) } };
  }

  private callArguments(depth: number): ReadonlyMap<string, Value> {
    this.expect('(');
    this.inCall++;
    const found = new Map<string, Value>();
    while (!this.take(')')) {
      this.space();
      const keyword = /([\p{L}_][\p{L}\p{N}_]*)\s*=(?!=)/uy;
      keyword.lastIndex = this.at;
      const match = keyword.exec(this.text);
      if (match !== null) this.at += match[0].length;
      const { value } = this.expression(depth + 1);
      // Arguments without a name are dropped: the checker compares by name.
      if (match !== null) found.set(match[1]!, value);
      if (!this.take(',') && this.peek() !== ')') this.fail('a comma');
    }
    this.inCall--;
    return found;
  }

  private space(): void {
    while (this.at < this.text.length && /\s/.test(this.text[this.at]!)) this.at++;
  }

  private peek(): string | undefined {
    this.space();
    return this.text[this.at];
  }

  private take(character: string): boolean {
    if (this.peek() !== character) return false;
    this.at++;
    return true;
  }

  private expect(character: string): void {
    if (!this.take(character)) this.fail(character);
  }

  private end(): void {
    if (this.peek() !== undefined) this.fail('the end');
  }

  private fail(expected: string): never {
    throw new SyntaxError(`expected ${expected} at ${this.at}`);
  }
}

const CONSTANTS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['True', { type: 'bool', value: true }],
  ['False', { type: 'bool', value: false }],
  ['None', { type: 'none' }],
]);
const JSON_CONSTANTS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['true', { type: 'bool', value: true }],
  ['false', { type: 'bool', value: false }],
  ['null', { type: 'none' }],
]);

/** `{"name": "f", "arguments": {…}}`, `{"function": {…}}`, or `{"f": {…}}`; arguments may be JSON in a text. */
function jsonCalls(value: Value): readonly Call[] {
  if (value.type !== 'dict') throw new SyntaxError('expected a call');
  const inner = value.entries.get('function');
  if (inner?.type === 'dict') return jsonCalls(inner);
  const name = value.entries.get('name');
  const given = value.entries.get('arguments') ?? value.entries.get('parameters');
  if (name?.type === 'str' && (given !== undefined || value.entries.size === 1)) {
    return [{ name: name.value, arguments: argumentsOf(given) }];
  }
  return Array.from(value.entries, ([key, one]) => ({ name: key, arguments: argumentsOf(one) }));
}

function argumentsOf(value: Value | undefined): ReadonlyMap<string, Value> {
  if (value === undefined) return new Map();
  if (value.type === 'str') return argumentsOf(parseValue(value.value));
  if (value.type !== 'dict') throw new SyntaxError('expected arguments');
  return value.entries;
}

/** The text of a key that is none, as in {1: "a"}. */
function describe(value: Value): string {
  return value.type === 'none' ? 'None' : 'value' in value ? String(value.value) : value.type;
}
