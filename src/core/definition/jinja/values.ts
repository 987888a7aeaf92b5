/**
 * Values of a running template. The library keeps their classes to itself, and its types are not read by this compiler; so
 * the used parts are declared here, and values are made through an environment, which turns JavaScript's into its own.
 */
import { Environment } from '@huggingface/jinja';

export interface Value {
  readonly type: string;
  value: unknown;
  __bool__(): { readonly value: boolean };
}

/** The variables of a template, or of a part of it. */
export interface Scope {
  set(name: string, value: unknown): Value;
  setVariable(name: string, value: Value): Value;
}

export const createScope = (parent?: Scope): Scope => new Environment(parent as Environment | undefined);

type TextValue = Value & { value: string };
type ListValue = Value & { value: readonly Value[] };
type MappingValue = Value & { value: ReadonlyMap<string, Value> };

/** One for all values: making an environment costs more than making a value. */
const scratch = new Environment();

export function toValue(input: unknown): Value {
  scratch.variables.clear();
  return scratch.set('value', input);
}

export const UNDEFINED = toValue(undefined);

export function isText(value: Value): value is TextValue {
  return value.type === 'StringValue';
}

/** A list or a tuple. */
export function isList(value: Value): value is ListValue {
  return value.type === 'ArrayValue' || value.type === 'TupleValue';
}

export function isMapping(value: Value): value is MappingValue {
  return value.type === 'ObjectValue' || value.type === 'KeywordArgumentsValue';
}

export function isNumber(value: Value): boolean {
  return value.type === 'IntegerValue' || value.type === 'FloatValue';
}

export function isAbsent(value: Value): boolean {
  return value.type === 'UndefinedValue';
}

export function isTrue(value: Value): boolean {
  return value.__bool__().value;
}

/** A number that Python calls a float, also where it is whole. */
export function floatOf(number: number): Value {
  return Object.assign(toValue(0.5), { value: number });
}

/** A list of values that are the template's own already. */
export function listOf(items: readonly Value[]): Value {
  const list = toValue([]);
  list.value = [...items];
  return list;
}

/** A list that Python writes in round brackets. */
export function tupleOf(items: readonly Value[]): Value {
  return Object.assign(listOf(items), { type: 'TupleValue' });
}

/** A tuple whose parts have names, too. */
export function namedTupleOf(items: Readonly<Record<string, Value>>): Value {
  return Object.assign(tupleOf(Object.values(items)), { named: items });
}

export function partNamed(tuple: Value, name: string): Value | undefined {
  return (tuple as { readonly named?: Readonly<Record<string, Value>> }).named?.[name];
}

/** How Python writes a value into a text. */
export function textOf(value: Value): string {
  if (isText(value)) return value.value;
  switch (value.type) {
    case 'UndefinedValue':
      return '';
    case 'NullValue':
      return 'None';
    case 'BooleanValue':
      return value.value ? 'True' : 'False';
    case 'IntegerValue':
      // Python's whole numbers have no end, and JavaScript's are not exact beyond this one.
      if (!Number.isSafeInteger(value.value))
        throw new Error('a whole number beyond 2^53 is not exact here; write it as a text');
      return String(value);
    default:
      return isList(value) || isMapping(value) ? reprOf(value) : String(value);
  }
}

/** How Python writes a value inside a list. */
export function reprOf(value: Value, depth = 32): string {
  if (depth === 0) return '…';
  if (isText(value)) {
    const quote = value.value.includes("'") && !value.value.includes('"') ? '"' : "'";
    const text = value.value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
    return quote + (quote === "'" ? text.replaceAll("'", "\\'") : text) + quote;
  }
  if (isList(value)) {
    const items = value.value.map((item) => reprOf(item, depth - 1)).join(', ');
    if (value.type === 'ArrayValue') return `[${items}]`;
    return value.value.length === 1 ? `(${items},)` : `(${items})`;
  }
  if (isMapping(value)) {
    const entries = [...value.value].map(([key, item]) => `${reprOf(toValue(key))}: ${reprOf(item, depth - 1)}`);
    return `{${entries.join(', ')}}`;
  }
  return textOf(value);
}

/** Python's equality: by contents, and never between a text and a number. */
export function areEqual(a: Value, b: Value, depth = 32): boolean {
  if (depth === 0) return false;
  if (isList(a) && isList(b)) {
    return a.value.length === b.value.length && a.value.every((item, i) => areEqual(item, b.value[i]!, depth - 1));
  }
  if (isMapping(a) && isMapping(b)) {
    const other = b.value;
    return (
      a.value.size === other.size &&
      [...a.value].every(([key, item]) => other.has(key) && areEqual(item, other.get(key)!, depth - 1))
    );
  }
  const number = (value: Value) => (isNumber(value) || value.type === 'BooleanValue' ? Number(value.value) : undefined);
  const [x, y] = [number(a), number(b)];
  if (x !== undefined && y !== undefined) return x === y;
  return a.type === b.type && a.value === b.value;
}

/** The members of what a loop goes over: a list, the characters of a text, the keys of a mapping, nothing. */
export function membersOf(value: Value): readonly Value[] | null {
  if (isList(value)) return value.value;
  if (isMapping(value)) return [...value.value.keys()].map(toValue);
  if (isText(value)) return [...value.value].map(toValue);
  return isAbsent(value) ? [] : null;
}
