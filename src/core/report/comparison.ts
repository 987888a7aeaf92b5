/**
 * A comparison of two versions as blocks of the document: what differs besides the model first, then what changed, the gates, and the
 * samples that flipped. `compare`, `ab` and a report of several runs show the same blocks.
 */
import { METRICS } from '../measure/metrics.js';
import { isMissing } from '../quantity.js';
import type { Change, Flip, Side, VersionComparison } from '../regress/comparison.js';
import { type ChangeGateResult, type GateReport, gateName } from '../regress/gate-report.js';
import { type Filled, listOf, tableOf } from './document/tables.js';
import { type Block, estimateCell, missingCell, type Section, textCell, valueCell } from './document.js';
import { formatScore, plural } from './format.js';
import { describeGateReport, describeGates, describePower, formatP, nameOf, sizeOf } from './gate-words.js';
import { plain, shorten } from './text.js';

export interface ComparisonDocument {
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** @param gates Null where nothing is gated. */
export function comparisonDocument(comparison: VersionComparison, gates: GateReport | null): ComparisonDocument {
  return {
    title: `${sideName(comparison.base)} against ${sideName(comparison.candidate)}`,
    blocks: [
      ...promptNote(comparison),
      ...unpairedList(comparison),
      ...differencesSection(comparison),
      ...(gates === null ? [] : [gatesSection(gates)]),
      changesSection(comparison),
      ...flipsSection(comparison),
    ],
  };
}

/** A comparison as a part of the report on both runs. */
export function comparisonSection(comparison: VersionComparison): Section {
  const { title, blocks } = comparisonDocument(comparison, null);
  return { kind: 'section', heading: `Two runs: ${title}`, body: blocks };
}

/** `small (nightly, 1a2b3c4)` */
export function sideName({ model, name, commit, run }: Side): string {
  const origin = [name ?? run, ...(commit === null ? [] : [shortCommit(commit)])];
  return `${model} (${origin.join(', ')})`;
}

export function shortCommit(commit: string): string {
  return commit.replace(/^([0-9a-f]{7})[0-9a-f]*/, '$1');
}

function promptNote({ prompts: { paired, changed, examples } }: VersionComparison): Block[] {
  if (changed === 0) return [];
  const text = `The prompts of ${changed} of ${plural(paired, 'paired sample')} differ (${examples.join(', ')}${changed > examples.length ? ', …' : ''}), so the versions did not answer the same questions.`;
  return [{ kind: 'note', text, alarm: true }];
}

function unpairedList({ unpaired: { lostTasks, addedTasks, lost, added }, base, candidate }: VersionComparison) {
  return listOf('Not compared', [
    ...lostTasks.map((task) => `${task} is in the base only`),
    ...addedTasks.map((task) => `${task} is in the new version only`),
    ...(lost > 0 ? [`${plural(lost, 'sample is', 'samples are')} in the base only`] : []),
    ...(added > 0 ? [`${plural(added, 'sample is', 'samples are')} in the new version only`] : []),
    ...[base, candidate].flatMap(({ run, incomplete }) =>
      incomplete === null ? [] : [`the run ${run} is incomplete: ${incomplete}`],
    ),
  ]);
}

const LONGEST_FACT = 80;

function differencesSection({ differences }: VersionComparison): Section[] {
  if (differences.length === 0) return [];
  const columns: readonly Filled<(typeof differences)[number]>[] = [
    { title: '', holds: 'names', cell: ({ what }) => textCell(what) },
    { title: 'old', holds: 'words', cell: ({ base }) => textCell(shorten(plain(base), LONGEST_FACT)) },
    { title: 'new', holds: 'words', cell: ({ candidate }) => textCell(shorten(plain(candidate), LONGEST_FACT)) },
  ];
  const about = { name: 'differences', label: 'What differs besides the numbers' };
  return [{ kind: 'section', heading: 'What else differs', body: [tableOf(about, columns, differences)] }];
}

const CHANGE_COLUMNS: readonly Filled<Change>[] = [
  { title: 'Figure', holds: 'names', cell: (change) => textCell(figureName(change)) },
  { title: 'old', holds: 'numbers', cell: ({ base, metric }) => valueCell(base, METRICS[metric].unit) },
  { title: 'new', holds: 'numbers', cell: ({ candidate, metric }) => valueCell(candidate, METRICS[metric].unit) },
  {
    title: 'change',
    holds: 'numbers',
    read: 'With the interval that decides.',
    cell: ({ change, metric }) => estimateCell(change, metric === 'quality' ? 'points' : 'relative'),
  },
  { title: 'Outcome', holds: 'words', cell: ({ outcome }) => textCell(outcome) },
  {
    title: 'p',
    holds: 'numbers',
    cell: ({ p }) => (p === null ? missingCell('nothing was tested') : textCell(formatP(p))),
  },
  {
    title: 'n',
    holds: 'numbers',
    cell: ({ n }) => (n === 0 ? missingCell('nothing was tested') : valueCell({ value: n }, 'count')),
  },
];

function figureName({ metric, level, task }: Change): string {
  const at = level === null ? '' : `, ${level}`;
  return `${METRICS[metric].title}${at}${task === null ? '' : ` of ${task}`}`;
}

function changesSection({ changes, alpha }: VersionComparison): Section {
  const about = { name: 'changes', label: 'What changed from the old version to the new one' };
  const margins = [...new Map(changes.map(({ metric, margin }) => [metric, margin]))];
  return {
    kind: 'section',
    heading: 'What changed',
    body: [
      tableOf(about, CHANGE_COLUMNS, changes),
      ...listOf('Not judged', notJudged(changes)),
      {
        kind: 'text',
        text: `Intervals and outcomes share an error rate of ${formatScore(alpha)}. Within the margin: ${margins.map(([metric, margin]) => `${METRICS[metric].title.toLowerCase()} ${sizeOf(metric, margin)}`).join(', ')}.`,
      },
    ],
  };
}

/** Each reason once, with the figures that it is about. */
function notJudged(changes: readonly Change[]): string[] {
  const byReason = new Map<string, string[]>();
  for (const change of changes) {
    if (!isMissing(change.change)) continue;
    const { missing } = change.change;
    byReason.set(missing, [...(byReason.get(missing) ?? []), figureName(change)]);
  }
  return [...byReason].map(([reason, names]) => `${names.join('; ')}: ${reason}`);
}

function gatesSection(gates: GateReport): Section {
  const powers = gates.results.flatMap((result) =>
    result.kind === 'change' && !isMissing(result.power)
      ? [`${nameOf(result)} ${describePower(result, result.power)}`]
      : [],
  );
  const looks =
    gates.looks === 'once'
      ? 'The gate judged stored figures, so there is no second look before red.'
      : 'The gate measures once more before red, and judges both looks together.';
  return {
    kind: 'section',
    heading: describeGateReport(gates),
    body: [
      { kind: 'list', items: describeGates(gates) },
      ...listOf('What the gate is able to see', powers),
      { kind: 'text', text: looks },
    ],
  };
}

/** The gates that cannot see what they shall see. */
export function weakGates({ results }: GateReport): readonly string[] {
  return results.flatMap((result) => (result.kind === 'change' ? weakness(result) : []));
}

function weakness(result: ChangeGateResult): readonly string[] {
  const { power } = result;
  if (isMissing(power)) return [`${gateName(result)}: its power is not known, because ${power.missing}`];
  return power.power < power.wanted ? [`${gateName(result)} ${describePower(result, power)}`] : [];
}

const MOST_FLIPS = 20;
const LONGEST_OUTPUT = 120;

const FLIP_COLUMNS: readonly Filled<Flip>[] = [
  {
    title: 'Sample',
    holds: 'names',
    cell: ({ task, id, candidateId }) => textCell(`${task}/${id}${candidateId === null ? '' : ` (${candidateId})`}`),
  },
  { title: 'old', holds: 'numbers', cell: ({ base }) => valueCell({ value: base }, 'score') },
  { title: 'new', holds: 'numbers', cell: ({ candidate }) => valueCell({ value: candidate }, 'score') },
  { title: 'old output', holds: 'words', cell: ({ baseOutput }) => outputCell(baseOutput) },
  { title: 'new output', holds: 'words', cell: ({ candidateOutput }) => outputCell(candidateOutput) },
];

function outputCell(output: string | null) {
  return output === null
    ? missingCell('the baseline keeps no outputs')
    : textCell(shorten(plain(output), LONGEST_OUTPUT));
}

function flipsSection({ flips }: VersionComparison): Section[] {
  if (flips.length === 0) return [];
  const worse = flips.filter(({ base, candidate }) => candidate < base).length;
  const rest = flips.length - MOST_FLIPS;
  const table = tableOf(
    { name: 'flips', label: 'Samples whose score changed' },
    FLIP_COLUMNS,
    flips.slice(0, MOST_FLIPS),
  );
  return [
    {
      kind: 'section',
      heading: `${plural(flips.length, 'sample')} flipped: ${worse} for the worse, ${flips.length - worse} for the better`,
      folded: true,
      body: [rest > 0 ? { ...table, rest: `and ${rest} more` } : table],
    },
  ];
}
