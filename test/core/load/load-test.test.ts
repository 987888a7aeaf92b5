/** A load test from its records: what counts, and what is scored. */
import { describe, expect, test, vi } from 'vitest';
import { RecordedRequests } from '../../../src/core/load/recorded.js';
import { isMissing } from '../../../src/core/quantity.js';
import { even, stepOf, testOf } from '../../support/load-log.js';

describe('a step', () => {
  test('has the figures and the scores of its own requests', () => {
    const { models } = testOf(stepOf({ id: 1, condition: 'open 5 constant', n: 400, ttft: even(0.2) }));
    const { window, counts } = models[0]!.steps[0]!.result;
    expect(counts).toMatchObject({ due: 400, completed: 400 });
    if (isMissing(window)) throw new Error(window.missing);
    expect(window.attainment).toMatchObject({ value: 1 });
    if (isMissing(window.metrics.ttft) || isMissing(window.metrics.ttft.p95)) throw new Error('expected a p95');
    expect(window.metrics.ttft.p95.value).toBeCloseTo(0.206, 3);
    expect(window.right.quality).toMatchObject({ clusters: 40, value: expect.any(Number) });
  });

  test('leaves out what came after the requests that count', () => {
    const until = { more: { until: 0.2 * 99 } };
    const { models } = testOf(stepOf({ id: 1, condition: 'open 5 constant', n: 400, ttft: even(0.2), ...until }));
    expect(models[0]!.steps[0]!.result.counts.due).toBe(100);
  });

  test('whose tokens all come at the same instant has latencies, and no rate', () => {
    const step = { id: 1, condition: 'open 5 constant', n: 400, ttft: even(0.2), gap: 0 };
    const { window } = testOf(stepOf(step)).models[0]!.steps[0]!.result;
    if (isMissing(window)) throw new Error(window.missing);
    expect(window.metrics.decodeRate).toEqual({ missing: 'no request of the step has it' });
    expect(window.metrics.e2e).toMatchObject({ n: expect.any(Number) });
  });

  test('that was ended because its requests waited too long is overloaded, however few they were', () => {
    const more = { ending: 'overloaded' as const };
    const { models } = testOf(stepOf({ id: 1, condition: 'open 5 constant', n: 12, ttft: even(0.2), more }));
    expect(models[0]!.steps[0]!.result.saturation).toBe('overloaded');
  });

  test('has its requests read once, for it may have a million', () => {
    const reads = vi.spyOn(RecordedRequests.prototype, 'requests');
    const steps = [1, 2].flatMap((id) => stepOf({ id, condition: 'open 5 constant', n: 60, ttft: even(0.2) }));
    const [tested] = testOf(steps, { synthetic: { prompt: '100', output: '2', prefix: 0 } }).models;
    expect(reads).toHaveBeenCalledTimes(2);
    expect(tested!.lengths).toMatchObject({ answers: 120 });
    reads.mockRestore();
  });

  test('that did not end is none', () => {
    const unfinished = stepOf({ id: 1, condition: 'open 5 constant', n: 30, ttft: even(0.2) }).slice(0, -1);
    expect(testOf(unfinished).models[0]!.steps).toEqual([]);
  });
});
