/** Which machine runs a model best, where every machine of a fleet measured everything: one table, and what it says in sentences. */
import type { Analysis, ModelAnalysis, Overall, SuiteAnalysis } from '../../analyse/analysis.js';
import { estimateAt } from '../../analyse/distribution.js';
import { METRICS } from '../../measure/metrics.js';
import { isMissing } from '../../quantity.js';
import type { ModelChecks } from '../../recommend/limit-check.js';
import { eachMachine } from '../../recommend/on-machines.js';
import type { Recommendation, SuiteRecommendation, TaskVerdict } from '../../recommend/recommendation.js';
import type { Estimate } from '../../stats/estimate/estimate.js';
import { type Block, estimateCell, type Section, textCell } from '../document.js';
import { formatCell, list, plural } from '../format.js';
import { headlineOf } from '../headline.js';
import { limitsOfModel } from './limits.js';
import { metricCell, shownIn } from './shown.js';
import { type Filled, reasonsList, tableOf, withoutEmptyColumns } from './tables.js';

/** A model on a machine. */
interface Row {
  readonly entry: string;
  readonly machine: string;
  readonly model: ModelAnalysis;
  readonly overall: Overall;
  readonly checks: readonly ModelChecks[];
  readonly recommended: SuiteRecommendation;
}

const COLUMNS: readonly Filled<Row>[] = [
  { title: 'Model', holds: 'names', cell: ({ entry }) => textCell(entry) },
  { title: 'Machine', holds: 'names', cell: ({ machine }) => textCell(machine) },
  { title: 'Chosen there', holds: 'words', cell: (row) => textCell(chosenFor(row)) },
  { title: 'Limits', holds: 'words', cell: limitsOfModel },
  ...shownIn('terminal').map(
    (metric): Filled<Row> => ({
      title: METRICS[metric].title,
      holds: 'numbers',
      metric,
      cell: ({ model, overall }) => metricCell(metric, overall, model),
    }),
  ),
];

export function bestMachineSection(
  analysis: Analysis,
  suite: SuiteAnalysis,
  recommendation: Recommendation,
): Section[] {
  const rows = rowsOf(analysis, suite, recommendation);
  if (rows.length === 0) return [];
  const table = withoutEmptyColumns({
    ...tableOf({ name: 'best-machine', label: 'Models on each machine' }, COLUMNS, rows),
    shape: 'cards',
  });
  const note: Block = {
    kind: 'note',
    text: 'Each machine is judged by itself, as if there were no other. The best stands first: what meets the limits, then the shortest answers.',
  };
  const sentences = sentencesOf(rows, suite).map((text): Block => ({ kind: 'text', text }));
  return [
    {
      kind: 'section',
      heading: 'Which machine runs it best',
      body: [...sentences, table, ...reasonsList(table), note],
    },
  ];
}

/** The same in sentences, for a terminal. */
export function machineSentences(analysis: Analysis, suite: SuiteAnalysis, recommendation: Recommendation): string[] {
  const rows = rowsOf(analysis, suite, recommendation);
  return rows.length === 0 ? [] : sentencesOf(rows, suite);
}

function rowsOf(analysis: Analysis, suite: SuiteAnalysis, { machines = [] }: Recommendation): readonly Row[] {
  const index = analysis.suites.indexOf(suite);
  const rows = eachMachine(analysis).flatMap(({ machine, entries, analysis: here }) => {
    const recommended = machines.find((one) => one.machine === machine)!.suites[index]!;
    return here.models.map(
      (model, i): Row => ({
        entry: entries.get(model.id)!,
        machine,
        model,
        overall: here.suites[index]!.overall[i]!,
        checks: recommended.tasks.flatMap(({ checks }) => checks.filter((one) => one.model === model.id)),
        recommended,
      }),
    );
  });
  const order = [...new Set(rows.map(({ entry }) => entry))];
  return rows.toSorted(
    (a, b) => order.indexOf(a.entry) - order.indexOf(b.entry) || stateOf(a) - stateOf(b) || timeOf(a) - timeOf(b),
  );
}

/** 0 where every limit is met, 1 where that is open, 2 where one is missed. */
function stateOf({ checks }: Row): number {
  const has = (state: ModelChecks['state']) => checks.some((one) => one.state === state);
  return has('fails') ? 2 : has('undecided') ? 1 : 0;
}

function answerTime({ overall }: Row): Estimate | null {
  const found = estimateAt(overall.metrics.e2e, METRICS.e2e.summary.level);
  return isMissing(found) ? null : found;
}

function timeOf(row: Row): number {
  return answerTime(row)?.value ?? Number.POSITIVE_INFINITY;
}

/** Counts the tasks on which the machine by itself would use the model. */
function chosenFor({ model: { id }, recommended: { tasks } }: Row): string {
  const chosen = tasks.filter(({ verdict }) => usedBy(verdict).includes(id)).length;
  const open = tasks.filter(({ verdict }) => verdict.kind === 'inconclusive').length;
  return [
    chosen === 0 ? (open === tasks.length ? '' : 'for no task') : `for ${chosen} of ${plural(tasks.length, 'task')}`,
    ...(open > 0 ? [`open on ${open}`] : []),
  ]
    .filter((text) => text !== '')
    .join(', ');
}

function usedBy(verdict: TaskVerdict): readonly (string | null)[] {
  switch (verdict.kind) {
    case 'slm-fits':
      return [verdict.comparison.candidate];
    case 'llm-needed':
    case 'one-class':
      return [verdict.model];
    case 'cascade':
      return [verdict.small, verdict.large];
    case 'inconclusive':
    case 'nothing-passes':
    case 'not-measured':
      return [];
  }
}

function sentencesOf(rows: readonly Row[], suite: SuiteAnalysis): string[] {
  const entries = [...new Set(rows.map(({ entry }) => entry))];
  return [
    ...verdictsInWords(rows),
    ...entries.flatMap((entry) => fastestInWords(rows.filter((row) => row.entry === entry))),
    ...entries.flatMap((entry) =>
      textsInWords(
        rows.filter((row) => row.entry === entry),
        suite,
      ),
    ),
  ];
}

function verdictsInWords(rows: readonly Row[]): string[] {
  const headlines = new Map(rows.map(({ machine, recommended }) => [machine, headlineOf(recommended)]));
  const [first] = headlines.values();
  if ([...headlines.values()].every((headline) => headline === first)) return [`On each machine by itself: ${first}`];
  return [...headlines].map(([machine, headline]) => `On ${machine}: ${headline}`);
}

/** A machine is told apart where its interval does not meet that of the fastest. */
function fastestInWords(rows: readonly Row[]): string[] {
  const timed = rows
    .flatMap((row) => {
      const time = answerTime(row);
      return time === null ? [] : [{ row, time }];
    })
    .toSorted((a, b) => a.time.value - b.time.value);
  const [first, ...others] = timed;
  if (first === undefined || others.length === 0) return [];
  const { entry, machine } = first.row;
  const close = others.filter(({ time }) => time.low <= first.time.high).map(({ row }) => row.machine);
  const seen = `${formatCell(estimateCell(first.time, 'seconds'))}, n = ${first.time.n}`;
  if (close.length === others.length)
    return [`The machines are not told apart by how long an answer of ${entry} takes (median on ${machine}: ${seen}).`];
  return [
    `${entry} answers fastest on ${machine} (median of the whole answer: ${seen})${close.length === 0 ? '' : `; ${list(close)} ${close.length === 1 ? 'is' : 'are'} not told apart from it`}.`,
  ];
}

/** Greedy answers of one model are the same on every machine, unless its engine computes otherwise there. */
function textsInWords(rows: readonly Row[], { parity }: SuiteAnalysis): string[] {
  const ids = new Map(rows.map(({ model, machine }) => [model.id, machine]));
  const pairs = parity.filter(({ first, second }) => ids.has(first) && ids.has(second));
  if (pairs.length === 0) return [];
  const { entry } = rows[0]!;
  const differing = pairs.filter(({ n, sameOutput }) => sameOutput < n);
  if (differing.length === 0) {
    const n = Math.min(...pairs.map((pair) => pair.n));
    return [`All ${n} texts of ${entry} are the same on every machine, so its quality is one figure.`];
  }
  return differing.map(
    ({ first, second, n, sameOutput }) =>
      `${n - sameOutput} of ${n} texts of ${entry} differ between ${ids.get(first)} and ${ids.get(second)}, so each has a quality of its own.`,
  );
}
