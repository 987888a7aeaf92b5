/** From the verdicts of the tasks to that of the suite: one model for all where there is one, else which for what. */
import type { Assignment, SuiteVerdict, TaskRecommendation, TaskVerdict } from './recommendation.js';

export function decideSuite(tasks: readonly TaskRecommendation[], order: readonly string[]): SuiteVerdict {
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
    const limits = oneClass.some((verdict) => verdict.limits === 'set') ? 'set' : 'none';
    return { kind: 'one-class', class: oneClass[0]!.class, model: passing ?? null, limits };
  }
  const assignments = verdicts.flatMap(({ task, verdict }): Assignment[] => assignmentOf(task, verdict));
  const undecided = those('inconclusive', 'one-class', 'not-measured');
  const failing = those('nothing-passes');
  if (failing.length > 0) return { kind: 'nothing-passes', tasks: failing, decided: assignments, open: undecided };

  const noSmall = verdicts.flatMap(({ task, verdict }) =>
    verdict.kind === 'inconclusive' && verdict.because.of === 'large' ? [task] : [],
  );
  if (undecided.length > 0) return { kind: 'inconclusive', tasks: undecided, decided: assignments, noSmall };
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

/** If several SLMs fit, the SLM that fits most tasks saves a second model in memory. */
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
