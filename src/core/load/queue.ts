/**
 * At which load does a queue make too many requests late? Near saturation, requests are late in rare long clumps, and a step shows only a
 * few of them. What a step shows well is how the queue moves: how long n requests were under way, and how many ended meanwhile. From
 * these rates follows how often n are under way in the long run, at any load near those that were tried.
 *
 *     pi(n+1) departures(n+1) = pi(n) arrivals(n)         in a steady state, as many steps go up as come down
 *     late(load) = sum of pi(n) arrivals(n) q(n) / sum of pi(n) arrivals(n)
 *
 * `q(n)` is the share of late requests among those that found n under way. The first line is the balance of level crossings, which holds
 * for any queue that moves by one (Brill and Posner 1977, Operations Research 25:662; for rates that are read from data: Buzen 1976,
 * "Fundamental operational laws", Acta Informatica 7:167). The assumption is that departures and q do not change with the load itself,
 * for loads near each other. So a step need not settle: a queue that still grows shows its rates as well. The luck of the arrivals drops
 * out, because their rate is known (a control variate: Lavenberg and Welch 1981, Management Science 27:322).
 *
 * Users hold themselves back: of N, those who wait for no answer think, and each asks again after a mean think time, so
 * `arrivals(n) = (N - n) / think`. In the long run of a product form server that holds however think times differ (Baskett, Chandy, Muntz and Palacios
 * 1975, Journal of the ACM 22:248), and it is close to it for others. Users who all think equally long come back in order, so what was seen counts.
 */
import { type Arrivals, type Condition, isSteadyRate, type ThinkTime } from '../definition/condition.js';
import { sum } from '../stats/basics/moments.js';
import { createRandom } from '../stats/basics/random.js';
import { percentileOfSorted } from '../stats/estimate/percentiles.js';
import { lateShareInBursts } from './bursts.js';
import { type Crossing, type CrossingLevels, tricube } from './crossing.js';
import { drawExponential } from './draws.js';
import { durationLimit, isUnknown, LOAD_METRICS, type Objective } from './objective.js';
import type { StepRequest } from './request.js';
import { risingRatios } from './rising.js';
import { meanThink } from './think.js';

/** A part of a step. Each list has a number for each number of requests under way, from 0. */
export interface QueuePart {
  readonly seconds: readonly number[];
  /** The requests that found this many others under way. */
  readonly arrivals: readonly number[];
  /** The requests that ended while this many were under way. */
  readonly departures: readonly number[];
}

/** The requests of one part of a step, by the number of others that they found under way. */
export interface LateByQueue {
  readonly judged: readonly number[];
  readonly late: readonly number[];
  readonly undecided: readonly number[];
}

/** A part of a step has this many requests at least, and a step this many parts at most. */
const LEAST_PART = 25;
const PARTS = 12;
/** Longer queues count as this long. */
const LONGEST = 500;

interface Moves {
  readonly parts: QueuePart[];
  /** Which part each request arrived in, and how many it found under way; null where it was not followed. */
  readonly found: readonly ({ readonly part: number; readonly underWay: number } | null)[];
}

/** @param requests Those that were sent. */
function movesOf(requests: readonly StepRequest[]): Moves {
  const to = requests.reduce((latest, { due }) => Math.max(latest, due), 0);
  const count = Math.max(1, Math.min(PARTS, Math.floor(requests.length / LEAST_PART)));
  const parts = Array.from({ length: count }, () => ({ seconds: [0], arrivals: [0], departures: [0] }));
  const moves = requests.flatMap(({ due, end }, request) => [
    { at: due, request, isEnd: false },
    { at: end, request, isEnd: true },
  ]);
  // Of an end and an arrival at the same time the end comes first, as in ./under-way.ts.
  moves.sort((a, b) => a.at - b.at || Number(b.isEnd) - Number(a.isEnd));
  const found: { part: number; underWay: number }[] = [];
  let [underWay, time] = [0, 0];
  for (const { at, request, isEnd } of moves) {
    if (at > to) break;
    const part = Math.min(count - 1, Math.floor((count * at) / to));
    const place = Math.min(LONGEST, underWay);
    add(parts[part]!.seconds, place, at - time);
    time = at;
    add(isEnd ? parts[part]!.departures : parts[part]!.arrivals, place, 1);
    if (!isEnd) found[request] = { part, underWay: place };
    underWay += isEnd ? -1 : 1;
  }
  return { parts, found: requests.map((_, i) => found[i] ?? null) };
}

export interface Queue {
  readonly parts: readonly QueuePart[];
  readonly lateFor: (objective: Objective) => readonly LateByQueue[];
}

/** How requests come to a queue. */
export type Source =
  | { readonly kind: 'rate'; readonly arrivals: Arrivals }
  | { readonly kind: 'users'; readonly think: ThinkTime };

/** Null where a queue tells nothing about other loads: a closed loop has as many under way as it says, and a rate that changes is no load. */
export function sourceOf(condition: Condition): Source | null {
  if (condition.kind === 'users') return { kind: 'users', think: condition.think };
  return isSteadyRate(condition) ? { kind: 'rate', arrivals: condition.arrivals } : null;
}

/** What a step shows of its queue; null where it has none that tells. */
export function queueOf(requests: readonly StepRequest[], condition: Condition): Queue | null {
  if (sourceOf(condition) === null) return null;
  const sent = requests.filter(({ outcome }) => outcome !== 'unsent');
  if (sent.every(({ due }) => due === 0)) return null;
  const { parts, found } = movesOf(sent);
  return {
    parts,
    lateFor(objective) {
      const { seconds } = durationLimit(objective);
      const { seen } = LOAD_METRICS[objective.metric];
      const counts = parts.map(() => ({ judged: [] as number[], late: [] as number[], undecided: [] as number[] }));
      for (const [i, request] of sent.entries()) {
        const place = found[i]!;
        if (place === null || request.outcome === 'cut') continue;
        const one = seen(request);
        if (one === 'none') continue;
        const { judged, late, undecided } = counts[place.part]!;
        add(judged, place.underWay, 1);
        if (isUnknown(one)) {
          add(undecided, place.underWay, 1);
          continue;
        }
        const least = one === 'never' ? Number.POSITIVE_INFINITY : 'seconds' in one ? one.seconds : one.atLeast;
        if (least > seconds) add(late, place.underWay, 1);
        else if (one !== 'never' && 'atLeast' in one) add(undecided, place.underWay, 1);
      }
      return counts;
    },
  };
}

/** The squared coefficient of variation of gaps that come in bursts; null where they do not. */
function burstsOf(source: Source): number | null {
  return source.kind === 'rate' && source.arrivals.kind === 'gamma' && source.arrivals.cv > 1
    ? source.arrivals.cv ** 2
    : null;
}

/** Whether requests come at the rate of the load at any moment; others come back in an order that the queue remembers. */
function comesAtKnownRate(source: Source): boolean {
  if (source.kind === 'users') return source.think.kind !== 'constant';
  return source.arrivals.kind === 'poisson' || burstsOf(source) !== null;
}

/** The requests per second that come at a load, with `underWay` under way. */
function arrivalsAt(source: Source, load: number, underWay: number): number {
  return source.kind === 'rate' ? load : Math.max(0, load - underWay) / meanThink(source.think);
}

/** A step, as the crossing needs it. */
export interface QueuePoint {
  /** Requests per second, or users. */
  readonly load: number;
  readonly source: Source;
  readonly parts: readonly QueuePart[];
  /** The late requests of each part. */
  readonly late: readonly LateByQueue[];
}

/** One part of a step. */
interface Piece {
  readonly load: number;
  readonly part: QueuePart;
  readonly late: LateByQueue;
}

/** Steps of loads that are further from the crossing than this share of it say nothing: departures may differ there. */
const BANDWIDTH = 0.5;
const ROUNDS = 4;
const RESAMPLES = 200;
/** Fewer parts show no spread. */
const LEAST_PARTS = 8;
/** Loads are looked at up to this many times the greatest that was tried. */
const BEYOND = 2;
/** By how much the spread of resamples falls short where neighbouring parts are alike (docs/load.md has the figures). */
const SHORTFALL = 1.3;
/** The share by which the crossing may differ because departures change with the load, one-sided at 5%. */
const DISCREPANCY = 0.02;
/** If its queue makes requests late, a step below this share of the crossing has less than `MANY_LATE` times the allowed late requests. */
const BELOW = 0.9;
const MANY_LATE = 5;

/**
 * The load from which on more than the allowed share of requests is late, with its interval: the parts are drawn again with random
 * weights (the Bayesian bootstrap: Rubin 1981, Annals of Statistics 9:130). Null where no steps lie on both sides of it.
 */
export function queueCrossingOf(
  steps: readonly QueuePoint[],
  { allowed, levels }: { readonly allowed: number; readonly levels: CrossingLevels },
): Crossing | null {
  const [first] = steps;
  const shares = steps.flatMap((step) => {
    const share = lateShareOf(step);
    return share === null ? [] : [{ load: step.load, share }];
  });
  const held = shares.filter(({ share }) => share <= allowed).map(({ load }) => load);
  const missed = shares.filter(({ share }) => share > allowed).map(({ load }) => load);
  if (first === undefined || held.length === 0 || missed.length === 0) return null;
  const pieces = steps.flatMap(({ load, parts, late }) =>
    parts.map((part, i): Piece => ({ load, part, late: late[i]! })),
  );
  const options = {
    allowed,
    greatest: BEYOND * Math.max(...steps.map(({ load }) => load)),
    source: first.source,
  };
  let value = Math.sqrt(Math.max(...held) * Math.min(...missed));
  let weights: readonly number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    weights = pieces.map(({ load }) => nearness(load, value));
    if (weights.filter((weight) => weight > 0).length < LEAST_PARTS) return null;
    value = crossingIn(pieces, weights, { ...options, undecided: 0.5 });
  }
  // Lateness that comes without a queue, from a server that stalls, is none that a queue explains.
  if (shares.some(({ load, share }) => load <= BELOW * value && share > MANY_LATE * allowed)) return null;
  const random = createRandom('queue');
  const resampled = (undecided: number) =>
    Array.from({ length: RESAMPLES }, () =>
      Math.log(
        crossingIn(
          pieces,
          weights.map((weight) => weight * drawExponential(1, random)),
          { ...options, undecided },
        ) / value,
      ),
    ).sort((a, b) => a - b);
  const isOpen = pieces.some(({ late }) => late.undecided.some((count) => count > 0));
  const cautious = resampled(isOpen ? 1 : 0.5);
  const hopeful = isOpen ? resampled(0) : cautious;
  const down = -percentileOfSorted(cautious, levels.low);
  const up = percentileOfSorted(hopeful, 1 - levels.high);
  const high = value * Math.exp(widened(up));
  return {
    value,
    low: value * Math.exp(-widened(down)),
    high: high >= options.greatest ? Number.POSITIVE_INFINITY : high,
  };
}

function widened(distance: number): number {
  return Math.hypot(SHORTFALL * Math.max(0, distance), DISCREPANCY);
}

/** A step with fewer requests may be late by chance. */
const LEAST_JUDGED = 40;

/** Null where too few requests tell. */
function lateShareOf({ late }: QueuePoint): number | null {
  const total = (counts: (one: LateByQueue) => readonly number[]) => sum(late.map((one) => sum(counts(one))));
  const judged = total((one) => one.judged);
  return judged < LEAST_JUDGED ? null : total((one) => one.late) / judged;
}

function nearness(load: number, crossing: number): number {
  return tricube(Math.abs(load - crossing) / (BANDWIDTH * crossing));
}

interface CrossingOptions {
  /** The share of undecided requests that counts as late. */
  readonly undecided: number;
  readonly allowed: number;
  readonly greatest: number;
  readonly source: Source;
}

function crossingIn(pieces: readonly Piece[], weights: readonly number[], options: CrossingOptions): number {
  const moves = movementOf(pieces, weights, options);
  const { source } = options;
  const variation = burstsOf(source);
  const lateShare = (load: number) =>
    variation === null ? lateShareAt(moves, source, load) : lateShareInBursts({ ...moves, variation }, load);
  let [low, high] = [0, options.greatest];
  for (let i = 0; i < 18; i++) {
    const middle = (low + high) / 2;
    if (lateShare(middle) > options.allowed) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}

/** The arrays of a movement are indexed by the number of requests under way. */
interface Movement {
  /** Per second. */
  readonly departures: readonly number[];
  /** The share of late requests among those that arrive. */
  readonly late: readonly number[];
  /** How many times as often as the load says requests arrive. */
  readonly arrivals: readonly number[];
}

function movementOf(
  pieces: readonly Piece[],
  weights: readonly number[],
  { undecided, source }: CrossingOptions,
): Movement {
  const isKnown = comesAtKnownRate(source);
  const pooled = (counts: (piece: Piece) => readonly number[]) => {
    const total: number[] = [];
    for (const [i, piece] of pieces.entries()) {
      const weight = weights[i]!;
      if (weight > 0) for (const [n, count] of counts(piece).entries()) add(total, n, weight * count);
    }
    return total;
  };
  const seconds = pooled(({ part }) => part.seconds);
  const filled = (counts: readonly number[]) => seconds.map((_, n) => counts[n] ?? 0);
  const late = filled(pooled((piece) => piece.late.late));
  for (const [n, count] of pooled((piece) => piece.late.undecided).entries()) late[n]! += undecided * count;
  const expected = isKnown
    ? []
    : pooled(({ load, part }) => part.seconds.map((seconds, n) => seconds * arrivalsAt(source, load, n)));
  const arrived = isKnown ? [] : filled(pooled(({ part }) => part.arrivals));
  return {
    departures: [
      0,
      ...risingRatios(filled(pooled(({ part }) => part.departures)).slice(1), seconds.slice(1), LEAST_DEPARTURES),
    ],
    late: risingRatios(late, filled(pooled((piece) => piece.late.judged)), 0),
    arrivals: seconds.map((_, n) => (isKnown ? 1 : (arrived[n]! + USUAL) / (expected[n]! + USUAL))),
  };
}

/** The longest and the shortest queues were seen only for a moment. This many departures show a rate. */
const LEAST_DEPARTURES = 50;
/** The weight of the prior, as a number of requests that came at the rate of the load. */
const USUAL = 20;

/** The share of late requests in the long run; 1 where the queue grows without end. */
function lateShareAt({ departures, late, arrivals }: Movement, source: Source, load: number): number {
  const top = departures.length - 1;
  // Fewer users than `load` are under way when one of them asks.
  const longest = source.kind === 'users' ? Math.ceil(load) - 1 : top;
  let [share, all, tooLate] = [1, 0, 0];
  for (let n = 0; n <= longest; n++) {
    const arriving = share * arrivalsAt(source, load, n) * arrivals[Math.min(top, n)]!;
    all += arriving;
    tooLate += arriving * late[Math.min(top, n)]!;
    share = arriving / departures[Math.min(top, n + 1)]!;
    if (!Number.isFinite(share)) return 1;
    if (all > 1e100) [share, all, tooLate] = [share / 1e100, all / 1e100, tooLate / 1e100];
  }
  if (source.kind === 'users') return tooLate / all;
  // Longer queues than any that was seen are geometric, and whoever finds one is late.
  const arriving = load * arrivals[top]!;
  const ratio = arriving / departures[top]!;
  if (!(ratio < 1)) return 1;
  const rest = (share * arriving) / (1 - ratio);
  return (tooLate + rest) / (all + rest);
}

function add(counts: number[], place: number, amount: number): void {
  while (counts.length <= place) counts.push(0);
  counts[place]! += amount;
}
