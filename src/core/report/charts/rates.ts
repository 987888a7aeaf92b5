/** How fast each model reads the prompt and writes the answer. */
import { estimateAt } from '../../analyse/distribution.js';
import { isMissing } from '../../measure/quantity.js';
import { formatEstimate, formatUnit } from '../format.js';
import { type Chart, type ChartInput, LABELS, modelColour, type NoChart, specOf } from './chart.js';

const NAME = 'rates';
const RATES = {
  prefillRate: 'prefill: prompt tokens per second',
  decodeRate: 'decode: output tokens per second',
} as const;

export function ratesChart({ analysis, suite }: ChartInput): Chart | NoChart {
  const { overall } = analysis.suites[suite]!;
  const rows = overall.flatMap(({ model, metrics }) =>
    (['prefillRate', 'decodeRate'] as const).flatMap((metric) => {
      const estimate = estimateAt(metrics[metric], 'median');
      if (isMissing(estimate) || !(estimate.low > 0)) return [];
      const { value, low, high, n } = estimate;
      return [
        {
          model,
          rate: RATES[metric],
          metric,
          value,
          low,
          high,
          n,
          shown: formatEstimate(estimate, 'tokens per second'),
        },
      ];
    }),
  );
  const decode = rows.filter(({ metric }) => metric === 'decodeRate');
  if (rows.length === 0) {
    const reason = overall.map(({ metrics }) => metrics.decodeRate).find(isMissing)?.missing;
    return { name: NAME, title: 'Prefill and decode rate by model', missing: reason ?? 'no model was run' };
  }
  const fastest = (decode.length > 0 ? decode : rows).reduce((a, b) => (b.value > a.value ? b : a));
  const title = `${fastest.model} ${fastest.metric === 'decodeRate' ? 'writes' : 'reads'} fastest: ${formatUnit(fastest.value, 'tokens per second')}`;
  const x = {
    type: 'quantitative',
    title: 'tokens per second (median, 95% interval)',
    scale: { type: 'log', nice: false, padding: 10 },
    axis: { labelExpr: LABELS.rate, tickCount: 5 },
  };
  const spec = specOf(title, {
    width: undefined,
    data: { values: rows },
    facet: {
      row: {
        field: 'rate',
        type: 'nominal',
        title: null,
        header: { labelAngle: 0, labelAlign: 'left', labelAnchor: 'start', labelOrient: 'top' },
      },
    },
    spec: {
      width: 480,
      height: { step: 22 },
      encoding: {
        y: { field: 'model', type: 'nominal', title: null, sort: null },
        color: { ...modelColour(analysis.models), legend: null },
      },
      layer: [
        { mark: { type: 'rule', strokeWidth: 2 }, encoding: { x: { ...x, field: 'low' }, x2: { field: 'high' } } },
        {
          mark: { type: 'point', filled: true, size: 70, opacity: 1 },
          encoding: {
            x: { ...x, field: 'value' },
            tooltip: [{ field: 'model' }, { field: 'shown', title: 'rate' }, { field: 'n' }],
          },
        },
      ],
    },
    resolve: { scale: { x: 'independent' } },
  });
  const alt = `${rows.map(({ model, metric, shown, n }) => `${model}, ${metric === 'decodeRate' ? 'decode' : 'prefill'}: ${shown}, n = ${n}`).join('; ')}.`;
  return { name: NAME, title, alt, spec };
}
