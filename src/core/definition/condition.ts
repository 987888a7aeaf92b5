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

/** How each kind is written and read; the table names every kind. */
const KINDS: {
  readonly [Kind in Condition['kind']]: {
    readonly example: string;
    /** The pattern of the text after the kind. */
    readonly form: string;
    write(condition: Extract<Condition, { kind: Kind }>): string;
    /** Reads a text of that form. */
    read(text: string): Extract<Condition, { kind: Kind }>;
  };
} = {
  closed: {
    example: 'closed 4',
    form: '[1-9][0-9]{0,5}',
    write: ({ requests }) => String(requests),
    read: (text) => ({ kind: 'closed', requests: Number(text) }),
  },
};

/** The texts that name a condition. */
export const CONDITION_TEXT = new RegExp(
  `^(?:${Object.entries(KINDS)
    .map(([kind, { form }]) => `${kind} ${form}`)
    .join('|')})$`,
);

export const CONDITION_RULE = `expected a condition such as ${Object.values(KINDS)
  .map(({ example }) => example)
  .join(', ')}`;

/** `closed 4` */
export function conditionText(condition: Condition): string {
  return `${condition.kind} ${KINDS[condition.kind].write(condition)}`;
}

/** The condition that a text names. @throws UserError when it names none. */
export function parseCondition(text: string): Condition {
  const [kind, ...rest] = text.split(' ');
  if (!CONDITION_TEXT.test(text) || !isKind(kind!))
    throw new UserError(`${CONDITION_RULE}, found ${JSON.stringify(text)}`);
  return KINDS[kind].read(rest.join(' '));
}

export function isAlone({ kind, requests }: Condition): boolean {
  return kind === 'closed' && requests === 1;
}

function isKind(text: string): text is Condition['kind'] {
  return Object.hasOwn(KINDS, text);
}
