import { describe, expect, it } from 'vitest';
import { mean, variance } from '../../../src/core/stats/basics/moments.js';
import { createRandom, sampleWithoutReplacement, shuffle } from '../../../src/core/stats/basics/random.js';

describe('seeded randomness', () => {
  it('gives the same numbers for the same seeds, for ever', () => {
    const random = createRandom(42);
    const again = createRandom(42);
    const draws = Array.from({ length: 5 }, () => random.uint32());
    expect(Array.from({ length: 5 }, () => again.uint32())).toEqual(draws);
    // Frozen: a change here changes every report that was ever shuffled.
    expect(draws).toMatchInlineSnapshot(`
      [
        2487279642,
        2722109366,
        615120166,
        3249107076,
        2149974852,
      ]
    `);
  });

  it('gives unrelated streams for neighbouring seeds, names, and numbers written as text', () => {
    const first = (...seeds: [number | string, ...(number | string)[]]) => createRandom(...seeds).uint32();
    const streams = [first(1), first(2), first(-1), first('1'), first('a', 'bc'), first('ab', 'c'), first('abc')];
    expect(new Set(streams).size).toBe(streams.length);
    expect(() => createRandom(0.5)).toThrow('Expected a seed to be a whole number or a text, got 0.5');
  });

  it('is uniform: mean, variance, and each of ten bins', () => {
    const random = createRandom('uniform');
    const draws = Array.from({ length: 100_000 }, () => random.uniform());
    expect(mean(draws)).toBeCloseTo(0.5, 2);
    expect(variance(draws)).toBeCloseTo(1 / 12, 2);
    const bins = Array<number>(10).fill(0);
    for (const draw of draws) bins[Math.floor(draw * 10)]!++;
    const chiSquare = bins.reduce((total, count) => total + (count - 10_000) ** 2 / 10_000, 0);
    expect(chiSquare).toBeLessThan(27.9); // 99.9% of chi-squared with 9 degrees of freedom
    expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
  });

  it('draws each whole number below a bound equally often', () => {
    const random = createRandom('below');
    const counts = [0, 0, 0];
    for (let i = 0; i < 30_000; i++) counts[random.below(3)]!++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(330);
  });

  it('is normal where asked', () => {
    const random = createRandom('normal');
    const draws = Array.from({ length: 50_000 }, () => random.normal());
    expect(Math.abs(mean(draws))).toBeLessThan(0.015);
    expect(Math.abs(variance(draws) - 1)).toBeLessThan(0.03);
    expect(draws.filter((draw) => Math.abs(draw) > 1.959964).length / 50_000).toBeCloseTo(0.05, 2);
  });
});

describe('drawing', () => {
  it('shuffles into every order equally often and leaves its argument alone', () => {
    const random = createRandom('orders');
    const counts = new Map<string, number>();
    const values = ['a', 'b', 'c'];
    for (let i = 0; i < 6_000; i++) {
      const order = shuffle(values, random).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(values).toEqual(['a', 'b', 'c']);
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(120);
  });

  it('without replacement never repeats', () => {
    const random = createRandom('draws');
    const values = Array.from({ length: 20 }, (_, i) => i);
    expect(new Set(sampleWithoutReplacement(values, 15, random)).size).toBe(15);
    expect(() => sampleWithoutReplacement(values, 21, random)).toThrow('at most the 20 values there are, got 21');
    expect(sampleWithoutReplacement([], 0, random)).toEqual([]);
  });
});
