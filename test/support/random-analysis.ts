/**
 * Analyses at random, for claims that must hold of any data. A real log gives each its shape; every number in it is drawn anew, so
 * that intervals overlap or lie apart, models tie, answers are lost, requests time out, and much is not known.
 */
import { analyse } from '../../src/core/analyse/analyse.js';
import type {
  Analysis,
  Cell,
  Distribution,
  Overall,
  SampleResult,
  SuiteAnalysis,
  TtftLine,
} from '../../src/core/analyse/analysis.js';
import { distributionOf, NOT_LATE } from '../../src/core/analyse/distribution.js';
import { requirementSchema } from '../../src/core/definition/requirement.js';
import { type Missing, missing } from '../../src/core/quantity.js';
import { createRandom, type Random } from '../../src/core/stats/basics/random.js';
import type { Estimate } from '../../src/core/stats/estimate/estimate.js';
import { type LogOrder, makeLog } from './log.js';

const tasks = (...names: readonly string[]) =>
  names.map((name) => ({ name, samples: 12, ...(name === 'route' && { classes: ['a', 'b', 'c'] }) }));
const price = { input: 2, output: 8 };

const SHAPES: readonly LogOrder[] = [
  { tasks: tasks('route'), models: [{ id: 'alone', class: 'slm', quality: 0.9 }] },
  {
    tasks: tasks('route', 'reply'),
    models: [
      { id: 'large', class: 'llm', quality: 0.9 },
      { id: 'huge', class: 'llm', quality: 0.9 },
    ],
  },
  {
    tasks: tasks('route', 'reply', 'policy'),
    models: [
      { id: 'small', class: 'slm', quality: 0.8, parameters: 1e9 },
      { id: 'large', class: 'llm', quality: 0.9, parameters: 7e9, price },
    ],
  },
  {
    tasks: tasks('route', 'reply'),
    models: [
      { id: 'small:q4', class: 'slm', quality: 0.8, parameters: 1e9 },
      { id: 'small:q8', class: 'slm', quality: 0.8, parameters: 1e9 },
      { id: 'tiny', class: 'slm', quality: 0.7, parameters: 1e8 },
      { id: 'large', class: 'llm', quality: 0.9, parameters: 7e9 },
      { id: 'hosted', class: 'llm', quality: 0.9, memory: null, price },
      { id: 'nobody', quality: 0.5 },
    ],
  },
  {
    tasks: tasks('route'),
    models: Array.from({ length: 14 }, (_, i) => ({
      id: `model-${i}`,
      class: i % 3 === 0 ? ('llm' as const) : ('slm' as const),
      quality: 0.5 + i / 40,
    })),
  },
];

const analysed = new Map<LogOrder, Analysis>();

export function randomAnalysis(seed: number): Analysis {
  const random = createRandom(seed, 'analysis');
  const shape = SHAPES[random.below(SHAPES.length)]!;
  const analysis = analysed.get(shape) ?? analyse(makeLog(shape));
  analysed.set(shape, analysis);
  return {
    ...analysis,
    suites: analysis.suites.map((suite) => redrawSuite(suite, random)),
    models: analysis.models.map((model) => ({
      ...model,
      drift: rarely(random, 0.2)
        ? missing('too few trials')
        : { change: random.uniform() - 0.5, p: random.uniform() ** 6, n: 40, noise: random.uniform(), course: [] },
    })),
  };
}

function rarely(random: Random, chance: number): boolean {
  return random.uniform() < chance;
}

function redrawSuite(suite: SuiteAnalysis, random: Random): SuiteAnalysis {
  const requirement = requirementSchema.parse({
    margin: 0.02 + 0.4 * random.uniform(),
    limits: {
      ...(rarely(random, 0.5) && { quality: { min: random.uniform() } }),
      ...(rarely(random, 0.5) && {
        ttft: { max: 0.01 + random.uniform(), at: rarely(random, 0.5) ? 'median' : 'p95' },
      }),
      ...(rarely(random, 0.3) && { e2e: { max: 0.05 + 2 * random.uniform(), at: 'median' } }),
    },
  });
  return {
    ...suite,
    requirement,
    tasks: suite.tasks.map((task) => ({
      ...task,
      limits: requirement.limits,
      cells: task.cells.map((cell) => redrawCell(cell, random)),
    })),
    overall: suite.overall.map((overall) => redrawOverall(overall, random)),
    parity: suite.parity.map((pair) => {
      const sameScore = rarely(random, 0.5) ? pair.n : random.below(pair.n + 1);
      return { ...pair, sameScore, sameOutput: rarely(random, 0.5) ? sameScore : random.below(sameScore + 1) };
    }),
  };
}

function redrawCell(cell: Cell, random: Random): Cell {
  const skill = rarely(random, 0.4) ? 1 : random.uniform();
  const results = cell.results.map((result) =>
    result === null || rarely(random, 0.03) ? null : rescored(result, skill, random),
  );
  const recorded = results.filter((result) => result !== null).length;
  const ttft = randomTimes(random);
  return {
    ...cell,
    results,
    trials: { ...cell.trials, recorded },
    quality: recorded === 0 ? missing('nothing was run') : randomShare(random, recorded),
    metrics: { ...cell.metrics, ttft, e2e: randomTimes(random) },
  };
}

function rescored(result: SampleResult, skill: number, random: Random): SampleResult {
  const score = rarely(random, 0.02) ? null : random.uniform() < skill ? 1 : rarely(random, 0.1) ? 0.5 : 0;
  const answer = rarely(random, 0.7) ? result.answer : 'b';
  return { ...result, score, unscored: score === null ? result.repetitions : 0, answer };
}

function redrawOverall(overall: Overall, random: Random): Overall {
  return {
    ...overall,
    quality: rarely(random, 0.05) ? missing('no answer could be scored') : randomShare(random, 40),
    metrics: {
      ...overall.metrics,
      ttft: randomTimes(random),
      e2e: randomTimes(random),
      decodeRate: randomTimes(random),
    },
    ttftLine: rarely(random, 0.3) ? missing('some prompts were not read whole') : randomLine(random),
  };
}

/** Shares on a coarse grid, so that some of them are equal. */
function randomShare(random: Random, n: number): Estimate {
  const value = random.below(21) / 20;
  const width = 0.3 * random.uniform() ** 2;
  const [low, high] = [Math.max(0, value - width), Math.min(1, value + width)];
  return { value, low, high, n, confidence: 0.95, method: 'wilson', warnings: [] };
}

function randomTimes(random: Random): Distribution | Missing {
  if (rarely(random, 0.08)) return missing('its times are not known');
  const centre = 10 ** (-3 + 4 * random.uniform());
  const spread = random.uniform();
  const values = Float64Array.from(
    { length: 12 + random.below(60) },
    () => centre * Math.exp(spread * random.normal()),
  );
  const censored = rarely(random, 0.2) ? random.below(values.length) : 0;
  const after = Math.max(...values) * 1.1;
  return distributionOf([values], { serial: false, late: censored > 0 ? { censored, after, never: 0 } : NOT_LATE });
}

function randomLine(random: Random): TtftLine {
  const estimate = (value: number, width: number): Estimate => ({
    value,
    low: value - width,
    high: value + width,
    n: 40,
    confidence: 0.95,
    method: 'clustered-least-squares',
    warnings: [],
  });
  const rate = 10 ** (1 + 3 * random.uniform());
  const share = random.uniform();
  return {
    n: 40,
    fixed: rarely(random, 0.2) ? missing('the line falls below no time at all') : estimate(0.01, 0.005),
    rate: rarely(random, 0.3)
      ? missing('longer prompts did not take longer beyond doubt')
      : { ...estimate(rate, 0), low: rate / (1 + share), high: rate * (1 + share) },
    trend: rarely(random, 0.1)
      ? missing('7 values are too few to tell a trend: it takes 8')
      : { tau: random.uniform() - 0.3, slope: 0, p: random.uniform() ** 6 },
    shortest: { tokens: 40, seconds: 0.01 + 40 / rate },
    longest: { tokens: 400, seconds: 0.01 + 400 / rate },
  };
}
