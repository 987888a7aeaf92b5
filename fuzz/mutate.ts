/** Makes good inputs bad: bytes, texts and values, each in one to three places that the random numbers choose. */
import type { Random } from '../src/core/stats/basics/random.js';

export function pick<T>(values: readonly T[], random: Random): T {
  return values[random.below(values.length)]!;
}

/** Values that programs trip over. A number that JSON cannot write stands as a text of this form. */
const HOSTILE: readonly (() => unknown)[] = [
  () => null,
  () => '',
  () => ' ',
  () => [],
  () => ({}),
  () => true,
  () => 0,
  () => -1,
  () => 0.5,
  () => 1e308,
  () => 2 ** 53,
  () => -(2 ** 63),
  () => 'NaN',
  () => '__proto__',
  () => 'constructor',
  () => '../../../../etc/passwd',
  () => '/dev/zero',
  () => '\u0000',
  () => '\u001b[2J\u202eevil',
  () => '\ud800',
  () => '{{ 1 / 0 }}',
  () => '{% for i in range(9999999) %}x{% endfor %}',
  () => '(a+)+$',
  () => 'é漢🙂'.repeat(10),
  () => 'a'.repeat(100_000),
  () => Array.from({ length: 2000 }, (_, i) => i),
  () => ({ __proto__: null, constructor: { prototype: { polluted: true } } }),
  () => nested(500),
];

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

type Container = unknown[] | Record<string, unknown>;

/** Half of the time of the type that is expected, so that what comes after the schema is reached. */
function instead(value: unknown, random: Random): unknown {
  const all = HOSTILE.map((make) => make());
  const alike = all.filter((hostile) => typeof hostile === typeof value);
  return pick(random.below(2) === 0 && alike.length > 0 ? alike : all, random);
}

/** A copy with one to three changes: a part removed, replaced, doubled, renamed, or exchanged with another. */
export function mutateValue(value: unknown, random: Random): unknown {
  const changed: unknown = structuredClone(value);
  for (let change = random.below(8) < 5 ? 0 : 1 + random.below(2); change >= 0; change--) {
    const places = placesIn(changed);
    if (places.length === 0) return pick(HOSTILE, random)();
    const [holder, key] = pick(places, random);
    const [other, otherKey] = pick(places, random);
    switch (random.below(10)) {
      case 0:
        remove(holder, key);
        break;
      case 1:
        set(holder, key, structuredClone(get(other, otherKey)));
        break;
      case 2:
        add(holder, pick([`${key}x`, 'unknown'], random), get(holder, key));
        break;
      default:
        set(holder, key, instead(get(holder, key), random));
    }
  }
  return changed;
}

function placesIn(value: unknown): (readonly [Container, string])[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder: Container = Array.isArray(value) ? value : Object.assign(value);
  return Object.entries(holder).flatMap(([key, member]) => [[holder, key] as const, ...placesIn(member)]);
}

function get(holder: Container, key: string): unknown {
  return Array.isArray(holder) ? holder[Number(key)] : holder[key];
}

function set(holder: Container, key: string, value: unknown): void {
  if (Array.isArray(holder)) holder[Number(key)] = value;
  else holder[key] = value;
}

function add(holder: Container, key: string, value: unknown): void {
  if (Array.isArray(holder)) holder.push(value);
  else holder[key] = value;
}

function remove(holder: Container, key: string): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
}

const SPLICES = [
  '',
  '\n',
  '\t',
  '\0',
  '"',
  "'",
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '- ',
  '&a ',
  '*a',
  '!!js/function',
  '<<: ',
  '\ufeff',
  '\ud83d',
  '1e999',
  'NaN',
  '{{',
  '}}',
  '{%',
  '%}',
  '#',
  '\\',
  '%',
];

/** A copy with one to three changes: characters removed, doubled, moved, or others put between. */
export function mutateText(text: string, random: Random): string {
  let changed = text;
  for (let change = random.below(3); change >= 0; change--) {
    const start = random.below(changed.length + 1);
    const end = Math.min(changed.length, start + 1 + random.below(random.below(4) === 0 ? 400 : 8));
    const [before, part, after] = [changed.slice(0, start), changed.slice(start, end), changed.slice(end)];
    switch (random.below(5)) {
      case 0:
        changed = before + after;
        break;
      case 1:
        changed = before + part + part + after;
        break;
      case 2:
        changed = after + part + before;
        break;
      default:
        changed = before + pick(SPLICES, random).repeat(random.below(10) === 0 ? 3000 : 1) + after;
    }
  }
  return changed;
}

/** Numbers that lengths and counts are made of. */
const COUNTS = [0n, 1n, 0x7fn, 0xffn, 0x7fff_ffffn, 0xffff_ffffn, 0x7fff_ffff_ffff_ffffn, 0xffff_ffff_ffff_ffffn];

/** A copy with one to three changes, most of them in the first bytes, where headers are; or a part of it. */
export function mutateBytes(bytes: Uint8Array, random: Random): Buffer {
  let changed = Buffer.from(bytes);
  for (let change = random.below(3); change >= 0; change--) {
    const within = random.below(3) > 0 ? Math.min(changed.length, 4096) : changed.length;
    const at = random.below(Math.max(1, within));
    switch (random.below(5)) {
      case 0:
        changed = changed.subarray(0, at);
        break;
      case 1:
        if (at + 8 <= changed.length) changed.writeBigUInt64LE(pick(COUNTS, random), at);
        break;
      case 2:
        changed = Buffer.concat([changed.subarray(0, at), changed.subarray(random.below(changed.length + 1))]);
        break;
      default:
        for (let n = random.below(16); n >= 0 && at + n < changed.length; n--) changed[at + n] = random.below(256);
    }
  }
  return changed;
}
