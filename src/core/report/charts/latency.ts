/** The cumulative distribution of a time over requests, or over gaps between tokens, on a logarithmic axis. */
import type { Overall } from '../../analyse/analysis.js';
import { GRID } from '../../analyse/distribution.js';
import type { Requirement } from '../../definition/requirement.js';
import { type DistributedMetric, METRICS } from '../../measure/metrics.js';
import { isMissing, type Missing } from '../../quantity.js';
import type { Chart } from '../document.js';
import { formatSeconds, plural } from '../format.js';
import {
  type ChartInput,
  chartName,
  LABELS,
  LIMIT_COLOUR,
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
import { sixDigits } from './thin.js';

interface About {
  readonly what: string;
  /** What the curve counts. */
  readonly unit: 'request' | 'gap';
  curve(overall: Overall): Omit<Curve, 'model'> | Missing;
}

function aboutOf(metric: DistributedMetric): About {
  // The latency between tokens is shown by all gaps pooled: the median of each answer hides its stutter.
  if (metric === 'itl')
    return {
      what: 'gap between tokens',
      unit: 'gap',
      curve: ({ gaps }) => (isMissing(gaps) ? gaps : { ...gaps, answered: gaps.n }),
    };
  return {
    what: METRICS[metric].title.toLowerCase(),
    unit: 'request',
    curve: ({ metrics }) => {
      const distribution = metrics[metric];
      if (isMissing(distribution)) return distribution;
      const { n, quantiles, ascending } = distribution;
      return { n, quantiles, answered: ascending.length };
    },
  };
}

interface Curve {
  readonly model: string;
  readonly n: number;
  /** Those that have a value. The others timed out or failed, so they took longer than any value. */
  readonly answered: number;
  /** The quantiles of the requests that have a value. */
  readonly quantiles: readonly number[];
}

export function latencyChart(
  { analysis, recommendation, suite }: ChartInput,
  metric: DistributedMetric,
): Chart | NoChart {
  const name = chartName(metric);
  const { what, unit, curve } = aboutOf(metric);
  const curves = analysis.suites[suite]!.overall.map((overall) => curveOf(overall.model, curve(overall)));
  const drawn = curves.flatMap((curve) => (isMissing(curve) ? [] : [curve]));
  if (drawn.length === 0) {
    const reason = curves.find(isMissing)?.missing ?? 'no model was run';
    return { name, title: `Distribution of the ${what}`, missing: reason };
  }
  const title = `Median ${what}: ${mediansOf(drawn)}`;
  const rows = drawn.flatMap(({ model, quantiles, n, answered }) =>
    // A logarithmic axis starts above 0.
    quantiles.flatMap((value, i) =>
      value > 0
        ? [
            {
              model,
              share: sixDigits((i / GRID) * (answered / n)),
              seconds: sixDigits(value),
              shown: formatSeconds(value),
            },
          ]
        : [],
    ),
  );
  const limit = limitOn(metric, recommendation.suites[suite]!.requirement.limits);
  const marks = [0.5, 0.9, 0.99].map((share) => ({ share, label: `p${share * 100}` }));
  const shownModels = analysis.models.filter(({ id }) => drawn.some(({ model }) => model === id));
  const times = rows.map(({ seconds }) => seconds);
  const drawnLimit = limit !== null && limit.seconds <= FAR * Math.max(...times) ? limit : null;
  const [shortest, longest] = [Math.min(...times), Math.max(...times, drawnLimit?.seconds ?? 0)];
  const timesIn = timeUnit(longest);
  const late = drawn.reduce((sum, { n, answered }) => sum + n - answered, 0);
  const note = [
    `${nOf(drawn.map(({ n }) => n))} ${unit}s a model, all tasks`,
    'a curve shows the share that took at most that time',
    ...(late > 0 ? [`${plural(late, unit)} timed out or failed, so curves end below 100%`] : []),
    ...(limit === null
      ? []
      : [`${drawnLimit === null ? 'the limit, further right,' : 'red: the limit'} ${limit.words}`]),
  ].join('; ');
  const spec = specOf(
    { title, note },
    {
      height: 220,
      layer: [
        ...(drawnLimit === null
          ? []
          : [
              {
                data: { values: [drawnLimit] },
                mark: { type: 'rule', color: LIMIT_COLOUR, strokeDash: [5, 4], strokeWidth: 1.5 },
                encoding: { x: { field: 'seconds', type: 'quantitative' } },
              },
            ]),
        {
          data: { values: marks },
          mark: { type: 'rule', color: QUIET, strokeDash: [2, 3] },
          encoding: { y: { field: 'share', type: 'quantitative' } },
        },
        {
          data: { values: marks },
          // Right of the plot, where no curve goes.
          mark: { type: 'text', align: 'left', dx: 4, fontSize: 10 },
          encoding: { y: { field: 'share', type: 'quantitative' }, x: { value: 'width' }, text: { field: 'label' } },
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
      (curve) =>
        `${curve.model}: median ${percentileText(curve, 50)}, 90th percentile ${percentileText(curve, 90)}, 99th ${percentileText(curve, 99)} (${plural(curve.n, unit)})`,
    )
    .join('; ');
  return { name, title, note, alt: `${alt}.`, spec };
}

/** A limit further right than this factor would squeeze all curves together. */
const FAR = 20;

function limitOn(metric: DistributedMetric, limits: Requirement['limits']) {
  if (metric !== 'ttft' && metric !== 'e2e') return null;
  const limit = limits[metric];
  return limit === undefined ? null : { seconds: limit.max, words: `${limit.at} ≤ ${formatSeconds(limit.max)}` };
}

function mediansOf(curves: readonly Curve[]): string {
  const median = (curve: Curve) => quantileOf(curve, 50) ?? Number.POSITIVE_INFINITY;
  const sorted = [...curves].sort((a, b) => median(a) - median(b));
  return listEnds(sorted.map((curve) => `${percentileText(curve, 50)} (${curve.model})`));
}

/** The percentile among all, also those without a value; null if it lies among the latter. */
function quantileOf({ n, answered, quantiles }: Curve, percent: number): number | null {
  // In this order a half stays a half: 50% of 23 requests, 20 of them answered, is 57.5, and not 57.49999.
  const place = Math.round((percent * n) / answered);
  return place > GRID ? null : quantiles[place]!;
}

function percentileText(curve: Curve, percent: number): string {
  const value = quantileOf(curve, percent);
  return value === null ? 'not reached' : formatSeconds(value);
}

function curveOf(model: string, curve: ReturnType<About['curve']>): Curve | Missing {
  return isMissing(curve) ? curve : { model, ...curve };
}
