/** TTFT against the length of the prompt: each sample as a point, and the line that says what other lengths would take. */
import type { TtftLine } from '../../analyse/analysis.js';
import { isMissing } from '../../quantity.js';
import type { Chart } from '../document.js';
import { formatCount, formatEstimate, formatSeconds } from '../format.js';
import {
  type ChartInput,
  LABELS,
  modelColour,
  modelDash,
  modelShape,
  type NoChart,
  nOf,
  specOf,
  timeUnit,
} from './chart.js';
import { areApart, type Finding, titleOf } from './finding.js';
import { everyNth, sixDigits } from './thin.js';

const NAME = 'ttft-by-prompt';
/** Points of one model. More would hide the line, and weigh more than they show. */
const MOST_POINTS = 30;

interface Lined {
  readonly model: string;
  readonly line: TtftLine;
}

export function ttftLineChart({ analysis, suite }: ChartInput): Chart | NoChart {
  const { overall, tasks } = analysis.suites[suite]!;
  const lined = overall.flatMap(({ model, ttftLine }): Lined[] =>
    isMissing(ttftLine) ? [] : [{ model, line: ttftLine }],
  );
  if (lined.length === 0) {
    const reason = overall.map(({ ttftLine }) => ttftLine).find(isMissing)?.missing;
    return { name: NAME, title: 'Time to first token by length of the prompt', missing: reason ?? 'no model was run' };
  }
  const points = lined.flatMap(({ model }) =>
    everyNth(
      tasks.flatMap(({ cells }) =>
        cells
          .find((cell) => cell.model === model)!
          .results.flatMap((result) => {
            const { ttft, promptTokens } = result?.timings ?? {};
            return ttft === undefined || promptTokens === undefined
              ? []
              : [{ model, tokens: promptTokens, seconds: sixDigits(ttft) }];
          }),
      ),
      MOST_POINTS,
    ),
  );
  const title = titleOf(lined, FINDINGS, otherwise);
  const models = analysis.models.filter(({ id }) => lined.some(({ model }) => model === id));
  const unit = timeUnit(Math.max(...points.map(({ seconds }) => seconds)));
  const counts = lined.map(({ line }) => line.n);
  const drawn = Math.max(...counts) > MOST_POINTS ? `, ${MOST_POINTS} of them drawn` : '';
  const note = `${nOf(counts)} samples a model${drawn}; lines by least squares, between the shortest and the longest prompt`;
  const x = {
    field: 'tokens',
    type: 'quantitative',
    title: 'prompt tokens',
    scale: { zero: false, padding: 10 },
    axis: { labelExpr: LABELS.tokens, tickMinStep: 1 },
  };
  const y = {
    field: 'seconds',
    type: 'quantitative',
    title: `time to first token, ${unit}`,
    axis: { labelExpr: LABELS[unit], tickCount: 5 },
  };
  const spec = specOf(
    { title, note },
    {
      height: 220,
      encoding: { x, y, color: modelColour(models, analysis.models) },
      layer: [
        {
          data: { values: points.map((point) => ({ ...point, shown: formatSeconds(point.seconds) })) },
          mark: { type: 'point', filled: true, size: 18, opacity: 0.5 },
          encoding: {
            shape: modelShape(models, analysis.models),
            tooltip: [
              { field: 'model' },
              { field: 'tokens', title: 'prompt tokens' },
              { field: 'shown', title: 'TTFT' },
            ],
          },
        },
        {
          data: {
            values: lined.flatMap(({ model, line }) => [line.shortest, line.longest].map((end) => ({ model, ...end }))),
          },
          mark: { type: 'line', strokeWidth: 2 },
          encoding: { strokeDash: modelDash(models, analysis.models) },
        },
      ],
    },
  );
  const alt = lined
    .map(
      ({ model, line: { n, fixed, rate, shortest, longest } }) =>
        `${model}: ${isMissing(fixed) ? `no fixed time (${fixed.missing})` : formatEstimate(fixed, 'seconds')} and ${isMissing(rate) ? `no rate (${rate.missing})` : formatEstimate(rate, 'tokens per second')}, from prompts of ${formatCount(shortest.tokens)} to ${formatCount(longest.tokens)} tokens, n = ${formatCount(n)}`,
    )
    .join('; ');
  return { name: NAME, title, note, alt: `${alt}.`, spec };
}

const FINDINGS: readonly Finding<readonly Lined[]>[] = [
  {
    holds: (lined) => rising(lined).length === 0,
    say: () => 'Longer prompts are not shown to take longer to the first token',
  },
  {
    holds: (lined) => fastestReader(lined) !== null,
    say: (lined) => {
      const { model, rate } = fastestReader(lined)!;
      return `${model} reads prompts fastest: ${formatEstimate(rate, 'tokens per second')}`;
    },
  },
];

function otherwise(lined: readonly Lined[]): string {
  const read = rising(lined).flatMap(({ model, line: { rate } }) =>
    isMissing(rate) ? [] : [`${formatEstimate(rate, 'tokens per second')} (${model})`],
  );
  return read.length > 3
    ? `Prompts are read at the rates of ${read.length} lines`
    : `Prompts are read at ${read.join(', ')}`;
}

/** One-sided. Of forty flat lines one would rise by chance at this level, so all lines share it (Bonferroni). */
const ALPHA = 0.025;

/** The lines that are shown to rise. */
function rising(lined: readonly Lined[]): Lined[] {
  return lined.filter(
    ({ line: { trend, rate } }) =>
      !isMissing(rate) && !isMissing(trend) && trend.tau > 0 && trend.p / 2 < ALPHA / lined.length,
  );
}

/** The model whose rate is shown to be greater than that of every other model with a line. */
function fastestReader(lined: readonly Lined[]) {
  const rated = rising(lined).flatMap(({ model, line: { rate } }) => (isMissing(rate) ? [] : [{ model, rate }]));
  if (rated.length < 2 || rated.length < lined.length) return null;
  const first = rated.reduce((a, b) => (b.rate.value > a.rate.value ? b : a));
  return rated.every((other) => other === first || areApart(first.rate, other.rate)) ? first : null;
}
