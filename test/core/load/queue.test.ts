import { describe, expect, test } from 'vitest';
import { searchVirtually } from '../../../bench/load-laws.js';
import { runVirtually, type ServerLaw } from '../../../bench/load-virtual.js';
import { type Condition, steadyRate } from '../../../src/core/definition/condition.js';
import type { Objective } from '../../../src/core/load/objective.js';
import { type QueuePoint, queueCrossingOf, queueOf } from '../../../src/core/load/queue.js';
import type { SearchRule } from '../../../src/core/load/search-rule.js';
import { answered } from './requests.js';

const POISSON = { kind: 'poisson' } as const;

function open(rate: number): Condition {
  return { kind: 'open', rate: steadyRate(rate), arrivals: POISSON };
}

const E2E: Objective = { metric: 'e2e', level: 'p95', bound: 0.1 };
const OPTIONS = { allowed: 0.05, levels: { low: 0.05, high: 0.05 } };

describe('what a step shows of its queue', () => {
  test('is how long so many were under way, and who came and left meanwhile', () => {
    // One from 0 to 3, one from 1 to 2, and the last from 4, where the step ends.
    const requests = [
      answered(0, { last: 3, end: 3 }),
      answered(1, { last: 2, end: 2 }),
      answered(4, { last: 9, end: 9 }),
    ];
    const queue = queueOf(requests, open(1))!;
    expect(queue.parts).toEqual([{ seconds: [1, 2, 1], arrivals: [2, 1], departures: [0, 1, 1] }]);
    const [late] = queue.lateFor({ ...E2E, bound: 2 });
    expect(late).toEqual({ judged: [2, 1], late: [2], undecided: [] });
  });

  test('is nothing under other conditions than a steady rate', () => {
    const requests = [answered(0, { last: 1, end: 1 })];
    expect(queueOf(requests, { kind: 'closed', requests: 4 })).toBeNull();
    expect(queueOf([], open(2))).toBeNull();
    expect(queueOf(requests, open(2))).toBeNull();
  });
});

/** One slot, exponential: P(e2e > t) = exp(-(100 - rate) t), so p95 is 0.1 s at a rate of 100 - ln 20 / 0.1. */
const SINGLE: ServerLaw = { kind: 'slots', slots: 1, service: { kind: 'exponential', mean: 0.01 } };
const TRUTH = 100 - Math.log(20) / 0.1;

function held(rate: number, seconds: number): QueuePoint {
  const condition = open(rate);
  const sent = runVirtually(SINGLE, { condition, seed: `${rate}`, requests: 1e6, seconds });
  const { parts, lateFor } = queueOf(sent, condition)!;
  return { rate, arrivals: POISSON, parts, late: lateFor(E2E) };
}

describe('the rate at which a queue becomes too long', () => {
  test('lies near the truth of M/M/1, also where no step had settled', () => {
    const { value, low, high } = queueCrossingOf([held(64, 40), held(70, 80), held(74, 40), held(150, 4)], OPTIONS)!;
    expect(Math.abs(value / TRUTH - 1)).toBeLessThan(0.05);
    expect(low).toBeLessThan(TRUTH);
    expect(high).toBeGreaterThan(TRUTH);
    expect(high - low).toBeLessThan(0.15 * TRUTH);
  });

  test('is not told from steps that all hold, or all miss', () => {
    expect(queueCrossingOf([held(20, 20), held(30, 20)], OPTIONS)).toBeNull();
    expect(queueCrossingOf([held(150, 10), held(200, 10)], OPTIONS)).toBeNull();
    expect(queueCrossingOf([], OPTIONS)).toBeNull();
  });
});

describe('a search of a rate', () => {
  const rule: SearchRule = {
    find: { kind: 'rate', arrivals: POISSON },
    objectives: [E2E],
    budget: { seconds: 300 },
    alpha: 0.05,
    least: 0.5,
    most: 1_000,
  };

  test('finds the truth of M/M/1 near saturation within 5%', () => {
    for (const seed of [1, 2]) {
      const { load } = searchVirtually({ server: SINGLE, rule }, seed).capacity;
      expect(Math.abs(load!.value / TRUTH - 1)).toBeLessThan(0.05);
    }
  });

  test('with a budget that is too short does not take silence for an answer', () => {
    // Answers of 5 s, and 10 s for everything: no step is long enough to be seen with its queue.
    const slow: ServerLaw = { kind: 'slots', slots: 4, service: { kind: 'fixed', seconds: 5 } };
    for (const find of [rule.find, { kind: 'users', think: { kind: 'exp', mean: 0.1 } }] as const) {
      const short = { ...rule, find, least: 1, most: 100_000, budget: { seconds: 10 } };
      const { history } = searchVirtually({ server: slow, rule: short }, 1);
      const greatest = Math.max(...history.map(({ counts }) => counts.due));
      expect(greatest).toBeLessThan(500);
    }
  });
});
