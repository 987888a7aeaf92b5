/**
 * A sample is the same sample in two runs when its row and its target are: suites change their prompts and rename samples.
 */

/** The text that the hash of a sample covers. The order of the row's fields does not change it. */
export function identityText(fields: unknown, target: unknown): string {
  return JSON.stringify([sorted(fields), sorted(target)]);
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).map(([key, item]) => [key, sorted(item)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
