/** One suite of a run to its analysis: the tasks, their cells, and each model over all tasks. */

import type { LoggedSuite, RunRecord, SampleRecord } from '../measure/log.js';
import { isChat } from '../message.js';
import { tasksOfQuality } from '../score/safety.js';
import type { ModelAnalysis, SampleInfo, SuiteAnalysis, TaskAnalysis } from './analysis.js';
import { analyseCell, analyseOverall, type CellInput } from './cells.js';
import { compare, keyOf } from './collect.js';
import { type CellState, Trials } from './columns.js';
import { parityOf } from './parity.js';
import { plannedOn } from './planned.js';
import type { TaskScorer } from './trial-result.js';

export interface Collected {
  readonly models: readonly ModelAnalysis[];
  /** By task and id. */
  readonly samples: ReadonlyMap<string, ReadonlyMap<string, SampleRecord>>;
  readonly cells: ReadonlyMap<string, CellState>;
  taskScorerOf(taskKey: string): TaskScorer;
}

export function analyseSuite(suite: LoggedSuite, run: RunRecord, collected: Collected): SuiteAnalysis {
  const inputs = suite.tasks.map((task) => {
    const key = keyOf(suite.name, task.name);
    const samples = samplesOf([...(collected.samples.get(key)?.values() ?? [])]);
    const common = {
      suite: suite.name,
      task: task.name,
      stopsEarly: run.settings.untilSure !== undefined,
      taskScorer: collected.taskScorerOf(key),
      samples,
    };
    return run.models.map(({ id }): CellInput => {
      const cell = collected.cells.get(keyOf(key, id));
      return {
        ...common,
        model: id,
        planned: plannedOn(id, { suite, task, run }),
        absent: absentReason(collected.models.find((model) => model.id === id)!),
        trials: cell?.trials ?? new Trials({ keepsTexts: false, timeout: Number.POSITIVE_INFINITY }),
        gaps: cell?.gaps ?? new Map(),
      };
    });
  });
  const ofQuality = tasksOfQuality(suite.tasks);
  const cells = inputs.map((row, i) =>
    row.map((input) => ({ ...input, cell: analyseCell(input), ofQuality: ofQuality.includes(suite.tasks[i]!) })),
  );
  const tasks = suite.tasks.map(
    (task, i): TaskAnalysis => ({
      suite: suite.name,
      name: task.name,
      description: task.description ?? null,
      scorer: task.scorer,
      maxTokens: task.generation.maxTokens,
      limits: { ...suite.requirement.limits, ...task.limits },
      samples: cells[i]![0]?.samples ?? [],
      data: { source: task.samples.source, hash: task.samples.hash, count: task.samples.count },
      cells: cells[i]!.map(({ cell }) => cell),
    }),
  );
  return {
    name: suite.name,
    title: suite.title ?? suite.name,
    description: suite.description ?? null,
    requirement: suite.requirement,
    tasks,
    overall: run.models.map(({ id }, j) =>
      analyseOverall(
        id,
        cells.map((row) => row[j]!),
      ),
    ),
    parity: parityOf(run.models, tasks),
  };
}

function absentReason({ failures }: ModelAnalysis): string {
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
    .map(({ sample, group, target, fields, prompt, promptHash }) => ({
      id: sample,
      group,
      target,
      fields,
      messages: isChat(prompt) ? prompt.messages : [{ role: 'user', content: prompt.text }],
      promptHash,
    }));
}
