/** What one gets for what one pays: quality against decode rate, and against cost, with intervals and the Pareto front. */
import { estimateAt } from '../../analyse/distribution.js';
import { METRICS } from '../../analyse/metrics.js';
import { isMissing } from '../../measure/quantity.js';
import { formatEstimate, formatScore, formatUnit, list, plural } from '../format.js';
import { type Chart, type ChartInput, LABELS, modelColour, type NoChart, QUIET, type Spec, specOf } from './chart.js';

type Against = 'decodeRate' | 'cost';

interface Point {
  readonly model: string;
  readonly quality: number;
  readonly qualityLow: number;
  readonly qualityHigh: number;
  readonly x: number;
  readonly xLow: number;
  readonly xHigh: number;
  readonly shown: string;
}

const NAMES = { decodeRate: 'quality-decode-rate', cost: 'quality-cost' } as const;

export function tradeoffChart(input: ChartInput, against: Against): Chart | NoChart {
  const { analysis, suite } = input;
  const metric = METRICS[against];
  const name = NAMES[against];
  const points = pointsOf(input, against);
  if (points.length < 2) {
    const reasons = analysis.suites[suite]!.overall.flatMap(({ metrics }) =>
      isMissing(metrics[against]) ? [metrics[against].missing] : [],
    );
    const title = `Quality against ${metric.title.toLowerCase()}`;
    return { name, title, missing: reasons.sort()[0] ?? 'it takes two models that were scored' };
  }
  const front = paretoFront(points, metric.better === 'higher');
  const title =
    front.length === 1 && points.length > 1
      ? `${front[0]!.model} is the best choice both by quality and by ${metric.title.toLowerCase()}`
      : `${list(front.map((point) => `${point.model} scores ${formatScore(point.quality)} at ${formatUnit(point.x, metric.unit)}`))}`;
  const labels = against === 'cost' ? LABELS.dollars : LABELS.rate;
  const x = {
    field: 'x',
    type: 'quantitative',
    title: against === 'cost' ? 'cost of a thousand requests, US dollars' : 'decode rate, tokens per second (median)',
    scale: { type: 'log', nice: false, padding: 24 },
    axis: { labelExpr: labels, tickCount: 5 },
  };
  const y = {
    field: 'quality',
    type: 'quantitative',
    title: 'quality, all tasks',
    scale: { zero: false, padding: 12 },
    axis: { labelExpr: LABELS.share, tickCount: 6 },
  };
  const spec = specOf(title, {
    height: 300,
    data: { values: points },
    encoding: { y, color: modelColour(analysis.models) },
    layer: [
      {
        data: { values: front },
        mark: {
          type: 'line',
          interpolate: against === 'cost' ? 'step-after' : 'step-before',
          strokeDash: [4, 3],
          color: QUIET,
        },
        encoding: { x, color: { value: QUIET }, order: { field: 'x' } },
      },
      {
        mark: { type: 'rule', strokeWidth: 1.5 },
        encoding: { x, y: { ...y, field: 'qualityLow' }, y2: { field: 'qualityHigh' } },
      },
      { mark: { type: 'rule', strokeWidth: 1.5 }, encoding: { x: { ...x, field: 'xLow' }, x2: { field: 'xHigh' } } },
      {
        mark: { type: 'point', filled: true, size: 90, opacity: 1 },
        encoding: { x, tooltip: [{ field: 'model' }, { field: 'shown', title: 'measured' }] },
      },
      ...labelLayers(points, x),
    ],
  });
  const alt = `${plural(points.length, 'model')}: ${points.map(({ model, shown }) => `${model}: ${shown}`).join('; ')}.`;
  return { name, title, alt, spec };
}

function pointsOf({ analysis, suite }: ChartInput, against: Against): Point[] {
  return analysis.suites[suite]!.overall.flatMap(({ model, quality, metrics }): Point[] => {
    const other = estimateAt(metrics[against], against === 'cost' ? 'mean' : 'median');
    // A logarithmic axis has no place for what is free.
    if (isMissing(quality) || isMissing(other) || !(other.low > 0)) return [];
    return [
      {
        model,
        quality: quality.value,
        qualityLow: quality.low,
        qualityHigh: quality.high,
        x: other.value,
        xLow: other.low,
        xHigh: other.high,
        shown: `${formatEstimate(quality, 'score')} at ${formatEstimate(other, METRICS[against].unit)}`,
      },
    ];
  });
}

/** More names than this hide the points. */
const MOST_LABELS = 8;

/** Names beside their points, to the inner side. */
function labelLayers(points: readonly Point[], x: Spec): Spec[] {
  if (points.length > MOST_LABELS) return [];
  const range = (values: readonly number[]) => Math.max(...values) - Math.min(...values);
  const logs = points.map((point) => Math.log(point.x));
  const width = range(logs) || 1;
  const height = range(points.flatMap(({ qualityLow, qualityHigh }) => [qualityLow, qualityHigh])) || 1;
  return points.map((point, i) => {
    const isRight = (logs[i]! - Math.min(...logs)) / width > 0.5;
    // Of points that lie close together the best is named above itself, the others below one another.
    const better = points.filter(
      (other, j) =>
        Math.abs(logs[j]! - logs[i]!) < 0.4 * width &&
        Math.abs(other.quality - point.quality) < 0.08 * height &&
        (other.quality > point.quality || (other.quality === point.quality && j < i)),
    ).length;
    const dy = better === 0 ? -9 : 4 + 12 * better;
    return {
      data: { values: [point] },
      mark: { type: 'text', align: isRight ? 'right' : 'left', dx: isRight ? -9 : 9, dy, limit: 220 },
      encoding: { x, text: { field: 'model' }, color: { value: 'currentColor' } },
    };
  });
}

/** The points that no other point beats in both, from the smallest x to the largest. */
export function paretoFront<P extends { readonly x: number; readonly quality: number }>(
  points: readonly P[],
  moreIsBetter: boolean,
): P[] {
  const gain = (point: P) => (moreIsBetter ? point.x : -point.x);
  return points
    .filter(
      (point) =>
        !points.some(
          (other) =>
            gain(other) >= gain(point) &&
            other.quality >= point.quality &&
            (gain(other) > gain(point) || other.quality > point.quality),
        ),
    )
    .sort((a, b) => a.x - b.x);
}
