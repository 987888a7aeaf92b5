/**
 * A run of one class compares nothing: its answer is the limits. One model has a row for each task, with a column for each limit;
 * several models have a row each, with the number of tasks on which they meet all limits.
 */
import type { Analysis, ModelAnalysis, Overall, SuiteAnalysis, TaskAnalysis } from '../../analyse/analysis.js';
import { METRICS } from '../../measure/metrics.js';
import { isMissing } from '../../quantity.js';
import type { LimitCheck, ModelChecks } from '../../recommend/limit-check.js';
import type { SuiteRecommendation, TaskRecommendation } from '../../recommend/recommendation.js';
import { shownQuality } from '../deciding.js';
import { estimateCell, missingCell, type Table, type TableCell, textCell } from '../document.js';
import { formatUnit, plural } from '../format.js';
import { limitedOf, limitInShort } from '../limited.js';
import { nextStepOf } from '../next-steps.js';
import { metricCell, shownIn } from './shown.js';
import { type Filled, tableOf, withoutEmptyColumns } from './tables.js';

export function limitTable(analysis: Analysis, suite: SuiteAnalysis, recommended: SuiteRecommendation): Table {
  const [only, ...others] = analysis.models;
  const table =
    only !== undefined && others.length === 0
      ? limitsByTask(only, suite, recommended)
      : limitsByModel(analysis, suite, recommended);
  return withoutEmptyColumns({ ...table, shape: 'cards' });
}

interface TaskRow {
  readonly task: TaskAnalysis;
  readonly recommended: TaskRecommendation;
  readonly checks: readonly LimitCheck[];
}

function limitsByTask({ id }: ModelAnalysis, { tasks }: SuiteAnalysis, recommended: SuiteRecommendation): Table {
  const rows = tasks.map((task, i): TaskRow => {
    const recommendedTask = recommended.tasks[i]!;
    return { task, recommended: recommendedTask, checks: checksOf(recommendedTask, id) };
  });
  const limits = [...new Set(rows.flatMap(({ checks }) => checks.map(limitInShort)))];
  const columns: readonly Filled<TaskRow>[] = [
    { title: 'Task', holds: 'names', cell: ({ task }) => textCell(task.name) },
    { title: 'n', holds: 'numbers', cell: ({ task }) => countCell(task) },
    {
      title: 'Quality',
      holds: 'numbers',
      cell: ({ task, checks }) => estimateCell(shownQuality(task.cells[0]!.quality, checks), 'score'),
    },
    ...limits.map(
      (title): Filled<TaskRow> => ({
        title,
        holds: 'words',
        cell: ({ checks }) => checkCell(checks.find((check) => limitInShort(check) === title)),
      }),
    ),
    ...(limits.length > 0 ? [] : timesOf()),
    { title: 'Next step', holds: 'sentences', cell: ({ recommended: task }) => textCell(nextStepOf(task)) },
  ];
  return tableOf({ name: 'tasks', label: `Limits of ${id} by task` }, columns, rows);
}

/** A reader wants to know how fast the model is even if there are no limits. */
function timesOf(): Filled<TaskRow>[] {
  return (['ttft', 'e2e'] as const).map((metric) => ({
    title: METRICS[metric].title,
    holds: 'numbers',
    cell: ({ task }) => {
      const distribution = task.cells[0]!.metrics[metric];
      return estimateCell(isMissing(distribution) ? distribution : distribution.at.median, METRICS[metric].unit);
    },
  }));
}

function countCell({ cells }: TaskAnalysis): TableCell {
  const { quality } = cells[0]!;
  return isMissing(quality) ? missingCell(quality.missing) : { kind: 'quantity', value: quality.n, unit: 'count' };
}

function checksOf({ checks }: TaskRecommendation, model: string): readonly LimitCheck[] {
  return checks.find((one) => one.model === model)?.checks ?? [];
}

function checkCell(check: LimitCheck | undefined): TableCell {
  if (check === undefined) return missingCell('the task has no such limit');
  const { state, observed, limit } = check;
  if (isMissing(observed)) return { kind: 'check', state, text: 'not known' };
  const { unit } = limitedOf(limit);
  const [low, high] = 'low' in observed ? [observed.low, observed.high] : [observed.min, observed.max];
  if (!Number.isFinite(high)) return { kind: 'check', state, text: `over ${formatUnit(low, unit)}` };
  const text = low === high ? formatUnit(low, unit) : `${formatUnit(low, unit)} to ${formatUnit(high, unit)}`;
  return { kind: 'check', state, text };
}

/** Why limits are not known, each reason once. */
export function unknownLimits({ tasks }: SuiteRecommendation): string[] {
  const reasons = tasks
    .flatMap(({ checks }) => checks.flatMap((model) => model.checks))
    .flatMap((check) =>
      isMissing(check.observed) ? [`${limitInShort(check)} is not known: ${check.observed.missing}`] : [],
    );
  return [...new Set(reasons)];
}

interface ModelRow {
  readonly model: ModelAnalysis;
  readonly overall: Overall;
  readonly checks: readonly ModelChecks[];
}

const MODEL_COLUMNS: readonly Filled<ModelRow>[] = [
  { title: 'Model', holds: 'names', cell: ({ model }) => textCell(model.id) },
  { title: 'Limits', holds: 'words', cell: limitsOfModel },
  ...shownIn('terminal').map(
    (metric): Filled<ModelRow> => ({
      title: METRICS[metric].title,
      holds: 'numbers',
      metric,
      cell: ({ model, overall }) => metricCell(metric, overall, model),
    }),
  ),
];

function limitsByModel({ models }: Analysis, { overall }: SuiteAnalysis, { tasks }: SuiteRecommendation): Table {
  const rows = models.map(
    (model, i): ModelRow => ({
      model,
      overall: overall[i]!,
      checks: tasks.flatMap(({ checks }) => checks.filter((one) => one.model === model.id)),
    }),
  );
  return tableOf({ name: 'tasks', label: 'Limits by model' }, MODEL_COLUMNS, rows);
}

export function limitsOfModel({ checks }: Pick<ModelRow, 'checks'>): TableCell {
  if (checks.every((task) => task.checks.length === 0)) return missingCell('the suite has no limits');
  const count = (state: ModelChecks['state']) => checks.filter((task) => task.state === state).length;
  const [passes, fails, open] = [count('passes'), count('fails'), count('undecided')];
  const text = [
    `met on ${passes} of ${plural(checks.length, 'task')}`,
    ...(fails > 0 ? [`missed on ${fails}`] : []),
    ...(open > 0 ? [`open on ${open}`] : []),
  ].join(', ');
  return { kind: 'check', state: fails > 0 ? 'missed' : open > 0 ? 'undecided' : 'met', text };
}
