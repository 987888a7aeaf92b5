/** Files that a gate cannot rely on, as a stranger would hand them over. None is green: blind, red, or refused with one sentence. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import type { LogRecord, MeasurementRecord } from '../../src/core/log/log.js';
import { writeBaselineOf } from '../../src/run/baseline.js';
import { type CompareOptions, compare } from '../../src/run/compare.js';
import { type LogOrder, makeLog } from '../support/log.js';

const ORDER: LogOrder = {
  tasks: [{ name: 'route', samples: 60 }],
  models: [{ id: 'small', class: 'slm', quality: 0.8 }],
};
const folder = mkdtempSync(join(tmpdir(), 'rightsize-blind-'));
let runs = 0;

function linesOf(order: Partial<LogOrder> = {}, change: (records: LogRecord[]) => LogRecord[] = (records) => records) {
  return change(makeLog({ ...ORDER, ...order, id: `run-${++runs}` })).map((record) => `${JSON.stringify(record)}\n`);
}

function runOf(text: string): string {
  const run = mkdtempSync(join(folder, 'run-'));
  writeFileSync(join(run, 'log.jsonl'), text);
  return run;
}

const lines = linesOf();
const base = runOf(lines.join(''));
const QUALITY = { quality: { by: '3 points' } };

async function codeOf(candidate: string, options: CompareOptions = {}, gate: Record<string, unknown> = QUALITY) {
  const gates = { burden: 'shown worse', gate } as const;
  const found = await compare([base, candidate], { gates, ...options }).catch((error: unknown) => error);
  return found instanceof Error ? found : (found as { exitCode: number }).exitCode;
}

const measured =
  (change: (record: MeasurementRecord, i: number) => LogRecord | LogRecord[]) => (records: LogRecord[]) => {
    let count = 0;
    return records.flatMap((record) => (record.type === 'measurement' ? change(record, count++) : record));
  };
const timed = (change: (timing: { sent: number; pieces: number[]; end: number }) => object) =>
  measured((record) => {
    const { outcome } = record;
    if (outcome.state !== 'completed') return record;
    return {
      ...record,
      outcome: { ...outcome, timing: change(structuredClone(outcome.timing) as never) },
    } as MeasurementRecord;
  });
const middle = Math.floor(lines.length / 2);

test.each<[string, string, (string | number)[]]>([
  ['a log that was cut between two lines', lines.slice(0, middle).join(''), [2]],
  ['a log that was cut in the middle of a line', lines.join('').slice(0, Math.floor(lines.join('').length / 2)), [2]],
  ['a log whose middle is gone', [...lines.slice(0, middle - 9), ...lines.slice(middle + 9)].join(''), [2]],
  [
    'a log with half a line in its middle',
    [...lines.slice(0, middle), lines[middle]!.slice(0, 50), '\n', ...lines.slice(middle + 1)].join(''),
    ['log'],
  ],
  ['an empty log', '', ['log']],
  ['a log of nothing but zeros', '\0'.repeat(4096), ['log']],
  [
    'a model that only the base has',
    linesOf({
      models: [
        { id: 'large', class: 'llm', quality: 0.8 },
        { id: 'other', class: 'llm', quality: 0.8 },
      ],
    }).join(''),
    ['a model that both have'],
  ],
  [
    'time that goes backward',
    linesOf(
      {},
      timed(({ sent, pieces, end }) => ({ sent, pieces: pieces.toReversed().map((at) => -at), end })),
    ).join(''),
    ['pieces'],
  ],
  [
    'an end before its beginning',
    linesOf(
      {},
      timed((timing) => ({ ...timing, end: -1 })),
    ).join(''),
    ['end'],
  ],
])('%s', async (_, text, expected) => {
  const [code] = expected;
  const found = await codeOf(runOf(text));
  if (typeof code === 'number') expect(found).toBe(code);
  else {
    expect(found).toBeInstanceOf(UserError);
    expect((found as Error).message).toContain(code);
  }
});

test('an answer that took no time has no rate, and nothing is said of speed', async () => {
  const still = runOf(
    linesOf(
      {},
      timed(({ pieces }) => ({ sent: 0, pieces: pieces.map(() => 0), end: 0 })),
    ).join(''),
  );
  expect(await codeOf(still, {}, { decodeRate: { by: '5%' } })).toBe(2);
  expect(await codeOf(still, {}, { ttft: { by: '5%' } })).toBe(2);
});

test('a trial that stands twice in a log counts once', async () => {
  const twice = runOf(
    linesOf(
      {},
      measured((record, i) => (i < 6 ? [record, record] : record)),
    ).join(''),
  );
  const { compared, exitCode } = await compare([base, twice], { gates: { burden: 'shown worse', gate: QUALITY } });
  expect(exitCode).toBe(0);
  expect(compared[0]!.comparison.changes[0]).toMatchObject({ metric: 'quality', n: 60, change: { value: 0 } });
});

test('one sample in place of another, under two ids, is one sample lost', async () => {
  const copied = linesOf({}, (records) => {
    const [first, second] = records.filter((record) => record.type === 'sample');
    return records.map((record) =>
      record === second ? { ...second!, hash: (first as { hash: string }).hash } : record,
    ) as LogRecord[];
  });
  expect(await codeOf(runOf(copied.join('')))).toBe(2);
});

test('samples that all have one hash are still compared: a loss is red', async () => {
  const equal = (quality: number) =>
    runOf(
      linesOf(
        { tasks: [{ name: 'route', samples: 400 }], models: [{ id: 'small', class: 'slm', quality }] },
        (records) => records.map((record) => (record.type === 'sample' ? { ...record, hash: 'f'.repeat(64) } : record)),
      ).join(''),
    );
  const [before, after] = [equal(0.9), equal(0.5)];
  const gates = { burden: 'shown worse', gate: QUALITY } as const;
  expect((await compare([before, after], { gates })).exitCode).toBe(1);
});

test('a history without any run judges no speed', async () => {
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  for (const history of [empty, join(folder, 'none')])
    expect(await codeOf(runOf(linesOf().join('')), { history }, { decodeRate: { by: '5%' } })).toBe(2);
});

test('a baseline of another version, or with another metric, is refused', async () => {
  const file = join(folder, 'baseline.json');
  await writeBaselineOf(base, { out: file });
  const content = JSON.parse(readFileSync(file, 'utf8'));
  const against = async (changed: object) => {
    writeFileSync(file, JSON.stringify(changed));
    const gates = { burden: 'shown worse', gate: QUALITY } as const;
    return compare([file, base], { gates }).then(({ exitCode }) => exitCode);
  };
  expect(await against(content)).toBe(0);
  await expect(against({ ...content, version: 2 })).rejects.toThrow(UserError);
  const [model] = content.models;
  const [task] = model.tasks;
  const { ttft, ...figures } = task.figures;
  for (const other of [figures, { ...figures, ttft, speed: ttft }, { ...figures, ttft: { n: 1 } }])
    await expect(against({ ...content, models: [{ ...model, tasks: [{ ...task, figures: other }] }] })).rejects.toThrow(
      UserError,
    );
});

test('a gate that is named twice holds twice', async () => {
  const worse = runOf(linesOf({ models: [{ id: 'small', class: 'slm', quality: 0.1 }] }).join(''));
  expect(await codeOf(worse, {}, { quality: [{ by: '3 points' }, { by: '20 points' }] })).toBe(1);
  expect(await codeOf(worse, {}, { quality: [] })).toBeInstanceOf(UserError);
});

test('the model of a gate must be in both runs', async () => {
  expect(await codeOf(runOf(linesOf().join('')), {}, { ...QUALITY, model: 'large' })).toBeInstanceOf(UserError);
});
