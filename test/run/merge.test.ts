import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { LogRecord, MeasurementRecord } from '../../src/core/log/log.js';
import { merge } from '../../src/run/merge.js';
import { makeLog } from '../support/log.js';

const LOG = makeLog({
  tasks: [{ name: 'route', samples: 10 }],
  models: [{ id: 'small', class: 'slm', quality: 0.8 }],
});

/** A part with some of the trials, measured in another session. */
function partWith(samples: (n: number) => boolean, session: string, change = (record: MeasurementRecord) => record) {
  const records = LOG.flatMap((record): LogRecord[] => {
    if (record.type === 'measurement')
      return samples(Number(record.sample.slice(-4))) ? [change({ ...record, session })] : [];
    if (record.type === 'session' || record.type === 'session-end') return [{ ...record, session }];
    return record.type === 'end' ? [] : [record];
  });
  return folderOf(records);
}

function folderOf(records: readonly LogRecord[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-part-'));
  writeFileSync(join(folder, 'log.jsonl'), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  return folder;
}

const elsewhere = (record: MeasurementRecord): MeasurementRecord =>
  record.outcome.state === 'completed' ? { ...record, outcome: { ...record.outcome, output: 'another text' } } : record;

async function merged(...parts: string[]) {
  const result = await merge(parts, { cwd: mkdtempSync(join(tmpdir(), 'rightsize-merged-')) });
  const lines = readFileSync(join(result.folder, 'log.jsonl'), 'utf8').trimEnd().split('\n');
  const records = lines.map((line): LogRecord => JSON.parse(line));
  return { ...result, measured: records.filter((record) => record.type === 'measurement') };
}

test('a run is the union of its parts by trial, and an earlier session wins in any order', async () => {
  const first = partWith((n) => n <= 6, 'session-a');
  const second = partWith((n) => n > 4, 'session-b', elsewhere);
  for (const parts of [
    [first, second],
    [second, first],
  ]) {
    const { trials, twice, differing, measured } = await merged(...parts);
    expect({ trials, twice, differing }).toEqual({ trials: 10, twice: 2, differing: 2 });
    expect(measured.filter(({ session }) => session === 'session-a')).toHaveLength(6);
    expect(new Set(measured.map(({ trial }) => trial)).size).toBe(measured.length);
  }
});

test('a completed answer counts before a failed one', async () => {
  const failed = partWith(
    () => true,
    'session-a',
    (record) => ({
      ...record,
      outcome: { state: 'failed', by: 'model', kind: 'crash', reason: 'it died', output: '' } as never,
    }),
  );
  const { measured } = await merged(
    failed,
    partWith(() => true, 'session-b'),
  );
  expect(measured.every(({ outcome }) => outcome.state === 'completed')).toBe(true);
});

test('parts of two runs are refused with both names', async () => {
  const other = folderOf(LOG.map((record) => (record.type === 'run' ? { ...record, id: 'another-run' } : record)));
  await expect(
    merged(
      partWith(() => true, 's'),
      other,
    ),
  ).rejects.toThrow(/expected a part of the run .*, found one of another-run/);
});

test('a log without a run is refused', async () => {
  await expect(merged(folderOf(LOG.filter(({ type }) => type !== 'run')))).rejects.toThrow(/found no run in it/);
});
