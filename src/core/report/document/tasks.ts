/** Every model on every task: quality, times and rates, with limits, failures and what is not known. */
import type { Cell, SuiteAnalysis, TaskAnalysis } from '../../analyse/analysis.js';
import { isOfSession, METRICS } from '../../measure/metrics.js';
import { isMissing } from '../../quantity.js';
import type { SuiteRecommendation, TaskRecommendation } from '../../recommend/recommendation.js';
import { quantityCell, type Section, textCell } from '../document.js';
import { formatCount } from '../format.js';
import { describeFailure, describeState } from '../words.js';
import { shownIn, trialCell } from './shown.js';
import { type Filled, listOf, reasonsList, tableOf, withoutEmptyColumns } from './tables.js';

const COLUMNS: readonly Filled<Cell>[] = [
  { title: 'Model', holds: 'names', cell: ({ model }) => textCell(model) },
  { title: 'n', holds: 'numbers', cell: ({ trials }) => quantityCell(trials.recorded, 'count') },
  ...shownIn('table')
    .filter((metric) => !isOfSession(metric))
    .map(
      (metric): Filled<Cell> => ({
        title: METRICS[metric].title,
        holds: 'numbers',
        read: METRICS[metric].read,
        metric,
        cell: (cell) => trialCell(metric, cell),
      }),
    ),
];

export function tasksSection(suite: SuiteAnalysis, recommended: SuiteRecommendation): Section {
  return {
    kind: 'section',
    heading: 'Every model on every task',
    folded: true,
    body: suite.tasks.map((task, i) => taskSection(task, recommended.tasks[i]!)),
  };
}

function taskSection({ name, cells }: TaskAnalysis, recommended: TaskRecommendation): Section {
  const table = tableOf({ name: 'cells', label: `Models on ${name}` }, COLUMNS, cells);
  return {
    kind: 'section',
    heading: name,
    body: [
      withoutEmptyColumns(table),
      ...listOf('Limits', limits(recommended)),
      ...listOf(
        'Failures',
        cells.flatMap((cell) => cell.failures.map((failure) => describeFailure(cell.model, failure))),
      ),
      ...listOf('Metrics of the whole task', cells.flatMap(aggregates)),
      ...reasonsList(table),
    ],
  };
}

function limits({ checks }: TaskRecommendation): string[] {
  return checks.flatMap((model) => model.checks.map((check) => describeState(model.model, check)));
}

function aggregates({ model, aggregates: quantities }: Cell): string[] {
  return Object.entries(quantities).map(
    ([metric, value]) =>
      `${model}: ${metric} ${isMissing(value) ? `is not known: ${value.missing}` : formatCount(value.value)}`,
  );
}
