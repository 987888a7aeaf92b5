/** A rate of each model with its interval. */
import { estimateAt } from '../../analyse/distribution.js';
import { type DistributedMetric, METRICS } from '../../measure/metrics.js';
import { isMissing } from '../../quantity.js';
import type { Chart } from '../document.js';
import { formatCount, formatEstimate, formatUnit } from '../format.js';
import { capital } from '../text.js';
import {
  type ChartInput,
  chartName,
  LABELS,
  LIMIT_COLOUR,
  listEnds,
  logTicks,
  modelColour,
  modelShape,
  type NoChart,
  nOf,
  specOf,
  widened,
} from './chart.js';

/** A limit further away than this factor would squeeze all rates together. */
const REACH = 10;

export function rateChart({ analysis, recommendation, suite }: ChartInput, metric: DistributedMetric): Chart | NoChart {
  const name = chartName(metric);
  const { title: metricTitle, unit, summary } = METRICS[metric];
  const { overall } = analysis.suites[suite]!;
  const rows = overall.flatMap(({ model, metrics }) => {
    const estimate = estimateAt(metrics[metric], summary.level);
    if (isMissing(estimate) || !(estimate.low > 0)) return [];
    const { value, low, high, n } = estimate;
    return [{ model, value, low, high, n, shown: formatEstimate(estimate, unit) }];
  });
  if (rows.length === 0) {
    const reason = overall.map(({ metrics }) => estimateAt(metrics[metric], summary.level)).find(isMissing)?.missing;
    return { name, title: `${metricTitle} by model`, missing: reason ?? 'no model was run' };
  }
  const [least, most] = [Math.min(...rows.map(({ low }) => low)), Math.max(...rows.map(({ high }) => high))];
  const { limits } = recommendation.suites[suite]!.requirement;
  const limit = metric === 'decodeRate' ? limits.decodeRate : undefined;
  const isNear = limit !== undefined && limit.min > least / REACH && limit.min < most * REACH;
  const drawn = isNear && limit.at === summary.level ? limit.min : null;
  const ends = widened(Math.min(least, drawn ?? least), Math.max(most, drawn ?? most));
  const what = `${summary.level} ${metricTitle.toLowerCase()}`;
  const fastestFirst = [...rows].sort((a, b) => b.value - a.value);
  const title = `${capital(what)}: ${listEnds(fastestFirst.map(({ model, value }) => `${formatUnit(value, unit)} (${model})`))}`;
  const x = {
    type: 'quantitative',
    title: `${what}, ${unit} (log scale)`,
    scale: { type: 'log', nice: false, padding: 10, domain: ends },
    axis: { labelExpr: LABELS.rate, ...logTicks(...ends) },
  };
  const models = analysis.models.filter(({ id }) => rows.some(({ model }) => model === id));
  const note = [
    `${nOf(rows.map(({ n }) => n))} requests a model`,
    `bars are 95% intervals of the ${summary.level}`,
    ...(limit === undefined
      ? []
      : [
          `${drawn === null ? 'the limit, not drawn,' : 'red: the limit'} ${limit.at} ≥ ${formatUnit(limit.min, unit)}`,
        ]),
  ].join('; ');
  const spec = specOf(
    { title, note },
    {
      height: { step: 22 },
      data: { values: rows },
      encoding: {
        y: { field: 'model', type: 'nominal', title: null, sort: null },
        color: { ...modelColour(models, analysis.models), legend: null },
      },
      layer: [
        ...(drawn === null
          ? []
          : [
              {
                data: { values: [{ limit: drawn }] },
                mark: { type: 'rule', strokeDash: [5, 4], strokeWidth: 1.5 },
                encoding: { x: { ...x, field: 'limit' }, y: null, color: { value: LIMIT_COLOUR } },
              },
            ]),
        { mark: { type: 'rule', strokeWidth: 2 }, encoding: { x: { ...x, field: 'low' }, x2: { field: 'high' } } },
        {
          mark: { type: 'point', filled: true, size: 70, opacity: 1 },
          encoding: {
            x: { ...x, field: 'value' },
            shape: { ...modelShape(models, analysis.models), legend: null },
            tooltip: [{ field: 'model' }, { field: 'shown', title: 'rate' }, { field: 'n' }],
          },
        },
      ],
    },
  );
  const alt = `${rows.map(({ model, shown, n }) => `${model}: ${shown}, n = ${formatCount(n)}`).join('; ')}.`;
  return { name, title, note, alt, spec };
}
