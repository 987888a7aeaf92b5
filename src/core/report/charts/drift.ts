/** The decode rate over the run, each trial relative to the median of its task. A flat line is good. */
import { isMissing } from '../../quantity.js';
import { formatScore, list } from '../format.js';
import {
  type Chart,
  type ChartInput,
  LABELS,
  modelColour,
  modelDash,
  type NoChart,
  nOf,
  QUIET,
  specOf,
} from './chart.js';

const NAME = 'drift';
/** The title names a trend if chance shows it at most once in a hundred runs. */
const TREND_P = 0.01;

export function driftChart({ analysis }: ChartInput): Chart | NoChart {
  const drifts = analysis.models.flatMap(({ id, drift }) => (isMissing(drift) ? [] : [{ id, drift }]));
  if (drifts.length === 0) {
    const reason = analysis.models.map(({ drift }) => drift).find(isMissing)?.missing;
    return { name: NAME, title: 'Decode rate over the run', missing: reason ?? 'no model was run' };
  }
  const changed = drifts.filter(({ drift }) => drift.p < TREND_P);
  const describe = ({ id, drift }: (typeof drifts)[number]) =>
    `${id} ${drift.change < 0 ? '−' : '+'}${formatScore(Math.abs(drift.change))}`;
  const title =
    changed.length === 0
      ? 'The decode rate shows no trend over the run'
      : `The decode rate changed over the run: ${list(changed.slice(0, 4).map(describe))}`;
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
  return { name: NAME, title, note, alt, spec };
}
