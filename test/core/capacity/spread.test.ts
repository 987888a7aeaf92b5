import { describe, expect, it } from 'vitest';
import { spreadOf } from '../../../src/core/capacity/step/spread.js';

describe('the interval of left-out groups', () => {
  it('leaves a twentieth of the groups and of one more on each side', () => {
    const residuals = Array.from({ length: 119 }, (_, i) => ({ group: String(i), log: i }));
    expect(spreadOf(residuals)).toEqual({ low: 5, high: 113, groups: 119 });
  });

  it('leaves none of few groups outside, because one more may be there', () => {
    const residuals = Array.from({ length: 39 }, (_, i) => ({ group: String(i % 19), log: i % 19 }));
    expect(spreadOf(residuals)).toEqual({ low: 0, high: 18, groups: 19 });
  });

  it('counts a group once, however many rows it has', () => {
    const few = Array.from({ length: 99 }, (_, i) => ({ group: String(i), log: 0 }));
    const many = Array.from({ length: 1000 }, () => ({ group: 'big', log: 9 }));
    expect(spreadOf([...few, ...many])).toEqual({ low: 0, high: 0, groups: 100 });
  });

  it('has no interval without residuals', () => {
    expect(() => spreadOf([])).toThrow(RangeError);
  });
});
