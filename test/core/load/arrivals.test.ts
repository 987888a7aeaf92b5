import { describe, expect, test } from 'vitest';
import { type Open, parseCondition } from '../../../src/core/definition/condition.js';
import { dueTimes } from '../../../src/core/load/arrivals.js';
import { itemsInTurn, scheduleOf } from '../../../src/core/load/schedule.js';
import { thinkTimes } from '../../../src/core/load/think.js';
import { mean, standardDeviation } from '../../../src/core/stats/basics/moments.js';

function first<T>(count: number, values: Iterator<T>): T[] {
  return Array.from({ length: count }, () => values.next().value as T);
}

function open(text: string): Open {
  return parseCondition(`open ${text}`) as Open;
}

function gapsOf(times: readonly number[]): number[] {
  return times.slice(1).map((time, i) => time - times[i]!);
}

const N = 40_000;

describe('open arrivals', () => {
  test.each([
    ['4 poisson', 0.25, 1],
    ['4 constant', 0.25, 0],
    ['4 gamma:2', 0.25, 2],
    ['4 gamma:0.5', 0.25, 0.5],
    ['0.5 gamma:4', 2, 4],
  ])('%s have gaps with mean %d and coefficient of variation %d', (text, meanGap, cv) => {
    const gaps = gapsOf(first(N, dueTimes(open(text), 7)));
    expect(Math.abs(mean(gaps) / meanGap - 1)).toBeLessThan((4 * Math.max(cv, 0.01)) / Math.sqrt(N));
    expect(Math.abs(standardDeviation(gaps) / meanGap - cv)).toBeLessThan(0.05 * cv + 1e-9);
  });

  test('of Poisson have gaps of the exponential distribution, and no gap repeats', () => {
    const gaps = gapsOf(first(N, dueTimes(open('5 poisson'), 3))).toSorted((a, b) => a - b);
    const distance = gaps.map((gap, i) => Math.abs(1 - Math.exp(-5 * gap) - (i + 0.5) / gaps.length));
    // Kolmogorov-Smirnov at 0.1%.
    expect(Math.max(...distance)).toBeLessThan(1.95 / Math.sqrt(N));
    expect(new Set(gaps).size).toBe(gaps.length);
  });

  test('never go back, even in bursts as of the Azure trace of code', () => {
    const gaps = gapsOf(first(5_000, dueTimes(open('2.566 gamma:13.15'), 1)));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0);
  });

  test('repeat with the seed, and differ without it', () => {
    const times = (seed: number) => first(50, dueTimes(open('4 gamma:2'), seed));
    expect(times(1)).toEqual(times(1));
    expect(times(1)).not.toEqual(times(2));
  });

  test('follow a ramp: each stretch holds as many as the area under it', () => {
    const times = first(200, dueTimes(open('1..3:20s,8:5s,2 constant'), 1));
    const within = (from: number, to: number) => times.filter((time) => time > from && time <= to + 1e-9).length;
    expect([within(0, 10), within(10, 20), within(20, 25), within(25, 35)]).toEqual([15, 25, 40, 20]);
    // The area under 1 + t/10 is 1 at t = -10 + sqrt(120).
    expect(times[0]).toBeCloseTo(-10 + Math.sqrt(120), 9);
  });

  test('follow a ramp down to a rate near zero', () => {
    const times = first(12, dueTimes(open('2..0.000001:10s,1 constant'), 1));
    expect(times.slice(0, 9).every((time) => time < 10)).toBe(true);
    expect(times[10]!).toBeCloseTo(11, 4);
  });
});

describe('think times', () => {
  test.each([
    ['users 1 think 10s', 0],
    ['users 1 think exp:10s', 1],
    ['users 1 think lognormal:10s,1', Math.sqrt(Math.E - 1)],
  ])('of %s have a mean of 10 s and a coefficient of variation of %d', (text, cv) => {
    const condition = parseCondition(text);
    if (condition.kind !== 'users') throw new Error('expected users');
    const drawn = first(N, thinkTimes(condition.think, 1, 0)).slice(1);
    expect(Math.abs(mean(drawn) / 10 - 1)).toBeLessThan(0.03);
    expect(Math.abs(standardDeviation(drawn) / 10 - cv)).toBeLessThan(0.1 * cv + 1e-9);
  });

  test.each([
    ['users 1 think 10s', 5],
    ['users 1 think exp:10s', 10],
    ['users 1 think lognormal:10s,1', 5 * Math.E],
  ])('of %s begin with the rest of one that began earlier: E x^2 / 2 E x', (text, expected) => {
    const condition = parseCondition(text);
    if (condition.kind !== 'users') throw new Error('expected users');
    const begun = Array.from({ length: N }, (_, user) => thinkTimes(condition.think, 1, user).next().value as number);
    expect(Math.abs(mean(begun) / expected - 1)).toBeLessThan(0.05);
  });

  test('of a user are the same however many users there are', () => {
    const think = { kind: 'exp', mean: 10 } as const;
    const schedule = (users: number) => scheduleOf({ kind: 'users', users, think }, { seed: 9 });
    const [few, many] = [schedule(10), schedule(20)];
    if (few.kind !== 'users' || many.kind !== 'users') throw new Error('expected users');
    expect(first(5, few.think(3))).toEqual(first(5, many.think(3)));
    expect(first(5, few.think(3))).not.toEqual(first(5, few.think(4)));
  });
});

describe('a schedule', () => {
  test('of a trace has its gaps divided by the speed, and ends', () => {
    const traces = new Map([['day', { arrivals: Float64Array.of(0, 1, 5) }]]);
    const schedule = scheduleOf({ kind: 'trace', name: 'day', speed: 2 }, { seed: 1, traces });
    if (schedule.kind !== 'due') throw new Error('expected due times');
    const times = schedule.times();
    expect(first(3, times)).toEqual([0, 0.5, 2.5]);
    expect(times.next().done).toBe(true);
  });

  test('refuses a trace that nobody read', () => {
    expect(() => scheduleOf({ kind: 'trace', name: 'day', speed: 1 }, { seed: 1 })).toThrow(RangeError);
  });

  test('takes each item once before any again, the same for each model', () => {
    const items = ['a', 'b', 'c', 'd'];
    const taken = first(8, itemsInTurn(items, 5));
    expect(taken.slice(0, 4).toSorted()).toEqual(items);
    expect(taken.slice(4).toSorted()).toEqual(items);
    expect(first(8, itemsInTurn(items, 5))).toEqual(taken);
    expect(itemsInTurn([], 5).next().done).toBe(true);
  });
});
