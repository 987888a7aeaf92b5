/**
 * When a client sends: the schedule of a condition. One seed gives one schedule, for all client processes together.
 *
 * A closed loop and users wait for answers, so their requests have no times of their own. Of users, it is known ahead how long each
 * thinks. Open arrivals and traces are known ahead, and a server that is slow does not change them.
 */
import type { Condition } from '../definition/condition.js';
import { createRandom, type Seed, shuffle } from '../stats/basics/random.js';
import { dueTimes } from './arrivals.js';
import { thinkTimes } from './think.js';
import type { TraceTimes } from './trace.js';

export type Schedule =
  /** This many requests are under way at any time. */
  | { readonly kind: 'closed'; readonly requests: number }
  /** Each user waits for the next of its think times, asks, and waits for the answer. Users count from 0. */
  | { readonly kind: 'users'; readonly users: number; think(user: number): Iterator<number> }
  /** Requests are due at these seconds since the step began. They never go back. A trace ends. */
  | { readonly kind: 'due'; times(): Iterator<number>; readonly ceiling: number | null };

/** @param traces The traces by name. @throws RangeError when a trace is not among them. */
export function scheduleOf(
  condition: Condition,
  { seed, traces }: { readonly seed: Seed; readonly traces?: ReadonlyMap<string, TraceTimes> },
): Schedule {
  switch (condition.kind) {
    case 'closed':
      return condition;
    case 'users': {
      const { users, think } = condition;
      return { kind: 'users', users, think: (user) => thinkTimes(think, seed, user) };
    }
    case 'open':
      return { kind: 'due', times: () => dueTimes(condition, seed), ceiling: condition.ceiling ?? null };
    case 'trace': {
      const trace = traces?.get(condition.name);
      if (trace === undefined) throw new RangeError(`Expected the trace ${condition.name} among those that were read`);
      return { kind: 'due', times: () => atSpeed(trace.arrivals, condition.speed), ceiling: null };
    }
  }
}

function* atSpeed(arrivals: Float64Array, speed: number): Generator<number> {
  for (const arrival of arrivals) yield arrival / speed;
}

/**
 * The items that requests take, in the order in which requests are due, without end. Every item is taken once, in random order, before
 * any is taken again. Each model gets the same items in the same order.
 */
export function* itemsInTurn<T>(items: readonly T[], seed: Seed): Generator<T, void> {
  if (items.length === 0) return;
  const random = createRandom(seed, 'items');
  for (;;) yield* shuffle(items, random);
}
