/** The part of a report on a load test: what was found, the steps, half and twice each objective, and the checks of the client. */
import { conditionText } from '../../definition/condition.js';
import type { LoadRange, Tier } from '../../load/capacity.js';
import type { LoadTest, TestedModel } from '../../load/load-test.js';
import { LOAD_METRICS, type Objective, objectiveText } from '../../load/objective.js';
import type { SearchRule } from '../../load/search-rule.js';
import type { StepResult, WindowFigures } from '../../load/step.js';
import { type Checked, VALIDITY } from '../../load/validity.js';
import { isMissing } from '../../quantity.js';
import { loadCharts, type ShownMetric, shownMetrics } from '../charts/load.js';
import {
  type Block,
  estimateCell,
  missingCell,
  quantityCell,
  type TableCell,
  textCell,
  valueCell,
} from '../document.js';
import { formatUnit } from '../format.js';
import { loadSentences } from '../load-words.js';
import { type LoadSection, sideBySide } from './load-side-by-side.js';
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
  const { model, tiers } = tested;
  const steps = tested.steps.map(({ result }) => result);
  const drawn = steps.length === 0 ? [] : loadCharts({ name, model, steps, objectives });
  const charts = drawn.flatMap((chart) => ('spec' in chart ? [chart] : []));
  const absent = drawn.flatMap((chart) => ('spec' in chart ? [] : [`${chart.title}: ${chart.missing}`]));
  const table = tableOf({ name: `${name}-steps`, label: `Steps of ${model}` }, stepColumns(steps, objectives), steps);
  const body: Block[] =
    steps.length === 0
      ? [{ kind: 'text', text: 'No step came to its end.' }]
      : [
          withoutEmptyColumns(table),
          ...reasonsList(table),
          ...listOf('Steps that their client spoilt', steps.flatMap(spoiltBy)),
          ...machineBlocks(tested, name),
          { kind: 'charts', title: 'Against load', charts: charts.map((chart) => chart.name), absent },
          ...(rule === null ? [] : tierBlocks(tiers, { name, objectives, rule })),
        ];
  const sentences = loadSentences(tested, test).map((text): Block => ({ kind: 'text', text }));
  return { charts, section: { kind: 'section', name, heading: `Load: ${model}`, body: [...sentences, ...body] } };
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

function stepColumns(steps: readonly StepResult[], objectives: readonly Objective[]): Filled<StepResult>[] {
  // Without an objective every request would meet all of them.
  const limited = (column: Filled<StepResult>) => (objectives.length === 0 ? [] : [column]);
  return [
    { title: 'Step', holds: 'names', cell: (step) => textCell(conditionText(step.condition)) },
    { title: 'Requests', holds: 'numbers', cell: ({ counts }) => quantityCell(counts.due, 'count') },
    { title: 'State', holds: 'words', cell: (step) => textCell(stateOf(step)) },
    ...limited(windowColumn('Meet every objective', ({ attainment }) => estimateCell(attainment, 'score'))),
    ...shownMetrics(objectives).map(metricColumn),
    ...limited(windowColumn('Goodput, requests/s', ({ goodput }) => estimateCell(goodput, 'count'))),
    windowColumn('Throughput', ({ throughput }) => valueCell(throughput, 'tokens per second')),
    windowColumn('Right', ({ right }) => estimateCell(right.quality, 'score')),
    ...(steps.some(hasCost)
      ? [windowColumn('Cost of a thousand right', ({ right }) => valueCell(right.costOfThousand, 'dollars'))]
      : []),
  ];
}

function windowColumn(title: string, cell: (figures: WindowFigures) => TableCell): Filled<StepResult> {
  return { title, holds: 'numbers', cell: (step) => windowCell(step, cell) };
}

function metricColumn({ metric, level }: ShownMetric): Filled<StepResult> {
  const { short, unit } = LOAD_METRICS[metric];
  return windowColumn(`${short} ${level}`, ({ metrics }) => {
    const percentiles = metrics[metric];
    return isMissing(percentiles) ? missingCell(percentiles.missing) : estimateCell(percentiles[level], unit);
  });
}

function hasCost({ window }: StepResult): boolean {
  return !isMissing(window) && !isMissing(window.right.costOfThousand);
}

function windowCell({ window }: StepResult, cell: (figures: WindowFigures) => TableCell): TableCell {
  return isMissing(window) ? missingCell(window.missing) : cell(window);
}

function stateOf({ window, saturation }: StepResult): string {
  if (isMissing(window)) return 'too short';
  if (!window.validity.valid) return 'invalid';
  return window.settled.state === 'steady' ? saturation : window.settled.state;
}

interface TierOptions extends Pick<LoadTest, 'objectives'> {
  readonly name: string;
  readonly rule: SearchRule;
}

function tierBlocks(tiers: readonly Tier[], { name, objectives, rule }: TierOptions): Block[] {
  if (tiers.length === 0) return [];
  const isWhole = rule.find.kind !== 'rate';
  const columns: Filled<Tier>[] = [
    { title: 'Objective', holds: 'names', cell: ({ objective }) => textCell(objectiveText(objectives[objective]!)) },
    {
      title: 'Its limit',
      holds: 'words',
      cell: ({ factor }) => textCell(factor < 1 ? 'half as long' : 'twice as long'),
    },
    {
      title: `Then ${SOUGHT[rule.find.kind]}`,
      holds: 'numbers',
      cell: ({ load }) => {
        if (load === null) return missingCell('no step says anything about it');
        const { value, low, high } = isWhole ? wholeRange(load) : load;
        return high === null
          ? textCell(`at least ${formatUnit(low, 'count')}`)
          : estimateCell({ value, low, high }, 'count');
      },
    },
  ];
  const table = tableOf({ name: `${name}-tiers`, label: 'With other limits' }, columns, tiers);
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

function spoiltBy(step: StepResult): string[] {
  const { window } = step;
  if (isMissing(window) || window.validity.valid) return [];
  return window.validity.checks.flatMap((checked) =>
    checked.state === 'broken' || checked.state === 'unknown'
      ? [`${conditionText(step.condition)}: ${describeCheck(checked)}`]
      : [],
  );
}

function describeCheck({ check, reading, threshold, machine }: Checked): string {
  const { title, unit, better, remedy } = VALIDITY[check];
  const found = isMissing(reading)
    ? `is not known, because ${reading.missing}`
    : `is ${formatUnit(reading.value, unit)}`;
  const bound = `${better === 'lower' ? 'at most' : 'at least'} ${formatUnit(threshold, unit)}`;
  return `the ${title}${machine === undefined ? '' : ` on ${machine}`} ${found}, where ${bound} is needed; ${remedy}`;
}
