/** Throughput against latency: what a server gives in all, and how long a user then waits. Each point is a step, with its load beside it. */
import { conditionText } from '../../definition/condition.js';
import { LOAD_METRICS, type Objective } from '../../load/objective.js';
import { loadOf } from '../../load/search-rule.js';
import type { StepResult } from '../../load/step.js';
import { isMissing } from '../../quantity.js';
import type { Chart } from '../document.js';
import { formatUnit, list } from '../format.js';
import { loadsOf } from '../load-words.js';
import { plain } from '../text.js';
import { type NoChart, specOf } from './chart.js';
import { modelMarks } from './load.js';

export interface ThroughputInput {
  /** Unique in the report. */
  readonly name: string;
  readonly models: readonly { readonly model: string; readonly steps: readonly StepResult[] }[];
  readonly objectives: readonly Objective[];
}

/** Against e2e where an objective limits it, else against TTFT. */
export function throughputChart({ name, models, objectives }: ThroughputInput): Chart | NoChart {
  const metric = objectives.some((objective) => objective.metric === 'e2e') ? 'e2e' : 'ttft';
  const what = `${LOAD_METRICS[metric].short} p95`;
  const title = `Throughput against ${what}: ${list(models.map(({ model }) => plain(model)))}`;
  const steps = models.flatMap(({ model, steps }) => steps.map((result) => ({ model: plain(model), result })));
  const loads = loadsOf(steps.map(({ result }) => result.condition));
  const values = steps.flatMap(({ model, result: { condition, window } }) => {
    if (isMissing(window) || isMissing(window.throughput)) return [];
    const percentiles = window.metrics[metric];
    if (isMissing(percentiles) || isMissing(percentiles.p95)) return [];
    const { value, low, high } = percentiles.p95;
    const throughput = window.throughput.value;
    return [
      {
        model,
        load: isMissing(loads) ? conditionText(condition) : String(loadOf(condition)),
        ...{ value, low, high, throughput },
        shown: `${formatUnit(throughput, 'tokens per second')} at ${formatUnit(value, 'seconds')}`,
      },
    ];
  });
  if (values.length === 0) return { name, title, missing: `no step has its throughput and its ${what}` };
  const labels = isMissing(loads) ? 'their load' : loads.value;
  const note = `${values.length} of ${steps.length} steps have both, each with ${labels} beside it; 95% intervals of ${what}`;
  const x = { field: 'value', type: 'quantitative', title: `${what}, seconds`, scale: { zero: false } };
  const y = {
    field: 'throughput',
    type: 'quantitative',
    title: 'output tokens per second, in all',
    scale: { padding: 16 },
  };
  const { colour, shape } = modelMarks(values.map(({ model }) => model));
  const spec = specOf(
    { title, note },
    {
      height: 260,
      data: { values },
      encoding: { y, color: colour },
      layer: [
        { mark: { type: 'rule' }, encoding: { x: { ...x, field: 'low' }, x2: { field: 'high' } } },
        {
          mark: { type: 'point', filled: true, size: 50, opacity: 1 },
          encoding: { x, shape, tooltip: [{ field: 'model' }, { field: 'load' }, { field: 'shown' }] },
        },
        {
          mark: { type: 'text', dy: -10, color: 'currentColor' },
          encoding: { x, text: { field: 'load' }, color: { value: 'currentColor' } },
        },
      ],
    },
  );
  const alt = `${values.map(({ model, load, shown }) => `${model} at ${load}: ${shown}`).join('; ')}.`;
  return { name, title, note, alt, spec };
}
