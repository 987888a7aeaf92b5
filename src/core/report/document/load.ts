/** The part of a report on a load test: what was found, the steps, half and twice each objective, and the checks of the client. */
import { conditionText } from '../../definition/condition.js';
import type { LoadRange, Tier } from '../../load/capacity.js';
import { failuresByKind } from '../../load/failures.js';
import type { LoadTest, TestedModel, TestedStep } from '../../load/load-test.js';
import { objectiveText } from '../../load/objective.js';
import type { SearchRule } from '../../load/search-rule.js';
import type { StepResult } from '../../load/step.js';
import { type Checked, VALIDITY } from '../../load/validity.js';
import { isMissing } from '../../quantity.js';
import type { NoChart } from '../charts/chart.js';
import { courseCharts } from '../charts/course.js';
import { loadCharts } from '../charts/load.js';
import { throughputChart } from '../charts/throughput.js';
import { type Block, type Chart, estimateCell, missingCell, quantityCell, textCell } from '../document.js';
import { formatCount, formatUnit, list, plural } from '../format.js';
import { ENDED_EARLY, isAtMost, loadSentences, shortStepsSentence, stepHeld } from '../load-words.js';
import { clientBlocks } from './load-client.js';
import { percentileBlocks } from './load-percentiles.js';
import { serverBlocks } from './load-server.js';
import { type LoadSection, sideBySide } from './load-side-by-side.js';
import { stateOf, stepColumns } from './load-steps.js';
import { taskBlocks } from './load-tasks.js';
import { type Filled, listOf, reasonsList, tableOf, withoutEmptyColumns } from './tables.js';

/** The models side by side where there are several, then a section for each, in the order of the test. */
export function loadSections(test: LoadTest): readonly LoadSection[] {
  return [
    ...sideBySide(test),
    ...test.models.map((tested, i) => loadSection(tested, test, i === 0 ? 'load' : `load-${i + 1}`)),
  ];
}

function loadSection(tested: TestedModel, test: LoadTest, name: string): LoadSection {
  const { objectives, rule } = test;
  const { model } = tested;
  const steps = tested.steps.map(({ result }) => result);
  const shown = stepShown(tested);
  const drawn =
    steps.length === 0
      ? []
      : [
          ...loadCharts({ name, model, steps, objectives }),
          throughputChart({ name: `${name}-throughput`, models: [{ model, steps }], objectives }),
        ];
  const course = shown === null ? [] : courseCharts({ name, model, step: shown });
  const rows = rowsOf(steps, rule);
  const table = tableOf({ name: `${name}-steps`, label: `Steps of ${model}` }, stepColumns(rows, objectives), rows);
  const body: Block[] =
    steps.length === 0
      ? [{ kind: 'text', text: 'No step came to its end.' }]
      : [
          withoutEmptyColumns(table),
          ...reasonsList(table),
          ...shortSteps(steps, rows, rule),
          ...listOf('Why requests were not answered', failureReasons(tested.steps)),
          ...listOf('Steps that ended early', earlyEndings(tested.steps)),
          ...listOf('Steps that their client spoilt', spoiltSteps(steps)),
          ...percentileBlocks(stepsInFull(tested, rule), { name, objectives }),
          ...taskBlocks(stepsInFull(tested, rule), { name, objectives }),
          ...machineBlocks(tested, name),
          chartsBlock('Under load', drawn),
          ...(course.length === 0 ? [] : [chartsBlock('The course of a step', course)]),
          ...serverBlocks(tested.steps, name),
          ...(rule === null ? [] : tierBlocks(tested, { name, objectives, rule })),
          ...clientBlocks(tested.steps, name),
        ];
  const sentences = loadSentences(tested, test).map((text): Block => ({ kind: 'text', text }));
  const charts = [...drawn, ...course].flatMap((chart) => ('spec' in chart ? [chart] : []));
  return { charts, section: { kind: 'section', name, heading: `Load: ${model}`, body: [...sentences, ...body] } };
}

/** A search makes many short steps to find its place: they are rows only where no step has figures, and where requests failed. */
function rowsOf(steps: readonly StepResult[], rule: SearchRule | null): readonly StepResult[] {
  const known = steps.filter((step) => stateOf(step) !== 'too short' || step.counts.failed + step.counts.timedOut > 0);
  return rule === null || !known.some(hasFigures) ? steps : known;
}

function hasFigures({ window }: StepResult): boolean {
  return !isMissing(window) && !isMissing(window.requestRate);
}

function shortSteps(
  steps: readonly StepResult[],
  rows: readonly StepResult[],
  rule: SearchRule | null,
): Extract<Block, { kind: 'note' }>[] {
  const short = steps.filter((step) => !rows.includes(step));
  return rule === null || short.length === 0 ? [] : [{ kind: 'note', text: shortStepsSentence(short, rule) }];
}

/** More kinds of failure than this are summed. */
const MOST_KINDS = 5;

/** `6 × status 500: model "x" at 127.0.0.1 answered 500: boom` */
function failureReasons(steps: readonly TestedStep[]): string[] {
  const kinds = failuresByKind(steps.flatMap(({ failures }) => failures));
  const rest = kinds.slice(MOST_KINDS);
  const others = rest.reduce((total, { count }) => total + count, 0);
  return [
    ...kinds
      .slice(0, MOST_KINDS)
      .map(({ kind, count, reason }) => `${formatCount(count)} × ${kind}${kind === reason ? '' : `: ${reason}`}`),
    ...(others === 0 ? [] : [`${formatCount(others)} × for ${plural(rest.length, 'other reason')}`]),
  ];
}

/** Why, and which steps it ended; nothing of those that had their requests or their time. */
function earlyEndings(steps: readonly TestedStep[]): string[] {
  return Object.entries(ENDED_EARLY).flatMap(([ending, why]) => {
    const ended = steps.filter(({ record }) => record.ending === ending);
    return ended.length === 0
      ? []
      : [`${list([...new Set(ended.map(({ result }) => conditionText(result.condition)))])}: ${why}`];
  });
}

/** How the machines of a fleet sent the requests, at the worst of their steps. */
function machineBlocks({ model, steps }: TestedModel, name: string): Block[] {
  const parts = steps.flatMap(({ record }) => record.client.machines ?? []);
  const names = [...new Set(parts.map((part) => part.name))];
  if (names.length === 0) return [];
  const partsOf = (machine: string) => parts.filter((part) => part.name === machine);
  const largest = (machine: string, of: (part: (typeof parts)[number]) => number) =>
    quantityCell(Math.max(...partsOf(machine).map(of)), 'seconds');
  const columns: Filled<string>[] = [
    { title: 'Machine', holds: 'names', cell: (machine) => textCell(machine) },
    { title: 'Clients', holds: 'numbers', cell: (machine) => quantityCell(partsOf(machine)[0]!.processes, 'count') },
    { title: 'Clock apart', holds: 'numbers', cell: (one) => largest(one, ({ clockOffset }) => Math.abs(clockOffset)) },
    { title: 'Round trip', holds: 'numbers', cell: (one) => largest(one, ({ roundTrip }) => roundTrip) },
    {
      title: 'Delay of event loop, p99',
      holds: 'numbers',
      cell: (machine) => {
        const unknown = partsOf(machine).flatMap(({ loopDelay }) => (isMissing(loopDelay) ? [loopDelay.missing] : []));
        if (unknown.length > 0) return missingCell(unknown[0]!);
        return largest(machine, ({ loopDelay }) => (isMissing(loopDelay) ? 0 : loopDelay.value));
      },
    },
  ];
  const table = tableOf({ name: `${name}-machines`, label: `Machines that asked ${model}` }, columns, names);
  const note = {
    kind: 'note',
    text: 'The worst of all steps. Clocks of machines differ: each machine measured its own durations, and steps began together to within half of a round trip.',
  } as const;
  return [{ kind: 'section', heading: 'Machines', body: [table, ...reasonsList(table), note] }];
}

function chartsBlock(title: string, drawn: readonly (Chart | NoChart)[]): Block {
  return {
    kind: 'charts',
    title,
    charts: drawn.flatMap((chart) => ('spec' in chart ? [chart.name] : [])),
    absent: drawn.flatMap((chart) => ('spec' in chart ? [] : [`${chart.title}: ${chart.missing}`])),
  };
}

/** The step whose course is drawn: at the greatest load that holds, else the last one. */
function stepShown(tested: TestedModel): TestedStep | null {
  return stepHeld(tested) ?? tested.steps.at(-1) ?? null;
}

/** Steps that were named, and as few as these, are all shown in full. */
const FEW_STEPS = 3;

/** The steps with tables of their own: of a search, that at the greatest load that holds; else all, or the last with figures of many. */
function stepsInFull(tested: TestedModel, rule: SearchRule | null): readonly TestedStep[] {
  if (rule === null && tested.steps.length <= FEW_STEPS) return tested.steps;
  const one = rule === null ? tested.steps.findLast(({ result }) => hasFigures(result)) : stepHeld(tested);
  const shown = one ?? stepShown(tested);
  return shown === null ? [] : [shown];
}

interface TierOptions extends Pick<LoadTest, 'objectives'> {
  readonly name: string;
  readonly rule: SearchRule;
}

function tierBlocks({ tiers, capacity }: TestedModel, { name, objectives, rule }: TierOptions): Block[] {
  if (tiers.length === 0) return [];
  // The limit as it is stands between its half and its double, in the order of the objectives.
  const asAsked = objectives.map((_, objective): Tier => ({ objective, factor: 1, load: capacity?.load ?? null }));
  const rows = [...tiers, ...asAsked].sort((a, b) => a.objective - b.objective || a.factor - b.factor);
  const isWhole = rule.find.kind !== 'rate';
  const columns: Filled<Tier>[] = [
    { title: 'Objective', holds: 'names', cell: ({ objective }) => textCell(objectiveText(objectives[objective]!)) },
    {
      title: 'Its limit',
      holds: 'words',
      cell: ({ factor }) => textCell(factor === 1 ? 'as it is' : factor < 1 ? 'half as long' : 'twice as long'),
    },
    {
      title: `Then ${SOUGHT[rule.find.kind]}`,
      holds: 'numbers',
      cell: ({ load }) => {
        if (load === null) return missingCell('no step says anything about it');
        const { value, low, high } = isWhole ? wholeRange(load) : load;
        if (high === null) return textCell(`at least ${formatUnit(low, 'count')}`);
        return isAtMost(load, rule)
          ? textCell(`at most ${formatUnit(high, 'count')}`)
          : estimateCell({ value, low, high }, 'count');
      },
    },
  ];
  const table = tableOf({ name: `${name}-tiers`, label: 'With other limits' }, columns, rows);
  const note = { kind: 'note', text: 'From the same steps, with the other objectives as they are.' } as const;
  return [{ kind: 'section', heading: 'With other limits', body: [table, note] }];
}

const SOUGHT = {
  users: 'users',
  concurrency: 'requests under way',
  rate: 'requests per second',
} as const satisfies Record<SearchRule['find']['kind'], string>;

/** Whole users are the whole part of a load. */
function wholeRange({ value, low, high }: LoadRange): Pick<LoadRange, 'value' | 'low' | 'high'> {
  return { value: Math.floor(value), low: Math.floor(low), high: high === null ? null : Math.floor(high) };
}

/** What helps is said once, after the last step that it helps. */
function spoiltSteps(steps: readonly StepResult[]): string[] {
  const found = steps.flatMap((step) => spoiltBy(step).map((checked) => ({ step, checked })));
  return found.map(({ step, checked }, i) => {
    const isLast = found.findLastIndex((other) => other.checked.check === checked.check) === i;
    return `${conditionText(step.condition)}: ${describeCheck(checked)}${isLast ? `; ${VALIDITY[checked.check].remedy}` : ''}`;
  });
}

function spoiltBy({ window }: StepResult): Checked[] {
  if (isMissing(window) || window.validity.valid) return [];
  return window.validity.checks.filter(({ state }) => state === 'broken' || state === 'unknown');
}

function describeCheck({ check, reading, threshold, machine }: Checked): string {
  const { title, unit, better } = VALIDITY[check];
  const found = isMissing(reading)
    ? `is not known, because ${reading.missing}`
    : `is ${formatUnit(reading.value, unit)}`;
  const bound = `${better === 'lower' ? 'at most' : 'at least'} ${formatUnit(threshold, unit)}`;
  return `the ${title}${machine === undefined ? '' : ` on ${machine}`} ${found}, where ${bound} is needed`;
}
