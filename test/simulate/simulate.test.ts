import { describe, expect, it } from 'vitest';
import { observe } from '../../simulate/observe.js';
import { ERRORS, POWERS } from '../../simulate/scenarios.js';
import { searchWorst } from '../../simulate/search.js';
import { createRandom } from '../../src/core/stats/basics/random.js';

const SUITES = 20;

describe('simulated suites', () => {
  it.each(ERRORS.map((scenario) => [scenario.name, scenario] as const))(
    'are rarely judged wrong: %s',
    (_, scenario) => {
      const { falseFits, falseNeeded } = observe(scenario, { suites: SUITES, seed: 3 });
      // Of 20 suites with an error of 5%, more than 5 are wrong once in 3,000 times.
      expect(falseFits).toBeLessThanOrEqual(5);
      expect(falseNeeded).toBeLessThanOrEqual(5);
    },
  );

  it('find what there is to find', () => {
    const powerOf = (name: string) => {
      const { right, tasks } = observe(POWERS.find((scenario) => scenario.name === name)!, { suites: 10, seed: 4 });
      return right / tasks;
    };
    expect(powerOf('0/1, 100 samples, equal')).toBeGreaterThan(0.6);
    expect(powerOf('6 tasks, 80 groups of 3, equal')).toBeGreaterThan(0.8);
    expect(powerOf('cascade, confidence tells right from wrong')).toBeGreaterThan(0.7);
  });

  it('are the same for the same seed', () => {
    const search = () =>
      searchWorst({
        shapes: 3,
        random: createRandom(5),
        observe: (scenario, purpose) => observe(scenario, { suites: 4, seed: purpose === 'search' ? 6 : 7 }),
      });
    expect(search()).toEqual(search());
  });
});
