/** How fast each model reads the prompt and writes the answer. */
import { estimateAt } from '../../analyse/distribution.js';
import { isMissing } from '../../quantity.js';
import { formatEstimate, formatUnit } from '../format.js';
import {
  type Chart,
  type ChartInput,
  LABELS,
  logTicks,
  modelColour,
  modelShape,
  type NoChart,
  nOf,
  specOf,
} from './chart.js';

const ABOUT = {
  prefillRate: {
    name: 'prefill-rate',
    title: 'Prefill rate by model',
    verb: 'reads',
    axis: 'prefill rate, prompt tokens per second',
  },
  decodeRate: {
    name: 'decode-rate',
    title: 'Decode rate by model',
    verb: 'writes',
    axis: 'decode rate, output tokens per second',
  },
} as const;

export function rateChart({ analysis, suite }: ChartInput, metric: keyof typeof ABOUT): Chart | NoChart {
  const { name, title: plainTitle, verb, axis } = ABOUT[metric];
  const { overall } = analysis.suites[suite]!;
  const rows = overall.flatMap(({ model, metrics }) => {
    const estimate = estimateAt(metrics[metric], 'median');
    if (isMissing(estimate) || !(estimate.low > 0)) return [];
    const { value, low, high, n } = estimate;
    return [{ model, value, low, high, n, shown: formatEstimate(estimate, 'tokens per second') }];
  });
  if (rows.length === 0) {
    const reason = overall.map(({ metrics }) => estimateAt(metrics[metric], 'median')).find(isMissing)?.missing;
    return { name, title: plainTitle, missing: reason ?? 'no model was run' };
  }
  const fastest = rows.reduce((a, b) => (b.value > a.value ? b : a));
  const slowest = rows.reduce((a, b) => (b.value < a.value ? b : a));
  const rate = (row: typeof fastest) => formatUnit(row.value, 'tokens per second');
  const title = `${fastest.model} ${verb} ${rate(fastest)}${rows.length > 1 ? `, ${slowest.model} ${rate(slowest)}` : ''}`;
  const x = {
    type: 'quantitative',
    title: `${axis} (median, log scale)`,
    scale: { type: 'log', nice: false, padding: 10 },
    axis: {
      labelExpr: LABELS.rate,
      ...logTicks(Math.min(...rows.map(({ low }) => low)), Math.max(...rows.map(({ high }) => high))),
    },
  };
  const models = analysis.models.filter(({ id }) => rows.some(({ model }) => model === id));
  const note = `${nOf(rows.map(({ n }) => n))} requests a model; bars are 95% intervals of the median`;
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
  const alt = `${rows.map(({ model, shown, n }) => `${model}: ${shown}, n = ${n}`).join('; ')}.`;
  return { name, title, note, alt, spec };
}
