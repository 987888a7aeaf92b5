import { describe, expect, it } from 'vitest';
import { answersOf, answersOfDrawn, compare, fixedPlan, replay } from '../../simulate/orders.js';
import { mixedSuite } from '../../simulate/scenarios.js';
import { createRandom } from '../../src/core/stats/basics/random.js';
import { makeLog } from '../support/log.js';

describe('the answers of a run, asked until it is sure', () => {
  const answers = answersOf(
    makeLog({
      requirement: { margin: 0.1 },
      tasks: [
        { name: 'easy', samples: 240, groupSize: 3 },
        { name: 'hard', samples: 240, groupSize: 3 },
      ],
      models: [
        { id: 'small', class: 'slm', quality: { easy: 0.99, hard: 0.5 }, sureness: null },
        { id: 'large', class: 'llm', quality: { easy: 0.99, hard: 0.95 }, sureness: null },
      ],
    }),
  );
  const fixed = fixedPlan(answers);

  it.each([1, 2, 3])('decide as the fixed plan does, with fewer trials (seed %d)', (seed) => {
    const { same, contrary, decided, saved } = compare(fixed, replay(answers, seed));
    expect([decided, same, contrary]).toEqual([2, 2, 0]);
    expect(saved).toBeGreaterThan(0.3);
  });

  it('decide nothing against the fixed plan on suites that were drawn, nearly as much, and save trials', () => {
    const compared = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => {
      const drawn = answersOfDrawn(mixedSuite(createRandom(seed)));
      return compare(fixedPlan(drawn), replay(drawn, seed));
    });
    const total = (of: (one: (typeof compared)[number]) => number) => compared.reduce((sum, one) => sum + of(one), 0);
    expect(total(({ contrary }) => contrary)).toBe(0);
    // Longer replays reach 86 to 95%; chance takes some of these forty.
    expect(total(({ same }) => same)).toBeGreaterThanOrEqual(0.8 * total(({ decided }) => decided));
    expect(total(({ saved }) => saved) / compared.length).toBeGreaterThan(0.2);
  });
});
