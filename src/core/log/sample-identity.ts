/**
 * Two runs share a sample when its row and its target are equal. Prompts and ids do not count, because suites change them.
 */

/** The text that the hash of a sample covers. It does not depend on the order of the row's fields. */
export function identityText(fields: unknown, target: unknown): string {
  return JSON.stringify([sorted(fields), sorted(target)]);
}

/** The value with the keys of its objects in order; the value itself where they are. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || isSorted(value)) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).map(([key, item]) => [key, sorted(item)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Most rows are, and to build them anew would be slow in a long log. */
function isSorted(value: object): boolean {
  const keys = Array.isArray(value) ? [] : Object.keys(value);
  for (let i = 1; i < keys.length; i++) if (keys[i]! < keys[i - 1]!) return false;
  for (const item of Array.isArray(value) ? value : Object.values(value))
    if (typeof item === 'object' && item !== null && !isSorted(item)) return false;
  return true;
}
