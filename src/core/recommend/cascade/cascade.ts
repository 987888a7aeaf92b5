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
import { type Decision, judgePairs, type NonInferiority } from '../../stats/compare/noninferiority.js';
import type { Estimate } from '../../stats/estimate/estimate.js';
import { estimateScore } from '../../stats/estimate/estimators.js';
import { type Decisions, type PairDecision, share } from '../claims.js';
import type { Reference } from '../comparison.js';
import type { LimitCheck } from '../limit-check.js';
import { allMetP, checkLimit, type LimitTest } from '../limits.js';
import { lastShare } from '../looks.js';
import { partOf } from '../references.js';
import { tooManyUnscored } from '../unscored.js';
import {
  type CascadeLatency,
  costsOf,
  type Evaluated,
  evaluateByFolds,
  latencyOf,
  samplesOf,
  scoresOf,
} from './evaluation.js';
import type { Answered } from './folds.js';
import { testCascadeLimits } from './limits.js';
import { asks, type Case, chooseRule, itemsOf, type Lost, type Rule } from './rule.js';

export interface Cascade {
  readonly small: string;
  readonly large: string;
  /** Missing if the cascade could not be evaluated. */
  readonly evaluation: CascadeEvaluation | Missing;
  /**
   * `the SLM alone`: no sample needs the LLM, so no cascade is needed. `passes` needs an SLM that is shown not to fit by itself,
   * so that the error rate of "fits" and of "cascade" is one.
   */
  readonly verdict:
    | 'passes'
    | 'the SLM alone'
    | 'not shown as good'
    | 'not shown to meet the limits'
    | 'not shown cheaper'
    | 'not shown better than chance'
    | 'the SLM is not ruled out'
    | 'not tried';
}

export interface CascadeEvaluation {
  /** The rule that is chosen on all samples. */
  readonly chosen: Rule;
  readonly n: number;
  /** How many parts of the samples have a rule of their own, chosen on the other parts. */
  readonly folds: number;
  /** The share of the samples that go to the LLM. This and the following are out of fold. */
  readonly deferred: number;
  readonly quality: Estimate | Missing;
  /** The test of the cascade against the LLM alone, at the level that decides beside all other cascades of the suite. */
  readonly test: NonInferiority;
  readonly decision: Decision;
  /** The limits of the task, held against the cascade as a whole. */
  readonly checks: readonly LimitCheck[];
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
  /** Cascade minus LLM. */
  readonly difference: Estimate;
  /** One-sided p-values: that the cascade is cheaper than the LLM alone, and than chance that scores as much. */
  readonly cheaperP: number;
  readonly beatsChanceP: number;
}

/** The folds of fewer samples are too small for a threshold to mean anything. */
const LEAST_SAMPLES = 20;
/** More samples than this make the threshold slower to find, but no better, so evenly spaced ones are taken. */
const MOST_CASES = 20_000;

export interface CascadeOptions {
  readonly references: readonly Reference[];
  readonly decisions: Decisions;
}

/** The cascades of every pair on every task. */
export function tryCascades(
  analysis: Analysis,
  suite: SuiteAnalysis,
  { references, decisions }: CascadeOptions,
): ReadonlyMap<string, readonly Cascade[]> {
  const drafts = suite.tasks.flatMap((task) =>
    references.map(
      ({ candidate, reference }): Tried => ({
        task,
        small: candidate,
        large: reference,
        run: partOf(analysis, candidate),
        pair: decisions.pairs.find((pair) => pair.task === task.name && pair.candidate === candidate)!,
        share: shareOf(analysis, task),
        draft: evaluate(analysis, suite, task, { small: candidate, large: reference }),
      }),
    ),
  );
  const levels = levelsOf(drafts, suite);
  const byTask = new Map<string, Cascade[]>(suite.tasks.map(({ name }) => [name, []]));
  for (const tried of drafts) {
    const { task, small, large, pair, draft } = tried;
    const cascades = byTask.get(task.name)!;
    if (isMissing(draft)) {
      cascades.push({ small, large, evaluation: draft, verdict: 'not tried' });
      continue;
    }
    const level = levels.get(tried)!;
    const evaluation = judge(draft, suite, level);
    cascades.push({ small, large, evaluation, verdict: verdictOn(evaluation, { level, isOut: pair.out }) });
  }
  return byTask;
}

interface Tried extends Pair {
  readonly task: TaskAnalysis;
  /** Each run of several is decided from itself alone. */
  readonly run: number;
  readonly pair: PairDecision;
  readonly share: number;
  readonly draft: Draft | Missing;
}

/**
 * The level of each cascade. "Fits" and "cascade" share one error rate. An SLM that is ruled out makes no claim to fit, so its cascade
 * takes its place among the claims; the cascades of its copies share that place. So a claim of the other SLMs that holds among
 * themselves holds beside the cascades too.
 */
function levelsOf(drafts: readonly Tried[], suite: SuiteAnalysis): ReadonlyMap<Tried, number> {
  const levels = new Map<Tried, number>();
  for (const run of new Set(drafts.map((one) => one.run))) {
    const chains = new Map<string, Tried[]>();
    for (const one of drafts.filter((draft) => draft.run === run))
      chains.set(one.pair.chain.key, [...(chains.get(one.pair.chain.key) ?? []), one]);
    const places = [...chains.values()].map((chain) => placeOf(chain, suite));
    const { alpha } = chains.values().next().value![0]!.pair.chain;
    const shared = share(
      places.map(({ p }) => p),
      alpha,
    );
    places.forEach(({ chain, cascades }, i) => {
      for (const one of chain) levels.set(one, (shared[i]!.level / cascades) * one.share);
    });
  }
  return levels;
}

/** The p-value of the claim that a chain of copies makes: that of the SLM which is not ruled out, or those of the cascades. */
function placeOf(chain: readonly Tried[], suite: SuiteAnalysis) {
  const evaluated = chain.flatMap(({ draft, share }) => (isMissing(draft) ? [] : [claimP(draft, suite) / share]));
  const cascades = Math.max(1, evaluated.length);
  const { firstP } = chain[0]!.pair.chain;
  const isOut = chain.every(({ pair }) => pair.out);
  const fits = chain.some(({ pair }) => pair.fits);
  return { chain, cascades, p: isOut ? Math.min(1, ...evaluated.map((p) => p * cascades)) : fits ? 0 : firstP };
}

/** The share of the error rate that the last look at a task had; all of it under a fixed plan. */
function shareOf(analysis: Analysis, task: TaskAnalysis): number {
  const { untilSure } = analysis.run.settings;
  return untilSure === undefined ? 1 : lastShare(analysis, task, untilSure.firstRound);
}

/** Every part must hold, so the p of the claim is the largest of theirs (intersection-union, Berger 1982). */
function claimP({ evaluated, limits }: Draft, { requirement: { margin } }: SuiteAnalysis): number {
  const { pairs, cheaperP, beatsChanceP } = evaluated;
  return Math.max(pairs.test.greaterP(-margin), allMetP(limits), cheaperP, beatsChanceP);
}

function judge(
  { evaluated, limits, ...draft }: Draft,
  { requirement }: SuiteAnalysis,
  level: number,
): CascadeEvaluation {
  const { margin } = requirement;
  const test = judgePairs(evaluated.pairs, { margin, alpha: { nonInferior: level, inferior: level } });
  const checks = limits.map((limit) => checkLimit(limit, { met: level, missed: level }));
  return { ...draft, test, decision: test.decision, checks };
}

function verdictOn(
  { chosen: { rule }, decision, checks, cost }: CascadeEvaluation,
  { level, isOut }: { readonly level: number; readonly isOut: boolean },
): Cascade['verdict'] {
  if ('always' in rule && rule.always === 'small') return 'the SLM alone';
  if (decision !== 'non-inferior') return 'not shown as good';
  if (checks.some(({ state }) => state !== 'met')) return 'not shown to meet the limits';
  if (cost.cheaperP > level) return 'not shown cheaper';
  if (cost.beatsChanceP > level) return 'not shown better than chance';
  return isOut ? 'passes' : 'the SLM is not ruled out';
}

interface Pair {
  readonly small: string;
  readonly large: string;
}

/** An evaluation before the error rate is shared. */
interface Draft extends Omit<CascadeEvaluation, 'test' | 'decision' | 'checks'> {
  readonly evaluated: Evaluated;
  readonly limits: readonly LimitTest[];
}

function evaluate(
  analysis: Analysis,
  suite: SuiteAnalysis,
  task: TaskAnalysis,
  { small, large }: Pair,
): Draft | Missing {
  if (tooManyUnscored(task).length > 0) return missing('too many answers could not be scored');
  const found = casesOf(task, small, large);
  if (isMissing(found)) return found;
  const { cases, lost, unit } = found;
  if (cases.length < LEAST_SAMPLES)
    return missing(`${cases.length} samples are too few to evaluate a cascade: it takes ${LEAST_SAMPLES}`);
  const { margin, alpha } = suite.requirement;
  // Each lost answer may be one point of the margin, so the threshold leaves room for them.
  const n = cases.length + lost.length;
  const wanted = { margin: (margin * n - lost.length) / cases.length, alpha, n };
  const evaluated = evaluateByFolds({ cases, lost }, wanted, analysis.run.settings.seed);
  if (isMissing(evaluated)) return evaluated;
  const { ruled, difference, cheaperP, beatsChanceP } = evaluated;
  const chosen = chooseRule(cases, wanted);
  const items = itemsOf(cases, chosen.signal);
  const curve = deferralCurve(items).map(({ rate, score }) => ({ rate, score }));
  const modelOf = (id: string) => analysis.models.find((model) => model.id === id)!;
  return {
    evaluated,
    limits: testCascadeLimits(task, ruled, { small: modelOf(small), large: modelOf(large) }),
    chosen,
    n: ruled.cases.length,
    folds: ruled.parts,
    deferred: mean(ruled.cases.map((one) => Number(asks(one.rule, one)))),
    quality: estimateScore(scoresOf(ruled), clustersOf(samplesOf(ruled))),
    cost: {
      unit,
      cascade: mean(costsOf(ruled)),
      large: mean(ruled.cases.map(({ largeCost }) => largeCost)),
      small: mean(ruled.cases.map(({ smallCost }) => smallCost)),
      difference,
      cheaperP,
      beatsChanceP,
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
): (Answered & { readonly unit: CascadeCost['unit'] }) | Missing {
  const [smallCell, largeCell] = [cellOf(task, small), cellOf(task, large)];
  const metric = isMissing(smallCell.metrics.cost) || isMissing(largeCell.metrics.cost) ? 'e2e' : 'cost';
  const secondsOf = ({ timings, ranking }: SampleResult) => timings.e2e ?? ranking;
  const costOf = (result: SampleResult) => (metric === 'cost' ? result.timings.cost : secondsOf(result));
  const timesOf = (a: SampleResult, b: SampleResult) => {
    const [small, large] = [secondsOf(a), secondsOf(b)];
    return small === undefined || large === undefined ? null : { small, large };
  };
  let reason = `no sample was scored on both ${small} and ${large}`;
  const lost: Lost[] = [];
  const cases = task.samples.flatMap((sample, i): Case[] => {
    const [a, b] = [smallCell.results[i], largeCell.results[i]];
    if (!a || !b) return [];
    const results = { small: a, large: b };
    if (a.score === null || b.score === null) {
      lost.push({ sample, results });
      return [];
    }
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
        results,
      },
    ];
  });
  if (cases.length === 0) return missing(reason);
  const step = Math.ceil(cases.length / MOST_CASES);
  const thinned = <Item>(items: readonly Item[]) => items.filter((_, i) => i % step === 0);
  return { cases: thinned(cases), lost: thinned(lost), unit: metric === 'cost' ? 'dollars' : 'seconds' };
}
