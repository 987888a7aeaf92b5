/** Quality, cost and latency of a cascade against the LLM alone, on samples that did not help to choose their own rule. */
import type { Analysis, SampleInfo, SuiteAnalysis, TaskAnalysis } from '../../analyse/analysis.js';
import { clusterOf, clustersOf } from '../../analyse/cells.js';
import { isMissing, type Missing, missing } from '../../quantity.js';
import { mean, standardDeviation } from '../../stats/basics/moments.js';
import { type NonInferiority, testNonInferiority } from '../../stats/compare/noninferiority.js';
import { clusterIndices } from '../../stats/estimate/clusters.js';
import type { Estimate } from '../../stats/estimate/estimate.js';
import { estimateMean } from '../../stats/estimate/estimators.js';
import { estimateQuantile } from '../../stats/estimate/order-statistics.js';
import { asymptoticInterval } from '../../stats/sequential/asymptotic.js';
import { plannedPairs } from '../references.js';
import { testSequentially } from '../sequential.js';
import { type Ruled, ruleByFolds, ruleByRounds } from './folds.js';
import { askingCost, asks, type Case, type Wanted } from './rule.js';

/** End-to-end seconds of a request: of the cascade, and of the LLM alone on the same requests. */
export interface CascadeLatency {
  readonly cascade: { readonly mean: Estimate | Missing; readonly p95: Estimate | Missing };
  readonly large: { readonly mean: Estimate | Missing; readonly p95: Estimate | Missing };
}

export interface Place {
  readonly analysis: Analysis;
  readonly suite: SuiteAnalysis;
  readonly task: TaskAnalysis;
}

export interface Evaluated {
  readonly ruled: Ruled;
  readonly wanted: Wanted;
  readonly test: NonInferiority;
  /** The difference of the cost, cascade minus LLM. */
  readonly difference: Estimate;
}

export function evaluateByFolds(cases: readonly Case[], { analysis, suite }: Place): Evaluated | Missing {
  const { margin, alpha } = suite.requirement;
  const wanted = { margin, alpha, n: cases.length };
  const ruled = ruleByFolds(cases, wanted, analysis.run.settings.seed);
  if (isMissing(ruled)) return ruled;
  const clusters = clustersOf(samplesOf(ruled));
  const test = testNonInferiority(scoresOf(ruled), largeScoresOf(ruled), { margin, alpha, ...clusters });
  if (isMissing(test)) return test;
  const difference = estimateMean(savingsOf(ruled), clusters);
  return isMissing(difference) ? difference : { ruled, wanted, test, difference };
}

/** The rule of a round is fixed before the round, so that the test holds at every look. */
export function evaluateByRounds(cases: readonly Case[], { analysis, suite, task }: Place): Evaluated | Missing {
  const { margin, alpha } = suite.requirement;
  const { seed, untilSure } = analysis.run.settings;
  const comparisons = plannedPairs(analysis, suite);
  const planned = task.samples;
  const name = `${task.suite}/${task.name}`;
  // The number of samples is not known before the end, so a rule must not depend on it. An interval that holds at every look
  // is about twice as wide as that of a fixed plan, so a rule needs the room of a quarter of the samples.
  const wanted = { margin, alpha: alpha / comparisons, n: planned.length / 4 };
  const ruled = ruleByRounds(cases, wanted, { planned, seed, task: name, firstRound: untilSure!.firstRound });
  if (isMissing(ruled)) return ruled;
  const test = testSequentially(
    { planned, samples: samplesOf(ruled), candidate: scoresOf(ruled), reference: largeScoresOf(ruled) },
    { margin, alpha, comparisons, seed, task: name },
  );
  return isMissing(test) ? test : { ruled, wanted, test, difference: sequenceOfMeans(savingsOf(ruled), ruled) };
}

/** The number of groups at which the sequence of costs is tightest. */
const TUNED_FOR = 100;

/** A mean of unbounded values by groups, whose interval holds at any time. It is close to exact from about 100 groups on. */
function sequenceOfMeans(values: readonly number[], ruled: Ruled): Estimate {
  const clusters = samplesOf(ruled).map(clusterOf);
  const means = clusterIndices(clusters).map((group) => mean(group.map((i) => values[i]!)));
  const [n, confidence] = [means.length, 0.95];
  const tuned = (2 * Math.log(1 / 0.05) + Math.log(2 * Math.log(1 / 0.05) + 1)) / TUNED_FOR;
  const spread = {
    mean: mean(means),
    n,
    standardDeviation: n > 1 ? standardDeviation(means) : Number.POSITIVE_INFINITY,
  };
  return {
    value: spread.mean,
    ...asymptoticInterval(spread, { confidence, rhoSquared: tuned }),
    n: values.length,
    ...(n < values.length && { clusters: n }),
    confidence,
    method: 'asymptotic-sequence',
    warnings: n < TUNED_FOR ? [`only ${n} samples or groups: the interval may be too narrow`] : [],
  };
}

export function samplesOf({ cases }: Ruled): SampleInfo[] {
  return cases.map(({ sample }) => sample);
}

export function scoresOf({ cases }: Ruled): number[] {
  return cases.map((one) => (asks(one.rule, one) ? one.large : one.small));
}

function largeScoresOf({ cases }: Ruled): number[] {
  return cases.map(({ large }) => large);
}

export function costsOf({ cases }: Ruled): number[] {
  return cases.map((one) => askingCost(one, one.rule.signal) + (asks(one.rule, one) ? one.largeCost : 0));
}

/** Cascade minus LLM. */
function savingsOf(ruled: Ruled): number[] {
  return costsOf(ruled).map((cost, i) => cost - ruled.cases[i]!.largeCost);
}

/** Every request takes the time of the SLM, and a deferred one that of the LLM after it. Most are fast; the tail is slow. */
export function latencyOf({ cases }: Ruled): CascadeLatency | Missing {
  const timed = cases.flatMap((one) => (one.seconds === null ? [] : [{ ...one, seconds: one.seconds }]));
  if (timed.length < cases.length) return missing('some requests have no latency of their own on both models');
  const answers = ({ rule, answers }: Ruled['cases'][number]) => (rule.signal === 'agreement' ? answers : 1);
  const cascade = timed.map((one) => answers(one) * one.seconds.small + (asks(one.rule, one) ? one.seconds.large : 0));
  const at = (values: readonly number[]) => ({ mean: estimateMean(values), p95: estimateQuantile(values, 0.95) });
  return { cascade: at(cascade), large: at(timed.map(({ seconds }) => seconds.large)) };
}
