/**
 * Every cascade that was tried: what it reached on held-out folds, and how good its signal is under the names that the papers
 * use.
 */
import { isMissing } from '../../quantity.js';
import type { Cascade, CascadeEvaluation } from '../../recommend/cascade/cascade.js';
import type { CascadeLatency } from '../../recommend/cascade/evaluation.js';
import type { SuiteRecommendation } from '../../recommend/recommendation.js';
import { shownQuality } from '../deciding.js';
import { type Block, estimateCell, missingCell, type Section, textCell, valueCell } from '../document.js';
import { formatEstimate, formatScore, list, plural } from '../format.js';
import { type Filled, tableOf } from './tables.js';

interface Tried {
  readonly task: string;
  readonly cascade: Cascade;
  readonly evaluation: CascadeEvaluation;
}

const COLUMNS: readonly Filled<Tried>[] = [
  { title: 'Task', holds: 'names', cell: ({ task }) => textCell(task) },
  { title: 'Cascade', holds: 'names', cell: ({ cascade }) => textCell(`${cascade.small}, then ${cascade.large}`) },
  { title: 'Verdict', holds: 'words', cell: ({ cascade }) => textCell(cascade.verdict) },
  {
    title: 'Passed on',
    read: 'The share of requests that the LLM answers, out of fold.',
    holds: 'numbers',
    cell: ({ evaluation: { deferred, chosen } }) => textCell(`${formatScore(deferred)} by ${chosen.signal}`),
  },
  {
    title: 'Quality',
    read: 'The quality of the cascade, out of fold.',
    holds: 'numbers',
    cell: ({ evaluation }) => estimateCell(shownQuality(evaluation.quality, evaluation.checks), 'score'),
  },
  {
    title: 'Against the LLM, points',
    read: 'Cascade minus LLM alone, with its interval, out of fold.',
    holds: 'numbers',
    cell: ({ evaluation }) => estimateCell(evaluation.test.difference, 'points'),
  },
  {
    title: 'Cost',
    read: "The share of the LLM's price, or of its time if a price is missing. The SLM's part is included.",
    holds: 'numbers',
    cell: ({ evaluation: { cost } }) =>
      textCell(
        cost.large > 0
          ? `${formatScore(cost.cascade / cost.large)} of the ${cost.unit === 'dollars' ? 'price' : 'time'}`
          : 'the LLM is free',
      ),
  },
  {
    title: 'Latency',
    read: 'Mean and p95 of the end-to-end latency, out of fold, with those of the LLM alone. For choices: the time that ranking takes.',
    holds: 'numbers',
    cell: ({ evaluation: { latency } }) =>
      isMissing(latency)
        ? missingCell(latency.missing)
        : textCell(`${latencyAt(latency, 'mean')}; p95 ${latencyAt(latency, 'p95')}`),
  },
  {
    title: 'AUDC',
    read: 'Area under the deferral curve. In brackets: random deferral, and deferral with hindsight.',
    holds: 'numbers',
    cell: ({ evaluation: { areas } }) =>
      textCell(`${areas.cascade.toFixed(3)} (${areas.random.toFixed(3)}, ${areas.oracle.toFixed(3)})`),
  },
  {
    title: 'APGR',
    read: 'Average performance gap recovered between the two models: by area, and by tenths.',
    holds: 'numbers',
    cell: ({ evaluation: { gap } }) =>
      isMissing(gap.average)
        ? missingCell(gap.average.missing)
        : textCell(`${gap.average.byArea.toFixed(2)}, ${gap.average.byTenths.toFixed(2)}`),
  },
  {
    title: 'CPT 50%',
    read: 'The smallest share passed on that recovers half of the gap.',
    holds: 'numbers',
    cell: ({ evaluation }) => valueCell(evaluation.gap.half, 'score'),
  },
  {
    title: 'CPT 80%',
    read: 'The smallest share passed on that recovers four fifths of the gap.',
    holds: 'numbers',
    cell: ({ evaluation }) => valueCell(evaluation.gap.most, 'score'),
  },
  {
    title: 'AUROC',
    read: 'How well the signal ranks right answers above wrong ones. Chance is 50%.',
    holds: 'numbers',
    cell: ({ evaluation }) => estimateCell(evaluation.ranking, 'score'),
  },
];

export function cascadesSection(recommended: SuiteRecommendation): Section[] {
  const tried = triedCascades(recommended);
  const others = [...needlessCascades(recommended), ...untriedReasons(recommended)];
  if (tried.length + others.length === 0) return [];
  const body: Block[] = [
    ...(tried.length === 0 ? [] : triedBlocks(tried)),
    ...(others.length === 0 ? [] : [{ kind: 'list', items: others } as const]),
    ...(tried.length === 0 ? [] : [columnsSection()]),
  ];
  return [{ kind: 'section', heading: 'Cascades', folded: true, body }];
}

function triedBlocks(tried: readonly Tried[]): Block[] {
  return [
    tableOf({ name: 'cascades', label: 'Cascades' }, COLUMNS, tried),
    {
      kind: 'note',
      text:
        'Shares passed on, quality and cost are out of fold: they are judged on samples that did not choose the threshold. AUDC, APGR, ' +
        'CPT and AUROC describe the chosen signal on all samples. A dash means that the LLM is not better, so that there is no gap to recover.',
    },
  ];
}

function columnsSection(): Section {
  const terms = COLUMNS.flatMap(({ title, read }) => (read === undefined ? [] : [{ term: title, text: read }]));
  return { kind: 'section', heading: 'What the columns mean', folded: true, body: [{ kind: 'terms', terms }] };
}

/** A cascade whose SLM passes nothing on, or next to nothing, has no row. */
function triedCascades({ tasks }: SuiteRecommendation): Tried[] {
  return tasks.flatMap(({ task, cascades }) =>
    cascades.flatMap((cascade): Tried[] =>
      isMissing(cascade.evaluation) || cascade.verdict === 'the SLM alone'
        ? []
        : [{ task, cascade, evaluation: cascade.evaluation }],
    ),
  );
}

function needlessCascades({ tasks }: SuiteRecommendation): string[] {
  const needless = tasks.flatMap(({ task, cascades }) => {
    const small = cascades.filter(({ verdict }) => verdict === 'the SLM alone').map((cascade) => cascade.small);
    return small.length === 0 ? [] : [`${task} (${plural(new Set(small).size, 'SLM')})`];
  });
  return needless.length === 0
    ? []
    : [`These tasks need no cascade, because the SLM alone is as good: ${list(needless)}.`];
}

/** Why other cascades were not tried, each reason once. */
function untriedReasons({ tasks }: SuiteRecommendation): string[] {
  const reasons = tasks.flatMap(({ cascades }) =>
    cascades.flatMap(({ evaluation }) => (isMissing(evaluation) ? [evaluation.missing] : [])),
  );
  return [...new Set(reasons)].sort().map((reason) => `Not tried: ${reason}.`);
}

function latencyAt({ cascade, large }: CascadeLatency, level: 'mean' | 'p95'): string {
  return `${formatEstimate(cascade[level], 'seconds')} (LLM ${formatEstimate(large[level], 'seconds')})`;
}
