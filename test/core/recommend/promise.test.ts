import { describe, expect, it } from 'vitest';
import { type Answer, analysisOf, type DrawnSuite } from '../../../simulate/suite.js';
import { recommend } from '../../../src/core/recommend/recommend.js';
import { describeSuite, describeTask } from '../../../src/core/report/words.js';
import { quantileTest } from '../../../src/core/stats/estimate/quantile-test.js';
import { judge, suiteOf } from '../../support/order.js';

describe('answers that were lost', () => {
  it('above 5% leave no verdict, and the sentence counts them', () => {
    const { task } = judge(suiteOf({ unscored: 11 }));
    expect(task.verdict).toMatchObject({ kind: 'inconclusive', because: { of: 'unscored' } });
    expect(describeTask(task)).toContain('11 of 200 trials of small have no score');
  });

  it('below count as the worse for a claim: twelve losses fit, but not with ten lost answers', () => {
    expect(judge(suiteOf({ lost: 10 })).verdict.kind).toBe('slm-fits');
    expect(judge(suiteOf({ lost: 10, unscored: 10 })).verdict.kind).toBe('inconclusive');
    expect(judge(suiteOf({ unscored: 4 })).verdict.kind).toBe('slm-fits');
  });

  it.each([
    ['where the LLM is wrong', { lost: 190, unscored: 10, large: { wrong: 10 } }],
    ['where the LLM is right', { won: 190, unscored: 10 }],
    ['few', { lost: 3, unscored: 1 }],
  ])('%s leave the difference that is shown within the bounds that decide', (_, order) => {
    const { test } = judge(suiteOf(order)).task.comparisons[0]!;
    if ('missing' in test) throw new Error(test.missing);
    const { value, low, high } = test.difference;
    expect(value).toBeGreaterThan(low);
    expect(value).toBeLessThan(high);
    // The margin lies outside the bounds exactly where the claim is decided.
    expect(low > -0.1).toBe(test.decision === 'non-inferior');
    expect(high < -0.1).toBe(test.decision === 'inferior');
  });
});

describe('a cascade', () => {
  it('holds where each lost answer may have been wrong, and not otherwise', () => {
    const samples = 300;
    const verdictWith = (lost: number) => {
      const answers = Array.from({ length: samples }, (_, i): Answer => {
        const score = i % 4 === 0 ? 0 : 1;
        return { score, seconds: 0.2, confidence: score + i / 1e6 };
      });
      const task = {
        name: 'route',
        groups: Array<null>(samples).fill(null),
        answers: {
          large: answers.map(() => ({ score: 1, seconds: 1 })),
          small: answers.map((answer, i) => (i < lost ? { ...answer, score: null } : answer)),
        },
      };
      return judge({ requirement: { margin: 0.1 }, large: ['large'], tasks: [task] }).verdict.kind;
    };
    expect([verdictWith(0), verdictWith(5)]).toEqual(['cascade', 'cascade']);
    expect(verdictWith(12)).toBe('llm-needed');
  });
});

describe('a limit on a percentile', () => {
  it('takes 59 requests with none beyond it', () => {
    const limits = { e2e: { max: '2 s', at: 'p95' } };
    expect(judge(suiteOf({ samples: 59 }, { margin: 0.2, limits })).verdict.kind).toBe('slm-fits');
    expect(judge(suiteOf({ samples: 58 }, { margin: 0.2, limits })).verdict.kind).not.toBe('slm-fits');
  });

  it('counts a timeout as at least the timeout, and a failure as later than everything', () => {
    const ascending = Float64Array.from({ length: 70 }, () => 0.05);
    const cut = quantileTest({ ascending, q: 0.9, late: { censored: 30, after: 1, never: 0 } });
    expect(cut.atMostP(0.5)).toBeGreaterThan(0.99);
    expect(cut.aboveP(0.5)).toBeLessThan(1e-6);
    // Against a longer limit the same timeouts say nothing.
    expect(cut.atMostP(2)).toBeGreaterThan(0.99);
    expect(cut.aboveP(2)).toBe(1);
    const failed = quantileTest({ ascending, q: 0.9, late: { censored: 0, after: 1, never: 30 } });
    expect(failed.aboveP(2)).toBeLessThan(1e-6);
  });
});

describe('the headline', () => {
  it('says that no small model fits before it says what the LLM still needs', () => {
    const limits = { e2e: { max: '2 s', at: 'p99' } };
    const recommended = judge(suiteOf({ lost: 120, samples: 150 }, { margin: 0.1, limits }));
    expect(recommended.verdict).toMatchObject({ kind: 'inconclusive', noSmall: ['route'] });
    expect(describeSuite(recommended)).toMatch(/^No small model fits\. Whether the large model does is not shown/);
  });

  it('names a missed limit before the margin', () => {
    const { task } = judge(suiteOf({ lost: 100 }, { margin: 0.1, limits: { quality: { min: 0.8 } } }));
    expect(task.verdict).toMatchObject({ kind: 'llm-needed', rejected: [{ by: 'limits' }] });
  });
});

describe('what would change a verdict', () => {
  it.each([
    ['fits', { lost: 8, won: 3 }],
    ['is open', { lost: 16, won: 2 }],
    ['does not fit', { lost: 60 }],
    ['is open in groups', { lost: 14, won: 2, groupSize: 5 }],
  ])('by the margin is true when one asks again: an SLM that %s', (_, order) => {
    const { task } = judge(suiteOf(order));
    expect(task.changes.length).toBeGreaterThan(0);
    for (const change of task.changes) {
      if (change.to === 'passes') throw new Error('there are no limits');
      const fitsAt = (margin: number) => judge(suiteOf(order, { margin })).verdict.kind === 'slm-fits';
      expect(fitsAt(change.margin)).toBe(change.to === 'fits');
      expect(fitsAt(change.margin + (change.to === 'fits' ? -0.001 : 0.001))).toBe(change.to !== 'fits');
    }
  });

  it.each([
    ['quality', { lost: 100 }, (value: number) => ({ quality: { min: value } }), 0.8],
    ['p95', { seconds: [1, 3] }, (value: number) => ({ e2e: { max: `${value} s`, at: 'p95' } }), 2],
    ['mean', { seconds: [1, 3] }, (value: number) => ({ e2e: { max: `${value} s`, at: 'mean' } }), 1.5],
    ['memory', {}, (value: number) => ({ memory: { max: `${value} B` } }), 2e9],
  ] as const)('by a limit on %s is true when one asks again', (_, order, limitsOf, bound) => {
    const memory = { small: 3e9, large: 7e9 };
    const ask = (value: number) => judge({ ...suiteOf(order, { margin: 0.1, limits: limitsOf(value) }), memory }).task;
    const [change] = ask(bound).changes;
    if (change?.to !== 'passes') throw new Error('expected a change of the limit');
    const [would] = change.limits.map((limit) => limit.would);
    if (would === undefined || 'missing' in would) throw new Error('expected a limit that is met');
    const stateAt = (value: number) => ask(value).checks.find(({ model }) => model === 'small')!.state;
    expect(stateAt(would.value)).toBe('passes');
    expect(stateAt(bound)).not.toBe('passes');
  });

  it('by more data decides about as often as it says', () => {
    const order = { lost: 8, won: 6, samples: 80 };
    const { verdict } = judge(suiteOf(order)).task;
    if (verdict.kind !== 'inconclusive' || verdict.because.of !== 'margin') throw new Error('expected a doubt');
    const { remedies } = verdict.because;
    if ('missing' in remedies || remedies.samples === null || remedies.samples.most === null)
      throw new Error('expected a number');
    const factor = remedies.samples.most / 80;
    const more = { lost: Math.round(8 * factor), won: Math.round(6 * factor), samples: Math.round(80 * factor) };
    expect(judge(suiteOf(more)).verdict.kind).toBe('slm-fits');
  });
});

describe('more agreement', () => {
  it('never takes "fits" away: an equal pair in place of a loss, or one more of a new group', () => {
    for (let lost = 0; lost <= 16; lost++) {
      for (const groupSize of [1, 5]) {
        if (judge(suiteOf({ lost: lost + 1, groupSize })).verdict.kind !== 'slm-fits') continue;
        expect(judge(suiteOf({ lost, groupSize })).verdict.kind).toBe('slm-fits');
        expect(judge(suiteOf({ lost: lost + 1, groupSize, samples: 201 })).verdict.kind).toBe('slm-fits');
      }
    }
  });
});

describe('several models', () => {
  it('are held against one reference, whatever their class', () => {
    const suite = suiteOf({ lost: 4 });
    const { references, verdict } = recommend(analysisOf({ ...suite, large: [] }), { reference: 'large' }).suites[0]!;
    expect(references).toEqual([{ candidate: 'small', reference: 'large', why: 'the reference that was given' }]);
    expect(verdict).toEqual({ kind: 'slm-fits', model: 'small' });
    expect(() => recommend(analysisOf(suite), { reference: 'nobody' })).toThrow('found nobody');
  });

  it('that are copies of one SLM cost the first of them nothing', () => {
    const { tasks, ...rest } = suiteOf({ lost: 9 });
    const [task] = tasks;
    const copies = Object.fromEntries(['copy1', 'copy2', 'copy3'].map((id) => [id, task!.answers.small!]));
    const alone = judge({ ...rest, tasks });
    const together = judge({ ...rest, tasks: [{ ...task!, answers: { ...task!.answers, ...copies } }] });
    expect(together.comparisons).toBe(1);
    expect(together.task.comparisons[0]!.adjusted.fitsP).toBeCloseTo(alone.task.comparisons[0]!.adjusted.fitsP, 12);
  });

  it('that are near-copies cost the first of them a tenth of its error rate, and are shown to fit where it is', () => {
    const small = suiteOf({ lost: 9 }).tasks[0]!.answers.small!;
    const copy = small.map(({ score, ...rest }, i) => ({ ...rest, score: i === 100 || i === 110 ? 0 : score }));
    const suite = suiteOf({ lost: 9 });
    const [task] = suite.tasks;
    const together = judge({ ...suite, tasks: [{ ...task!, answers: { ...task!.answers, copy } }] });
    const alone = judge(suite).task.comparisons[0]!;
    const [first, second] = together.task.comparisons;
    expect(together.comparisons).toBe(1);
    expect(first!.adjusted.fitsP).toBeCloseTo(alone.adjusted.fitsP / 0.9, 12);
    expect([first!.fits, second!.fits]).toEqual([true, true]);
  });

  it('that are near-copies do not keep other tasks from a verdict', () => {
    // One task of two is clear, and its copy is not: without the copy, the other task has all of the error rate.
    const clear = suiteOf({ lost: 5 }).tasks[0]!;
    const copy = clear.answers.small!.map(({ score, ...rest }, i) => ({ ...rest, score: i >= 190 ? 0 : score }));
    const close = suiteOf({ lost: 12 }).tasks[0]!;
    const suite = suiteOf({});
    const judged = judge({
      ...suite,
      tasks: [
        { ...clear, answers: { ...clear.answers, copy } },
        { ...close, name: 'extract', answers: { ...close.answers, copy: close.answers.small! } },
      ],
    });
    expect(judged.tasks.map(({ verdict }) => verdict.kind)).toEqual(['slm-fits', 'slm-fits']);
  });
});

describe('a run that stops when it is sure', () => {
  it('judges the mean of samples as a fixed plan does, whatever the sizes of groups', () => {
    // 60 documents of 20 questions, a third lost; 300 questions alone, none lost.
    const groups = [...Array.from({ length: 1200 }, (_, i) => Math.floor(i / 20)), ...Array<null>(300).fill(null)];
    const small = groups.map((group, i) => ({ score: group !== null && i % 20 < 7 ? 0 : 1 }));
    const suite: DrawnSuite = {
      requirement: { margin: 0.1 },
      large: ['large'],
      tasks: [{ name: 'route', groups, answers: { large: groups.map(() => ({ score: 1 })), small } }],
    };
    const sequential = { ...suite, settings: { untilSure: { firstRound: 25, budget: null } } };
    expect(judge(suite).verdict.kind).toBe('llm-needed');
    expect(judge(sequential).verdict.kind).toBe('llm-needed');
  });
});
