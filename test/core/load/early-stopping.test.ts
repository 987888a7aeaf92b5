import { describe, expect, it } from 'vitest';
import { minPassingQueries } from '../../../src/core/load/early-stopping.js';
import { metOf } from '../../../src/core/load/tally.js';

describe("MLPerf's early stopping", () => {
  it('needs the tabled number of passing queries', () => {
    const table: [number, (number | undefined)[]][] = [
      [0, [44, undefined, undefined, 459, 4_603]],
      [1, [63, 129, 218, 661, 6_635]],
      [2, [79, 163, undefined, 836, undefined]],
      [3, [94, undefined, undefined, 998, undefined]],
      [5, [122, undefined, undefined, 1_302, undefined]],
      [10, [187, 388, 657, 2_000, 20_130]],
      [20, [305, undefined, undefined, 3_284, undefined]],
      [50, [631, undefined, undefined, 6_848, undefined]],
      [100, [1_146, 2_404, 4_082, 12_471, 125_726]],
      [1_000, [9_722, undefined, undefined, 106_569, undefined]],
    ];
    for (const [overLatency, row] of table) {
      [0.9, 0.95, 0.97, 0.99, 0.999].forEach((p, column) => {
        if (row[column] !== undefined)
          expect([overLatency, p, minPassingQueries(p, overLatency)]).toEqual([overLatency, p, row[column]]);
      });
    }
  });

  it('is what shows that an objective is met, at the same confidence', () => {
    for (const late of [0, 1, 5, 40]) {
      const needed = minPassingQueries(0.95, late, { confidence: 0.95 }) + late;
      const met = (n: number) => metOf({ kind: 'late', allowed: 0.05, n, late, undecided: 0, together: null }, 0.05);
      expect([met(needed), met(needed - 1)]).toEqual(['met', 'open']);
    }
  });
});
