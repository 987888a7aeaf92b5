/**
 * Verdicts in words, for whoever has to decide: one sentence each, with the numbers that carry it. The terminal, the page and
 * the pull request all say these sentences.
 */

import type { Analysis } from '../analyse/analysis.js';
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
  SuiteVerdict,
  TaskRecommendation,
  TaskVerdict,
} from '../recommend/recommendation.js';
import { formatCount, formatPoints, formatRatio, formatScore, formatUnit, list, plural } from './format.js';
import { groupVariants, type NameOf } from './variants.js';

/** The short name of a verdict, as tables show it. */
export const VERDICT_NAMES: Readonly<Record<SuiteVerdict['kind'] | TaskVerdict['kind'], string>> = {
  'slm-fits': 'SLM fits',
  'llm-needed': 'LLM needed',
  cascade: 'cascade',
  'by-task': 'by task',
  inconclusive: 'cannot be told yet',
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
      const by = alone.length > 0 ? ` ${small} does ${list(alone)} by itself.` : '';
      return `Use both, as a cascade: ${small} answers, and ${large} answers again where ${small} is unsure.${by}`;
    }
    case 'by-task':
      return `Use both, by task: ${describeAssignments(verdict.assignments)}.`;
    case 'inconclusive': {
      const { tasks: open, decided } = verdict;
      const which = open.length === tasks.length ? '' : ` for ${list(open)}`;
      const rest = decided.length > 0 ? ` Decided so far: ${describeAssignments(decided)}.` : '';
      return `It cannot be told yet${which} whether a small model will do.${rest}`;
    }
    case 'one-class': {
      const [run, other] = verdict.class === 'slm' ? ['small', 'large'] : ['large', 'small'];
      const passing =
        verdict.model === null ? 'None is shown to meet every limit.' : `${verdict.model} meets every limit.`;
      return `Only ${run} models were measured, so nothing was compared with a ${other} one. ${passing}`;
    }
    case 'nothing-passes': {
      const { tasks: failing, decided, open } = verdict;
      const rest = [
        ...(decided.length > 0 ? [` The rest: ${describeAssignments(decided)}.`] : []),
        ...(open.length > 0 ? [` Not decided yet: ${list(open)}.`] : []),
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

/** The answer for a task and what carries it. */
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

/** Of many alike the first few are enough. */
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
  return gains.length === 0 ? '' : ` Against ${reference} it ${list(gains)}.`;
}

/** Only what differs for sure is a gain or a price. */
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

/** Variants of one model that fall short alike are named together. */
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
  const what = cost.unit === 'dollars' ? 'price' : 'time';
  const alone = mayFitAlone ? ` Whether ${small} would do alone cannot be told yet.` : '';
  return (
    `${small} with ${large} behind it: asking ${large} for the ${formatScore(evaluation.deferred)} of answers that ${small} is least sure of ` +
    `scores ${worst} than ${large} alone, for ${formatScore(cost.cascade / cost.large)} of its ${what}.${alone}`
  );
}

function describeDoubt(doubt: Doubt): string {
  switch (doubt.of) {
    case 'pairs':
      return `It cannot be told: ${doubt.reason}.`;
    case 'limits':
      return `It cannot be told whether ${doubt.model} meets the limits: ${list(doubt.checks.map(describeCheck))}.`;
    case 'margin': {
      const { candidate, reference, test, decision } = doubt.comparison;
      if (isMissing(test)) return `It cannot be told: ${test.missing}.`;
      const { low, high, n } = test.difference;
      const shared =
        decision !== test.decision ? ', and the error rate is shared with the other comparisons of the suite' : '';
      return (
        `It cannot be told yet whether ${candidate} fits: against ${reference} it lies between ${formatPoints(low)} and ` +
        `${formatPoints(high)} points on ${plural(n, 'sample')}, the margin is ${points(test.margin)}${shared}. ${describeNeed(doubt.comparison)}`
      );
    }
  }
}

function describeNeed(comparison: Comparison): string {
  return isMissing(comparison.test) ? '' : `${capital(whatWouldTell(comparison))}.`;
}

/** How many more samples would settle a comparison; where they come in groups, how many more groups. */
export function whatWouldTell({ test, needed }: Comparison): string {
  if (isMissing(test)) return test.missing;
  if (isMissing(needed)) return needed.missing;
  const { n, clusters } = test.difference;
  if (clusters !== undefined && needed.clusters !== undefined && needed.clusters > clusters) {
    const more = plural(roundUp(needed.clusters - clusters), 'more group');
    return `about ${more} of samples would tell; more samples of the same ${plural(clusters, 'group')} need not`;
  }
  const more = needed.value - n;
  return more > 0 ? `about ${plural(roundUp(more), 'more sample')} would tell` : 'a few more samples would tell';
}

/** Two digits: a projection deserves no more. */
function roundUp(n: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(n)) - 1);
  return Math.ceil(n / unit) * unit;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What would make the verdict of a task another one. */
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
        `An SLM whose confidence tells right from wrong better, or a margin other than ${points(verdict.evaluation.test.margin)}.`,
      ];
    case 'inconclusive': {
      const { because } = verdict;
      if (because.of !== 'margin') return ['Measuring what is not known yet, or other limits.'];
      const { decision, test, needed } = because.comparison;
      const more = !isMissing(needed) && needed.clusters !== undefined ? 'More groups of samples' : 'More samples';
      return !isMissing(test) && decision !== test.decision
        ? [`${more}, or fewer comparisons that share the error rate.`]
        : [`${more}, or a margin above ${marginThatFits(because.comparison)} fixed before a new run.`];
    }
    case 'one-class':
      return [`Running ${verdict.class === 'slm' ? 'an LLM' : 'an SLM'} on the same samples.`];
    case 'not-measured':
      return comparisons.length === 0 ? ['Running the task on an SLM and an LLM.'] : [];
  }
}

function describeRemedy(rejection: Rejection, nameOf: NameOf): string {
  const model = nameOf(rejection.model);
  if (rejection.by === 'margin')
    return `For ${model} to fit: a margin above ${marginThatFits(rejection.comparison)}; or a better SLM.`;
  const limits = rejection.checks.map(limitThatFits);
  return limits.includes(null)
    ? `For ${model} to pass: a better model.`
    : `For ${model} to pass: ${list(limits.map(String))}; or a better model.`;
}

/** The limit that the whole interval would have met; null where that is none. */
function limitThatFits({ limit, bound, observed }: LimitCheck): string | null {
  const { title, unit, better } = METRICS[limit];
  if (isMissing(observed)) return `a measurement of ${title.toLowerCase()}`;
  const [low, high] = 'low' in observed ? [observed.low, observed.high] : [observed.min, observed.max];
  const [words, met] = better === 'higher' ? ['at least', low] : ['at most', high];
  if (better === 'higher' && met <= 0) return null;
  return `a limit on ${title.toLowerCase()} of ${words} ${formatUnit(met, unit)} in place of ${formatUnit(bound, unit)}`;
}

function marginThatFits({ test }: Comparison): string {
  return isMissing(test) ? 'what was fixed' : points(test.difference.low);
}

/** How the chance to be wrong was shared: `shared by Holm's method between 6 comparisons`. */
export function describeSharing({ shared, comparisons }: SuiteRecommendation): string {
  const between = `between ${plural(comparisons, 'comparison')}`;
  return shared === 'by Holm'
    ? `shared by Holm's method ${between}`
    : `shared evenly ${between}, by intervals that hold at every look at the data`;
}

/** What a reader of the run as a whole has to know first: whether it is whole, and which differences of speed mean something. */
export function describeRun({ run, models, suites }: Analysis): string {
  return [describeTrials(run), ...describeLosses(suites), ...describeNoise(models)].join(' ');
}

/** What stands behind no score, counted aloud, and what counts as wrong without having been answered. */
function describeLosses(suites: Analysis['suites']): string[] {
  const overall = suites.flatMap((suite) => suite.overall);
  const total = (of: (model: (typeof overall)[number]) => number) => overall.reduce((sum, model) => sum + of(model), 0);
  const [unscored, failures] = [total((model) => model.unscored), total((model) => model.failures)];
  return [
    ...(unscored > 0 ? [`${plural(unscored, 'answer')} could not be scored and count for nothing.`] : []),
    ...(failures > 0 ? [`${plural(failures, 'trial')} failed by the model's fault and count as wrong.`] : []),
  ];
}

/** The noisiest model's, for a comparison is no better than the worse of its two sides. */
function describeNoise(models: Analysis['models']): string[] {
  const noises = models.flatMap(({ drift }) => (isMissing(drift) ? [] : [drift.noise]));
  if (noises.length === 0) return [];
  const noise = Math.max(...noises);
  const most =
    noise < 1 ? `up to ${formatScore(noise)}` : `a factor of up to ${formatRatio(1 + noise).replace('×', '')}`;
  return [`Noise floor: one model's speed differed by ${most} from one stretch of this run to another.`];
}

function describeTrials(run: Analysis['run']): string {
  const { planned, recorded } = run.trials;
  const { ended } = run;
  if (!ended.complete)
    return `${formatCount(recorded)} of ${plural(planned, 'planned trial')}: the run is not complete (${ended.reason}).`;
  if (ended.early === undefined) return `${plural(recorded, 'trial')}, all that were planned.`;
  const saved = formatScore((planned - recorded) / planned);
  return `${formatCount(recorded)} of ${plural(planned, 'planned trial')}: ${ended.early}. Stopping then saved ${saved} of them.`;
}
