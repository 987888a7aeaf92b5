/** Filters between outputs and their scorer, and the choice among repetitions, as the analysis of a log applies them. */
import { expect, test } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import { type Task, taskSchema } from '../../../src/core/definition/suite.js';
import type { LogRecord, MeasurementRecord } from '../../../src/core/log/log.js';
import type { Failed } from '../../../src/core/measure/measurement.js';
import { makeLog, shuffled } from '../../support/log.js';

type Said = string | Failed['by'];

/** One sample whose right answer is "4", asked as often as there are outputs; `model` and `harness` are failures. */
function logOf(filters: Task['filters'], said: readonly string[], scorer: Task['scorer'] = 'exact'): LogRecord[] {
  const log = makeLog({
    tasks: [{ name: 'sums', samples: 1 }],
    models: [{ id: 'small', class: 'slm', quality: 1 }],
    repetitions: said.length,
  });
  return log.map((record): LogRecord => {
    if (record.type === 'run') {
      const [suite] = record.suites;
      return { ...record, suites: [{ ...suite!, tasks: suite!.tasks.map((task) => ({ ...task, filters, scorer })) }] };
    }
    if (record.type === 'sample') return { ...record, target: '4' };
    return record.type === 'measurement' ? withOutput(record, said[record.repetition - 1]!) : record;
  });
}

function withOutput(record: MeasurementRecord, said: Said): MeasurementRecord {
  if (record.outcome.state !== 'completed') throw new Error('expected an order without failures');
  if (said !== 'model' && said !== 'harness') return { ...record, outcome: { ...record.outcome, output: said } };
  return { ...record, outcome: { state: 'failed', by: said, kind: 'timeout', reason: 'too slow', output: '' } };
}

const parse = (...filters: readonly object[]) =>
  taskSchema.parse({ name: 't', prompt: { user: '?' }, samples: [{}], scorer: 'exact', filters }).filters;

function resultOf(log: readonly LogRecord[]) {
  return analyse(log).suites[0]!.tasks[0]!.cells[0]!.results[0]!;
}

const THINK = { filter: 'think' };
const LAST_NUMBER = { filter: 'regex', pattern: '-?\\d+', select: -1 };
const MAJORITY = { filter: 'majority' };

test('an answer is taken out of the output before it is scored, and the output stays as it was', () => {
  const said = '<think>2 and 2…</think> That makes 4.';
  expect(resultOf(logOf(parse(THINK, LAST_NUMBER), [said]))).toMatchObject({ score: 1, answer: '4', output: said });
  expect(resultOf(logOf([], [said]))).toMatchObject({ score: 0 });
});

test('without a filter that chooses, repetitions are averaged', () => {
  expect(resultOf(logOf(parse(LAST_NUMBER), ['so 5', 'it is 4', '4!', '2+2=4'])).score).toBe(0.75);
});

test('the answer of most repetitions is the one that counts, and is the one that is shown', () => {
  const result = resultOf(logOf(parse(LAST_NUMBER, MAJORITY), ['so 5', 'it is 4', '4!', '2+2=4']));
  expect(result).toMatchObject({ score: 1, answer: '4', output: 'it is 4', repetitions: 4 });
  expect(resultOf(logOf(parse(LAST_NUMBER, MAJORITY), ['so 5', 'it is 4', 'I say 5'])).score).toBe(0);
});

test.each([
  [[{ filter: 'take-first' }], 0],
  [[{ filter: 'take-last' }], 1],
  [[{ filter: 'take-first-k', k: 2 }], 0.5],
  [[{ filter: 'take-first-k', k: 3 }, LAST_NUMBER, MAJORITY], 1],
])('%j leaves of 5, 4, 4 and 4 a score of %d', (filters, score) => {
  expect(resultOf(logOf(parse(...filters), ['5', '4', '4', '4'])).score).toBe(score);
});

test("a model's failure votes for no answer, and ours does not vote", () => {
  expect(resultOf(logOf(parse(LAST_NUMBER, MAJORITY), ['model', 'model', '4'])).score).toBe(0);
  expect(resultOf(logOf(parse(LAST_NUMBER, MAJORITY), ['harness', 'harness', '4'])).score).toBe(1);
});

test('metrics of a cell see the text that was scored', () => {
  const cell = analyse(logOf(parse(THINK), ['<think>5</think>4'], { name: 'classification', labels: ['4', '5'] }))
    .suites[0]!.tasks[0]!.cells[0]!;
  expect(cell.aggregates.accuracy).toEqual({ value: 1 });
});

test('the order of the records changes no vote', () => {
  const log = logOf(parse(LAST_NUMBER, MAJORITY), ['so 5', 'it is 4', '5', '4']);
  for (const seed of [1, 2, 3]) expect(resultOf(shuffled(log, seed))).toEqual(resultOf(log));
});
