/** A history for people: the changes as a table, and a page with a small chart for each figure. */
import { METRICS } from '../measure/metrics.js';
import { type Trend, type TrendChange, type TrendPoint, trendTitle } from '../regress/history.js';
import { magnitudeOf } from '../stats/series/change-points.js';
import { shortCommit } from './comparison.js';
import { type Filled, tableOf } from './document/tables.js';
import { type Block, quantityCell, textCell } from './document.js';
import { formatChange, formatUnit, plural } from './format.js';
import { framed, type Inline } from './html/frame.js';
import { html, type Markup, NOTHING } from './html/markup.js';
import { plain } from './text.js';

interface Row {
  readonly trend: Trend;
  readonly change: TrendChange;
}

const COLUMNS: readonly Filled<Row>[] = [
  { title: 'Since', holds: 'names', cell: ({ change }) => textCell(pointName(change.point)) },
  { title: 'Figure', holds: 'words', cell: ({ trend }) => textCell(trendTitle(trend)) },
  { title: 'Outcome', holds: 'words', cell: ({ change }) => textCell(change.outcome) },
  {
    title: 'before',
    holds: 'numbers',
    cell: ({ trend, change }) => quantityCell(change.before, METRICS[trend.metric].unit),
  },
  {
    title: 'after',
    holds: 'numbers',
    cell: ({ trend, change }) => quantityCell(change.after, METRICS[trend.metric].unit),
  },
  { title: 'change', holds: 'numbers', cell: ({ change }) => textCell(formatChange(change.after / change.before - 1)) },
  { title: 'Model', holds: 'names', cell: ({ trend }) => textCell(trend.model) },
  { title: 'Suite', holds: 'names', cell: ({ trend }) => textCell(trend.suite) },
  { title: 'Machine', holds: 'names', cell: ({ trend }) => textCell(trend.machine.name) },
];

/** The newest change first; of one run, the largest. */
export function historyBlocks(trends: readonly Trend[]): readonly Block[] {
  const rows = trends
    .flatMap((trend) => trend.changes.map((change): Row => ({ trend, change })))
    .sort(
      (a, b) =>
        (a.change.point.started < b.change.point.started ? 1 : -1) *
          Number(a.change.point.run !== b.change.point.run) || magnitudeOf(b.change) - magnitudeOf(a.change),
    );
  const scope: Block = { kind: 'text', text: scopeOf(trends) };
  if (rows.length === 0) return [scope, { kind: 'note', text: NO_CHANGE }];
  return [scope, tableOf({ name: 'history', label: 'Where figures changed' }, COLUMNS, rows)];
}

/** Two runs may differ by chance, so few runs show nothing. */
const NO_CHANGE = 'No figure is shown to have changed.';

function scopeOf(trends: readonly Trend[]): string {
  const runs = new Set(trends.flatMap(({ points }) => points.map(({ run }) => run))).size;
  return `${plural(runs, 'run')}, ${plural(trends.length, 'figure')} over time.`;
}

/** `2026-11-29, 1a2b3c4` */
function pointName({ started, commit, name, run }: TrendPoint): string {
  return `${started.slice(0, 10)}, ${commit === null ? (name ?? run) : shortCommit(commit)}`;
}

/** One page that needs no other file, and runs nothing. */
export function historyPage(trends: readonly Trend[], style: Inline): string {
  const changed = trends.filter(({ changes }) => changes.length > 0).length;
  const body = html`
<main>
<h1>What changed over time</h1>
<p>${scopeOf(trends)} ${changed === 0 ? NO_CHANGE : `${plural(changed, 'figure')} changed.`}</p>
<div class="trends">
${trends.map(renderTrend)}
</div>
</main>`;
  return framed({ title: `History of ${plural(trends.length, 'figure')}`, body, style });
}

function renderTrend(trend: Trend): Markup {
  const { suite, machine, model, points, changes, metric } = trend;
  const { unit } = METRICS[metric];
  const [first, latest] = [points[0]!, points.at(-1)!];
  const ends = (first === latest ? [first] : [first, latest])
    .map(({ value, started }) => `${formatUnit(value, unit)} on ${started.slice(0, 10)}`)
    .join(', ');
  return html`<figure>
<figcaption>${plain(`${trendTitle(trend)} of ${model}`)} <small>${plain(`${suite} on ${machine.name}`)}; ${plural(points.length, 'run')}: ${ends}</small></figcaption>
${renderChart(trend)}
${
  changes.length === 0
    ? NOTHING
    : html`<ul>${changes.map(
        ({ point, before, after, outcome }) =>
          html`<li><a href="${reportOf(point)}">${plain(pointName(point))}</a>: ${outcome}, ${formatUnit(before, unit)} to ${formatUnit(after, unit)}</li>`,
      )}</ul>`
}
</figure>
`;
}

const [WIDTH, HEIGHT, MARGIN] = [640, 160, 16] as const;
const LINE = '#2f86c9';
/** The height of a chart is at least this share of the greatest value: less would draw noise as a fall. */
const LEAST_SPAN = 0.05;

/** A line of the runs, a vertical line at each change, and a link on the latest run. */
function renderChart({ points, changes }: Trend): Markup {
  const values = points.map(({ value }) => value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const spare = Math.max(0, LEAST_SPAN * Math.abs(most) - (most - least)) / 2;
  const [low, high] = [least - spare, most + spare];
  const x = (i: number) => round(MARGIN + ((WIDTH - 2 * MARGIN) * i) / Math.max(1, points.length - 1));
  const y = (value: number) =>
    round(high === low ? HEIGHT / 2 : HEIGHT - MARGIN - ((HEIGHT - 2 * MARGIN) * (value - low)) / (high - low));
  const line = points.map(({ value }, i) => `${i === 0 ? 'M' : 'L'}${x(i)} ${y(value)}`).join('');
  const marks = changes.map(
    ({ index, outcome }) =>
      html`<path d="M${x(index)} 0V${HEIGHT}" stroke="${outcome === 'worse' ? '#c0392b' : '#1e8449'}" stroke-width="2" vector-effect="non-scaling-stroke" stroke-dasharray="4 3"/>`,
  );
  const latest = points.at(-1)!;
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="group" aria-label="${plural(points.length, 'run')} from ${y(values[0]!) > y(latest.value) ? 'low to high' : 'high to low'}">
<path d="${line}" fill="none" stroke="${LINE}" stroke-width="2" vector-effect="non-scaling-stroke"/>${marks}
<a href="${reportOf(latest)}"><circle cx="${x(points.length - 1)}" cy="${y(latest.value)}" r="9" fill="${LINE}"><title>${plain(pointName(latest))}</title></circle></a>
</svg>`;
}

function round(value: number): number {
  return Number(value.toFixed(1));
}

/** A path of a stranger's history must not become another kind of address. */
function reportOf({ folder }: TrendPoint): string {
  return `./${folder.split(/[/\\]/).map(encodeURIComponent).join('/')}/report.html`;
}
