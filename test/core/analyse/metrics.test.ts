import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import { limitsSchema } from '../../../src/core/definition/requirement.js';
import type { LogRecord } from '../../../src/core/log/log.js';
import type { Metric } from '../../../src/core/measure/metric.js';
import { DISTRIBUTED, LIMITED, METRICS, OF_SESSION } from '../../../src/core/measure/metrics.js';
import { missing } from '../../../src/core/quantity.js';
import { recommend } from '../../../src/core/recommend/recommend.js';
import { makeLog } from '../../support/log.js';

const ENTRIES: [string, Metric][] = Object.entries(METRICS);

describe('docs/metrics.md', () => {
  const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');

  it.each(ENTRIES)('explains %s with its title, formula, unit, direction and source', (name, metric) => {
    const section = page.split(/^## /m).find((one) => one.startsWith(`${metric.title} (\`${name}\`)`));
    expect(section, `a section "## ${metric.title} (\`${name}\`)"`).toBeDefined();
    expect(section).toContain(metric.formula);
    expect(section).toContain(metric.read);
    expect(section).toContain(
      `Unit: ${metric.unit}. Better: ${metric.better}. One value a ${metric.belongsTo}. Source: ${metric.source}.`,
    );
  });

  it('explains no other', () => {
    const explained = [...page.matchAll(/^## .+ \(`(\w+)`\)$/gm)].map(([, name]) => name);
    // The throughput is that of a condition, and no metric of a trial or a session.
    expect(explained.sort()).toEqual([...Object.keys(METRICS), 'throughput'].sort());
  });
});

describe('an entry of the table of metrics', () => {
  it('does not compile without any one of its parts', () => {
    const whole = METRICS.ttft satisfies Metric;
    const {
      title,
      short,
      unit,
      better,
      belongsTo,
      formula,
      read,
      source,
      latency,
      compute,
      summary,
      shows,
      limit,
      compared,
    } = whole;
    const { title: _title, ...untitled } = whole;
    const { short: _short, ...unshortened } = whole;
    const { compute: _compute, ...uncomputed } = whole;
    const { latency: _latency, ...unconditional } = whole;
    const { summary: _summary, ...unsummarised } = whole;
    const { shows: _shows, ...unshown } = whole;
    const { limit: _limit, ...unlimited } = whole;
    const { compared: _compared, ...uncompared } = whole;
    const described = { title, short, unit, better, belongsTo, formula, read, source };
    const used: Metric = { ...described, latency, compute, summary, shows, limit, compared };
    expect(used).toEqual(whole);
    // @ts-expect-error without a title
    void (untitled satisfies Metric);
    // @ts-expect-error without a short title
    void (unshortened satisfies Metric);
    // @ts-expect-error without a computation
    void (uncomputed satisfies Metric);
    // @ts-expect-error without saying whether it is a latency
    void (unconditional satisfies Metric);
    // @ts-expect-error without a summary
    void (unsummarised satisfies Metric);
    // @ts-expect-error without the places that show it
    void (unshown satisfies Metric);
    // @ts-expect-error without saying whether a suite may limit it
    void (unlimited satisfies Metric);
    // @ts-expect-error without saying whether models are compared by it
    void (uncompared satisfies Metric);
    // @ts-expect-error a limit at a level of what has no distribution
    void ({ ...METRICS.memory, limit: { level: 'p95' } } satisfies Metric);
    // @ts-expect-error a limit without a direction
    void ({ ...METRICS.outputTokens, limit: { level: null } } satisfies Metric);
  });

  it('is a latency if and only if its values over requests are times or rates', () => {
    for (const name of DISTRIBUTED)
      expect(METRICS[name].latency, name).toBe(['seconds', 'tokens per second'].includes(METRICS[name].unit));
  });
});

const models = [
  { id: 'small', class: 'slm', quality: 0.9, price: { input: 1, output: 2 } },
  { id: 'large', class: 'llm', quality: 0.9, price: { input: 10, output: 20 } },
] as const;

function measurementsOf(log: readonly LogRecord[], change: object): LogRecord[] {
  return log.map((record) => (record.type === 'measurement' ? ({ ...record, ...change } as LogRecord) : record));
}

describe('a metric of a cell', () => {
  const log = makeLog({ tasks: [{ name: 'ask', samples: 40 }], models });
  const cellOf = (records: readonly LogRecord[]) => analyse(records).suites[0]!.tasks[0]!.cells[0]!;
  afterEach(() => vi.restoreAllMocks());

  it.each(DISTRIBUTED)('%s has its values', (name) => {
    expect(cellOf(log).metrics[name]).toMatchObject({ n: 40 });
  });

  it.each(DISTRIBUTED)('%s says that no trial was completed only where none was', (name) => {
    const failed = { state: 'failed', by: 'harness', kind: 'crash', reason: 'the engine died', output: '' };
    expect(cellOf(measurementsOf(log, { outcome: failed })).metrics[name]).toEqual(missing('no trial was completed'));
  });

  it.each(DISTRIBUTED)('%s gives the reason of its formula where that has no value for a completed trial', (name) => {
    vi.spyOn(METRICS[name], 'compute').mockReturnValue(missing('it was a leap day'));
    const { metrics, trials } = cellOf(log);
    expect(trials.completed).toBe(40);
    expect(metrics[name]).toEqual(missing('it was a leap day'));
  });

  it.each(DISTRIBUTED)('%s says so where its formula gives no finite number', (name) => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      vi.spyOn(METRICS[name], 'compute').mockReturnValue({ value });
      expect(cellOf(log).metrics[name]).toEqual(missing(`its formula gives ${value} for what was measured`));
    }
  });

  it.each(DISTRIBUTED)('%s is known of answers among others, unless it holds for one alone', (name) => {
    const crowded = cellOf(measurementsOf(log, { condition: 'closed 8' })).metrics[name];
    const alone = name === 'prefillRate';
    expect(crowded).toMatchObject(alone ? missing('other answers were computed at the same time') : { n: 40 });
  });

  it.each(DISTRIBUTED)('%s is missing from cold answers where it is a latency', (name) => {
    const { latency } = METRICS[name];
    const cold = cellOf(measurementsOf(log, { cold: true })).metrics[name];
    expect(cold).toMatchObject(
      latency ? missing('only the first request of a session was completed, and it is kept apart') : { n: 40 },
    );
  });
});

describe('a metric of a session', () => {
  it.each(OF_SESSION)('%s has one value for each session', (name) => {
    const { metrics } = analyse(makeLog({ tasks: [{ name: 'ask', samples: 40 }], models })).models[0]!;
    expect(metrics[name]).toMatchObject({ n: 1 });
  });
});

describe('a limit', () => {
  it.each(LIMITED)('on %s is read from a suite, checked, and met or missed by the direction that is better', (name) => {
    const { better, limit, unit } = METRICS[name];
    const loose = { higher: unit === 'score' ? 0 : 1e-9, lower: 1e12 }[better];
    const tight = { higher: unit === 'score' ? 1 : 1e12, lower: 1e-12 }[better];
    const bound = better === 'higher' ? 'min' : 'max';
    for (const [value, state] of [
      [loose, 'met'],
      [tight, 'missed'],
    ] as const) {
      const limits = { [name]: { [bound]: value, ...(limit.level && { at: 'median' as const }) } };
      const analysis = analyse(makeLog({ tasks: [{ name: 'ask', samples: 40 }], models, requirement: { limits } }));
      const { checks } = recommend(analysis).suites[0]!.tasks[0]!.checks[0]!;
      expect(checks).toMatchObject([{ limit: name, bound: value, level: limit.level && 'median', state }]);
    }
  });

  it.each(LIMITED)('on %s holds at the level of its entry where the suite names none', (name) => {
    const { better, limit } = METRICS[name];
    const read = limitsSchema.parse({ [name]: better === 'higher' ? { min: 0.5 } : { max: 0.5 } });
    expect(read[name]).toEqual({
      [better === 'higher' ? 'min' : 'max']: 0.5,
      ...(limit.level !== null && { at: limit.level }),
    });
  });

  it.each(LIMITED)('on %s names no level where its entry has none, and no other bound', (name) => {
    const { better, limit } = METRICS[name];
    const bound = better === 'higher' ? { min: 0.5 } : { max: 0.5 };
    const other = better === 'higher' ? { max: 0.5 } : { min: 0.5 };
    expect(limitsSchema.safeParse({ [name]: other }).success).toBe(false);
    expect(limitsSchema.safeParse({ [name]: { ...bound, at: 'p95' } }).success).toBe(limit.level !== null);
  });

  it.each(Object.keys(METRICS).filter((name) => !LIMITED.some((one) => one === name)))(
    'on %s is refused, as its entry has no limit',
    (name) => {
      expect(limitsSchema.safeParse({ [name]: { max: 1 } }).success).toBe(false);
    },
  );
});
