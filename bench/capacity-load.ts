/**
 * The simulator of `rightsize capacity`: how long a day takes, how true it is to queueing laws, and, where RIGHTSIZE_REALITY names a folder of load
 * tests, how true it is to a real server (bench/capacity-reality.ts). Predicted before it was written: under 5 s a day, laws within 1%.
 */
import { existsSync } from 'node:fs';
import type { Scheduler } from '../src/core/capacity/simulate/scheduler.js';
import { simulate } from '../src/core/capacity/simulate/simulate.js';
import type { StepTimes } from '../src/core/capacity/simulate/step-times.js';
import { type Condition, steadyRate } from '../src/core/definition/condition.js';
import { mean, standardDeviation } from '../src/core/stats/basics/moments.js';
import { createRandom, type Random } from '../src/core/stats/basics/random.js';
import { compareWithReality, type Pair } from './capacity-reality.js';
import { type Figure, type Part, type Skipped, spreadOf } from './part.js';

export const capacityLoadPart: Part = {
  about: 'the simulator of capacity: its speed, queueing laws, and a real server',
  async *measure({ pairs }) {
    yield* aDay(pairs);
    for (const law of LAWS) yield lawFigure(law);
    yield* reality();
  },
};

const steps = (pass: number, rest: Partial<StepTimes> = {}): StepTimes => ({
  pass: () => pass,
  sequence: 0,
  several: 0,
  cached: 0,
  read: () => 0,
  request: 0,
  shares: { memoryOfPass: 1, computeOfSequence: 1 },
  ...rest,
});

const open = (rate: number): Condition => ({ kind: 'open', rate: steadyRate(rate), arrivals: { kind: 'poisson' } });

/** 864,000 requests of 1,200 and 250 tokens: 30 of them are answered at once on average. */
function* aDay(times: number): Generator<Figure> {
  const scheduler: Scheduler = {
    slots: 256,
    batchTokens: 8192,
    prompts: 'mixed',
    cache: { kind: 'shared', tokens: 400_000, whenFull: 'preempt' },
  };
  const run = (requests: number) =>
    simulate({
      condition: open(10),
      times: steps(0.008, { sequence: 0.00002, cached: 5e-8, read: (tokens) => tokens * 2e-5 }),
      scheduler,
      *lengths() {
        for (;;) yield { prompt: 1200, output: 250 };
      },
      objectives: [],
      requests,
      seed: 1,
    });
  const seconds = Array.from({ length: times }, () => {
    const began = performance.now();
    run(864_000);
    return (performance.now() - began) / 1000;
  });
  yield { what: 'a day at 10 requests a second', unit: 's', ours: spreadOf(seconds), goal: { atMost: 5 } };
  // An hour before and a day after: what the day adds is what it keeps.
  run(36_000);
  const before = process.memoryUsage().rss;
  run(864_000);
  const added = Math.max(0, process.memoryUsage().rss - before) / 2 ** 20;
  yield { what: 'memory that a day takes beyond an hour', unit: 'MiB', ours: spreadOf([added]), goal: { atMost: 50 } };
}

interface Law {
  readonly name: string;
  readonly condition: Condition;
  readonly slots: number;
  readonly service: (random: Random) => number;
  readonly found: (result: ReturnType<typeof simulate>) => number;
  readonly truth: number;
}

const STEP = 0.001;
const exponential = (random: Random) => -Math.log1p(-random.uniform());
const wait: Law['found'] = ({ ttft }) => ttft.mean - STEP;

const LAWS: readonly Law[] = [
  ...(
    [
      [1, 0.5, 1],
      [1, 0.8, 4],
      [2, 1.5, 1.285714],
      [4, 3, 0.509434],
      [8, 7.2, 0.876916],
      [10, 8, 0.20459],
    ] as const
  ).map(
    ([slots, load, truth]): Law => ({
      name: `M/M/${slots}, load ${load}: wait`,
      condition: open(load),
      slots,
      service: exponential,
      found: wait,
      truth,
    }),
  ),
  { name: 'M/D/1, load 0.8: wait', condition: open(0.8), slots: 1, service: () => 1, found: wait, truth: 2 },
  {
    name: 'M/G/1, load 0.8, squared variation 4: wait',
    condition: open(0.8),
    slots: 1,
    service: (random) => Math.exp(Math.sqrt(Math.log(5)) * random.normal() - Math.log(5) / 2),
    found: wait,
    truth: 10,
  },
  {
    name: 'machine repair, 20 users who think 10 s: rate',
    condition: { kind: 'users', users: 20, think: { kind: 'exp', mean: 10 } },
    slots: 1,
    service: exponential,
    found: ({ requests, seconds }) => requests / seconds,
    truth: repairRate(20, 10),
  },
];

function repairRate(users: number, think: number): number {
  let [sum, term] = [1, 1];
  for (let n = 1; n <= users; n++) {
    term *= (users - n + 1) / think;
    sum += term;
  }
  return 1 - 1 / sum;
}

const SEEDS = 20;

/** The error of the mean of 20 simulations of 200,000 requests; within 1%, or within its Monte Carlo interval. */
function lawFigure({ name, condition, slots, service, found, truth }: Law): Figure {
  const values = Array.from({ length: SEEDS }, (_, seed) =>
    found(
      simulate({
        condition,
        times: steps(STEP),
        scheduler: { slots, batchTokens: 1e6, prompts: 'mixed', cache: { kind: 'divided', tokensOfSlot: 1e9 } },
        *lengths() {
          const random = createRandom(seed, name);
          for (;;) yield { prompt: 1, output: Math.max(1, Math.round(service(random) / STEP)) };
        },
        objectives: [],
        requests: 200_000,
        seed,
      }),
    ),
  );
  const error = Math.abs(mean(values) / truth - 1);
  const half = (1.96 * standardDeviation(values)) / Math.sqrt(SEEDS) / truth;
  const goal = Math.max(0.01, half);
  return {
    what: `${name} ${truth.toPrecision(6)}: error (Monte Carlo ±${(100 * half).toFixed(2)}%)`,
    unit: '',
    ours: spreadOf([error]),
    goal: { atMost: goal },
  };
}

async function* reality(): AsyncGenerator<Figure | Skipped> {
  const folder = process.env.RIGHTSIZE_REALITY;
  if (folder === undefined || !existsSync(folder)) {
    yield { what: 'a real server', skipped: 'RIGHTSIZE_REALITY names no folder of load tests' };
    return;
  }
  const pairs = await compareWithReality(folder);
  for (const pair of pairs) {
    const { piece, from, condition, figure, measured, low, high, predicted } = pair;
    const shown = [measured, low, high].map((value) => value.toPrecision(3));
    yield {
      what: `${piece} by ${from}, ${condition}, ${figure}: measured ${shown[0]} (${shown[1]} to ${shown[2]}), predicted ${predicted.toPrecision(3)}`,
      unit: '',
      ours: spreadOf([errorOf(pair)]),
      goal: null,
    };
  }
  for (const from of new Set(pairs.map((pair) => pair.from))) {
    const found = pairs.filter((pair) => pair.from === from);
    yield {
      what: `a real server: error of ${found.length} pairs, by ${from}`,
      unit: '',
      ours: spreadOf(found.map(errorOf)),
      goal: { atMost: 0.15 },
    };
  }
}

function errorOf({ measured, predicted }: Pair): number {
  return Math.abs(predicted / measured - 1);
}
