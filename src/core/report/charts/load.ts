/** What a model serves against its load: each objective with its limit, the share of requests that meet all, and goodput. */
import type { QUANTILES } from '../../analyse/distribution.js';
import type { TestedModel } from '../../load/load-test.js';
import { isPercentile, LOAD_METRICS, type LoadMetric, type Objective } from '../../load/objective.js';
import { loadOf } from '../../load/search-rule.js';
import type { StepResult } from '../../load/step.js';
import { isMissing, type Missing } from '../../quantity.js';
import type { Estimate } from '../../stats/estimate/estimate.js';
import type { Chart, Spec } from '../document.js';
import { formatUnit, list } from '../format.js';
import { loadsOf } from '../load-words.js';
import { plain } from '../text.js';
import { legendOf, type NoChart, QUIET, specOf } from './chart.js';

export interface LoadChartInput {
  /** The beginning of the names of its charts: unique in the report. */
  readonly name: string;
  readonly model: string;
  readonly steps: readonly StepResult[];
  readonly objectives: readonly Objective[];
}

/** A percentile of a metric, and the limits that objectives set on it. */
export interface ShownMetric {
  readonly metric: LoadMetric;
  readonly level: keyof typeof QUANTILES;
  readonly limits: readonly number[];
}

/** The percentiles of the objectives, then those that every load test shows. Of a mean, p95 is shown. */
export function shownMetrics(objectives: readonly Objective[]): readonly ShownMetric[] {
  const shown = new Map<string, ShownMetric>();
  const add = (metric: LoadMetric, level: ShownMetric['level'], limits: readonly number[]) => {
    const key = `${metric}-${level}`;
    shown.set(key, { metric, level, limits: [...(shown.get(key)?.limits ?? []), ...limits] });
  };
  for (const { metric, level, bound } of objectives) {
    if (isPercentile(level)) add(metric, level, [bound]);
    else add(metric, 'p95', []);
  }
  for (const metric of ['ttft', 'tpot', 'e2e'] as const) add(metric, 'p95', []);
  return [...shown.values()];
}

/** The chart of attainment needs an objective. */
export function loadCharts(input: LoadChartInput): (Chart | NoChart)[] {
  const { objectives, name } = input;
  const shown = shownMetrics(objectives).filter(({ limits }) => limits.length > 0 || objectives.length === 0);
  return [
    ...shown.map((metric) => metricChart(metric, { ...input, name: `${name}-${metric.metric}-${metric.level}` })),
    ...(objectives.length === 0
      ? []
      : [shareChart({ ...input, name: `${name}-attainment` }), goodputChart({ ...input, name: `${name}-goodput` })]),
  ];
}

function metricChart({ metric, level, limits }: ShownMetric, input: LoadChartInput): Chart | NoChart {
  const { short, unit } = LOAD_METRICS[metric];
  return chartOf(input, {
    what: `${short} ${level}`,
    unit,
    limits,
    estimate: ({ window }) => {
      if (isMissing(window)) return window;
      const percentiles = window.metrics[metric];
      return isMissing(percentiles) ? percentiles : percentiles[level];
    },
  });
}

function shareChart(input: LoadChartInput): Chart | NoChart {
  return chartOf(input, {
    what: 'Requests that meet every objective',
    unit: 'score',
    limits: [],
    estimate: ({ window }) => (isMissing(window) ? window : window.attainment),
  });
}

function goodputChart(input: LoadChartInput): Chart | NoChart {
  return chartOf(input, {
    what: 'Goodput, requests per second',
    unit: 'count',
    limits: [],
    estimate: ({ window }) => (isMissing(window) ? window : window.goodput),
  });
}

const COLOURS = ['#0072b2', '#d55e00', '#1a8c8c', '#c2407a', '#6e6e6e'] as const;
const SHAPES = ['circle', 'square', 'diamond', 'cross', 'triangle-up'] as const;

/** The colour and the shape of each model, with a legend if there are several. */
export function modelMarks(models: readonly string[]): { readonly colour: Spec; readonly shape: Spec } {
  const domain = [...new Set(models)];
  const by = (range: readonly string[]): Spec => ({
    field: 'model',
    type: 'nominal',
    title: null,
    scale: { domain, range: domain.map((_, i) => range[i % range.length]!) },
    legend: domain.length > 1 ? legendOf(domain) : null,
  });
  return { colour: by(COLOURS), shape: by(SHAPES) };
}

/** Goodput of several models against their load, in one chart. */
export function goodputTogether(models: readonly TestedModel[]): Chart | NoChart {
  const name = 'load-models-goodput';
  const steps = models.flatMap((tested) => tested.steps.map(({ result }) => ({ model: plain(tested.model), result })));
  const counted = loadsOf(steps.map(({ result }) => result.condition));
  if (isMissing(counted)) return { name, title: 'Goodput against load', missing: counted.missing };
  const title = `Goodput against ${counted.value}: ${list(models.map(({ model }) => plain(model)))}`;
  const values = steps.flatMap(({ model, result: { condition, window } }) => {
    if (isMissing(window) || isMissing(window.goodput)) return [];
    const { value, low, high } = window.goodput;
    return [{ model, load: loadOf(condition), value, low, high, shown: formatUnit(value, 'count') }];
  });
  if (values.length === 0) return { name, title, missing: 'no step has its goodput' };
  const note = `${values.length} of ${steps.length} steps have it; requests per second that meet every objective, 95% intervals`;
  const { colour, shape } = modelMarks(values.map(({ model }) => model));
  const x = { field: 'load', type: 'quantitative', title: counted.value, scale: { zero: false } };
  const y = { field: 'value', type: 'quantitative', title: 'requests per second' };
  const spec = specOf(
    { title, note },
    {
      height: 220,
      data: { values },
      encoding: { color: colour, shape },
      layer: [
        { mark: { type: 'rule' }, encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' } } },
        {
          mark: { type: 'point', filled: true, size: 50, opacity: 1 },
          encoding: { x, y, tooltip: [{ field: 'model' }, { field: 'load' }, { field: 'shown' }] },
        },
      ],
    },
  );
  const alt = `${values.map(({ model, load, shown }) => `${model} at ${load}: ${shown}`).join('; ')}.`;
  return { name, title, note, alt, spec };
}

interface About {
  readonly what: string;
  readonly unit: 'seconds' | 'tokens per second' | 'score' | 'count';
  readonly limits: readonly number[];
  readonly estimate: (step: StepResult) => Estimate | Missing;
}

function chartOf(input: LoadChartInput, { what, unit, limits, estimate }: About): Chart | NoChart {
  const { name, steps } = input;
  const model = plain(input.model);
  const counted = loadsOf(steps.map(({ condition }) => condition));
  if (isMissing(counted)) return { name, title: `${what} against load: ${model}`, missing: counted.missing };
  const loads = counted.value;
  const found = steps.map((step) => ({ load: loadOf(step.condition), estimate: estimate(step) }));
  const values = found.flatMap(({ load, estimate: one }) =>
    isMissing(one)
      ? []
      : [{ load, value: one.value, low: one.low, high: one.high, n: one.n, shown: formatUnit(one.value, unit) }],
  );
  const title = `${what} against ${loads}: ${model}`;
  if (values.length === 0) {
    return { name, title, missing: found.map((one) => one.estimate).find(isMissing)?.missing ?? 'no step was made' };
  }
  const note = `${values.length} of ${steps.length} steps have it, from ${Math.min(...values.map(({ n }) => n))} requests each or more; 95% intervals`;
  const x = { field: 'load', type: 'quantitative', title: loads, scale: { zero: false } };
  const y = {
    field: 'value',
    type: 'quantitative',
    title: unit === 'score' ? 'share' : unit === 'count' ? null : unit,
  };
  const spec = specOf(
    { title, note },
    {
      height: 220,
      layer: [
        ...(limits.length === 0
          ? []
          : [
              {
                data: { values: limits.map((value) => ({ value })) },
                mark: { type: 'rule', color: QUIET, strokeDash: [4, 3] },
                encoding: { y },
              },
            ]),
        {
          data: { values },
          layer: [
            { mark: { type: 'rule' }, encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' } } },
            {
              mark: { type: 'point', filled: true, size: 50, opacity: 1 },
              encoding: { x, y, tooltip: [{ field: 'load' }, { field: 'shown' }, { field: 'n' }] },
            },
          ],
        },
      ],
    },
  );
  const limited = limits.map((limit) => ` The limit is ${formatUnit(limit, unit)}.`).join('');
  const alt = `${values.map(({ load, shown }) => `${load}: ${shown}`).join('; ')}.${limited}`;
  return { name, title, note, alt, spec };
}
