import { describe, expect, it } from 'vitest';
import { batchTimes } from '../../../../src/core/capacity/simulate/batch-times.js';
import { Heap } from '../../../../src/core/capacity/simulate/heap.js';
import {
  LEAST_ANSWERS,
  type MeasuredTimes,
  measuredTimes,
} from '../../../../src/core/capacity/simulate/measured-times.js';
import { Queue } from '../../../../src/core/capacity/simulate/queue.js';
import { Sketch } from '../../../../src/core/capacity/simulate/sketch.js';
import { stepSeconds } from '../../../../src/core/capacity/simulate/step-times.js';
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

/** Times from one to another, by equal gaps. */
const every = (gap: number, from: number, to: number) =>
  Array.from({ length: Math.round((to - from) / gap) }, (_, i) => from + gap * (i + 1));

describe('the steps of several sequences', () => {
  // One answer alone; a prompt is read for a fifth of a second; both answers; the other alone.
  const one = { tokens: [...every(0.01, 0, 1), ...every(0.02, 1.2, 3.2)] };
  const other = { tokens: [1.2, ...every(0.02, 1.2, 3.2), ...every(0.01, 3.2, 4)] };

  it('are the gaps while so many answers are written and no prompt is read', () => {
    const [alone, both] = batchTimes([one, other]);
    expect(alone).toMatchObject({ sequences: 1, gaps: 179 });
    expect(alone!.seconds).toBeCloseTo(0.01, 9);
    expect(both!.sequences).toBe(2);
    expect(both!.seconds).toBeCloseTo(0.02, 9);
    // A hundred of each, less those in which an answer begins or ends.
    expect(both!.gaps).toBeGreaterThan(190);
  });

  it('end where a request came whose answer is not known, and are counted beside one whose tokens came together', () => {
    expect(batchTimes([one, other], 1)).toEqual([expect.objectContaining({ sequences: 1, gaps: 99 })]);
    const lumped = { tokens: [0, 4], lumped: true } as const;
    expect(batchTimes([one, other, lumped]).map(({ sequences }) => sequences)).toEqual([2, 3]);
  });

  it('need fifty gaps', () => {
    expect(batchTimes([{ tokens: every(0.01, 0, 0.5) }])).toEqual([]);
    expect(batchTimes([{ tokens: every(0.01, 0, 0.52) }])).toMatchObject([{ sequences: 1, gaps: 51 }]);
  });
});

const secondsOf = ({ times }: MeasuredTimes, decoding: number) => stepSeconds(times, { decoding, tokens: 0, read: 0 });

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
    expect(times.several).toBeCloseTo(0.73 * 0.02, 12);
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

  it('takes what a batch adds from the steps of several sequences that were seen', () => {
    const streams = [10, 20, 30, 40, 50, 60, 80, 100, 120].map((tokens) => stream(tokens));
    const step = (sequences: number, seconds: number) => ({ sequences, seconds, gaps: 100 });
    const two = measuredTimes(streams, [step(1, 0.022), step(2, 0.04)]);
    expect([two.times.sequence, two.sequences]).toEqual([two.promptToken, 2]);
    expect(secondsOf(two, 2)).toBeCloseTo(0.04, 12);
    const more = measuredTimes(streams, [step(2, 0.04), step(4, 0.05)]);
    expect([1, 2, 3, 4].map((n) => Number(secondsOf(more, n).toFixed(12)))).toEqual([0.022, 0.04, 0.045, 0.05]);
    expect(more.sequences).toBe(4);
    // Larger steps that take longer than a line allows: nothing is below what one sequence takes.
    const steep = measuredTimes(streams, [step(2, 0.024), step(4, 0.06)]);
    expect(steep.times.several).toBe(0);
    expect(secondsOf(steep, 1)).toBeCloseTo(0.022, 12);
    expect(secondsOf(steep, 2)).toBeLessThan(0.04);
  });

  it('wants enough answers', () => {
    expect(() => measuredTimes([stream(10)])).toThrow(RangeError);
  });
});
