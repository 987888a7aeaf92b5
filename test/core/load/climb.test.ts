import { describe, expect, test } from 'vitest';
import { runVirtually } from '../../../bench/load-virtual.js';
import { parseCondition } from '../../../src/core/definition/condition.js';
import { climbOf, type FoundByUsers } from '../../../src/core/load/climb.js';
import type { Objective } from '../../../src/core/load/objective.js';
import { analyseStep } from '../../../src/core/load/step.js';
import { isMissing } from '../../../src/core/quantity.js';
import { HEALTHY } from './requests.js';

/** Users who think 10 s on average, and four slots whose service is exponential with a mean of 1.5 s. */
const [THINK, SERVICE, SLOTS] = [10, 1.5, 4];

/** What those who ask find, by the arrival theorem: the shares of a system with one user less. */
function sharesFound(users: number): number[] {
  const shares = [1];
  for (let n = 1; n < users; n++) {
    shares[n] = (shares[n - 1]! * ((users - n) / THINK)) / (Math.min(n, SLOTS) / SERVICE);
  }
  const all = shares.reduce((total, share) => total + share, 0);
  return shares.map((share) => share / all);
}

/** The share of requests that are late, of those that find n others: more of them, the more they find. */
const lateOf = (n: number) => Math.min(0.9, 0.01 * 1.5 ** n);

function found(users: number): FoundByUsers {
  const judged = sharesFound(users).map((share) => 1e6 * share);
  return { users, judged, late: judged.map((count, n) => count * lateOf(n)) };
}

function truth(users: number): number {
  const late = sharesFound(users).reduce((total, share, n) => total + share * lateOf(n), 0);
  return Math.log(late / (1 - late));
}

describe('the climb of users', () => {
  test('is that of the truth where service is exponential, from one step alone', () => {
    const climb = climbOf([{ found: found(30), weight: 1 }], 1);
    for (const users of [20, 25, 29, 31, 37]) expect(climb(users)).toBeCloseTo(truth(users), 5);
  });

  test('is the same from two steps, whatever their weights, and goes on straight beyond what they show', () => {
    const climb = climbOf(
      [
        { found: found(24), weight: 0.2 },
        { found: found(32), weight: 1 },
      ],
      1,
    );
    for (const users of [20, 26, 29]) expect(climb(users)).toBeCloseTo(truth(users), 5);
    expect(climb(120) - climb(100)).toBeCloseTo(climb(140) - climb(120), 6);
    expect(climb(2) - climb(1)).toBeCloseTo(climb(3) - climb(2), 6);
  });

  test('is known at any number of users where every request finds nearly all others, and where there is one user', () => {
    const judged = Array.from({ length: 16 }, (_, n) => (n < 10 ? 0 : 20));
    const crowded = climbOf([{ found: { users: 16, judged, late: judged.map((count) => count / 2) }, weight: 1 }]);
    const alone = climbOf([{ found: { users: 1, judged: [40], late: [10] }, weight: 1 }]);
    for (const users of [0.1, 1, 5, 11, 16, 40]) {
      expect(crowded(users)).toSatisfy(Number.isFinite);
      expect(alone(users)).toSatisfy(Number.isFinite);
    }
  });

  test('falls no further than the share that is late without a queue', () => {
    const { users, judged } = found(30);
    const flat = { users, judged, late: judged.map((count, n) => count * (n < 8 ? 0.04 : 0.9)) };
    const climb = climbOf([{ found: flat, weight: 1 }]);
    const least = Math.log(0.04 / 0.96);
    expect(climb(18)).toBeGreaterThan(least);
    expect(climb(18)).toBeLessThan(least + 0.3);
    expect(climb(30) - climb(18)).toBeGreaterThan(1);
  });

  test('of a batch that serves users in virtual time is near the true one', () => {
    const server = { kind: 'batch', most: 4, base: 0.03, each: 0.002, prefill: 0.12, tokens: 32 } as const;
    const objective: Objective = { metric: 'ttft', level: 'p95', bound: 2 };
    const lateIn = (users: number) => {
      const condition = parseCondition(`users ${users} think exp:10s`);
      const sent = runVirtually(server, { condition, seed: 'climb', requests: 10_000, seconds: 1e6 });
      const { tally } = analyseStep(sent, { condition, objectives: [objective], health: HEALTHY }).objectives[0]!;
      if (isMissing(tally) || tally.kind !== 'late') throw new Error('it has no late requests');
      return tally;
    };
    const logit = ({ late, n }: { late: number; n: number }) => Math.log(late / (n - late));
    const [below, step, above] = [lateIn(24), lateIn(26), lateIn(28)];
    const climb = climbOf([{ found: step.found!, weight: 1 }]);
    const rise = (climb(28) - climb(24)) / (logit(above) - logit(below));
    expect(rise).toBeGreaterThan(0.75);
    expect(rise).toBeLessThan(1.1);
  });
});
