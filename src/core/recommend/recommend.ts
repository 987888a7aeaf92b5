/**
 * An analysis to a verdict, per task and for the suite. Per task, in this order:
 *
 *     hard limits          which models may be used at all
 *     non-inferiority      which SLMs are no worse than the reference LLM by the margin    -> slm-fits
 *     cascade              SLM first, LLM when it is unsure, judged out of fold            -> cascade
 *     all SLMs ruled out   by margin or limit                                              -> llm-needed, nothing-passes
 *     otherwise            it cannot be told yet                                           -> inconclusive
 *
 * "Not shown to be worse" is never read as "as good".
 */
import type { Analysis, ModelAnalysis, SuiteAnalysis, TaskAnalysis } from '../analyse/analysis.js';
import { estimateAt } from '../analyse/distribution.js';
import type { Requirement } from '../definition/requirement.js';
import { isMissing } from '../measure/quantity.js';
import { mean } from '../stats/index.js';
import { breakEvens } from './breakeven.js';
import { type Cascade, tryCascades } from './cascade.js';
import { cellOf, chooseReferences, compareAll } from './compare.js';
import { DEVICES, type Device } from './devices.js';
import { fitModels } from './fit.js';
import { checkModels } from './limits.js';
import type {
  Assignment,
  Comparison,
  ModelChecks,
  Recommendation,
  Rejection,
  SuiteRecommendation,
  SuiteVerdict,
  TaskRecommendation,
  TaskVerdict,
} from './recommendation.js';

export interface RecommendOptions {
  /** Devices to look at; the default is the table in devices.ts. */
  readonly devices?: readonly Device[];
}

export function recommend(analysis: Analysis, { devices = DEVICES }: RecommendOptions = {}): Recommendation {
  return { suites: analysis.suites.map((suite) => recommendForSuite(analysis, suite, devices)) };
}

function recommendForSuite(analysis: Analysis, suite: SuiteAnalysis, devices: readonly Device[]): SuiteRecommendation {
  const references = chooseReferences(analysis, suite);
  const comparisons = compareAll(analysis, suite, references);
  const cascades = tryCascades(analysis, suite, references);
  const fits = fitModels(analysis, suite, devices);
  const order = preferenceOrder(analysis, suite);
  const tasks = suite.tasks.map((task): TaskRecommendation => {
    const evidence: Evidence = {
      checks: checkModels(analysis, task),
      comparisons: comparisons.byTask.get(task.name)!,
      cascades: cascades.get(task.name)!,
    };
    return { task: task.name, verdict: decideTask(analysis, task, { ...evidence, order }), ...evidence };
  });
  return {
    suite: suite.name,
    requirement: suite.requirement,
    verdict: decideSuite(tasks, order),
    tasks,
    references,
    comparisons: comparisons.family,
    fits,
    breakEvens: breakEvens(suite, fits, devices),
  };
}

interface Evidence {
  readonly checks: readonly ModelChecks[];
  readonly comparisons: readonly Comparison[];
  readonly cascades: readonly Cascade[];
}

function decideTask(
  analysis: Analysis,
  task: TaskAnalysis,
  evidence: Evidence & { readonly order: readonly string[] },
): TaskVerdict {
  const { checks, comparisons, cascades, order } = evidence;
  const measured = task.cells.filter(({ quality }) => !isMissing(quality));
  if (measured.length === 0) {
    const reason = task.cells.map(({ quality }) => (isMissing(quality) ? quality.missing : '')).sort()[0];
    return { kind: 'not-measured', reason: reason ?? 'no model was run' };
  }
  const stateOf = (model: string) => checks.find((one) => one.model === model)!.state;
  const preferred = (models: readonly string[]) => order.find((model) => models.includes(model));
  const of = (wanted: 'slm' | 'llm') =>
    analysis.models
      .filter((model) => model.class === wanted && measured.some((cell) => cell.model === model.id))
      .map(({ id }) => id);
  const [small, large] = [of('slm'), of('llm')];
  if (small.length === 0 || large.length === 0) {
    if (small.length + large.length === 0)
      return { kind: 'not-measured', reason: 'no model of the run says whether it is an SLM or an LLM' };
    const present = small.length > 0 ? small : large;
    const model = preferred(present.filter((id) => stateOf(id) === 'passes')) ?? null;
    return { kind: 'one-class', class: small.length > 0 ? 'slm' : 'llm', model };
  }

  const fits = comparisons.filter(
    ({ candidate, decision }) => decision === 'non-inferior' && stateOf(candidate) === 'passes',
  );
  const best = preferred(fits.map(({ candidate }) => candidate));
  if (best !== undefined) {
    const comparison = fits.find(({ candidate }) => candidate === best)!;
    return {
      kind: 'slm-fits',
      comparison,
      others: order.filter((id) => id !== best && fits.some(({ candidate }) => candidate === id)),
    };
  }

  const open = comparisons.filter(
    ({ candidate, decision }) => decision !== 'inferior' && stateOf(candidate) !== 'fails',
  );
  const cascade = bestCascade(cascades, stateOf);
  if (cascade !== undefined) {
    return { kind: 'cascade', ...cascade, mayFitAlone: open.some(({ candidate }) => candidate === cascade.small) };
  }
  if (open.length > 0) return { kind: 'inconclusive', because: doubtAbout(open, checks) };
  const rejected = comparisons.map((comparison): Rejection => reject(comparison, checks));
  const usable = preferred(large.filter((id) => stateOf(id) === 'passes'));
  if (usable !== undefined) return { kind: 'llm-needed', model: usable, rejected };
  const undecided = preferred(large.filter((id) => stateOf(id) === 'undecided'));
  if (undecided !== undefined) {
    return { kind: 'inconclusive', because: { of: 'limits', model: undecided, checks: unmet(undecided, checks) } };
  }
  return {
    kind: 'nothing-passes',
    rejected: [...rejected, ...large.map((model) => ({ model, by: 'limits', checks: unmet(model, checks) }) as const)],
  };
}

function unmet(model: string, checks: readonly ModelChecks[]) {
  return checks.find((one) => one.model === model)!.checks.filter(({ state }) => state !== 'met');
}

function reject(comparison: Comparison, checks: readonly ModelChecks[]): Rejection {
  const model = comparison.candidate;
  return comparison.decision === 'inferior'
    ? { model, by: 'margin', comparison }
    : { model, by: 'limits', checks: unmet(model, checks) };
}

/** What keeps the most promising SLM from a verdict: the one whose claim to fit has the smallest p. */
function doubtAbout(
  open: readonly Comparison[],
  checks: readonly ModelChecks[],
): Extract<TaskVerdict, { kind: 'inconclusive' }>['because'] {
  // Before the error rate is shared: shared among many, all of them are 1.
  const p = ({ test }: Comparison) => (isMissing(test) ? 2 : test.nonInferiorP);
  const closest = [...open].sort((a, b) => p(a) - p(b) || (a.candidate < b.candidate ? -1 : 1))[0]!;
  if (isMissing(closest.test)) return { of: 'pairs', reason: closest.test.missing };
  if (closest.decision === 'non-inferior') {
    return { of: 'limits', model: closest.candidate, checks: unmet(closest.candidate, checks) };
  }
  return { of: 'margin', comparison: closest };
}

/** The one that saves the greatest share. A cascade sends requests to both models, so both must keep the limits. */
function bestCascade(
  cascades: readonly Cascade[],
  stateOf: (model: string) => ModelChecks['state'],
): Pick<Extract<TaskVerdict, { kind: 'cascade' }>, 'small' | 'large' | 'trial'> | undefined {
  return cascades
    .flatMap(({ small, large, trial, verdict }) =>
      isMissing(trial) || verdict !== 'passes' ? [] : [{ small, large, trial }],
    )
    .filter(({ small, large }) => stateOf(small) !== 'fails' && stateOf(large) !== 'fails')
    .map((one) => ({ one, share: one.trial.cost.cascade / one.trial.cost.large }))
    .sort((a, b) => a.share - b.share || (a.one.small < b.one.small ? -1 : 1))[0]?.one;
}

/** Models from the most to the least preferred: what decides among those that pass. Unknown comes last, ties go to the faster. */
function preferenceOrder(analysis: Analysis, suite: SuiteAnalysis): string[] {
  const rankBy = (key: PreferenceKey, model: ModelAnalysis) => key(model, suite) ?? Number.POSITIVE_INFINITY;
  const { prefer } = suite.requirement;
  return analysis.models
    .map((model) => ({ id: model.id, rank: rankBy(KEYS[prefer], model), speed: rankBy(KEYS.fastest, model) }))
    .sort((a, b) => compare(a.rank, b.rank) || compare(a.speed, b.speed) || compare(a.id, b.id))
    .map(({ id }) => id);
}

function compare<T extends number | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Smaller is preferred; null is unknown. */
type PreferenceKey = (model: ModelAnalysis, suite: SuiteAnalysis) => number | null;

const KEYS: Readonly<Record<Requirement['prefer'], PreferenceKey>> = {
  smallest: (model) => {
    const { added } = model.memory;
    return (
      model.entry.parameters ??
      model.facts?.parameters ??
      model.facts?.weights?.bytes ??
      (isMissing(added) ? null : added.max)
    );
  },
  fastest: (model, suite) => meanOver(suite, (task) => estimateAt(cellOf(task, model.id).metrics.e2e, 'median')),
  cheapest: (model, suite) => meanOver(suite, (task) => estimateAt(cellOf(task, model.id).metrics.cost, 'mean')),
  best: (model, suite) => {
    const quality = meanOver(suite, (task) => cellOf(task, model.id).quality);
    return quality === null ? null : -quality;
  },
};

function meanOver(
  suite: SuiteAnalysis,
  of: (task: TaskAnalysis) => { readonly value: number } | { readonly missing: string },
): number | null {
  const values = suite.tasks.flatMap((task) => {
    const one = of(task);
    return 'missing' in one ? [] : [one.value];
  });
  return values.length === 0 ? null : mean(values);
}

/** The suite's verdict follows from its tasks'. */
function decideSuite(tasks: readonly TaskRecommendation[], order: readonly string[]): SuiteVerdict {
  const verdicts = tasks.map(({ task, verdict }) => ({ task, verdict }));
  const those = (...kinds: TaskVerdict['kind'][]) =>
    verdicts.filter(({ verdict }) => kinds.includes(verdict.kind)).map(({ task }) => task);
  const unmeasured = verdicts.flatMap(({ verdict }) => (verdict.kind === 'not-measured' ? [verdict.reason] : []));
  if (unmeasured.length === tasks.length)
    return { kind: 'not-measured', reason: unmeasured[0] ?? 'the suite has no tasks' };

  const oneClass = verdicts.flatMap(({ verdict }) => (verdict.kind === 'one-class' ? [verdict] : []));
  if (oneClass.length > 0 && oneClass.length + unmeasured.length === tasks.length) {
    const passing = order.find((model) =>
      tasks.every(({ checks }) => checks.find((one) => one.model === model)!.state === 'passes'),
    );
    return { kind: 'one-class', class: oneClass[0]!.class, model: passing ?? null };
  }
  const failing = those('nothing-passes');
  if (failing.length > 0) return { kind: 'nothing-passes', tasks: failing };

  const assignments = verdicts.flatMap(({ task, verdict }): Assignment[] => assignmentOf(task, verdict));
  const undecided = those('inconclusive', 'one-class', 'not-measured');
  if (undecided.length > 0) return { kind: 'inconclusive', tasks: undecided, decided: assignments };
  return summarise(tasks, assignments, order);
}

function assignmentOf(task: string, verdict: TaskVerdict): Assignment[] {
  switch (verdict.kind) {
    case 'slm-fits':
      return [{ task, use: { model: verdict.comparison.candidate } }];
    case 'llm-needed':
      return [{ task, use: { model: verdict.model } }];
    case 'cascade':
      return [{ task, use: { small: verdict.small, large: verdict.large } }];
    case 'inconclusive':
    case 'one-class':
    case 'nothing-passes':
    case 'not-measured':
      return [];
  }
}

/** Every task is decided; one model for all of them where there is one. */
function summarise(
  tasks: readonly TaskRecommendation[],
  assignments: readonly Assignment[],
  order: readonly string[],
): SuiteVerdict {
  const fitting = tasks.map(({ verdict }) =>
    verdict.kind === 'slm-fits' ? [verdict.comparison.candidate, ...verdict.others] : [],
  );
  const everywhere = order.find((model) => fitting.every((models) => models.includes(model)));
  if (everywhere !== undefined) return { kind: 'slm-fits', model: everywhere };

  if (tasks.every(({ verdict }) => verdict.kind === 'llm-needed')) {
    const passes = (model: string) =>
      tasks.every(({ checks }) => checks.find((one) => one.model === model)!.state === 'passes');
    const chosen = assignments.flatMap(({ use }) => ('model' in use ? [use.model] : []));
    const model = order.find((id) => chosen.includes(id) && passes(id));
    return model === undefined ? { kind: 'by-task', assignments } : { kind: 'llm-needed', model };
  }

  const cascades = assignments.flatMap(({ use }) => ('small' in use ? [use] : []));
  const [pair] = cascades;
  const alone = tasks.filter((_, i) => pair !== undefined && fitting[i]!.includes(pair.small)).map(({ task }) => task);
  if (
    pair !== undefined &&
    cascades.every(({ small, large }) => small === pair.small && large === pair.large) &&
    alone.length + cascades.length === tasks.length
  ) {
    return { kind: 'cascade', ...pair, alone };
  }
  return { kind: 'by-task', assignments: preferOneSmallModel(tasks, assignments, order) };
}

/** Where several SLMs fit, the one that fits most tasks saves a second model in memory. */
function preferOneSmallModel(
  tasks: readonly TaskRecommendation[],
  assignments: readonly Assignment[],
  order: readonly string[],
): Assignment[] {
  const fitting = tasks.flatMap(({ verdict }) =>
    verdict.kind === 'slm-fits' ? [[verdict.comparison.candidate, ...verdict.others]] : [],
  );
  const uses = (model: string) => fitting.filter((models) => models.includes(model)).length;
  const ranked = [...order].sort((a, b) => uses(b) - uses(a) || order.indexOf(a) - order.indexOf(b));
  return assignments.map((assignment, i) => {
    const verdict = tasks.find(({ task }) => task === assignment.task)?.verdict ?? tasks[i]!.verdict;
    if (verdict.kind !== 'slm-fits') return assignment;
    const models = [verdict.comparison.candidate, ...verdict.others];
    return { task: assignment.task, use: { model: ranked.find((id) => models.includes(id))! } };
  });
}
