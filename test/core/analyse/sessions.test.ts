import { describe, expect, it } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import type { LogRecord, MeasurementRecord } from '../../../src/core/log/log.js';
import { isMissing } from '../../../src/core/quantity.js';
import { recommend } from '../../../src/core/recommend/recommend.js';
import { makeLog } from '../../support/log.js';

const one = (samples = 60) =>
  makeLog({ tasks: [{ name: 'route', samples }], models: [{ id: 'm', class: 'slm', quality: 0.9 }] });

function slower(record: LogRecord, factor: number): LogRecord {
  if (record.type !== 'measurement' || record.outcome.state !== 'completed') return record;
  const { timing } = record.outcome;
  return {
    ...record,
    outcome: { ...record.outcome, timing: { ...timing, pieces: timing.pieces.map((time) => time * factor) } },
  };
}

describe('a model over its sessions', () => {
  it('says why it could not be opened, in the place of every number', () => {
    const log: LogRecord[] = [
      ...one().filter(({ type }) => ['run', 'machine', 'sample'].includes(type)),
      { type: 'model-failed', model: 'm', reason: 'weights.gguf is truncated' },
    ];
    const { models, suites } = analyse(log);
    expect(models[0]).toMatchObject({
      metrics: {
        load: { missing: 'weights.gguf is truncated' },
        firstRequest: { missing: 'weights.gguf is truncated' },
        memory: { missing: 'weights.gguf is truncated' },
        memoryAdded: { missing: 'weights.gguf is truncated' },
      },
      failures: ['weights.gguf is truncated'],
    });
    expect(models[0]!.warnings[0]!.what).toBe('the model could not be run: weights.gguf is truncated');
    expect(suites[0]!.tasks[0]!.cells[0]!.quality).toEqual({ missing: 'not run: weights.gguf is truncated' });
  });

  it('keeps the first request of a cold session out of the latencies, and its answer in', () => {
    const log = one(20).map((record) =>
      record.type === 'measurement' && record.sample.endsWith('01')
        ? ({ ...slower(record, 1000), cold: true } as MeasurementRecord)
        : record,
    );
    const { metrics, quality, gaps } = analyse(log).suites[0]!.tasks[0]!.cells[0]!;
    if (isMissing(metrics.ttft) || isMissing(quality) || isMissing(gaps)) throw new Error('expected values');
    expect(metrics.ttft).toMatchObject({ n: 19 });
    expect(metrics.ttft.max).toBeLessThan(0.1);
    expect(gaps.n).toBe(19 * 11);
    expect(quality.n).toBe(20);
  });

  it('says what log-probabilities cost where a server was asked for them, with an interval', () => {
    const timed = (pairs: readonly { with: number; without: number }[]) =>
      one().map((record) => (record.type === 'session-end' ? { ...record, logprobs: pairs } : record));
    const said = (pairs: Parameters<typeof timed>[0]) =>
      analyse(timed(pairs)).models[0]!.warnings.filter(({ what }) => what.includes('log-probabilities'));
    const pairs = [0.49, 0.5, 0.51, 0.5].map((seconds, i) => ({
      with: seconds * (1.04 + 0.01 * (i % 2)),
      without: seconds,
    }));
    const [warning] = said(pairs);
    expect(warning!.what).toContain('took 1.04 times as long as without them (95%: 1.04 to 1.05, 4 pairs)');
    expect(said([{ with: 2, without: 1 }])).toEqual([]);
    expect(said([])).toEqual([]);
  });

  it('warns where its sessions ran on different numbers of threads', () => {
    const [first, ...rest] = one().filter(({ type }) => type === 'session');
    if (first?.type !== 'session' || rest.length > 0) throw new Error('expected one session');
    const again = (threads: number): LogRecord => ({
      ...first,
      session: 'again',
      facts: { ...first.facts, threads: { value: threads } },
    });
    const warnedOf = (threads: number) =>
      analyse([...one(), again(threads)]).models[0]!.warnings.filter(({ what }) => what.includes('threads'));
    expect(warnedOf(2)).toEqual([]);
    expect(warnedOf(1)).toMatchObject([{ what: expect.stringContaining('ran on 1 and 2 threads') }]);
  });

  it('warns where prompts lie on both sides of a length at which the engine changes its code', () => {
    const promptCliff = { tokens: 64, what: 'shorter ones are read by slower code', remedy: 'set another option' };
    const warningsOf = (lengths: (sample: string) => number, facts = {}) =>
      analyse(
        makeLog({
          tasks: [{ name: 'route', samples: 60 }],
          models: [
            {
              id: 'm',
              quality: 1,
              facts,
              outcome: (sample, outcome) =>
                ({ ...outcome, promptTokens: { value: lengths(sample), source: 'engine' } }) as typeof outcome,
            },
          ],
        }),
      ).models[0]!.warnings.filter(({ remedy }) => remedy === promptCliff.remedy);
    const straddling = (sample: string) => (sample.endsWith('0') ? 63 : 64);
    expect(warningsOf(straddling, { promptCliff })).toEqual([
      {
        what: '6 of 60 prompts have fewer than 64 tokens: shorter ones are read by slower code',
        remedy: 'set another option',
      },
    ]);
    expect(warningsOf(straddling)).toEqual([]);
    expect(warningsOf(() => 63, { promptCliff })).toEqual([]);
    expect(warningsOf(() => 64, { promptCliff })).toEqual([]);
  });

  it('warns when it grew slower over the run, and not when it did not', () => {
    const steady = analyse(one(200)).models[0]!;
    expect(steady.warnings).toEqual([]);
    let i = 0;
    const drifting = one(200).map((record) => (record.type === 'measurement' ? slower(record, 1 + i++ / 400) : record));
    const { drift, warnings } = analyse(drifting).models[0]!;
    if (isMissing(drift)) throw new Error(drift.missing);
    expect(drift.change).toBeLessThan(-0.25);
    expect(drift.p).toBeLessThan(1e-6);
    expect(warnings[0]!.what).toMatch(/^the decode rate fell by \d\d% over the run$/);
  });

  it('warns about an event loop that was late, and about a class that nobody knows', () => {
    const log = makeLog({ tasks: [{ name: 'route', samples: 30 }], models: [{ id: 'm', quality: 0.9 }] }).map(
      (record) =>
        record.type === 'session-end'
          ? { ...record, loopDelay: { runner: { value: 0.001 }, worker: { value: 0.05 } } }
          : record,
    );
    expect(analyse(log).models[0]!.warnings.map(({ what }) => what)).toEqual([
      expect.stringContaining('it is not compared with any model'),
      expect.stringContaining('late by 50 ms'),
    ]);
  });

  it('takes the largest peak of several sessions, and says that one that was killed had none', () => {
    const log = one().filter(({ type }) => type !== 'session-end');
    expect(analyse(log).models[0]!.memory.peak.resident).toEqual({
      missing: 'the session ended before its peak was read',
    });
  });
});

describe('variants of one model', () => {
  it('are held against the first, sample by sample', () => {
    const log = makeLog({
      tasks: [{ name: 'route', samples: 40 }],
      models: ['a', 'b', 'c'].map((variant) => ({ id: `m:${variant}`, class: 'slm' as const, quality: 1 })),
    }).map((record) =>
      record.type === 'measurement' && record.model === 'm:c' && Number(record.sample.slice(-2)) <= 10
        ? ({ ...record, outcome: { ...record.outcome, output: 'another' } } as LogRecord)
        : record,
    );
    expect(analyse(log).suites[0]!.parity).toEqual([
      { first: 'm:a', second: 'm:b', n: 40, sameOutput: 40, sameScore: 40 },
      { first: 'm:a', second: 'm:c', n: 40, sameOutput: 30, sameScore: 30 },
    ]);
  });
});

describe('a server that rightsize did not start', () => {
  const served = (facts: object, entry: Record<string, unknown> = {}) =>
    makeLog({
      tasks: [{ name: 'route', samples: 8 }],
      models: [{ id: 'm', class: 'llm', quality: 0.9, parameters: 70e9, facts, entry }],
      requirement: { limits: { memory: { max: '2 GiB' } } },
    });
  const remote = { backend: 'openai', source: 'big', endpoint: 'http://127.0.0.1:1/v1' };
  const reason = { missing: 'the server is not ours: rightsize did not start it' };

  it.each([
    ['by its own word', { network: 'loopback', server: 'not ours' }, remote],
    ['across the internet', { network: 'internet', server: 'not ours' }, remote],
    ['in a log of an earlier version, by its entry', { network: 'loopback' }, remote],
  ])('%s has no memory and no load time: what could be read belongs to another process', (_, facts, entry) => {
    const analysis = analyse(served(facts, entry));
    const { memory, metrics } = analysis.models[0]!;
    expect(memory.peak).toEqual({ resident: reason, anonymous: reason, fileMapped: reason, gpu: reason });
    expect([metrics.memory, metrics.memoryAdded, memory.baseline.resident, metrics.load]).toEqual(
      Array(4).fill(reason),
    );
  });

  it('cannot be held to a limit on memory, fits no device and has no energy', () => {
    const [suite] = recommend(analyse(served({ network: 'loopback', server: 'not ours' }, remote))).suites;
    const checks = suite!.tasks[0]!.checks[0]!.checks;
    expect(checks).toMatchObject([{ limit: 'memory', state: 'unknown', observed: reason }]);
    expect(suite!.fits).toEqual([]);
  });

  it.each([
    ['an engine in the process', { network: 'none' }, {}],
    ['a server that it started', { network: 'loopback', server: 'ours' }, { ...remote, server: { command: ['x'] } }],
    ['such a server in an older log', { network: 'loopback' }, { ...remote, server: { command: ['x'] } }],
  ])('is not %s', (_, facts, entry) => {
    const { memory, metrics } = analyse(served(facts, entry)).models[0]!;
    expect(isMissing(memory.peak.resident) || isMissing(metrics.load)).toBe(false);
  });
});
