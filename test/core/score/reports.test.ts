/** Made-up answers, reported here and by scikit-learn, scipy and seqeval: parity/reference/reports.py wrote what those say. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Quantity } from '../../../src/core/quantity.js';
import { classification } from '../../../src/core/score/scorers/classification.js';
import { entities } from '../../../src/core/score/scorers/entities.js';
import { multiLabel } from '../../../src/core/score/scorers/multi-label.js';
import { ordinal } from '../../../src/core/score/scorers/ordinal.js';
import { judge, metricsOf, scoreOf } from './judge.js';

interface Report<Answer> {
  readonly truth: readonly Answer[];
  readonly given: readonly Answer[];
  readonly f1?: Readonly<Record<string, number>>;
  readonly [metric: string]: unknown;
}

interface Reports {
  readonly labels: readonly Report<string>[];
  readonly several: readonly Report<readonly string[]>[];
  readonly grades: readonly Report<number>[];
  readonly tags: readonly Report<readonly string[]>[];
  readonly nearlyNone: readonly (Report<readonly string[]> & Rare)[];
  readonly nearlyNoTags: readonly (Report<readonly string[]> & Rare)[];
}

/** null where it is 0/0. */
interface Rare {
  readonly microPrecision: number | null;
  readonly microRecall: number | null;
  readonly microF1: number | null;
  readonly precision?: Readonly<Record<string, number | null>>;
  readonly recall?: Readonly<Record<string, number | null>>;
}

const file = new URL('../../fixtures/reference/reports.json.gz', import.meta.url);
const reports = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as Reports;
const LABELS = ['billing', 'delivery', 'returns', 'technical', 'other'];

function expectMetrics(metrics: Readonly<Record<string, Quantity>>, report: Report<unknown>): void {
  const { truth: _truth, given: _given, f1 = {}, ...whole } = report;
  const expected = {
    ...whole,
    ...Object.fromEntries(Object.entries(f1).map(([label, value]) => [`f1 ${label}`, value])),
  };
  for (const [name, value] of Object.entries(expected))
    expect(metrics[name], name).toEqual({ value: expect.closeTo(Number(value), 10) });
}

test('classification reports what scikit-learn does', () => {
  for (const report of reports.labels) {
    const inputs = report.truth.map((target, index) => ({ target, output: `${report.given[index]}.` }));
    expectMetrics(metricsOf(classification, inputs, { labels: LABELS }), report);
  }
});

test('multi-label reports what scikit-learn does', () => {
  for (const report of reports.several) {
    const inputs = report.truth.map((target, index) => ({ target, output: JSON.stringify(report.given[index]) }));
    expectMetrics(metricsOf(multiLabel, inputs, { labels: LABELS }), report);
  }
});

test('ordinal reports what scikit-learn and scipy do', () => {
  for (const report of reports.grades) {
    const inputs = report.truth.map((target, index) => ({ target, output: `Rating: ${report.given[index]}/5` }));
    expectMetrics(metricsOf(ordinal, inputs), report);
  }
});

test('entities reports what seqeval does, tags in any order', () => {
  for (const report of reports.tags) {
    const inputs = report.truth.map((target, index) => ({ target, output: report.given[index]!.join(' ') }));
    expectMetrics(metricsOf(entities, inputs, { match: 'span' }), report);
  }
});

const quantityOf = (value: number | null) =>
  value === null ? { missing: expect.any(String) } : { value: expect.closeTo(value, 10) };

test('what scikit-learn divides by zero is not known here, of each label and of all', () => {
  for (const report of reports.nearlyNone) {
    const inputs = report.truth.map((target, index) => ({ target, output: JSON.stringify(report.given[index]) }));
    const metrics = metricsOf(multiLabel, inputs, { labels: LABELS });
    for (const name of ['microPrecision', 'microRecall', 'microF1'] as const)
      expect(metrics[name], name).toEqual(quantityOf(report[name]));
    for (const label of LABELS) {
      expect(metrics[`precision ${label}`], label).toEqual(quantityOf(report.precision![label]!));
      expect(metrics[`recall ${label}`], label).toEqual(quantityOf(report.recall![label]!));
    }
  }
});

test('where seqeval has 0 for want of entities, it is 0 or not known here', () => {
  for (const report of reports.nearlyNoTags) {
    const inputs = report.truth.map((target, index) => ({ target, output: report.given[index]!.join(' ') }));
    const metrics = metricsOf(entities, inputs, { match: 'span' });
    for (const name of ['microPrecision', 'microRecall', 'microF1'] as const) {
      const metric = metrics[name]!;
      expect('value' in metric ? metric.value : 0, name).toBeCloseTo(report[name]!, 10);
    }
  }
});

describe('multi-label', () => {
  test.each([
    ['billing, returns', 1],
    ['["Returns", "billing"]', 1],
    ['{"labels": ["billing", "returns"]}', 1],
    ['- billing\n- returns', 1],
    ['1. Billing.\n2. “Returns”', 1],
    ['billing', 2 / 3],
    ['billing; delivery', 0.5],
    ['none', 0],
    ['', 0],
  ])('of billing and returns, %j scores %d', (output, expected) => {
    const score = scoreOf(multiLabel, { output, target: ['billing', 'returns'] }, { labels: LABELS });
    expect(score).toBeCloseTo(expected, 12);
  });

  test('no label may be right', () => {
    for (const output of ['none', '[]', '']) expect(scoreOf(multiLabel, { output, target: [] })).toBe(1);
    expect(scoreOf(multiLabel, { output: 'billing', target: [] }, { value: 'jaccard' })).toBe(0);
    expect(judge(multiLabel, { output: 'x', target: 'sales' }, { labels: LABELS })).toMatchObject({
      state: 'unscored',
    });
  });
});

describe('ordinal', () => {
  test.each([
    ['4', 1],
    ['**4**', 1],
    ['4 out of 5', 1],
    ['Rating: 4/5 stars', 1],
    ['４', 1],
    ['2', 0.5],
    ['4 or 5', 0],
    ['9', 0],
    ['great', 0],
  ])('against 4 of 5, %s scores %d', (output, expected) => {
    expect(scoreOf(ordinal, { output, target: 4 })).toBe(expected);
  });

  test('grades may have names, and an answer without one is as far off as can be', () => {
    const options = { grades: ['low', 'medium', 'high', 'critical'] };
    expect(scoreOf(ordinal, { output: 'Medium.', target: 'high' }, options)).toBeCloseTo(2 / 3, 12);
    expect(judge(ordinal, { output: 'unsure', target: 'high' }, options)).toMatchObject({
      value: 0,
      details: { error: 2 },
    });
    expect(metricsOf(ordinal, [{ output: 'unsure', target: 'low' }], options)).toMatchObject({ mae: { value: 3 } });
  });
});

describe('entities', () => {
  const target = [
    { text: 'Berlin', type: 'LOC' },
    { text: 'Angela Merkel', type: 'PER' },
  ];

  test.each([
    ['[{"text": "Angela  Merkel", "type": "PER"}, {"text": "Berlin", "type": "LOC"}]', 1],
    ['{"entities": [{"text": "Berlin", "label": "LOC"}]}', 2 / 3],
    ['[{"text": "Berlin", "type": "PER"}]', 0],
    ['[{"text": "Berlin", "type": "LOC"}, {"text": "Berlin", "type": "LOC"}]', 0.5],
    ['[]', 0],
    ['no entities', 0],
  ])('by value, %s scores %d', (output, expected) => {
    expect(scoreOf(entities, { output, target })).toBeCloseTo(expected, 12);
  });

  test('by place', () => {
    const places = [{ start: 0, end: 6, type: 'LOC' }];
    const score = (output: unknown) =>
      scoreOf(entities, { output: JSON.stringify(output), target: places }, { match: 'span' });
    expect(score([{ start: 0, end: 6, type: 'LOC', text: 'whatever' }])).toBe(1);
    expect(score([{ start: 0, end: 5, type: 'LOC' }])).toBe(0);
  });

  test('an empty list is right where there are none; a target in no form is our fault', () => {
    expect(scoreOf(entities, { output: '[]', target: [] })).toBe(1);
    expect(judge(entities, { output: '[]', target: [{ name: 'x' }] })).toMatchObject({ state: 'unscored' });
  });
});
