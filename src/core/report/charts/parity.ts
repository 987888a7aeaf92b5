/** Whether variants of one model agree: the share of samples with the same answer, and with the same score. */

import type { Chart } from '../document.js';
import { formatScore, plural } from '../format.js';
import { type ChartInput, LABELS, legendOf, nOf, specOf } from './chart.js';

const NAME = 'parity';
const KINDS = ['same answer', 'same score'] as const;

/** There is no chart if every model was run in one variant, or if all variants of a model answer alike. */
export function parityChart({ analysis, suite }: ChartInput): Chart[] {
  const { parity } = analysis.suites[suite]!;
  if (parity.every(({ n, sameOutput }) => sameOutput === n)) return [];
  const rows = parity.map(({ first, second, n, sameOutput, sameScore }) => ({
    pair: nameOf(first, second),
    n,
    shares: [sameOutput / n, sameScore / n],
  }));
  const least = rows.reduce((a, b) => (b.shares[0]! < a.shares[0]! ? b : a));
  const title = `Variants of a model give the same answer on at least ${formatScore(least.shares[0]!)} of samples (${least.pair})`;
  const note = `${nOf(rows.map(({ n }) => n))} samples a pair`;
  const spec = specOf(
    { title, note },
    {
      height: { step: 13 },
      data: {
        values: rows.flatMap(({ pair, n, shares }) =>
          shares.map((share, i) => ({ pair, kind: KINDS[i]!, share, n, shown: formatScore(share) })),
        ),
      },
      mark: { type: 'bar' },
      encoding: {
        y: {
          field: 'pair',
          type: 'nominal',
          title: null,
          sort: rows.map(({ pair }) => pair),
          axis: { labelLimit: 320 },
        },
        yOffset: { field: 'kind', sort: [...KINDS] },
        x: {
          field: 'share',
          type: 'quantitative',
          title: 'share of samples, %',
          scale: { domain: [0, 1] },
          axis: { labelExpr: LABELS.share },
        },
        color: {
          field: 'kind',
          type: 'nominal',
          title: null,
          scale: { domain: [...KINDS], range: ['#6a5acd', '#a08fe0'] },
          legend: legendOf(KINDS),
        },
        tooltip: [{ field: 'pair' }, { field: 'kind' }, { field: 'shown', title: 'share' }, { field: 'n' }],
      },
    },
  );
  const alt = rows
    .map(
      ({ pair, n, shares }) =>
        `${pair}: ${KINDS.map((kind, i) => `${kind} on ${formatScore(shares[i]!)}`).join(', ')} of ${plural(n, 'sample')}`,
    )
    .join('; ');
  return [{ name: NAME, title, note, alt: `${alt}.`, spec }];
}

/** `small: q8 as q4` */
function nameOf(first: string, second: string): string {
  const [entry, variant] = split(first);
  const [other, its] = split(second);
  return entry === other && variant !== '' ? `${entry}: ${its} as ${variant}` : `${second} as ${first}`;
}

function split(model: string): [entry: string, variant: string] {
  const colon = model.indexOf(':');
  return colon < 0 ? [model, ''] : [model.slice(0, colon), model.slice(colon + 1)];
}
