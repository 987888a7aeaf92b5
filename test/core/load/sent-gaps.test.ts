/** The gaps of what was sent, against those of the arrivals that were asked. */
import { describe, expect, test } from 'vitest';
import { parseCondition } from '../../../src/core/definition/condition.js';
import { dueTimes } from '../../../src/core/load/arrivals.js';
import { sentGapsOf } from '../../../src/core/load/sent-gaps.js';
import { answered } from './requests.js';

const N = 1_000;

function timesOf(text: string, seed = 1): number[] {
  const condition = parseCondition(text);
  if (condition.kind !== 'open') throw new Error('expected a rate');
  const times = dueTimes(condition, seed);
  return Array.from({ length: N }, () => times.next().value);
}

const gapsOf = (text: string, requests: Parameters<typeof sentGapsOf>[0]) =>
  sentGapsOf(requests, parseCondition(text))!;
const asAsked = ({ mean, cv }: ReturnType<typeof gapsOf>) => [mean.asAsked, cv.asAsked];
const judged = ({ mean, cv, neighbours }: ReturnType<typeof gapsOf>) =>
  [mean, cv, neighbours].map((checked) => checked?.asAsked ?? null);

describe('gaps between sends', () => {
  test.each([
    ['open 5 constant', 0],
    ['open 5 poisson', 1],
    ['open 5 gamma:2', 2],
  ])('of %s have its mean and coefficient of variation, 200 times', (condition, cv) => {
    const odd = Array.from({ length: 200 }, (_, seed) =>
      gapsOf(
        condition,
        timesOf(condition, seed).map((due) => answered(due)),
      ),
    ).filter((gaps) => judged(gaps).includes(false));
    expect(odd.length).toBeLessThan(2);
    const {
      n,
      mean,
      cv: seen,
    } = gapsOf(
      condition,
      timesOf(condition).map((due) => answered(due)),
    );
    expect([n, mean.asked, seen.asked]).toEqual([N - 1, 0.2, cv]);
    expect(Math.abs(mean.value - 0.2)).toBeLessThanOrEqual(4 * mean.standardError + 1e-6);
  });

  test('show a client that sends constant for Poisson, Poisson for constant, or too slowly', () => {
    const poisson = timesOf('open 5 poisson').map((due) => answered(due));
    const constant = timesOf('open 5 constant').map((due) => answered(due));
    expect(asAsked(gapsOf('open 5 poisson', constant))).toEqual([true, false]);
    expect(asAsked(gapsOf('open 5 constant', poisson))[1]).toBe(false);
    expect(asAsked(gapsOf('open 7 poisson', poisson))).toEqual([false, true]);
  });

  test('show a client that repeats each of its gaps ten times', () => {
    const gaps = timesOf('open 5 poisson').map((due, i, times) => due - (times[i - 1] ?? 0));
    let due = 0;
    const repeated = gaps.map((_, i) => {
      due += gaps[Math.floor(i / 10)]!;
      return answered(due);
    });
    const { neighbours } = gapsOf('open 5 poisson', repeated);
    expect(neighbours).toMatchObject({ value: expect.closeTo(0.9, 1), asked: 0, asAsked: false });
  });

  test('have no correlation of neighbours where all are to be equal', () => {
    const constant = timesOf('open 5 constant').map((due) => answered(due));
    expect(gapsOf('open 5 constant', constant).neighbours).toBeNull();
  });

  test('allow for lateness, which has a check of its own', () => {
    const late = timesOf('open 5 constant').map((due, i) => answered(due, { sent: due + (i % 2) * 0.05 }));
    expect(gapsOf('open 5 constant', late).cv.value).toBeGreaterThan(0.2);
    expect(asAsked(gapsOf('open 5 constant', late))).toEqual([true, true]);
    const odd = timesOf('open 5 gamma:0.5').map((due, i) => answered(due, { sent: due + (i % 2) * 0.1 }));
    const { neighbours } = gapsOf('open 5 gamma:0.5', odd);
    expect(neighbours!.value).toBeLessThan(-4 * neighbours!.standardError);
    expect(neighbours!.asAsked).toBe(true);
  });

  test('are not judged where a ceiling held requests back, or where they are few', () => {
    const times = timesOf('open 5 constant');
    const held = times.map((due, i) => answered(due, i === 7 ? { released: due + 1, sent: due + 1 } : {}));
    expect(asAsked(gapsOf('open 5 constant', held))).toEqual([null, null]);
    expect(
      asAsked(
        gapsOf(
          'open 5 constant',
          times.slice(0, 40).map((due) => answered(due)),
        ),
      ),
    ).toEqual([null, null]);
  });

  test.each(['closed 4', 'users 4 think exp:1s', 'open 1..4:60s,4 poisson'])(
    'of %s are none that are asked',
    (text) => {
      expect(
        sentGapsOf(
          [0, 1, 2].map((due) => answered(due)),
          parseCondition(text),
        ),
      ).toBeNull();
    },
  );
});
