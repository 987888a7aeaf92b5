/**
 * Calls and values as Python and JSON write them: `[f(a=1, b="x")]`, `{"name": "f", "arguments": {"a": 1}}`. Values keep the
 * type that Python would give them, because a float is no integer to a checker of calls, and JSON.parse forgets which was
 * which. It reads and refuses the same texts as BFCL's `resolve_ast_by_type` (bfcl-eval 2026.3.23).
 */

export type Value =
  | { readonly type: 'str'; readonly value: string }
  | { readonly type: 'int' | 'float'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'none' }
  /** `b"…"`, which equals no answer. */
  | { readonly type: 'bytes' }
  | { readonly type: 'list' | 'tuple'; readonly items: readonly Value[] }
  | { readonly type: 'dict'; readonly entries: ReadonlyMap<string, Value> }
  /** The text of an XML element, whose type only the description of the function says. */
  | { readonly type: 'untyped'; readonly text: string };

export interface Call {
  readonly name: string;
  readonly arguments: ReadonlyMap<string, Value>;
}

/** A call, or a value that is none. */
export type Expression = { readonly call: Call; readonly source: string } | { readonly value: Value };

export interface ReaderOptions {
  /** The functions that were described: a name with hyphens is a name only where it is one of them. */
  readonly names?: ReadonlySet<string>;
  /** Whether brackets at the very end may be missing, after one that closed. */
  readonly closing?: 'required' | 'forgiven';
  /** BFCL takes the sign of +5 for that of -5. */
  readonly plus?: 'minus';
}

/** Deeper than any honest argument. */
const DEPTH = 100;

/** The calls and values of a whole text, which stand side by side or in one list. @throws SyntaxError */
export function parseExpressions(text: string, options: ReaderOptions = {}): readonly Expression[] {
  return new Reader(text, options).wholeText();
}

/** One value that is the whole text. @throws SyntaxError */
export function parseValue(text: string): Value {
  const [expression, ...others] = parseExpressions(text);
  if (expression === undefined || others.length > 0 || 'call' in expression) throw new SyntaxError('expected a value');
  return expression.value;
}

/** The call or value that begins at a place of a text, and where it ends. @throws SyntaxError */
export function parseExpressionAt(
  text: string,
  start: number,
  options: ReaderOptions = {},
): { readonly expression: Expression; readonly end: number } {
  return new Reader(text, options).expressionAt(start);
}

/** The members of a list, calls among them; null if the text is not a list. */
export function membersOf(expression: Expression): readonly Expression[] | null {
  return 'value' in expression && expression.value.type === 'list' ? (MEMBERS.get(expression.value) ?? null) : null;
}

/** Calls inside a list keep their names and arguments beside what they are as values. */
const MEMBERS = new WeakMap<Value, readonly Expression[]>();

class Reader {
  private at = 0;
  /** How many calls are open: what stands in one is Python, in which `true` is the name of a variable. */
  private openCalls = 0;
  private readonly mayHyphenate: boolean;

  constructor(
    private readonly text: string,
    private readonly options: ReaderOptions,
  ) {
    this.mayHyphenate = options.names !== undefined && [...options.names].some((name) => name.includes('-'));
  }

  wholeText(): readonly Expression[] {
    const found: Expression[] = [];
    while (this.peek() !== undefined) {
      found.push(this.expression(0));
      while (this.take(',') || this.take(';'));
    }
    return found;
  }

  expressionAt(start: number): { readonly expression: Expression; readonly end: number } {
    this.at = start;
    const expression = this.expression(0);
    return { expression, end: start + this.text.slice(start, this.at).trimEnd().length };
  }

  private value(depth: number): Value {
    return asValue(this.expression(depth));
  }

  /** Sums, products and powers of numbers are computed, as BFCL evaluates them. */
  private expression(depth: number): Expression {
    if (depth > DEPTH) this.fail('less nesting');
    let left = this.term(depth);
    for (let sign = this.operator('+', '-'); sign !== null; sign = this.operator('+', '-')) {
      left = { value: this.compute(asValue(left), sign, asValue(this.term(depth))) };
    }
    return left;
  }

  private term(depth: number): Expression {
    let left = this.power(depth);
    for (let sign = this.operator('//', '*', '/', '%'); sign !== null; sign = this.operator('//', '*', '/', '%')) {
      left = { value: this.compute(asValue(left), sign, asValue(this.power(depth))) };
    }
    return left;
  }

  private power(depth: number): Expression {
    const left = this.primary(depth);
    if (this.text[this.skipSpace()] !== '*' || this.text[this.at + 1] !== '*') return left;
    this.at += 2;
    if (depth > DEPTH) this.fail('less nesting');
    return { value: this.compute(asValue(left), '**', asValue(this.power(depth + 1))) };
  }

  private operator(...signs: readonly Operator[]): Operator | null {
    const start = this.skipSpace();
    const first = this.text[start];
    if (first === undefined || !'+-*/%'.includes(first)) return null;
    const sign = signs.find((candidate) => this.text.startsWith(candidate, start));
    if (sign === undefined) return null;
    this.at += sign.length;
    return sign;
  }

  private compute(a: Value, sign: Operator, b: Value): Value {
    if (sign === '+' && a.type === 'str' && b.type === 'str') return { type: 'str', value: a.value + b.value };
    if (!isNumber(a) || !isNumber(b)) return this.fail('numbers');
    const value = COMPUTED[sign](a.value, b.value);
    if (!Number.isFinite(value)) return this.fail('a number');
    const isWhole = a.type === 'int' && b.type === 'int' && sign !== '/' && Number.isInteger(value);
    return { type: isWhole ? 'int' : 'float', value };
  }

  private primary(depth: number): Expression {
    if (depth > DEPTH) this.fail('less nesting');
    const character = this.peek();
    if (character === undefined) return this.fail('a value');
    if (character === '[') return this.list(depth);
    if (character === '(') return this.tuple(depth);
    if (character === '{') return { value: this.dict(depth) };
    if (isQuote(character)) return { value: this.strings() };
    if (character === '-' || character === '+') {
      this.at++;
      return { value: this.signed(character, asValue(this.primary(depth + 1))) };
    }
    if (/[\d.]/.test(character)) return { value: this.number() };
    return this.name(depth);
  }

  private signed(sign: '+' | '-', value: Value): Value {
    const isNegative = sign === '-' || this.options.plus === 'minus';
    if (value.type === 'bool') return { type: 'int', value: isNegative ? -Number(value.value) : Number(value.value) };
    if (!isNumber(value)) return this.fail('a number');
    return { ...value, value: isNegative ? -value.value : value.value };
  }

  private list(depth: number): Expression {
    const { members } = this.sequence(']', depth);
    const value: Value = { type: 'list', items: members.map(asValue) };
    MEMBERS.set(value, members);
    return { value };
  }

  private tuple(depth: number): Expression {
    const { members, commas } = this.sequence(')', depth);
    // Brackets around one value without a comma only group it.
    if (members.length === 1 && commas === 0) return members[0]!;
    return { value: { type: 'tuple', items: members.map(asValue) } };
  }

  private sequence(close: string, depth: number): { readonly members: readonly Expression[]; readonly commas: number } {
    this.at++;
    const members: Expression[] = [];
    let commas = 0;
    while (!this.closes(close)) {
      if (members.length > commas) this.fail('a comma');
      members.push(this.expression(depth + 1));
      if (this.take(',')) commas++;
    }
    return { members, commas };
  }

  private dict(depth: number): Value {
    this.at++;
    const entries = new Map<string, Value>();
    while (!this.closes('}')) {
      const key = this.value(depth + 1);
      this.expect(':');
      entries.set(key.type === 'str' ? key.value : describe(key), this.value(depth + 1));
      if (!this.take(',') && this.peek() !== '}' && !this.endsAfterBracket()) this.fail('a comma');
    }
    return { type: 'dict', entries };
  }

  private closes(close: string): boolean {
    return this.take(close) || (close !== ')' && this.endsAfterBracket());
  }

  /** The text may have been cut after a number or a text, so the rest is unknown. */
  private endsAfterBracket(): boolean {
    if (this.options.closing !== 'forgiven' || this.peek() !== undefined) return false;
    return /[\])}]$/.test(this.text.trimEnd());
  }

  /** Texts side by side are one text. */
  private strings(): Value {
    let value = this.string('escaped');
    for (let next = this.peek(); next !== undefined && isQuote(next); next = this.peek())
      value += this.string('escaped');
    return { type: 'str', value };
  }

  private string(backslashes: 'escaped' | 'raw'): string {
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
      if (this.text[this.at] !== '\\') this.at++;
      else if (backslashes === 'raw') this.at += 2;
      else {
        parts.push(this.text.slice(from, this.at), this.escape());
        from = this.at;
      }
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
    const based = this.match(/0(?:[xX][\da-fA-F_]+|[oO][0-7_]+|[bB][01_]+)/y);
    if (based !== undefined) return { type: 'int', value: Number(based.replaceAll('_', '')) };
    const text = this.match(/(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/y);
    // Python refuses 007.
    if (text === undefined || /^0[\d_]*[1-9][\d_]*$/.test(text)) return this.fail('a number');
    return { type: /[.eE]/.test(text) ? 'float' : 'int', value: Number(text.replaceAll('_', '')) };
  }

  /** A constant, a variable (whose name stands for it), an element of a variable (likewise), or a call. */
  private name(depth: number): Expression {
    const start = this.at;
    const name = this.identifier();
    const next = this.text[this.at];
    if (next !== undefined && isQuote(next)) {
      // BFCL reads no f"…".
      if (!/^(?:[rub]|rb|br)$/i.test(name)) this.fail('a text');
      const value = this.string(/r/i.test(name) ? 'raw' : 'escaped');
      return { value: /b/i.test(name) ? { type: 'bytes' } : { type: 'str', value } };
    }
    // BFCL takes the operand of `not` for a number, too.
    if (name === 'not' && this.openCalls > 0) return { value: this.signed('-', asValue(this.primary(depth + 1))) };
    const constant = CONSTANTS.get(name) ?? (this.openCalls === 0 ? JSON_CONSTANTS.get(name) : undefined);
    if (constant !== undefined) return { value: constant };
    if (this.peek() === '(') {
      const call = { name, arguments: this.callArguments(depth) };
      return { call, source: this.text.slice(start, this.at) };
    }
    if (this.openCalls > 0 && this.peek() === '[') {
      this.list(depth + 1);
      return { value: { type: 'str', value: this.text.slice(start, this.at) } };
    }
    // `a.b` is an attribute, whose value nobody knows.
    return name.includes('.') ? this.fail('a value') : { value: { type: 'str', value: name } };
  }

  private identifier(): string {
    if (!this.mayHyphenate) return this.match(IDENTIFIER) ?? this.fail('a name');
    const hyphenated = this.match(/[\p{L}_][\p{L}\p{N}_.-]*/uy);
    if (hyphenated !== undefined && this.options.names?.has(hyphenated)) return hyphenated;
    if (hyphenated !== undefined) this.at -= hyphenated.length;
    return this.match(IDENTIFIER) ?? this.fail('a name');
  }

  private callArguments(depth: number): ReadonlyMap<string, Value> {
    this.expect('(');
    this.openCalls++;
    const found = new Map<string, Value>();
    while (!this.take(')')) {
      this.skipSpace();
      const keyword = this.match(/[\p{L}_][\p{L}\p{N}_]*\s*=(?!=)/uy)
        ?.slice(0, -1)
        .trim();
      const value = this.value(depth + 1);
      // Arguments without a name are dropped: the checker compares by name.
      if (keyword !== undefined) found.set(keyword, value);
      else if (found.size > 0) this.fail('arguments without a name before the others');
      if (!this.take(',') && this.peek() !== ')') this.fail('a comma');
    }
    this.openCalls--;
    return found;
  }

  /** What a pattern that is anchored here matches; the place moves behind it. */
  private match(anchored: RegExp): string | undefined {
    anchored.lastIndex = this.at;
    const found = anchored.exec(this.text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }

  private skipSpace(): number {
    while (this.at < this.text.length && isBlank(this.text.charCodeAt(this.at))) this.at++;
    return this.at;
  }

  private peek(): string | undefined {
    return this.text[this.skipSpace()];
  }

  private take(character: string): boolean {
    if (this.peek() !== character) return false;
    this.at++;
    return true;
  }

  private expect(character: string): void {
    if (!this.take(character)) this.fail(character);
  }

  private fail(expected: string): never {
    throw new SyntaxError(`expected ${expected} at ${this.at}`);
  }
}

const IDENTIFIER = /[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*)*/uy;

/** `\s`; the most frequent first. */
function isBlank(code: number): boolean {
  if (code === 0x20 || (code >= 0x09 && code <= 0x0d)) return true;
  return code >= 0xa0 && /\s/.test(String.fromCharCode(code));
}

type Operator = '+' | '-' | '*' | '/' | '//' | '%' | '**';

const COMPUTED: Readonly<Record<Operator, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '//': (a, b) => Math.floor(a / b),
  '%': (a, b) => a - b * Math.floor(a / b),
  '**': (a, b) => a ** b,
};

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

function isNumber(value: Value): value is Extract<Value, { type: 'int' | 'float' }> {
  return value.type === 'int' || value.type === 'float';
}

function isQuote(character: string): boolean {
  return character === '"' || character === "'";
}

/** A call that is an argument: its source where it has no named arguments, else `{ name: { argument: value } }`. */
function asValue(expression: Expression): Value {
  if ('value' in expression) return expression.value;
  const { call } = expression;
  if (call.arguments.size === 0) return { type: 'str', value: expression.source };
  return { type: 'dict', entries: new Map([[call.name, { type: 'dict', entries: call.arguments }]]) };
}

/** The text of a key that is none, as in {1: "a"}. */
function describe(value: Value): string {
  return value.type === 'none' ? 'None' : 'value' in value ? String(value.value) : value.type;
}
