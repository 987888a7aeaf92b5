import { describe, expect, it } from 'vitest';
import { changePoints } from '../../../src/core/stats/series/change-points.js';
import { TIGERBEETLE } from './tigerbeetle.js';

const indices = (...given: Parameters<typeof changePoints>) => changePoints(...given).map(({ index }) => index);

// Tests of Hunter and of Apache Otava.
const FIRST = [1.02, 0.95, 0.99, 1.0, 1.12, 0.9, 0.5, 0.51, 0.48, 0.48, 0.55];
const SECOND = [2.02, 2.03, 2.01, 2.04, 1.82, 1.85, 1.79, 1.81, 1.8, 1.76, 1.78];

describe('change points of published series', () => {
  it('are those of Hunter', () => {
    expect(indices(FIRST)).toEqual([6]);
    expect(indices(SECOND)).toEqual([4]);
    expect(indices(FIRST, { magnitude: 0.2 })).toEqual([6]);
    expect(indices(SECOND, { magnitude: 0.2 })).toEqual([]);
  });

  it.each([0.01, 0.05])('are those of Otava for TigerBeetle at p = %d', (p) => {
    expect(indices(TIGERBEETLE, { window: 30, p, magnitude: 0.05 })).toEqual([15, 71]);
  });

  it.each([
    [0.001, [15, 61, 71, 95, 117, 131, 142, 148, 192, 212, 260]],
    [0.0001, [71, 95, 117, 131, 142, 148, 192, 212]],
    [0.00001, [71, 95, 131, 192, 212]],
  ])('are among those of Otava for TigerBeetle at p = %d and any magnitude', (p, published) => {
    const found = indices(TIGERBEETLE, { window: 30, p });
    expect(found.length).toBeGreaterThanOrEqual(4);
    expect(published).toEqual(expect.arrayContaining(found));
  });

  it('is the one step of 2,000 values', () => {
    expect(indices([...Array(1_000).fill(0), ...Array(1_000).fill(1)])).toEqual([1_000]);
  });
});

describe('change points', () => {
  it('give the levels before and after', () => {
    const [point] = changePoints(FIRST);
    expect(point).toMatchObject({ before: expect.closeTo(0.9967, 3), after: expect.closeTo(0.504, 3) });
    expect(point!.p).toBeLessThan(0.001);
  });

  it.each([[[]], [[1]], [[1, 2]], [[1, 1, 1, 1, 1, 1]]])('are none in %j', (values) => {
    expect(indices(values)).toEqual([]);
  });

  it('refuse what is no number', () => {
    expect(() => changePoints([1, Number.NaN])).toThrow(RangeError);
  });
});
