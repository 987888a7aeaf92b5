/**
 * A cascade: the SLM answers, and if its confidence is below a threshold, the LLM answers again. The evaluation uses the
 * recorded answers of both, so it costs nothing.
 *
 * The signal and the threshold for each sample are chosen on other samples (./folds.ts), and only these answers are compared
 * with those of the LLM. The threshold that the report recommends is chosen in the same way on all samples.
 */
import type { Analysis, SampleResult, SuiteAnalysis, TaskAnalysis } from '../../analyse/analysis.js';
import { cellOf } from '../../analyse/analysis.js';
import { clustersOf } from '../../analyse/cells.js';
import { isMissing, type Missing, missing, type Quantity } from '../../quantity.js';
import { mean } from '../../stats/basics/moments.js';
import {
  averageGapRecovered,
  type CascadeAreas,
  callPerformanceThreshold,
  cascadeAreas,
} from '../../stats/cascade/areas.js';
import { type CascadeItems, type CurvePoint, deferralCurve, oracleCurve } from '../../stats/cascade/curve.js';
import { estimateAuroc } from '../../stats/cascade/ranking.js';
import { type Decision, decideTogether, type NonInferiority } from '../../stats/compare/noninferiority.js';
import type { Estimate } from '../../stats/estimate/estimate.js';
import { estimateScore } from '../../stats/estimate/estimators.js';
import type { Reference } from '../comparison.js';
import {
  type CascadeLatency,
  costsOf,
  evaluateByFolds,
  evaluateByRounds,
  latencyOf,
  samplesOf,
  scoresOf,
} from './evaluation.js';
import { asks, type Case, chooseRule, itemsOf, type Rule } from './rule.js';

export interface Cascade {
  readonly small: string;
  readonly large: string;
  /** Missing if the cascade could not be evaluated. */
  readonly evaluation: CascadeEvaluation | Missing;
  /** `the SLM alone`: no sample needs the LLM, so no cascade is needed. */
  readonly verdict: 'passes' | 'the SLM alone' | 'not shown as good' | 'not shown cheaper' | 'not tried';
}

export interface CascadeEvaluation {
  /** The rule that is chosen on all samples. */
  readonly chosen: Rule;
  readonly n: number;
  /** How many parts of the samples have a rule of their own, chosen on the other parts. */
  readonly folds: number;
  /** Rounds if the run stops when it is sure; each rule is then chosen on the rounds before. */
  readonly by: 'folds' | 'rounds';
  /** The share of the samples that go to the LLM. This and the following are out of fold. */
  readonly deferred: number;
  readonly quality: Estimate | Missing;
  /** The test of the cascade against the LLM alone. */
  readonly test: NonInferiority;
  readonly decision: Decision;
  readonly cost: CascadeCost;
  readonly latency: CascadeLatency | Missing;
  /** The results of every threshold of the chosen signal on all samples, and the best that hindsight could reach. */
  readonly curve: readonly CurvePoint[];
  readonly oracle: readonly CurvePoint[];
  readonly areas: CascadeAreas;
  readonly gap: GapRecovered;
  /** AUROC: how well the signal ranks right answers of the SLM above wrong ones. 0.5 is chance. */
  readonly ranking: Estimate | Missing;
}

/** How much of the gap between the models the same curve recovers (RouteLLM, Ong et al. 2024, arXiv 2406.18665). */
export interface GapRecovered {
  /** APGR: the mean over deferral rates, as the area of the trapezoids and as the mean at 10%, 20%, ..., 100%. */
  readonly average: { readonly byArea: number; readonly byTenths: number } | Missing;
  /** CPT(50%) and CPT(80%): the smallest deferral rate that recovers this share of the gap. */
  readonly half: Quantity;
  readonly most: Quantity;
}

/**
 * What a request costs, SLM and LLM calls together: dollars if both have a price, else seconds of this machine. Ranked choices
 * have no price, because nobody counts the tokens of their contexts. They cost the time that it takes to rank all of them.
 */
export interface CascadeCost {
  readonly unit: 'dollars' | 'seconds';
  readonly cascade: number;
  readonly large: number;
  readonly small: number;
  /** Cascade minus LLM. The cascade is shown to be cheaper if the whole interval lies below 0. */
  readonly difference: Estimate;
}

/** With fewer samples than this, the folds are too small for a threshold to mean anything. */
const LEAST_SAMPLES = 20;
/** More samples than this make the threshold slower to find, but no better, so evenly spaced ones are taken. */
const MOST_CASES = 20_000;

/** The cascades of every pair on every task. Their decisions hold together. */
export function tryCascades(
  analysis: Analysis,
  suite: SuiteAnalysis,
  references: readonly Reference[],
): ReadonlyMap<string, readonly Cascade[]> {
  const { alpha } = suite.requirement;
  const drafts = suite.tasks.flatMap((task) =>
    references.map(({ candidate, reference }) => ({
      task,
      small: candidate,
      large: reference,
      draft: tryOne(analysis, suite, task, { small: candidate, large: reference }),
    })),
  );
  const tests = drafts.flatMap(({ draft }) => (isMissing(draft) ? [] : [draft.test]));
  // The tests of a sequence have their share of the error rate already.
  const decisions =
    analysis.run.settings.untilSure === undefined
      ? decideTogether(tests, alpha)
      : tests.map(({ decision }) => decision);
  const byTask = new Map<string, Cascade[]>(suite.tasks.map(({ name }) => [name, []]));
  for (const { task, small, large, draft } of drafts) {
    const decision = isMissing(draft) ? null : decisions[tests.indexOf(draft.test)]!;
    byTask.get(task.name)!.push(
      isMissing(draft) || decision === null
        ? { small, large, evaluation: draft as Missing, verdict: 'not tried' }
        : {
            small,
            large,
            evaluation: { ...draft, decision },
            verdict: verdictOn(draft, decision),
          },
    );
  }
  return byTask;
}

function verdictOn(evaluation: Omit<CascadeEvaluation, 'decision'>, decision: Decision): Cascade['verdict'] {
  const { rule } = evaluation.chosen;
  if ('always' in rule && rule.always === 'small') return 'the SLM alone';
  if (decision !== 'non-inferior') return 'not shown as good';
  return evaluation.cost.difference.high < 0 ? 'passes' : 'not shown cheaper';
}

interface Pair {
  readonly small: string;
  readonly large: string;
}

function tryOne(
  analysis: Analysis,
  suite: SuiteAnalysis,
  task: TaskAnalysis,
  { small, large }: Pair,
): Omit<CascadeEvaluation, 'decision'> | Missing {
  const found = casesOf(task, small, large);
  if (isMissing(found)) return found;
  const { cases, unit } = found;
  if (cases.length < LEAST_SAMPLES)
    return missing(`${cases.length} samples are too few to evaluate a cascade: it takes ${LEAST_SAMPLES}`);
  const { settings } = analysis.run;
  const evaluate = settings.untilSure === undefined ? evaluateByFolds : evaluateByRounds;
  const evaluated = evaluate(cases, { analysis, suite, task });
  if (isMissing(evaluated)) return evaluated;
  const { ruled, wanted, test, difference } = evaluated;
  const chosen = chooseRule(cases, wanted);
  const items = itemsOf(cases, chosen.signal);
  const curve = deferralCurve(items).map(({ rate, score }) => ({ rate, score }));
  return {
    chosen,
    n: ruled.cases.length,
    folds: ruled.parts,
    by: settings.untilSure === undefined ? 'folds' : 'rounds',
    deferred: mean(ruled.cases.map((one) => Number(asks(one.rule, one)))),
    quality: estimateScore(scoresOf(ruled), clustersOf(samplesOf(ruled))),
    test,
    cost: {
      unit,
      cascade: mean(costsOf(ruled)),
      large: mean(ruled.cases.map(({ largeCost }) => largeCost)),
      small: mean(ruled.cases.map(({ smallCost }) => smallCost)),
      difference,
    },
    latency: latencyOf(ruled),
    curve,
    oracle: oracleCurve(items),
    areas: cascadeAreas(items),
    gap: gapOf(curve, items),
    ranking: estimateAuroc(
      items.confidence,
      items.small.map((score) => (score >= 0.5 ? 1 : 0)),
    ),
  };
}

function gapOf(curve: readonly CurvePoint[], { small, large }: CascadeItems): GapRecovered {
  const models = { small: mean(small), large: mean(large) };
  return {
    average: averageGapRecovered(curve, models),
    half: callPerformanceThreshold(curve, models, 0.5),
    most: callPerformanceThreshold(curve, models, 0.8),
  };
}

function casesOf(
  task: TaskAnalysis,
  small: string,
  large: string,
): { readonly cases: Case[]; readonly unit: CascadeCost['unit'] } | Missing {
  const [smallCell, largeCell] = [cellOf(task, small), cellOf(task, large)];
  const metric = isMissing(smallCell.metrics.cost) || isMissing(largeCell.metrics.cost) ? 'e2e' : 'cost';
  const secondsOf = ({ timings, ranking }: SampleResult) => timings.e2e ?? ranking;
  const costOf = (result: SampleResult) => (metric === 'cost' ? result.timings.cost : secondsOf(result));
  const timesOf = (a: SampleResult, b: SampleResult) => {
    const [small, large] = [secondsOf(a), secondsOf(b)];
    return small === undefined || large === undefined ? null : { small, large };
  };
  let reason = `no sample was scored on both ${small} and ${large}`;
  const cases = task.samples.flatMap((sample, i): Case[] => {
    const [a, b] = [smallCell.results[i], largeCell.results[i]];
    if (!a || !b || a.score === null || b.score === null) return [];
    const [smallCost, largeCost] = [costOf(a), costOf(b)];
    if (isMissing(a.confidence)) {
      reason = a.confidence.missing;
      return [];
    }
    if (smallCost === undefined || largeCost === undefined) {
      reason = 'the cost of a request was not measured: no sample was answered warm and alone by both models';
      return [];
    }
    // A cost is for a thousand requests, a latency for one.
    const scale = metric === 'cost' ? 1 / 1000 : 1;
    return [
      {
        sample,
        confidence: a.confidence,
        answers: a.repetitions,
        small: a.score,
        large: b.score,
        smallCost: smallCost * scale,
        largeCost: largeCost * scale,
        seconds: timesOf(a, b),
      },
    ];
  });
  if (cases.length === 0) return missing(reason);
  const step = Math.ceil(cases.length / MOST_CASES);
  return { cases: cases.filter((_, i) => i % step === 0), unit: metric === 'cost' ? 'dollars' : 'seconds' };
}
