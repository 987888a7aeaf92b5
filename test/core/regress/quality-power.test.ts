import { expect, test } from 'vitest';
import { qualityPower } from '../../../src/core/regress/quality-power.js';
import { createRandom } from '../../../src/core/stats/basics/random.js';
import { drawSuite } from '../../../src/core/stats/compare/power.js';
import { scoreTest } from '../../../src/core/stats/compare/score-test.js';

const RULE = { by: 0.03, level: 0.05, looks: 'once' } as const;
const ALONE = { clusterSize: 1, intraclassCorrelation: 0 };

const isRed = (differences: readonly number[], { by, level }: { readonly by: number; readonly level: number }) =>
  differences.reduce((sum, value) => sum - value, 0) / differences.length >= by - 1e-9 &&
  scoreTest(differences).lessP(0) <= level;

test.each([
  { samples: 6, discordance: 0.9, loss: 0.8, rule: { ...RULE, by: 0.4, level: 0.1 } },
  { samples: 7, discordance: 0.5, loss: 0.5, rule: { ...RULE, by: 0.2, level: 0.2 } },
  { samples: 7, discordance: 0.6, loss: 0.1, rule: { ...RULE, by: 0.01, level: 0.4 } },
])('the power without groups is that of every possible suite: %o', ({ samples, discordance, loss, rule }) => {
  const chances = [
    [1, (discordance - loss) / 2],
    [-1, (discordance + loss) / 2],
    [0, 1 - discordance],
  ] as const;
  let power = 0;
  for (let suite = 0; suite < 3 ** samples; suite++) {
    const drawn = Array.from({ length: samples }, (_, i) => chances[Math.floor(suite / 3 ** i) % 3]!);
    if (
      isRed(
        drawn.map(([value]) => value),
        rule,
      )
    )
      power += drawn.reduce((product, [, chance]) => product * chance, 1);
  }
  expect(power).toBeGreaterThan(0.05);
  expect(qualityPower({ ...ALONE, samples, discordance }, loss, { rule, draws: 1 })).toBeCloseTo(power, 8);
});

test.each([
  { samples: 120, discordance: 0.1 },
  { samples: 480, discordance: 0.15 },
  { samples: 240, discordance: 0 },
])('drawn suites are red as often as the power says: %o', ({ samples, discordance }) => {
  const says = qualityPower({ ...ALONE, samples, discordance }, 0.05, { rule: RULE, draws: 1 });
  const random = createRandom(5, samples);
  const suites = 400;
  let red = 0;
  for (let i = 0; i < suites; i++) {
    const plan = { discordance: Math.max(discordance, 0.05), difference: -0.05 };
    const { candidate, reference } = drawSuite(samples, plan, random);
    if (
      isRed(
        candidate.map((score, s) => score - reference[s]!),
        RULE,
      )
    )
      red++;
  }
  // Four standard errors.
  expect(Math.abs(red / suites - says)).toBeLessThan(4 * Math.sqrt((says * (1 - says)) / suites) + 1 / suites);
});

test('a size that is too small for any red has no power', () => {
  expect(qualityPower({ ...ALONE, samples: 3, discordance: 0.1 }, 0.05, { rule: RULE, draws: 1 })).toBe(0);
});
