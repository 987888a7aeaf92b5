/** Which loads a test holds or searches: those that flags name, else those of the suite, else a search of users. */
import {
  type Arrivals,
  type Condition,
  conditionText,
  parseArrivals,
  parseThinkTime,
  steadyRate,
  type ThinkTime,
} from '../definition/condition.js';
import type { SuiteLoad } from '../definition/load.js';
import type { SOUGHT_LOADS } from '../definition/sought-loads.js';

export interface WantedLoads {
  readonly users?: readonly number[] | undefined;
  readonly concurrency?: readonly number[] | undefined;
  /** Requests per second. */
  readonly rate?: readonly number[] | undefined;
  /** In the notation of condition.ts. */
  readonly conditions?: readonly string[] | undefined;
  readonly find?: (typeof SOUGHT_LOADS)[number] | undefined;
  /** It applies to all steps of users, searched ones included. */
  readonly think?: ThinkTime | undefined;
  /** It applies to all rates, searched ones included. */
  readonly arrivals?: Arrivals | undefined;
  readonly ceiling?: number | undefined;
}

/** The loads of a suite as `WantedLoads`. */
export function loadsOfSuite(load: SuiteLoad | undefined): WantedLoads {
  const { users, concurrency, rate, conditions, find, ceiling, think, arrivals } = load ?? {};
  return {
    users,
    concurrency,
    rate,
    conditions,
    find,
    ceiling,
    think: think === undefined ? undefined : parseThinkTime(think)!,
    arrivals: arrivals === undefined ? undefined : parseArrivals(arrivals)!,
  };
}

/** The flags, with what they leave open taken from the suite. Flags that name a load replace all loads of the suite. */
export function withSuite(flags: WantedLoads, suite: WantedLoads, traces: number): WantedLoads {
  const { think = suite.think, arrivals = suite.arrivals, ceiling = suite.ceiling } = flags;
  const named = traces > 0 || flags.find !== undefined || namedConditions(flags).length > 0;
  return { ...(named ? flags : suite), think, arrivals, ceiling };
}

const THINK = parseThinkTime('exp:10s')!;
const ARRIVALS: Arrivals = { kind: 'poisson' };

/** The conditions that are named, in the order of the flags in the help. */
export function namedConditions({
  users = [],
  concurrency = [],
  rate = [],
  conditions = [],
  think = THINK,
  arrivals = ARRIVALS,
  ceiling,
}: WantedLoads): readonly string[] {
  return [
    ...users.map((n) => conditionText({ kind: 'users', users: n, think })),
    ...concurrency.map((n) => conditionText({ kind: 'closed', requests: n })),
    ...rate.map((r) => conditionText(openAt(r, { arrivals, ceiling }))),
    ...conditions,
  ];
}

/** Requests per second, at which a search begins. */
const LEAST_RATE = 0.125;

/** The condition at which a search begins. */
export function leastCondition({
  find = 'users',
  think = THINK,
  arrivals = ARRIVALS,
  ceiling,
}: WantedLoads): Condition {
  switch (find) {
    case 'users':
      return { kind: 'users', users: 1, think };
    case 'concurrency':
      return { kind: 'closed', requests: 1 };
    case 'rate':
      return openAt(LEAST_RATE, { arrivals, ceiling });
  }
}

function openAt(
  rate: number,
  { arrivals, ceiling }: { readonly arrivals: Arrivals; readonly ceiling: number | undefined },
): Condition {
  return { kind: 'open', rate: steadyRate(rate), arrivals, ...(ceiling !== undefined && { ceiling }) };
}
