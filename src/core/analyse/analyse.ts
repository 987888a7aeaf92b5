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
import type {
  EndRecord,
  LoggedSuite,
  LogRecord,
  MeasurementRecord,
  ResumeRecord,
  RunRecord,
  SampleRecord,
  SessionEndRecord,
  SessionRecord,
  Warning,
} from '../measure/log.js';
import { isCompleted } from '../measure/log.js';
import { type Missing, missing } from '../measure/quantity.js';
import { timingsOf } from '../measure/timings.js';
import type { Scorer } from '../score/score.js';
import { SCORERS } from '../score/table.js';
import type { Analysis, RunInfo, SampleInfo, SuiteAnalysis, TaskAnalysis } from './analysis.js';
import { analyseCell, analyseOverall, type CellInput } from './cells.js';
import { countGaps, type GapCounts } from './gaps.js';
import { analyseModel } from './sessions.js';
import { type Judge, judgeTrial, type Price, type TrialResult } from './trial.js';

export type Scorers = Readonly<Record<string, Scorer>>;

export interface AnalysisFold {
  add(record: LogRecord): void;
  /** @throws UserError when the log does not say which run it is of. */
  finish(): Analysis;
}

/** The analysis of a log that fits into memory. */
export function analyse(records: Iterable<LogRecord>, scorers: Scorers = SCORERS as unknown as Scorers): Analysis {
  const fold = startAnalysis(scorers);
  for (const record of records) fold.add(record);
  return fold.finish();
}

export function startAnalysis(scorers: Scorers = SCORERS as unknown as Scorers): AnalysisFold {
  let run: RunRecord | null = null;
  const others = new Set<string>();
  const resumptions = new Distinct<ResumeRecord>();
  const sessions = new Distinct<SessionRecord>();
  const sessionEnds = new Distinct<SessionEndRecord>();
  const ends = new Distinct<EndRecord>();
  const samples = new Map<string, SampleRecord>();
  const differing = new Set<string>();
  const tasks = new Map<string, TaskContext>();
  const cells = new Map<string, CellState>();
  /** Measurements whose run or sample has not come yet. */
  const waiting: MeasurementRecord[] = [];

  function contextOf(key: string): TaskContext | null {
    if (run === null) return null;
    const known = tasks.get(key);
    if (known) return known;
    const context = taskContext(run, key, scorers);
    tasks.set(key, context);
    return context;
  }

  function measure(record: MeasurementRecord): boolean {
    const taskKey = keyOf(record.suite, record.task);
    const sample = samples.get(keyOf(taskKey, record.sample));
    const context = contextOf(taskKey);
    if (context === null || sample === undefined) return false;
    const cellKey = keyOf(taskKey, record.model);
    let cell = cells.get(cellKey);
    if (cell === undefined) {
      cell = { trials: new Map(), gaps: new Map(), conflicts: new Map() };
      cells.set(cellKey, cell);
    }
    const price = context.prices.get(record.model) ?? missing(`the run does not name the model ${record.model}`);
    const result = judgeTrial(record, { sample, judge: context.judge, price });
    if (keep(cell, record.sample, result) && isCompleted(record.outcome)) {
      countGaps(cell.gaps, timingsOf(record.outcome).itl);
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
        case 'session':
          sessions.add(record);
          return;
        case 'session-end':
          sessionEnds.add(record);
          return;
        case 'end':
          ends.add(record);
          return;
        case 'sample': {
          const key = keyOf(keyOf(record.suite, record.task), record.sample);
          const known = samples.get(key);
          if (known !== undefined && known.promptHash !== record.promptHash) differing.add(key);
          if (known === undefined || record.promptHash < known.promptHash) samples.set(key, record);
          return;
        }
        case 'measurement':
          if (!measure(record)) waiting.push(record);
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
      const orphans = waiting.filter((record) => !measure(record)).length;
      waiting.length = 0;
      const models = [...definition.models].map((model) =>
        analyseModel(
          model,
          sessions.values(
            (one) => one.model === model.id,
            (one) => one.session,
          ),
          sessionEnds.values(
            (one) => one.model === model.id,
            (one) => one.session,
          ),
        ),
      );
      const suites = definition.suites.map((suite) => analyseSuite(suite, definition, { samples, cells, contextOf }));
      return {
        run: describeRun(definition, { resumptions, ends, suites }),
        suites,
        models,
        warnings: warningsOf(definition, { orphans, differing, cells }),
      };
    },
  };
}

interface TaskContext {
  readonly judge: Judge;
  /** By model id. */
  readonly prices: ReadonlyMap<string, Price | Missing>;
}

interface CellState {
  /** By sample id, then in the order of repetitions. */
  readonly trials: Map<string, TrialResult[]>;
  readonly gaps: GapCounts;
  /** Trials that were recorded more than once with different contents: what was recorded, by trial. */
  readonly conflicts: Map<string, Set<string>>;
}

/** Records that are few, each once, whatever their order and however often they were written. */
class Distinct<T> {
  readonly #byText = new Map<string, T>();

  add(record: T): void {
    this.#byText.set(JSON.stringify(record), record);
  }

  values(wanted: (record: T) => boolean, order: (record: T) => number | string): T[] {
    const key = ([text, record]: [string, T]) => ({ text, rank: order(record), record });
    return [...this.#byText]
      .map(key)
      .filter(({ record }) => wanted(record))
      .sort((a, b) => compare(a.rank, b.rank) || compare(a.text, b.text))
      .map(({ record }) => record);
  }
}

function compare(a: number | string, b: number | string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Names hold no slash, so a joined key stands for one thing. */
function keyOf(...parts: readonly string[]): string {
  return parts.join('/');
}

/**
 * Puts a trial into its cell. A trial recorded twice counts once: the completed one, else the earlier one.
 * @returns whether it is a new measurement, and not the same record again.
 */
function keep(cell: CellState, sample: string, result: TrialResult): boolean {
  const repetitions = cell.trials.get(sample);
  if (repetitions === undefined) {
    cell.trials.set(sample, [result]);
    return true;
  }
  const at = repetitions.findIndex((other) => other.repetition === result.repetition);
  if (at < 0) {
    repetitions.push(result);
    repetitions.sort((a, b) => a.repetition - b.repetition);
    return true;
  }
  const known = repetitions[at]!;
  const [knownText, text] = [JSON.stringify(known), JSON.stringify(result)];
  if (knownText === text) return false;
  const trial = `${sample}#${result.repetition}`;
  const seen = cell.conflicts.get(trial) ?? new Set([knownText]);
  cell.conflicts.set(trial, seen);
  if (seen.has(text)) return false;
  seen.add(text);
  const order = (one: TrialResult) => (one.state === 'completed' ? 0 : one.state === 'failed-by-model' ? 1 : 2);
  const earlier =
    order(result) - order(known) || result.session - known.session || result.at - known.at || compare(text, knownText);
  if (earlier < 0) repetitions[at] = result;
  return true;
}

function taskContext(run: RunRecord, key: string, scorers: Scorers): TaskContext {
  const prices = new Map(run.models.map((model) => [model.id, priceOf(model)]));
  for (const suite of run.suites) {
    for (const task of suite.tasks) {
      if (keyOf(suite.name, task.name) === key) return { judge: judgeOf(task.scorer, scorers), prices };
    }
  }
  return { judge: missing(`the run does not name the task ${key}`), prices };
}

function judgeOf(choice: LoggedSuite['tasks'][number]['scorer'], scorers: Scorers): Judge {
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
  return { scorer, options: options.data };
}

function priceOf(model: Model): Price | Missing {
  return model.price ?? missing('no price is given for this model');
}

interface Collected {
  readonly samples: ReadonlyMap<string, SampleRecord>;
  readonly cells: ReadonlyMap<string, CellState>;
  contextOf(key: string): TaskContext | null;
}

function analyseSuite(suite: LoggedSuite, run: RunRecord, collected: Collected): SuiteAnalysis {
  const bySuite = [...collected.samples.values()].filter((sample) => sample.suite === suite.name);
  const inputs = suite.tasks.map((task) => {
    const key = keyOf(suite.name, task.name);
    const samples = samplesOf(bySuite.filter((sample) => sample.task === task.name));
    const common = {
      suite: suite.name,
      task: task.name,
      planned: plannedTrials(task, run),
      judge: collected.contextOf(key)!.judge,
      samples,
    };
    return run.models.map(({ id }): CellInput => {
      const cell = collected.cells.get(keyOf(key, id));
      return {
        ...common,
        model: id,
        trials: samples.map((sample) => cell?.trials.get(sample.id) ?? []),
        gaps: cell?.gaps ?? new Map(),
      };
    });
  });
  const cells = inputs.map((row) => row.map((input) => ({ ...input, cell: analyseCell(input) })));
  return {
    name: suite.name,
    title: suite.title ?? suite.name,
    description: suite.description ?? null,
    requirement: suite.requirement,
    tasks: suite.tasks.map(
      (task, i): TaskAnalysis => ({
        suite: suite.name,
        name: task.name,
        description: task.description ?? null,
        scorer: task.scorer,
        limits: { ...suite.requirement.limits, ...task.limits },
        samples: cells[i]![0]?.samples ?? [],
        cells: cells[i]!.map(({ cell }) => cell),
      }),
    ),
    overall: run.models.map(({ id }, j) =>
      analyseOverall(
        id,
        cells.map((row) => row[j]!),
      ),
    ),
  };
}

/** Sorts `q-9` before `q-10`. */
function naturalKey(id: string): string {
  return id.replace(/\d+/g, (digits) => digits.padStart(20, '0'));
}

function samplesOf(records: readonly SampleRecord[]): SampleInfo[] {
  return records
    .map((record) => ({ record, key: naturalKey(record.sample) }))
    .sort((a, b) => compare(a.key, b.key) || compare(a.record.sample, b.record.sample))
    .map(({ record }) => record)
    .map(({ sample, group, target, fields, prompt, promptHash }) => ({
      id: sample,
      group,
      target,
      fields,
      messages: prompt.messages,
      promptHash,
    }));
}

function plannedTrials(task: LoggedSuite['tasks'][number], { settings }: RunRecord): number {
  return Math.min(task.samples.count, settings.limit ?? task.samples.count) * settings.repetitions;
}

function describeRun(
  run: RunRecord,
  rest: {
    readonly resumptions: Distinct<ResumeRecord>;
    readonly ends: Distinct<EndRecord>;
    readonly suites: readonly SuiteAnalysis[];
  },
): RunInfo {
  const cells = rest.suites.flatMap(({ tasks }) => tasks).flatMap(({ cells }) => cells);
  const planned = cells.reduce((total, { trials }) => total + trials.planned, 0);
  const recorded = cells.reduce((total, { trials }) => total + trials.recorded, 0);
  const reasons = rest.ends
    .values(
      (end) => !end.complete,
      (end) => end.reason,
    )
    .map(({ reason }) => reason);
  return {
    id: run.id,
    started: run.started,
    command: run.command,
    resumptions: rest.resumptions
      .values(
        () => true,
        ({ started }) => started,
      )
      .map(({ started, command }) => ({ started, command })),
    settings: run.settings,
    environment: run.environment,
    trials: { planned, recorded },
    ended:
      recorded >= planned
        ? { complete: true }
        : { complete: false, reason: reasons.at(-1) ?? 'the run was cut off before it could say why' },
  };
}

function warningsOf(
  run: RunRecord,
  found: {
    readonly orphans: number;
    readonly differing: ReadonlySet<string>;
    readonly cells: ReadonlyMap<string, CellState>;
  },
): Warning[] {
  const warnings: Warning[] = [...run.environment.noise];
  const conflicts = [...found.cells.values()].reduce((total, { conflicts }) => total + conflicts.size, 0);
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
