/** Which models of a suite could be chosen at all: a model that misses a limit, or skipped or lost samples, is no rival of the others. */
import { tooManyUnscored } from '../../recommend/unscored.js';
import type { ChartInput } from './chart.js';

export type Standing = 'may be chosen' | 'misses a limit' | 'did not answer every sample' | 'lost answers';

export function standingOf({ analysis, recommendation, suite }: ChartInput, model: string): Standing {
  const { tasks } = analysis.suites[suite]!;
  const answered = (id: string) =>
    tasks.reduce((sum, { cells }) => sum + (cells.find((cell) => cell.model === id)?.trials.recorded ?? 0), 0);
  if (answered(model) < Math.max(...analysis.models.map(({ id }) => answered(id))))
    return 'did not answer every sample';
  if (tasks.some((task) => tooManyUnscored(task).some((lost) => lost.model === model))) return 'lost answers';
  const fails = recommendation.suites[suite]!.tasks.some(({ checks }) =>
    checks.some((one) => one.model === model && one.state === 'fails'),
  );
  return fails ? 'misses a limit' : 'may be chosen';
}
