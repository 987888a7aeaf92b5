/**
 * A condition tells how requests arrive at a model. Figures from different conditions are never pooled or compared. Limits and
 * verdicts are judged under `closed 1`: one request at a time.
 *
 *     closed 4                       four requests are under way at any time: a new one is sent when an answer is complete
 *     users 20 think exp:10s         twenty users, each of whom waits for an answer, thinks and asks again
 *     open 5 poisson                 five requests per second, whether or not the earlier ones were answered
 *     open 1:30s,2..8:60s,8 gamma:2  a rate that steps and climbs, and arrivals with a coefficient of variation of 2
 *     trace azure-code speed 2       the arrival times of recorded traffic, twice as fast
 *
 * In logs, in the ids of trials and in reports, a condition is written as its kind, a space and its parameters. Each condition has
 * exactly one text.
 */
import { UserError } from '../errors.js';
import { DURATIONS, readMagnitude } from './magnitude.js';

export type Condition = Closed | Users | Open | Trace;

/** A closed loop: a fixed number of requests is under way. */
export interface Closed {
  readonly kind: 'closed';
  readonly requests: number;
}

/** Users who ask, wait for the answer, think and ask again. A user who waits or thinks is still a user. */
export interface Users {
  readonly kind: 'users';
  readonly users: number;
  readonly think: ThinkTime;
}

/** The seconds from an answer to the next question of the same user. */
export type ThinkTime =
  | { readonly kind: 'constant'; readonly seconds: number }
  /** Exponential. */
  | { readonly kind: 'exp'; readonly mean: number }
  /** `sigma` is the standard deviation of the logarithm. */
  | { readonly kind: 'lognormal'; readonly mean: number; readonly sigma: number };

/** Requests that come at a rate of their own. */
export interface Open {
  readonly kind: 'open';
  readonly rate: RateProfile;
  readonly arrivals: Arrivals;
  /** At most this many requests are under way; a request that is due waits until there is room. Its wait counts. */
  readonly ceiling?: number;
}

/** The rate over time. The last stretch has no end. */
export interface RateProfile {
  readonly stretches: readonly Stretch[];
  /** Requests per second after the stretches. */
  readonly last: number;
}

/** The rate goes from `from` to `to` on a straight line, in requests per second. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly seconds: number;
}

export type Arrivals =
  | { readonly kind: 'poisson' }
  | { readonly kind: 'constant' }
  /** Gaps from a gamma distribution with this coefficient of variation: 1 is Poisson, 2 comes in bursts. */
  | { readonly kind: 'gamma'; readonly cv: number };

/** The arrival times of a trace. */
export interface Trace {
  readonly kind: 'trace';
  readonly name: string;
  /** A speed of 2 halves the gaps. */
  readonly speed: number;
}

/** One request at a time: the condition of limits and verdicts. */
export const ALONE: Closed = { kind: 'closed', requests: 1 };

const COUNT = '[1-9][0-9]{0,5}';
/** A number above 0 with at most six decimals, in the only way in which it is written. */
const DECIMAL = '(?:[1-9][0-9]{0,5}(?:\\.[0-9]{0,5}[1-9])?|0\\.[0-9]{0,5}[1-9])';
const NAME = '[A-Za-z0-9][A-Za-z0-9._-]{0,99}';

const STRETCH = `${DECIMAL}(?:\\.\\.${DECIMAL})?:${DECIMAL}s`;
const THINK = `(?:(?:exp:)?${DECIMAL}s|lognormal:${DECIMAL}s,${DECIMAL})`;
const ARRIVALS = `(?:poisson|constant|gamma:${DECIMAL})`;

/** How each kind is written and read. The table has an entry for every kind. */
const KINDS: {
  readonly [Kind in Condition['kind']]: {
    readonly example: string;
    /** The pattern of the text after the kind. */
    readonly form: string;
    write(condition: Extract<Condition, { kind: Kind }>): string;
    /** Reads the words of a text that matches the pattern. */
    read(words: readonly string[]): Extract<Condition, { kind: Kind }>;
  };
} = {
  closed: {
    example: 'closed 4',
    form: COUNT,
    write: ({ requests }) => String(requests),
    read: ([requests]) => ({ kind: 'closed', requests: Number(requests) }),
  },
  users: {
    example: 'users 20 think exp:10s',
    form: `${COUNT} think ${THINK}`,
    write: ({ users, think }) => `${users} think ${thinkText(think)}`,
    read: ([users, , think]) => ({ kind: 'users', users: Number(users), think: readThink(think!) }),
  },
  open: {
    example: 'open 2.5 poisson',
    form: `(?:${STRETCH},)*${DECIMAL} ${ARRIVALS}(?: ceiling ${COUNT})?`,
    write: ({ rate, arrivals, ceiling }) =>
      `${rateText(rate)} ${arrivalsText(arrivals)}${ceiling === undefined ? '' : ` ceiling ${ceiling}`}`,
    read: ([rate, arrivals, , ceiling]) => ({
      kind: 'open',
      rate: readRate(rate!),
      arrivals: readArrivals(arrivals!),
      ...(ceiling !== undefined && { ceiling: Number(ceiling) }),
    }),
  },
  trace: {
    example: 'trace azure-code speed 2',
    form: `${NAME} speed ${DECIMAL}`,
    write: ({ name, speed }) => `${name} speed ${decimal(speed)}`,
    read: ([name, , speed]) => ({ kind: 'trace', name: name!, speed: Number(speed) }),
  },
};

/** Matches every text that names a condition. */
export const CONDITION_TEXT = new RegExp(
  `^(?:${Object.entries(KINDS)
    .map(([kind, { form }]) => `${kind} ${form}`)
    .join('|')})$`,
);

export const CONDITION_RULE = `expected a condition such as ${Object.values(KINDS)
  .map(({ example }) => example)
  .join(', ')}`;

/** Returns a text such as `closed 4`. @throws RangeError when a number has no such text: above 0, with at most six decimals. */
export function conditionText(condition: Condition): string {
  const text = `${condition.kind} ${writeParameters(condition)}`;
  if (!CONDITION_TEXT.test(text)) throw new RangeError(`Expected a condition that can be written, got ${text}`);
  return text;
}

function writeParameters(condition: Condition): string {
  switch (condition.kind) {
    case 'closed':
      return KINDS.closed.write(condition);
    case 'users':
      return KINDS.users.write(condition);
    case 'open':
      return KINDS.open.write(condition);
    case 'trace':
      return KINDS.trace.write(condition);
  }
}

/** Returns the condition that a text names. @throws UserError when the text names no condition. */
export function parseCondition(text: string): Condition {
  const [kind, ...words] = text.split(' ');
  if (!CONDITION_TEXT.test(text) || !isKind(kind!))
    throw new UserError(`${CONDITION_RULE}, found ${JSON.stringify(text)}`);
  return KINDS[kind].read(words);
}

/** Returns the closed loop that a text names. @throws UserError when it names none. */
export function parseClosed(text: string): Closed {
  const condition = parseCondition(text);
  if (condition.kind === 'closed') return condition;
  throw new UserError(`expected a closed loop such as ${KINDS.closed.example}, found ${JSON.stringify(text)}`);
}

export function isAlone(condition: Condition): boolean {
  return condition.kind === 'closed' && condition.requests === 1;
}

/** Returns the think time that a user wrote, such as `10s`, `500 ms`, `exp:10s` or `lognormal:10s,1`; null if it is none. */
export function parseThinkTime(text: string): ThinkTime | null {
  const [, kind = 'constant', mean, , sigma] = /^(?:(exp|lognormal):)?([^,]*)(,(.*))?$/.exec(text) ?? [];
  const seconds = readMagnitude((mean ?? '').trim(), DURATIONS);
  if (seconds === null || !isWritable(seconds)) return null;
  if (kind === 'lognormal') {
    const spread = readDecimal(sigma);
    return spread === null ? null : { kind, mean: seconds, sigma: spread };
  }
  if (sigma !== undefined) return null;
  return kind === 'exp' ? { kind, mean: seconds } : { kind: 'constant', seconds };
}

/** Returns the arrivals that a user wrote, such as `poisson`, `constant` or `gamma:2`; null if it is none. */
export function parseArrivals(text: string): Arrivals | null {
  if (text === 'poisson' || text === 'constant') return { kind: text };
  const cv = text.startsWith('gamma:') ? readDecimal(text.slice('gamma:'.length)) : null;
  return cv === null ? null : { kind: 'gamma', cv };
}

/** A rate that never changes. */
export function steadyRate(requestsPerSecond: number): RateProfile {
  return { stretches: [], last: requestsPerSecond };
}

export function isSteadyRate(condition: Condition): condition is Extract<Condition, { kind: 'open' }> {
  return condition.kind === 'open' && condition.rate.stretches.length === 0;
}

const DIGITS = new RegExp(`^${DECIMAL}$`);

function readDecimal(text: string | undefined): number | null {
  const value = text !== undefined && /^\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN;
  return isWritable(value) ? value : null;
}

function isWritable(value: number): boolean {
  return DIGITS.test(String(value));
}

/** @throws RangeError when the number cannot be written. */
function decimal(value: number): string {
  if (!isWritable(value)) {
    throw new RangeError(`Expected a number from 0.000001 to 999999 with at most six decimals, got ${value}`);
  }
  return String(value);
}

/** A text such as `exp:10s`. */
export function thinkText(think: ThinkTime): string {
  switch (think.kind) {
    case 'constant':
      return `${decimal(think.seconds)}s`;
    case 'exp':
      return `exp:${decimal(think.mean)}s`;
    case 'lognormal':
      return `lognormal:${decimal(think.mean)}s,${decimal(think.sigma)}`;
  }
}

function readThink(text: string): ThinkTime {
  return parseThinkTime(text)!;
}

/** A text such as `gamma:2`. */
export function arrivalsText(arrivals: Arrivals): string {
  return arrivals.kind === 'gamma' ? `gamma:${decimal(arrivals.cv)}` : arrivals.kind;
}

function readArrivals(text: string): Arrivals {
  return parseArrivals(text)!;
}

function rateText({ stretches, last }: RateProfile): string {
  const written = stretches.map(({ from, to, seconds }) => {
    const range = from === to ? decimal(from) : `${decimal(from)}..${decimal(to)}`;
    return `${range}:${decimal(seconds)}s`;
  });
  return [...written, decimal(last)].join(',');
}

function readRate(text: string): RateProfile {
  const parts = text.split(',');
  const stretches = parts.slice(0, -1).map((part): Stretch => {
    const [range, duration] = part.split(':');
    const [from, to = from] = range!.split('..');
    return { from: Number(from), to: Number(to), seconds: Number(duration!.slice(0, -1)) };
  });
  return { stretches, last: Number(parts.at(-1)) };
}

function isKind(text: string): text is Condition['kind'] {
  return Object.hasOwn(KINDS, text);
}
