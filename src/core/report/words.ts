/** Verdicts in words for the people who decide: one sentence for each, with the numbers that support it. */

import type { Analysis, FailureCount } from '../analyse/analysis.js';
import { isMissing, type Missing } from '../quantity.js';
import type { CascadeEvaluation } from '../recommend/cascade/cascade.js';
import type { Comparison, Factors } from '../recommend/comparison.js';
import type { LimitCheck } from '../recommend/limit-check.js';
import type {
  Assignment,
  Change,
  Doubt,
  More,
  NewLimit,
  Rejection,
  Remedies,
  SuiteRecommendation,
  SuiteVerdict,
  TaskRecommendation,
  TaskVerdict,
} from '../recommend/recommendation.js';
import type { Unscored } from '../recommend/unscored.js';
import { LOST_ANSWERS, type NonInferiority } from '../stats/compare/noninferiority.js';
import { decisiveComparison } from './decisive.js';
import type { VerdictKind } from './document.js';
import { formatCount, formatPoints, formatRatio, formatScore, formatUnit, list, plural } from './format.js';
import { limitedOf } from './limited.js';
import { capital, plain, shorten } from './text.js';
import { groupVariants, type NameOf } from './variants.js';

/** What to use, where there is room for a word. */
export const VERDICT_WORDS: Readonly<Record<VerdictKind, string>> = {
  'slm-fits': 'small',
  'llm-needed': 'large',
  cascade: 'cascade',
  'by-task': 'by task',
  inconclusive: 'open',
  'one-class': 'one class',
  'nothing-passes': 'none',
  'not-measured': 'unknown',
};

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
      const { decided, noSmall } = verdict;
      const open = verdict.tasks.filter((task) => !noSmall.includes(task));
      const rest = decided.length > 0 ? ` Decided: ${describeAssignments(decided)}.` : '';
      return `${describeNoSmall(verdict, tasks)}${describeOpen(open, tasks)}${rest}`.trim();
    }
    case 'one-class': {
      const [run, other] = verdict.class === 'slm' ? ['small', 'large'] : ['large', 'small'];
      return `Only ${run} models were measured, so nothing was compared with a ${other} model. ${limitsSentence(verdict)}`;
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

function describeOpen(open: readonly string[], tasks: readonly TaskRecommendation[]): string {
  if (open.length === 0) return '';
  const which = open.length === tasks.length ? '' : ` for ${list(open)}`;
  return `Inconclusive${which}: this run does not show whether a small model fits.`;
}

/** The tasks on which every SLM is ruled out, and what the LLM still has to show. */
function describeNoSmall(
  { noSmall }: Extract<SuiteRecommendation['verdict'], { kind: 'inconclusive' }>,
  tasks: readonly TaskRecommendation[],
): string {
  if (noSmall.length === 0) return '';
  const which = noSmall.length === tasks.length ? '' : ` for ${list(noSmall)}`;
  const needs = tasks.flatMap(({ task, verdict }) =>
    verdict.kind === 'inconclusive' && verdict.because.of === 'large' && noSmall.includes(task)
      ? [`${task}: ${verdict.because.model} is not shown to meet ${list(verdict.because.checks.map(describeCheck))}`]
      : [],
  );
  return `No small model fits${which}. Whether the large model does is not shown (${needs.join('; ')}). `;
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

/**
 * The answer for a task, with the numbers that support it.
 *
 * @param suite If it prefers another of the models that fit, the sentence is about that one.
 */
export function describeTask(task: TaskRecommendation, suite: SuiteVerdict | null = null): string {
  const { verdict } = task;
  switch (verdict.kind) {
    case 'slm-fits': {
      const comparison = decisiveComparison(task, suite) ?? verdict.comparison;
      return `${comparison.candidate} fits: ${describeDifference(comparison)}.${describeGains(comparison)}`;
    }
    case 'llm-needed':
      return `${verdict.model} is needed: ${listSome(describeRejections(verdict.rejected))}.`;
    case 'cascade':
      return describeCascade(verdict);
    case 'inconclusive':
      return describeDoubt(verdict.because);
    case 'one-class':
      return limitsSentence(verdict);
    case 'nothing-passes':
      return `No model passes: ${listSome(describeRejections(verdict.rejected))}.`;
    case 'not-measured':
      return `Not measured: ${verdict.reason}.`;
  }
}

type OneClass = Extract<TaskVerdict, { kind: 'one-class' }>;

/** Describes the limits, if there are any, of models that were not compared with another model. */
export function describeLimits({ model, limits }: Pick<OneClass, 'model' | 'limits'>): string {
  if (limits === 'none') return 'no limit was set';
  return model === null ? 'no model is shown to meet every limit' : `${model} meets every limit`;
}

/** The name of a model stays as it is at the beginning of a sentence. */
function limitsSentence(verdict: Pick<OneClass, 'model' | 'limits'>): string {
  const text = describeLimits(verdict);
  return `${verdict.model !== null && text.startsWith(verdict.model) ? text : capital(text)}.`;
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
  return `it scores ${formatScore(scores.candidate)}, ${seen} ${reference}, and ${worst}, within the margin of ${points(test.margin)}${ofLost(test)}`;
}

function ofLost({ difference }: NonInferiority): string {
  return difference.warnings.includes(LOST_ANSWERS) ? ', whichever way lost answers fell' : '';
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
  return `${model} scores ${formatScore(scores.candidate)}, ${points(value)} less than ${nameOf(reference)}, and at best ${points(high)} less, beyond the margin of ${points(test.margin)}${ofLost(test)}`;
}

export function describeCheck({ limit, level, bound, observed, state }: LimitCheck): string {
  const metric = limitedOf(limit);
  const name = `${metric.title.toLowerCase()}${level === null || level === 'mean' ? '' : ` (${level})`}`;
  const wanted = `${metric.better === 'higher' ? 'at least' : 'at most'} ${formatUnit(bound, metric.unit)}`;
  if (isMissing(observed)) return `${name} of ${wanted} (not known: ${observed.missing})`;
  const [low, high] = 'low' in observed ? [observed.low, observed.high] : [observed.min, observed.max];
  if (!Number.isFinite(high)) return `${name} of ${wanted} (it is more than ${formatUnit(low, metric.unit)})`;
  const seen =
    low === high ? formatUnit(low, metric.unit) : `${formatUnit(low, metric.unit)} to ${formatUnit(high, metric.unit)}`;
  return `${name} of ${wanted} (${state === 'undecided' ? 'it may be' : 'it is'} ${seen})`;
}

function describeCascade({
  small,
  large,
  evaluation,
}: {
  readonly small: string;
  readonly large: string;
  readonly evaluation: CascadeEvaluation;
}): string {
  const { cost, test } = evaluation;
  const { low } = test.difference;
  const worst = low >= 0 ? 'at worst no less' : `at worst ${points(low)} less`;
  return (
    `${small}, then ${large}: if ${large} answers the ${formatScore(evaluation.deferred)} of requests on which ${small} is least sure, ` +
    `the cascade scores ${worst} than ${large} alone, and it ${describeSaving(cost)}.`
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
    case 'unscored':
      return `Inconclusive: ${list(doubt.models.map(describeUnscored))}, so the lost answers could change the verdict.`;
    case 'limits':
      return `Inconclusive: this run does not show whether ${doubt.model} meets these limits: ${list(doubt.checks.map(describeCheck))}.`;
    case 'large':
      return (
        `No small model fits: ${listSome(describeRejections(doubt.rejected))}. This run does not show whether ${doubt.model} meets ` +
        `${list(doubt.checks.map(describeCheck))}.`
      );
    case 'margin': {
      const { candidate, reference, test } = doubt.comparison;
      if (isMissing(test)) return `Inconclusive: ${test.missing}.`;
      const { low, high, n } = test.difference;
      const limits =
        doubt.limits.length > 0 ? ` Nor is it shown to meet ${list(doubt.limits.map(describeCheck))}.` : '';
      return (
        `Inconclusive: the difference of ${candidate} from ${reference} is between ${formatPoints(low)} and ${formatPoints(high)} points on ` +
        `${plural(n, 'sample')}, and the margin is ${points(test.margin)}${ofLost(test)}.${limits} ${capital(whatWouldDecide(doubt.remedies))}.`
      );
    }
  }
}

export function describeUnscored({ model, unscored, trials }: Unscored): string {
  return `${formatCount(unscored)} of ${plural(trials, 'trial')} of ${model} have no score`;
}

/** How much more data would decide a comparison: in half to four fifths of simulated runs. */
export function whatWouldDecide(remedies: Remedies | Missing): string {
  if (isMissing(remedies)) return remedies.missing;
  const { samples, groups, unasked } = remedies;
  const ways =
    groups === undefined
      ? [describeMore(samples, 'sample')]
      : [describeMore(samples, 'sample', ' of the same groups'), describeMore(groups, 'group', ' of samples')];
  const possible = ways.filter((way) => way !== null);
  if (possible.length === 0) return 'ten times the data would not decide it more often than not';
  const left = unasked > 0 ? ` (the task has ${plural(unasked, 'sample')} that this run left out: see --limit)` : '';
  return `${possible.join(', or ')} would decide it${left}`;
}

/** `40 to 120 more samples`; null if ten times the data would not decide it more often than not. */
export function describeMore(more: More, what: string, which = ''): string | null {
  if (more === null) return null;
  const from = roundUp(Math.max(1, more.half - more.now));
  if (more.most === null)
    return `${formatCount(from)} or more more ${what}s${which}`.replace('or more more', 'or more');
  const to = roundUp(Math.max(1, more.most - more.now));
  return to > from
    ? `${formatCount(from)} to ${plural(to, `more ${what}`)}${which}`
    : `about ${plural(to, `more ${what}`)}${which}`;
}

/** Two digits: a projection is not more precise. */
function roundUp(n: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(n)) - 1);
  return Math.ceil(n / unit) * unit;
}

/** What would change the verdict of a task. Each sentence is true of the same data (../recommend/changes.ts). */
export function whatWouldChange({ verdict, changes, comparisons, checks }: TaskRecommendation): string[] {
  const sentences = groupVariants(changes, describeChange).slice(0, MOST_NAMED);
  const undecided = checks.flatMap((model) => model.checks).filter(({ state }) => state === 'undecided');
  const openLimits = [...new Set(undecided.map(({ limit }) => limitedOf(limit).title.toLowerCase()))];
  switch (verdict.kind) {
    case 'slm-fits':
      return sentences;
    case 'llm-needed':
    case 'nothing-passes':
      return sentences.length > 0 ? sentences : ['A better small model.'];
    case 'cascade':
      return [
        `An SLM whose confidence separates right from wrong answers better, or a margin other than ${points(verdict.evaluation.test.margin)}.`,
      ];
    case 'inconclusive':
      return verdict.because.of === 'unscored'
        ? ['A run in which at most 5% of the trials of each model have no score.']
        : ['More data, as the verdict says.', ...sentences];
    case 'one-class':
      return [
        ...(openLimits.length > 0 ? [`More data on ${list(openLimits)}.`] : []),
        `A run of ${verdict.class === 'slm' ? 'an LLM' : 'an SLM'} on the same samples.`,
      ];
    case 'not-measured':
      return comparisons.length === 0 ? ['A run of the task on an SLM and an LLM.'] : [];
  }
}

function describeChange(change: Change, nameOf: NameOf): string {
  const model = nameOf(change.model);
  switch (change.to) {
    case 'fits':
      return `With a margin of ${points(change.margin)}, fixed before a new run, ${model} would fit.`;
    case 'not shown to fit':
      return `With a margin of ${points(change.margin)} or less, ${model} would not be shown to fit.`;
    case 'passes':
      return `${capital(list(change.limits.map(describeNewLimit)))}: ${model} would be shown to meet it.`;
  }
}

function describeNewLimit({ limit, bound, would }: NewLimit): string {
  const { title, unit, better } = limitedOf(limit);
  if (isMissing(would)) return `more data on ${title.toLowerCase()} (${would.missing})`;
  const words = better === 'higher' ? 'at least' : 'at most';
  return `a limit on ${title.toLowerCase()} of ${words} ${formatUnit(would.value, unit)} in place of ${formatUnit(bound, unit)}`;
}

export function describePair({ candidate, reference }: Comparison): string {
  return `${candidate} against ${reference}`;
}

/** How the error rate of the verdicts was kept, and what was fixed before the run. */
export function describeRequirement({ requirement, ...shared }: SuiteRecommendation): string {
  const { margin, alpha, prefer } = requirement;
  const [points, percent] = [margin, alpha].map((share) => formatCount(Number((share * 100).toPrecision(3))));
  return [
    `The margin of ${points} points was fixed before the run.`,
    `Each kind of verdict is wrong at most ${percent}% of the time${describeSharing(shared)}.`,
    `If several models pass, the ${prefer} is recommended.`,
  ].join(' ');
}

/** How the error rate was shared. */
function describeSharing({ shared, comparisons }: Pick<SuiteRecommendation, 'shared' | 'comparisons'>): string {
  const among = `among ${plural(comparisons, 'comparison')}`;
  const looks = shared === 'over the looks' ? ' and over the looks at the data' : '';
  return `; Hommel's method shares this error rate ${among}${looks}, and the intervals are those that decide`;
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
