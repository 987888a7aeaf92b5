/** Verdicts in words for the people who decide: one sentence for each, with the numbers that support it. */

import type { Analysis, FailureCount } from '../analyse/analysis.js';
import { METRICS } from '../measure/metrics.js';
import { isMissing } from '../quantity.js';
import type { CascadeEvaluation } from '../recommend/cascade/cascade.js';
import type { Comparison, Factors } from '../recommend/comparison.js';
import type {
  Assignment,
  Doubt,
  LimitCheck,
  Rejection,
  SuiteRecommendation,
  TaskRecommendation,
} from '../recommend/recommendation.js';
import type { VerdictKind } from './document.js';
import { formatCount, formatPoints, formatRatio, formatScore, formatUnit, list, plural } from './format.js';
import { capital, plain, shorten } from './text.js';
import { groupVariants, type NameOf } from './variants.js';

/** Short names of verdicts, for tables. */
export const VERDICT_NAMES: Readonly<Record<VerdictKind, string>> = {
  'slm-fits': 'SLM fits',
  'llm-needed': 'LLM needed',
  cascade: 'cascade',
  'by-task': 'by task',
  inconclusive: 'inconclusive',
  'one-class': 'not compared',
  'nothing-passes': 'nothing passes',
  'not-measured': 'not measured',
};

/** The answer for a suite, in one sentence. */
export function describeSuite({ verdict, tasks }: SuiteRecommendation): string {
  switch (verdict.kind) {
    case 'slm-fits':
      return `The small model fits: ${verdict.model} can do ${tasks.length === 1 ? 'the task' : `all ${tasks.length} tasks`}.`;
    case 'llm-needed':
      return `The large model is needed: use ${verdict.model}.`;
    case 'cascade': {
      const { small, large, alone } = verdict;
      const by = alone.length > 0 ? ` ${small} alone fits ${list(alone)}.` : '';
      return `Use both, as a cascade: ${small} answers, and ${large} answers again if ${small} is unsure.${by}`;
    }
    case 'by-task':
      return `Use both, by task: ${describeAssignments(verdict.assignments)}.`;
    case 'inconclusive': {
      const { tasks: open, decided } = verdict;
      const which = open.length === tasks.length ? '' : ` for ${list(open)}`;
      const rest = decided.length > 0 ? ` Decided: ${describeAssignments(decided)}.` : '';
      return `Inconclusive${which}: this run does not show whether a small model fits.${rest}`;
    }
    case 'one-class': {
      const [run, other] = verdict.class === 'slm' ? ['small', 'large'] : ['large', 'small'];
      const passing =
        verdict.model === null ? 'No model is shown to meet every limit.' : `${verdict.model} meets every limit.`;
      return `Only ${run} models were measured, so nothing was compared with a ${other} model. ${passing}`;
    }
    case 'nothing-passes': {
      const { tasks: failing, decided, open } = verdict;
      const rest = [
        ...(decided.length > 0 ? [` Decided: ${describeAssignments(decided)}.`] : []),
        ...(open.length > 0 ? [` Not decided: ${list(open)}.`] : []),
      ].join('');
      return `No model is good enough for ${failing.length === tasks.length ? 'any task' : list(failing)}.${rest}`;
    }
    case 'not-measured':
      return `Nothing was measured: ${verdict.reason}.`;
  }
}

/** `small for route and extract; large for policy`. */
function describeAssignments(assignments: readonly Assignment[]): string {
  const byUse = new Map<string, string[]>();
  for (const { task, use } of assignments) {
    const name = 'model' in use ? use.model : `${use.small} then ${use.large} (cascade)`;
    byUse.set(name, [...(byUse.get(name) ?? []), task]);
  }
  return [...byUse].map(([name, tasks]) => `${name} for ${list(tasks)}`).join('; ');
}

/** The answer for a task, with the numbers that support it. */
export function describeTask({ verdict }: TaskRecommendation): string {
  switch (verdict.kind) {
    case 'slm-fits': {
      const { comparison } = verdict;
      return `${comparison.candidate} fits: ${describeDifference(comparison)}.${describeGains(comparison)}`;
    }
    case 'llm-needed':
      return `${verdict.model} is needed: ${listSome(describeRejections(verdict.rejected))}.`;
    case 'cascade':
      return describeCascade(verdict);
    case 'inconclusive':
      return describeDoubt(verdict.because);
    case 'one-class':
      return verdict.model === null ? 'No model is shown to meet every limit.' : `${verdict.model} meets every limit.`;
    case 'nothing-passes':
      return `No model passes: ${listSome(describeRejections(verdict.rejected))}.`;
    case 'not-measured':
      return `Not measured: ${verdict.reason}.`;
  }
}

/** A sentence names this many reasons and counts the others. */
const MOST_NAMED = 3;

function listSome(items: readonly string[]): string {
  const more = items.length - MOST_NAMED;
  return more > 0 ? `${items.slice(0, MOST_NAMED).join('; ')}; and ${more} more` : items.join('; ');
}

function describeDifference({ scores, test, reference }: Comparison): string {
  if (isMissing(test) || isMissing(scores)) return isMissing(test) ? test.missing : '';
  const { value, low } = test.difference;
  const worst = low >= 0 ? 'at worst no less' : `at worst ${points(low)} less`;
  const seen = Math.abs(value) < 0.0005 ? 'as much as' : `${points(value)} ${value < 0 ? 'less than' : 'more than'}`;
  return `it scores ${formatScore(scores.candidate)}, ${seen} ${reference}, and ${worst}, within the margin of ${points(test.margin)}`;
}

/** `3.1 points`, without a sign. */
export function points(difference: number): string {
  const text = formatPoints(Math.abs(difference)).replace('+', '');
  return `${text} ${text === '1.0' ? 'point' : 'points'}`;
}

function describeGains({ factors, reference }: Comparison): string {
  const gains = gainsOf(factors);
  return gains.length === 0 ? '' : ` Compared with ${reference}, it ${list(gains)}.`;
}

/** A difference counts only if its whole interval lies on one side of 1. Memory has no interval. */
function gainsOf({ e2e, memory, cost }: Factors): string[] {
  const gains: string[] = [];
  if (!isMissing(e2e) && (e2e.high < 1 || e2e.low > 1)) {
    gains.push(
      e2e.value < 1 ? `answers ${formatRatio(1 / e2e.value)} as fast` : `takes ${formatRatio(e2e.value)} the time`,
    );
  }
  if (!isMissing(memory)) gains.push(`needs ${formatRatio(memory.value)} the memory`);
  if (!isMissing(cost) && (cost.high < 1 || cost.low > 1)) gains.push(`costs ${formatRatio(cost.value)} as much`);
  return gains;
}

/** Variants of one model share a sentence if they fail for the same reason. */
function describeRejections(rejections: readonly Rejection[]): string[] {
  return groupVariants(rejections, describeRejection);
}

function describeRejection(rejection: Rejection, nameOf: NameOf): string {
  const model = nameOf(rejection.model);
  if (rejection.by === 'limits') return `${model} misses ${list(rejection.checks.map(describeCheck))}`;
  const { test, scores, reference } = rejection.comparison;
  if (isMissing(test) || isMissing(scores)) return `${model} could not be compared`;
  const { value, high } = test.difference;
  return `${model} scores ${formatScore(scores.candidate)}, ${points(value)} less than ${nameOf(reference)}, and at best ${points(high)} less, beyond the margin of ${points(test.margin)}`;
}

export function describeCheck({ limit, level, bound, observed, state }: LimitCheck): string {
  const metric = METRICS[limit];
  const name = `${metric.title.toLowerCase()}${level === null || level === 'mean' ? '' : ` (${level})`}`;
  const wanted = `${metric.better === 'higher' ? 'at least' : 'at most'} ${formatUnit(bound, metric.unit)}`;
  if (isMissing(observed)) return `${name} of ${wanted} (not known: ${observed.missing})`;
  const [low, high] = 'low' in observed ? [observed.low, observed.high] : [observed.min, observed.max];
  const seen =
    low === high ? formatUnit(low, metric.unit) : `${formatUnit(low, metric.unit)} to ${formatUnit(high, metric.unit)}`;
  return `${name} of ${wanted} (${state === 'undecided' ? 'it may be' : 'it is'} ${seen})`;
}

function describeCascade({
  small,
  large,
  evaluation,
  mayFitAlone,
}: {
  readonly small: string;
  readonly large: string;
  readonly evaluation: CascadeEvaluation;
  readonly mayFitAlone: boolean;
}): string {
  const { cost, test } = evaluation;
  const { low } = test.difference;
  const worst = low >= 0 ? 'at worst no less' : `at worst ${points(low)} less`;
  const alone = mayFitAlone ? ` This run does not show whether ${small} alone fits.` : '';
  return (
    `${small}, then ${large}: if ${large} answers the ${formatScore(evaluation.deferred)} of requests on which ${small} is least sure, ` +
    `the cascade scores ${worst} than ${large} alone, and it ${describeSaving(cost)}.${alone}`
  );
}

/** `takes 54.5% of its time` */
export function describeSaving({ unit, cascade, large }: CascadeEvaluation['cost']): string {
  const share = formatScore(cascade / large);
  return unit === 'dollars' ? `costs ${share} of its price` : `takes ${share} of its time`;
}

function describeDoubt(doubt: Doubt): string {
  switch (doubt.of) {
    case 'pairs':
      return `Inconclusive: ${doubt.reason}.`;
    case 'limits':
      return `Inconclusive: this run does not show whether ${doubt.model} meets these limits: ${list(doubt.checks.map(describeCheck))}.`;
    case 'margin': {
      const { candidate, reference, test, decision } = doubt.comparison;
      if (isMissing(test)) return `Inconclusive: ${test.missing}.`;
      const { low, high, n } = test.difference;
      const shared = decision !== test.decision ? ' The other comparisons of the suite share the error rate.' : '';
      return (
        `Inconclusive: the difference of ${candidate} from ${reference} is between ${formatPoints(low)} and ${formatPoints(high)} points on ` +
        `${plural(n, 'sample')}, and the margin is ${points(test.margin)}.${shared} ${describeNeed(doubt.comparison)}`
      );
    }
  }
}

function describeNeed(comparison: Comparison): string {
  return isMissing(comparison.test) ? '' : `${capital(whatWouldDecide(comparison))}.`;
}

/** How many more samples would decide a comparison, or how many more groups if samples come in groups. */
export function whatWouldDecide({ test, needed }: Comparison): string {
  if (isMissing(test)) return test.missing;
  if (isMissing(needed)) return needed.missing;
  const { n, clusters } = test.difference;
  if (clusters !== undefined && needed.clusters !== undefined && needed.clusters > clusters) {
    const more = plural(roundUp(needed.clusters - clusters), 'more group');
    return `about ${more} of samples would decide it; more samples of the same ${plural(clusters, 'group')} may not`;
  }
  const more = needed.value - n;
  return more > 0
    ? `about ${plural(roundUp(more), 'more sample')} would decide it`
    : 'a few more samples would decide it';
}

/** Two digits: a projection is not more precise. */
function roundUp(n: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(n)) - 1);
  return Math.ceil(n / unit) * unit;
}

/** What would change the verdict of a task. */
export function whatWouldChange({ verdict, comparisons }: TaskRecommendation): string[] {
  switch (verdict.kind) {
    case 'slm-fits': {
      const { test } = verdict.comparison;
      if (isMissing(test)) return [];
      const { low } = test.difference;
      return low >= 0 ? [] : [`A margin below ${points(low)}.`];
    }
    case 'llm-needed':
    case 'nothing-passes':
      return groupVariants(verdict.rejected, describeRemedy).slice(0, MOST_NAMED);
    case 'cascade':
      return [
        `An SLM whose confidence separates right from wrong answers better, or a margin other than ${points(verdict.evaluation.test.margin)}.`,
      ];
    case 'inconclusive': {
      const { because } = verdict;
      if (because.of !== 'margin') return ['Measurements of what is not known, or other limits.'];
      const { decision, test, needed } = because.comparison;
      const more = !isMissing(needed) && needed.clusters !== undefined ? 'More groups of samples' : 'More samples';
      return !isMissing(test) && decision !== test.decision
        ? [`${more}, or fewer comparisons that share the error rate.`]
        : [`${more}, or a margin above ${marginThatFits(because.comparison)} that is fixed before a new run.`];
    }
    case 'one-class':
      return [`A run of ${verdict.class === 'slm' ? 'an LLM' : 'an SLM'} on the same samples.`];
    case 'not-measured':
      return comparisons.length === 0 ? ['A run of the task on an SLM and an LLM.'] : [];
  }
}

function describeRemedy(rejection: Rejection, nameOf: NameOf): string {
  const model = nameOf(rejection.model);
  if (rejection.by === 'margin')
    return `A margin above ${marginThatFits(rejection.comparison)}, or a better SLM than ${model}.`;
  const limits = rejection.checks.map(limitThatFits);
  return limits.includes(null)
    ? `A better model than ${model}.`
    : `${capital(list(limits.map(String)))}, or a better model than ${model}.`;
}

/** The limit that the whole interval would have met; null if there is none. */
function limitThatFits({ limit, bound, observed }: LimitCheck): string | null {
  const { title, unit, better } = METRICS[limit];
  if (isMissing(observed)) return `a measurement of ${title.toLowerCase()}`;
  const [low, high] = 'low' in observed ? [observed.low, observed.high] : [observed.min, observed.max];
  const [words, met] = better === 'higher' ? ['at least', low] : ['at most', high];
  if (better === 'higher' && met <= 0) return null;
  return `a limit on ${title.toLowerCase()} of ${words} ${formatUnit(met, unit)} in place of ${formatUnit(bound, unit)}`;
}

function marginThatFits({ test }: Comparison): string {
  return isMissing(test) ? 'the fixed one' : points(test.difference.low);
}

export function describePair({ candidate, reference }: Comparison): string {
  return `${candidate} against ${reference}`;
}

/** What the numbers of the verdicts mean, and what was fixed before the run. */
export function describeRequirement({ requirement, ...shared }: SuiteRecommendation, pairs: readonly string[]): string {
  const { margin, alpha, prefer } = requirement;
  const [points, percent] = [margin, alpha].map((share) => formatCount(Number((share * 100).toPrecision(3))));
  return [
    ...(pairs.length === 1 ? [`Points and ratios: ${pairs[0]}.`] : []),
    'Quality is SLM minus LLM in points, with its interval. Speed, memory and cost are ratios of SLM to LLM.',
    `The margin of ${points} points was fixed before the run.`,
    `Each kind of verdict is wrong at most ${percent}% of the time${describeSharing(shared)}.`,
    `If several models pass, the ${prefer} is recommended.`,
  ].join(' ');
}

/** How the error rate was shared. */
function describeSharing({ shared, comparisons }: Pick<SuiteRecommendation, 'shared' | 'comparisons'>): string {
  const among = `among ${plural(comparisons, 'comparison')}`;
  return shared === 'by Holm'
    ? `; Holm's method shares this error rate ${among}`
    : `; this error rate is shared evenly ${among}, and the intervals hold at every look at the data`;
}

const STATES: Readonly<Record<LimitCheck['state'], string>> = {
  met: 'meets',
  missed: 'misses',
  undecided: 'may meet',
  unknown: 'is not known to meet',
};

/** `small meets quality of at least 80.0% (it is 84.2% to 93.1%)` */
export function describeState(model: string, check: LimitCheck): string {
  return `${model} ${STATES[check.state]} ${describeCheck(check)}`;
}

/** Characters of a failure's example. */
const EXAMPLE = 300;

export function describeFailure(model: string, { by, kind, count, example }: FailureCount): string {
  return `${model}: ${count} × ${kind}, ${by === 'model' ? 'scored 0' : 'not scored'}: ${shorten(plain(example), EXAMPLE)}`;
}

/** Whether the run is complete, what was lost, and how large a difference in speed must be to mean something. */
export function describeRun({ run, models, suites }: Analysis): string {
  return [describeTrials(run), ...describeLosses(suites), ...describeNoise(models)].join(' ');
}

/** Answers that no score counts, and failures that count as wrong. */
function describeLosses(suites: Analysis['suites']): string[] {
  const overall = suites.flatMap((suite) => suite.overall);
  const unscored = overall.reduce((sum, model) => sum + model.unscored, 0);
  const failures = overall.reduce((sum, model) => sum + model.failures, 0);
  return [
    ...(unscored > 0 ? [`${plural(unscored, 'answer')} could not be scored, so no score counts them.`] : []),
    ...(failures > 0 ? [`${plural(failures, 'trial')} failed by the model's fault and count as wrong.`] : []),
  ];
}

/** The noise of the noisiest model: a comparison is as noisy as the worse of its two models. */
function describeNoise(models: Analysis['models']): string[] {
  const noises = models.flatMap(({ drift }) => (isMissing(drift) ? [] : [drift.noise]));
  if (noises.length === 0) return [];
  const noise = Math.max(...noises);
  const most =
    noise < 1 ? `up to ${formatScore(noise)}` : `a factor of up to ${formatRatio(1 + noise).replace('×', '')}`;
  return [`Noise floor: the speed of one model differed by ${most} between stretches of this run.`];
}

function describeTrials(run: Analysis['run']): string {
  const { planned, recorded } = run.trials;
  const { ended } = run;
  if (!ended.complete)
    return `${formatCount(recorded)} of ${plural(planned, 'planned trial')} were run: the run is not complete (${ended.reason}).`;
  if (ended.early === undefined) return `${plural(recorded, 'trial')}, all that were planned.`;
  const saved = formatScore((planned - recorded) / planned);
  return `${formatCount(recorded)} of ${plural(planned, 'planned trial')} were run: ${ended.early}. Stopping early saved ${saved} of them.`;
}
