/** The warning with the greatest consequence comes first: it is the one that the terminal shows. */
import { expect, test } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import { warningsOf } from '../../../src/core/report/document/warnings.js';
import { makeLog } from '../../support/log.js';

test('faults of the log come first, then answers, engines, and the machine last', () => {
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
    'cut at the token limit',
    'no chat template',
    'machine was busy',
  ].map((part) => found.findIndex((what) => what.includes(part)));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places).not.toContain(-1);
});
