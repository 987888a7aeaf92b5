/**
 * The deferral curve of a cascade: its quality at every share of requests that the LLM answers, with random deferral and
 * hindsight.
 */
import { isMissing } from '../../quantity.js';
import type { Cascade } from '../../recommend/cascade/cascade.js';
import { shownQuality } from '../deciding.js';
import type { Chart } from '../document.js';
import { formatCount, formatScore, plural } from '../format.js';
import { CASCADE_COLOUR, type ChartInput, LABELS, legendOf, QUIET, specOf } from './chart.js';
import { everyNth, sixDigits } from './thin.js';

/** One chart for each task on which a cascade was tried: for the pair that the verdict rests on, or for the first pair. */
export function cascadeCharts({ recommendation, suite }: ChartInput): Chart[] {
  return recommendation.suites[suite]!.tasks.flatMap(({ task, verdict, cascades }) => {
    const tried = cascades.filter(({ evaluation, verdict: own }) => !isMissing(evaluation) && own !== 'the SLM alone');
    const decisive =
      verdict.kind === 'cascade'
        ? tried.find(({ small, large }) => small === verdict.small && large === verdict.large)
        : tried[0];
    return decisive === undefined ? [] : chartOf(task, decisive);
  });
}

const MOST_POINTS = 80;

interface Named {
  readonly small: string;
  readonly large: string;
  readonly share: string;
  readonly quality: string;
}

const FINDINGS: Readonly<Record<Cascade['verdict'], (names: Named) => string>> = {
  passes: ({ large, share, quality }) =>
    `the cascade keeps the quality of ${large} (${quality}) if ${large} answers ${share} of requests`,
  'the SLM alone': ({ small }) => `${small} needs no cascade`,
  'not shown as good': ({ small, large }) => `${small}, then ${large}, is not shown to be as good as ${large} alone`,
  'not shown cheaper': ({ small, large }) => `${small}, then ${large}, is not shown to be cheaper than ${large} alone`,
  'not shown to meet the limits': ({ small, large }) =>
    `${small} with ${large} behind it is not shown to meet the limits of the task`,
  'not shown better than chance': ({ small, large }) =>
    `${small} with ${large} behind it is not shown to be cheaper than a random choice of model with the same quality`,
  'the SLM is not ruled out': ({ small }) => `it is not shown yet whether ${small} alone fits`,
  'not tried': () => 'not tried',
};

function chartOf(task: string, { small, large, evaluation, verdict }: Cascade): Chart[] {
  if (isMissing(evaluation)) return [];
  const { curve, oracle, deferred, n, areas } = evaluation;
  const quality = shownQuality(evaluation.quality, evaluation.checks);
  if (curve.length < 3 || isMissing(quality)) return [];
  const title = `${task}: ${FINDINGS[verdict]({ small, large, share: formatScore(deferred), quality: formatScore(quality.value) })}`;
  const series = (name: string, points: readonly { readonly rate: number; readonly score: number }[]) =>
    points.map(({ rate, score }, order) => ({
      series: name,
      rate: sixDigits(rate),
      score: sixDigits(score),
      order,
      shown: formatScore(score),
    }));
  const NAMES = [`${small}, least sure first`, 'random deferral', 'with hindsight'] as const;
  const x = {
    field: 'rate',
    type: 'quantitative',
    title: `share of requests passed on to ${large}, %`,
    scale: { domain: [0, 1] },
    axis: { labelExpr: LABELS.share },
  };
  const y = {
    type: 'quantitative',
    title: 'quality: mean score, %',
    scale: { zero: false, padding: 8 },
    axis: { labelExpr: LABELS.share, tickCount: 5 },
  };
  const note = `n = ${formatCount(n)} samples; the dot is the cascade, judged out of fold, with its 95% interval`;
  const spec = specOf(
    { title, note },
    {
      height: 240,
      layer: [
        {
          data: {
            values: [
              ...series(NAMES[0], everyNth(curve, MOST_POINTS)),
              ...series(NAMES[1], [curve[0]!, curve.at(-1)!]),
              ...series(NAMES[2], everyNth(oracle, MOST_POINTS)),
            ],
          },
          mark: { type: 'line', strokeWidth: 2 },
          encoding: {
            x,
            y: { ...y, field: 'score' },
            order: { field: 'order' },
            color: {
              field: 'series',
              type: 'nominal',
              title: null,
              scale: { domain: [...NAMES], range: [CASCADE_COLOUR, QUIET, '#cc79a7'] },
              legend: legendOf(NAMES),
            },
            strokeDash: {
              field: 'series',
              scale: {
                domain: [...NAMES],
                range: [
                  [1, 0],
                  [4, 3],
                  [2, 2],
                ],
              },
            },
            tooltip: [
              { field: 'series', title: 'order' },
              { field: 'rate', title: 'passed on', format: '.0%' },
              { field: 'shown', title: 'quality' },
            ],
          },
        },
        {
          data: {
            values: [
              { rate: deferred, score: quality.value, low: quality.low, high: quality.high, shown: 'out of fold' },
            ],
          },
          layer: [
            {
              mark: { type: 'rule', color: CASCADE_COLOUR, strokeWidth: 2 },
              encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' } },
            },
            {
              mark: { type: 'point', filled: true, color: CASCADE_COLOUR, size: 90, opacity: 1 },
              encoding: {
                x,
                y: { ...y, field: 'score' },
                tooltip: [
                  { field: 'shown', title: 'judged' },
                  { field: 'rate', title: 'passed on', format: '.0%' },
                ],
              },
            },
          ],
        },
      ],
    },
  );
  const alt =
    `${small} alone scores ${formatScore(curve[0]!.score)}, ${large} alone ${formatScore(curve.at(-1)!.score)}, the cascade ${formatScore(quality.value)} ` +
    `out of fold with ${formatScore(deferred)} passed on, on ${plural(n, 'sample')}. Area under the curve ${areas.cascade.toFixed(3)}, with random deferral ${areas.random.toFixed(3)}, with hindsight ${areas.oracle.toFixed(3)}.`;
  return [{ name: `cascade-${task}`, title, note, alt, spec }];
}
