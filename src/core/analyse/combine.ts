/**
 * Combines several runs into one, so that one report shows machines, dates, engines and quantisations side by side. Models are
 * paired where they share samples. Each model is named with its run (`small:q4@laptop`), and `origin` keeps its own name.
 *
 *     const { run, relabel } = combineRuns([{ label: 'laptop', run: first }, { label: 'server', run: second }]);
 *     fold.add(run);
 *     for await (const record of readLog(laptop)) for (const relabelled of relabel(0, record)) fold.add(relabelled);
 */

import type { Model } from '../definition/model.js';
import { UserError } from '../errors.js';
import { taskKey } from '../keys.js';
import type { LoggedSuite, LogRecord, RunPart, RunRecord } from '../log/log.js';
import { plannedTrials } from './planned.js';

export interface LabelledRun {
  /** A short and unique name: the name of the run's folder or of its machine. */
  readonly label: string;
  readonly run: RunRecord;
}

export interface CombinedRuns {
  readonly run: RunRecord;
  /** Converts a record of the run at `index` for the combined run. The list is empty if the combined run has its own record. */
  relabel(index: number, record: LogRecord): readonly LogRecord[];
}

/** @throws UserError when two runs have the same label, or when a task has different scorers. */
export function combineRuns(runs: readonly LabelledRun[]): CombinedRuns {
  const labels = runs.map(({ label }) => label);
  const twice = labels.find((label, i) => labels.indexOf(label) !== i);
  if (twice !== undefined)
    throw new UserError(`Two runs have the name ${twice}; give every run of a report a different name.`);
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
        case 'self-test':
        case 'machine':
        case 'sample':
          return [record];
        case 'model-failed':
          return [{ ...record, model: named(record.model, index) }];
        case 'session':
        case 'session-end':
          return [{ ...record, model: named(record.model, index), session: sessionOf(record.session, index) }];
        case 'evidence':
        case 'measurement': {
          const model = named(record.model, index);
          const renamed = { model, trial: trialOn(model, record) };
          if (record.type === 'evidence') return [{ ...record, ...renamed }];
          const step = record.step === undefined ? {} : { step: named(record.step, index) };
          return [{ ...record, ...renamed, ...step, session: sessionOf(record.session, index) }];
        }
        case 'step': {
          const { model, step, session } = record;
          const renamed = { model: named(model, index), step: named(step, index) };
          return [{ ...record, ...renamed, session: sessionOf(session, index) }];
        }
      }
    },
  };
}

/** Renames the model in the id of a trial. It replaces the last occurrence, because a sample id may hold the name too. */
function trialOn(label: string, { trial, model }: { readonly trial: string; readonly model: string }): string {
  const place = trial.lastIndexOf(`@${model}#`);
  return place < 0 ? `${trial}@${label}` : `${trial.slice(0, place)}@${label}${trial.slice(place + model.length + 1)}`;
}

/** Version 1 numbered the sessions of each run from 1, and the same run may be given twice: in a copy, or under two names. */
function sessionOf(session: string, index: number): string {
  return `${session} of run ${index + 1}`;
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
      ...(run.machine !== undefined && { machine: run.machine }),
      models: run.models.map(({ id }) => ({ id, label: named(id, index) })),
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
    ...pricesOf(runs),
  };
}

function plannedByTask(run: RunRecord): RunPart['planned'] {
  return Object.fromEntries(
    run.suites.flatMap((suite) =>
      suite.tasks.map((task) => [taskKey(suite.name, task.name), plannedTrials(task, run.settings)]),
    ),
  );
}

/** The first run with a price for a device decides it. If the runs mark different machines as `thisMachine`, none keeps it. */
function pricesOf(runs: readonly LabelledRun[]): Pick<RunRecord, 'prices'> {
  const lists = runs.flatMap(({ run }) => run.prices ?? []);
  if (lists.length === 0) return {};
  const all = lists.flatMap(({ devices }) => devices);
  const machines = new Set(all.flatMap(({ name, thisMachine }) => (thisMachine ? [name] : [])));
  const devices = [...new Map(all.toReversed().map((device) => [device.name, device])).values()].toReversed();
  const electricity = lists.find((list) => list.electricity !== undefined)?.electricity;
  return {
    prices: {
      devices: machines.size < 2 ? devices : devices.map(({ thisMachine, ...device }) => device),
      ...(electricity && { electricity }),
    },
  };
}

/** Merges suites with the same name. A suite gets the tasks of all runs. */
function combineSuites(runs: readonly LabelledRun[]): LoggedSuite[] {
  const suites = new Map<string, LoggedSuite>();
  for (const { label, run } of runs) {
    for (const suite of run.suites) {
      const merged = suites.get(suite.name);
      if (merged === undefined) {
        suites.set(suite.name, suite);
        continue;
      }
      for (const task of suite.tasks) {
        const other = merged.tasks.find(({ name }) => name === task.name);
        if (other !== undefined && JSON.stringify(other.scorer) !== JSON.stringify(task.scorer)) {
          throw new UserError(
            `${label}: the task ${taskKey(suite.name, task.name)} has another scorer than in the first run, so its scores cannot be compared; report the runs separately.`,
          );
        }
      }
      const added = suite.tasks.filter(({ name }) => merged.tasks.every((task) => task.name !== name));
      suites.set(suite.name, { ...merged, tasks: [...merged.tasks, ...added] });
    }
  }
  return [...suites.values()];
}
