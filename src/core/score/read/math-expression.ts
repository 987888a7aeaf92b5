/**
 * LaTeX (and plain) arithmetic as functions of its letters, so that two ways to write one value can be compared. Two
 * expressions are taken to be equal when they agree at several fixed points that no one would choose by accident: for the
 * polynomials, roots and trigonometry of answers that is as good as algebra, takes linear time, and cannot be made to hang.
 */

/** Values of the letters; the result is NaN where the expression is not defined in real numbers. */
export type Expression = (letters: (letter: string) => number) => number;

export interface Parsed {
  readonly evaluate: Expression;
  readonly letters: ReadonlySet<string>;
  /** The first token that was not read, where the beginning suffices. */
  readonly unread: string | undefined;
}

const DEPTH = 50;

export interface Rules {
  /** Whether the whole text must be an expression, or its beginning suffices, as for sympy's `parse_latex`. */
  readonly extent: 'whole' | 'beginning';
  /** Whether pi and e are numbers, or letters like others, as for `parse_latex`. */
  readonly constants: 'numbers' | 'letters';
  /**
   * What letters without a backslash are: `names` of functions and constants where there is such a name, or letters all of
   * them, as for `parse_latex`, which also takes a letter before a bracket for the name of a function.
   */
  readonly words: 'names' | 'letters';
}

/** @returns null if the text is not an expression. */
export function parseExpression(text: string, rules: Rules): Parsed | null {
  const parser = new Parser(text, rules);
  try {
    const evaluate = parser.sum(0);
    const whole = parser.atEnd() || rules.extent === 'beginning';
    return whole ? { evaluate, letters: parser.letters, unread: parser.peek() } : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Whether two expressions agree at every point where both are defined. There must be at least three such points. */
export function agree(a: Parsed, b: Parsed, isEqual: (x: number, y: number) => boolean): boolean {
  const letters = new Set([...a.letters, ...b.letters]);
  const points = letters.size === 0 ? [0] : [0, 1, 2, 3, 4, 5, 6, 7];
  let defined = 0;
  for (const point of points) {
    const value = (letter: string) => valueAt(letter, point);
    const [x, y] = [a.evaluate(value), b.evaluate(value)];
    if (Number.isNaN(x) || Number.isNaN(y)) continue;
    if (!isEqual(x, y)) return false;
    defined++;
  }
  return defined >= Math.min(points.length, 3);
}

/** Between 0.3 and 4.3, another for every letter and point. */
function valueAt(letter: string, point: number): number {
  let seed = 7 + 13 * point;
  for (const character of letter) seed = (seed * 31 + character.codePointAt(0)!) % 9973;
  return 0.3 + 4 * ((seed * 0.6180339887498949) % 1);
}

const FUNCTIONS: Readonly<Record<string, (x: number) => number>> = {
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  cot: (x) => 1 / Math.tan(x),
  sec: (x) => 1 / Math.cos(x),
  csc: (x) => 1 / Math.sin(x),
  arcsin: Math.asin,
  arccos: Math.acos,
  arctan: Math.atan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  exp: Math.exp,
  ln: Math.log,
  log: Math.log,
  sqrt: Math.sqrt,
  abs: Math.abs,
  Abs: Math.abs,
};
const NUMBERS: ReadonlySet<string> = new Set(['pi', 'e']);
const CONSTANTS: Readonly<Record<string, number>> = {
  pi: Math.PI,
  e: Math.E,
  infty: Number.POSITIVE_INFINITY,
  oo: Number.POSITIVE_INFINITY,
};
const CLOSING: Readonly<Record<string, string>> = { '(': ')', '{': '}', '[': ']', '|': '|' };

class Parser {
  readonly letters = new Set<string>();
  private readonly tokens: readonly string[];
  private at = 0;

  constructor(
    text: string,
    private readonly rules: Rules,
  ) {
    this.tokens = text.match(/\d+(?:\.\d+)?|\.\d+|\\[A-Za-z]+|\*\*|[A-Za-z]{2,}|\S/g) ?? [];
  }

  atEnd(): boolean {
    return this.at >= this.tokens.length;
  }

  sum(depth: number): Expression {
    if (depth > DEPTH) throw new SyntaxError('too deep');
    let value = this.product(depth);
    for (let sign = this.take('+', '-'); sign !== null; sign = this.take('+', '-')) {
      const [left, right] = [value, this.product(depth)];
      value = sign === '+' ? (x) => left(x) + right(x) : (x) => left(x) - right(x);
    }
    return value;
  }

  private product(depth: number): Expression {
    let value = this.signed(depth);
    for (;;) {
      const operator = this.take('*', '\\cdot', '\\times', '/', '\\div', '·', '×', '÷');
      if (operator === null && !this.startsFactor()) return value;
      const [left, right] = [value, operator === null ? this.power(depth) : this.signed(depth)];
      const divides = operator === '/' || operator === '\\div' || operator === '÷';
      value = divides ? (x) => left(x) / right(x) : (x) => left(x) * right(x);
    }
  }

  private signed(depth: number): Expression {
    const sign = this.take('-', '+');
    if (sign === null) return this.power(depth);
    const value = depth > DEPTH ? this.fail() : this.signedOnce(depth + 1);
    return sign === '-' ? (x) => -value(x) : value;
  }

  private signedOnce(depth: number): Expression {
    if (depth > DEPTH) return this.fail();
    return this.signed(depth);
  }

  private power(depth: number): Expression {
    const base = this.factor(depth);
    if (this.take('!') !== null) return (x) => factorial(base(x));
    if (this.take('^', '**') === null) return base;
    const exponent = this.peek() === '{' ? this.group(depth) : this.signedOnce(depth + 1);
    return (x) => realPower(base(x), exponent(x));
  }

  private factor(depth: number): Expression {
    const token = this.tokens[this.at++];
    if (token === undefined) return this.fail();
    if (/^[\d.]/.test(token)) {
      const number = Number(token);
      return () => number;
    }
    if (token in CLOSING) {
      this.at--;
      return token === '|' ? this.absolute(depth) : this.group(depth);
    }
    if (this.rules.words === 'letters' && /^[A-Za-z]/.test(token)) return this.application(token, depth);
    const name = token.replace(/^\\/, '');
    if (name === 'frac') return this.fraction(depth);
    if (name === 'sqrt' && this.peek() === '[') return this.root(depth);
    if (this.rules.constants === 'letters' && NUMBERS.has(name)) return this.letter(name);
    if (Object.hasOwn(CONSTANTS, name)) {
      const constant = CONSTANTS[name]!;
      return () => constant;
    }
    const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (known !== undefined) return this.call(known, depth);
    if (/^[A-Za-z]+$/.test(token)) return this.word(token);
    return token.startsWith('\\') && /^\\[A-Za-z]+$/.test(token) ? this.letter(token) : this.fail();
  }

  /** Letters side by side are a product, as in mathematics. */
  private word(word: string): Expression {
    const letters = Array.from(word, (letter) => this.letter(letter));
    return (x) => letters.reduce((product, letter) => product * letter(x), 1);
  }

  /** The last of several letters may be a function, `f(x)`. It is unknown, but equal arguments give equal values. */
  private application(word: string, depth: number): Expression {
    const value = this.word(word);
    if (this.peek() !== '(') return value;
    const argument = this.group(depth);
    return (x) => value(x) * (2 + Math.sin(37 * argument(x)));
  }

  /** A letter, with the index that follows it. */
  private letter(letter: string): Expression {
    let name = letter;
    if (this.take('_') !== null) {
      const index =
        this.tokens[this.at] === '{'
          ? this.tokens.slice(this.at, this.tokens.indexOf('}', this.at) + 1)
          : [this.peek()];
      if (index.length === 0 || index[0] === undefined) return this.fail();
      this.at += index.length;
      name += `_${index.join('')}`;
    }
    this.letters.add(name);
    return (x) => x(name);
  }

  private group(depth: number): Expression {
    const open = this.tokens[this.at++]!;
    const value = this.sum(depth + 1);
    if (this.take(CLOSING[open]!) === null) return this.fail();
    return value;
  }

  private absolute(depth: number): Expression {
    this.at++;
    const value = this.sum(depth + 1);
    if (this.take('|') === null) return this.fail();
    return (x) => Math.abs(value(x));
  }

  private fraction(depth: number): Expression {
    if (this.peek() !== '{') return this.fail();
    const over = this.group(depth);
    if (this.peek() !== '{') return this.fail();
    const under = this.group(depth);
    return (x) => over(x) / under(x);
  }

  private root(depth: number): Expression {
    const degree = this.group(depth);
    const value = this.factor(depth + 1);
    return (x) => realPower(value(x), 1 / degree(x));
  }

  /** `\sin x`, `\sin(x)`, `\sin^2 x`, `\sin^{-1} x`, `\log_2 x`. */
  private call(apply: (x: number) => number, depth: number): Expression {
    if (depth > DEPTH) return this.fail();
    const base = this.take('_') === null ? null : this.factor(depth + 1);
    const exponent = this.take('^') === null ? null : this.factor(depth + 1);
    const argument = this.power(depth + 1);
    const value: Expression = base === null ? (x) => apply(argument(x)) : (x) => apply(argument(x)) / apply(base(x));
    return exponent === null ? value : (x) => realPower(value(x), exponent(x));
  }

  private startsFactor(): boolean {
    const token = this.peek();
    return token !== undefined && /^(?:\.?\d|[A-Za-z({]|\\(?!cdot|times|div|\\|right)[A-Za-z])/.test(token);
  }

  peek(): string | undefined {
    return this.tokens[this.at];
  }

  private take(...wanted: readonly string[]): string | null {
    const token = this.tokens[this.at];
    if (token === undefined || !wanted.includes(token)) return null;
    this.at++;
    return token;
  }

  private fail(): never {
    throw new SyntaxError(`unexpected ${this.tokens[this.at - 1] ?? 'end'}`);
  }
}

/** Odd roots of negative numbers are real. */
function realPower(base: number, exponent: number): number {
  if (base >= 0 || Number.isInteger(exponent)) return base ** exponent;
  const degree = Math.round(1 / exponent);
  return Math.abs(1 / exponent - degree) < 1e-9 && degree % 2 !== 0 ? -((-base) ** exponent) : Number.NaN;
}

function factorial(n: number): number {
  if (!Number.isInteger(n) || n < 0) return Number.NaN;
  if (n > 170) return Number.POSITIVE_INFINITY;
  let product = 1;
  for (let factor = 2; factor <= n; factor++) product *= factor;
  return product;
}
