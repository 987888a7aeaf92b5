import { describe, expect, test } from 'vitest';
import {
  ALONE,
  type Condition,
  conditionText,
  isAlone,
  parseCondition,
} from '../../../src/core/definition/condition.js';
import { UserError } from '../../../src/core/errors.js';

describe('a condition', () => {
  const CONDITIONS: readonly (readonly [string, Condition])[] = [
    ['closed 1', ALONE],
    ['closed 4', { kind: 'closed', requests: 4 }],
    ['closed 128', { kind: 'closed', requests: 128 }],
  ];

  test.each(CONDITIONS)('is written as %s, and read from it', (text, condition) => {
    expect(conditionText(condition)).toBe(text);
    expect(parseCondition(text)).toEqual(condition);
  });

  test('is one request at a time under closed 1 alone', () => {
    expect(CONDITIONS.map(([, condition]) => isAlone(condition))).toEqual([true, false, false]);
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
  ])('is not read from %j', (text) => {
    expect(() => parseCondition(text)).toThrow(UserError);
    expect(() => parseCondition(text)).toThrow(/^expected a condition such as closed 4, found "/);
  });
});
