/**
 * How many samples a suite needs, before it is run: to show that an SLM fits, under the test that verdicts use, and to show a
 * limit on a percentile. Assumptions come from the user, or from a run that serves as a pilot.
 */
import type { Analysis } from '../analyse/analysis.js';
import { UserError } from '../errors.js';
import { isMissing, type Missing } from '../quantity.js';
import { points } from '../shares.js';
import { type SampleSize, type SuitePlan, simulatePower, simulateSampleSize } from '../stats/compare/power.js';
import { quantileBoundSampleSize } from '../stats/estimate/order-statistics.js';
import { type Observed, type Pilot, pilotsOf } from './pilots.js';

/** What the user asks for; shares are from 0 to 1. */
export interface PowerQuestion {
  /** The wanted power. */
  readonly power: number;
  /** Numbers of samples whose power is wanted. */
  readonly samples?: readonly number[];
  readonly seed: number;
  readonly margin?: number | undefined;
  readonly alpha?: number | undefined;
  /** Comparisons that share alpha. */
  readonly comparisons?: number | undefined;
  /** Share of samples on which the two models score alike. */
  readonly agreement?: number | undefined;
  /** Expected scores of the SLM and the LLM. */
  readonly scores?: readonly [number, number] | undefined;
  readonly groupSize?: number | undefined;
  readonly correlation?: number | undefined;
}

export interface PowerAnswer {
  readonly power: number;
  readonly cases: readonly PowerCase[];
  readonly limits: LimitSizes;
}

export interface PowerCase {
  /** The task and the pair that the assumptions come from; null where they come from the user. */
  readonly pilot: Pick<Pilot, 'suite' | 'task' | 'candidate' | 'reference'> | null;
  readonly result: PowerResult | Missing;
}

export interface PowerResult {
  readonly plan: Required<SuitePlan>;
  readonly comparisons: number;
  readonly needed: SampleSize | Missing;
  readonly samples: readonly SampleSize[];
}

/** Samples that show a limit on a percentile, by how many of them may lie beyond the limit. */
export interface LimitSizes {
  /** The share of the error rate that one limit gets. */
  readonly alpha: number;
  readonly percentiles: readonly PercentileSize[];
}

export interface PercentileSize {
  readonly percentile: number;
  readonly sizes: readonly { readonly over: number; readonly samples: number }[];
}

const DEFAULTS = { margin: 0.03, alpha: 0.05, comparisons: 1, groupSize: 1, correlation: 0.2 } as const;
const PERCENTILES = [0.9, 0.95, 0.99] as const;
const OVER = [0, 1, 2, 5] as const;

/** From the user's assumptions alone. @throws UserError where there are none. */
export function powerOf(question: PowerQuestion): PowerAnswer {
  checkShares(question);
  const plan = assumedPlan(question);
  const comparisons = question.comparisons ?? DEFAULTS.comparisons;
  const alpha = question.alpha ?? DEFAULTS.alpha;
  return answer(question, [{ pilot: null, result: resultOf(question, plan, comparisons) }], alpha / comparisons);
}

/** Reads the assumptions from a run, for each task and each pair. The user's own assumptions take precedence. */
export function powerFromRun(question: PowerQuestion, analysis: Analysis): PowerAnswer {
  checkShares(question);
  const pilots = pilotsOf(analysis);
  const [first] = pilots;
  if (first === undefined)
    throw new UserError(
      'expected a run with an SLM and an LLM, found none to compare; leave the run out and say --agreement',
    );
  const cases = pilots.map((pilot): PowerCase => {
    const { suite, task, candidate, reference, comparisons } = pilot;
    const plan = pilotPlan(question, pilot);
    return {
      pilot: { suite, task, candidate, reference },
      result: isMissing(plan) ? plan : resultOf(question, plan, question.comparisons ?? comparisons),
    };
  });
  return answer(question, cases, (question.alpha ?? first.alpha) / (question.comparisons ?? first.comparisons));
}

/** A test always has an error rate, and never certainty. */
function checkShares({ power, alpha, margin }: PowerQuestion): void {
  const between = (flag: string, value: number | undefined, most: number) => {
    if (value !== undefined && !(value > 0 && value < most))
      throw new UserError(`${flag}: expected a share below ${most * 100}% and above 0, found ${value * 100}%`);
  };
  between('--power', power, 1);
  between('--alpha', alpha, 0.5);
  between('--margin', margin, 1);
}

function answer({ power }: PowerQuestion, cases: readonly PowerCase[], alpha: number): PowerAnswer {
  const percentiles = PERCENTILES.map((percentile) => ({
    percentile,
    sizes: OVER.map((over) => ({
      over,
      samples: quantileBoundSampleSize(percentile, { over, confidence: 1 - alpha }),
    })),
  }));
  return { power, cases, limits: { alpha, percentiles } };
}

function assumedPlan(question: PowerQuestion): Required<SuitePlan> {
  const { margin = DEFAULTS.margin, alpha = DEFAULTS.alpha, groupSize = DEFAULTS.groupSize } = question;
  const { correlation = groupSize > 1 ? DEFAULTS.correlation : 0 } = question;
  return {
    ...assumedDifference(question, margin),
    margin,
    alpha,
    clusterSize: groupSize,
    intraclassCorrelation: correlation,
  };
}

type Difference = Pick<Required<SuitePlan>, 'discordance' | 'difference'>;

/** If only the scores of two models are known, they are assumed to be right independently of each other. That is cautious. */
function assumedDifference({ agreement, scores }: PowerQuestion, margin: number): Difference {
  if (agreement === undefined && scores === undefined)
    throw new UserError('expected --agreement or --scores, or a run to take them from, found none of them');
  const [candidate, reference] = scores ?? [0, 0];
  const independent = candidate * (1 - reference) + reference * (1 - candidate);
  return checked(
    { discordance: agreement === undefined ? independent : 1 - agreement, difference: candidate - reference },
    margin,
  );
}

function checked({ discordance, difference }: Difference, margin: number): Difference {
  if (!(discordance > 0 && discordance >= Math.abs(difference)))
    throw new UserError(
      `--agreement: expected a share below 1 that leaves room for a difference of ${points(difference)}, found ${1 - discordance}`,
    );
  if (difference <= -margin)
    throw new UserError(
      `--scores: expected an SLM that is less than the margin of ${points(margin)} worse, found ${points(-difference)} worse; no number of samples shows that it fits`,
    );
  return { discordance, difference };
}

function pilotPlan(question: PowerQuestion, pilot: Pilot): Required<SuitePlan> | Missing {
  const { margin = pilot.margin, alpha = pilot.alpha, scores } = question;
  const observed = observedOrSaid(question, pilot);
  if (isMissing(observed)) return observed;
  const { groupSize = observed.clusterSize, correlation = observed.intraclassCorrelation } = question;
  const difference = scores === undefined ? 0 : scores[0] - scores[1];
  return {
    ...checked({ discordance: observed.discordance, difference }, margin),
    margin,
    alpha,
    clusterSize: groupSize,
    intraclassCorrelation: groupSize > 1 ? correlation : 0,
  };
}

function observedOrSaid(
  { agreement }: PowerQuestion,
  { observed }: Pilot,
): Pick<Observed, 'discordance' | 'clusterSize' | 'intraclassCorrelation'> | Missing {
  if (agreement === undefined) return observed;
  const groups = isMissing(observed) ? { clusterSize: 1, intraclassCorrelation: 0 } : observed;
  return { ...groups, discordance: 1 - agreement };
}

/** Computes the power at the share of alpha that the strictest comparison gets. */
function resultOf(
  { power, samples = [], seed }: PowerQuestion,
  plan: Required<SuitePlan>,
  comparisons: number,
): PowerResult {
  const strictest = { ...plan, alpha: plan.alpha / comparisons };
  return {
    plan,
    comparisons,
    needed: simulateSampleSize(strictest, power, seed),
    samples: samples.map((n) => ({ samples: n, power: simulatePower(n, strictest, seed) })),
  };
}
