/** Trade-offs: quality against decode rate and against cost, with intervals and the Pareto front. */
import { estimateAt } from '../../analyse/distribution.js';
import type { Unit } from '../../measure/metric.js';
import { isMissing, type Missing } from '../../quantity.js';
import type { Estimate } from '../../stats/estimate/estimate.js';
import { formatEstimate, formatScore, formatUnit, list, plural } from '../format.js';
import {
  type Chart,
  type ChartInput,
  LABELS,
  logTicks,
  modelColour,
  modelShape,
  type NoChart,
  nOf,
  QUIET,
  type Spec,
  specOf,
} from './chart.js';
import { costOf } from './cost.js';
import { placeNames } from './labels.js';

interface About {
  readonly name: string;
  /** `at $2.00 a thousand requests` */
  readonly per: string;
  readonly what: string;
  readonly axis: string;
  readonly unit: Unit;
  readonly better: 'higher' | 'lower';
  readonly labels: string;
  estimate(input: ChartInput, model: number): Estimate | Missing;
}

const ABOUT = {
  decodeRate: {
    name: 'quality-decode-rate',
    per: '',
    what: 'decode rate',
    axis: 'decode rate, output tokens per second (median, log scale)',
    unit: 'tokens per second',
    better: 'higher',
    labels: LABELS.rate,
    estimate: ({ analysis, suite }, model) =>
      estimateAt(analysis.suites[suite]!.overall[model]!.metrics.decodeRate, 'median'),
  },
  millionTokens: {
    name: 'quality-token-cost',
    per: ' a million tokens',
    what: 'cost of a million tokens',
    axis: 'cost of a million tokens, prompts and answers together, US dollars (log scale)',
    unit: 'dollars',
    better: 'lower',
    labels: LABELS.dollars,
    estimate: (input, model) => costIn(input, model, 'millionTokens'),
  },
  thousandRequests: {
    name: 'quality-cost',
    per: ' a thousand requests',
    what: 'cost of a thousand requests',
    axis: 'cost of a thousand requests, US dollars (log scale)',
    unit: 'dollars',
    better: 'lower',
    labels: LABELS.dollars,
    estimate: (input, model) => costIn(input, model, 'thousandRequests'),
  },
} as const satisfies Record<string, About>;

function costIn({ analysis, recommendation, suite }: ChartInput, model: number, unit: Parameters<typeof costOf>[3]) {
  return costOf(analysis.suites[suite]!, recommendation.suites[suite]!, model, unit);
}

interface Point {
  readonly model: string;
  readonly quality: number;
  readonly qualityLow: number;
  readonly qualityHigh: number;
  readonly x: number;
  readonly xLow: number;
  readonly xHigh: number;
  readonly n: number;
  readonly shown: string;
}

export function tradeoffChart(input: ChartInput, against: keyof typeof ABOUT): Chart | NoChart {
  const { analysis } = input;
  const about: About = ABOUT[against];
  const { name } = about;
  const { points, reasons } = pointsOf(input, about);
  if (points.length < 2) {
    const title = `Quality against ${about.what}`;
    return { name, title, missing: [...reasons.values()].sort()[0] ?? 'a trade-off needs two models with a score' };
  }
  const front = paretoFront(points, about.better === 'higher');
  const title = findingOf(front, points.length, about);
  const absent = [...reasons.keys()];
  const note =
    `${nOf(points.map(({ n }) => n))} samples a model, all tasks; bars are 95% intervals; dashed: the Pareto front` +
    `${absent.length > 0 ? `; not shown: ${absent.length > 3 ? plural(absent.length, 'model') : list(absent)}` : ''}`;
  const x = {
    field: 'x',
    type: 'quantitative',
    title: about.axis,
    scale: { type: 'log', nice: false, padding: 24 },
    axis: {
      labelExpr: about.labels,
      ...logTicks(Math.min(...points.map(({ xLow }) => xLow)), Math.max(...points.map(({ xHigh }) => xHigh))),
    },
  };
  const y = {
    field: 'quality',
    type: 'quantitative',
    title: 'quality: mean score, all tasks, %',
    scale: { zero: false, padding: 12 },
    axis: { labelExpr: LABELS.share, tickCount: 6 },
  };
  const models = analysis.models.filter(({ id }) => points.some(({ model }) => model === id));
  const spec = specOf(
    { title, note },
    {
      height: 300,
      data: { values: points },
      encoding: { y, color: modelColour(models, analysis.models) },
      layer: [
        {
          data: { values: front },
          mark: {
            type: 'line',
            interpolate: about.better === 'lower' ? 'step-after' : 'step-before',
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
          encoding: {
            x,
            shape: modelShape(models, analysis.models),
            tooltip: [{ field: 'model' }, { field: 'shown', title: 'measured' }, { field: 'n' }],
          },
        },
        ...nameLayers(points, x),
      ],
    },
  );
  const alt = `${plural(points.length, 'model')}: ${points.map(({ model, shown, n }) => `${model}: ${shown}, n = ${n}`).join('; ')}.${[...reasons].map(([model, reason]) => ` Not shown: ${model} (${reason}).`).join('')}`;
  return { name, title, note, alt, spec };
}

/** A title describes this many points, and otherwise the two ends of the front. */
const MOST_DESCRIBED = 3;

function findingOf(front: readonly Point[], models: number, { what, unit, per }: About): string {
  if (front.length === 1) return `${front[0]!.model} is the best choice both by quality and by ${what}`;
  const describe = (point: Point) =>
    `${point.model} scores ${formatScore(point.quality)} at ${formatUnit(point.x, unit)}${per}`;
  return front.length <= MOST_DESCRIBED
    ? list(front.map(describe))
    : `The Pareto front holds ${front.length} of ${plural(models, 'model')}: from ${describe(front[0]!)} to ${describe(front.at(-1)!)}`;
}

/** The points, and the reasons why models have no point. */
function pointsOf(input: ChartInput, about: About) {
  const reasons = new Map<string, string>();
  const points = input.analysis.suites[input.suite]!.overall.flatMap(({ model, quality }, i): Point[] => {
    const other = about.estimate(input, i);
    if (isMissing(quality) || isMissing(other)) {
      for (const quantity of [quality, other]) if (isMissing(quantity)) reasons.set(model, quantity.missing);
      return [];
    }
    if (!(other.low > 0)) {
      reasons.set(model, 'a logarithmic axis cannot show a value that may be zero');
      return [];
    }
    return [
      {
        model,
        quality: quality.value,
        qualityLow: quality.low,
        qualityHigh: quality.high,
        x: other.value,
        xLow: other.low,
        xHigh: other.high,
        n: quality.n,
        shown: `${formatEstimate(quality, 'score')} at ${formatEstimate(other, about.unit)}${about.per}`,
      },
    ];
  });
  return { points, reasons };
}

/** More names than this would hide the points. */
const MOST_NAMES = 8;

function nameLayers(points: readonly Point[], x: Spec): Spec[] {
  if (points.length > MOST_NAMES) return [];
  const places = placeNames(points, ({ model }) => model);
  return points.flatMap((point, i): Spec[] => {
    const place = places[i];
    if (!place) return [];
    return [
      {
        data: { values: [point] },
        mark: { type: 'text', ...place, limit: 240 },
        encoding: { x, text: { field: 'model' }, color: { value: 'currentColor' } },
      },
    ];
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
