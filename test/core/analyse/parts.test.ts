/** Parts of one run from several machines, under several conditions: each figure is made from what belongs together. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import { type Analysis, cellOf } from '../../../src/core/analyse/analysis.js';
import type { LogRecord, SessionRecord } from '../../../src/core/log/log.js';
import { isMissing, type Missing } from '../../../src/core/quantity.js';
import { recommend } from '../../../src/core/recommend/recommend.js';
import { recordsOf } from '../../../src/files/log.js';
import { type LogOrder, makeLog, shuffled } from '../../support/log.js';
import { ORDER, partOf, withBaseline } from '../../support/parts.js';

const SEEDS = [1, 2, 3, 4, 5];

const A = partOf({ machine: 'a', half: 'first' });
const B = partOf({ machine: 'b', half: 'second', slower: 3, baseline: 1e9 });

function value<T extends object>(quantity: T | Missing): T {
  if (isMissing(quantity)) throw new Error(`Expected a value, got missing: ${quantity.missing}`);
  return quantity;
}

const routeOf = (analysis: Analysis, model: string) => cellOf(analysis.suites[0]!.tasks[0]!, model);
const medianTtft = (metrics: ReturnType<typeof routeOf>['metrics']) => value(metrics.ttft).quantiles[50]!;

describe('two parts of one run from two machines', () => {
  const together = analyse([...A, ...B]);

  test('give the same analysis in any order', () => {
    const expected = JSON.stringify(together);
    expect(JSON.stringify(analyse([...B, ...A]))).toBe(expected);
    expect(JSON.stringify(analyse([...A, ...B, ...A]))).toBe(expected);
    for (const seed of SEEDS) expect(JSON.stringify(analyse(shuffled([...A, ...B], seed)))).toBe(expected);
  });

  test('have the memory of each machine, never a difference between two of them', () => {
    for (const [i, part] of [A, B].entries()) {
      const alone = analyse(part).models;
      together.models.forEach((model, j) => {
        const figures = i === 0 ? model : model.elsewhere[0]!;
        expect(figures.metrics.memoryAdded).toEqual(alone[j]!.metrics.memoryAdded);
        expect(figures.metrics.memory).toEqual(alone[j]!.metrics.memory);
      });
    }
  });

  test('have the speed of each machine, and the quality of both', () => {
    for (const model of ['small', 'large']) {
      const cell = routeOf(together, model);
      expect(cell).toMatchObject({ machine: 'machine 1', trials: { recorded: 80 }, elsewhere: [{ trials: 40 }] });
      expect(value(cell.quality).n).toBe(80);
      expect(value(cell.metrics.outputTokens).n).toBe(80);
      expect(value(cell.metrics.ttft)).toEqual(value(routeOf(analyse(A), model).metrics.ttft));
      expect(value(cell.elsewhere[0]!.metrics.ttft)).toEqual(value(routeOf(analyse(B), model).metrics.ttft));
      expect(medianTtft(cell.elsewhere[0]!.metrics) / medianTtft(cell.metrics)).toBeGreaterThan(2.5);
      expect(value(cell.gaps).n).toBe(value(routeOf(analyse(A), model).gaps).n);
    }
    expect(together.machines.map(({ name, trials }) => [name, trials])).toEqual([
      ['machine 1', 80],
      ['machine 2', 80],
    ]);
  });

  test('are no drift, and are told', () => {
    for (const { drift } of together.models) if (!isMissing(drift)) expect(Math.abs(drift.change)).toBeLessThan(0.2);
    expect(together.circumstances.map(({ what }) => what)).toEqual([
      expect.stringMatching(/^the trials come from different machines \(machine 1: .*; machine 2: /),
    ]);
  });

  test('compare no speed of one machine with that of another', () => {
    const onlyLarge = B.filter((record) => !('model' in record) || record.model === 'large');
    const onlySmall = A.filter((record) => !('model' in record) || record.model === 'small');
    const { suites } = recommend(analyse([...onlySmall, ...onlyLarge]));
    const apart = { missing: 'the two models were measured on different machines' };
    expect(suites[0]!.tasks[0]!.comparisons[0]!.factors).toMatchObject({ e2e: apart, ttft: apart, memory: apart });
  });
});

test('no log gives a negative memory', () => {
  const shrunk = A.map((record) => (record.type === 'session' ? (withBaseline(record, 1e9) as SessionRecord) : record));
  for (const { metrics } of analyse(shrunk).models) {
    expect(metrics.memoryAdded).toEqual({
      missing: 'the peak is below the baseline, so they come from different processes',
    });
  }
});

describe('a log of version 1', () => {
  const golden = readFileSync(new URL('../../golden/pair/log-v1.jsonl', import.meta.url), 'utf8');
  const lines = golden.trimEnd().split('\n');
  /** The second half of the run on another machine, whose sessions are numbered from 1 again. */
  const other = lines.map((line) =>
    line.startsWith('{"type":"session')
      ? line.replace(/"resident":\{"value":(\d+)\}/g, (_, bytes) => `"resident":{"value":${Number(bytes) + 1e9}}`)
      : line,
  );
  const read = (some: readonly string[]) => some.flatMap((line) => recordsOf(line, () => 'log.jsonl: '));

  test('that gives one number to two sessions has no memory, and says why, in any order', () => {
    const joined = read([...lines, ...other]);
    const analysis = analyse(joined);
    for (const { metrics, memory, drift } of analysis.models) {
      const reason = {
        missing: 'two sessions of this log have the same id, so their readings cannot be told apart',
      };
      expect(metrics.memory).toEqual(reason);
      expect(metrics.memoryAdded).toEqual(reason);
      expect(memory.peak.resident).toEqual(reason);
      expect(drift).toEqual(reason);
    }
    expect(analysis.warnings[0]!.what).toMatch(/^2 session ids are used twice: the log joins parts of version 1/);
    expect(analysis.suites[0]!.tasks[0]!.cells[0]!.trials.recorded).toBe(120);
    for (const seed of SEEDS) expect(JSON.stringify(analyse(shuffled(joined, seed)))).toBe(JSON.stringify(analysis));
  });

  test('is named as such, and no log of version 2 is', () => {
    const log = makeLog({ tasks: [{ name: 'route', samples: 5 }], models: [{ id: 'm', quality: 1 }] });
    const again = log.map((record) =>
      record.type === 'session' ? { ...record, load: { value: 9 } } : record,
    ) as typeof log;
    const [warning] = analyse([...log, ...again]).warnings;
    expect(warning!.what).toBe('one session id is used twice: the log joins parts that hold the same sessions');
  });

  test('joined with itself is itself', () => {
    expect(JSON.stringify(analyse(read([...lines, ...lines])))).toBe(JSON.stringify(analyse(read(lines))));
  });

  test('from two machines that cannot be attributed has no speed', () => {
    const elsewhere = lines.map((line) => line.replace('"model":"Example CPU"', '"model":"Another CPU"'));
    const cell = routeOf(analyse(read([...lines, ...elsewhere])), 'reference-slm');
    expect(cell.metrics.ttft).toEqual({ missing: 'the log does not tell which of its machines ran the trials' });
    expect(value(cell.quality).n).toBe(120);
  });
});

describe('conditions', () => {
  const alone = makeLog(ORDER);
  const crowded = makeLog({ ...ORDER, condition: 'closed 4' }).flatMap((record): LogRecord[] => {
    if (record.type === 'run' || record.type === 'sample' || record.type === 'machine') return [];
    return 'session' in record ? [{ ...record, session: `crowded ${record.session}` }] : [record];
  });
  const mixed = [...alone, ...crowded];

  test('are never pooled: closed 1 beside closed 4 is what closed 1 is alone', () => {
    for (const seed of SEEDS) {
      const both = analyse(shuffled(mixed, seed));
      const expected = analyse(alone);
      expect(both.suites[0]!.tasks[0]!.cells).toEqual(expected.suites[0]!.tasks[0]!.cells);
      expect(both.suites[0]!.overall).toEqual(expected.suites[0]!.overall);
      expect(both.models).toEqual(expected.models);
      expect(recommend(both)).toEqual(recommend(expected));
    }
  });

  test('other than closed 1 stand beside, with a throughput and latencies of their own', () => {
    const others = analyse(mixed).suites[0]!.tasks[0]!.otherConditions;
    expect(others.map(({ model, condition }) => [model, condition])).toEqual([
      ['small', { kind: 'closed', requests: 4 }],
      ['large', { kind: 'closed', requests: 4 }],
    ]);
    for (const { throughput, metrics, trials } of others) {
      expect(trials.recorded).toBe(80);
      expect(value(throughput)).toMatchObject({ concurrency: 4, n: 80 });
      expect(metrics.ttft).toMatchObject({ n: 80 });
      expect(metrics.prefillRate).toEqual({ missing: 'other answers were computed at the same time' });
    }
  });

  test('other than closed 1 alone give quality and throughput, and no limit and no verdict', () => {
    const log = makeLog({
      ...ORDER,
      condition: 'closed 4',
      requirement: { limits: { memory: { max: '1 GB' }, quality: { min: 0.1 } } },
    });
    const analysis = analyse(log);
    const cell = routeOf(analysis, 'small');
    expect(value(cell.quality).n).toBe(80);
    expect(value(cell.throughput).concurrency).toBe(4);
    const [task] = recommend(analysis).suites[0]!.tasks;
    const reason =
      'it was measured under closed 4, and verdicts are judged under closed 1: run it without --concurrency';
    expect(task!.verdict).toEqual({ kind: 'not-measured', reason });
    expect(task!.checks.flatMap(({ checks }) => checks.map(({ state }) => state))).toEqual(Array(4).fill('unknown'));
    expect(task!.checks[0]!.checks[0]!.observed).toEqual({ missing: reason });
  });

  test('of two tasks make no quality of the suite', () => {
    const order: LogOrder = { ...ORDER, tasks: [...ORDER.tasks, { name: 'reply', samples: 10 }] };
    const log = makeLog(order).map((record) =>
      record.type === 'measurement' && record.task === 'route' ? { ...record, condition: 'closed 4' } : record,
    );
    const [overall] = analyse(log).suites[0]!.overall;
    expect(overall!.quality).toEqual({
      missing: 'its tasks were measured under closed 1 and closed 4, which are never pooled',
    });
  });
});
