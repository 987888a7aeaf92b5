/**
 * How much later do requests get when more users come? A step of users tells it by itself, because its queue grows and shrinks.
 * Whoever asks finds the others as they are in the long run without him (the arrival theorem: Sevcik and Mitrani 1981, Journal of the ACM
 * 28:358), and of N users n have a request under way in proportion to `N! / (N - n)! f(n)`, where `f` is the server's alone. So with M users
 * in place of N, requests find n others under way
 *
 *     w(n) = [(M - 1) (M - 2) ... (M - n)] / [(N - 1) (N - 2) ... (N - n)]       times as often, up to a constant, and
 *     late(M) = sum of w(n) found(n) q(n) / sum of w(n) found(n)
 *
 * where `q(n)` is the share of late requests among those that find n. That is exact however users think, if service times are exponential and
 * whoever comes later does not make a request late. The queue of a more regular server varies less for the same rise, so the weights are raised to a power. Only the shape of the curve is
 * taken from here: where it crosses the limit, and by how much it is to be stretched, the late shares of all steps say (./crossing.ts).
 */
import { sum } from '../stats/basics/moments.js';
import { risingRatios } from './rising.js';

/** The requests of a step of users, by the number of others that each found under way. */
export interface FoundByUsers {
  readonly users: number;
  readonly judged: readonly number[];
  readonly late: readonly number[];
}

export interface WeightedStep {
  readonly found: FoundByUsers;
  readonly weight: number;
}

/** The logit of the share of late requests at a number of users, up to a constant. */
export type Climb = (users: number) => number;

/**
 * The power of the weights. In heavy traffic it is 2 / (1 + c^2), where c is the variation of service. The true rise is 1.0 to 1.9 times the
 * rise without it in the laws of docs/load.md.
 */
const REGULARITY = 1.5;
/** A step shows how the queue moves with this many times its users. Beyond, the curve goes on straight. */
const REACH = { least: 0.6, most: 1.25 } as const;
/** Where `REACH` ends, the slope of the curve is taken over this share of the users. */
const SPAN = 0.05;
/** No share of late requests is taken to be nearer to none or to all. */
const LEAST_SHARE = 1e-4;

/**
 * The mean of the curves of the steps, each by how many requests it has. `q` is of all of them together.
 *
 * @param regularity 1 for exponential service.
 */
export function climbOf(steps: readonly WeightedStep[], regularity = REGULARITY): Climb {
  const pooled = (counts: (found: FoundByUsers) => readonly number[]) => {
    const total = Array.from({ length: Math.max(...steps.map(({ found }) => found.judged.length)) }, () => 0);
    for (const { found, weight } of steps)
      for (const [n, count] of counts(found).entries()) total[n]! += weight * count;
    return total;
  };
  const late = risingRatios(
    pooled((found) => found.late),
    pooled((found) => found.judged),
    0,
  );
  const curves = steps.map(({ found, weight }) => ({
    curve: curveOf(found, late, regularity),
    weight: weight * sum(found.judged),
  }));
  const all = sum(curves.map(({ weight }) => weight));
  // It is asked for the same loads again and again.
  const known = new Map<number, number>();
  return (users) => {
    const found = known.get(users) ?? sum(curves.map(({ curve, weight }) => (weight / all) * curve(users)));
    known.set(users, found);
    return found;
  };
}

function curveOf({ users: asked, judged }: FoundByUsers, late: readonly number[], regularity: number): Climb {
  const within = (users: number) => {
    let [all, tooLate, logWeight] = [0, 0, 0];
    for (const [n, count] of judged.entries()) {
      // More than `users - 1` others cannot be under way.
      if (n >= Math.min(users, asked)) break;
      if (n > 0) logWeight += regularity * Math.log((users - n) / (asked - n));
      const weight = count * Math.exp(logWeight);
      all += weight;
      tooLate += weight * late[n]!;
    }
    const share = Math.min(1 - LEAST_SHARE, Math.max(LEAST_SHARE, tooLate / all));
    return Math.log(share / (1 - share));
  };
  // Fewer users than were ever seen under way are beyond what the step shows.
  const shortest = judged.findIndex((count) => count > 0);
  const least = Math.max(REACH.least * asked, shortest + 1);
  const most = Math.max(REACH.most * asked, least + 1);
  const [low, high] = [within(least), within(most)];
  const slopeBelow = (within(least * (1 + SPAN)) - low) / (least * SPAN);
  const slopeAbove = (high - within(most * (1 - SPAN))) / (most * SPAN);
  return (users) => {
    if (users < least) return low - slopeBelow * (least - users);
    return users > most ? high + slopeAbove * (users - most) : within(users);
  };
}
