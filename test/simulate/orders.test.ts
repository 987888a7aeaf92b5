import { describe, expect, it } from 'vitest';
import { compare, fixedPlan, replay } from '../../simulate/orders.js';
import { makeLog } from '../support/log.js';

describe('the answers of a run, asked until it is sure', () => {
  const records = makeLog({
    requirement: { margin: 0.1 },
    tasks: [
      { name: 'easy', samples: 240, groupSize: 3 },
      { name: 'hard', samples: 240, groupSize: 3 },
    ],
    models: [
      { id: 'small', class: 'slm', quality: { easy: 0.99, hard: 0.5 }, sureness: null },
      { id: 'large', class: 'llm', quality: { easy: 0.99, hard: 0.95 }, sureness: null },
    ],
  });
  const fixed = fixedPlan(records);

  it.each([1, 2, 3])('decide as the fixed plan does, with fewer trials (seed %d)', (seed) => {
    const { same, contrary, decided, saved } = compare(fixed, replay(records, seed));
    expect([decided, same, contrary]).toEqual([2, 2, 0]);
    expect(saved).toBeGreaterThan(0.3);
  });
});
