/** Secondary scorers: each judges every answer, a failure of the model is wrong for all of them, and evidence is theirs alone. */
import { describe, expect, it } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import type { EvidenceRecord, LogRecord } from '../../../src/core/log/log.js';
import { makeLog } from '../../support/log.js';

const JUDGE = { name: 'judge' as const, rubric: 'Be polite.' };

/** Forty answers, of which the first has failed by the model's fault. */
function log(): LogRecord[] {
  const records = makeLog({
    tasks: [{ name: 'route', samples: 40 }],
    models: [{ id: 'm', class: 'slm', quality: 1 }],
  });
  return records.map((record): LogRecord => {
    if (record.type === 'run') {
      const [suite] = record.suites;
      const tasks = suite!.tasks.map((task) => ({ ...task, secondary: ['exact' as const, JUDGE] }));
      return { ...record, suites: [{ ...suite!, tasks }] };
    }
    if (record.type !== 'measurement' || !record.sample.endsWith('0001')) return record;
    return { ...record, outcome: { state: 'failed', by: 'model', kind: 'timeout', reason: 'late', output: '' } };
  });
}

function evidenceFor(records: readonly LogRecord[], count: number, mark: number, scorer?: string): EvidenceRecord[] {
  const completed = records.flatMap((record) =>
    record.type === 'measurement' && record.outcome.state === 'completed' ? [record.trial] : [],
  );
  return completed.slice(0, count).map((trial) => ({
    type: 'evidence',
    trial,
    model: 'm',
    ...(scorer !== undefined && { scorer }),
    evidence: { effect: 'judge', answers: [`[[${mark}]]`] },
  }));
}

const aggregatesOf = (records: readonly LogRecord[]) => analyse(records).suites[0]!.tasks[0]!.cells[0]!.aggregates;

describe('secondary scorers', () => {
  it('count a failure of the model as wrong', () => {
    const records = log();
    const aggregates = aggregatesOf([...records, ...evidenceFor(records, 39, 5, 'judge')]);
    expect(aggregates['score exact']).toMatchObject({ value: 39 / 40, n: 40 });
    expect(aggregates['score judge']).toMatchObject({ value: 39 / 40, n: 40 });
  });

  it('take no evidence that another scorer asked for', () => {
    const records = log();
    const none = { missing: '39 of 40 answers could not be scored: no judge was asked; --judge names one' };
    expect(aggregatesOf([...records, ...evidenceFor(records, 39, 5)])['score judge']).toEqual(none);
  });

  it('have no score where more than one in twenty answers has none', () => {
    const records = log();
    const judged = (count: number) =>
      aggregatesOf([...records, ...evidenceFor(records, count, 5, 'judge')])['score judge'];
    expect(judged(38)).toMatchObject({ n: 39 });
    expect(judged(36)).toEqual({ missing: expect.stringMatching(/^3 of 40 answers could not be scored/) });
  });

  it('are judged alike in whatever order the records come', () => {
    const records = log();
    const evidence = evidenceFor(records, 39, 4, 'judge');
    expect(aggregatesOf([...evidence, ...records])).toEqual(aggregatesOf([...records, ...evidence]));
  });
});
