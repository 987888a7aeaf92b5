/** The warning with the greatest consequence comes first: it is the one that the terminal shows. */
import { expect, test } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import type { Outcome } from '../../../src/core/measure/measurement.js';
import { recommend } from '../../../src/core/recommend/recommend.js';
import { alarmsOf } from '../../../src/core/report/alarms.js';
import { warningsOf } from '../../../src/core/report/document/warnings.js';
import { makeLog } from '../../support/log.js';

test('faults of the log come first, then prompts, answers, and the machine last', () => {
  const order = { tasks: [{ name: 'route', samples: 20 }], models: [{ id: 'm', class: 'slm' as const, quality: 0.9 }] };
  const log = makeLog({
    ...order,
    environment: { noise: [{ what: 'the machine was busy', remedy: 'stop other programs' }] },
    models: [
      {
        ...order.models[0]!,
        outcome: (_, outcome) => ({ ...outcome, finish: 'length' }) as never,
      },
    ],
  }).map((record) =>
    record.type === 'session'
      ? { ...record, facts: { ...record.facts, warnings: ['the model has no chat template'] } }
      : record,
  );
  const stray = log.find((record) => record.type === 'measurement')!;
  const analysis = analyse([...log, { ...stray, trial: 'desk/route/gone@m#1', sample: 'gone' }]);
  const found = warningsOf(analysis).map(({ what }) => what);
  const places = [
    'measurements belong to samples',
    'no chat template',
    'cut at the token limit',
    'machine was busy',
  ].map((part) => found.findIndex((what) => what.includes(part)));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places).not.toContain(-1);
});

test('of several tasks and models the worst comes first, whichever is listed first', () => {
  const failed = {
    state: 'failed',
    by: 'harness',
    kind: 'server',
    reason: 'the worker died',
    output: '',
    timing: null,
  };
  const log = makeLog({
    tasks: [{ name: 'route', samples: 4 }],
    models: [
      { id: 'first', class: 'slm' as const, quality: 0.9 },
      { id: 'second', class: 'slm' as const, quality: 0.9, outcome: () => failed as never },
    ],
  }).map((record) =>
    record.type === 'session' && record.model === 'first'
      ? {
          ...record,
          facts: {
            ...record.facts,
            warnings: [
              '4 threads share 1 core and wait for each other; set fewer threads',
              'the server refuses a system message: it is put before the first question',
              'missing pre-tokenizer type: generation quality will be degraded',
            ],
          },
        }
      : record,
  );
  const found = warningsOf(analyse(log)).map(({ what }) => what);
  const places = ['failed on our side', 'system message', 'pre-tokenizer', 'only 4 samples', 'threads share'].map(
    (part) => found.findIndex((what) => what.includes(part)),
  );
  expect(places[0]).toBe(0);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places).not.toContain(-1);
});

test('counts of a warning have their commas, and other numbers stay', () => {
  const log = makeLog({
    tasks: [{ name: 'route', samples: 3 }],
    models: [{ id: 'm', quality: 1, facts: { warnings: ['750 of 1440 prompts of build 20481.1 are short'] } }],
  });
  const found = warningsOf(analyse(log)).map(({ what }) => what);
  expect(found).toContainEqual(expect.stringContaining('750 of 1,440 prompts of build 20481.1 are short'));
});

test('models that lost answers for one reason share an alarm, and others have their own', () => {
  const losing = (id: string, reason: string) => ({
    id,
    class: 'slm' as const,
    quality: 0.9,
    outcome: (sample: string, outcome: Outcome): Outcome =>
      Number(sample.slice(-4)) % 10 < 4
        ? { state: 'failed', by: 'harness', kind: 'crash', reason, output: '' }
        : outcome,
  });
  const analysis = analyse(
    makeLog({
      tasks: ['a', 'b', 'c'].map((name) => ({ name, samples: 30 })),
      models: [
        losing('one', 'signal 11'),
        losing('two', 'signal 11'),
        losing('three', 'no memory'),
        { id: 'large', class: 'llm', quality: 0.95 },
      ],
    }),
  );
  expect(alarmsOf(recommend(analysis).suites[0]!)).toEqual([
    'Answers on all 3 tasks have no score: 40.0% of those of one (36 of 90) and 40.0% of those of two (36 of 90), so these tasks have no verdict. The first reason: signal 11.',
    '40.0% of the answers of three on all 3 tasks have no score (36 of 90), so these tasks have no verdict. The first reason: no memory.',
  ]);
});
