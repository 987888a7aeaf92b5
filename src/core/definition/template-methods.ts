/**
 * Python's methods of texts and lists that templates of data sets call, beyond those that @huggingface/jinja knows itself:
 * `choices.index(gold)`, `', '.join(names)`. The engine takes functions and no methods of ours, so a call of one of them is
 * rewritten, once per template, to a call of a function with the name as its argument.
 */
import type { Template } from '@huggingface/jinja';

/** What the engine calls for a method of ours. No row can have a field of this name. */
export const METHOD_CALL = '__method__';

type Method = (self: never, ...given: readonly unknown[]) => unknown;

const OF_TEXTS: Readonly<Record<string, Method>> = {
  index: (self: string, part) => found(self.indexOf(text(part)), part),
  rindex: (self: string, part) => found(self.lastIndexOf(text(part)), part),
  find: (self: string, part) => self.indexOf(text(part)),
  rfind: (self: string, part) => self.lastIndexOf(text(part)),
  count: (self: string, part) => self.split(text(part)).length - 1,
  join: (self: string, parts) => list(parts).map(text).join(self),
  removeprefix: (self: string, part) => (self.startsWith(text(part)) ? self.slice(text(part).length) : self),
  removesuffix: (self: string, part) =>
    text(part) !== '' && self.endsWith(text(part)) ? self.slice(0, -text(part).length) : self,
  partition: (self: string, part) => parted(self, text(part), self.indexOf(text(part)), [self, '', '']),
  rpartition: (self: string, part) => parted(self, text(part), self.lastIndexOf(text(part)), ['', '', self]),
  splitlines: (self: string) => (self === '' ? [] : self.replace(/\r?\n$/, '').split(/\r?\n|\r/)),
  casefold: (self: string) => self.toLowerCase(),
  swapcase: (self: string) =>
    Array.from(self, (one) => (one === one.toLowerCase() ? one.toUpperCase() : one.toLowerCase())).join(''),
  zfill: (self: string, width) =>
    self.replace(/^([+-]?)(.*)$/s, (_, sign, digits) => sign + digits.padStart(Number(width) - sign.length, '0')),
  isdigit: (self: string) => /^\p{Nd}+$/u.test(self),
  isnumeric: (self: string) => /^\p{N}+$/u.test(self),
  isalpha: (self: string) => /^\p{L}+$/u.test(self),
  isalnum: (self: string) => /^[\p{L}\p{N}]+$/u.test(self),
  isspace: (self: string) => /^\s+$/.test(self),
  isupper: (self: string) => self === self.toUpperCase() && self !== self.toLowerCase(),
  islower: (self: string) => self === self.toLowerCase() && self !== self.toUpperCase(),
};

const OF_LISTS: Readonly<Record<string, Method>> = {
  index: (self: readonly unknown[], item) =>
    found(
      self.findIndex((one) => isSame(one, item)),
      item,
    ),
  count: (self: readonly unknown[], item) => self.filter((one) => isSame(one, item)).length,
};

/** The methods that the engine has itself. */
const ENGINE: ReadonlySet<string> = new Set(
  'upper lower strip title capitalize length rstrip lstrip startswith endswith split replace get items keys values dictsort cycle'.split(
    ' ',
  ),
);

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function found(place: number, what: unknown): number {
  if (place >= 0) return place;
  throw new TypeError(`index: ${JSON.stringify(what)} is not in it`);
}

function parted(self: string, part: string, at: number, otherwise: readonly string[]): readonly string[] {
  return at < 0 ? otherwise : [self.slice(0, at), part, self.slice(at + part.length)];
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`expected a text, found ${JSON.stringify(value) ?? 'nothing'}`);
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError(`expected a list, found ${JSON.stringify(value) ?? 'nothing'}`);
}

/** The function that a rewritten call calls. */
export function callMethod(self: unknown, name: unknown, ...given: readonly unknown[]): unknown {
  const own = plain(self);
  const methods = typeof own === 'string' ? OF_TEXTS : Array.isArray(own) ? OF_LISTS : {};
  const method = Object.hasOwn(methods, String(name)) ? methods[String(name)] : undefined;
  if (method === undefined) {
    const kind = typeof own === 'string' ? 'a text' : Array.isArray(own) ? 'a list' : typeof own;
    throw new TypeError(`${kind} has no method ${name} here; it has ${Object.keys(methods).join(', ') || 'none'}`);
  }
  return method(own as never, ...given.map(plain));
}

/** The engine hands over the values in its own boxes. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => plain(unboxed(item)));
  if (value instanceof Map) return Object.fromEntries(Array.from(value, ([key, item]) => [key, plain(unboxed(item))]));
  return value;
}

function unboxed(item: unknown): unknown {
  return typeof item === 'object' && item !== null && 'value' in item ? item.value : item;
}

interface Call {
  type: string;
  callee: { type: string; object?: unknown; property?: { value?: unknown }; computed?: boolean };
  args: unknown[];
}

/** Rewrites the calls of our methods in a template. */
export function rewriteMethodCalls(template: Template): void {
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const part of node) visit(part);
    else if (node instanceof Map) for (const pair of node) visit(pair);
    else if (typeof node === 'object' && node !== null) {
      for (const part of Object.values(node)) visit(part);
      if (isMethodCall(node)) {
        const { object, property } = node.callee;
        node.args = [object, { type: 'StringLiteral', value: property!.value }, ...node.args];
        node.callee = { type: 'Identifier', value: METHOD_CALL } as Call['callee'];
      }
    }
  };
  visit(template.parsed.body);
}

function isMethodCall(node: object): node is Call {
  const { type, callee } = node as Partial<Call>;
  return (
    type === 'CallExpression' &&
    callee?.type === 'MemberExpression' &&
    callee.computed !== true &&
    !ENGINE.has(String(callee.property?.value))
  );
}
