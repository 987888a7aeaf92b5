import { describe, expect, it } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import type { SessionFacts } from '../../../src/core/log/log.js';
import { makeLog } from '../../support/log.js';

const SMALL = 0.75e6;
const LARGE = 2.7e6;

interface Sized {
  readonly id: string;
  readonly parameters: number;
  readonly tokensPerSecond: number;
  readonly bytes?: number;
  readonly facts?: Partial<SessionFacts>;
}

/** The warnings of each model that speak of the runtime. */
function warned(models: readonly Sized[]): Record<string, string[]> {
  const log = makeLog({
    tasks: [{ name: 'route', samples: 60 }],
    models: models.map(({ id, parameters, tokensPerSecond, bytes = 2 * parameters, facts }) => ({
      id,
      class: 'slm',
      quality: 0.9,
      itl: 1 / tokensPerSecond,
      facts: { parameters, weights: { bytes, hash: 'a'.repeat(64), files: [] }, ...facts },
    })),
  });
  return Object.fromEntries(
    analyse(log).models.map(({ id, warnings }) => [
      id,
      warnings.map(({ what }) => what).filter((what) => what.includes('what runs the model')),
    ]),
  );
}

const pair = (small: number, large: number): Sized[] => [
  { id: 'small', parameters: SMALL, tokensPerSecond: small },
  { id: 'large', parameters: LARGE, tokensPerSecond: large },
];

describe('a warning that the runtime sets the speed', () => {
  it('is given where a model of several times the parameters takes hardly longer', () => {
    // node-llama-cpp's own evaluation on one thread.
    const { small, large } = warned(pair(848, 820));
    expect(small).toEqual([
      expect.stringMatching(/^large has 3\.6 times its parameters and takes 1\.\d\d times as long/),
    ]);
    expect(small![0]).toMatch(/at least 9\d% of a token's time is what runs the model/);
    expect(large).toEqual([]);
  });

  it('is given where tokens come slower than any memory is read', () => {
    // The same with as many threads as cores.
    const { small, large } = warned(pair(87, 85));
    expect(small).toEqual([expect.stringMatching(/^decoding reads at most 0\.1\d GB of weights a second/)]);
    expect(large).toEqual([expect.stringMatching(/^decoding reads at most 0\.4\d GB of weights a second/)]);
  });

  it('is not given where time grows with the model', () => {
    // llama-bench.
    expect(warned(pair(5370, 1701))).toEqual({ small: [], large: [] });
  });

  it('compares like with like: another engine, other threads or other bits tell nothing of the runtime', () => {
    const [small, large] = pair(848, 820) as [Sized, Sized];
    const none = { small: [], large: [] };
    expect(warned([small, { ...large, facts: { engine: 'another' } }])).toEqual(none);
    expect(warned([small, { ...large, facts: { threads: { value: 1 } } }])).toEqual(none);
    expect(warned([small, { ...large, bytes: LARGE }])).toEqual(none);
  });

  it('is not given where nothing is known of the weights', () => {
    const [small, large] = pair(87, 85) as [Sized, Sized];
    const unknown = (one: Sized) => ({ ...one, facts: { weights: undefined } as unknown as Partial<SessionFacts> });
    expect(warned([unknown(small), unknown(large)])).toEqual({ small: [], large: [] });
  });
});
