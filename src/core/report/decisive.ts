/** Which comparison stands for a task where there is room for one. Headline, row and reason all name its models. */
import { isMissing } from '../quantity.js';
import type { Comparison } from '../recommend/comparison.js';
import type { Assignment, Doubt, SuiteVerdict, TaskRecommendation } from '../recommend/recommendation.js';

/** The comparison of the model that the suite recommends for the task; without one, that which the verdict rests on. */
export function decisiveComparison(
  { task, verdict, comparisons }: TaskRecommendation,
  suite: SuiteVerdict | null,
): Comparison | null {
  const wanted = (suite && modelFor(task, suite)) ?? modelOf(verdict);
  const found = comparisons.find(({ candidate }) => candidate === wanted);
  if (found !== undefined) return found;
  const p = ({ test }: Comparison) => (isMissing(test) ? 2 : test.nonInferiorP);
  const name = ({ candidate }: Comparison) => candidate;
  return [...comparisons].sort((a, b) => p(a) - p(b) || (name(a) < name(b) ? -1 : 1))[0] ?? null;
}

/** The SLM that the suite recommends for a task, alone or in a cascade; null if it recommends none. */
function modelFor(task: string, verdict: SuiteVerdict): string | null {
  switch (verdict.kind) {
    case 'slm-fits':
      return verdict.model;
    case 'cascade':
      return verdict.small;
    case 'by-task':
      return smallAmong(verdict.assignments, task);
    case 'inconclusive':
    case 'nothing-passes':
      return smallAmong(verdict.decided, task);
    case 'llm-needed':
    case 'one-class':
    case 'not-measured':
      return null;
  }
}

function smallAmong(assignments: readonly Assignment[], task: string): string | null {
  const use = assignments.find((assignment) => assignment.task === task)?.use;
  if (use === undefined) return null;
  return 'small' in use ? use.small : use.model;
}

function modelOf(verdict: TaskRecommendation['verdict']): string | null {
  switch (verdict.kind) {
    case 'slm-fits':
      return verdict.comparison.candidate;
    case 'cascade':
      return verdict.small;
    case 'inconclusive':
      return modelInDoubt(verdict.because);
    case 'llm-needed':
    case 'one-class':
    case 'nothing-passes':
    case 'not-measured':
      return null;
  }
}

function modelInDoubt(doubt: Doubt): string | null {
  switch (doubt.of) {
    case 'margin':
      return doubt.comparison.candidate;
    case 'limits':
      return doubt.model;
    case 'large':
    case 'unscored':
    case 'pairs':
      return null;
  }
}
