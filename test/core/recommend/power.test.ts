import { describe, expect, test } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import { UserError } from '../../../src/core/errors.js';
import type { Outcome } from '../../../src/core/measure/measurement.js';
import { isMissing } from '../../../src/core/quantity.js';
import { pilotsOf } from '../../../src/core/recommend/pilots.js';
import { type PowerQuestion, powerFromRun, powerOf } from '../../../src/core/recommend/power.js';
import { makeLog } from '../../support/log.js';

const QUESTION: PowerQuestion = { power: 0.8, seed: 0 };

/** A run of 200 samples in 40 groups of five, on some of which the SLM is wrong and the LLM never. */
function runWhere(isWrong: (index: number) => boolean) {
  let asked = 0;
  const wrong = (_: string, outcome: Outcome): Outcome =>
    isWrong(asked++) && outcome.state === 'completed' ? { ...outcome, output: 'no answer' } : outcome;
  return analyse(
    makeLog({
      requirement: { margin: 0.2 },
      tasks: [{ name: 'route', samples: 200, groupSize: 5 }],
      models: [
        { id: 'small', class: 'slm', quality: 1, outcome: wrong },
        { id: 'large', class: 'llm', quality: 1 },
      ],
    }),
  );
}

function planFrom(question: PowerQuestion, analysis: ReturnType<typeof runWhere>) {
  const [only] = powerFromRun(question, analysis).cases;
  if (isMissing(only!.result)) throw new Error(only!.result.missing);
  return only!.result;
}

describe('a run as a pilot', () => {
  test('tells the agreement, and how alike the samples of a group are', () => {
    const observed = (isWrong: (index: number) => boolean) => pilotsOf(runWhere(isWrong))[0]!.observed;
    expect(observed((index) => index < 20)).toEqual({
      samples: 200,
      discordance: expect.closeTo(0.1, 12),
      clusterSize: 5,
      intraclassCorrelation: expect.closeTo(1, 1),
    });
    expect(observed((index) => index % 10 === 0)).toMatchObject({
      discordance: expect.closeTo(0.1, 12),
      intraclassCorrelation: 0,
    });
  });

  test('takes more samples where they are alike', () => {
    const samples = ({ needed }: ReturnType<typeof planFrom>) => (isMissing(needed) ? Number.NaN : needed.samples);
    const whole = samples(
      planFrom(
        QUESTION,
        runWhere((index) => index < 20),
      ),
    );
    const spread = samples(
      planFrom(
        QUESTION,
        runWhere((index) => index % 10 === 0),
      ),
    );
    expect(whole).toBeGreaterThan(1.5 * spread);
  });

  test('whose models never disagree says so, and takes the agreement by hand', () => {
    const equal = runWhere(() => false);
    expect(powerFromRun(QUESTION, equal).cases[0]!.result).toEqual({
      missing: expect.stringContaining('equal scores on all 200 samples'),
    });
    expect(planFrom({ ...QUESTION, agreement: 0.9 }, equal).plan.discordance).toBeCloseTo(0.1, 12);
  });

  test('gives way to what the user says', () => {
    const said = { ...QUESTION, margin: 0.5, alpha: 0.01, comparisons: 3, scores: [0.88, 0.9] as const, groupSize: 2 };
    const { plan, comparisons } = planFrom(
      said,
      runWhere((index) => index < 20),
    );
    expect(plan).toMatchObject({ margin: 0.5, alpha: 0.01, clusterSize: 2 });
    expect(plan.difference).toBeCloseTo(-0.02, 12);
    expect(comparisons).toBe(3);
  });

  test('needs an SLM and an LLM', () => {
    const log = makeLog({
      tasks: [{ name: 'route', samples: 5 }],
      models: [{ id: 'small', class: 'slm', quality: 1 }],
    });
    expect(() => powerFromRun(QUESTION, analyse(log))).toThrow(UserError);
  });
});

test('assumptions that contradict each other are refused', () => {
  expect(() => powerOf({ ...QUESTION, agreement: 0.98, scores: [0.8, 0.9], margin: 0.2 })).toThrow(
    'leaves room for a difference of -10 points',
  );
});
