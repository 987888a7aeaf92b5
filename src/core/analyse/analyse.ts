/**
 * A log to an analysis. Records stream through a fold, so that a log may be larger than memory: a measurement is judged
 * when it arrives, its score and timings are kept, its time stamps are not.
 *
 *     const fold = startAnalysis(SCORERS);
 *     for await (const record of readLog(path)) fold.add(record);
 *     const analysis = fold.finish();
 *
 * The order of the records changes nothing: whatever must wait for a record that comes later waits, samples are sorted by
 * id, and a trial that was recorded twice counts once.
 */

import type { Model } from '../definition/model.js';
import { UserError } from '../errors.js';
import { evidenceKey, sampleKey, taskKey } from '../keys.js';
import type {
  EndRecord,
  EvidenceRecord,
  LoggedSuite,
  LogRecord,
  MachineRecord,
  MeasurementRecord,
  ModelFailedRecord,
  ResumeRecord,
  RunPart,
  RunRecord,
  RunSettings,
  SampleRecord,
  SessionEndRecord,
  SessionRecord,
  Warning,
} from '../log/log.js';
import { isOfVersion1 } from '../log/log-v1.js';
import { isCompleted } from '../measure/measurement.js';
import type { Price } from '../measure/metric.js';
import { tokenGaps } from '../measure/timings.js';
import { isMissing, type Missing, missing } from '../quantity.js';
import { chooses } from '../score/filters.js';
import type { Scorer } from '../score/score.js';
import { SCORERS } from '../score/table.js';
import type { Analysis, MachineInfo, ModelAnalysis, PartInfo, RunInfo, SuiteAnalysis } from './analysis.js';
import { CellTable, CLOSED_1 } from './cell-table.js';
import { Distinct, entryOf } from './collect.js';
import { Trials } from './columns.js';
import { countGaps } from './gaps.js';
import { type Machines, readMachines } from './machines.js';
import { runtimeWarnings } from './runtime.js';
import { analyseModel } from './sessions.js';
import { analyseSuite } from './suites.js';
import { type SecondaryScorer, scoreTrial, type TaskScorer } from './trial-result.js';

export type Scorers = Readonly<Record<string, Scorer>>;

export interface AnalysisFold {
  add(record: LogRecord): void;
  /** @throws UserError when the log does not say which run it is of. */
  finish(): Analysis;
}

/** The analysis of a log that fits into memory. */
export function analyse(records: Iterable<LogRecord>, scorers: Scorers = SCORERS): Analysis {
  const fold = startAnalysis(scorers);
  for (const record of records) fold.add(record);
  return fold.finish();
}

export function startAnalysis(scorers: Scorers = SCORERS): AnalysisFold {
  let run: RunRecord | null = null;
  const others = new Set<string>();
  const resumptions = new Distinct<ResumeRecord>();
  const sessions = new Distinct<SessionRecord>();
  const sessionEnds = new Distinct<SessionEndRecord>();
  const machineRecords = new Distinct<MachineRecord>();
  const failures = new Distinct<ModelFailedRecord>();
  const ends = new Distinct<EndRecord>();
  /** The samples by task and by id. */
  const samples = new Map<string, Map<string, SampleRecord>>();
  const differing = new Set<string>();
  const tasks = new Map<string, TaskContext>();
  const cells = new CellTable();
  /** Measurements whose run or sample has not come yet. */
  const waiting: MeasurementRecord[] = [];
  /** The evidence by trial and scorer. `takesPrecedence` chooses among several records. */
  const evidence = new Map<string, EvidenceRecord>();
  const evidenceOf = (trial: string, scorer?: string) => evidence.get(evidenceKey({ trial, scorer }))?.evidence;

  function contextOf(key: string): TaskContext | null {
    if (run === null) return null;
    const known = tasks.get(key);
    if (known) return known;
    const context = taskContext(run, key, scorers);
    tasks.set(key, context);
    return context;
  }

  /** @param last whether all records have come: until then, an answer whose evidence may follow waits. */
  function measure(record: MeasurementRecord, last = false): boolean {
    const key = taskKey(record.suite, record.task);
    const sample = samples.get(key)?.get(record.sample);
    const context = contextOf(key);
    if (context === null || sample === undefined) return false;
    if (!last && asksTheWorld(context.taskScorer)) return false;
    const condition = conditionOf(record, run?.settings);
    const cell = cells.at(
      { task: key, model: record.model, condition },
      () => new Trials({ keepsTexts: needsTexts(context.taskScorer), timeout: context.timeout }),
    );
    const price = context.prices.get(record.model) ?? missing(`the run does not name the model ${record.model}`);
    const result = scoreTrial(record, {
      condition: cell.condition,
      sample,
      taskScorer: context.taskScorer,
      price,
      evidenceOf: (scorer) => evidenceOf(record.trial, scorer),
    });
    if (cell.trials.add(record.sample, result) && isCompleted(record.outcome) && !result.cold) {
      countGaps(
        entryOf(cell.gaps, record.session, () => new Map()),
        tokenGaps(record.outcome),
      );
    }
    return true;
  }

  return {
    add(record) {
      switch (record.type) {
        case 'run':
          // The same run logged on two machines: one definition, whichever of the two comes first in the alphabet.
          others.add(record.id);
          if (run === null || JSON.stringify(record) < JSON.stringify(run)) run = record;
          return;
        case 'resume':
          resumptions.add(record);
          return;
        case 'machine':
          machineRecords.add(record);
          return;
        case 'session':
          sessions.add(record);
          return;
        case 'session-end':
          sessionEnds.add(record);
          return;
        case 'model-failed':
          failures.add(record);
          return;
        case 'evidence': {
          const key = evidenceKey(record);
          const known = evidence.get(key);
          if (known === undefined || takesPrecedence(record, known)) evidence.set(key, record);
          return;
        }
        case 'end':
          ends.add(record);
          return;
        case 'sample': {
          const task = taskKey(record.suite, record.task);
          const ofTask = samples.get(task) ?? new Map<string, SampleRecord>();
          samples.set(task, ofTask);
          const known = ofTask.get(record.sample);
          if (known !== undefined && known.promptHash !== record.promptHash) differing.add(sampleKey(record));
          if (known === undefined || record.promptHash < known.promptHash) ofTask.set(record.sample, record);
          return;
        }
        case 'measurement':
          // The requests of a load test are analysed by step, in core/load.
          if (record.step === undefined && !measure(record)) waiting.push(record);
          return;
        case 'self-test':
        case 'step':
          return;
      }
    },

    finish() {
      if (run === null)
        throw new UserError(
          'The log has no `run` record, so it does not say what was measured: use the whole log.jsonl of a run.',
        );
      if (others.size > 1) {
        throw new UserError(
          `The log mixes the runs ${[...others].sort().join(' and ')}: give each run's log on its own.`,
        );
      }
      const definition: RunRecord = run;
      const orphans = waiting.filter((record) => !measure(record, true)).length;
      waiting.length = 0;
      const machines = readMachines({
        machines: machineRecords.all(),
        sessions: sessions.all(),
        ends: sessionEnds.all(),
        trials: cells.sessionCounts(),
        first: definition.machine,
        names: namesOfMachines(definition),
      });
      if (machines.list.length === 0) {
        throw new UserError(
          'The log has no `machine` record, so it does not say where it was measured: use the whole log.jsonl of a run.',
        );
      }
      const records = { sessions, ends: sessionEnds, failures, cells, machines };
      const models = definition.models.map((model) => analyseModelOf(model, definition, records));
      const suites = definition.suites.map((suite) =>
        analyseSuite(suite, definition, {
          samples,
          cells,
          models: models.map(({ model, machines }) => ({ ...model, machines })),
          taskScorerOf: (key) => contextOf(key)!.taskScorer,
        }),
      );
      const analysed = models.map(({ model }) => model);
      const runtime = runtimeWarnings(analysed, suites);
      return {
        run: describeRun(definition, { resumptions, ends, suites, machines: machines.list }),
        suites,
        models: analysed.map((model) => withWarning(model, runtime.get(model.id))),
        machines: machines.list,
        warnings: [...machines.warnings, ...warningsOf({ orphans, differing, cells })],
        circumstances: machines.circumstances,
      };
    },
  };
}

/** Version 1 left the condition out of trials whose worker died. */
function conditionOf({ condition, session, outcome }: MeasurementRecord, settings: RunSettings | undefined): string {
  if (condition !== undefined) return condition;
  const died = outcome.state === 'failed' && outcome.kind === 'crash';
  return (died && isOfVersion1(session) ? settings?.condition : undefined) ?? CLOSED_1;
}

interface RecordsOfModels {
  readonly sessions: Distinct<SessionRecord>;
  readonly ends: Distinct<SessionEndRecord>;
  readonly failures: Distinct<ModelFailedRecord>;
  readonly cells: CellTable;
  readonly machines: Machines;
}

interface AnalysedModel {
  readonly model: ModelAnalysis;
  readonly machines: ReturnType<Machines['choose']>;
}

/** The sessions of the condition that verdicts are made from: those of others are no more pooled with them than their trials are. */
function analyseModelOf(model: Model, run: RunRecord, records: RecordsOfModels): AnalysedModel {
  const states = run.suites.flatMap((suite) =>
    suite.tasks.flatMap(({ name }) => records.cells.judged(taskKey(suite.name, name), model.id) ?? []),
  );
  const judged = new Set(states.flatMap(({ trials }) => trials.sessions));
  const others = new Set(records.cells.sessionsOf(model.id).filter((session) => !judged.has(session)));
  const ofModel = (one: { readonly model: string; readonly session: string }) =>
    one.model === model.id && !others.has(one.session);
  const sessions = records.sessions.values(ofModel, ({ session }) => session);
  const counts = new Map(sessions.map(({ session }) => [session, 0]));
  for (const { trials } of states) {
    for (const [session, n] of trials.sessionCounts()) counts.set(session, (counts.get(session) ?? 0) + n);
  }
  const machines = records.machines.choose(counts);
  return {
    machines,
    model: analyseModel(model, {
      origin: originOf(model, run),
      sessions,
      ends: records.ends.values(ofModel, ({ session }) => session),
      failures: records.failures.values(
        (one) => one.model === model.id,
        ({ reason }) => reason,
      ),
      trials: states.map(({ trials }) => trials),
      machines,
    }),
  };
}

function originOf({ id }: Model, run: RunRecord): ModelAnalysis['origin'] {
  for (const part of run.parts ?? []) {
    const model = part.models.find(({ label }) => label === id);
    if (model !== undefined) return { model: model.id, run: part.id };
  }
  return { model: id, run: run.id };
}

/** In a report of several runs, a machine is named like the runs that it began. */
function namesOfMachines({ parts = [] }: RunRecord): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { machine, label } of parts) {
    if (machine !== undefined) names.set(machine, names.has(machine) ? `${names.get(machine)}, ${label}` : label);
  }
  return names;
}

function withWarning(model: ModelAnalysis, warning: Warning | undefined): ModelAnalysis {
  return warning === undefined ? model : { ...model, warnings: [...model.warnings, warning] };
}

export interface TaskContext {
  readonly taskScorer: TaskScorer;
  /** The seconds that an answer may take. */
  readonly timeout: number;
  /** The prices by model id. */
  readonly prices: ReadonlyMap<string, Price | Missing>;
}

export function taskContext(run: RunRecord, key: string, scorers: Scorers): TaskContext {
  const prices = new Map(run.models.map((model) => [model.id, priceOf(model)]));
  for (const suite of run.suites) {
    for (const task of suite.tasks) {
      if (taskKey(suite.name, task.name) === key)
        return { taskScorer: taskScorerOf(task, scorers), timeout: task.generation.timeout, prices };
    }
  }
  return {
    taskScorer: missing(`the run does not name the task ${key}`),
    timeout: Number.POSITIVE_INFINITY,
    prices,
  };
}

/** The evidence that was asked for last counts; of others the first in the alphabet, whichever came first. */
function takesPrecedence(one: EvidenceRecord, other: EvidenceRecord): boolean {
  const [asked, before] = [one.asked ?? '', other.asked ?? ''];
  return asked === before ? JSON.stringify(one) < JSON.stringify(other) : asked > before;
}

function taskScorerOf(
  { scorer: choice, filters, secondary = [] }: LoggedSuite['tasks'][number],
  scorers: Scorers,
): TaskScorer {
  const { name, ...given } = typeof choice === 'string' ? { name: choice } : choice;
  const scorer = Object.hasOwn(scorers, name) ? scorers[name] : undefined;
  if (scorer === undefined) return missing(`there is no scorer ${name}`);
  const options = scorer.options.safeParse(given);
  if (!options.success) {
    const issue = options.error.issues[0];
    return missing(
      `the options of scorer ${name} are not as it needs them: ${issue?.path.join('.')} ${issue?.message}`,
    );
  }
  // Logs of earlier versions name no filters.
  return {
    scorer,
    options: options.data,
    filters: filters ?? [],
    secondary: secondary.flatMap((one) => secondaryOf(one, scorers)),
  };
}

/** A scorer that this version does not have, or reads otherwise, is left out: it decides nothing. */
function secondaryOf(
  choice: NonNullable<LoggedSuite['tasks'][number]['secondary']>[number],
  scorers: Scorers,
): readonly SecondaryScorer[] {
  const { name, ...given } = typeof choice === 'string' ? { name: choice } : choice;
  const scorer = Object.hasOwn(scorers, name) ? scorers[name] : undefined;
  const options = scorer?.options.safeParse(given);
  return scorer !== undefined && options?.success ? [{ name, scorer, options: options.data }] : [];
}

/** Whether the score of an answer depends on evidence that is gathered later. */
function asksTheWorld(taskScorer: TaskScorer): boolean {
  if (isMissing(taskScorer)) return false;
  return [taskScorer, ...taskScorer.secondary].some(({ scorer }) => scorer.request !== undefined);
}

/** Whether the scorer needs the texts of later repetitions too. */
function needsTexts(taskScorer: TaskScorer): boolean {
  return (
    !isMissing(taskScorer) &&
    (taskScorer.scorer.aggregate !== undefined || taskScorer.secondary.length > 0 || chooses(taskScorer.filters))
  );
}

function priceOf(model: Model): Price | Missing {
  return model.price ?? missing('no price is given for this model');
}

function describeRun(
  run: RunRecord,
  rest: {
    readonly resumptions: Distinct<ResumeRecord>;
    readonly ends: Distinct<EndRecord>;
    readonly suites: readonly SuiteAnalysis[];
    readonly machines: readonly MachineInfo[];
  },
): RunInfo {
  const cells = rest.suites.flatMap(({ tasks }) => tasks).flatMap(({ cells }) => cells);
  const isLoadTest = run.settings.load !== undefined;
  // A load test plans steps, and no trials.
  const planned = isLoadTest ? 0 : cells.reduce((total, { trials }) => total + trials.planned, 0);
  const recorded = cells.reduce((total, { trials }) => total + trials.recorded, 0);
  const reasonsOf = (wanted: (end: EndRecord) => boolean) =>
    rest.ends.values(wanted, (end) => end.reason).map(({ reason }) => reason);
  const resumptions = rest.resumptions.values(
    () => true,
    ({ started }) => started,
  );
  const prices = resumptions.findLast((one) => one.prices !== undefined)?.prices ?? run.prices;
  const early = run.settings.untilSure === undefined ? undefined : reasonsOf((end) => end.complete).at(-1);
  return {
    id: run.id,
    ...(run.name !== undefined && { name: run.name }),
    ...(run.commit !== undefined && { commit: run.commit }),
    started: run.started,
    command: run.command,
    resumptions: resumptions.map(({ started, command }) => ({ started, command })),
    settings: run.settings,
    environment: rest.machines[0]!.environment,
    ...(prices && { prices }),
    ...(run.parts && { parts: run.parts.map((part) => describePart(part, rest.machines)) }),
    trials: { planned, recorded },
    ended: (isLoadTest ? reasonsOf((end) => end.complete).length > 0 : recorded >= planned)
      ? { complete: true }
      : early !== undefined
        ? { complete: true, early }
        : {
            complete: false,
            reason: reasonsOf((end) => !end.complete).at(-1) ?? 'the run was cut off before it could say why',
          },
  };
}

function describePart(
  { label, id, started, command, machine, models, planned }: RunPart,
  machines: readonly MachineInfo[],
): PartInfo {
  const { environment } = machines.find((one) => one.id === machine) ?? machines[0]!;
  return { label, id, started, command, environment, models: models.map((model) => model.label), planned };
}

function warningsOf(found: {
  readonly orphans: number;
  readonly differing: ReadonlySet<string>;
  readonly cells: CellTable;
}): Warning[] {
  const warnings: Warning[] = [];
  const conflicts = found.cells.all().reduce((total, { trials }) => total + trials.conflicts, 0);
  if (conflicts > 0) {
    warnings.push({
      what: `${conflicts} trials were recorded more than once with different results; the earliest completed one counts`,
      remedy: 'two runs may have written to one log: look for the same trial twice in log.jsonl',
    });
  }
  if (found.differing.size > 0) {
    warnings.push({
      what: `${found.differing.size} samples have two different prompts in this log: models did not get the same question`,
      remedy: 'the suite was changed between the start and a resumption: run it anew',
    });
  }
  if (found.orphans > 0) {
    warnings.push({
      what: `${found.orphans} measurements belong to samples that the log does not hold, and are left out`,
      remedy: 'use the whole log.jsonl of the run',
    });
  }
  return warnings;
}
