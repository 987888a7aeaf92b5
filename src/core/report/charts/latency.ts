/** The cumulative distribution of a time over requests, or over gaps between tokens, on a logarithmic axis. */
import type { Distribution, Overall } from '../../analyse/analysis.js';
import { GRID } from '../../analyse/distribution.js';
import { type DistributedMetric, METRICS } from '../../measure/metrics.js';
import { isMissing, type Missing } from '../../quantity.js';
import { formatSeconds, plural } from '../format.js';
import {
  type Chart,
  type ChartInput,
  chartName,
  LABELS,
  listEnds,
  logTicks,
  modelColour,
  modelDash,
  type NoChart,
  nOf,
  QUIET,
  specOf,
  timeUnit,
} from './chart.js';

interface About {
  readonly what: string;
  /** What the curve counts. */
  readonly unit: 'request' | 'gap';
  distribution(overall: Overall): Pick<Distribution, 'n' | 'quantiles'> | Missing;
}

function aboutOf(metric: DistributedMetric): About {
  // The latency between tokens is shown by all gaps pooled: the median of each answer hides its stutter.
  if (metric === 'itl') return { what: 'gap between tokens', unit: 'gap', distribution: ({ gaps }) => gaps };
  return {
    what: METRICS[metric].title.toLowerCase(),
    unit: 'request',
    distribution: ({ metrics }) => metrics[metric],
  };
}

interface Curve {
  readonly model: string;
  readonly n: number;
  readonly quantiles: readonly number[];
}

export function latencyChart({ analysis, suite }: ChartInput, metric: DistributedMetric): Chart | NoChart {
  const name = chartName(metric);
  const { what, unit, distribution } = aboutOf(metric);
  const curves = analysis.suites[suite]!.overall.map((overall) => curveOf(overall.model, distribution(overall)));
  const drawn = curves.flatMap((curve) => (isMissing(curve) ? [] : [curve]));
  if (drawn.length === 0) {
    const reason = curves.find(isMissing)?.missing ?? 'no model was run';
    return { name, title: `Distribution of the ${what}`, missing: reason };
  }
  const title = `Median ${what}: ${mediansOf(drawn)}`;
  const rows = drawn.flatMap(({ model, quantiles }) =>
    // A logarithmic axis starts above 0.
    quantiles.flatMap((value, i) =>
      value > 0 ? [{ model, share: i / GRID, seconds: value, shown: formatSeconds(value) }] : [],
    ),
  );
  const marks = [0.5, 0.9, 0.99].map((share) => ({ share, label: `p${share * 100}` }));
  const shownModels = analysis.models.filter(({ id }) => drawn.some(({ model }) => model === id));
  const times = rows.map(({ seconds }) => seconds);
  const [shortest, longest] = [Math.min(...times), Math.max(...times)];
  const timesIn = timeUnit(longest);
  const note = `${nOf(drawn.map(({ n }) => n))} ${unit}s a model, all tasks; a curve shows the share that took at most that time`;
  const spec = specOf(
    { title, note },
    {
      height: 220,
      layer: [
        {
          data: { values: marks },
          mark: { type: 'rule', color: QUIET, strokeDash: [2, 3] },
          encoding: { y: { field: 'share', type: 'quantitative' } },
        },
        {
          data: { values: marks },
          mark: { type: 'text', align: 'left', dx: 4, dy: -5, fontSize: 10 },
          encoding: { y: { field: 'share', type: 'quantitative' }, x: { value: 0 }, text: { field: 'label' } },
        },
        {
          data: { values: rows },
          mark: { type: 'line', interpolate: 'step-after', strokeWidth: 2 },
          encoding: {
            x: {
              field: 'seconds',
              type: 'quantitative',
              title: `${what}, ${timesIn} (log scale)`,
              scale: { type: 'log', nice: false, padding: 8 },
              axis: { labelExpr: LABELS[timesIn], ...logTicks(shortest, longest) },
            },
            y: {
              field: 'share',
              type: 'quantitative',
              title: `share of ${unit}s, %`,
              scale: { domain: [0, 1] },
              axis: { labelExpr: LABELS.share },
            },
            color: modelColour(shownModels, analysis.models),
            strokeDash: modelDash(shownModels, analysis.models),
            tooltip: [
              { field: 'model' },
              { field: 'shown', title: what },
              { field: 'share', title: `share of ${unit}s`, format: '.0%' },
            ],
          },
        },
      ],
    },
  );
  const alt = drawn
    .map(
      ({ model, n, quantiles }) =>
        `${model}: median ${formatSeconds(quantiles[50]!)}, 90th percentile ${formatSeconds(quantiles[90]!)}, 99th ${formatSeconds(quantiles[99]!)} (${plural(n, unit)})`,
    )
    .join('; ');
  return { name, title, note, alt: `${alt}.`, spec };
}

function mediansOf(curves: readonly Curve[]): string {
  const sorted = [...curves].sort((a, b) => a.quantiles[50]! - b.quantiles[50]!);
  return listEnds(sorted.map(({ model, quantiles }) => `${formatSeconds(quantiles[50]!)} (${model})`));
}

function curveOf(model: string, distribution: ReturnType<About['distribution']>): Curve | Missing {
  return isMissing(distribution) ? distribution : { model, n: distribution.n, quantiles: distribution.quantiles };
}
