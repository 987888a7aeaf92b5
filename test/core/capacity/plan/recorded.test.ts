import { describe, expect, it } from 'vitest';
import { engineHere } from '../../../../src/core/capacity/plan/here.js';
import { startRecorded } from '../../../../src/core/capacity/plan/recorded.js';
import { stepSeconds } from '../../../../src/core/capacity/simulate/step-times.js';
import type { LogRecord } from '../../../../src/core/log/log.js';
import { isMissing } from '../../../../src/core/quantity.js';
import { loadLog, stepOf } from '../../../support/load-log.js';

/** Steps of one request after the other, and of two at once: a token every 10 ms, and every 16. */
const ALONE = stepOf({ id: 1, condition: 'closed 1', n: 40, ttft: () => 0.1 }).map((record) => written(record, 0.01));
const BOTH = stepOf({ id: 2, condition: 'closed 2', n: 40, ttft: () => 0.1 }).map((record, i) =>
  // Pairs that begin and end together.
  written(record, 0.016, Math.floor(i / 2)),
);

function written(record: LogRecord, gap: number, pair?: number): LogRecord {
  if (record.type !== 'measurement' || record.outcome.state !== 'completed') return record;
  const { outcome } = record;
  const pieces = Array.from({ length: 20 }, (_, i) => 0.1 + gap * i);
  return {
    ...record,
    ...(pair !== undefined && { due: 100 + pair }),
    outcome: {
      ...outcome,
      promptTokens: { value: 20, source: 'engine' },
      outputTokens: { value: 20, source: 'engine' },
      timing: { sent: 0, pieces, end: pieces.at(-1)! },
    },
  };
}

const recorded = (records: readonly LogRecord[]) => {
  const fold = startRecorded();
  for (const record of loadLog(records)) fold.add(record);
  return fold.finish()[0]!;
};

describe('what a load test tells of its machine', () => {
  it('is how long a step of several sequences takes, beside its single streams', () => {
    const { streams, batches } = recorded([...ALONE, ...BOTH]);
    expect(streams).toHaveLength(40);
    expect(batches).toMatchObject([{ sequences: 2 }]);
    expect(batches[0]!.seconds).toBeCloseTo(0.016, 6);
    const engine = engineHere({ facts: null, streams, batches }, { slots: 2, context: 1_000 });
    if (isMissing(engine)) throw new Error(engine.missing);
    const [{ times, doubts }] = engine;
    expect(stepSeconds(times, { decoding: 1, tokens: 0, read: 0 })).toBeCloseTo(0.01, 6);
    expect(stepSeconds(times, { decoding: 2, tokens: 0, read: 0 })).toBeCloseTo(0.016, 6);
    const [more] = engineHere({ facts: null, streams, batches }, { slots: 8, context: 1_000 }) as typeof engine;
    // Steps of eight were not seen.
    expect(more.doubts.batch.high).toBeGreaterThan(doubts.batch.high);
  });

  // A request every second that takes 0.3 s, and one of a second that begins and ends among others.
  const paced = (condition = 'open 1 poisson', more = {}) =>
    stepOf({ id: 3, condition, n: 20, ttft: () => 0.1, more: { began: 100, until: 20, ...more } }).map((record, i) => {
      const one = written(record, i === 5 ? 0.05 : 0.01, i);
      return one.type === 'measurement' ? { ...one, due: 100 + i } : one;
    });

  it('is a single stream wherever no other request was under way', () => {
    const { streams } = recorded(paced());
    // The sixth lasts 0.1 + 19 x 0.05 = 1.05 s, so the seventh begins before its end.
    expect(streams).toHaveLength(18);
    expect(streams[0]).toMatchObject({ ttft: 0.1, outputTokens: 20 });
    expect(streams[0]!.tpot).toBeCloseTo(0.01, 6);
    const engine = engineHere({ facts: null, streams }, { slots: 1, context: 1_000 });
    expect(isMissing(engine)).toBe(false);
  });

  it('is none after a request whose end is not known, or whose step is not known to its end', () => {
    const failed = { state: 'failed', by: 'model', kind: 'server', reason: 'it broke', output: '' };
    const broken = paced().map((record, i) => (i === 10 ? { ...record, outcome: failed } : record)) as LogRecord[];
    expect(recorded(broken).streams).toHaveLength(8);
    expect(recorded(paced('open 1 poisson', { until: 4 })).streams).toHaveLength(4);
    expect(recorded(paced().filter(({ type }) => type !== 'step')).streams).toEqual([]);
  });

  it('says which command measures what is missing', () => {
    expect(engineHere({ facts: null, streams: [] }, { slots: 1, context: 1_000 })).toEqual({
      missing:
        'the run has 0 answers of two tokens or more that had the machine for themselves, and 8 calibrate it: `rightsize load -c 1` measures them',
    });
  });

  it('says of answers whose pieces held several tokens that their time per token is not known', () => {
    const streams = Array.from({ length: 60 }, () => ({ promptTokens: 30, outputTokens: 16, ttft: 0.1, tpot: null }));
    expect(engineHere({ facts: null, streams }, { slots: 1, context: 1_000 })).toEqual({
      missing:
        '60 answers had the machine for themselves, and the time per token of 60 of them is not known: their pieces do not show when each token came',
    });
  });

  it('is nothing of the kind once an answer broke off, which had been written too; one that never began was not', () => {
    const failing = (first: { first?: number }) =>
      BOTH.map((record, i) => {
        if (record.type !== 'measurement' || i > 0) return record;
        const outcome = { state: 'failed', by: 'model', kind: 'server', reason: 'it broke', output: '', ...first };
        return { ...record, due: 0, outcome };
      }) as LogRecord[];
    expect(recorded([...ALONE, ...failing({ first: 0.1 })]).batches).toEqual([]);
    expect(recorded([...ALONE, ...failing({})]).batches).toMatchObject([{ sequences: 2 }]);
  });
});
