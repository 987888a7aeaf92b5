import { describe, expect, test } from 'vitest';
import { gateSchema } from '../../../src/core/definition/gate.js';
import { type Burden, exitCodeOf } from '../../../src/core/regress/gate-report.js';
import { judgeLoad } from '../../../src/core/regress/load-gate.js';
import { describeGates } from '../../../src/core/report/gate-words.js';
import { even, SEARCH, searchedSteps, stepOf, testOf } from '../../support/load-log.js';

type Test = ReturnType<typeof testOf>;

function codeOf(test: Test, gate: object, burden: Burden = 'shown worse', model: string | null = null) {
  return exitCodeOf(judgeLoad(test, gateSchema.parse(gate), { burden, model }), 'complete');
}

const searched = testOf(searchedSteps(), SEARCH);
const rate = (n: number, ttft: number, more: Partial<Parameters<typeof stepOf>[0]> = {}) =>
  stepOf({ id: n, condition: `open ${n} constant`, n: 400, ttft: even(ttft), ...more });
const NAMED = { conditions: ['open 2 constant', 'open 5 constant'] };
const spoilt = {
  processes: 1,
  loopDelay: { value: 9 },
  cpuSeconds: { value: 1 },
  socketWaits: 0,
  replacedConnections: 0,
};

describe('the gate of a search', () => {
  test.each([
    ['less than holds', 2, 0, 0],
    ['more than what is shown to be missed', 20, 1, 1],
  ])('of %s', (_, min, expected, strict) => {
    expect(codeOf(searched, { rate: { min } })).toBe(expected);
    expect(codeOf(searched, { rate: { min } }, 'shown not worse')).toBe(strict);
  });

  test('between what holds and what is missed is green, and red where the burden is turned round', () => {
    const range = searched.models[0]!.capacity!.load!;
    const between = (range.low + range.high!) / 2;
    expect(codeOf(searched, { rate: { min: between } })).toBe(0);
    expect(codeOf(searched, { rate: { min: between } }, 'shown not worse')).toBe(1);
  });
});

describe('the gate of named steps', () => {
  const held = testOf([...rate(2, 0.2), ...rate(5, 0.9)], NAMED);

  test('is green up to the step that holds, and red from the one that is missed on', () => {
    expect(codeOf(held, { rate: { min: 2 } }, 'shown not worse')).toBe(0);
    expect(codeOf(held, { rate: { min: 5 } })).toBe(1);
    expect(codeOf(held, { rate: { min: 9 } })).toBe(1);
    expect(
      describeGates(judgeLoad(held, gateSchema.parse({ rate: { min: 5 } }), { burden: 'shown worse', model: null })),
    ).toEqual([
      'rate of small: red, because 5 are demanded; all objectives are shown to hold up to 2, and an objective is shown to be missed from 5 on.',
    ]);
  });

  test('says nothing of a load that no step held', () => {
    expect(codeOf(testOf(rate(2, 0.2), NAMED), { rate: { min: 5 } })).toBe(2);
  });
});

describe('a gate on loads is never green blindly', () => {
  const good = rate(2, 0.2);
  test.each<[string, Test, object]>([
    ['no gate that names a load', testOf(good, NAMED), {}],
    ['another kind of load', testOf(good, NAMED), { users: { min: 1 } }],
    ['a test without steps', testOf([], NAMED), { rate: { min: 1 } }],
    ['a search without steps', testOf([], SEARCH), { rate: { min: 1 } }],
    ['a step that the client spoilt', testOf(rate(2, 0.2, { more: { client: spoilt } }), NAMED), { rate: { min: 1 } }],
    [
      'a search whose steps the client spoilt',
      testOf(rate(2, 0.2, { more: { client: spoilt } }), SEARCH),
      { rate: { min: 1 } },
    ],
    ['a step of three requests', testOf(rate(2, 0.2, { n: 3 }), NAMED), { rate: { min: 2 } }],
    [
      'a step that grows slower all the time',
      testOf(rate(2, 0, { ttft: (i) => 0.1 + 0.002 * i }), NAMED),
      { rate: { min: 1 } },
    ],
    ['no objective', testOf(good, { ...NAMED, objectives: [] }), { rate: { min: 1 } }],
  ])('%s', (_, tested, gate) => {
    for (const burden of ['shown worse', 'shown not worse'] as const) expect(codeOf(tested, gate, burden)).not.toBe(0);
  });

  test('a model that was not tested', () => {
    expect(codeOf(testOf(good, NAMED), { rate: { min: 1 } }, 'shown worse', 'other')).toBe(2);
  });
});

test('a load of none, or one that is no number, is refused', () => {
  for (const gate of [{ users: { min: 0 } }, { users: { min: Number.NaN } }, { users: {} }, { users: 10 }])
    expect(gateSchema.safeParse(gate).success).toBe(false);
});
