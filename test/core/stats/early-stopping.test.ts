import { describe, expect, it } from 'vitest';
import {
  allowedOverLatency,
  earlyStoppingEstimate,
  minPassingQueries,
  mlperfQueryCount,
  passesEarly,
} from '../../../src/core/load/early-stopping.js';

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

  it('allows the tabled number of slow queries', () => {
    const p90 = [
      [64, 1],
      [100, 3],
      [500, 34],
      [1_000, 78],
      [1_024, 80],
      [5_000, 450],
      [10_000, 930],
      [24_576, 2_348],
    ];
    const p99 = [
      [662, 1],
      [1_000, 2],
      [1_024, 3],
      [5_000, 33],
      [10_000, 77],
      [24_576, 209],
    ];
    for (const [queries, allowed] of p90) expect(allowedOverLatency(queries!, 0.9)).toEqual({ value: allowed });
    for (const [queries, allowed] of p99) expect(allowedOverLatency(queries!, 0.99)).toEqual({ value: allowed });
  });

  it('gives no estimate below 64 queries for p90 and 662 for p99', () => {
    const latencies = Array.from({ length: 662 }, (_, i) => i + 1);
    expect(earlyStoppingEstimate(latencies.slice(0, 63), 0.9)).toEqual({
      missing: expect.stringContaining('it takes 64'),
    });
    expect(earlyStoppingEstimate(latencies.slice(0, 661), 0.99)).toHaveProperty('missing');
    expect(earlyStoppingEstimate(latencies, 0.99)).toEqual({ value: 662 });
    expect(earlyStoppingEstimate([], 0.9)).toHaveProperty('missing');
  });

  it('discards all but one of the allowed slow queries', () => {
    const latencies = Array.from({ length: 100 }, (_, i) => 100 - i);
    // 3 allowed of 100: the two highest are discarded, whatever their order.
    expect(earlyStoppingEstimate(latencies, 0.9)).toEqual({ value: 98 });
  });

  it('passes a server at exactly the needed queries', () => {
    expect(passesEarly(662, 1, 0.99)).toBe(true);
    expect(passesEarly(661, 1, 0.99)).toBe(false);
    expect(passesEarly(12_571, 100, 0.99)).toBe(true);
    expect(passesEarly(12_570, 100, 0.99)).toBe(false);
  });

  it('needs the tabled queries without early stopping, before rounding to 8,192', () => {
    const expected = [
      [0.9, 23_886, 24_576],
      [0.95, 50_425, 57_344],
      [0.97, 85_811, 90_112],
      [0.99, 262_742, 270_336],
    ];
    for (const [p, queries, rounded] of expected) {
      expect(Math.round(mlperfQueryCount(p!))).toBe(queries);
      expect(Math.ceil(mlperfQueryCount(p!) / 8_192) * 8_192).toBe(rounded);
    }
  });
});
