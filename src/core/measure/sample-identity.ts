/**
 * A sample is the same sample in two runs when its row and its target are: suites change their prompts and rename samples.
 */

/** The text that the hash of a sample covers. The order of the row's fields does not change it. */
export function identityText(fields: unknown, target: unknown): string {
  return JSON.stringify([fields, target], (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
