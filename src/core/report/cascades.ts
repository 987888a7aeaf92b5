/** Every cascade that was tried, as a table: what it reached out of fold, and how good its signal is under the names of the papers. */
import { isMissing, type Quantity } from '../quantity.js';
import type { Cascade, CascadeEvaluation } from '../recommend/cascade/cascade.js';
import type { CascadeLatency } from '../recommend/cascade/evaluation.js';
import type { SuiteRecommendation } from '../recommend/recommendation.js';
import { ABSENT, formatEstimate, formatPoints, formatScore, list, plural } from './format.js';

export interface CascadeRow {
  readonly task: string;
  readonly pair: string;
  readonly verdict: Cascade['verdict'];
  /** In the order of `CASCADE_COLUMNS`. */
  readonly numbers: readonly string[];
}

/** Each with how to read it. */
export const CASCADE_COLUMNS = [
  { title: 'Passed on', read: 'Share of the requests on which the LLM was asked, out of fold.' },
  { title: 'Quality', read: 'Of the cascade, out of fold.' },
  { title: 'against the LLM, points', read: 'Cascade less LLM alone, with its interval, out of fold.' },
  { title: 'Cost', read: "Of the LLM's price, or of its time where a price is missing; the SLM's part is in it." },
  {
    title: 'Latency',
    read: "Mean of the mixture, out of fold, and where 95% of it lies below; beside the LLM's. Choices: of ranking them.",
  },
  { title: 'AUDC', read: 'Area under the deferral curve; in brackets blind deferral and hindsight.' },
  { title: 'APGR', read: 'Average share of the gap between the models that is recovered: by area, and by tenths.' },
  { title: 'CPT 50%', read: 'Least share passed on that recovers half of the gap.' },
  { title: 'CPT 80%', read: 'Least share passed on that recovers four fifths of it.' },
  { title: 'AUROC', read: 'How well the signal ranks right above wrong answers; 50% is chance.' },
] as const;

export function cascadeRows({ tasks }: SuiteRecommendation): CascadeRow[] {
  return tasks.flatMap(({ task, cascades }) =>
    cascades.flatMap(({ small, large, evaluation, verdict }) =>
      isMissing(evaluation) || verdict === 'the SLM alone'
        ? []
        : [{ task, pair: `${small}, then ${large}`, verdict, numbers: numbersOf(evaluation) }],
    ),
  );
}

/** On which tasks nobody is needed behind the SLM: a cascade that passes nothing on, or next to nothing, has no row. */
export function needlessCascades({ tasks }: SuiteRecommendation): string[] {
  const needless = tasks.flatMap(({ task, cascades }) => {
    const small = cascades.filter(({ verdict }) => verdict === 'the SLM alone').map((cascade) => cascade.small);
    return small.length === 0 ? [] : [`${task} (${plural(new Set(small).size, 'SLM')})`];
  });
  return needless.length === 0 ? [] : [`No cascade is needed where the SLM is as good by itself: ${list(needless)}.`];
}

/** Why those that were not tried were not, each reason once. */
export function untriedReasons({ tasks }: SuiteRecommendation): string[] {
  const reasons = tasks.flatMap(({ cascades }) =>
    cascades.flatMap(({ evaluation }) => (isMissing(evaluation) ? [evaluation.missing] : [])),
  );
  return [...new Set(reasons)].sort();
}

function numbersOf({
  deferred,
  quality,
  test,
  cost,
  latency,
  areas,
  gap,
  ranking,
  chosen,
}: CascadeEvaluation): string[] {
  const { value, low, high } = test.difference;
  return [
    `${formatScore(deferred)} by ${chosen.signal}`,
    formatEstimate(quality, 'score'),
    `${formatPoints(value)} [${formatPoints(low)}, ${formatPoints(high)}]`,
    cost.large > 0
      ? `${formatScore(cost.cascade / cost.large)} of the ${cost.unit === 'dollars' ? 'price' : 'time'}`
      : 'the LLM is free',
    isMissing(latency) ? ABSENT : `${latencyAt(latency, 'mean')}; p95 ${latencyAt(latency, 'p95')}`,
    `${areas.cascade.toFixed(3)} (${areas.random.toFixed(3)}, ${areas.oracle.toFixed(3)})`,
    isMissing(gap.average) ? ABSENT : `${gap.average.byArea.toFixed(2)}, ${gap.average.byTenths.toFixed(2)}`,
    rateOf(gap.half),
    rateOf(gap.most),
    formatEstimate(ranking, 'score'),
  ];
}

function latencyAt({ cascade, large }: CascadeLatency, level: 'mean' | 'p95'): string {
  return `${formatEstimate(cascade[level], 'seconds')} (LLM ${formatEstimate(large[level], 'seconds')})`;
}

function rateOf(rate: Quantity): string {
  return isMissing(rate) ? ABSENT : formatScore(rate.value);
}
