/** Trade-offs: quality against time and cost, with intervals, the region that the limits allow, and the best trade-offs in it. Less time and cost are better. */
import { estimateAt } from '../../analyse/distribution.js';
import type { Requirement } from '../../definition/requirement.js';
import type { Unit } from '../../measure/metric.js';
import { isMissing, type Missing } from '../../quantity.js';
import type { Estimate } from '../../stats/estimate/estimate.js';
import type { Chart, Spec } from '../document.js';
import { formatCount, formatEstimate, formatScore, formatUnit, list, plural } from '../format.js';
import {
  type ChartInput,
  LABELS,
  LIMIT_COLOUR,
  logTicks,
  looksOf,
  modelColour,
  modelShape,
  type NoChart,
  nOf,
  QUIET,
  specOf,
  widened,
} from './chart.js';
import { costOf } from './cost.js';
import { areApart, type Finding, titleOf } from './finding.js';
import { placeNames } from './labels.js';
import { type Standing, standingOf } from './standing.js';

interface About {
  readonly name: string;
  /** `at $2.00 a thousand requests` */
  readonly per: string;
  readonly what: string;
  readonly axis: string;
  readonly unit: Unit;
  readonly labels: string;
  /** What a model is that is ahead of all others: `the fastest`. */
  readonly best: string;
  estimate(input: ChartInput, model: number): Estimate | Missing;
  /** The limit of the suite on this axis, if it is on what the axis shows. */
  limit(limits: Requirement['limits']): number | null;
}

const NO_LIMIT = () => null;

const ABOUT = {
  ttft: {
    name: 'quality-ttft',
    per: '',
    what: 'time to first token',
    axis: 'median time to first token (log scale)',
    unit: 'seconds',
    labels: '',
    best: 'the first to begin',
    estimate: ({ analysis, suite }, model) =>
      estimateAt(analysis.suites[suite]!.overall[model]!.metrics.ttft, 'median'),
    limit: ({ ttft }) => (ttft?.at === 'median' ? ttft.max : null),
  },
  e2e: {
    name: 'quality-e2e',
    per: '',
    what: 'end-to-end latency',
    axis: 'median end-to-end latency (log scale)',
    unit: 'seconds',
    labels: '',
    best: 'the fastest',
    estimate: ({ analysis, suite }, model) => estimateAt(analysis.suites[suite]!.overall[model]!.metrics.e2e, 'median'),
    limit: ({ e2e }) => (e2e?.at === 'median' ? e2e.max : null),
  },
  millionTokens: {
    name: 'quality-token-cost',
    per: ' a million tokens',
    what: 'cost of a million tokens',
    axis: 'US dollars a million tokens of prompts and answers (log scale)',
    unit: 'dollars',
    labels: LABELS.dollars,
    best: 'the cheapest',
    estimate: (input, model) => costIn(input, model, 'millionTokens'),
    limit: NO_LIMIT,
  },
  thousandRequests: {
    name: 'quality-cost',
    per: ' a thousand requests',
    what: 'cost of a thousand requests',
    axis: 'US dollars a thousand requests (log scale)',
    unit: 'dollars',
    labels: LABELS.dollars,
    best: 'the cheapest',
    estimate: (input, model) => costIn(input, model, 'thousandRequests'),
    limit: ({ cost }) => cost?.max ?? null,
  },
} as const satisfies Record<string, About>;

function costIn({ analysis, recommendation, suite }: ChartInput, model: number, unit: Parameters<typeof costOf>[3]) {
  return costOf(analysis.suites[suite]!, recommendation.suites[suite]!, model, unit);
}

export interface TradeoffPoint {
  readonly model: string;
  readonly number: string;
  readonly quality: number;
  readonly qualityLow: number;
  readonly qualityHigh: number;
  readonly x: number;
  readonly xLow: number;
  readonly xHigh: number;
  readonly n: number;
  readonly shown: string;
  readonly standing: Standing;
}

type Point = TradeoffPoint;

export function tradeoffChart(input: ChartInput, against: keyof typeof ABOUT): Chart | NoChart {
  const { analysis, recommendation, suite } = input;
  const about: About = ABOUT[against];
  const { name } = about;
  const { points, reasons } = pointsOf(input, about);
  if (points.length < 2) {
    const title = `Quality against ${about.what}`;
    return { name, title, missing: whyFewer(points, reasons) };
  }
  const rivals = points.filter(({ standing }) => standing === 'may be chosen');
  const front = paretoFront(rivals);
  const others = analysis.models.length - rivals.length;
  const title = titleOf({ rivals, others, front, about }, FINDINGS, describeFront);
  const { limits } = recommendation.suites[suite]!.requirement;
  const [least, most] = [limits.quality?.min ?? null, about.limit(limits)];
  const note = noteOf(points, [...reasons.keys()], front.length);
  const [low, high] = endsOf(points, most);
  const [bottom, top] = qualityDomain(points, least);
  const x = {
    field: 'x',
    type: 'quantitative',
    title: about.axis,
    scale: { type: 'log', nice: false, padding: 24, domain: [low, high] },
    axis: { labelExpr: about.labels === '' ? TIME_LABELS : about.labels, ...logTicks(low, high) },
  };
  const y = {
    field: 'quality',
    type: 'quantitative',
    title: 'quality, all tasks, %',
    scale: { zero: false, padding: 12, domain: [bottom, top] },
    axis: { labelExpr: LABELS.share, tickCount: 6 },
  };
  const models = analysis.models.filter(({ id }) => points.some(({ model }) => model === id));
  const spec = specOf(
    { title, note },
    {
      height: 280,
      data: { values: points },
      encoding: { y, color: modelColour(models, analysis.models) },
      layer: [
        ...limitLayers({ x, y, ends: [low, high], least, most }),
        {
          data: { values: front },
          mark: {
            type: 'line',
            interpolate: 'step-after',
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
        ...[
          { values: rivals, mark: { type: 'point', filled: true, size: 90, opacity: 1 } },
          {
            values: points.filter((point) => !rivals.includes(point)),
            mark: { type: 'point', filled: false, size: 90, opacity: 1, strokeWidth: 2 },
          },
        ]
          .filter(({ values }) => values.length > 0)
          .map(({ values, mark }) => ({
            data: { values },
            mark,
            encoding: {
              x,
              shape: modelShape(models, analysis.models),
              tooltip: [
                { field: 'model' },
                { field: 'shown', title: 'measured' },
                { field: 'n' },
                { field: 'standing', title: 'limits' },
              ],
            },
          })),
        ...nameLayers(points, x),
      ],
    },
  );
  const alt = `${plural(points.length, 'model')}: ${points.map(({ model, shown, n, standing }) => `${model}: ${shown}, n = ${formatCount(n)}${standing === 'may be chosen' ? '' : `, ${standing}`}`).join('; ')}.${[...reasons].map(([model, reason]) => ` Not shown: ${model} (${reason}).`).join('')}`;
  return { name, title, note, alt, spec };
}

/** The reason of all, or of a model where others have a point. */
function whyFewer(points: readonly Point[], reasons: ReadonlyMap<string, string>): string {
  const [first] = [...reasons].sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0));
  if (first === undefined) return 'a trade-off needs two models with a score';
  const [model, reason] = first;
  return points.length === 0 ? reason : `${reason} (${model})`;
}

/** Times of one axis can lie between microseconds and minutes. */
const TIME_LABELS =
  "datum.value < 1e-3 ? format(datum.value * 1e6, ',.3~r') + ' µs' : datum.value < 1 ? format(datum.value * 1e3, ',.3~r') + ' ms' : format(datum.value, ',.3~r') + ' s'";

function noteOf(points: readonly Point[], absent: readonly string[], best: number): string {
  const hollow = (['misses a limit', 'did not answer every sample', 'lost answers'] as const).filter((standing) =>
    points.some((point) => point.standing === standing),
  );
  return [
    `${nOf(points.map(({ n }) => n))} samples a model, all tasks`,
    'bars are 95% intervals',
    ...(best > 1 ? ['dashed: no other is better in both'] : []),
    ...(hollow.length > 0 ? [`hollow: ${hollow.join(', or ')}`] : []),
    ...(absent.length > 0 ? [`not shown: ${absent.length > 3 ? plural(absent.length, 'model') : list(absent)}`] : []),
  ].join('; ');
}

interface Facts {
  readonly rivals: readonly Point[];
  /** Models that are drawn hollow or not at all: they may be better than the best. */
  readonly others: number;
  readonly front: readonly Point[];
  readonly about: About;
}

const FINDINGS: readonly Finding<Facts>[] = [
  {
    holds: ({ rivals }) => rivals.length === 0,
    say: () => 'No shown model that answered every sample meets every limit',
  },
  {
    holds: ({ rivals }) => rivals.length === 1,
    say: ({ rivals: [only], about }) =>
      `Of the shown models only ${describe(only!, about)} answered every sample and misses no limit`,
  },
  {
    holds: ({ rivals, front }) => front.length === 1 && rivals.every((other) => isAhead(front[0]!, other)),
    say: (facts) => `${facts.front[0]!.model} is the best in quality and ${facts.about.best}${ofRivals(facts)}`,
  },
  {
    holds: ({ front }) => front.length === 1,
    say: (facts) =>
      `${facts.front[0]!.model} was seen to be the best in quality and ${facts.about.best}${ofRivals(facts)}, but the intervals of others overlap its own`,
  },
];

/** Whether a point is shown to be better in both than another one. */
function isAhead(point: Point, other: Point): boolean {
  if (point === other) return true;
  const isApart =
    areApart({ low: point.qualityLow, high: point.qualityHigh }, { low: other.qualityLow, high: other.qualityHigh }) &&
    areApart({ low: point.xLow, high: point.xHigh }, { low: other.xLow, high: other.xHigh });
  return isApart && point.quality > other.quality && point.x < other.x;
}

/** A title describes this many points, and otherwise the two ends of the front. */
const MOST_DESCRIBED = 3;

function describeFront(facts: Facts): string {
  const { rivals, front, about } = facts;
  const described = front.map((point) => describe(point, about));
  return front.length <= MOST_DESCRIBED
    ? `Best trade-offs seen${ofRivals(facts)}: ${list(described)}`
    : `Best trade-offs seen, ${front.length} of ${namedRivals(rivals.length)}: from ${described[0]} to ${described.at(-1)}`;
}

/** Among whom a model is the best. Where every model may be chosen it goes without saying. */
function ofRivals({ rivals, others }: Facts): string {
  return others === 0 ? '' : ` of ${namedRivals(rivals.length)}`;
}

function namedRivals(count: number): string {
  return `the ${formatCount(count)} shown models that answered every sample and miss no limit`;
}

function describe({ model, quality, x }: Point, { unit, per }: About): string {
  return `${model} (${formatScore(quality)}, ${formatUnit(x, unit)}${per})`;
}

/** The points, and the reasons why models have no point. */
function pointsOf(input: ChartInput, about: About) {
  const reasons = new Map<string, string>();
  const looks = looksOf(input.analysis.models);
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
        number: String(looks.get(model)!.number),
        quality: quality.value,
        qualityLow: quality.low,
        qualityHigh: quality.high,
        x: other.value,
        xLow: other.low,
        xHigh: other.high,
        n: quality.n,
        shown: `${formatEstimate(quality, 'score')} at ${formatEstimate(other, about.unit)}${about.per}`,
        standing: standingOf(input, model),
      },
    ];
  });
  return { points, reasons };
}

/** A limit further away than this factor would squeeze all points together. */
const REACH = 10;

function endsOf(points: readonly Point[], limit: number | null): [number, number] {
  const seen = [Math.min(...points.map(({ xLow }) => xLow)), Math.max(...points.map(({ xHigh }) => xHigh))] as const;
  const isNear = limit !== null && limit > seen[0] / REACH && limit < seen[1] * REACH;
  return isNear ? widened(Math.min(seen[0], limit), Math.max(seen[1], limit)) : widened(...seen);
}

/** Quality is a share: an axis goes beyond neither end. */
function qualityDomain(points: readonly Point[], limit: number | null): [number, number] {
  const ends = [...points.flatMap(({ qualityLow, qualityHigh }) => [qualityLow, qualityHigh])];
  if (limit !== null) ends.push(limit);
  return [Math.max(0, Math.min(...ends) - 0.03), Math.min(1, Math.max(...ends) + 0.03)];
}

interface LimitLines {
  readonly x: Spec;
  readonly y: Spec;
  /** The ends of the axis of time or cost. */
  readonly ends: readonly [low: number, high: number];
  readonly least: number | null;
  readonly most: number | null;
}

/** Lines where limits lie, and what they rule out in a shade that ends with the chart. */
function limitLayers({ x, y, ends: [low, high], least, most }: LimitLines): Spec[] {
  const line = { type: 'rule', color: LIMIT_COLOUR, strokeDash: [5, 4], strokeWidth: 1.5 };
  const shade = { type: 'rect', color: LIMIT_COLOUR, opacity: 0.07 };
  const still = { color: { value: LIMIT_COLOUR } };
  const layers: Spec[] = [];
  if (least !== null)
    layers.push(
      { data: { values: [{ quality: least }] }, mark: shade, encoding: { y, y2: { value: 'height' }, ...still } },
      { data: { values: [{ quality: least }] }, mark: line, encoding: { y, ...still } },
    );
  if (most !== null && most > low && most < high)
    layers.push(
      {
        data: { values: [{ x: most }] },
        mark: shade,
        encoding: { x, x2: { value: 'width' }, y: null, ...still },
      },
      { data: { values: [{ x: most }] }, mark: line, encoding: { x, y: null, ...still } },
    );
  return layers;
}

/** More names than this would hide the points; the numbers of the legend stand in their place. */
const MOST_NAMES = 8;

function nameLayers(points: readonly Point[], x: Spec): Spec[] {
  const field = points.length > MOST_NAMES ? 'number' : 'model';
  const places = placeNames(points, (point) => point[field]);
  return points.flatMap((point, i): Spec[] => {
    const place = places[i];
    if (!place) return [];
    return [
      {
        data: { values: [point] },
        mark: { type: 'text', ...place, limit: 240 },
        encoding: { x, text: { field }, color: { value: 'currentColor' } },
      },
    ];
  });
}

/** The points that no other point beats in both, from the smallest x to the largest. */
export function paretoFront<P extends { readonly x: number; readonly quality: number }>(points: readonly P[]): P[] {
  const beats = (a: P, b: P) => a.x <= b.x && a.quality >= b.quality && (a.x < b.x || a.quality > b.quality);
  return points.filter((point) => !points.some((other) => beats(other, point))).sort((a, b) => a.x - b.x);
}
