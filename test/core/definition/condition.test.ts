import { describe, expect, test } from 'vitest';
import {
  ALONE,
  type Condition,
  conditionText,
  isAlone,
  parseArrivals,
  parseClosed,
  parseCondition,
  parseThinkTime,
  steadyRate,
} from '../../../src/core/definition/condition.js';
import { UserError } from '../../../src/core/errors.js';

describe('a condition', () => {
  const CONDITIONS: readonly (readonly [string, Condition])[] = [
    ['closed 1', ALONE],
    ['closed 4', { kind: 'closed', requests: 4 }],
    ['closed 128', { kind: 'closed', requests: 128 }],
    ['users 14 think 10s', { kind: 'users', users: 14, think: { kind: 'constant', seconds: 10 } }],
    ['users 1 think exp:0.5s', { kind: 'users', users: 1, think: { kind: 'exp', mean: 0.5 } }],
    [
      'users 7 think lognormal:10s,1.25',
      { kind: 'users', users: 7, think: { kind: 'lognormal', mean: 10, sigma: 1.25 } },
    ],
    ['open 2.5 poisson', { kind: 'open', rate: steadyRate(2.5), arrivals: { kind: 'poisson' } }],
    ['open 0.000001 constant', { kind: 'open', rate: steadyRate(0.000001), arrivals: { kind: 'constant' } }],
    [
      'open 4 gamma:2 ceiling 64',
      { kind: 'open', rate: steadyRate(4), arrivals: { kind: 'gamma', cv: 2 }, ceiling: 64 },
    ],
    [
      'open 1:30s,2..8:60s,8 poisson',
      {
        kind: 'open',
        rate: {
          stretches: [
            { from: 1, to: 1, seconds: 30 },
            { from: 2, to: 8, seconds: 60 },
          ],
          last: 8,
        },
        arrivals: { kind: 'poisson' },
      },
    ],
    ['trace azure-code_1.csv speed 1', { kind: 'trace', name: 'azure-code_1.csv', speed: 1 }],
  ];

  test.each(CONDITIONS)('is written as %s, and read from it', (text, condition) => {
    expect(conditionText(condition)).toBe(text);
    expect(parseCondition(text)).toEqual(condition);
  });

  test('is one request at a time under closed 1 alone', () => {
    const alone = CONDITIONS.filter(([, condition]) => isAlone(condition)).map(([text]) => text);
    expect(alone).toEqual(['closed 1']);
  });

  test.each([
    '',
    'closed',
    'closed 0',
    'closed -1',
    'closed 1.5',
    'closed 04',
    'closed 1e9',
    'closed  4',
    '4',
    'toString 1',
    '__proto__ 1',
    'closed 9999999',
    'users 4',
    'users 0 think 10s',
    'users 4 think 0s',
    'users 4 think exp:10',
    'users 4 think lognormal:10s',
    'users 4 think exp:10s,1',
    'open 4',
    'open 0 poisson',
    'open 2.50 poisson',
    'open .5 poisson',
    'open 1e-7 poisson',
    'open 2.5 gamma',
    'open 2.5 gamma:0',
    'open 1:30s poisson',
    'open 1..2,3 poisson',
    'open 4 poisson ceiling 0',
    'trace x',
    'trace ../x speed 1',
    'trace x speed 0',
    'open 4 poisson\n',
  ])('is not read from %j', (text) => {
    expect(() => parseCondition(text)).toThrow(UserError);
    expect(() => parseCondition(text)).toThrow(/^expected a condition such as closed 4, users 20 .+, found "/);
  });

  test('is a closed loop in the plan of a run, whatever else a load test may name', () => {
    expect(parseClosed('closed 4')).toEqual({ kind: 'closed', requests: 4 });
    expect(() => parseClosed('open 4 poisson')).toThrow(
      'expected a closed loop such as closed 4, found "open 4 poisson"',
    );
  });

  test.each([
    ['closed', { kind: 'closed', requests: 1.5 }],
    ['open', { kind: 'open', rate: steadyRate(1 / 3), arrivals: { kind: 'poisson' } }],
    ['users', { kind: 'users', users: 2, think: { kind: 'exp', mean: 0 } }],
    ['trace', { kind: 'trace', name: 'two words', speed: 1 }],
  ] as const)('of the kind %s is not written with a number or name that could not be read back', (_, condition) => {
    expect(() => conditionText(condition)).toThrow(RangeError);
  });
});

describe('what a user writes', () => {
  test('a think time takes any unit, and is exponential or lognormal by its first word', () => {
    expect(parseThinkTime('500 ms')).toEqual({ kind: 'constant', seconds: 0.5 });
    expect(parseThinkTime('exp:2min')).toEqual({ kind: 'exp', mean: 120 });
    expect(parseThinkTime('lognormal:10s,0.5')).toEqual({ kind: 'lognormal', mean: 10, sigma: 0.5 });
  });

  test.each([
    '',
    '10',
    'exp',
    'exp:',
    'exp:10s,1',
    'lognormal:10s',
    'lognormal:10s,',
    '-1s',
    '0s',
    'normal:10s',
    '1e3s',
  ])('%j is no think time', (text) => expect(parseThinkTime(text)).toBeNull());

  test('arrivals are named, gamma by its coefficient of variation', () => {
    expect(parseArrivals('poisson')).toEqual({ kind: 'poisson' });
    expect(parseArrivals('gamma:0.5')).toEqual({ kind: 'gamma', cv: 0.5 });
    expect(['', 'gamma', 'gamma:0', 'gamma:-1', 'gamma:x', 'uniform'].map(parseArrivals)).toEqual(Array(6).fill(null));
  });
});
