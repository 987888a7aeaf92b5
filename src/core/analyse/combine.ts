/**
 * Several runs as one, so that machines, dates, engines and quantisations stand side by side in one report, paired where they
 * share samples. Each model is named with the run it comes from, `small:q4@laptop`; everything after that is as for one run.
 *
 *     const { run, relabel } = combineRuns([{ label: 'laptop', run: first }, { label: 'server', run: second }]);
 *     fold.add(run);
 *     for await (const record of readLog(laptop)) for (const own of relabel(0, record)) fold.add(own);
 */

import type { Model } from '../definition/model.js';
import { UserError } from '../errors.js';
import type { LoggedSuite, LogRecord, RunPart, RunRecord, Warning } from '../measure/log.js';
import { plannedTrials } from './planned.js';

export interface LabelledRun {
  /** Short and different for each: the name of its folder, or of its machine. */
  readonly label: string;
  readonly run: RunRecord;
}

export interface CombinedRuns {
  readonly run: RunRecord;
  /** A record of the run at `index` as one of the combined run; none for what the combined run says itself. */
  relabel(index: number, record: LogRecord): readonly LogRecord[];
}

/** @throws UserError when two runs have one label, or ask different things under one name. */
export function combineRuns(runs: readonly LabelledRun[]): CombinedRuns {
  const labels = runs.map(({ label }) => label);
  const twice = labels.find((label, i) => labels.indexOf(label) !== i);
  if (twice !== undefined)
    throw new UserError(`Two runs are named ${twice}: a report of several runs needs a name for each.`);
  const named = (model: string, index: number) => `${model}@${labels[index]}`;

  return {
    run: combineDefinitions(runs, named),
    relabel(index, record) {
      switch (record.type) {
        case 'run':
          return [];
        case 'end':
          return record.complete ? [] : [{ ...record, reason: `${labels[index]}: ${record.reason}` }];
        case 'resume':
        case 'sample':
          return [record];
        case 'model-failed':
          return [{ ...record, model: named(record.model, index) }];
        case 'session':
        case 'session-end':
          return [{ ...record, model: named(record.model, index), session: sessionOf(record.session, index) }];
        case 'evidence': {
          const model = named(record.model, index);
          return [{ ...record, model, trial: record.trial.replace(`@${record.model}#`, `@${model}#`) }];
        }
        case 'measurement': {
          const model = named(record.model, index);
          const trial = record.trial.replace(`@${record.model}#`, `@${model}#`);
          return [{ ...record, model, trial, session: sessionOf(record.session, index) }];
        }
      }
    },
  };
}

/** Sessions are numbered within a run. */
const SESSIONS_OF_A_RUN = 1_000_000;

function sessionOf(session: number, index: number): number {
  return index * SESSIONS_OF_A_RUN + session;
}

function combineDefinitions(runs: readonly LabelledRun[], named: (model: string, index: number) => string): RunRecord {
  const [first] = runs;
  if (first === undefined) throw new UserError('A report needs at least one run.');
  const limits = runs.map(({ run }) => run.settings.limit);
  return {
    ...first.run,
    id: runs.map(({ label }) => label).join(' + '),
    parts: runs.map(({ label, run }, index) => ({
      label,
      id: run.id,
      started: run.started,
      command: run.command,
      environment: run.environment,
      models: run.models.map(({ id }) => named(id, index)),
      planned: plannedByTask(run),
    })),
    command: ['rightsize', 'report', ...runs.map(({ run }) => run.id)],
    suites: combineSuites(runs),
    models: runs.flatMap(({ run }, index) =>
      run.models.map((model): Model => ({ ...model, id: named(model.id, index) })),
    ),
    directories: Object.assign(
      {},
      ...runs.map(({ run }, index) =>
        Object.fromEntries(Object.entries(run.directories).map(([model, path]) => [named(model, index), path])),
      ),
    ),
    settings: {
      ...first.run.settings,
      repetitions: Math.max(...runs.map(({ run }) => run.settings.repetitions)),
      limit: limits.some((limit) => limit === null) ? null : Math.max(...limits.map((limit) => limit!)),
    },
    environment: {
      ...first.run.environment,
      noise: [
        ...differences(runs),
        ...runs.flatMap(({ label, run }) =>
          run.environment.noise.map(({ what, remedy }) => ({ what: `${label}: ${what}`, remedy })),
        ),
      ],
    },
    ...pricesOf(runs),
  };
}

function plannedByTask(run: RunRecord): RunPart['planned'] {
  return Object.fromEntries(
    run.suites.flatMap((suite) =>
      suite.tasks.map((task) => [`${suite.name}/${task.name}`, plannedTrials(task, run.settings)]),
    ),
  );
}

/** The first run's word stands where several have one; no machine is "this" one where the runs name different ones. */
function pricesOf(runs: readonly LabelledRun[]): Pick<RunRecord, 'prices'> {
  const lists = runs.flatMap(({ run }) => run.prices ?? []);
  if (lists.length === 0) return {};
  const own = lists.flatMap(({ devices }) => devices);
  const machines = new Set(own.flatMap(({ name, thisMachine }) => (thisMachine ? [name] : [])));
  const devices = [...new Map(own.toReversed().map((device) => [device.name, device])).values()].toReversed();
  const electricity = lists.find((list) => list.electricity !== undefined)?.electricity;
  return {
    prices: {
      devices: machines.size < 2 ? devices : devices.map(({ thisMachine, ...device }) => device),
      ...(electricity && { electricity }),
    },
  };
}

/** Suites by name, with the tasks of all runs. */
function combineSuites(runs: readonly LabelledRun[]): LoggedSuite[] {
  const suites = new Map<string, LoggedSuite>();
  for (const { label, run } of runs) {
    for (const suite of run.suites) {
      const known = suites.get(suite.name);
      if (known === undefined) {
        suites.set(suite.name, suite);
        continue;
      }
      for (const task of suite.tasks) {
        const other = known.tasks.find(({ name }) => name === task.name);
        if (other !== undefined && JSON.stringify(other.scorer) !== JSON.stringify(task.scorer)) {
          throw new UserError(
            `${label}: the task ${suite.name}/${task.name} has another scorer than in the first run: its scores cannot stand side by side; report the runs apart.`,
          );
        }
      }
      const added = suite.tasks.filter(({ name }) => known.tasks.every((task) => task.name !== name));
      suites.set(suite.name, { ...known, tasks: [...known.tasks, ...added] });
    }
  }
  return [...suites.values()];
}

/** Speeds of different machines are facts about the machines. */
function differences(runs: readonly LabelledRun[]): Warning[] {
  const describe = ({ run: { environment } }: LabelledRun) =>
    `${environment.cpu.model}, ${environment.cpu.cores} cores, ${environment.os}`;
  const machines = new Set(runs.map(describe));
  if (machines.size < 2) return [];
  return [
    {
      what: `the runs are of different machines (${runs.map((run) => `${run.label}: ${describe(run)}`).join('; ')})`,
      remedy: 'compare quality across them, and speed only as that of the machine',
    },
  ];
}
