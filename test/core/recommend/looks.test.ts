import { describe, expect, it } from 'vitest';
import { shareOfRound } from '../../../src/core/recommend/looks.js';
import { normalQuantile } from '../../../src/core/stats/basics/distributions.js';
import { createRandom } from '../../../src/core/stats/basics/random.js';

/** How often some look is wrong at a level, where each round doubles the data and the truth lies at the margin. */
function errorOf(rounds: number, levels: readonly number[]): number[] {
  const random = createRandom('looks', `${rounds}`);
  const shares = Array.from({ length: rounds }, (_, round) => shareOfRound(round, rounds));
  const bounds = levels.map((level) => shares.map((share) => -normalQuantile(share * level)));
  const wrong = levels.map(() => 0);
  for (let run = 0; run < RUNS; run++) {
    const statistics: number[] = [];
    let [sum, size] = [0, 0];
    for (let round = 0; round < rounds; round++) {
      const next = 2 ** (round - rounds + 1);
      sum += Math.sqrt(next - size) * random.normal();
      size = next;
      statistics.push(sum / Math.sqrt(size));
    }
    bounds.forEach((bound, i) => {
      if (statistics.some((statistic, round) => statistic >= bound[round]!)) wrong[i]!++;
    });
  }
  return wrong.map((count) => count / RUNS);
}

const RUNS = 100_000;

describe('the shares of the looks', () => {
  it.each([1, 2, 3, 4, 5, 7])('keep the error of a claim at alpha over %d rounds', (rounds) => {
    const levels = [0.1, 0.05, 0.0083];
    errorOf(rounds, levels).forEach((error, i) => {
      const level = levels[i]!;
      // Three standard errors of the simulation.
      expect(error).toBeLessThan(level + 3 * Math.sqrt(level / RUNS));
    });
  });

  it('leave all of it to the only look', () => {
    expect(shareOfRound(0, 1)).toBe(1);
  });
});
