/** Whether the server of a search kept its speed. */
import { describe, expect, test } from 'vitest';
import { runVirtually, type ServerLaw } from '../../../bench/load-virtual.js';
import { parseCondition } from '../../../src/core/definition/condition.js';
import { speedChangeOf } from '../../../src/core/load/speed.js';
import { analyseStep } from '../../../src/core/load/step.js';
import { HEALTHY } from './requests.js';

const law = (mean: number): ServerLaw => ({ kind: 'slots', slots: 4, service: { kind: 'exponential', mean } });

function step(text: string, seed: number, mean = 0.1) {
  const condition = parseCondition(text);
  const requests = runVirtually(law(mean), { condition, seed, requests: 1500, seconds: 1e6 });
  return analyseStep(requests, { condition, objectives: [], health: HEALTHY });
}

describe('the speed of a server over its steps', () => {
  test.each(['open 28 poisson', 'users 80 think exp:2s'])('under %s is told where it changes by a quarter', (text) => {
    const found = Array.from({ length: 20 }, (_, i) =>
      speedChangeOf([step(text, 3 * i), step(text, 3 * i + 1, 0.125), step(text, 3 * i + 2)]),
    );
    const told = found.flatMap((change) => change ?? []);
    expect(told.length).toBeGreaterThanOrEqual(15);
    expect(told.every(({ slowest }) => slowest.step === 1)).toBe(true);
    for (const { slowest, fastest } of told) expect(slowest.speed / fastest.speed).toBeLessThan(0.9);
  });

  test.each(['open 36 poisson', 'open 30 constant', 'users 80 think exp:2s'])(
    'under %s is steady where it is',
    (text) => {
      const alarms = Array.from({ length: 40 }, (_, i) => speedChangeOf([step(text, 2 * i), step(text, 2 * i + 1)]));
      expect(alarms.filter((change) => change !== null)).toEqual([]);
    },
  );

  test('is not told by a closed loop, nor by a few requests', () => {
    expect(speedChangeOf([step('closed 8', 1), step('closed 8', 2, 0.2)])).toBeNull();
    expect(speedChangeOf([])).toBeNull();
  });
});
