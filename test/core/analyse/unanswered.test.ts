import { describe, expect, it } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import { unansweredOf } from '../../../src/core/analyse/unanswered.js';
import type { Failed, Outcome } from '../../../src/core/measure/measurement.js';
import { makeLog } from '../../support/log.js';

const failed = (by: Failed['by'], reason: string): Outcome => ({
  state: 'failed',
  by,
  kind: 'server',
  reason,
  output: '',
});

/** A run of a hundred trials, so many of which failed. */
function runWith(failures: number, by: Failed['by'] = 'harness') {
  let n = 0;
  const outcome = (_: string, usual: Outcome) => (n++ < failures ? failed(by, 'rate limit') : usual);
  return analyse(
    makeLog({ tasks: [{ name: 'route', samples: 100 }], models: [{ id: 'm', class: 'slm', quality: 0.9, outcome }] }),
  );
}

describe('a run that measured too little', () => {
  it.each([
    [0, null],
    [5, null],
    [6, '6 of 100 trials of m on route failed on our side and are not scored: rate limit'],
    [100, '100 of 100 trials of m on route failed on our side and are not scored: rate limit'],
  ])('with %i of 100 failures on our side', (failures, words) => {
    expect(unansweredOf(runWith(failures))).toBe(words);
  });

  it('is not one in which the model failed', () => {
    expect(unansweredOf(runWith(100, 'model'))).toBeNull();
  });
});
