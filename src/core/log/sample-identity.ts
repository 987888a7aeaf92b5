/**
 * Two runs share a sample when its row and its target are equal. Prompts and ids do not count, because suites change them.
 */

/** The text that the hash of a sample covers. It does not depend on the order of the row's fields. */
export function identityText(fields: unknown, target: unknown): string {
  return JSON.stringify([sorted(fields), sorted(target)]);
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).map(([key, item]) => [key, sorted(item)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
