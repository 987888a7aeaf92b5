/** The percentiles of times over all tasks, with intervals, as far as the number of requests allows them. */
import type { Overall, SuiteAnalysis } from '../../analyse/analysis.js';
import { estimateAt } from '../../analyse/distribution.js';
import type { Level } from '../../measure/metric.js';
import { type DistributedMetric, METRICS } from '../../measure/metrics.js';
import { isMissing } from '../../quantity.js';
import { type Block, estimateCell, missingCell, quantityCell, textCell } from '../document.js';
import { formatUnit } from '../format.js';
import { type Filled, reasonsList, tableOf, withoutEmptyColumns } from './tables.js';

export const PERCENTILE_LEVELS = [
  ['median', 'p50'],
  ['p90', 'p90'],
  ['p95', 'p95'],
  ['p99', 'p99'],
] as const satisfies readonly (readonly [level: Level, title: string])[];
/** The columns beside those of the levels: a table of these alone tells no time. */
const WITHOUT_LEVELS = 2;
const TIMES = ['ttft', 'e2e'] as const satisfies readonly DistributedMetric[];

export function percentileTables({ overall, requirement }: SuiteAnalysis): Block[] {
  const known = TIMES.filter((metric) => overall.some(({ metrics }) => !isMissing(metrics[metric])));
  return known.map((metric) => {
    const limit = requirement.limits[metric];
    const table = tableOf({ name: 'percentiles', label: METRICS[metric].title }, columnsOf(metric), overall);
    const shown = withoutEmptyColumns(table);
    return {
      kind: 'section',
      heading: `${METRICS[metric].title}${limit === undefined ? '' : `, ${limit.at} ≤ ${formatUnit(limit.max, 'seconds')}`}`,
      body: [...(shown.columns.length > WITHOUT_LEVELS ? [shown] : []), ...reasonsList(table)],
    };
  });
}

function columnsOf(metric: (typeof TIMES)[number]): Filled<Overall>[] {
  return [
    { title: 'Model', holds: 'names', cell: ({ model }) => textCell(model) },
    {
      title: 'n',
      holds: 'numbers',
      cell: ({ metrics }) => {
        const distribution = metrics[metric];
        return isMissing(distribution) ? missingCell(distribution.missing) : quantityCell(distribution.n, 'count');
      },
    },
    ...PERCENTILE_LEVELS.map(
      ([level, title]): Filled<Overall> => ({
        title,
        holds: 'numbers',
        cell: ({ metrics }) => estimateCell(estimateAt(metrics[metric], level), METRICS[metric].unit),
      }),
    ),
  ];
}
