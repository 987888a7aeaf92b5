import { describe, expect, it } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import { UserError } from '../../../src/core/errors.js';
import type { LogRecord, MeasurementRecord } from '../../../src/core/log/log.js';
import type { Completed } from '../../../src/core/measure/measurement.js';
import { isMissing } from '../../../src/core/quantity.js';
import { type LogOrder, makeLog, shuffled } from '../../support/log.js';

const pair: LogOrder = {
  tasks: [
    { name: 'route', samples: 40, groupSize: 4 },
    { name: 'policy', samples: 12 },
  ],
  models: [
    { id: 'small', class: 'slm', quality: 0.7 },
    { id: 'large', class: 'llm', quality: 0.9, ttft: 0.06 },
  ],
};

function cell(log: readonly LogRecord[], task: string, model: string) {
  const analysis = analyse(log);
  return analysis.suites[0]!.tasks.find(({ name }) => name === task)!.cells.find((one) => one.model === model)!;
}

function known<T extends object>(value: T): Exclude<T, { missing: string }> {
  if (isMissing(value)) throw new Error(`Expected a value, got missing: ${value.missing}`);
  return value as Exclude<T, { missing: string }>;
}

describe('the analysis of a log', () => {
  it('is the same whatever the order of the records', () => {
    const log = makeLog({ ...pair, repetitions: 2 });
    const expected = JSON.stringify(analyse(log));
    for (const seed of [1, 2, 3, 4, 5]) expect(JSON.stringify(analyse(shuffled(log, seed)))).toBe(expected);
  });

  it('counts a record that was written twice once', () => {
    const log = makeLog(pair);
    expect(JSON.stringify(analyse([...log, ...log]))).toBe(JSON.stringify(analyse(log)));
  });

  it('warns about a trial with two different results, keeps the earlier, and does so in any order', () => {
    const log = makeLog(pair);
    const first = log.find((record) => record.type === 'measurement') as MeasurementRecord;
    const other: MeasurementRecord = {
      ...first,
      at: first.at + 1000,
      outcome: { ...first.outcome, output: 'something else' } as never,
    };
    const analysis = analyse([other, ...log]);
    expect(analysis.warnings[0]!.what).toMatch(/^1 trials? (was|were) recorded more than once with different results/);
    expect(cell([other, ...log], first.task, first.model).results[0]!.output).toBe((first.outcome as Completed).output);
    expect(JSON.stringify(analysis)).toBe(JSON.stringify(analyse([...log, other])));
  });

  it('scores silence, refusal and a failure of the model 0, and leaves our own failure unscored', () => {
    const outcomes = ['silence', 'model', 'harness'] as const;
    const log = makeLog({
      tasks: [{ name: 'route', samples: 30 }],
      models: [
        {
          id: 'small',
          class: 'slm',
          quality: 1,
          outcome: (sample, outcome) => {
            const kind = outcomes[Number(sample.slice(-2)) - 1];
            if (kind === undefined) return outcome;
            if (kind === 'silence') return { ...outcome, output: ' ' } as never;
            return { state: 'failed', by: kind, kind: 'timeout', reason: 'it took too long', output: '' };
          },
        },
      ],
    });
    const { results, trials, quality, failures } = cell(log, 'route', 'small');
    expect(results.slice(0, 4).map((result) => result!.score)).toEqual([0, 0, null, 1]);
    expect(trials).toMatchObject({ recorded: 30, completed: 28, failedByModel: 1, failedByHarness: 1 });
    expect(known(quality)).toMatchObject({ value: 27 / 29, n: 29 });
    expect(failures).toEqual([
      { by: 'harness', kind: 'timeout', count: 1, example: 'it took too long' },
      { by: 'model', kind: 'timeout', count: 1, example: 'it took too long' },
    ]);
  });

  it('averages repetitions before anything else, so that they do not pass for more samples', () => {
    const log = makeLog({ ...pair, repetitions: 3 });
    const { quality, trials, results } = cell(log, 'policy', 'small');
    expect(trials.recorded).toBe(36);
    expect(known(quality).n).toBe(12);
    expect(results.every((result) => result!.repetitions === 3)).toBe(true);
  });

  it('clusters the interval of quality on the groups of samples', () => {
    const quality = known(cell(makeLog(pair), 'route', 'small').quality);
    expect(quality).toMatchObject({ n: 40, clusters: 10, method: 'clustered-wilson' });
    expect(known(cell(makeLog(pair), 'policy', 'small').quality).clusters).toBeUndefined();
  });

  it('has latencies and rates as the script played them', () => {
    const { metrics, gaps } = cell(
      makeLog({ tasks: [{ name: 'route', samples: 300 }], models: [{ id: 'm', quality: 1, ttft: 0.1, itl: 0.01 }] }),
      'route',
      'm',
    );
    expect(known(known(metrics.ttft).at.median).value).toBeCloseTo(0.1, 2);
    expect(known(known(metrics.itl).at.median).value).toBeCloseTo(0.01, 3);
    expect(known(known(metrics.decodeRate).at.median).value).toBeCloseTo(100, -1);
    expect(known(known(metrics.ttft).at.p95).low).toBeGreaterThan(0.11);
    expect(known(gaps).n).toBe(300 * 11);
    expect(known(gaps).quantiles[50]).toBeCloseTo(0.01, 3);
    expect(known(gaps).quantiles).toHaveLength(101);
  });

  it('says that a percentile takes more requests, instead of making one up', () => {
    const { metrics } = cell(makeLog({ ...pair, tasks: [{ name: 'route', samples: 10 }] }), 'route', 'small');
    expect(known(metrics.ttft).at.p99).toEqual({ missing: expect.stringMatching(/^10 values are too few/) });
  });

  it('prices a request by its tokens, and says why where it cannot', () => {
    const log = makeLog({
      tasks: [{ name: 'route', samples: 7 }],
      models: [
        { id: 'paid', quality: 1, tokens: 10, price: { input: 1, output: 10 } },
        { id: 'own', quality: 1 },
      ],
    });
    // 40 to 46 prompt tokens, 43 in the mean, at a dollar a million; 10 output tokens at ten dollars.
    expect(known(known(cell(log, 'route', 'paid').metrics.cost).at.mean).value).toBeCloseTo((1000 * (43 + 100)) / 1e6);
    expect(cell(log, 'route', 'own').metrics.cost).toEqual({ missing: 'no price is given for this model' });
  });

  it('keeps what is not known as missing, with the reason of the engine', () => {
    const log = makeLog({
      tasks: [{ name: 'route', samples: 8 }],
      models: [
        {
          id: 'remote',
          quality: 1,
          memory: null,
          sureness: null,
          outcome: (_, outcome) =>
            ({ ...outcome, outputTokens: { missing: 'the server gives no usage', source: 'none' } }) as never,
        },
      ],
    });
    const analysis = analyse(log);
    const { metrics, results } = analysis.suites[0]!.tasks[0]!.cells[0]!;
    expect(metrics.decodeRate).toEqual({ missing: 'the server gives no usage' });
    expect(analysis.models[0]!.memory.peak.resident).toEqual({ missing: 'the model runs on another machine' });
    expect(results[0]!.confidence).toEqual({ missing: 'the server gives no log-probabilities' });
    expect(JSON.stringify(analysis)).not.toMatch(/null,null|NaN|Infinity/);
  });

  it('says that a run was cut off, and how far it came', () => {
    const { run, suites } = analyse(makeLog({ ...pair, cutAfter: 30 }));
    expect(run.ended).toMatchObject({ complete: false });
    expect(run.trials.planned).toBe(104);
    expect(run.trials.recorded).toBeLessThan(30);
    expect(suites[0]!.tasks[1]!.cells[1]!.quality).toEqual({ missing: 'the task has no samples' });
  });

  it('warns about answers that were cut, counts that disagree, and prompts that were sent twice', () => {
    const log = makeLog({
      tasks: [{ name: 'route', samples: 20 }],
      models: [
        {
          id: 'm',
          quality: 1,
          outcome: (_, outcome) =>
            ({ ...outcome, finish: 'length', outputTokens: { value: 30, source: 'server' } }) as never,
        },
      ],
    }).map((record) => (record.type === 'sample' ? { ...record, promptHash: 'the same' } : record));
    const warnings = cell(log, 'route', 'm').warnings.map(({ what }) => what);
    expect(warnings).toEqual([
      '20 of 20 answers were cut at the token limit',
      expect.stringContaining('only 20 samples'),
      expect.stringContaining('differ by more than 10%'),
      expect.stringContaining('19 prompts are sent more than once'),
    ]);
  });

  it('refuses a log without its run, and one that mixes two', () => {
    const log = makeLog(pair);
    expect(() => analyse(log.slice(1))).toThrow(UserError);
    expect(() => analyse([...log, ...makeLog({ ...pair, id: 'another' })])).toThrow(/mixes the runs .* and another/);
  });

  it('reads a scorer that does not exist any more as unscored, with the reason', () => {
    const log = makeLog(pair).map((record) =>
      record.type === 'run' ? JSON.parse(JSON.stringify(record).replaceAll('"exact"', '"gone"')) : record,
    );
    expect(cell(log, 'route', 'small').quality).toEqual({
      missing: 'no answer could be scored: there is no scorer gone',
    });
  });
});
