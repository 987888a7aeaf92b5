/**
 * A load generator that waits for an answer before it sends the next request sends none while the server stalls, and so
 * leaves out the very requests that would have waited: Gil Tene's coordinated omission. The right remedy is to count latency from
 * the moment when a request was due. Where only a closed-loop record exists, this puts the missing requests back.
 */
import { expectFinite, expectPositive } from '../stats/basics/expect.js';

/**
 * Each latency v, and for the requests that were due meanwhile `v - i, v - 2i, ...` while at least i remains, with i the
 * interval at which requests should have been sent (HdrHistogram `recordValueWithExpectedInterval`). Same unit for both.
 */
export function correctCoordinatedOmission(latencies: readonly number[], expectedInterval: number): number[] {
  expectFinite('latencies', latencies);
  expectPositive('expectedInterval', expectedInterval);
  return latencies.flatMap((latency) => {
    const omitted = Math.max(0, Math.floor(latency / expectedInterval + 1e-9) - 1);
    return [latency, ...Array.from({ length: omitted }, (_, k) => latency - (k + 1) * expectedInterval)];
  });
}
