/**
 * At which load does an objective cease to hold? All steps of a search are pooled: the share of late requests rises with the load on a
 * logistic curve near the limit,
 *
 *     logit p(x) = logit(allowed) + slope (x - crossing),     slope >= 0
 *
 * and the interval of the crossing is that of the profile likelihood (Venzon and Moolgavkar 1988, Applied Statistics 37:87): the loads
 * whose likelihood lies within chi-square / 2 of the greatest. It needs no variance, and holds where all requests of one step are in
 * time and all of the next are late. Counts are divided by the inflation of their variance, because late requests come together.
 * A curve over all loads would be wrong far from the limit, so steps weigh less the further they are from it (tricube weights, as in
 * loess: Cleveland 1979, JASA 74:829). A limit on a mean has a straight line and a normal likelihood in the place of these.
 */
import { normalQuantile } from '../stats/basics/distributions.js';
import type { Evidence } from './evidence.js';
import { inflationOf } from './together.js';

export interface LoadEvidence {
  readonly load: number;
  readonly evidence: Evidence;
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

/** Null where there is no evidence. */
export function crossingOf(points: readonly LoadEvidence[], levels: CrossingLevels): Crossing | null {
  if (points.length === 0) return null;
  const first = profileOf(points.map((point) => termOf(point, { undecided: 0.5, weight: 1, inflation: 1 })));
  const loads = points.map(({ load }) => load);
  const centre = Math.min(Math.max(...loads), Math.max(Math.min(...loads), first.value));
  const weightAt = weightsAround(centre, points);
  const near = points.filter(({ load }) => weightAt(load) > LEAST_WEIGHT);
  const inflation = inflationOf(near.flatMap(({ evidence }) => (evidence.kind === 'late' ? [evidence.together] : [])));
  const weigh = (undecided: number) =>
    points.map((point) => termOf(point, { undecided, weight: weightAt(point.load), inflation }));
  const hopeful = profileOf(weigh(0));
  const cautious = points.some(({ evidence }) => evidence.kind === 'late' && evidence.undecided > 0)
    ? profileOf(weigh(1))
    : hopeful;
  const low = boundsOf(cautious, levels.low).low;
  const high = boundsOf(hopeful, levels.high).high;
  return { value: Math.min(high, Math.max(low, cautious.value)), low, high };
}

/** One step in the likelihood: its load, and its log-likelihood and slope at a height of the curve. */
interface Term {
  readonly load: number;
  readonly logLikelihood: (height: number) => number;
  readonly derivative: (height: number) => number;
}

function termOf(
  { load, evidence }: LoadEvidence,
  { undecided, weight, inflation }: { readonly undecided: number; readonly weight: number; readonly inflation: number },
): Term {
  if (evidence.kind === 'mean') {
    const precision = weight / Math.max(evidence.standardError, 1e-6) ** 2;
    return {
      load,
      logLikelihood: (height) => (-precision * (evidence.excess - height) ** 2) / 2,
      derivative: (height) => precision * (evidence.excess - height),
    };
  }
  const share = weight / inflation;
  const late = (evidence.late + undecided * evidence.undecided) * share;
  const inTime = evidence.n * share - late;
  const base = Math.log(evidence.allowed / (1 - evidence.allowed));
  return {
    load,
    logLikelihood: (height) => -late * softplus(-base - height) - inTime * softplus(base + height),
    derivative: (height) => late / (1 + Math.exp(base + height)) - inTime / (1 + Math.exp(-base - height)),
  };
}

/** log(1 + e^x) without overflow. */
function softplus(x: number): number {
  return x > 30 ? x : Math.log1p(Math.exp(x));
}

/** Steps at more than this share of the centre away from it weigh the least. */
const BANDWIDTH = 0.75;
/** But half of all requests lie within this share of the bandwidth, wherever the centre is. */
const HALF_WITHIN = 2 / 3;
/** A step that is far still says on which side the crossing is. */
const LEAST_WEIGHT = 0.1;

function weightsAround(centre: number, points: readonly LoadEvidence[]): (load: number) => number {
  const distances = points
    .map(({ load, evidence: { n } }) => ({ distance: Math.abs(load - centre), n }))
    .sort((a, b) => a.distance - b.distance);
  const requests = distances.reduce((total, { n }) => total + n, 0);
  let [passed, half] = [0, 0];
  for (const { distance, n } of distances) {
    if (passed < requests / 2) half = distance;
    passed += n;
  }
  const bandwidth = Math.max(BANDWIDTH * centre, half / HALF_WITHIN);
  return (load) => {
    const distance = Math.abs(load - centre) / bandwidth;
    return Math.max(LEAST_WEIGHT, distance < 1 ? (1 - distance ** 3) ** 3 : 0);
  };
}

interface Profile {
  /** The median of the likelihood. */
  readonly value: number;
  readonly most: number;
  readonly loads: readonly number[];
  readonly logLikelihoods: readonly number[];
  readonly at: (crossing: number) => number;
}

const GRID = 60;
/** The curve is looked at up to this many times the greatest load. */
const BEYOND = 2;
/** Loads whose log-likelihood is lower by more than this are out of the question. */
const OUT_OF_QUESTION = 6;

/** The likelihood on a coarse grid of all loads, and on a fine one of those that are in question. */
function profileOf(terms: readonly Term[]): Profile {
  const greatest = BEYOND * Math.max(...terms.map(({ load }) => load));
  const at = (crossing: number) => greatestOverSlopes(terms, crossing);
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
 * How much the curve rises over as much load as the crossing itself: `slope x crossing`, in logits or in limits. An M/M/1 queue rises by
 * 3.2 times load / (1 - load), and the law of docs/load.md by 2.3. Few short steps cannot tell the slope, and without any belief in it
 * a third of the searches leaves the interval open on one side. The belief is Student's t on the logarithm, with heavy tails: a flat
 * curve or a cliff is believed as soon as the steps show it.
 */
const USUAL_RISE = 3;
/** The scale of the belief, on the scale of logarithms. */
const LOOSENESS = 0.7;
const DEGREES_OF_FREEDOM = 3;

/** The greatest log-likelihood over all slopes, with the belief about slopes. */
function greatestOverSlopes(terms: readonly Term[], crossing: number): number {
  const surprise = (slope: number) => Math.log((slope * crossing) / USUAL_RISE) / LOOSENESS;
  const belief = (slope: number) =>
    (-(DEGREES_OF_FREEDOM + 1) / 2) * Math.log1p(surprise(slope) ** 2 / DEGREES_OF_FREEDOM);
  const derivative = (slope: number) => {
    const z = surprise(slope);
    let total = (-(DEGREES_OF_FREEDOM + 1) * z) / (DEGREES_OF_FREEDOM + z ** 2) / (LOOSENESS * slope);
    for (const term of terms) {
      const distance = term.load - crossing;
      total += distance * term.derivative(slope * distance);
    }
    return total;
  };
  const logLikelihood = (slope: number) =>
    terms.reduce((total, term) => total + term.logLikelihood(slope * (term.load - crossing)), belief(slope));
  const scale = Math.max(...terms.map(({ load }) => load));
  // Between a hundredth of a step over all loads and a cliff, on a scale of factors.
  let [low, high] = [0.01 / scale, 1e4 / scale];
  for (let i = 0; i < 22; i++) {
    const middle = Math.sqrt(low * high);
    if (derivative(middle) > 0) low = middle;
    else high = middle;
  }
  return logLikelihood(Math.sqrt(low * high));
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

/** Where a property begins to hold, between a load where it does not and one where it does. */
function border(without: number, within: number, holds: (load: number) => boolean): number {
  let [outside, inside] = [without, within];
  for (let i = 0; i < 8; i++) {
    const middle = (outside + inside) / 2;
    if (holds(middle)) inside = middle;
    else outside = middle;
  }
  return inside;
}
