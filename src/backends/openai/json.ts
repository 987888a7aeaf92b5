/** JSON that a server sent: it may be anything, so it is looked into with care. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The text, or none where the value is of another type. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A number of tokens, which some servers write as a text, or null where the value is none. */
export function countOf(value: unknown): number | null {
  const count = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : null;
}
