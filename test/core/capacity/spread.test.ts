import { describe, expect, it } from 'vitest';
import { spreadOf } from '../../../src/core/capacity/step/spread.js';

describe('the interval of left-out groups', () => {
  it('leaves a twentieth of the groups on each side', () => {
    const residuals = Array.from({ length: 101 }, (_, i) => ({ group: String(i), log: i }));
    expect(spreadOf(residuals)).toEqual({ low: 5, high: 95, groups: 101 });
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
