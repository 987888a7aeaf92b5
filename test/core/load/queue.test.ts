import { describe, expect, test } from 'vitest';
import { type Law, searchVirtually, truthOf } from '../../../bench/load-laws.js';
import { runVirtually, type ServerLaw } from '../../../bench/load-virtual.js';
import { type Condition, conditionText, parseCondition, steadyRate } from '../../../src/core/definition/condition.js';
import type { Objective } from '../../../src/core/load/objective.js';
import { type QueuePoint, queueCrossingOf, queueOf, sourceOf } from '../../../src/core/load/queue.js';
import { loadOf, type SearchRule } from '../../../src/core/load/search-rule.js';
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

  test('is nothing under other conditions than a steady rate or users', () => {
    const requests = [answered(0, { last: 1, end: 1 })];
    expect(queueOf(requests, { kind: 'closed', requests: 4 })).toBeNull();
    expect(queueOf(requests, parseCondition('open 1:30s,2..8:60s,8 poisson'))).toBeNull();
    expect(queueOf([], open(2))).toBeNull();
    expect(queueOf(requests, open(2))).toBeNull();
  });
});

/** One slot, exponential: P(e2e > t) = exp(-(100 - rate) t), so p95 is 0.1 s at a rate of 100 - ln 20 / 0.1. */
const SINGLE: ServerLaw = { kind: 'slots', slots: 1, service: { kind: 'exponential', mean: 0.01 } };
const TRUTH = 100 - Math.log(20) / 0.1;

function heldUnder(condition: Condition, seconds: number): QueuePoint {
  const sent = runVirtually(SINGLE, { condition, seed: conditionText(condition), requests: 1e6, seconds });
  const { parts, lateFor } = queueOf(sent, condition)!;
  return { load: loadOf(condition), source: sourceOf(condition)!, parts, late: lateFor(E2E) };
}

const held = (rate: number, seconds: number) => heldUnder(open(rate), seconds);

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

describe('the users at whom a queue becomes too long', () => {
  const think = { kind: 'exp', mean: 1 } as const;
  const users = (count: number, seconds: number) => heldUnder({ kind: 'users', users: count, think }, seconds);

  /** Of N users, who ask one slot, n are found under way in proportion to (N - 1) ... (N - n) / 100^n; then e2e is Erlang's, of n + 1. */
  function lateShare(count: number): number {
    let [share, all, late, poisson, within] = [1, 0, 0, Math.exp(-100 * E2E.bound), 0];
    for (let n = 0; n < count; n++) {
      within += poisson;
      poisson *= (100 * E2E.bound) / (n + 1);
      const asking = share * (count - n);
      all += asking;
      late += asking * within;
      share *= (count - n) / 100;
    }
    return late / all;
  }

  test('lie where the product form has them, also where no step had settled', () => {
    const truth =
      Array.from({ length: 200 }, (_, count) => count).findLast((count) => lateShare(count + 1) <= 0.05)! + 1;
    const steps = [users(60, 10), users(truth - 6, 40), users(truth + 8, 20), users(2 * truth, 3)];
    const { value, low, high } = queueCrossingOf(steps, OPTIONS)!;
    expect(Math.abs(value / truth - 1)).toBeLessThan(0.05);
    expect(low).toBeLessThan(truth);
    expect(high).toBeGreaterThan(truth);
    expect(high - low).toBeLessThan(0.2 * truth);
  });

  test('lie at a truth of their own where all think equally long, because they come back in order', () => {
    const law: Law = {
      name: 'one slot, users who all think 1 s',
      server: SINGLE,
      rule: {
        find: { kind: 'users', think: { kind: 'constant', seconds: 1 } },
        objectives: [E2E],
        budget: { seconds: 300 },
        alpha: 0.05,
        least: 1,
        most: 1_000,
      },
      between: [20, 200],
    };
    const truth = truthOf(law, 100_000);
    const { load } = searchVirtually(law, 1).capacity;
    expect(Math.abs(Math.floor(load!.value) / truth - 1)).toBeLessThan(0.05);
    expect(load!.low).toBeLessThan(truth + 1);
    expect(load!.high).toBeGreaterThan(truth);
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
