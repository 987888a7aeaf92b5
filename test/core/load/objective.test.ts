import { describe, expect, test } from 'vitest';
import { requirementSchema } from '../../../src/core/definition/requirement.js';
import { UserError } from '../../../src/core/errors.js';
import {
  durationLimit,
  isMet,
  LOAD_METRICS,
  type Objective,
  objectivesOf,
  objectiveText,
  parseObjective,
  relax,
} from '../../../src/core/load/objective.js';
import type { StepRequest } from '../../../src/core/load/request.js';
import { metOf, tallyOf } from '../../../src/core/load/tally.js';
import { known, missing } from '../../../src/core/quantity.js';
import { answered, every, unanswered } from './requests.js';

const TTFT: Objective = { metric: 'ttft', level: 'p95', bound: 0.5 };
const E2E: Objective = { metric: 'e2e', level: 'p95', bound: 2 };
const TPOT: Objective = { metric: 'tpot', level: 'p95', bound: 0.05 };

describe('an objective', () => {
  test.each([
    ['ttft p95 <= 500 ms', TTFT],
    ['TTFT<=0.5s', TTFT],
    ['tpot p99 <= 50ms', { metric: 'tpot', level: 'p99', bound: 0.05 }],
    ['e2e p50 <= 2 s', { metric: 'e2e', level: 'median', bound: 2 }],
    ['e2e mean <= 2 s', { metric: 'e2e', level: 'mean', bound: 2 }],
    ['decodeRate >= 10', { metric: 'decodeRate', level: 'median', bound: 10 }],
  ] as const)('is read from %s', (text, objective) => {
    expect(parseObjective(text)).toEqual(objective);
    expect(parseObjective(objectiveText(objective))).toEqual(objective);
  });

  test.each([
    ['', 'it has no metric'],
    ['ttft', 'it has no metric'],
    ['speed <= 1 s', 'choose a metric among ttft, ttfa, tpot, e2e, decodeRate'],
    ['ttft p42 <= 1 s', 'choose a level among mean, median, p90, p95, p99'],
    ['ttft >= 1 s', 'a limit on ttft is <='],
    ['decodeRate <= 10', 'a limit on decodeRate is >='],
    ['decodeRate mean >= 10', 'limit the median of a rate'],
    ['ttft <= 500', 'give the limit a unit, such as 500 ms'],
    ['ttft <= 0 ms', 'give the limit a unit, such as 500 ms'],
    ['decodeRate >= 10 tok/s', 'give tokens per second above 0, such as 10'],
  ])('is not read from %j', (text, remedy) => {
    expect(() => parseObjective(text)).toThrow(UserError);
    expect(() => parseObjective(text)).toThrow(remedy);
  });

  test('on a rate is a limit on the time of a token, at the mirrored level', () => {
    expect(durationLimit({ metric: 'decodeRate', level: 'p90', bound: 20 })).toEqual({ seconds: 0.05, lateShare: 0.9 });
    expect(durationLimit(TTFT)).toEqual({ seconds: 0.5, lateShare: 0.05 });
    expect(relax({ metric: 'decodeRate', level: 'median', bound: 20 }, 2).bound).toBe(10);
    expect(relax(TTFT, 2).bound).toBe(1);
  });

  test('comes from each limit of a suite on a latency or a rate, with its level', () => {
    const { limits } = requirementSchema.parse({
      limits: {
        ttft: { max: '500 ms' },
        e2e: { max: 2, at: 'p99' },
        decodeRate: { min: 10 },
        memory: { max: '1 GiB' },
      },
    });
    expect(objectivesOf(limits)).toEqual([
      TTFT,
      { metric: 'e2e', level: 'p99', bound: 2 },
      { metric: 'decodeRate', level: 'median', bound: 10 },
    ]);
  });
});

describe('a request meets an objective', () => {
  test.each<[string, StepRequest, readonly [boolean, boolean, boolean]]>([
    ['when it was in time', answered(0), [true, true, true]],
    ['not when its first token was late', answered(0, { ttft: 0.6 }), [false, true, true]],
    ['not when its tokens were slow', answered(0, { tpot: 0.06 }), [true, true, false]],
    ['not when it failed', unanswered('failed', 0), [false, false, false]],
    [
      'by the first token that was seen, whatever came after it',
      unanswered('failed', 0, { first: 0.2 }),
      [true, false, false],
    ],
    [
      'not when it timed out, for what was not seen',
      unanswered('timed-out', 0, { after: 1, first: 0.2 }),
      [true, false, false],
    ],
    [
      'by a time per token, when it has no token after the first',
      answered(0, { tokensAfterFirst: known(0) }),
      [true, true, true],
    ],
  ])('%s', (_, request, met) => {
    expect([TTFT, E2E, TPOT].map((objective) => isMet(request, objective))).toEqual(met);
  });
});

test('whether a request meets a time per token is not known, when its tokens came together in pieces', () => {
  const untold = answered(0, { tokensAfterFirst: missing('16 tokens in 4 pieces') });
  expect(isMet(untold, TPOT)).toEqual(missing('16 tokens in 4 pieces'));
  expect(isMet(untold, TTFT)).toBe(true);
});

test('the time to the answer is that of the first token where nothing was thought, and later where something was', () => {
  const ttfa: Objective = { metric: 'ttfa', level: 'p95', bound: 0.5 };
  expect(isMet(answered(0), ttfa)).toBe(true);
  expect(isMet(answered(0, { firstAnswer: 0.6 }), ttfa)).toBe(false);
  expect(isMet(answered(0, { firstAnswer: 'never' }), ttfa)).toBe(false);
  expect(isMet(answered(0, { firstAnswer: 'unknown' }), ttfa)).toHaveProperty('missing');
  expect(isMet(unanswered('failed', 0, { first: 0.1, firstAnswer: 'never' }), ttfa)).toBe(false);
  const cut = unanswered('timed-out', 0, { after: 1, first: 0.1, firstAnswer: 'unknown' });
  expect(LOAD_METRICS.ttfa.seen(cut)).toEqual({ atLeast: 0 });
});

test('whether a request meets a limit is not known where it was cut with its step before the limit had passed', () => {
  const cut = unanswered('timed-out', 0, { after: 2.7, cutWithStep: true });
  expect(isMet(cut, { ...TTFT, bound: 10 })).toHaveProperty('missing');
  expect(isMet(cut, { ...TTFT, bound: 2.5 })).toBe(false);
  expect(isMet(unanswered('timed-out', 0, { after: 2.7 }), { ...TTFT, bound: 10 })).toBe(false);
});

describe('a tally', () => {
  const hundred = (late: number) =>
    every(1, 100, (due, i) => answered(due, { ttft: i >= 50 && i < 50 + late ? 0.9 : 0.1 }));

  test('meets and misses at 5% as the binomial bound of early stopping does', () => {
    // P(none of 59 late | 5%) is 0.0485, P(at most 1 of 85 | 5%) is 0.070, and P(at least 10 of 100 | 5%) is 0.028.
    expect(metOf(tallyOf(every(1, 59), TTFT), 0.05)).toBe('met');
    expect(metOf(tallyOf(every(1, 58), TTFT), 0.05)).toBe('open');
    expect(metOf(tallyOf(hundred(1).slice(0, 85), TTFT), 0.05)).toBe('open');
    expect(metOf(tallyOf(hundred(1), TTFT), 0.05)).toBe('met');
    const spread = every(1, 100, (due, i) => answered(due, { ttft: i % 10 === 0 ? 0.9 : 0.1 }));
    expect(metOf(tallyOf(spread, TTFT), 0.05)).toBe('missed');
  });

  test('counts a timeout against the claim that is made, where the limit lies beyond it', () => {
    const requests = [
      ...every(1, 90),
      ...every(1, 8, (due) => unanswered('timed-out', 90 + due, { after: 1 })),
      unanswered('timed-out', 99, { after: 3 }),
      unanswered('failed', 100),
    ];
    expect(tallyOf(requests, E2E)).toMatchObject({ n: 100, late: 2, undecided: 8 });
    expect(tallyOf(requests, TTFT)).toMatchObject({ n: 100, late: 10, undecided: 0 });
    expect(metOf(tallyOf(requests, E2E), 0.05)).toBe('open');
  });

  test('of late requests that come together says less', () => {
    const together = every(1, 400, (due, i) => answered(due, { ttft: i >= 200 && i < 210 ? 0.9 : 0.1 }));
    const apart = every(1, 400, (due, i) => answered(due, { ttft: i % 40 === 0 ? 0.9 : 0.1 }));
    expect(metOf(tallyOf(apart, TTFT), 0.05)).toBe('met');
    expect(metOf(tallyOf(together, TTFT), 0.05)).toBe('open');
  });

  test('on a mean is missing when a request has no value', () => {
    const mean: Objective = { metric: 'e2e', level: 'mean', bound: 0.25 };
    const values = every(1, 60, (due, i) => answered(due, { ttft: 0.09 + 0.001 * (i % 20) }));
    expect(metOf(tallyOf(values, mean), 0.05)).toBe('met');
    expect(metOf(tallyOf(values, { ...mean, bound: 0.15 }), 0.05)).toBe('missed');
    expect(tallyOf([...values, unanswered('failed', 61)], mean)).toEqual(
      missing('1 requests were not answered in time, so there is no mean'),
    );
  });

  test('is missing when more requests than may be late do not tell it, and counts fewer against the claim that is made', () => {
    const untold = (count: number) =>
      every(1, 100, (due, i) => answered(due, i < count ? { tokensAfterFirst: missing('pieces') } : {}));
    expect(tallyOf(untold(6), TPOT)).toEqual(missing('TPOT of 6 of 100 requests is not known: pieces'));
    expect(tallyOf(untold(5), TPOT)).toMatchObject({ n: 100, late: 0, undecided: 5 });
    expect(metOf(tallyOf(untold(5), TPOT), 0.05)).toBe('open');
    expect(tallyOf(untold(6), TTFT)).toMatchObject({ n: 100, late: 0 });
  });

  test('is missing when no request shows the metric', () => {
    const single = every(1, 5, (due) => answered(due, { tokensAfterFirst: known(0) }));
    expect(tallyOf(single, TPOT)).toEqual(missing('no request of the step shows it'));
  });
});
