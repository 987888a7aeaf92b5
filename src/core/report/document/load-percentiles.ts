/** The percentiles of a step: each with its interval, or with the requests that it still needs. */
import { conditionText } from '../../definition/condition.js';
import type { Percentiles, WindowFigures } from '../../load/figures.js';
import type { TestedStep } from '../../load/load-test.js';
import { LOAD_METRICS, type LoadMetric, type Objective } from '../../load/objective.js';
import { isMissing, type Missing } from '../../quantity.js';
import { type Block, type CellUnit, estimateCell, missingCell, quantityCell, textCell } from '../document.js';
import { PERCENTILE_LEVELS } from './percentiles.js';
import { type Filled, reasonsList, tableOf } from './tables.js';

interface Row {
  readonly title: string;
  readonly unit: CellUnit;
  readonly percentiles: Percentiles | Missing;
}

/** A table for each of the steps. Nothing of a step without figures: why it has none stands below the table of steps. */
export function percentileBlocks(
  steps: readonly TestedStep[],
  { name, objectives }: { readonly name: string; readonly objectives: readonly Objective[] },
): Block[] {
  return steps.flatMap(({ result }, i): Block[] => {
    if (isMissing(result.window) || isMissing(result.window.requestRate)) return [];
    const table = tableOf(
      { name: i === 0 ? `${name}-percentiles` : `${name}-percentiles-${i + 1}`, label: 'Percentiles' },
      COLUMNS,
      rowsOf(result.window, objectives),
    );
    const heading = `Percentiles at ${conditionText(result.condition)}`;
    return [{ kind: 'section', heading, body: [table, ...reasonsList(table)] }];
  });
}

const COLUMNS: readonly Filled<Row>[] = [
  { title: 'Time', holds: 'names', cell: ({ title }) => textCell(title) },
  {
    title: 'n',
    holds: 'numbers',
    cell: ({ percentiles }) =>
      isMissing(percentiles) ? missingCell(percentiles.missing) : quantityCell(percentiles.n, 'count'),
  },
  ...PERCENTILE_LEVELS.map(
    ([level, title]): Filled<Row> => ({
      title,
      holds: 'numbers',
      cell: ({ percentiles, unit }) =>
        isMissing(percentiles) ? missingCell(percentiles.missing) : estimateCell(percentiles[level], unit),
    }),
  ),
];

function rowsOf({ metrics, gaps }: WindowFigures, objectives: readonly Objective[]): Row[] {
  const metricRow = (metric: LoadMetric): Row => {
    const { short, unit } = LOAD_METRICS[metric];
    return { title: short, unit, percentiles: metrics[metric] };
  };
  const gapRow = (title: string, percentiles: Percentiles | Missing): Row[] =>
    // A server sends tokens or pieces, never both.
    isMissing(percentiles) ? [] : [{ title, unit: 'seconds', percentiles }];
  const isAsked = (metric: LoadMetric) => objectives.some((objective) => objective.metric === metric);
  return [
    metricRow('ttft'),
    ...(isAsked('ttfa') || differ(metrics.ttft, metrics.ttfa) ? [metricRow('ttfa')] : []),
    metricRow('tpot'),
    ...gapRow('Gap between tokens', gaps.tokens),
    ...gapRow('Gap between pieces', gaps.pieces),
    metricRow('e2e'),
    ...(isAsked('decodeRate') ? [metricRow('decodeRate')] : []),
  ];
}

/** Answers without reasoning have one time to both first tokens. */
function differ(one: Percentiles | Missing, other: Percentiles | Missing): boolean {
  if (isMissing(one) || isMissing(other)) return false;
  return PERCENTILE_LEVELS.some(([level]) => {
    const [a, b] = [one[level], other[level]];
    return !isMissing(a) && !isMissing(b) && a.value !== b.value;
  });
}
