/** The part of a report on a load test: what was found, the steps, half and twice each objective, and the checks of the client. */
import { conditionText } from '../../definition/condition.js';
import type { LoadRange, Tier } from '../../load/capacity.js';
import { LOAD_METRICS, objectiveText } from '../../load/objective.js';
import type { StepResult, WindowFigures } from '../../load/step.js';
import { type Checked, VALIDITY } from '../../load/validity.js';
import { isMissing } from '../../quantity.js';
import { type LoadChartInput, loadCharts } from '../charts/load.js';
import {
  type Block,
  type Chart,
  estimateCell,
  missingCell,
  quantityCell,
  type Section,
  type TableCell,
  textCell,
  valueCell,
} from '../document.js';
import { formatUnit } from '../format.js';
import { type Filled, listOf, reasonsList, tableOf, withoutEmptyColumns } from './tables.js';

export interface LoadPart extends LoadChartInput {
  /** The answer in words. */
  readonly sentences: readonly string[];
  readonly tiers: readonly Tier[];
}

export interface LoadSection {
  readonly section: Section;
  readonly charts: readonly Chart[];
}

export function loadSection(part: LoadPart): LoadSection {
  const drawn = loadCharts(part);
  const charts = drawn.flatMap((chart) => ('spec' in chart ? [chart] : []));
  const absent = drawn.flatMap((chart) => ('spec' in chart ? [] : [`${chart.title}: ${chart.missing}`]));
  const steps = withoutEmptyColumns(tableOf({ name: 'load-steps', label: 'Steps' }, stepColumns(part), part.steps));
  return {
    charts,
    section: {
      kind: 'section',
      heading: `Load: ${part.model}`,
      body: [
        ...part.sentences.map((text): Block => ({ kind: 'text', text })),
        { kind: 'charts', title: 'Against load', charts: charts.map(({ name }) => name), absent },
        steps,
        ...reasonsList(steps),
        ...tierBlocks(part),
        ...listOf('Steps that their client spoilt', part.steps.flatMap(spoiltBy)),
      ],
    },
  };
}

function stepColumns({ objectives }: LoadPart): Filled<StepResult>[] {
  const metrics = [...new Set(objectives.map(({ metric }) => metric))];
  return [
    { title: 'Step', holds: 'names', cell: (step) => textCell(conditionText(step.condition)) },
    { title: 'Requests', holds: 'numbers', cell: ({ counts }) => quantityCell(counts.due, 'count') },
    { title: 'State', holds: 'words', cell: (step) => textCell(stateOf(step)) },
    {
      title: 'Meet every objective',
      holds: 'numbers',
      cell: (step) => windowCell(step, ({ attainment }) => estimateCell(attainment, 'score')),
    },
    ...metrics.map(
      (metric): Filled<StepResult> => ({
        title: `${LOAD_METRICS[metric].short} p95`,
        holds: 'numbers',
        cell: (step) =>
          windowCell(step, ({ metrics: found }) => {
            const percentiles = found[metric];
            if (isMissing(percentiles)) return missingCell(percentiles.missing);
            return estimateCell(percentiles.p95, LOAD_METRICS[metric].unit);
          }),
      }),
    ),
    {
      title: 'Goodput, requests/s',
      holds: 'numbers',
      cell: (step) => windowCell(step, ({ goodput }) => estimateCell(goodput, 'count')),
    },
    {
      title: 'Throughput',
      holds: 'numbers',
      cell: (step) => windowCell(step, ({ throughput }) => valueCell(throughput, 'tokens per second')),
    },
    {
      title: 'Right',
      holds: 'numbers',
      cell: (step) => windowCell(step, ({ right }) => estimateCell(right.quality, 'score')),
    },
    {
      title: 'Cost of a thousand right',
      holds: 'numbers',
      cell: (step) => windowCell(step, ({ right }) => valueCell(right.costOfThousand, 'dollars')),
    },
  ];
}

function windowCell({ window }: StepResult, cell: (figures: WindowFigures) => TableCell): TableCell {
  return isMissing(window) ? missingCell(window.missing) : cell(window);
}

function stateOf({ window, saturation }: StepResult): string {
  if (isMissing(window)) return 'too short';
  if (!window.validity.valid) return 'invalid';
  return window.settled.state === 'steady' ? saturation : window.settled.state;
}

function tierBlocks({ tiers, objectives, loads, steps }: LoadPart): Block[] {
  if (tiers.length === 0) return [];
  const isWhole = steps.every(({ condition }) => condition.kind === 'closed' || condition.kind === 'users');
  const columns: Filled<Tier>[] = [
    { title: 'Objective', holds: 'names', cell: ({ objective }) => textCell(objectiveText(objectives[objective]!)) },
    {
      title: 'Its limit',
      holds: 'words',
      cell: ({ factor }) => textCell(factor < 1 ? 'half as long' : 'twice as long'),
    },
    {
      title: `Then ${loads}`,
      holds: 'numbers',
      cell: ({ load }) => {
        if (load === null) return missingCell('no step says anything about it');
        const { value, low, high } = isWhole ? wholeRange(load) : load;
        return high === null
          ? textCell(`at least ${formatUnit(low, 'count')}`)
          : estimateCell({ value, low, high }, 'count');
      },
    },
  ];
  const table = tableOf({ name: 'load-tiers', label: 'With other limits' }, columns, tiers);
  return [table, { kind: 'note', text: 'From the same steps, with the other objectives as they are.' }];
}

/** Whole users are the whole part of a load. */
function wholeRange({ value, low, high }: LoadRange): Pick<LoadRange, 'value' | 'low' | 'high'> {
  return { value: Math.floor(value), low: Math.floor(low), high: high === null ? null : Math.floor(high) };
}

function spoiltBy(step: StepResult): string[] {
  const { window } = step;
  if (isMissing(window) || window.validity.valid) return [];
  return window.validity.checks.flatMap((checked) =>
    checked.state === 'broken' || checked.state === 'unknown'
      ? [`${conditionText(step.condition)}: ${describeCheck(checked)}`]
      : [],
  );
}

function describeCheck({ check, reading, threshold }: Checked): string {
  const { title, unit, better, remedy } = VALIDITY[check];
  const found = isMissing(reading)
    ? `is not known, because ${reading.missing}`
    : `is ${formatUnit(reading.value, unit)}`;
  const bound = `${better === 'lower' ? 'at most' : 'at least'} ${formatUnit(threshold, unit)}`;
  return `the ${title} ${found}, where ${bound} is needed; ${remedy}`;
}
