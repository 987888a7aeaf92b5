/**
 * SLMs against LLMs, on the samples where both have a score. The reference LLM is fixed before the comparison, and all claims
 * of a suite share the error rate. The interval of each comparison is the one that decides.
 */
import {
  type Analysis,
  type Cell,
  cellOf,
  type SampleInfo,
  type SuiteAnalysis,
  type TaskAnalysis,
} from '../analyse/analysis.js';
import { clustersOf } from '../analyse/cells.js';
import { summaryOf } from '../analyse/distribution.js';
import { COMPARED, type DistributedMetric, isOfSession, METRICS, type MetricOfSession } from '../measure/metrics.js';
import { isMissing, type Missing, missing } from '../quantity.js';
import { once } from '../stats/basics/once.js';
import { judgePairs } from '../stats/compare/noninferiority.js';
import type { Estimate } from '../stats/estimate/estimate.js';
import { estimateRatio } from '../stats/estimate/ratio.js';
import type { PairDecision } from './claims.js';
import type { Comparison, Factors } from './comparison.js';
import { type PairDraft, samplesOfBoth } from './suite-tests.js';

export interface JudgedPair {
  readonly draft: PairDraft;
  readonly decision: PairDecision;
}

export function comparisonOf(
  analysis: Pick<Analysis, 'models'>,
  suite: Pick<SuiteAnalysis, 'tasks' | 'requirement'>,
  { draft, decision }: JudgedPair,
): Comparison {
  const { candidate, reference, scores, pairs } = draft;
  const { nonInferior, inferior } = decision.levels;
  const { margin } = suite.requirement;
  const test = isMissing(pairs) ? pairs : judgePairs(pairs, { margin, alpha: { nonInferior, inferior } });
  const task = suite.tasks.find(({ name }) => name === draft.task)!;
  const factors = once(() => factorsOf(analysis, task, draft));
  return {
    candidate,
    reference,
    scores,
    test,
    decision: isMissing(test) ? null : test.decision,
    fits: decision.fits,
    isOut: decision.out,
    adjusted: { fitsP: decision.fitsP, outP: decision.outP },
    get factors() {
      return factors();
    },
  };
}

export interface Pairs {
  readonly samples: readonly SampleInfo[];
  readonly candidate: readonly number[];
  readonly reference: readonly number[];
}

export function scoresOfBoth(task: TaskAnalysis, candidate: string, reference: string): Pairs {
  return valuesOfBoth(task, [candidate, reference], (result) => result.score);
}

function valuesOfBoth(
  task: TaskAnalysis,
  models: readonly [string, string],
  read: (result: NonNullable<Cell['results'][number]>) => number | null | undefined,
): Pairs {
  const found = samplesOfBoth(task, models).flatMap(({ sample, first, second }) => {
    const [a, b] = [read(first), read(second)];
    return a === null || a === undefined || b === null || b === undefined ? [] : [{ sample, a, b }];
  });
  return {
    samples: found.map(({ sample }) => sample),
    candidate: found.map(({ a }) => a),
    reference: found.map(({ b }) => b),
  };
}

const OTHER_MACHINES = missing('the two models were measured on different machines');

function factorsOf(
  analysis: Pick<Analysis, 'models'>,
  task: TaskAnalysis,
  { candidate, reference }: Pick<PairDraft, 'candidate' | 'reference'>,
): Factors {
  const [own, other] = [cellOf(task, candidate).machine, cellOf(task, reference).machine];
  const apart = own !== null && other !== null && own !== other;
  const ratio = (metric: DistributedMetric): Estimate | Missing => {
    if (apart && METRICS[metric].latency) return OTHER_MACHINES;
    const pairs = valuesOfBoth(task, [candidate, reference], (result) => result.timings[metric]);
    const positive = pairs.candidate.every((value) => value > 0) && pairs.reference.every((value) => value > 0);
    if (pairs.samples.length === 0) return missing('no sample has a value on both models');
    if (!positive) return missing('a value of 0 has no ratio');
    return estimateRatio(pairs.reference, pairs.candidate, clustersOf(pairs.samples));
  };
  const ofModels = (metric: MetricOfSession): { readonly value: number } | Missing => {
    if (apart) return OTHER_MACHINES;
    const spread = (id: string) => analysis.models.find((model) => model.id === id)!.metrics[metric];
    const [a, b] = [spread(candidate), spread(reference)];
    if (isMissing(a)) return a;
    return isMissing(b) ? b : { value: summaryOf(metric, a) / summaryOf(metric, b) };
  };
  return Object.fromEntries(
    COMPARED.map((metric) => [metric, isOfSession(metric) ? ofModels(metric) : ratio(metric)]),
  ) as unknown as Factors;
}
