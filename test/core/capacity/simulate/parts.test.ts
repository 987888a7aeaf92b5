import { describe, expect, it } from 'vitest';
import { Heap } from '../../../../src/core/capacity/simulate/heap.js';
import { LEAST_ANSWERS, measuredTimes } from '../../../../src/core/capacity/simulate/measured-times.js';
import { Queue } from '../../../../src/core/capacity/simulate/queue.js';
import { Sketch } from '../../../../src/core/capacity/simulate/sketch.js';
import { createRandom } from '../../../../src/core/stats/basics/random.js';
import { percentile } from '../../../../src/core/stats/estimate/percentiles.js';

describe('Sketch', () => {
  it('is off by at most a quarter of a percent, from microseconds to hours', () => {
    const random = createRandom(1);
    const values = Array.from({ length: 20_000 }, () => Math.exp(2 * random.normal()) * 0.01);
    const sketch = new Sketch();
    for (const value of values) sketch.add(value);
    for (const q of [0.01, 0.5, 0.9, 0.95, 0.99, 0.999]) {
      expect(Math.abs(sketch.quantile(q) / percentile(values, q) - 1)).toBeLessThan(0.004);
    }
    expect(sketch.n).toBe(20_000);
  });

  it('counts what takes no time as zero, and has no quantile without values', () => {
    const sketch = new Sketch();
    expect(sketch.quantile(0.5)).toBeNaN();
    for (const value of [0, 0, 0, 1]) sketch.add(value);
    expect([sketch.quantile(0.5), sketch.mean]).toEqual([0, 0.25]);
  });
});

describe('Heap', () => {
  it('gives the smallest key first', () => {
    const random = createRandom(2);
    const heap = new Heap<number>();
    const keys = Array.from({ length: 500 }, () => random.below(100));
    for (const key of keys) heap.push(key, key);
    const out = keys.map(() => heap.pop());
    expect(out).toEqual(keys.toSorted((a, b) => a - b));
    expect(() => heap.pop()).toThrow('Expected an item in the heap, got none');
    expect(heap.least).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('Queue', () => {
  it('gives what was put first again before all others', () => {
    const queue = new Queue<number>();
    for (let i = 0; i < 5000; i++) queue.put(i);
    for (let i = 0; i < 3000; i++) expect(queue.take()).toBe(i);
    queue.putFirst(-1);
    queue.putFirst(-2);
    expect([queue.take(), queue.take(), queue.take(), queue.size]).toEqual([-2, -1, 3000, 1999]);
  });
});

describe('measuredTimes', () => {
  const stream = (promptTokens: number, noise = 0) => ({
    promptTokens,
    outputTokens: 16,
    ttft: 0.03 + 0.02 + 0.002 * promptTokens + noise,
    tpot: 0.022,
  });

  it('finds the cost of a token of a prompt, of a pass, and of a request', () => {
    const streams = [10, 20, 30, 40, 50, 60, 80, 100, 120].map((tokens) => stream(tokens));
    const { times, promptToken, request, errors } = measuredTimes(streams);
    expect(promptToken).toBeCloseTo(0.002, 12);
    expect(times.pass(1)).toBeCloseTo(0.02, 12);
    expect(times.sequence).toBeCloseTo(0.002, 12);
    expect(times.several).toBeCloseTo(0.01, 12);
    expect(request).toBeCloseTo(0.03, 12);
    expect(errors.decode).toBeCloseTo(0, 12);
  });

  it('is not misled by one answer that was held up', () => {
    const streams = [10, 20, 30, 40, 50, 60, 80, 100, 120].map((tokens, i) => stream(tokens, i === 4 ? 5 : 0));
    expect(measuredTimes(streams).promptToken).toBeCloseTo(0.002, 4);
  });

  it('gives a batch no gain where prompts are read as slowly as answers are written', () => {
    const streams = Array.from({ length: LEAST_ANSWERS }, (_, i) => ({
      promptTokens: 10 * (i + 1),
      outputTokens: 16,
      ttft: 0.1 * 10 * (i + 1),
      tpot: 0.1,
    }));
    const { times } = measuredTimes(streams);
    expect([times.pass(1), times.sequence, times.several]).toEqual([0, 0.1, 0]);
  });

  it('wants enough answers', () => {
    expect(() => measuredTimes([stream(10)])).toThrow(RangeError);
  });
});
