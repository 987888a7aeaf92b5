/**
 * A condition is how requests come to a model. Figures that were measured under different conditions are never pooled or
 * compared, and limits and verdicts are judged under `closed 1`: one request at a time.
 *
 *     closed 4     four requests are under way at any time: a new one is sent when an answer is complete
 *
 * A condition is written as its kind and, after a blank, what belongs to it: in logs, in the ids of trials and in reports.
 * Open arrivals (`open 5`), users who think (`users 20`) and recorded traffic (`trace FILE`) have the same form.
 */
import { UserError } from '../errors.js';

export type Condition = Closed;

/** A fixed number of requests is under way. */
export interface Closed {
  readonly kind: 'closed';
  readonly requests: number;
}

/** One request at a time: the condition of limits and verdicts. */
export const ALONE: Condition = { kind: 'closed', requests: 1 };

const CLOSED = /^[1-9][0-9]{0,5}$/;

/** How each kind is written and read; the table names every kind. */
const KINDS: {
  readonly [Kind in Condition['kind']]: {
    readonly example: string;
    write(condition: Extract<Condition, { kind: Kind }>): string;
    /** @returns null when the text is not of this kind. */
    read(text: string): Condition | null;
  };
} = {
  closed: {
    example: 'closed 4',
    write: ({ requests }) => String(requests),
    read: (text) => (CLOSED.test(text) ? { kind: 'closed', requests: Number(text) } : null),
  },
};

/** `closed 4` */
export function conditionText(condition: Condition): string {
  return `${condition.kind} ${KINDS[condition.kind].write(condition)}`;
}

/** The condition that a text names. @throws UserError when it names none. */
export function parseCondition(text: string): Condition {
  const blank = text.indexOf(' ');
  const kind = text.slice(0, blank);
  const condition = isKind(kind) ? KINDS[kind].read(text.slice(blank + 1)) : null;
  if (condition === null)
    throw new UserError(`expected a condition such as ${EXAMPLES}, found ${JSON.stringify(text)}`);
  return condition;
}

const EXAMPLES = Object.values(KINDS)
  .map(({ example }) => example)
  .join(', ');

export function isAlone({ kind, requests }: Condition): boolean {
  return kind === 'closed' && requests === 1;
}

function isKind(text: string): text is Condition['kind'] {
  return Object.hasOwn(KINDS, text);
}
