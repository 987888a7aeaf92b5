/** What a model serves against its load: each objective with its limit, the share of requests that meet all, and goodput. */
import { isPercentile, LOAD_METRICS, type Objective } from '../../load/objective.js';
import { loadOf } from '../../load/search-rule.js';
import type { StepResult } from '../../load/step.js';
import { isMissing, type Missing, missing } from '../../quantity.js';
import type { Estimate } from '../../stats/estimate/estimate.js';
import type { Chart } from '../document.js';
import { formatUnit } from '../format.js';
import { type NoChart, QUIET, specOf } from './chart.js';

export interface LoadChartInput {
  readonly model: string;
  readonly steps: readonly StepResult[];
  readonly objectives: readonly Objective[];
  /** `users`, `requests under way` or `requests per second`. */
  readonly loads: string;
}

export function loadCharts(input: LoadChartInput): (Chart | NoChart)[] {
  return [
    ...input.objectives.map((objective, i) => objectiveChart(objective, { ...input, name: `load-objective-${i + 1}` })),
    shareChart({ ...input, name: 'load-attainment' }),
    goodputChart({ ...input, name: 'load-goodput' }),
  ];
}

type Named = LoadChartInput & { readonly name: string };

function objectiveChart({ metric, level, bound }: Objective, input: Named): Chart | NoChart {
  const { short, unit } = LOAD_METRICS[metric];
  return chartOf(input, {
    what: `${short} ${level}`,
    unit,
    limit: bound,
    estimate: ({ window }) => {
      if (isMissing(window)) return window;
      const percentiles = window.metrics[metric];
      if (isMissing(percentiles)) return percentiles;
      return isPercentile(level) ? percentiles[level] : missing('a mean is not drawn');
    },
  });
}

function shareChart(input: Named): Chart | NoChart {
  return chartOf(input, {
    what: 'Requests that meet every objective',
    unit: 'score',
    limit: null,
    estimate: ({ window }) => (isMissing(window) ? window : window.attainment),
  });
}

function goodputChart(input: Named): Chart | NoChart {
  return chartOf(input, {
    what: 'Goodput, requests per second',
    unit: 'count',
    limit: null,
    estimate: ({ window }) => (isMissing(window) ? window : window.goodput),
  });
}

interface About {
  readonly what: string;
  readonly unit: 'seconds' | 'tokens per second' | 'score' | 'count';
  readonly limit: number | null;
  readonly estimate: (step: StepResult) => Estimate | Missing;
}

function chartOf({ name, model, steps, loads }: Named, { what, unit, limit, estimate }: About): Chart | NoChart {
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
        ...(limit === null
          ? []
          : [
              {
                data: { values: [{ value: limit }] },
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
  const limited = limit === null ? '' : ` The limit is ${formatUnit(limit, unit)}.`;
  const alt = `${values.map(({ load, shown }) => `${load}: ${shown}`).join('; ')}.${limited}`;
  return { name, title, note, alt, spec };
}
