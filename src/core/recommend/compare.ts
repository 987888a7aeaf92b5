/**
 * SLMs against LLMs, on the samples where both have a score. The reference LLM is fixed before the comparison, and all
 * comparisons of a suite share the error rate.
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
import { COMPARED, type DistributedMetric, isOfSession, type MetricOfSession } from '../measure/metrics.js';
import { isMissing, type Missing, missing } from '../quantity.js';
import { mean } from '../stats/basics/moments.js';
import { holm } from '../stats/compare/multiple.js';
import {
  decideTogether,
  type ItemsToDecide,
  type NonInferiority,
  testNonInferiority,
} from '../stats/compare/noninferiority.js';
import type { Estimate } from '../stats/estimate/estimate.js';
import { estimateRatio } from '../stats/estimate/ratio.js';
import type { Comparison, Factors, Reference } from './comparison.js';
import { plannedPairs } from './references.js';
import { testSequentially } from './sequential.js';

export interface Comparisons {
  readonly byTask: ReadonlyMap<string, readonly Comparison[]>;
  /** The number of different comparisons that share the error rate. */
  readonly family: number;
}

/** All comparisons of a suite, by task. Their decisions hold together. */
export function compareAll(analysis: Analysis, suite: SuiteAnalysis, references: readonly Reference[]): Comparisons {
  const { alpha, margin } = suite.requirement;
  const { settings } = analysis.run;
  const sequential =
    settings.untilSure === undefined ? null : { seed: settings.seed, comparisons: plannedPairs(analysis, suite) };
  const drafts = suite.tasks.flatMap((task) =>
    references.map((reference) => ({
      task,
      ...reference,
      ...testPair(task, reference, { alpha, margin, sequential }),
    })),
  );
  if (sequential !== null) return sharedBeforehand(analysis, drafts, suite, sequential.comparisons);
  // Several engines that give the same answers from the same weights count as one comparison.
  const distinct = new Map<string, NonInferiority>();
  for (const { fingerprint, test } of drafts) if (!isMissing(test)) distinct.set(fingerprint, test);
  const family = [...distinct.values()];
  const decisions = decideTogether(family, alpha);
  const nonInferior = holm(family.map(({ nonInferiorP }) => nonInferiorP));
  const inferior = holm(family.map(({ inferiorP }) => inferiorP));
  const order = new Map([...distinct.keys()].map((fingerprint, i) => [fingerprint, i]));

  const byTask = new Map<string, Comparison[]>(suite.tasks.map(({ name }) => [name, []]));
  for (const { task, candidate, reference, scores, test, fingerprint } of drafts) {
    const i = order.get(fingerprint);
    byTask.get(task.name)!.push({
      candidate,
      reference,
      scores,
      test,
      decision: i === undefined ? null : decisions[i]!,
      adjusted: i === undefined ? null : { nonInferiorP: nonInferior[i]!, inferiorP: inferior[i]! },
      needed: neededOf(task, { candidate, reference }, { alpha: alpha / Math.max(1, family.length), margin }),
      factors: factorsOf(analysis, task, candidate, reference),
    });
  }
  return { byTask, family: family.length };
}

interface Draft extends Reference {
  readonly task: TaskAnalysis;
  readonly scores: Comparison['scores'];
  readonly test: NonInferiority | Missing;
}

/** The tests of these comparisons have their share of the error rate already, so nothing is corrected. */
function sharedBeforehand(
  analysis: Analysis,
  drafts: readonly Draft[],
  suite: SuiteAnalysis,
  family: number,
): Comparisons {
  const byTask = new Map<string, Comparison[]>(suite.tasks.map(({ name }) => [name, []]));
  for (const { task, candidate, reference, scores, test } of drafts) {
    byTask.get(task.name)!.push({
      candidate,
      reference,
      scores,
      test,
      decision: isMissing(test) ? null : test.decision,
      adjusted: null,
      needed: isMissing(test) ? test : test.itemsToDecide,
      factors: factorsOf(analysis, task, candidate, reference),
    });
  }
  return { byTask, family };
}

interface PairTestOptions {
  readonly alpha: number;
  readonly margin: number;
  /** Present if the run looked at the data while they came; else null. */
  readonly sequential: { readonly seed: number; readonly comparisons: number } | null;
}

function testPair(
  task: TaskAnalysis,
  { candidate, reference }: Reference,
  { sequential, ...options }: PairTestOptions,
): { readonly test: NonInferiority | Missing; readonly scores: Comparison['scores']; readonly fingerprint: string } {
  const pairs = pairScores(task, candidate, reference);
  if (pairs.samples.length === 0) {
    const absent = missing(`no sample of ${task.name} was scored on both ${candidate} and ${reference}`);
    return { test: absent, scores: absent, fingerprint: '' };
  }
  const test =
    sequential === null
      ? testNonInferiority(pairs.candidate, pairs.reference, { ...options, ...clustersOf(pairs.samples) })
      : testSequentially(
          { planned: task.samples, ...pairs },
          { ...options, ...sequential, task: `${task.suite}/${task.name}` },
        );
  const differences = pairs.candidate.map((score, i) => score - pairs.reference[i]!);
  const scores = { candidate: mean(pairs.candidate), reference: mean(pairs.reference) };
  return { test, scores, fingerprint: JSON.stringify([task.name, pairs.samples.map(({ id }) => id), differences]) };
}

/** The samples that decide the comparison at the strictest share of the error rate. */
function neededOf(
  task: TaskAnalysis,
  { candidate, reference }: Pick<Reference, 'candidate' | 'reference'>,
  options: { readonly alpha: number; readonly margin: number },
): ItemsToDecide | Missing {
  const pairs = pairScores(task, candidate, reference);
  if (pairs.samples.length === 0) return missing('there is no pair of scores');
  const test = testNonInferiority(pairs.candidate, pairs.reference, { ...options, ...clustersOf(pairs.samples) });
  return isMissing(test) ? test : test.itemsToDecide;
}

export interface Pairs {
  readonly samples: readonly SampleInfo[];
  readonly candidate: readonly number[];
  readonly reference: readonly number[];
}

export function pairScores(task: TaskAnalysis, candidate: string, reference: string): Pairs {
  return pair(task, [candidate, reference], (result) => result.score);
}

function pair(
  task: TaskAnalysis,
  models: readonly [string, string],
  read: (result: NonNullable<Cell['results'][number]>) => number | null | undefined,
): Pairs {
  const [first, second] = models.map((model) => cellOf(task, model).results);
  const samples: SampleInfo[] = [];
  const candidate: number[] = [];
  const reference: number[] = [];
  task.samples.forEach((sample, i) => {
    const [a, b] = [first![i], second![i]].map((result) => (result ? read(result) : null));
    if (a === null || a === undefined || b === null || b === undefined) return;
    samples.push(sample);
    candidate.push(a);
    reference.push(b);
  });
  return { samples, candidate, reference };
}

function factorsOf(analysis: Analysis, task: TaskAnalysis, candidate: string, reference: string): Factors {
  const ratio = (metric: DistributedMetric): Estimate | Missing => {
    const pairs = pair(task, [candidate, reference], (result) => result.timings[metric]);
    const positive = pairs.candidate.every((value) => value > 0) && pairs.reference.every((value) => value > 0);
    if (pairs.samples.length === 0) return missing('no sample has a value on both models');
    if (!positive) return missing('a value of 0 has no ratio');
    return estimateRatio(pairs.reference, pairs.candidate, clustersOf(pairs.samples));
  };
  const ofModels = (metric: MetricOfSession): { readonly value: number } | Missing => {
    const spread = (id: string) => analysis.models.find((model) => model.id === id)!.metrics[metric];
    const [a, b] = [spread(candidate), spread(reference)];
    if (isMissing(a)) return a;
    return isMissing(b) ? b : { value: summaryOf(metric, a) / summaryOf(metric, b) };
  };
  return Object.fromEntries(
    COMPARED.map((metric) => [metric, isOfSession(metric) ? ofModels(metric) : ratio(metric)]),
  ) as unknown as Factors;
}
