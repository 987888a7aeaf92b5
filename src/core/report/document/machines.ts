/** The machines of a run that several machines measured, and what each of them measured. */
import type { Analysis, MachineFigures, MachineInfo, SessionFigures } from '../../analyse/analysis.js';
import { estimateAt } from '../../analyse/distribution.js';
import { isDistributed, isOfSession, METRICS } from '../../measure/metrics.js';
import { isMissing } from '../../quantity.js';
import {
  type Block,
  estimateCell,
  missingCell,
  quantityCell,
  type Section,
  type Table,
  textCell,
} from '../document.js';
import { shownIn, spreadCell } from './shown.js';
import { type Filled, reasonsList, tableOf, withoutEmptyColumns } from './tables.js';

const MACHINES: readonly Filled<MachineInfo>[] = [
  { title: 'Machine', holds: 'names', cell: ({ name }) => textCell(name) },
  { title: 'Trials', holds: 'numbers', cell: ({ trials }) => quantityCell(trials, 'count') },
  { title: 'Processor', holds: 'words', cell: ({ environment: { cpu } }) => textCell(cpu.model) },
  { title: 'Cores', holds: 'numbers', cell: ({ environment: { cpu } }) => quantityCell(cpu.cores, 'count') },
  { title: 'Memory', holds: 'numbers', cell: ({ environment }) => quantityCell(environment.memory.total, 'bytes') },
  {
    title: 'GPU',
    holds: 'words',
    cell: ({ environment: { gpu } }) => (isMissing(gpu) ? missingCell(gpu.missing) : textCell(gpu.value)),
  },
  { title: 'System', holds: 'words', cell: ({ environment }) => textCell(environment.os) },
];

/** A task on a model, on one machine. */
interface Requests {
  readonly model: string;
  readonly machine: string;
  readonly task: string;
  readonly trials: number;
  readonly metrics: MachineFigures['metrics'];
}

const REQUESTS: readonly Filled<Requests>[] = [
  { title: 'Model', holds: 'names', cell: ({ model, machine }) => textCell(`${model} on ${machine}`) },
  { title: 'Task', holds: 'names', cell: ({ task }) => textCell(task) },
  { title: 'n', holds: 'numbers', cell: ({ trials }) => quantityCell(trials, 'count') },
  ...shownIn('table')
    .filter(isDistributed)
    .map((metric): Filled<Requests> => {
      const { title, read, unit, summary } = METRICS[metric];
      return {
        ...{ title, read, metric, holds: 'numbers' },
        cell: ({ metrics }) => estimateCell(estimateAt(metrics[metric], summary.level), unit),
      };
    }),
];

/** The sessions of a model on one machine. */
interface Sessions extends Pick<SessionFigures, 'metrics'> {
  readonly model: string;
  readonly machine: string;
}

const SESSIONS: readonly Filled<Sessions>[] = [
  { title: 'Model', holds: 'names', cell: ({ model, machine }) => textCell(`${model} on ${machine}`) },
  ...shownIn('models')
    .filter(isOfSession)
    .map((metric): Filled<Sessions> => {
      const { title, read, unit, summary } = METRICS[metric];
      return {
        ...{ title, read, metric, holds: 'numbers' },
        cell: ({ metrics }) => spreadCell(metrics[metric], summary.value, unit),
      };
    }),
];

/** Nothing where one machine measured everything. */
export function machinesSection(analysis: Analysis): Section[] {
  const { machines } = analysis;
  if (machines.length < 2) return [];
  return [
    {
      kind: 'section',
      name: 'machines',
      heading: 'Machines',
      folded: true,
      body: [
        withoutEmptyColumns(tableOf({ name: 'machines', label: 'Table of machines' }, MACHINES, machines)),
        {
          kind: 'note',
          text: 'Quality is that of all machines. Times and memory are never pooled over machines: elsewhere in this report they are those of the machine with most trials.',
        },
        ...filled(tableOf({ name: 'requests-by-machine', label: 'Tasks by machine' }, REQUESTS, requestsOf(analysis))),
        ...filled(tableOf({ name: 'sessions-by-machine', label: 'Models by machine' }, SESSIONS, sessionsOf(analysis))),
      ],
    },
  ];
}

function filled(table: Table): Block[] {
  return table.rows.length === 0 ? [] : [withoutEmptyColumns(table), ...reasonsList(table)];
}

/** Only what several machines measured: all else stands in the tables of tasks and models. */
function requestsOf({ suites }: Analysis): readonly Requests[] {
  const cells = suites.flatMap(({ tasks }) => tasks.flatMap((task) => task.cells));
  return cells.flatMap(({ model, task, machine, metrics, trials, elsewhere }) => {
    if (machine === null || elsewhere.length === 0) return [];
    const others = elsewhere.reduce((total, other) => total + other.trials, 0);
    const here = { machine, metrics, trials: trials.recorded - others };
    return [here, ...elsewhere].map((figures) => ({ model, task, ...figures }));
  });
}

function sessionsOf({ models }: Analysis): readonly Sessions[] {
  return models.flatMap(({ id, machine, metrics, elsewhere }) =>
    machine === null || elsewhere.length === 0
      ? []
      : [{ machine, metrics }, ...elsewhere].map((figures) => ({ model: id, ...figures })),
  );
}
