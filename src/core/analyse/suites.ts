/** One suite of a run to its analysis: the tasks, their cells, and each model over all tasks. */

import { ALONE } from '../definition/condition.js';
import { taskKey } from '../keys.js';
import type { LoggedSuite, RunRecord, SampleRecord } from '../log/log.js';
import { isChat } from '../message.js';
import { tasksOfQuality } from '../score/safety.js';
import type { ModelAnalysis, SampleInfo, SuiteAnalysis, TaskAnalysis } from './analysis.js';
import type { CellTable } from './cell-table.js';
import { analyseCell, analyseOverall, type CellInput } from './cells.js';
import { compare } from './collect.js';
import { type CellState, Trials } from './columns.js';
import { parityOf } from './parity.js';
import { plannedOn } from './planned.js';
import type { TaskScorer } from './trial-result.js';

/** A model, and the machines that have its figures. */
type MeasuredModel = Pick<ModelAnalysis, 'id' | 'failures'> & Pick<CellInput, 'machines'>;

export interface Collected {
  readonly models: readonly MeasuredModel[];
  /** The samples of each task, by their ids. */
  readonly samples: ReadonlyMap<string, ReadonlyMap<string, SampleRecord>>;
  readonly cells: CellTable;
  taskScorerOf(taskKey: string): TaskScorer;
}

export function analyseSuite(suite: LoggedSuite, run: RunRecord, collected: Collected): SuiteAnalysis {
  const inputs = suite.tasks.map((task) => {
    const key = taskKey(suite.name, task.name);
    const samples = samplesOf([...(collected.samples.get(key)?.values() ?? [])]);
    const common = {
      suite: suite.name,
      task: task.name,
      stopsEarly: run.settings.untilSure !== undefined,
      taskScorer: collected.taskScorerOf(key),
      limitedMetrics: Object.keys({ ...suite.requirement.limits.metrics, ...task.limits.metrics }),
      samples,
    };
    return collected.models.map((model) => {
      const inputOf = (cell: CellState): CellInput => ({
        ...common,
        ...cell,
        model: model.id,
        planned: plannedOn(model.id, { suite, task, run }),
        absent: absentReason(model),
        machines: model.machines,
      });
      return {
        judged: inputOf(collected.cells.judged(key, model.id) ?? NOTHING),
        others: collected.cells.others(key, model.id).map(inputOf),
      };
    });
  });
  const ofQuality = tasksOfQuality(suite.tasks);
  const cells = inputs.map((row, i) =>
    row.map(({ judged, others }) => ({
      ...judged,
      cell: analyseCell(judged),
      others: others.map((input) => analyseCell(input)),
      ofQuality: ofQuality.includes(suite.tasks[i]!),
    })),
  );
  const tasks = suite.tasks.map(
    (task, i): TaskAnalysis => ({
      suite: suite.name,
      name: task.name,
      description: task.description ?? null,
      scorer: task.scorer,
      maxTokens: task.generation.maxTokens,
      limits: limitsOf(suite, task),
      samples: cells[i]![0]?.samples ?? [],
      data: { source: task.samples.source, hash: task.samples.hash, count: task.samples.count },
      cells: cells[i]!.map(({ cell }) => cell),
      otherConditions: cells[i]!.flatMap(({ others }) => others),
    }),
  );
  return {
    name: suite.name,
    title: suite.title ?? suite.name,
    description: suite.description ?? null,
    requirement: suite.requirement,
    ...(suite.gate !== undefined && { gate: suite.gate }),
    tasks,
    overall: run.models.map(({ id }, j) =>
      analyseOverall(
        id,
        cells.map((row) => row[j]!),
      ),
    ),
    parity: parityOf(run.models, tasks, run.settings.placed),
  };
}

const NOTHING: CellState = {
  condition: ALONE,
  trials: new Trials({ keepsTexts: false, timeout: Number.POSITIVE_INFINITY }),
  gaps: new Map(),
};

/** A limit of a task takes the place of that of the suite, one by one. */
type LimitedSuite = Pick<LoggedSuite, 'requirement'>;

export function limitsOf(
  { requirement }: LimitedSuite,
  task: Pick<LoggedSuite['tasks'][number], 'limits'>,
): TaskAnalysis['limits'] {
  const metrics = { ...requirement.limits.metrics, ...task.limits.metrics };
  return { ...requirement.limits, ...task.limits, ...(Object.keys(metrics).length > 0 && { metrics }) };
}

function absentReason({ failures }: MeasuredModel): string {
  return failures[0] === undefined ? 'not run' : `not run: ${failures[0]}`;
}

/** A key that sorts `q-9` before `q-10`. */
function naturalKey(id: string): string {
  return id.replace(/\d+/g, (digits) => digits.padStart(20, '0'));
}

function samplesOf(records: readonly SampleRecord[]): SampleInfo[] {
  return records
    .map((record) => ({ record, key: naturalKey(record.sample) }))
    .sort((a, b) => compare(a.key, b.key) || compare(a.record.sample, b.record.sample))
    .map(({ record }) => record)
    .map(({ sample, group, target, fields, prompt, promptHash, hash }) => ({
      id: sample,
      group,
      target,
      fields,
      messages: isChat(prompt) ? prompt.messages : [{ role: 'user', content: prompt.text }],
      promptHash,
      hash,
    }));
}
