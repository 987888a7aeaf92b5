/** A forest plot: the difference in quality between each SLM and its reference on each task, with the margin. */
import { isMissing } from '../../quantity.js';
import type { Comparison } from '../../recommend/comparison.js';
import type { Chart } from '../document.js';
import { formatCount, formatEstimate, formatPoints, plural } from '../format.js';
import { type ChartInput, LABELS, modelColour, modelShape, type NoChart, nOf, QUIET, specOf } from './chart.js';

const NAME = 'quality-difference';

export function differenceChart({ analysis, recommendation, suite }: ChartInput): Chart | NoChart {
  const { tasks, requirement } = recommendation.suites[suite]!;
  const { margin } = requirement;
  const rows = tasks.flatMap(({ task, comparisons }) => comparisons.flatMap((comparison) => rowOf(task, comparison)));
  if (rows.length === 0) {
    const reasons = tasks.flatMap(({ comparisons, verdict }) => [
      ...comparisons.flatMap(({ test }) => (isMissing(test) ? [test.missing] : [])),
      ...(verdict.kind === 'not-measured' ? [verdict.reason] : []),
    ]);
    return {
      name: NAME,
      title: 'Quality of each SLM against its LLM',
      missing: reasons[0] ?? 'an SLM and an LLM are needed for a comparison',
    };
  }
  const shown = formatPoints(margin).replace('+', '');
  const within = rows.filter(({ decision }) => decision === 'non-inferior').length;
  const title = `${within} of ${plural(rows.length, 'comparison')} ${within === 1 ? 'shows' : 'show'} an SLM that is worse by less than ${shown} points`;
  const several = new Set(rows.map(({ model }) => model)).size > 1;
  const y = several
    ? { y: { field: 'task', type: 'nominal', title: null, sort: null }, yOffset: { field: 'model', sort: null } }
    : { y: { field: 'task', type: 'nominal', title: null, sort: null } };
  const x = {
    type: 'quantitative',
    title: 'SLM minus LLM, points of quality',
    axis: { labelExpr: LABELS.points },
    scale: { padding: 10 },
  };
  const compared = analysis.models.filter(({ id }) => rows.some(({ model }) => model === id));
  const note = `${nOf(rows.map(({ n }) => n))} paired samples a task; intervals that decide; dashed: the margin of −${shown} points`;
  const spec = specOf(
    { title, note },
    {
      height: { step: several ? 14 : 30 },
      data: { values: rows },
      encoding: {
        ...y,
        color: modelColour(compared, analysis.models),
      },
      layer: [
        {
          mark: { type: 'rule', color: QUIET },
          encoding: { x: { datum: 0, type: 'quantitative' }, y: null, yOffset: null, color: { value: QUIET } },
        },
        {
          mark: { type: 'rule', strokeDash: [5, 4], strokeWidth: 1.5 },
          encoding: {
            x: { datum: -margin, type: 'quantitative' },
            y: null,
            yOffset: null,
            color: { value: '#cc3311' },
          },
        },
        { mark: { type: 'rule', strokeWidth: 2 }, encoding: { x: { ...x, field: 'low' }, x2: { field: 'high' } } },
        {
          mark: { type: 'point', filled: true, size: 70, opacity: 1 },
          encoding: {
            x: { ...x, field: 'value' },
            shape: modelShape(compared, analysis.models),
            tooltip: [
              { field: 'task' },
              { field: 'model' },
              { field: 'reference', title: 'against' },
              { field: 'shown', title: 'points' },
              { field: 'n' },
              { field: 'decision' },
            ],
          },
        },
      ],
    },
  );
  const alt = `Margin −${shown} points. ${rows.map((row) => `${row.task}, ${row.model} against ${row.reference}: ${row.shown} points, ${row.decision}, n = ${formatCount(row.n)}`).join('; ')}.`;
  return { name: NAME, title, note, alt, spec };
}

function rowOf(task: string, comparison: Comparison) {
  const { candidate, reference, test, decision } = comparison;
  if (isMissing(test)) return [];
  const { value, low, high, n } = test.difference;
  return [
    {
      task,
      model: candidate,
      reference,
      value,
      low,
      high,
      n,
      decision: decision ?? 'not decided',
      shown: formatEstimate(test.difference, 'points'),
    },
  ];
}
