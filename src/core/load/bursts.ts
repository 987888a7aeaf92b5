/**
 * The long run of a queue whose requests come in bursts. With n under way it loses `departures(n)` per second, whenever requests come; the
 * gaps between requests are of a known distribution with a coefficient of variation above 1. In a burst, the next request comes sooner
 * than n tells, so n alone is no state of the system. It becomes one with the phase of the gap:
 *
 *     a gap is exponential with the mean t1, with probability p, else with the mean t2
 *
 * Three moments of the gamma distribution give p, t1 and t2 (Whitt 1982, Operations Research 30:125). The queue is then a
 * quasi-birth-death process, whose long run follows level by level: pi(n+1) = pi(n) R(n) (Neuts 1981, Matrix-Geometric Solutions in
 * Stochastic Models, chapter 3).
 */

export interface Bursts {
  /** Departures per second, by the number under way, from 0; the last is that of all longer queues. */
  readonly departures: readonly number[];
  /** By the number of requests under way: the share of late requests among those that found as many. All requests behind a longer queue are late. */
  readonly late: readonly number[];
  /** The squared coefficient of variation of the gaps, 1 or more. */
  readonly variation: number;
}

/** The share of late requests in the long run, at a rate in requests per second; 1 where the queue grows without end. */
export function lateShareInBursts({ departures, late, variation }: Bursts, rate: number): number {
  const top = departures.length - 1;
  if (top < 1 || rate >= departures[top]! || departures.slice(1).some((each) => each <= 0)) return 1;
  const { p, means } = phasesOf(variation);
  const [r1, r2] = [rate / means[0], rate / means[1]];
  const up = (n: number, next: Matrix): Matrix => {
    // R(n) = A0 (-A1(n+1) - R(n+1) A2(n+2))^-1: what comes up to n + 1, over what leaves it for good.
    const [here, above] = [departures[Math.min(top, n + 1)]!, departures[Math.min(top, n + 2)]!];
    const [a, b, c, d] = [r1 + here - above * next[0], -above * next[1], -above * next[2], r2 + here - above * next[3]];
    const determinant = a * d - b * c;
    // The rows of A0 are r (p, 1 - p), so those of the product are one row times r.
    const [x, y] = [(p * d - (1 - p) * c) / determinant, ((1 - p) * a - p * b) / determinant];
    return [r1 * x, r1 * y, r2 * x, r2 * y];
  };

  let rest: Matrix = [0, 0, 0, 0];
  for (let i = 0; i < TAIL; i++) {
    const next = up(top, rest);
    const change = Math.abs(next[0] - rest[0]) + Math.abs(next[3] - rest[3]);
    rest = next;
    if (change < 1e-12) break;
  }
  const rates: Matrix[] = [];
  rates[top] = rest;
  for (let n = top - 1; n >= 0; n--) rates[n] = up(n, rates[n + 1]!);

  // Nothing leaves an empty queue, so its phases balance: pi(0) (-r + departures(1) R(0)) = 0.
  const first = rates[0]!;
  let share: Row = [departures[1]! * first[2], r1 - departures[1]! * first[0]];
  let [all, tooLate] = [0, 0];
  for (let n = 0; n <= top; n++) {
    const arriving = share[0] * r1 + share[1] * r2;
    all += arriving;
    tooLate += arriving * late[n]!;
    share = times(share, rates[n]!);
    if (all > 1e100) [share, all, tooLate] = [[share[0] / 1e100, share[1] / 1e100], all / 1e100, tooLate / 1e100];
  }
  // Beyond the top every level is the one before times the same matrix: their sum is share (I - R)^-1.
  const determinant = (1 - rest[0]) * (1 - rest[3]) - rest[1] * rest[2];
  if (!(determinant > 0)) return 1;
  const beyond: Row = [
    (share[0] * (1 - rest[3]) + share[1] * rest[2]) / determinant,
    (share[0] * rest[1] + share[1] * (1 - rest[0])) / determinant,
  ];
  const arriving = beyond[0] * r1 + beyond[1] * r2;
  return (tooLate + arriving) / (all + arriving);
}

/** Levels of a queue beyond the longest that was seen. Closer to saturation it has no long run to speak of. */
const TAIL = 2000;

type Row = readonly [number, number];
type Matrix = readonly [number, number, number, number];

function times([a, b]: Row, [m11, m12, m21, m22]: Matrix): Row {
  return [a * m11 + b * m21, a * m12 + b * m22];
}

/** Two exponential gaps with the first three moments of a gamma distribution with the mean 1. */
function phasesOf(variation: number): { readonly p: number; readonly means: Row } {
  const most = Math.max(1 + 1e-6, variation);
  // The moments of the means are those of the gaps over 1, 2 and 6.
  const [second, third] = [(1 + most) / 2, ((1 + most) * (1 + 2 * most)) / 6];
  const sum = (third - second) / (second - 1);
  const product = sum - second;
  const root = Math.sqrt(Math.max(0, sum ** 2 / 4 - product));
  const means: Row = [sum / 2 + root, sum / 2 - root];
  return { p: (1 - means[1]) / (means[0] - means[1]), means };
}
