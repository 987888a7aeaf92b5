/**
 * The greatest load at which a simulated server meets every objective: users, requests at once, or requests per second. Requests that come at a rate
 * must not queue without end either. The load is doubled until it does not hold, then halved between. Every load gets the same random numbers, so a small difference of loads is not lost in them.
 */
import type { Arrivals as ArrivalProcess, Condition, ThinkTime } from '../../definition/condition.js';
import type { Scenario, Simulated } from './simulate.js';

/** The load that the search looks for. */
export type LoadKind =
  | { readonly kind: 'users'; readonly think: ThinkTime }
  | { readonly kind: 'concurrency' }
  | { readonly kind: 'rate'; readonly arrivals: ArrivalProcess };

export interface GreatestLoad {
  /** 0 where not even the smallest load holds. */
  readonly load: number;
  /** The result at the greatest load that holds; null if none does. */
  readonly held: Simulated | null;
  /** The result at the smallest tried load that does not hold; null if every load holds. */
  readonly missed: Simulated | null;
}

/** A rate is found to a fiftieth. */
const PRECISION = 0.02;
/** More users than a server has sockets. */
const MOST_WHOLE = 65_536;
const LEAST_RATE = 1 / 1024;
const MOST_RATE = 1_000_000;

/** No search goes below it. */
export function leastLoad({ kind }: LoadKind): number {
  return kind === 'rate' ? LEAST_RATE : 1;
}

export interface SearchOptions extends Pick<Scenario, 'endsOnceMissed'> {
  /** About the load to begin with. */
  readonly start: number;
  /** No load from here on holds, as a formula tells: none of them is simulated to find that out. Infinite if it is absent. */
  readonly tooMuch?: number | undefined;
}

/**
 * All searches try the same loads: powers of two, and those halfway between two that were tried. With other loads between, a looser objective could seem
 * to hold less.
 *
 * @param run Simulates a condition.
 */
export function greatestLoad(
  kind: LoadKind,
  { start, tooMuch = Number.POSITIVE_INFINITY, endsOnceMissed }: SearchOptions,
  run: (condition: Condition, options: Pick<Scenario, 'endsOnceMissed'>) => Simulated,
): GreatestLoad {
  const isRate = kind.kind === 'rate';
  const [least, most] = [leastLoad(kind), isRate ? MOST_RATE : MOST_WHOLE];
  let [low, high] = [0, Number.POSITIVE_INFINITY];
  let [held, missed]: [Simulated | null, Simulated | null] = [null, null];
  let bound = tooMuch;
  const attempt = (load: number): void => {
    const found = load >= bound ? null : run(conditionOf(kind, load), { endsOnceMissed });
    if (found !== null && holds(kind, found)) [low, held] = [load, found];
    else [high, missed] = [load, found];
  };
  const isOpen = () => (low === 0 && high > least) || (high === Number.POSITIVE_INFINITY && low < most);
  const bracket = (begin: number): void => {
    attempt(begin);
    while (isOpen()) attempt(low > 0 ? Math.min(most, low * 2) : Math.max(least, high / 2));
  };
  bracket(Math.min(most, Math.max(least, 2 ** Math.round(Math.log2(start)))));
  if (isRate && low > 0 && high < Number.POSITIVE_INFINITY) {
    bound = Math.min(
      tooMuch,
      answeredWhenOverloaded(high, (load) => run(conditionOf(kind, load), {})),
    );
    if (low >= bound) {
      [high, low, held, missed] = [low, 0, null, null];
      bracket(high / 2);
    }
  }
  while (low > 0 && high < Number.POSITIVE_INFINITY && high - low > Math.max(isRate ? 0 : 1, PRECISION * low)) {
    attempt(isRate ? (low + high) / 2 : Math.floor((low + high) / 2));
  }
  if (missed === null && high < Number.POSITIVE_INFINITY) missed = run(conditionOf(kind, high), {});
  return { load: low, held, missed };
}

/**
 * Chance hides for a while that a queue grows: a server that never rested shows the rate that it cannot exceed. Infinite if it is not overloaded at
 * twice this load either.
 */
function answeredWhenOverloaded(load: number, run: (load: number) => Simulated): number {
  for (const tried of [load, 2 * load]) {
    const { overloaded, workRate } = run(tried);
    if (overloaded) return workRate;
  }
  return Number.POSITIVE_INFINITY;
}

/** Users and requests at once wait for their answers, so only requests that come at a rate can queue without end. */
export function holds({ kind }: LoadKind, { overloaded, objectives }: Simulated): boolean {
  return !(kind === 'rate' && overloaded) && objectives.every(({ held }) => held);
}

/** A rate is written with six digits, as conditions are. */
export function conditionOf(kind: LoadKind, load: number): Condition {
  switch (kind.kind) {
    case 'users':
      return { kind: 'users', users: load, think: kind.think };
    case 'concurrency':
      return { kind: 'closed', requests: load };
    case 'rate':
      return { kind: 'open', rate: { stretches: [], last: load }, arrivals: kind.arrivals };
  }
}
