/**
 * At which load does an objective cease to hold? All steps of a search are pooled: the share of late requests rises with the load on a
 * curve near the limit,
 *
 *     logit p(x) = logit(allowed) + 3 stretch (x - crossing) / crossing,     stretch > 0
 *
 * It serves closed loops, limits on means and on the time of tokens, and any load where ./queue.ts tells nothing. The interval of the crossing is that
 * of the profile likelihood (Venzon and Moolgavkar 1988, Applied Statistics 37:87): the loads whose likelihood lies within chi-square / 2 of the
 * greatest. It needs no variance, and holds where all requests of one step are in time and all of the next are late. Counts are divided by
 * the inflation of their variance, because late requests come together.
 * A curve over all loads would be wrong far from the limit, so steps weigh less the further their load, or what they saw, is from it (tricube weights, as in
 * loess: Cleveland 1979, JASA 74:829). A limit on a mean has a straight line and a normal likelihood in the place of these.
 */
import { normalQuantile } from '../stats/basics/distributions.js';
import type { ExcessOfMean, LateRequests, Tally } from './tally.js';
import { inflationOf, type Together } from './together.js';

export interface LoadPoint {
  readonly load: number;
  readonly tally: Tally;
  /** The step ended before its queue had grown: in the long run at least as many requests are late. */
  readonly early?: true;
}

/** Loads. At `low` and below the objective is shown to hold, from `high` on to fail, each by a one-sided test. */
export interface Crossing {
  readonly value: number;
  /** 0 where no load is shown to hold. */
  readonly low: number;
  /** Infinite where no load is shown to fail. */
  readonly high: number;
}

export interface CrossingLevels {
  /** The error rates of "holds" and of "fails". */
  readonly low: number;
  readonly high: number;
}

/** Null where no step shows anything. */
export function crossingOf(points: readonly LoadPoint[], levels: CrossingLevels): Crossing | null {
  if (points.length === 0) return null;
  const everywhere: Near = { weightOf: () => 1, inflation: 1 };
  const rough = nearOf(points, curveOf(points, everywhere));
  const curve = curveOf(points, rough);
  const near = nearOf(points, curve);
  const inflation = near.inflation * dispersionOf(points, near, curve);
  const profile = (undecided: number) =>
    profileOf(points.map((point) => termOf(point, { undecided, weight: near.weightOf(point), inflation })));
  const hopeful = profile(0);
  const cautious = points.some(({ tally }) => tally.kind === 'late' && tally.undecided > 0) ? profile(1) : hopeful;
  const low = boundsOf(cautious, levels.low).low;
  const high = boundsOf(hopeful, levels.high).high;
  return { value: Math.min(high, Math.max(low, cautious.value)), low, high };
}

/** A curve: where it crosses, within the loads that were tried, and how high above the limit it is at a load, in logits or in limits. */
interface Curve {
  readonly centre: number;
  readonly heightAt: (load: number) => number;
}

function curveOf(points: readonly LoadPoint[], { weightOf, inflation }: Near): Curve {
  const terms = points.map((point) => termOf(point, { undecided: 0.5, weight: weightOf(point), inflation }));
  const loads = points.map(({ load }) => load);
  const centre = Math.min(Math.max(...loads), Math.max(Math.min(...loads), profileOf(terms).value));
  const { stretch } = likeliest(terms, centre);
  return { centre, heightAt: (load) => stretch * riseTo(load, centre) };
}

interface Near {
  readonly weightOf: (point: LoadPoint) => number;
  /** The inflation of the variance, from the steps that are near. */
  readonly inflation: number;
}

function nearOf(points: readonly LoadPoint[], curve: Curve): Near {
  const weightOf = weightsAround(curve);
  const near = points.filter((point) => weightOf(point) > LEAST_WEIGHT);
  return { weightOf, inflation: inflationOf(near.flatMap(({ tally }) => togetherIn(tally))) };
}

/** As many steps without any excess are believed beforehand: two or three steps alone tell little about their spread. */
const USUAL_STEPS = 8;

/** If almost no request is expected to be late, a single late one is not an excess. */
const LEAST_VARIANCE = 1;

/**
 * By how much the steps differ from the curve more than their requests explain: Pearson's chi-square over its degrees of freedom, 1 or
 * more (McCullagh and Nelder 1989, Generalized Linear Models, section 4.5). A machine that is slower for a while, and a queue that is
 * long for longer than a step, show here.
 */
function dispersionOf(points: readonly LoadPoint[], { weightOf, inflation }: Near, { heightAt }: Curve): number {
  let [chiSquare, steps] = [0, 0];
  for (const point of points) {
    const { load, tally, early } = point;
    const weight = weightOf(point);
    if (early || tally.kind === 'mean' || tally.together === null || weight <= LEAST_WEIGHT) continue;
    const { allowed, n, late, undecided } = tally;
    const share = lateShareAt(heightAt(load), allowed);
    const variance = Math.max(LEAST_VARIANCE, n * share * (1 - share) * inflation);
    chiSquare += (weight * (late + undecided / 2 - n * share) ** 2) / variance;
    steps += weight;
  }
  const free = Math.max(0, steps - 2);
  return Math.max(1, (USUAL_STEPS + chiSquare) / (USUAL_STEPS + free));
}

function togetherIn(tally: Tally): Together[] {
  return tally.kind === 'late' && tally.together !== null ? [tally.together] : [];
}

/** One step in the likelihood: its load, and its log-likelihood and slope at a height of the curve above the crossing. */
interface Term {
  readonly load: number;
  readonly logLikelihood: (height: number) => number;
  readonly derivative: (height: number) => number;
}

function termOf(
  { load, tally, early }: LoadPoint,
  { undecided, weight, inflation }: { readonly undecided: number; readonly weight: number; readonly inflation: number },
): Term {
  if (tally.kind === 'mean') return meanTerm(load, tally, { weight, isEarly: early ?? false });
  if (tally.together === null) return overloadedTerm(load);
  if (early) return earlyTerm(load, tally, Math.max(inflation, inflationOf([tally.together])));
  const { allowed } = tally;
  const share = weight / inflation;
  const late = (tally.late + undecided * tally.undecided) * share;
  const inTime = tally.n * share - late;
  return {
    load,
    logLikelihood: (height) => {
      const p = lateShareAt(height, allowed);
      return late * Math.log(p) + inTime * Math.log1p(-p);
    },
    derivative: (height) => late - (late + inTime) * lateShareAt(height, allowed),
  };
}

/** Of a step that ended before its queue had grown, no mean above the one that was seen is less likely. */
function meanTerm(
  load: number,
  { excess, standardError }: ExcessOfMean,
  { weight, isEarly }: { readonly weight: number; readonly isEarly: boolean },
): Term {
  const precision = weight / Math.max(standardError, 1e-6) ** 2;
  const missing = (height: number) => (isEarly ? Math.max(0, excess - Math.max(0, height)) : excess - height);
  return {
    load,
    logLikelihood: (height) => (-precision * missing(height) ** 2) / 2,
    derivative: (height) => (isEarly && height < 0 ? 0 : precision * missing(height)),
  };
}

/** Nothing is taken for certain. */
const LEAST_SHARE = 1e-12;

/** The share of late requests at a height above the crossing, in logits. */
function lateShareAt(height: number, allowed: number): number {
  const share = 1 / (1 + Math.exp(-height) * (1 / allowed - 1));
  return Math.min(1 - LEAST_SHARE, Math.max(LEAST_SHARE, share));
}

/**
 * A server that was overloaded says that the crossing is lower, however far it is, and nothing about the slope of the curve: how late
 * requests were depends on how long the step was.
 */
function overloadedTerm(load: number): Term {
  return { load, logLikelihood: (height) => (height > 0 ? 0 : -IMPOSSIBLE), derivative: () => 0 };
}

const IMPOSSIBLE = 20;

/** A step that ended before its queue had grown says that the crossing is lower, and how late requests are at least. */
function earlyTerm(load: number, { allowed, n, late }: LateRequests, inflation: number): Term {
  const seen = Math.min(1 - LEAST_SHARE, late / n);
  const shareAt = (height: number) => Math.min(seen, Math.max(allowed, lateShareAt(height, allowed)));
  return {
    load,
    logLikelihood: (height) => {
      const share = shareAt(height);
      return (late * Math.log(share) + (n - late) * Math.log1p(-share)) / inflation;
    },
    derivative: (height) => {
      const share = shareAt(height);
      return share === allowed || share === seen ? 0 : (late - n * share) / inflation;
    },
  };
}

/** A curve is straight within this share of the crossing, and within this many logits of the allowed share. */
const BANDWIDTH = 0.75;
const STRAIGHT = 2.5;
/** A step that is far still says on which side the crossing is. */
const LEAST_WEIGHT = 0.1;

function weightsAround({ centre }: Curve): (point: LoadPoint) => number {
  return ({ load, tally }) => {
    const byLoad = tricube(Math.abs(load - centre) / (BANDWIDTH * centre));
    return Math.max(LEAST_WEIGHT, byLoad * tricube(logitsAway(tally) / STRAIGHT));
  };
}

/** The weight of what lies at a distance, in bandwidths (Cleveland 1979). */
export function tricube(distance: number): number {
  return distance < 1 ? (1 - distance ** 3) ** 3 : 0;
}

/** How far the late share of a step lies above the allowed share. A step with almost no late request tells little anyway. */
function logitsAway(tally: Tally): number {
  if (tally.kind === 'mean') return 0;
  const { allowed, n, late } = tally;
  return Math.max(0, Math.log((late + 0.5) / (n - late + 0.5)) - Math.log(allowed / (1 - allowed)));
}

interface Profile {
  /** The median of the likelihood. */
  readonly value: number;
  readonly most: number;
  readonly loads: readonly number[];
  readonly logLikelihoods: readonly number[];
  readonly at: (crossing: number) => number;
}

const GRID = 40;
/** The curve is looked at up to this many times the greatest load. */
const BEYOND = 2;
/** Loads whose log-likelihood is lower by more than this are out of the question. */
const OUT_OF_QUESTION = 6;

/** The likelihood on a coarse grid of all loads, and on a fine one of those that are in question. */
function profileOf(terms: readonly Term[]): Profile {
  const greatest = BEYOND * Math.max(...terms.map(({ load }) => load));
  const at = (crossing: number) => likeliest(terms, crossing).logLikelihood;
  // No crossing lies at 0 itself: a slope has no rise there.
  const coarse = gridOf({ low: greatest / GRID ** 2, high: greatest }).map((load) => ({ load, height: at(load) }));
  const top = Math.max(...coarse.map(({ height }) => height));
  const likely = coarse.flatMap(({ height }, i) => (height >= top - OUT_OF_QUESTION ? [i] : []));
  const low = coarse[Math.max(0, likely[0]! - 1)]!.load;
  const high = coarse[Math.min(GRID, likely.at(-1)! + 1)]!.load;
  const loads = gridOf({ low, high });
  const logLikelihoods = loads.map(at);
  const most = Math.max(...logLikelihoods);
  const value = medianOf(
    loads,
    logLikelihoods.map((each) => Math.exp(each - most)),
  );
  return { value, most, loads, logLikelihoods, at };
}

function gridOf({ low, high }: { readonly low: number; readonly high: number }): number[] {
  return Array.from({ length: GRID + 1 }, (_, i) => low + ((high - low) * i) / GRID);
}

/**
 * Where half of the likelihood lies on each side. Its greatest value would lie at the very border where the steps below are all in time
 * and those above all late, since the steepest curve fits these best.
 */
function medianOf(loads: readonly number[], likelihoods: readonly number[]): number {
  const half = likelihoods.reduce((total, each) => total + each, 0) / 2;
  let passed = 0;
  const at = likelihoods.findIndex((each) => {
    passed += each;
    return passed >= half;
  });
  const width = loads[1]! - loads[0]!;
  return Math.max(0, loads[at]! + width * (0.5 - (passed - half) / likelihoods[at]!));
}

/**
 * The curve is believed to rise by this much over as much load as the crossing itself. An M/M/1 queue rises by
 * 3.2 times load / (1 - load), and the law of docs/load.md by 2.3. Few short steps cannot tell the slope, and without any belief in it
 * a third of the searches had an interval too wide to use. The belief is Student's t on the logarithm of the stretch, with heavy tails: a
 * flat curve or a cliff is believed as soon as the steps show it.
 */
const USUAL_RISE = 3;
/** The scale of the stretch, on the scale of logarithms. */
const LOOSENESS = 0.7;
const DEGREES_OF_FREEDOM = 3;

/** How much the usual curve rises from a crossing to a load, in logits or in limits. */
function riseTo(load: number, crossing: number): number {
  return (USUAL_RISE * (load - crossing)) / crossing;
}

/** The least and the greatest stretch: a curve that is next to flat, and a cliff. */
const STRETCH = { least: 0.003, most: 3_000 } as const;

/** The stretch with the greatest log-likelihood, with the belief about it. */
function likeliest(
  terms: readonly Term[],
  crossing: number,
): { readonly stretch: number; readonly logLikelihood: number } {
  const rises = terms.map(({ load }) => riseTo(load, crossing));
  const surprise = (stretch: number) => Math.log(stretch) / LOOSENESS;
  const derivative = (stretch: number) => {
    const z = surprise(stretch);
    let total = (-(DEGREES_OF_FREEDOM + 1) * z) / (DEGREES_OF_FREEDOM + z ** 2) / (LOOSENESS * stretch);
    for (const [i, term] of terms.entries()) total += rises[i]! * term.derivative(stretch * rises[i]!);
    return total;
  };
  let [low, high]: [number, number] = [STRETCH.least, STRETCH.most];
  for (let i = 0; i < 16; i++) {
    const middle = Math.sqrt(low * high);
    if (derivative(middle) > 0) low = middle;
    else high = middle;
  }
  const stretch = Math.sqrt(low * high);
  const belief = (-(DEGREES_OF_FREEDOM + 1) / 2) * Math.log1p(surprise(stretch) ** 2 / DEGREES_OF_FREEDOM);
  const logLikelihood = terms.reduce((total, term, i) => total + term.logLikelihood(stretch * rises[i]!), belief);
  return { stretch, logLikelihood };
}

/** The outermost loads within the interval. The fine grid has one load beyond them on each side, unless they lie at its end. */
function boundsOf({ most, loads, logLikelihoods, at }: Profile, level: number): { low: number; high: number } {
  const least = most - normalQuantile(1 - level) ** 2 / 2;
  const inside = (i: number) => logLikelihoods[i]! >= least;
  const holds = (load: number) => at(load) >= least;
  const first = loads.findIndex((_, i) => inside(i));
  const last = loads.findLastIndex((_, i) => inside(i));
  return {
    low: first === 0 ? 0 : border(loads[first - 1]!, loads[first]!, holds),
    high: last === loads.length - 1 ? Number.POSITIVE_INFINITY : border(loads[last + 1]!, loads[last]!, holds),
  };
}

/** Finds the load from which a property holds, between a load without it and a load with it. */
function border(without: number, within: number, holds: (load: number) => boolean): number {
  let [outside, inside] = [without, within];
  for (let i = 0; i < 8; i++) {
    const middle = (outside + inside) / 2;
    if (holds(middle)) inside = middle;
    else outside = middle;
  }
  return inside;
}
