/**
 * The greatest load at which a simulated server meets every objective: users, requests at once, or requests per second. Requests that come at a rate
 * must not queue without end either. The load is doubled until it does not hold, then halved between. Every load gets the same random numbers, so a small difference of loads is not lost in them.
 */
import type { Arrivals as ArrivalProcess, Condition, ThinkTime } from '../../definition/condition.js';
import type { Simulated } from './simulate.js';

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

export interface SearchBegin {
  /** A load to begin with. */
  readonly start: number;
  /** No load from here on holds, as a formula tells: none of them is simulated to find that out. Infinite if it is absent. */
  readonly tooMuch?: number | undefined;
}

/** @param run Simulates a condition. */
export function greatestLoad(
  kind: LoadKind,
  { start, tooMuch = Number.POSITIVE_INFINITY }: SearchBegin,
  run: (condition: Condition) => Simulated,
): GreatestLoad {
  const whole = kind.kind !== 'rate';
  const [least, most] = [leastLoad(kind), whole ? MOST_WHOLE : MOST_RATE];
  let [low, high] = [0, Number.POSITIVE_INFINITY];
  let [held, missed]: [Simulated | null, Simulated | null] = [null, null];
  let load = Math.min(most, Math.max(least, whole ? Math.round(start) : start));
  for (;;) {
    const found = load >= tooMuch ? null : run(conditionOf(kind, load));
    if (found !== null && holds(kind, found)) [low, held] = [load, found];
    else [high, missed] = [load, found];
    if (low >= most || high <= least) break;
    if (high === Number.POSITIVE_INFINITY) load = Math.min(most, low * 2);
    else if (low === 0) load = Math.max(least, whole ? Math.floor(high / 2) : high / 2);
    else if (high - low <= (whole ? Math.max(1, PRECISION * low) : PRECISION * low)) break;
    else load = whole ? Math.floor((low + high) / 2) : (low + high) / 2;
  }
  if (missed === null && high < Number.POSITIVE_INFINITY) missed = run(conditionOf(kind, high));
  // Chance hides for a while that a queue grows: a server that never rested shows the rate that it cannot exceed.
  const bound = !whole && missed?.overloaded ? missed.workRate : Number.POSITIVE_INFINITY;
  return { load: Math.min(low, bound), held, missed };
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
