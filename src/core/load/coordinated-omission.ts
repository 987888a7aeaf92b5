/**
 * Corrects coordinated omission (Gil Tene). A closed-loop load generator waits for an answer before it sends the next request.
 * While the server stalls, it sends no requests. So it omits exactly the requests that would have waited. The right remedy is to
 * count latency from the moment when a request was due. For a record from a closed loop, this file adds the missing requests.
 */
import { expectFinite, expectPositive } from '../stats/basics/expect.js';

/**
 * Returns each latency v and, for the requests that were due during it, `v - i, v - 2i, ...` down to i. Here i is the interval
 * at which requests should have been sent (HdrHistogram `recordValueWithExpectedInterval`). Both have the same unit.
 */
export function correctCoordinatedOmission(latencies: readonly number[], expectedInterval: number): number[] {
  expectFinite('latencies', latencies);
  expectPositive('expectedInterval', expectedInterval);
  return latencies.flatMap((latency) => {
    const omitted = Math.max(0, Math.floor(latency / expectedInterval + 1e-9) - 1);
    return [latency, ...Array.from({ length: omitted }, (_, k) => latency - (k + 1) * expectedInterval)];
  });
}
