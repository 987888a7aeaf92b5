/** Every model on every task: quality, times and rates, with limits, failures and missing values. */
import type { Cell, SuiteAnalysis, TaskAnalysis } from '../../analyse/analysis.js';
import { isDistributed, isOfSession, METRICS, type MetricName, type MetricOfSession } from '../../measure/metrics.js';
import { isMissing, type Known } from '../../quantity.js';
import type { LimitCheck } from '../../recommend/limit-check.js';
import type { SuiteRecommendation, TaskRecommendation } from '../../recommend/recommendation.js';
import type { Estimate } from '../../stats/estimate/estimate.js';
import { decidingEstimate } from '../deciding.js';
import { estimateCell, quantityCell, type Section, type Table, type TableCell, textCell } from '../document.js';
import { formatCount } from '../format.js';
import { describeFailure, describeState } from '../words.js';
import { shownIn, trialCell } from './shown.js';
import { type Filled, listOf, reasonsOf, tableOf, withoutEmptyColumns } from './tables.js';

/** A model on a task. */
interface Row {
  readonly cell: Cell;
  readonly checks: readonly LimitCheck[];
}

const COLUMNS: readonly Filled<Row>[] = [
  { title: 'Model', holds: 'names', cell: ({ cell: { model } }) => textCell(model) },
  { title: 'n', holds: 'numbers', cell: ({ cell: { trials } }) => quantityCell(trials.recorded, 'count') },
  ...shownIn('table')
    .filter((metric) => !isOfSession(metric))
    .map(
      (metric): Filled<Row> => ({
        title: METRICS[metric].title,
        holds: 'numbers',
        read: METRICS[metric].read,
        metric,
        cell: (row) => decidingCell(metric, row),
      }),
    ),
];

function decidingCell(metric: Exclude<MetricName, MetricOfSession>, { cell, checks }: Row): TableCell {
  const shown = isDistributed(metric) ? METRICS[metric].summary.level : null;
  const deciding = decidingEstimate(checks, metric, shown);
  return deciding === null ? trialCell(metric, cell) : estimateCell(deciding, METRICS[metric].unit);
}

export function tasksSection(suite: SuiteAnalysis, recommended: SuiteRecommendation): Section {
  const tables = suite.tasks.map((task, i) => tableOfTask(task, recommended.tasks[i]!));
  const reasons = tables.map(reasonsOf);
  const isEverywhere = (reason: string) => reasons.length > 1 && reasons.every((ofTask) => ofTask.includes(reason));
  const everywhere = (reasons[0] ?? []).filter(isEverywhere);
  const own = reasons.map((ofTask) => ofTask.filter((reason) => !isEverywhere(reason)));
  return {
    kind: 'section',
    heading: 'Every model on every task',
    folded: true,
    body: [
      ...tables.map((table, i) => taskSection(suite.tasks[i]!, recommended.tasks[i]!, { table, reasons: own[i]! })),
      ...listOf('Not known on any task', everywhere),
    ],
  };
}

function tableOfTask({ name, cells }: TaskAnalysis, recommended: TaskRecommendation): Table {
  const checksOf = (model: string) => recommended.checks.find((one) => one.model === model)?.checks ?? [];
  const rows = cells.map((cell): Row => ({ cell, checks: checksOf(cell.model) }));
  return tableOf({ name: 'cells', label: `Models on ${name}` }, COLUMNS, rows);
}

interface Shown {
  readonly table: Table;
  /** The reasons for missing cells, apart from those that are missing on every task. */
  readonly reasons: readonly string[];
}

function taskSection(
  { name, cells }: TaskAnalysis,
  recommended: TaskRecommendation,
  { table, reasons }: Shown,
): Section {
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
      ...listOf('Not known', reasons),
    ],
  };
}

function limits({ checks }: TaskRecommendation): string[] {
  return checks.flatMap((model) => model.checks.map((check) => describeState(model.model, check)));
}

function aggregates({ model, aggregates: quantities }: Cell): string[] {
  return Object.entries(quantities).map(
    ([metric, value]) =>
      `${model}: ${metric} ${isMissing(value) ? `is not known: ${value.missing}` : withInterval(value)}`,
  );
}

function withInterval(value: Known | Estimate): string {
  const interval = 'low' in value ? ` [${formatCount(value.low)} to ${formatCount(value.high)}]` : '';
  return `${formatCount(value.value)}${interval}`;
}
