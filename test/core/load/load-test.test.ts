/** A load test from its records: what counts, what is scored, and what a person reads. */
import { describe, expect, test } from 'vitest';
import { type LoadTest, startLoadTest } from '../../../src/core/load/load-test.js';
import type { LogRecord, MeasurementRecord, StepRecord } from '../../../src/core/log/log.js';
import { isCompleted } from '../../../src/core/measure/measurement.js';
import { isMissing } from '../../../src/core/quantity.js';
import { loadReports } from '../../../src/core/report/load.js';
import { makeLog } from '../../support/log.js';

const [run, ...rest] = makeLog({ tasks: [{ name: 'ask', samples: 40 }], models: [{ id: 'small', quality: 0.8 }] });
const shared = rest.filter(({ type }) => type !== 'measurement');
const [template] = rest.filter((record): record is MeasurementRecord => record.type === 'measurement');

const names = rest.flatMap((record) => (record.type === 'sample' ? [record.sample] : []));

interface StepOf {
  readonly id: number;
  readonly condition: string;
  readonly n: number;
  /** Seconds from due to the first token, of the request with this number. */
  readonly ttft: (i: number) => number;
  /** Seconds from the first token to the second. */
  readonly gap?: number;
  readonly more?: Partial<StepRecord>;
}

/** A step of requests that are due every 0.2 s; each has two tokens, the second 10 ms after the first. */
function stepOf({ id, condition, n, ttft, gap = 0.01, more = {} }: StepOf): LogRecord[] {
  const outcome = template!.outcome;
  if (!isCompleted(outcome)) throw new Error('expected an answer');
  const measurements = Array.from({ length: n }, (_, i): MeasurementRecord => {
    const due = 10 + 0.2 * i;
    const pieces = [ttft(i), ttft(i) + gap];
    return {
      ...template!,
      sample: names[i % names.length]!,
      trial: `desk/ask/${i}@small#1 step ${id}`,
      condition,
      step: String(id),
      due,
      at: due + pieces[1]!,
      outcome: {
        ...outcome,
        outputTokens: { value: 2, source: 'server' },
        timing: { sent: 0.001, pieces, end: pieces[1]! },
      },
    };
  });
  const step: StepRecord = {
    type: 'step',
    step: String(id),
    model: 'small',
    session: template!.session,
    condition,
    seed: 0,
    first: 0,
    began: 10,
    ended: 10 + 0.2 * n + 5,
    requests: n,
    until: 0.2 * n,
    used: n,
    ending: 'answered',
    client: {
      processes: 1,
      loopDelay: { value: 0.001 },
      cpuSeconds: { value: 1 },
      socketWaits: 0,
      replacedConnections: 0,
    },
    ...more,
  };
  return [...measurements, step];
}

function testOf(steps: readonly LogRecord[], find = false): LoadTest {
  if (run?.type !== 'run') throw new Error('expected a run');
  const load = {
    ...(find ? { find: { least: 'open 1 constant', most: 100, alpha: 0.05 } } : { conditions: ['open 5 constant'] }),
    objectives: ['ttft p95 <= 0.5 s'],
    budget: { seconds: 300 },
    stopErrors: 0.1,
    clients: 1,
  };
  const fold = startLoadTest();
  for (const record of [{ ...run, settings: { ...run.settings, load } }, ...shared, ...steps]) fold.add(record);
  return fold.finish()!;
}

const even = (ttft: number) => (i: number) => ttft + 0.001 * (i % 7);

describe('a step', () => {
  test('has the figures and the scores of its own requests', () => {
    const { models } = testOf(stepOf({ id: 1, condition: 'open 5 constant', n: 400, ttft: even(0.2) }));
    const { window, counts } = models[0]!.steps[0]!.result;
    expect(counts).toMatchObject({ due: 400, completed: 400 });
    if (isMissing(window)) throw new Error(window.missing);
    expect(window.attainment).toMatchObject({ value: 1 });
    if (isMissing(window.metrics.ttft) || isMissing(window.metrics.ttft.p95)) throw new Error('expected a p95');
    expect(window.metrics.ttft.p95.value).toBeCloseTo(0.206, 3);
    expect(window.right.quality).toMatchObject({ clusters: 40, value: expect.any(Number) });
  });

  test('leaves out what came after the requests that count', () => {
    const until = { more: { until: 0.2 * 99 } };
    const { models } = testOf(stepOf({ id: 1, condition: 'open 5 constant', n: 400, ttft: even(0.2), ...until }));
    expect(models[0]!.steps[0]!.result.counts.due).toBe(100);
  });

  test('whose tokens all come at the same instant has latencies, and no rate', () => {
    const step = { id: 1, condition: 'open 5 constant', n: 400, ttft: even(0.2), gap: 0 };
    const { window } = testOf(stepOf(step)).models[0]!.steps[0]!.result;
    if (isMissing(window)) throw new Error(window.missing);
    expect(window.metrics.decodeRate).toEqual({ missing: 'no request of the step has it' });
    expect(window.metrics.e2e).toMatchObject({ n: expect.any(Number) });
  });

  test('that did not end is none', () => {
    const unfinished = stepOf({ id: 1, condition: 'open 5 constant', n: 30, ttft: even(0.2) }).slice(0, -1);
    expect(testOf(unfinished).models[0]!.steps).toEqual([]);
  });
});

describe('a person reads', () => {
  test('a row for each step, and why a figure is missing', () => {
    const [report] = loadReports(testOf(stepOf({ id: 1, condition: 'open 5 constant', n: 120, ttft: even(0.2) })));
    expect(report!.rows).toHaveLength(1);
    expect(report!.rows[0]!.slice(0, 2)).toEqual(['open 5 constant', '120']);
    expect(report!.head).toHaveLength(report!.rows[0]!.length);
    expect(report!.notes.join('\n')).toMatch(/open 5 constant: no TTFT p95: it needs \d+ more requests/);
  });

  test('what spoilt a step, and what to do', () => {
    const client = { processes: 1, loopDelay: { value: 0.05 }, cpuSeconds: { value: 1 } };
    const more = { client: { ...client, socketWaits: 0, replacedConnections: 0 } };
    const [report] = loadReports(
      testOf(stepOf({ id: 1, condition: 'open 5 constant', n: 400, ttft: even(0.2), more })),
    );
    expect(report!.rows[0]![2]).toBe('invalid');
    expect(report!.notes[0]).toMatch(
      /^open 5 constant: invalid, because p99 of the delay of the event loop was 50.0 ms, and at most 20.0 ms is needed: use more client processes/,
    );
  });

  test('the greatest load, its interval, what fails beyond it, and how many answers are right there', () => {
    const steps = [
      [1, 0.2],
      [2, 0.2],
      [4, 0.3],
      [8, 0.8],
    ].flatMap(([rate, ttft], i) =>
      stepOf({ id: i, condition: `open ${rate} constant`, n: 400, ttft: (n) => ttft! + (n % 50 === 0 ? 0.4 : 0) }),
    );
    const [report] = loadReports(testOf(steps, true));
    expect(report!.sentences[0]).toMatch(
      /^On this machine small holds [\d.]+ requests per second \(90% interval [\d.]+ to [\d.]+\), with TTFT p95 within 500 ms. Above that, TTFT is the first to fail.$/,
    );
    expect(report!.sentences[1]).toMatch(/^Of the answers at [\d.]+, [\d.]+% \[[\d.]+%, [\d.]+%\] are right.$/);
  });

  test('that a limit was not found where no load was too much', () => {
    const steps = [1, 2].flatMap((rate) =>
      stepOf({ id: rate, condition: `open ${rate} constant`, n: 400, ttft: even(0.1) }),
    );
    const [report] = loadReports(testOf(steps, true));
    expect(report!.sentences[0]).toMatch(
      /holds at least [\d.]+ requests per second; no load that was tried was shown to be too much/,
    );
  });
});
