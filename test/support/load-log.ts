/** Makes the logs of load tests: steps of requests whose times are known. */
import { type LoadTest, startLoadTest } from '../../src/core/load/load-test.js';
import type { LoadSettings, LogRecord, MeasurementRecord, StepRecord } from '../../src/core/log/log.js';
import { isCompleted } from '../../src/core/measure/measurement.js';
import { makeLog } from './log.js';

const records = makeLog({ tasks: [{ name: 'ask', samples: 40 }], models: [{ id: 'small', quality: 0.8 }] });
const [template] = records.filter((record): record is MeasurementRecord => record.type === 'measurement');
const names = records.flatMap((record) => (record.type === 'sample' ? [record.sample] : []));

export interface StepOrder {
  readonly id: number;
  /** `small` where nothing else is named. */
  readonly model?: string;
  readonly condition: string;
  readonly n: number;
  /** Seconds from due to the first token, of the request with this number. */
  readonly ttft: (i: number) => number;
  /** Seconds from the first token to the second. */
  readonly gap?: number;
  readonly more?: Partial<StepRecord>;
}

/** A step of requests that are due every 0.2 s; each has two tokens, the second 10 ms after the first. */
export function stepOf({ id, model = 'small', condition, n, ttft, gap = 0.01, more = {} }: StepOrder): LogRecord[] {
  const outcome = template!.outcome;
  if (!isCompleted(outcome)) throw new Error('expected an answer');
  const measurements = Array.from({ length: n }, (_, i): MeasurementRecord => {
    const due = 10 + 0.2 * i;
    const pieces = [ttft(i), ttft(i) + gap];
    return {
      ...template!,
      model,
      sample: names[i % names.length]!,
      trial: `desk/ask/${i}@${model}#1 step ${id}`,
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
    model,
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

/** The log of a load test of the model `small`: of rates that were named, or a search of the greatest. */
export function loadLog(steps: readonly LogRecord[], load: Partial<LoadSettings> = NAMED): LogRecord[] {
  const settings = {
    objectives: ['ttft p95 <= 0.5 s'],
    budget: { seconds: 300 },
    stopErrors: 0.1,
    clients: 1,
    ...load,
  };
  return [
    ...records.flatMap((record): LogRecord[] => {
      if (record.type === 'measurement' || record.type === 'end') return [];
      return [record.type === 'run' ? { ...record, settings: { ...record.settings, load: settings } } : record];
    }),
    ...steps,
    { type: 'end', complete: true, reason: 'all steps were held' },
  ];
}

const NAMED: Partial<LoadSettings> = { conditions: ['open 5 constant'] };
export const SEARCH: Partial<LoadSettings> = { find: { least: 'open 1 constant', most: 100, alpha: 0.05 } };

export function testOf(steps: readonly LogRecord[], load?: Partial<LoadSettings>): LoadTest {
  const fold = startLoadTest();
  for (const record of loadLog(steps, load)) fold.add(record);
  return fold.finish()!;
}

/** Steps around the greatest rate: up to 4 nearly all requests are in time, at 8 none is. */
export function searchedSteps(): LogRecord[] {
  const rates = [
    [1, 0.2],
    [2, 0.2],
    [4, 0.3],
    [8, 0.8],
  ] as const;
  return rates.flatMap(([rate, ttft], i) =>
    stepOf({ id: i, condition: `open ${rate} constant`, n: 400, ttft: (n) => ttft + (n % 50 === 0 ? 0.4 : 0) }),
  );
}

export const even = (ttft: number) => (i: number) => ttft + 0.001 * (i % 7);
