/**
 * Every sentence of a report that names a margin, a number of samples or a limit is a claim about other data or another suite. Each is
 * read here as a reader would read it, then that very thing is changed, and the suite is judged again. What would change a limit is asked
 * again in ../recommend/promise.test.ts, and `rightsize power` in ../recommend/power.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { analysisOf, type DrawnSuite, type DrawnTask } from '../../../simulate/suite.js';
import { sizeForLimits } from '../../../src/core/recommend/limit-size.js';
import { recommend } from '../../../src/core/recommend/recommend.js';
import { keyOf } from '../../../src/core/report/headline.js';
import { nextCommands } from '../../../src/core/report/next-steps.js';
import { describeRequirement, describeTask, whatWouldChange } from '../../../src/core/report/words.js';
import { judge, type Order, suiteOf } from '../../support/order.js';

/** The number in front of these words; the last one of a range. */
function numberBefore(words: string, text: string): number {
  const found = new RegExp(`([\\d,.]+) ${words}`).exec(text)?.[1];
  if (found === undefined) throw new Error(`expected a number before "${words}" in: ${text}`);
  return Number(found.replaceAll(',', ''));
}

function verdictAt(order: Order, points: number): string {
  return judge(suiteOf(order, { margin: points / 100 })).task.verdict.kind;
}

/** Points are said in tenths. */
const TENTH = 0.1;

describe('a margin that is named', () => {
  it('at worst so much less: at that margin it fits, and at a smaller one it does not', () => {
    for (const order of [{ lost: 8, won: 3 }, { lost: 5 }, { lost: 6, groupSize: 2 }]) {
      const text = describeTask(judge(suiteOf(order)).task);
      const worst = numberBefore('points less, within', text);
      expect(verdictAt(order, worst + TENTH)).toBe('slm-fits');
      expect(verdictAt(order, worst - TENTH)).not.toBe('slm-fits');
      expect(text).toContain('within the margin of 10.0 points');
    }
  });

  it('at best so much less: at that margin it is open, and at a smaller one the LLM is needed', () => {
    for (const order of [{ lost: 60 }, { lost: 70, won: 5, groupSize: 2 }]) {
      const best = numberBefore('points less, beyond', describeTask(judge(suiteOf(order)).task));
      expect(verdictAt(order, best - TENTH)).toBe('llm-needed');
      expect(verdictAt(order, best + TENTH)).not.toBe('llm-needed');
    }
  });

  it('between two bounds: beyond them it is decided', () => {
    for (const order of [{ lost: 20 }, { lost: 30, won: 6, groupSize: 4 }]) {
      const text = describeTask(judge(suiteOf(order)).task);
      const [, low, high] = /between −([\d.]+) and −([\d.]+) points/.exec(text)!;
      expect(verdictAt(order, Number(low) + TENTH)).toBe('slm-fits');
      expect(verdictAt(order, Number(low) - TENTH)).toBe('inconclusive');
      expect(verdictAt(order, Number(high) + TENTH)).toBe('inconclusive');
      expect(verdictAt(order, Number(high) - TENTH)).toBe('llm-needed');
    }
  });

  it('what would change it: with that margin it fits, or does not', () => {
    for (const order of [{ lost: 20 }, { lost: 60 }, { lost: 14, won: 2, groupSize: 5 }]) {
      const [change] = whatWouldChange(judge(suiteOf(order)).task).filter((text) => text.startsWith('With a margin'));
      const margin = numberBefore('points, fixed before a new run', change!);
      expect(verdictAt(order, margin)).toBe('slm-fits');
      expect(verdictAt(order, margin - TENTH)).not.toBe('slm-fits');
    }
    const fits = { lost: 8, won: 3 };
    const margin = numberBefore('points or less', whatWouldChange(judge(suiteOf(fits)).task)[0]!);
    expect(verdictAt(fits, margin)).not.toBe('slm-fits');
    expect(verdictAt(fits, margin + TENTH)).toBe('slm-fits');
  });

  it('stands in the headline and beside the table as the suite has it', () => {
    for (const points of [5, 12.5]) {
      const suite = suiteOf({ lost: 4 }, { margin: points / 100 });
      const analysis = analysisOf(suite);
      const [recommended] = recommend(analysis).suites;
      expect(numberBefore('points less', keyOf(analysis, recommended!))).toBe(points);
      expect(numberBefore('points was fixed', describeRequirement(recommended!))).toBe(points);
    }
  });
});

describe('an error rate that is named', () => {
  it('decides: with twice of it, one more loss still fits', () => {
    const most = (alpha: number) => {
      const suites = Array.from({ length: 20 }, (_, lost) => judge(suiteOf({ lost }, { margin: 0.1, alpha })));
      expect(numberBefore('%|% of the time', describeRequirement(suites[0]!).replace('%', ' %'))).toBe(100 * alpha);
      return suites.findLastIndex(({ verdict }) => verdict.kind === 'slm-fits');
    };
    expect(most(0.1)).toBeGreaterThan(most(0.05));
  });
});

describe('a number of samples that is named', () => {
  /** The same answers, so many times as many: in new groups, or in the same ones. */
  function enlarged(task: DrawnTask, times: number, where: 'in new groups' | 'in the same groups'): DrawnTask {
    const copies = Array.from({ length: times }, (_, copy) => copy);
    return {
      ...task,
      groups: copies.flatMap((copy) =>
        task.groups.map((group) => (group === null || where === 'in the same groups' ? group : group + copy * 1e4)),
      ),
      answers: Object.fromEntries(
        Object.entries(task.answers).map(([model, own]) => [model, copies.flatMap(() => own)]),
      ),
    };
  }

  const verdictOf = (suite: DrawnSuite, times: number, where: Parameters<typeof enlarged>[2]) =>
    judge({ ...suite, tasks: suite.tasks.map((task) => enlarged(task, times, where)) }).task.verdict.kind;

  it('more samples of the same groups, or more groups: with as many it is decided', () => {
    // The losses lie in whole groups, and in parts of groups.
    for (const order of [
      { lost: 9, won: 8, samples: 100, groupSize: 4 },
      { lost: 14, won: 4, samples: 240, groupSize: 8 },
      { lost: 20, samples: 120, groupSize: 2 },
    ]) {
      const suite = suiteOf(order);
      const text = describeTask(judge(suite).task);
      const samples = /([\d,]+) (?:or )?more samples? of the same groups/.exec(text);
      const groups = /([\d,]+) (?:or )?more groups? of samples/.exec(text);
      expect(samples ?? groups, text).not.toBeNull();
      const timesOf = (more: string, now: number) => Math.ceil((now + Number(more.replaceAll(',', ''))) / now);
      const sizes = { samples: order.samples, groups: order.samples / order.groupSize };
      if (samples !== null)
        expect(verdictOf(suite, timesOf(samples[1]!, sizes.samples), 'in the same groups')).not.toBe('inconclusive');
      if (groups !== null)
        expect(verdictOf(suite, timesOf(groups[1]!, sizes.groups), 'in new groups')).not.toBe('inconclusive');
    }
  });

  it('ten times the data would not decide it: they do not', () => {
    // Six tasks share the error rate, and each SLM lies at the margin.
    const suite = suiteOf({ lost: 20 });
    const six = { ...suite, tasks: Array.from({ length: 6 }, (_, i) => ({ ...suite.tasks[0]!, name: `t${i}` })) };
    expect(describeTask(judge(six).task)).toContain('Ten times the data would not decide it');
    expect(verdictOf(six, 10, 'in new groups')).toBe('inconclusive');
  });

  it('that the run left out: the command asks for as many as would decide it, and no more than there are', () => {
    const suite = suiteOf({ lost: 6, won: 5, samples: 60 });
    const drawn = analysisOf(suite);
    const [simulated] = drawn.suites;
    const withRest = (left: number) => {
      const task = { ...simulated!.tasks[0]!, data: { source: 'drawn', hash: '', count: 60 + left } };
      const run = { ...drawn.run, command: ['rightsize', 'run', '--limit', '60'] };
      const analysis = { ...drawn, run, suites: [{ ...simulated!, tasks: [task] }] };
      const [recommended] = recommend(analysis).suites;
      const [command] = nextCommands(analysis, analysis.suites[0]!, recommended!);
      return { text: describeTask(recommended!.tasks[0]!), limit: Number(/--limit (\d+)/.exec(command!)![1]) };
    };
    const { text, limit } = withRest(1_900);
    expect(numberBefore('samples that this run left out', text)).toBe(1_900);
    expect(verdictOf(suite, Math.ceil(limit / 60), 'in new groups')).not.toBe('inconclusive');
    expect(withRest(20).limit).toBe(80);
  });

  it('too few to bound a percentile: it takes as many as the sentence says', () => {
    const limits = { e2e: { max: '2 s', at: 'p95' } };
    for (const tasks of [1, 6]) {
      const ask = (samples: number) => {
        const suite = suiteOf({ samples, lost: Math.round(0.3 * samples) }, { margin: 0.3, limits });
        return judge({
          ...suite,
          tasks: Array.from({ length: tasks }, (_, i) => ({ ...suite.tasks[0]!, name: `t${i}` })),
        });
      };
      const observedWith = (samples: number) =>
        ask(samples).task.checks.find(({ model }) => model === 'small')!.checks[0]!.observed;
      const few = observedWith(30);
      if (!('missing' in few)) throw new Error('expected too few requests');
      const takes = numberBefore('requests$', few.missing);
      expect(observedWith(takes)).toHaveProperty('high');
      expect(observedWith(takes - 1)).toHaveProperty('missing');
    }
  });

  it('that the limits of a suite take, said before a run', () => {
    const limits = { e2e: { max: 2, at: 'p95' } } as const;
    const { alone, shared } = sizeForLimits(limits, { alpha: 0.05, tasks: 6 })!;
    const fitsWith = (samples: number, open: number) => {
      const suite = suiteOf({ samples }, { margin: 0.3, limits: { e2e: { max: '2 s', at: 'p95' } } });
      const [task] = suite.tasks;
      // Of the other tasks nothing is known, so this one has a sixth of the error rate.
      const unknown = Array.from({ length: open }, (_, i) => ({
        ...task!,
        name: `t${i}`,
        answers: { ...task!.answers, small: task!.answers.small!.map((one) => ({ ...one, score: 0.7 })) },
      }));
      return judge({ ...suite, tasks: [task!, ...unknown] }).task.verdict.kind === 'slm-fits';
    };
    expect([fitsWith(alone, 0), fitsWith(alone - 1, 0)]).toEqual([true, false]);
    expect([fitsWith(shared, 5), fitsWith(alone, 5)]).toEqual([true, false]);
  });

  it('too few for a cascade: it takes as many as the reason says', () => {
    const cascadeWith = (samples: number) => {
      const suite = suiteOf({ samples, lost: Math.round(samples / 2) });
      const [task] = suite.tasks;
      const small = task!.answers.small!.map((one, i) => ({ ...one, confidence: one.score! + i / 1e6 }));
      return judge({ ...suite, tasks: [{ ...task!, answers: { ...task!.answers, small } }] }).task.cascades[0]!
        .evaluation;
    };
    const few = cascadeWith(10);
    if (!('missing' in few)) throw new Error('expected too few samples');
    const takes = Number(/it takes (\d+)$/.exec(few.missing)![1]);
    expect(cascadeWith(takes - 1)).toHaveProperty('missing');
    expect(cascadeWith(takes)).toHaveProperty('chosen');
  });

  it('at most 5% without a score: with one less there is a verdict', () => {
    const { task } = judge(suiteOf({ unscored: 11 }));
    expect(numberBefore('of 200 trials of small have no score', describeTask(task))).toBe(11);
    expect(whatWouldChange(task)).toEqual(['A run in which at most 5% of the trials of each model have no score.']);
    expect(verdictAt({ unscored: 10 }, 20)).toBe('slm-fits');
  });
});

describe('a cascade', () => {
  it('would change with another margin, as it says', () => {
    const samples = Array.from({ length: 300 }, (_, i) => Number(i % 4 !== 0));
    const suite = (margin: number): DrawnSuite => ({
      requirement: { margin },
      large: ['large'],
      tasks: [
        {
          name: 'route',
          groups: samples.map(() => null),
          answers: {
            large: samples.map((_, i) => ({ score: Number(i % 50 !== 1), seconds: 1 })),
            small: samples.map((score, i) => ({ score, seconds: 0.2, confidence: score + i / 1e6 })),
          },
        },
      ],
    });
    const { task } = judge(suite(0.1));
    expect(task.verdict.kind).toBe('cascade');
    expect(whatWouldChange(task)[0]).toContain('a margin other than 10.0 points');
    expect(judge(suite(0.4)).task.verdict.kind).toBe('slm-fits');
  });
});

describe('a limit, where only one class was measured', () => {
  it('is met, or not, or was not set, as the sentence says', () => {
    const textWith = (limits: object) =>
      describeTask(judge({ ...suiteOf({ lost: 20 }, { margin: 0.1, limits }), large: [] }).task);
    expect(textWith({ quality: { min: 0.85 } })).toMatch(/meets every limit/);
    expect(textWith({ quality: { min: 0.995 } })).toBe('No model is shown to meet every limit.');
    expect(textWith({})).toBe('No limit was set.');
  });
});
