/** Queueing laws with a known answer. A step of a thousandth of the mean service makes a sequence a server of its own. */
import { describe, expect, it } from 'vitest';
import { simulate } from '../../../../src/core/capacity/simulate/simulate.js';
import type { Condition } from '../../../../src/core/definition/condition.js';
import { steadyRate } from '../../../../src/core/definition/condition.js';
import { mean, standardDeviation } from '../../../../src/core/stats/basics/moments.js';
import { createRandom, type Random } from '../../../../src/core/stats/basics/random.js';
import { timesOf } from './times.js';

const STEP = 0.001;
const TOKENS = 1 / STEP;

type Service = (random: Random) => number;
const exponential: Service = (random) => -Math.log1p(-random.uniform());
const fixed: Service = () => 1;
/** A mean of 1 and a squared coefficient of variation of 2. */
const lognormal: Service = (random) => Math.exp(Math.sqrt(Math.log(3)) * random.normal() - Math.log(3) / 2);

/** Services with a mean of one second. The first step belongs to the service. */
function run(condition: Condition, slots: number, service: Service, seed: number, requests = 20_000) {
  return simulate({
    condition,
    times: timesOf({ pass: STEP }),
    scheduler: { slots, batchTokens: 1e6, prompts: 'mixed', cache: { kind: 'divided', tokensOfSlot: 1e9 } },
    *lengths() {
      const random = createRandom(seed, 'service');
      for (;;) yield { prompt: 1, output: Math.max(1, Math.round(service(random) * TOKENS)) };
    },
    objectives: [],
    requests,
    seed,
  });
}

const open = (rate: number): Condition => ({ kind: 'open', rate: steadyRate(rate), arrivals: { kind: 'poisson' } });

/** The truth lies within 1%, or within four standard errors of what eight simulations found. */
function expectMean(values: readonly number[], truth: number): void {
  const error = standardDeviation(values) / Math.sqrt(values.length);
  expect(Math.abs(mean(values) - truth)).toBeLessThan(Math.max(0.01 * truth, 4 * error));
  // A wide interval would hold anything.
  expect(error).toBeLessThan(0.06 * truth);
}

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

describe('a simulated server follows the laws of queues', () => {
  it.each([
    [1, 0.5, 1],
    [2, 1.5, 1.285714],
    [4, 3, 0.509434],
    [10, 8, 0.20459],
  ])('M/M/%i with a load of %f waits %f services (Erlang C)', (slots, load, wait) => {
    const waits = SEEDS.map((seed) => run(open(load), slots, exponential, seed).ttft.mean - STEP);
    expectMean(waits, wait);
  });

  it.each([
    ['fixed', fixed, 0],
    ['lognormal', lognormal, 2],
  ] as const)('M/G/1 with %s services waits as Pollaczek and Khinchine say', (_, service, squaredVariation) => {
    const waits = SEEDS.map((seed) => run(open(0.6), 1, service, seed, 40_000).ttft.mean - STEP);
    expectMean(waits, ((0.6 / 0.4) * (1 + squaredVariation)) / 2);
  });

  it('machine repair: users who think wait for one another', () => {
    const [users, think] = [6, 4];
    // p(n) = N! / (N - n)! x (S / Z)^n x p(0); one answers at a time, so the rate is 1 - p(0).
    let [sum, term] = [1, 1];
    for (let n = 1; n <= users; n++) {
      term *= (users - n + 1) / think;
      sum += term;
    }
    const rates = SEEDS.map((seed) => {
      const found = run({ kind: 'users', users, think: { kind: 'exp', mean: think } }, 1, exponential, seed);
      return found.requests / found.seconds;
    });
    expectMean(rates, 1 - 1 / sum);
  });

  it('Little: requests at work = their rate x the time at work', () => {
    const found = run(open(3), 4, exponential, 1, 60_000);
    const atWork = (found.requests / found.seconds) * (found.e2e.mean - found.ttft.mean + STEP);
    expect(found.running / atWork).toBeCloseTo(1, 1);
  });

  it('the share of requests that wait longer than a time is that of M/M/c', () => {
    const found = simulate({
      condition: open(3),
      times: timesOf({ pass: STEP }),
      scheduler: { slots: 4, batchTokens: 1e6, prompts: 'mixed', cache: { kind: 'divided', tokensOfSlot: 1e9 } },
      *lengths() {
        const random = createRandom(5);
        for (;;) yield { prompt: 1, output: Math.max(1, Math.round(exponential(random) * TOKENS)) };
      },
      objectives: [{ metric: 'ttft', level: 'p95', bound: 1 }],
      requests: 100_000,
      seed: 5,
    });
    // C exp(-(c mu - lambda) t) with c 4, mu 1, lambda 3, t 1.
    expect(found.objectives[0]!.late).toBeCloseTo(0.18741, 1);
    expect(found.attainment).toBe(1 - found.objectives[0]!.late);
  });

  it('ends early where an objective is missed whatever comes, and only there', () => {
    const seen = (rate: number, seconds: number, endsOnceMissed?: true) => {
      let asked = 0;
      const found = simulate({
        condition: open(rate),
        times: timesOf({ pass: STEP }),
        scheduler: { slots: 1, batchTokens: 1e6, prompts: 'mixed', cache: { kind: 'divided', tokensOfSlot: 1e9 } },
        *lengths() {
          for (;;) {
            asked++;
            yield { prompt: 1, output: TOKENS };
          }
        },
        objectives: [{ metric: 'ttft', level: 'p95', bound: seconds }],
        requests: 2000,
        seed: 1,
        endsOnceMissed,
      });
      return { held: found.objectives[0]!.held, asked };
    };
    for (const rate of [0.3, 0.6, 0.9, 1.2]) {
      const [whole, short] = [seen(rate, 2), seen(rate, 2, true)];
      expect(short.held).toBe(whole.held);
      expect(whole.asked).toBe(2000);
      if (whole.held) expect(short.asked).toBe(2000);
      else expect(short.asked).toBeLessThan(1800);
    }
    expect(seen(0.3, 2).held).toBe(true);
    expect(seen(1.2, 2, true).asked).toBeLessThan(600);
  });
});
