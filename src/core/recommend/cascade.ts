/**
 * A cascade: the SLM answers, and where its confidence is below a threshold the LLM answers again. Tried offline on the
 * recorded answers of both, so it costs nothing to ask.
 *
 * A threshold looks better on the samples it was chosen on than anywhere else, so it is never judged on them: the samples are
 * split by group into folds, the signal and its threshold are chosen on all folds but one and applied to that one, and only
 * these out-of-fold answers are compared with the LLM's. The threshold that is handed out is chosen the same way on all.
 */
import type {
  Analysis,
  Confidence,
  SampleInfo,
  SampleResult,
  SuiteAnalysis,
  TaskAnalysis,
} from '../analyse/analysis.js';
import { clusterOf, clustersOf } from '../analyse/cells.js';
import { isMissing, type Missing, missing, type Quantity } from '../measure/quantity.js';
import { averageGapRecovered, type CascadeAreas, callPerformanceThreshold, cascadeAreas } from '../stats/cascade.js';
import {
  type CascadeItems,
  type CurvePoint,
  type DeferralPoint,
  type DeferralRule,
  deferralCurve,
  defers,
  oracleCurve,
} from '../stats/cascade-curve.js';
import { normalQuantile } from '../stats/distributions.js';
import {
  createRandom,
  type Decision,
  decideTogether,
  type Estimate,
  estimateMean,
  estimateScore,
  mean,
  type NonInferiority,
  shuffle,
  testNonInferiority,
} from '../stats/index.js';
import { estimateAuroc } from '../stats/ranking.js';
import { cellOf } from './compare.js';
import type { Reference } from './recommendation.js';

export type Signal = keyof Confidence;
export const SIGNALS = ['mean', 'min', 'p10', 'sum', 'margin', 'agreement'] as const satisfies readonly Signal[];

export interface Cascade {
  readonly small: string;
  readonly large: string;
  /** Null where it could not be tried, or where trying it led to no cascade. */
  readonly trial: CascadeTrial | Missing;
  /** `the SLM alone`: no sample has to be deferred, so there is nothing to cascade to. */
  readonly verdict: 'passes' | 'the SLM alone' | 'not shown as good' | 'not shown cheaper' | 'not tried';
}

export interface CascadeTrial {
  /** Chosen on all samples. */
  readonly chosen: Rule;
  readonly n: number;
  readonly folds: number;
  /** Out of fold from here on. Share of the samples on which the LLM was asked. */
  readonly deferred: number;
  readonly quality: Estimate | Missing;
  /** Of the cascade against the LLM alone. */
  readonly test: NonInferiority;
  readonly decision: Decision;
  readonly cost: CascadeCost;
  /** Of the chosen signal on all samples: every threshold played through, and what hindsight could reach. */
  readonly curve: readonly CurvePoint[];
  readonly oracle: readonly CurvePoint[];
  readonly areas: CascadeAreas;
  readonly gap: GapRecovered;
  /** How well the signal ranks right above wrong answers of the SLM: AUROC, 0.5 is chance. */
  readonly ranking: Estimate | Missing;
}

/** The gap between the models that is recovered (RouteLLM, Ong et al. 2024, arXiv 2406.18665), of the same curve. */
export interface GapRecovered {
  /** APGR: averaged over deferral rates, as the area of the trapezoids and as the mean at 10%, 20%, ..., 100%. */
  readonly average: { readonly byArea: number; readonly byTenths: number } | Missing;
  /** CPT(50%) and CPT(80%): the least deferral rate at which so much of the gap is recovered. */
  readonly half: Quantity;
  readonly most: Quantity;
}

/** What a request costs, SLM and LLM calls together: dollars where both have a price, else seconds of this machine. */
export interface CascadeCost {
  readonly unit: 'dollars' | 'seconds';
  readonly cascade: number;
  readonly large: number;
  readonly small: number;
  /** Cascade less LLM: cheaper is shown when the whole interval lies below 0. */
  readonly difference: Estimate;
}

/** Folds of the cross-validation; fewer where there are fewer groups. */
const FOLDS = 5;
/** Fewer samples than this make folds in which a threshold means nothing. */
const LEAST_SAMPLES = 20;
/** More than this make a threshold no better known, only slower to find: then every so-many-th is taken. */
const MOST_CASES = 20_000;
/** With which a threshold should be shown to be good enough on samples that did not choose it. */
const POWER = 0.8;

/** Cascades of every pair on every task, with decisions that hold together. */
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
  const decisions = decideTogether(tests, alpha);
  const byTask = new Map<string, Cascade[]>(suite.tasks.map(({ name }) => [name, []]));
  for (const { task, small, large, draft } of drafts) {
    const decision = isMissing(draft) ? null : decisions[tests.indexOf(draft.test)]!;
    byTask.get(task.name)!.push(
      isMissing(draft) || decision === null
        ? { small, large, trial: draft as Missing, verdict: 'not tried' }
        : {
            small,
            large,
            trial: { ...draft, decision },
            verdict: judge(draft, decision),
          },
    );
  }
  return byTask;
}

function judge(trial: Omit<CascadeTrial, 'decision'>, decision: Decision): Cascade['verdict'] {
  const { rule } = trial.chosen;
  if ('always' in rule && rule.always === 'small') return 'the SLM alone';
  if (decision !== 'non-inferior') return 'not shown as good';
  return trial.cost.difference.high < 0 ? 'passes' : 'not shown cheaper';
}

/** One sample as a cascade sees it. */
interface Case {
  readonly sample: SampleInfo;
  readonly confidence: Confidence;
  /** Answers that the SLM gave. */
  readonly answers: number;
  readonly small: number;
  readonly large: number;
  readonly smallCost: number;
  readonly largeCost: number;
}

/** Which signal decides when the LLM is asked, and how. */
export interface Rule {
  readonly signal: Signal;
  readonly rule: DeferralRule;
}

function tryOne(
  analysis: Analysis,
  suite: SuiteAnalysis,
  task: TaskAnalysis,
  { small, large }: { readonly small: string; readonly large: string },
): Omit<CascadeTrial, 'decision'> | Missing {
  const found = casesOf(task, small, large);
  if (isMissing(found)) return found;
  const { cases, unit } = found;
  if (analysis.run.settings.untilSure !== undefined)
    return missing('a run that stops when it is sure has no fixed number of samples to judge a cascade on');
  if (cases.length < LEAST_SAMPLES)
    return missing(`${cases.length} samples are too few to try a cascade on: it takes ${LEAST_SAMPLES}`);
  const { margin, alpha } = suite.requirement;
  const foldOf = assignFolds(cases, analysis.run.settings.seed);
  const folds = new Set(foldOf.values()).size;
  if (folds < 2)
    return missing('all samples are in one group: no threshold can be judged on samples that did not choose it');

  const wanted = { margin, alpha, n: cases.length };
  const rules = Array.from({ length: folds }, (_, fold) =>
    chooseRule(
      cases.filter(({ sample }) => foldOf.get(clusterOf(sample)) !== fold),
      wanted,
    ),
  );
  const chosen = chooseRule(cases, wanted);
  const items = itemsOf(cases, chosen.signal);
  const ruleOf = (one: Case) => rules[foldOf.get(clusterOf(one.sample))!]!;
  const deferred = cases.map((one) => asks(ruleOf(one), one));
  const scores = cases.map((one, i) => (deferred[i] ? one.large : one.small));
  const costs = cases.map((one, i) => askingCost(one, ruleOf(one).signal) + (deferred[i] ? one.largeCost : 0));
  const clusters = clustersOf(cases.map(({ sample }) => sample));
  const test = testNonInferiority(
    scores,
    cases.map((one) => one.large),
    { margin, alpha, ...clusters },
  );
  if (isMissing(test)) return test;
  const difference = estimateMean(
    costs.map((cost, i) => cost - cases[i]!.largeCost),
    clusters,
  );
  if (isMissing(difference)) return difference;
  const curve = deferralCurve(items).map(({ rate, score }) => ({ rate, score }));
  return {
    chosen,
    n: cases.length,
    folds,
    deferred: mean(deferred.map(Number)),
    quality: estimateScore(scores, clusters),
    test,
    cost: {
      unit,
      cascade: mean(costs),
      large: mean(cases.map(({ largeCost }) => largeCost)),
      small: mean(cases.map(({ smallCost }) => smallCost)),
      difference,
    },
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
  const costOf = (result: SampleResult) => result.timings[metric];
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
      reason = 'what a request costs was not measured: choices that are only ranked have neither times nor prices';
      return [];
    }
    // A cost is per thousand requests, a latency per request.
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
      },
    ];
  });
  if (cases.length === 0) return missing(reason);
  const step = Math.ceil(cases.length / MOST_CASES);
  return { cases: cases.filter((_, i) => i % step === 0), unit: metric === 'cost' ? 'dollars' : 'seconds' };
}

function asks({ signal, rule }: Rule, { confidence }: Case): boolean {
  return defers(rule, confidence[signal]!);
}

/** Of the SLM's part: only a vote takes all of its answers. */
function askingCost({ smallCost, answers }: Case, signal: Signal): number {
  return signal === 'agreement' ? answers * smallCost : smallCost;
}

/** Which fold each cluster is in: dealt out in an order drawn from the seed of the run. */
function assignFolds(cases: readonly Case[], seed: number): ReadonlyMap<string, number> {
  const clusters = [...new Set(cases.map(({ sample }) => clusterOf(sample)))];
  const folds = Math.min(FOLDS, clusters.length);
  return new Map(shuffle(clusters, createRandom(seed, 'cascade folds')).map((cluster, i) => [cluster, i % folds]));
}

/**
 * The signal and threshold that cost least among those that would be shown non-inferior on `n` such samples with
 * the usual power. With few samples that takes more deferrals than with many. Of equals, the first signal of the list.
 */
function chooseRule(
  cases: readonly Case[],
  { margin, alpha, n }: { readonly margin: number; readonly alpha: number; readonly n: number },
): Rule {
  const z = normalQuantile(1 - alpha) + normalQuantile(POWER);
  const known = SIGNALS.filter((signal) => cases.every(({ confidence }) => confidence[signal] !== undefined));
  const largeCost = mean(cases.map((one) => one.largeCost));
  const candidates = known.map((signal) => {
    const curve = deferralCurve(itemsOf(cases, signal));
    const errorOf = (point: DeferralPoint) => point.differenceError * Math.sqrt(cases.length / n);
    // With every request deferred nothing is lost, so there is always one.
    const point = curve.find((one) => one.difference - z * errorOf(one) >= -margin - 1e-12) ?? curve.at(-1)!;
    const cost = mean(cases.map((one) => askingCost(one, signal))) + point.rate * largeCost;
    return { signal, rule: point.rule, cost };
  });
  const { signal, rule } = candidates.reduce((best, one) => (one.cost < best.cost ? one : best));
  return { signal, rule };
}

function itemsOf(cases: readonly Case[], signal: Signal): CascadeItems {
  return {
    confidence: cases.map(({ confidence }) => confidence[signal]!),
    small: cases.map(({ small }) => small),
    large: cases.map(({ large }) => large),
  };
}
