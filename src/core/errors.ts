/**
 * What the user can mend: a definition, a flag, a file. The message is one sentence that names the place, the rule, the
 * value found and the remedy. Every other error is ours.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/**
 * Ends a command early although every definition is right: a full disk. The message says which results are kept, and
 * how to go on.
 */
export class Unfinished extends Error {
  override readonly name = 'Unfinished';
}

/** The message of anything thrown, with its causes, on one line. */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  for (let current = error; current !== undefined && current !== null; ) {
    const message = current instanceof Error ? current.message : String(current);
    if (message !== '' && !parts.some((part) => part.includes(message))) parts.push(message);
    current = current instanceof Error ? current.cause : undefined;
  }
  return parts.join(': ').replace(/\s+/g, ' ').trim() || 'an error without a message';
}
