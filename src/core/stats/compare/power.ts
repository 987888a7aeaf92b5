/**
 * The power of the deciding test itself: the chance that `n` samples show non-inferiority. Suites are drawn as they are
 * assumed to be, and the test of `testNonInferiority` judges each, clusters and few samples included, where a formula only approximates it.
 *
 * Samples of one cluster are alike in this way: each takes the outcome of its cluster with probability sqrt(ICC), and otherwise
 * one of its own. Two samples of a cluster then correlate by the ICC.
 */
import { isMissing, type Missing, missing } from '../../quantity.js';
import { expectBetween0And1, expectCount, expectProbability } from '../basics/expect.js';
import { sum } from '../basics/moments.js';
import { createRandom, type Random, type Seed } from '../basics/random.js';
import { designEffect } from '../estimate/clusters.js';
import { pairScores } from './noninferiority.js';
import { pairedDifferences } from './paired.js';
import { type NonInferiorityPlan, tangoSampleSize } from './sample-size.js';

export interface SuitePlan extends Omit<NonInferiorityPlan, 'designEffect'> {
  /** Samples of one cluster; the default is 1. */
  readonly clusterSize?: number;
  /** ICC, how alike the outcomes of one cluster are: 0 not at all, 1 wholly. The default is 0. */
  readonly intraclassCorrelation?: number;
}

/** Large suites are slow to judge, so fewer of them are drawn: the standard error is 0.9 to 2 points at a power of 80%. */
const MOST_DRAWN = 600_000;
const [FEWEST_SUITES, MOST_SUITES] = [400, 2_000];

function suitesOf(n: number): number {
  return Math.max(FEWEST_SUITES, Math.min(MOST_SUITES, Math.floor(MOST_DRAWN / n)));
}

/** The share of drawn suites of `n` samples that show non-inferiority. */
export function simulatePower(n: number, plan: SuitePlan, seed: Seed): number {
  expectCount('n', n, 1);
  const suites = suitesOf(n);
  const { margin, alpha = 0.05, clusterSize = 1 } = plan;
  expectCount('clusterSize', clusterSize, 1);
  const random = createRandom(seed, 'power');
  const clusters = clusterSize > 1 ? Array.from({ length: n }, (_, i) => Math.floor(i / clusterSize)) : undefined;
  const isShown = ({ candidate, reference }: Suite): boolean => {
    const pairs = pairScores(pairedDifferences(candidate, reference), clusters);
    return !isMissing(pairs) && pairs.test.greaterP(-margin) <= alpha;
  };
  const judge = clusters === undefined ? oncePerTotals(isShown) : isShown;
  let shown = 0;
  for (let suite = 0; suite < suites; suite++) if (judge(drawSuite(n, plan, random))) shown++;
  return shown / suites;
}

export interface Suite {
  readonly candidate: readonly number[];
  readonly reference: readonly number[];
}

/** Of samples without groups only the totals count, and the test is dear: suites with the same totals are judged once. */
export function oncePerTotals(isShown: (suite: Suite) => boolean): (suite: Suite) => boolean {
  const judged = new Map<string, boolean>();
  return (suite) => {
    const totals = `${sum(suite.candidate)} ${sum(suite.reference)}`;
    const known = judged.get(totals) ?? isShown(suite);
    judged.set(totals, known);
    return known;
  };
}

type Outcome = 'only candidate' | 'only reference' | 'both';

/** The scores of a suite of `n` samples under the plan, in groups of its size. */
export function drawSuite(n: number, plan: Omit<SuitePlan, 'margin'>, random: Random): Suite {
  const { discordance, difference = 0, clusterSize = 1, intraclassCorrelation = 0 } = plan;
  expectProbability('intraclassCorrelation', intraclassCorrelation);
  const onlyCandidate = (discordance + difference) / 2;
  const draw = (): Outcome => {
    const u = random.uniform();
    if (u < onlyCandidate) return 'only candidate';
    return u < discordance ? 'only reference' : 'both';
  };
  const shares = Math.sqrt(intraclassCorrelation);
  const [candidate, reference]: [number[], number[]] = [[], []];
  let ofCluster: Outcome = 'both';
  for (let i = 0; i < n; i++) {
    if (i % clusterSize === 0) ofCluster = draw();
    const outcome = random.uniform() < shares ? ofCluster : draw();
    candidate.push(outcome === 'only reference' ? 0 : 1);
    reference.push(outcome === 'only candidate' ? 0 : 1);
  }
  return { candidate, reference };
}

/** Samples, and the power that they were found to have. */
export interface SampleSize {
  readonly samples: number;
  readonly power: number;
}

/** Past this many samples there is no number: the truth lies too near the margin. */
const MOST_SAMPLES = 10_000;
/** The size is narrowed to this factor: closer than that, the drawn suites do not tell sizes apart. */
const CLOSE = 1.03;

/**
 * The least number of samples, to within 3%, that was found to show non-inferiority with the wanted power. The search starts at
 * the size by formula. Where models rarely disagree, power rises in steps, and the size found may have more power than wanted.
 */
export function simulateSampleSize(plan: SuitePlan, power: number, seed: Seed): SampleSize | Missing {
  expectBetween0And1('power', power);
  const { clusterSize = 1, intraclassCorrelation = 0 } = plan;
  const formula = tangoSampleSize({ ...plan, designEffect: designEffect(clusterSize, intraclassCorrelation) }, power);
  const sizeOf = (clusters: number): SampleSize => {
    const samples = clusters * clusterSize;
    return { samples, power: simulatePower(samples, plan, seed) };
  };
  const most = Math.floor(MOST_SAMPLES / clusterSize);
  // A test takes two clusters at least.
  let high = Math.max(2, Math.ceil(formula / clusterSize));
  if (high > most) return tooMany();
  let found = sizeOf(high);
  let low = 1;
  while (found.power < power) {
    low = high;
    high = Math.ceil(high * 1.25);
    if (high > most) return tooMany();
    found = sizeOf(high);
  }
  while (high - low > 1 && high / low > CLOSE) {
    const middle = Math.max(low + 1, Math.floor(Math.sqrt(low * high)), Math.floor(high / 1.25));
    const tried = sizeOf(Math.min(middle, high - 1));
    if (tried.power >= power) [high, found] = [tried.samples / clusterSize, tried];
    else low = tried.samples / clusterSize;
  }
  return found;
}

function tooMany(): Missing {
  return missing(`more than ${MOST_SAMPLES} samples`);
}
