import { describe, expect, it } from 'vitest';
import { NO_CHANGE, type Setting } from '../../simulate/gate/draw.js';
import { countRed } from '../../simulate/gate/observe.js';
import { statements } from '../../simulate/gate/power.js';
import { SETTINGS } from '../../simulate/gate/scenarios.js';
import { qualityPower } from '../../src/core/regress/quality-power.js';
import { createRandom } from '../../src/core/stats/basics/random.js';

const named = (name: string): Setting => SETTINGS.find((setting) => setting.name === name)!;

describe('simulated gates', () => {
  it.each(['answers that differ by 8%, heavy tails', 'groups of 4, drift of 20%'])(
    'are rarely red by chance: %s',
    (name) => {
      // Of 15 comparisons with an error of 5%, more than 4 are red once in 2,000 times.
      expect(
        countRed(named(name), NO_CHANGE, { comparisons: 15, random: createRandom(1, name) }).any,
      ).toBeLessThanOrEqual(4);
    },
  );

  it('are red where something changed', () => {
    const truth = { quality: 0.1, slowdown: 0.2, memory: 0.1 };
    const draws = { comparisons: 10, random: createRandom(2) };
    const { red } = countRed(named('answers that differ by 8%, a still machine'), truth, draws);
    expect(red).toMatchObject({ quality: 10, decodeRate: 10, memory: 10 });
  });

  it('are red as often as they say', () => {
    // The standard error of 100 comparisons is 5 points at most.
    for (const { name, says, is } of statements(3, 100)) expect(Math.abs(says - is), name).toBeLessThan(0.2);
  });

  it('say the same of many samples, whether these are drawn or not', () => {
    const plan = { discordance: 0.9, clusterSize: 1, intraclassCorrelation: 0 };
    const options = { rule: { by: 0.03, level: 0.0125, looks: 'once' }, draws: 400 } as const;
    const drawn = qualityPower({ ...plan, samples: 4_000 }, 0.04, options);
    const approximated = qualityPower({ ...plan, samples: 4_001 }, 0.04, options);
    expect(Math.abs(drawn - approximated)).toBeLessThan(0.1);
  });
});
