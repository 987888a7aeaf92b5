import { describe, expect, it } from 'vitest';
import { drawsOf, figureOf, figureOfSearched, leavesBoundOpen } from '../../../../src/core/capacity/plan/draws.js';

const doubt = { low: -1, high: 1 };
const count = drawsOf({ decode: doubt, batch: doubt, prefill: doubt }).length;
/** As many values as there are draws, in no order. */
const values = (endless: number) =>
  Array.from({ length: count }, (_, i) => (i < endless ? Number.POSITIVE_INFINITY : ((i * 7) % count) + 1));

describe('the interval of a figure', () => {
  it('has a twentieth of further draws beyond each end', () => {
    const ranks = Array.from({ length: count }, (_, i) => i + 1);
    const { low, high } = figureOf(count / 2, ranks);
    expect(low / (count + 1)).toBeCloseTo(0.05, 9);
    expect(high / (count + 1)).toBeCloseTo(0.95, 9);
  });

  it('is not decided by one draw', () => {
    expect(figureOf(3, values(1)).high).toBeLessThan(Number.POSITIVE_INFINITY);
  });

  it('has no bound where more than a twentieth of the draws have none', () => {
    const endless = Math.floor(0.05 * count) + 1;
    expect(figureOf(3, values(endless))).toMatchObject({ high: Number.POSITIVE_INFINITY });
  });

  it('counts a draw without end as greater than all others at the low end too', () => {
    const half = [...Array(20).fill(Number.POSITIVE_INFINITY), ...Array.from({ length: 19 }, (_, i) => i + 1)];
    expect(figureOf(30, half).low).toBe(2);
  });

  it('holds the figure without doubt', () => {
    expect(figureOf(100, values(0)).high).toBe(100);
    expect(figureOf(0.5, values(0)).low).toBe(0.5);
  });
});

describe('the interval of values that take a search', () => {
  /** @param ascending The values in the order in which the draws are asked. */
  const searched = (ascending: readonly number[]) => {
    let searches = 0;
    const draws = ascending.map((value) => ({
      search: () => {
        searches++;
        return value;
      },
      reaches: (other: number) => value >= other,
    }));
    return { figure: figureOfSearched(20, draws), searches };
  };
  const ordered = values(0).toSorted((a, b) => a - b);

  it.each<[string, readonly number[]]>([
    ['from the slowest to the fastest', ordered],
    ['in no order', values(0)],
    ['from the fastest to the slowest', ordered.toReversed()],
    ['of which many are none', values(0).map((value) => Math.max(0, value - 20))],
    ['that are alike', values(0).map(() => 7)],
  ])('is the same for draws %s', (_, some) => {
    expect(searched(some).figure).toEqual(figureOf(20, some));
  });

  it('has more draws where two or three of the few have no bound', () => {
    expect([0, 1, 2, 3, 4, 39].map(leavesBoundOpen)).toEqual([false, false, true, true, false, false]);
  });

  it('searches the draws at its ends alone where they come in their order', () => {
    expect(searched(ordered).searches).toBe(4);
  });
});
