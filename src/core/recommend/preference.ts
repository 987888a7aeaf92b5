/** Which of the models that pass is taken: the smallest, the fastest, the cheapest or the best, as the suite says. */
import type { Analysis, ModelAnalysis, SuiteAnalysis, TaskAnalysis } from '../analyse/analysis.js';
import { cellOf } from '../analyse/analysis.js';
import { summaryEstimate } from '../analyse/distribution.js';
import type { Requirement } from '../definition/requirement.js';
import { isMissing } from '../quantity.js';
import { tasksOfQuality } from '../score/safety.js';
import { mean } from '../stats/basics/moments.js';

/** The models from the most to the least preferred. Unknown comes last; of equals, the faster comes first. */
export function preferenceOrder(analysis: Analysis, suite: SuiteAnalysis): string[] {
  const common = doneByAll(analysis, suite);
  const rankBy = (key: PreferenceKey, model: ModelAnalysis) => key(model, common) ?? Number.POSITIVE_INFINITY;
  const { prefer } = suite.requirement;
  return analysis.models
    .map((model) => ({ id: model.id, rank: rankBy(KEYS[prefer], model), speed: rankBy(KEYS.fastest, model) }))
    .sort((a, b) => compare(a.rank, b.rank) || compare(a.speed, b.speed) || compare(a.id, b.id))
    .map(({ id }) => id);
}

/** The tasks that all models did: a model that skipped a slow task is not the faster for it. */
function doneByAll(analysis: Analysis, { tasks }: SuiteAnalysis): Pick<SuiteAnalysis, 'tasks'> {
  const all = tasks.filter((task) =>
    analysis.models.every(({ id }) => cellOf(task, id).trials.recorded > 0 || isAbsent(tasks, id)),
  );
  return { tasks: all.length > 0 ? all : tasks };
}

/** A model that did nothing is ranked last anyway, and takes no task away from the others. */
function isAbsent(tasks: readonly TaskAnalysis[], model: string): boolean {
  return tasks.every((task) => cellOf(task, model).trials.recorded === 0);
}

function compare<T extends number | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Smaller is preferred; null is unknown. */
type PreferenceKey = (model: ModelAnalysis, suite: Pick<SuiteAnalysis, 'tasks'>) => number | null;

const KEYS: Readonly<Record<Requirement['prefer'], PreferenceKey>> = {
  smallest: (model) => {
    const { memoryAdded: added } = model.metrics;
    return (
      model.entry.parameters ??
      model.facts?.parameters ??
      model.facts?.weights?.bytes ??
      (isMissing(added) ? null : added.max)
    );
  },
  fastest: (model, suite) => meanOver(suite, (task) => summaryEstimate('e2e', cellOf(task, model.id))),
  cheapest: (model, suite) => meanOver(suite, (task) => summaryEstimate('cost', cellOf(task, model.id))),
  best: (model, suite) => {
    const quality = meanOver({ tasks: tasksOfQuality(suite.tasks) }, (task) => cellOf(task, model.id).quality);
    return quality === null ? null : -quality;
  },
};

function meanOver(
  suite: Pick<SuiteAnalysis, 'tasks'>,
  of: (task: TaskAnalysis) => { readonly value: number } | { readonly missing: string },
): number | null {
  const values = suite.tasks.flatMap((task) => {
    const one = of(task);
    return 'missing' in one ? [] : [one.value];
  });
  return values.length === 0 ? null : mean(values);
}
