import { describe, expect, it } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import type { SampleResult } from '../../../src/core/analyse/analysis.js';
import type { LogRecord } from '../../../src/core/log/log.js';
import { isMissing } from '../../../src/core/quantity.js';
import { recommend } from '../../../src/core/recommend/recommend.js';
import type { SuiteRecommendation } from '../../../src/core/recommend/recommendation.js';
import { describeSuite, describeTask } from '../../../src/core/report/words.js';
import { createRandom } from '../../../src/core/stats/basics/random.js';
import { type LogOrder, type ModelOrder, makeLog, shuffled } from '../../support/log.js';

const small: ModelOrder = { id: 'small', class: 'slm', parameters: 1e6, quality: 0.9, memory: 50e6 };
const large: ModelOrder = {
  id: 'large',
  class: 'llm',
  parameters: 5e6,
  quality: 0.9,
  ttft: 0.06,
  itl: 0.008,
  memory: 300e6,
};

function verdictOf(order: Partial<LogOrder> & Pick<LogOrder, 'models'>): SuiteRecommendation {
  const log = makeLog({ requirement: { margin: 0.05 }, tasks: [{ name: 'route', samples: 400 }], ...order });
  return recommend(analyse(log)).suites[0]!;
}

describe('the verdict on a task', () => {
  it('is that the SLM fits where it is as good', () => {
    const { verdict, tasks } = verdictOf({
      models: [
        { ...small, quality: 0.98 },
        { ...large, quality: 0.98 },
      ],
    });
    expect(verdict).toEqual({ kind: 'slm-fits', model: 'small' });
    expect(describeTask(tasks[0]!)).toMatch(
      /^small fits: it scores \d\d\.\d%, .* within the margin of 5\.0 points\. Compared with large, it answers 3\.\d× as fast and needs 0\.3× the memory\.$/,
    );
  });

  it('is that the LLM is needed where the SLM falls short and does not know it', () => {
    const { verdict, tasks } = verdictOf({ models: [{ ...small, quality: 0.6, sureness: 0 }, large] });
    expect(verdict).toEqual({ kind: 'llm-needed', model: 'large' });
    expect(describeTask(tasks[0]!)).toMatch(
      /^large is needed: small scores \d\d\.\d%, \d\d\.\d points less than large/,
    );
  });

  it('is a cascade where the SLM falls short but knows when', () => {
    const { verdict, tasks } = verdictOf({
      models: [
        { ...small, quality: 0.6, sureness: 0.9 },
        { ...large, quality: 0.95 },
      ],
    });
    expect(verdict).toEqual({ kind: 'cascade', small: 'small', large: 'large', alone: [] });
    const [task] = tasks;
    if (task?.verdict.kind !== 'cascade') throw new Error('expected a cascade');
    const { evaluation } = task.verdict;
    expect(evaluation.test.difference.low).toBeGreaterThan(-0.05);
    expect(evaluation.cost.difference.high).toBeLessThan(0);
    expect(evaluation.deferred).toBeGreaterThan(0.3);
    expect(evaluation.deferred).toBeLessThan(0.6);
    expect(evaluation.folds).toBe(5);
  });

  it('recommends no cascade that costs more than the LLM alone', () => {
    const slow = { ...small, quality: 0.6, sureness: 0.9, ttft: 0.5 };
    const { verdict, tasks } = verdictOf({ models: [slow, { ...large, quality: 0.95 }] });
    expect(verdict.kind).toBe('llm-needed');
    expect(tasks[0]!.cascades[0]!.verdict).toBe('not shown cheaper');
  });

  it('is inconclusive if the samples are few, and says how many more would decide it', () => {
    const { verdict, tasks } = verdictOf({ models: [small, large], tasks: [{ name: 'route', samples: 30 }] });
    expect(verdict).toEqual({ kind: 'inconclusive', tasks: ['route'], decided: [], noSmall: [] });
    expect(describeTask(tasks[0]!)).toMatch(
      /on 30 samples, and the margin is 5\.0 points\. \d[\d,]*(?: to [\d,]+| or) more samples would decide it\.$/,
    );
  });

  it('is neither way when only one class was run', () => {
    const alone = { kind: 'one-class', limits: 'none' };
    expect(verdictOf({ models: [small] }).verdict).toEqual({ ...alone, class: 'slm', model: 'small' });
    expect(verdictOf({ models: [large] }).verdict).toEqual({ ...alone, class: 'llm', model: 'large' });
  });

  it('says of models of one class whether they meet their limits, and where none was set, that', () => {
    const said = (limits: object) => {
      const found = verdictOf({ models: [small], requirement: { margin: 0.05, limits } });
      return [describeSuite(found), describeTask(found.tasks[0]!)];
    };
    const alone = 'Only small models were measured, so nothing was compared with a large model.';
    expect(said({})).toEqual([`${alone} No limit was set.`, 'No limit was set.']);
    expect(said({ ttft: { max: '10 s', at: 'median' } })).toEqual([
      `${alone} small meets every limit.`,
      'small meets every limit.',
    ]);
    const missed = 'No model is shown to meet every limit.';
    expect(said({ ttft: { max: '1 ms', at: 'median' } })).toEqual([`${alone} ${missed}`, missed]);
  });

  it('is that nothing passes where every model misses a limit', () => {
    const { verdict } = verdictOf({
      models: [{ ...small, quality: 0.5, sureness: 0 }, large],
      requirement: { margin: 0.05, limits: { ttft: { max: '10 ms', at: 'median' } } },
    });
    expect(verdict).toEqual({ kind: 'nothing-passes', tasks: ['route'], decided: [], open: [] });
  });

  it('is that nothing was measured where nothing was', () => {
    const failing: ModelOrder = {
      ...small,
      outcome: () => ({ state: 'failed', by: 'harness', kind: 'crash', reason: 'the engine died', output: '' }),
    };
    const { verdict } = verdictOf({ models: [failing] });
    expect(verdict).toEqual({ kind: 'not-measured', reason: 'no answer could be scored: the engine died' });
  });
});

describe('a limit', () => {
  it('is met by the interval and not by the point', () => {
    const limits = { quality: { min: 0.89 } };
    const few = verdictOf({ models: [small, large], tasks: [{ name: 'route', samples: 60 }], requirement: { limits } });
    expect(few.tasks[0]!.checks.map(({ state }) => state)).toEqual(['undecided', 'undecided']);
  });

  it('that an SLM misses rules it out, however good it is', () => {
    const { tasks } = verdictOf({
      models: [
        { ...small, quality: 0.98, memory: 900e6 },
        { ...large, quality: 0.98 },
      ],
      requirement: { margin: 0.05, limits: { memory: { max: '500 MB' } } },
    });
    expect(tasks[0]!.verdict).toMatchObject({ kind: 'llm-needed', rejected: [{ model: 'small', by: 'limits' }] });
    expect(describeTask(tasks[0]!)).toContain('small misses peak memory of at most 477 MiB (it is 916 MiB)');
  });

  it('on what was not measured is neither met nor missed', () => {
    const { tasks } = verdictOf({
      models: [
        { ...small, quality: 0.98, memory: null },
        { ...large, quality: 0.98 },
      ],
      requirement: { margin: 0.05, limits: { memory: { max: '500 MB' } } },
    });
    expect(tasks[0]!.checks[0]!.state).toBe('undecided');
    expect(tasks[0]!.verdict).toMatchObject({ kind: 'inconclusive', because: { of: 'limits', model: 'small' } });
  });

  it('of a task stands over that of the suite', () => {
    const { tasks } = verdictOf({
      models: [small, large],
      tasks: [{ name: 'route', samples: 60, limits: { ttft: { max: '1 s', at: 'median' } } }],
      requirement: { limits: { ttft: { max: '1 ms', at: 'median' } } },
    });
    expect(tasks[0]!.checks.map(({ state }) => state)).toEqual(['passes', 'passes']);
  });
});

describe('the verdict on a suite', () => {
  const tasks = [
    { name: 'route', samples: 400 },
    { name: 'arithmetic', samples: 400 },
  ];

  it('gives each task its model where tasks differ', () => {
    const { verdict } = verdictOf({
      tasks,
      models: [
        { ...small, quality: { route: 0.98, arithmetic: 0.5 }, sureness: 0 },
        { ...large, quality: 0.98 },
      ],
    });
    expect(verdict).toEqual({
      kind: 'by-task',
      assignments: [
        { task: 'route', use: { model: 'small' } },
        { task: 'arithmetic', use: { model: 'large' } },
      ],
    });
  });

  it('takes of several that fit the one that is preferred', () => {
    const models: ModelOrder[] = [
      { ...small, id: 'tiny', parameters: 5e5, quality: 0.98, ttft: 0.05 },
      { ...small, id: 'quick', parameters: 2e6, quality: 0.98, ttft: 0.005 },
      { ...large, quality: 0.98 },
    ];
    const pick = (prefer: 'smallest' | 'fastest') =>
      verdictOf({ tasks, models, requirement: { margin: 0.05, prefer } }).verdict;
    expect(pick('smallest')).toEqual({ kind: 'slm-fits', model: 'tiny' });
    expect(pick('fastest')).toEqual({ kind: 'slm-fits', model: 'quick' });
  });

  it('holds each variant against the same variant of the best LLM, unless that one scores less', () => {
    const { references } = verdictOf({
      models: [
        { ...small, id: 'small:q4' },
        { ...small, id: 'small:f16' },
        { ...large, id: 'large:q4', quality: 0.8 },
        { ...large, id: 'large:q8', quality: 0.97 },
      ],
    });
    const why = 'the best LLM of the run';
    expect(references).toEqual([
      { candidate: 'small:q4', reference: 'large:q8', why },
      { candidate: 'small:f16', reference: 'large:q8', why },
    ]);
  });

  it('does not hide a better LLM behind a variant of a worse one', () => {
    const { verdict } = verdictOf({
      requirement: { margin: 0.05 },
      models: [
        { ...small, id: 'small:q4', quality: 0.75, sureness: null },
        { ...large, id: 'mid:q4', quality: 0.77 },
        { ...large, id: 'best:f16', quality: 0.97 },
      ],
    });
    expect(verdict).toEqual({ kind: 'llm-needed', model: 'best:f16' });
  });

  it('counts engines that give the same answers as one comparison', () => {
    const twins = ['a', 'b', 'c'].flatMap((engine) => [
      { ...small, id: `small:${engine}` },
      { ...large, id: `large:${engine}` },
    ]);
    // The same weights answer the same, whatever runs them.
    const log = makeLog({ tasks: [{ name: 'route', samples: 100 }], models: twins }).map((record) =>
      record.type === 'measurement'
        ? {
            ...record,
            outcome: {
              ...record.outcome,
              output: Number(record.sample.slice(-1)) < 8 ? `answer ${Number(record.sample.slice(-4)) - 1}` : 'no',
            },
          }
        : record,
    );
    const recommended = recommend(analyse(log as never)).suites[0]!;
    expect(recommended.tasks[0]!.comparisons).toHaveLength(3);
    expect(recommended.comparisons).toBe(1);
  });

  it('is the same whatever the order of the records, and says the same words', () => {
    const log = makeLog({ tasks, models: [small, large], requirement: { margin: 0.05 } });
    const expected = recommend(analyse(log));
    const other = recommend(analyse(shuffled(log, 7)));
    expect(JSON.stringify(other)).toBe(JSON.stringify(expected));
    expect(describeSuite(other.suites[0]!)).toBe(describeSuite(expected.suites[0]!));
  });
});

describe('the error rate', () => {
  // `npm run simulate` draws more.
  const SUITES = 700;
  const SAMPLES = 80;
  const tasks = ['a', 'b'].map((name) => ({ name, samples: SAMPLES }));
  const blank = analyse(
    makeLog({ requirement: { margin: 0.1 }, tasks, models: [{ ...small, sureness: null }, large] }),
  );

  /** The share of simulated suites in which a task gets this verdict, when the models are right this often. */
  function shareOf(kind: string, rates: { readonly small: number; readonly large: number }, seed: string): number {
    const random = createRandom(seed);
    const draw = (rate: number) => (result: SampleResult | null) => ({
      ...result!,
      score: random.uniform() < rate ? 1 : 0,
    });
    let seen = 0;
    for (let i = 0; i < SUITES; i++) {
      const suite = blank.suites[0]!;
      const drawn = suite.tasks.map((task) => ({
        ...task,
        cells: task.cells.map((cell) => ({
          ...cell,
          results: cell.results.map(draw(cell.model === 'small' ? rates.small : rates.large)),
        })),
      }));
      const recommended = recommend({ ...blank, suites: [{ ...suite, tasks: drawn }] }).suites[0]!;
      if (recommended.tasks.some(({ verdict }) => verdict.kind === kind)) seen++;
    }
    return seen / SUITES;
  }

  // A share of 5% in 700 has a standard error of 0.8 points: 7.6% would be seen once in a thousand times.
  it('of "the SLM fits" is at most alpha where every SLM is worse by exactly the margin', () => {
    expect(shareOf('slm-fits', { small: 0.75, large: 0.85 }, 'at the margin')).toBeLessThan(0.076);
  });

  it('of "the LLM is needed" is at most alpha there, and next to nothing for equal models', () => {
    expect(shareOf('llm-needed', { small: 0.75, large: 0.85 }, 'needed at the margin')).toBeLessThan(0.076);
    expect(shareOf('llm-needed', { small: 0.8, large: 0.8 }, 'equal')).toBeLessThan(0.005);
  });

  it('leaves power where there is something to find', () => {
    expect(shareOf('slm-fits', { small: 0.97, large: 0.95 }, 'better')).toBeGreaterThan(0.9);
  });
});

describe('a cascade', () => {
  it('is not tried where the engine gives no log-probabilities, and says so', () => {
    const { tasks } = verdictOf({ models: [{ ...small, quality: 0.6, sureness: null }, large] });
    expect(tasks[0]!.cascades).toEqual([
      {
        small: 'small',
        large: 'large',
        evaluation: { missing: 'the server gives no log-probabilities' },
        verdict: 'not tried',
      },
    ]);
  });

  it('costs dollars where both models have a price', () => {
    const { tasks } = verdictOf({
      models: [
        { ...small, quality: 0.6, sureness: 0.9, price: { input: 0.1, output: 0.1 } },
        { ...large, quality: 0.95, price: { input: 10, output: 10 } },
      ],
    });
    const { evaluation } = tasks[0]!.cascades[0]!;
    if (isMissing(evaluation)) throw new Error(evaluation.missing);
    expect(evaluation.cost.unit).toBe('dollars');
    // 1% of the LLM's price for everything, and the LLM's for what is passed on.
    expect(evaluation.cost.cascade / evaluation.cost.large).toBeCloseTo(0.01 + evaluation.deferred, 1);
  });

  it('of ranked choices goes by their margin and costs the time that ranking takes', () => {
    const ranked = (gap: (right: boolean) => number, seconds: number): NonNullable<ModelOrder['outcome']> => {
      return (sample, outcome) => {
        if (outcome.state !== 'completed') return outcome;
        const right = outcome.output.startsWith('answer');
        const likelihood = (sum: number) => ({ sum, tokens: 1, greedy: false });
        // The target of every other sample is the second choice.
        const target = Number(sample.slice(-1)) % 2;
        const chosen = right ? target : 1 - target;
        const sums = [0, 1].map((choice) => (choice === chosen ? -1 : -1 - gap(right)));
        return { state: 'ranked', loglikelihoods: sums.map(likelihood), seconds };
      };
    };
    const log = makeLog({
      requirement: { margin: 0.05 },
      tasks: [{ name: 'route', samples: 400 }],
      models: [
        { ...small, quality: 0.6, outcome: ranked((right) => (right ? 3 : 0.5), 0.01) },
        { ...large, quality: 0.95, outcome: ranked(() => 2, 0.1) },
      ],
    }).map((record): LogRecord => {
      if (record.type === 'sample') {
        const target = Number(record.sample.slice(-1)) % 2;
        return {
          ...record,
          target: `${target}`,
          continuations: [' yes', ' no'].map((choice) => ({ context: '', text: choice, choice })),
        };
      }
      if (record.type !== 'run') return record;
      const scorer = { name: 'multiple-choice' as const, value: 'acc' };
      return {
        ...record,
        suites: record.suites.map((suite) => ({ ...suite, tasks: suite.tasks.map((task) => ({ ...task, scorer })) })),
      };
    });
    const { evaluation, verdict } = recommend(analyse(log)).suites[0]!.tasks[0]!.cascades[0]!;
    if (isMissing(evaluation)) throw new Error(evaluation.missing);
    expect(verdict).toBe('passes');
    expect(evaluation.chosen.signal).toBe('margin');
    expect(evaluation.cost).toMatchObject({
      unit: 'seconds',
      small: expect.closeTo(0.01, 9),
      large: expect.closeTo(0.1, 9),
    });
    expect(evaluation.cost.cascade).toBeCloseTo(0.01 + 0.1 * evaluation.deferred, 9);
  });

  it('has the latency of a mixture: the mean of both, and the tail of the large model', () => {
    const { tasks } = verdictOf({
      models: [
        { ...small, quality: 0.6, sureness: 0.9 },
        { ...large, quality: 0.95 },
      ],
    });
    const { evaluation } = tasks[0]!.cascades[0]!;
    if (isMissing(evaluation) || isMissing(evaluation.latency)) throw new Error('it was timed');
    const { cascade, large: alone } = evaluation.latency;
    if (isMissing(cascade.mean) || isMissing(cascade.p95) || isMissing(alone.p95)) throw new Error('400 requests');
    expect(cascade.mean.value).toBeCloseTo(evaluation.cost.cascade, 9);
    expect(cascade.p95.value).toBeGreaterThan(alone.p95.value);
  });
});
