/** A row for each task of a mixture, at the steps that are shown in full. */
import { conditionText } from '../../definition/condition.js';
import type { TaskFigures } from '../../load/figures.js';
import type { TestedStep } from '../../load/load-test.js';
import { LOAD_METRICS, type Objective } from '../../load/objective.js';
import { isMissing } from '../../quantity.js';
import { type ShownMetric, shownMetrics } from '../charts/load.js';
import { type Block, estimateCell, missingCell, quantityCell, textCell } from '../document.js';
import { shareCell } from './load-steps.js';
import { type Filled, reasonsList, tableOf, withoutEmptyColumns } from './tables.js';

interface TaskOfStep {
  readonly condition: string;
  readonly figures: TaskFigures;
}

/** Nothing where one task was asked, and of steps without figures. */
export function taskBlocks(
  steps: readonly TestedStep[],
  { name, objectives }: { readonly name: string; readonly objectives: readonly Objective[] },
): Block[] {
  const rows = steps.flatMap(({ result: { condition, window } }) =>
    isMissing(window) || isMissing(window.requestRate)
      ? []
      : window.tasks.map((figures): TaskOfStep => ({ condition: conditionText(condition), figures })),
  );
  if (rows.length === 0) return [];
  const conditions = [...new Set(rows.map(({ condition }) => condition))];
  const table = tableOf(
    { name: `${name}-tasks`, label: 'Each task' },
    [...taskColumns(rows), ...stepColumn(conditions), ...figureColumns(objectives)],
    rows,
  );
  const heading = conditions.length === 1 ? `Each task at ${conditions[0]}` : 'Each task';
  return [{ kind: 'section', heading, body: [withoutEmptyColumns(table), ...reasonsList(table)] }];
}

/** The names of tasks of one suite stand without it. */
function taskColumns(rows: readonly TaskOfStep[]): Filled<TaskOfStep>[] {
  const suiteOf = (task: string) => task.slice(0, task.lastIndexOf('/') + 1);
  const isOneSuite = new Set(rows.map(({ figures }) => suiteOf(figures.task))).size === 1;
  const shown = (task: string) => (isOneSuite ? task.slice(suiteOf(task).length) : task);
  return [{ title: 'Task', holds: 'names', cell: ({ figures }) => textCell(shown(figures.task)) }];
}

function stepColumn(conditions: readonly string[]): Filled<TaskOfStep>[] {
  return conditions.length === 1
    ? []
    : [{ title: 'Step', holds: 'names', cell: ({ condition }) => textCell(condition) }];
}

function figureColumns(objectives: readonly Objective[]): Filled<TaskOfStep>[] {
  return [
    { title: 'Requests', holds: 'numbers', cell: ({ figures }) => quantityCell(figures.counts.due, 'count') },
    ...(objectives.length === 0
      ? []
      : [
          {
            title: 'Meet every objective',
            holds: 'numbers',
            cell: ({ figures }) => shareCell(figures.attainment),
          } satisfies Filled<TaskOfStep>,
        ]),
    ...shownMetrics(objectives).map(metricColumn),
    { title: 'Right', holds: 'numbers', cell: ({ figures }) => shareCell(figures.quality) },
  ];
}

function metricColumn({ metric, level }: ShownMetric): Filled<TaskOfStep> {
  const { short, unit } = LOAD_METRICS[metric];
  return {
    title: `${short} ${level}`,
    holds: 'numbers',
    cell: ({ figures: { metrics } }) => {
      const percentiles = metrics[metric];
      return isMissing(percentiles) ? missingCell(percentiles.missing) : estimateCell(percentiles[level], unit);
    },
  };
}
