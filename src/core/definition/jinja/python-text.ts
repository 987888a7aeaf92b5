/** Methods of Python's texts, with Python's meaning, for templates that call them. */

/** Without the given characters at both ends, or at one; white space where none are given. */
export function strip(text: string, characters: string | undefined, side: 'both' | 'left' | 'right'): string {
  const dropped = (character: string) =>
    characters === undefined ? /\s/.test(character) : characters.includes(character);
  let start = 0;
  let end = text.length;
  if (side !== 'right') while (start < end && dropped(text[start]!)) start++;
  if (side !== 'left') while (end > start && dropped(text[end - 1]!)) end--;
  return text.slice(start, end);
}

/** `str.format` with places `{}`, `{0}`, `{name}` and the common part of format specifications. */
export function formatBraces(text: string, args: readonly unknown[], named: ReadonlyMap<string, unknown>): string {
  let next = 0;
  return text.replace(/\{\{|\}\}|\{([^{}:!]*)(?:![rs])?(?::([^{}]*))?\}/g, (whole, name?: string, spec = '') => {
    if (whole === '{{' || whole === '}}') return whole[0]!;
    const index = name === '' ? next++ : /^\d+$/.test(name!) ? Number(name) : null;
    const value = index === null ? named.get(name!) : args[index];
    if (value === undefined) throw new Error(`format() has no value for "${whole}"`);
    return withSpec(value, spec);
  });
}

/** `%`-formatting: `%s`, `%d`, `%i`, `%f`, `%.2f`, `%5d`, `%-5s`, `%x`, `%%`, and `%(name)s`. */
export function formatPercent(text: string, args: readonly unknown[], named: ReadonlyMap<string, unknown>): string {
  let next = 0;
  return text.replace(/%(?:\((\w+)\))?([-0]?)(\d*)(?:\.(\d+))?([sdifxr%])/g, (whole, ...parts) => {
    const [name, flag, width, precision, kind] = parts as (string | undefined)[];
    if (kind === '%') return '%';
    const value = name === undefined ? args[next++] : named.get(name);
    if (value === undefined) throw new Error(`format has no value for "${whole}"`);
    const shown = percentOf(value, kind!, precision);
    const wide = Math.min(Number(width || 0), WIDEST);
    if (flag === '-') return shown.padEnd(wide);
    return shown.padStart(wide, flag === '0' ? '0' : ' ');
  });
}

/** No prompt needs more, and a hostile template could ask for a billion. */
const WIDEST = 10_000;

function percentOf(value: unknown, kind: string, precision: string | undefined): string {
  switch (kind) {
    case 'd':
    case 'i':
      return String(Math.trunc(Number(value)));
    case 'f':
      return Number(value).toFixed(Math.min(Number(precision ?? 6), 100));
    case 'x':
      return Math.trunc(Number(value)).toString(16);
    default:
      return precision === undefined ? String(value) : String(value).slice(0, Number(precision));
  }
}

function withSpec(value: unknown, spec: string): string {
  const parts = /^(?:(.)?([<>^]))?(0)?(\d+)?(,)?(?:\.(\d+))?([sdfx%])?$/.exec(spec);
  if (parts === null) throw new Error(`format() does not know the specification "${spec}"`);
  const [, fill = ' ', align, zero, width, commas, precision, kind] = parts;
  let shown = kind === 's' || kind === undefined ? String(value) : percentOf(value, kind, precision);
  if (commas !== undefined) shown = shown.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  const wide = Math.min(Number(width ?? 0), WIDEST);
  if (align === '^') return shown.padStart((wide + shown.length) >> 1, fill).padEnd(wide, fill);
  const right = align === '>' || (align === undefined && (zero !== undefined || typeof value === 'number'));
  return right ? shown.padStart(wide, zero ?? fill) : shown.padEnd(wide, fill);
}

/** The lines of a text, as Python divides it: no empty one after the last line end. */
export function splitLines(text: string, keepEnds: boolean): readonly string[] {
  const lines = text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];
  return keepEnds ? lines : lines.map((line) => line.replace(/(?:\r\n|\r|\n)$/, ''));
}

/** `str.rsplit`: at most so many pieces are taken from the end. */
export function splitFromRight(text: string, separator: string | undefined, most: number): readonly string[] {
  if (separator === '') throw new Error('empty separator');
  const pieces = separator === undefined ? (text.match(/\S+/g) ?? []) : text.split(separator);
  if (most < 0 || pieces.length <= most + 1) return pieces;
  const kept = pieces.slice(pieces.length - most);
  if (separator === undefined) {
    // What is left in front keeps its inner white space.
    let end = text.trimEnd().length;
    for (let i = kept.length - 1; i >= 0; i--) end = text.lastIndexOf(kept[i]!, end - 1);
    return [text.slice(0, end).trim(), ...kept];
  }
  return [pieces.slice(0, pieces.length - most).join(separator), ...kept];
}

/** `partition` and `rpartition`: what stands before a separator, the separator, and what stands after it. */
export function partition(text: string, separator: string, from: 'left' | 'right'): readonly string[] {
  const place = from === 'left' ? text.indexOf(separator) : text.lastIndexOf(separator);
  if (place < 0) return from === 'left' ? [text, '', ''] : ['', '', text];
  return [text.slice(0, place), separator, text.slice(place + separator.length)];
}

export function capitalize(text: string): string {
  const [first = '', ...rest] = text;
  return first.toUpperCase() + rest.join('').toLowerCase();
}
