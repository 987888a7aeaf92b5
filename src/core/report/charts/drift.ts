/** The decode rate over the run, each trial relative to the median of its task. There is a chart only if it changed. */
import { isMissing } from '../../quantity.js';
import type { Chart } from '../document.js';
import { formatScore, list } from '../format.js';
import { type ChartInput, LABELS, modelColour, modelDash, nOf, QUIET, specOf } from './chart.js';

const NAME = 'drift';
/** A trend is one that chance shows on any model in at most one of a hundred runs (Bonferroni). */
const TREND_P = 0.01;
const MOST_NAMED = 4;

export function driftChart({ analysis }: ChartInput): Chart[] {
  const drifts = analysis.models.flatMap(({ id, drift }) => (isMissing(drift) ? [] : [{ id, drift }]));
  const changed = drifts.filter(({ drift }) => drift.p * drifts.length < TREND_P);
  if (changed.length === 0) return [];
  const describe = ({ id, drift }: (typeof drifts)[number]) =>
    `${id} ${drift.change < 0 ? '−' : '+'}${formatScore(Math.abs(drift.change))}`;
  const title = `The decode rate changed over the run: ${list(changed.slice(0, MOST_NAMED).map(describe))}${changed.length > MOST_NAMED ? ` and ${changed.length - MOST_NAMED} more` : ''}`;
  const rows = drifts.flatMap(({ id, drift }) =>
    drift.course.map(({ progress, relative }) => ({ model: id, progress, relative, shown: formatScore(relative) })),
  );
  const models = analysis.models.filter(({ id }) => drifts.some((drift) => drift.id === id));
  const note = `${nOf(drifts.map(({ drift }) => drift.n))} trials a model, each relative to the median of its task, in stretches of the run`;
  const spec = specOf(
    { title, note },
    {
      height: 180,
      layer: [
        { mark: { type: 'rule', color: QUIET }, encoding: { y: { datum: 1, type: 'quantitative' } } },
        {
          data: { values: rows },
          mark: { type: 'line', strokeWidth: 1.5 },
          encoding: {
            x: {
              field: 'progress',
              type: 'quantitative',
              title: "progress through the model's trials, %",
              scale: { domain: [0, 1] },
              axis: { labelExpr: LABELS.share },
            },
            y: {
              field: 'relative',
              type: 'quantitative',
              title: 'decode rate, % of median',
              scale: { zero: false },
              axis: { labelExpr: LABELS.share, tickCount: 5 },
            },
            color: modelColour(models, analysis.models),
            strokeDash: modelDash(models, analysis.models),
            tooltip: [{ field: 'model' }, { field: 'shown', title: 'relative rate' }],
          },
        },
      ],
    },
  );
  const alt = `${drifts.map((model) => `${describe(model)} from start to end, p = ${model.drift.p.toFixed(3)}`).join('; ')}.`;
  return [{ name: NAME, title, note, alt, spec }];
}
