/** Quality of each model on each task, with intervals. */
import { isMissing } from '../../quantity.js';
import type { Chart } from '../document.js';
import { formatEstimate, formatScore, plural } from '../format.js';
import { type ChartInput, LABELS, modelColour, modelShape, type NoChart, nOf, specOf } from './chart.js';

const NAME = 'quality-by-task';

export function qualityChart({ analysis, suite }: ChartInput): Chart | NoChart {
  const { tasks } = analysis.suites[suite]!;
  const rows = tasks.flatMap(({ name, cells }) =>
    cells.flatMap(({ model, quality }) => {
      if (isMissing(quality)) return [];
      const { value, low, high, n } = quality;
      return [{ task: name, model, value, low, high, n, shown: formatEstimate(quality, 'score') }];
    }),
  );
  if (rows.length === 0) {
    const reason = tasks
      .flatMap(({ cells }) => cells)
      .flatMap(({ quality }) => (isMissing(quality) ? [quality.missing] : []))[0];
    return { name: NAME, title: 'Quality by task', missing: reason ?? 'the suite has no tasks' };
  }
  const [worst, best] = [
    rows.reduce((a, b) => (b.value < a.value ? b : a)),
    rows.reduce((a, b) => (b.value > a.value ? b : a)),
  ];
  const title =
    rows.length === 1
      ? `${best.model} scores ${best.shown} on ${best.task}`
      : `Quality runs from ${formatScore(worst.value)} (${worst.model} on ${worst.task}) to ${formatScore(best.value)} (${best.model} on ${best.task})`;
  const models = analysis.models.filter(({ id }) => rows.some(({ model }) => model === id));
  const axis = {
    type: 'quantitative',
    title: 'quality: mean score, %',
    scale: { domain: [0, 1] },
    axis: { labelExpr: LABELS.share },
  };
  const note = `${nOf(rows.map(({ n }) => n))} samples a task and model; bars are 95% intervals`;
  const spec = specOf(
    { title, note },
    {
      height: { step: models.length > 6 ? 7 : models.length > 2 ? 10 : 15 },
      data: { values: rows },
      encoding: {
        y: { field: 'task', type: 'nominal', title: null, sort: null },
        yOffset: { field: 'model', sort: models.map(({ id }) => id) },
        color: modelColour(models, analysis.models),
      },
      layer: [
        { mark: { type: 'rule', strokeWidth: 2 }, encoding: { x: { ...axis, field: 'low' }, x2: { field: 'high' } } },
        {
          mark: { type: 'point', filled: true, size: models.length > 6 ? 30 : 60, opacity: 1 },
          encoding: {
            x: { ...axis, field: 'value' },
            shape: modelShape(models, analysis.models),
            tooltip: [{ field: 'task' }, { field: 'model' }, { field: 'shown', title: 'quality' }, { field: 'n' }],
          },
        },
      ],
    },
  );
  const alt = `${plural(tasks.length, 'task')}: ${rows.map(({ task, model, shown, n }) => `${task} on ${model}: ${shown}, n = ${n}`).join('; ')}.`;
  return { name: NAME, title, note, alt, spec };
}
