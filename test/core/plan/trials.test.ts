import { describe, expect, test } from 'vitest';
import { ALONE } from '../../../src/core/definition/condition.js';
import { plan, type Trial } from '../../../src/core/plan/plan.js';
import { TrialSet } from '../../../src/core/plan/trial-set.js';
import { trialsMade, trialsThat } from '../../../src/core/plan/trials.js';

const trial = (more: Partial<Trial>): Trial => ({
  id: '',
  suite: 's',
  task: 't',
  sample: 'a',
  model: 'm',
  condition: ALONE,
  repetition: 1,
  ...more,
});

describe('a list of trials', () => {
  const array = Array.from({ length: 7 }, (_, i) => trial({ sample: `${i}` }));
  const list = trialsMade(array.length, (i) => array[i]!);

  test('is read as an array of them is', () => {
    expect([...list]).toEqual(array);
    for (const index of [-8, -7, -1, 0, 6, 7]) expect(list.at(index)).toBe(array.at(index));
    for (const [from, to] of [[], [2], [0, 3], [5, 99], [-3], [-99, -1], [4, 2]] as const)
      expect(list.slice(from, to)).toEqual(array.slice(from, to));
  });

  test('keeps the order of those that pass, and is the same list where all pass', () => {
    expect([...trialsThat(list, ({ sample }) => Number(sample) % 3 === 0)]).toEqual([array[0], array[3], array[6]]);
    expect(trialsThat(list, () => true)).toBe(list);
    expect(trialsThat(list, () => false)).toHaveLength(0);
  });

  test('of a plan makes a trial when it is asked for, and no sooner', () => {
    let made = 0;
    const samples = new Proxy(['a', 'b', 'c'], {
      get: (target, key) => {
        if (typeof key === 'string' && /^\d+$/.test(key)) made++;
        return Reflect.get(target, key);
      },
    });
    const [block] = plan([{ suite: 's', task: 't', samples }], ['m'], { repetitions: 1_000_000, seed: 0 });
    const { trials } = block!.cells[0]!;
    expect(trials).toHaveLength(3_000_000);
    expect(made).toBe(0);
    expect(trials.slice(4, 6).map(({ id }) => id)).toEqual(['s/t/b@m#2', 's/t/c@m#2']);
    expect(made).toBe(2);
  });
});

describe('a set of trials', () => {
  test('is what a set of their names would be', () => {
    const own = new TrialSet();
    const expected = new Set<string>();
    const nameOf = ({ suite, task, sample, model, repetition }: Trial) =>
      JSON.stringify([suite, task, sample, model, repetition]);
    // Names that run into one another when they are put side by side.
    const all = ['s', 's s'].flatMap((suite) =>
      ['t', 't m'].flatMap((task) =>
        ['m', 'm m', '1'].flatMap((model) =>
          [1, 2, 11].flatMap((repetition) =>
            Array.from({ length: 40 }, (_, i) => trial({ suite, task, model, repetition, sample: `${i}` })),
          ),
        ),
      ),
    );
    for (let step = 0, i = 0; step < 5_000; step++) {
      i = (i * 31 + 17) % all.length;
      const one = all[i]!;
      if (step % 3 === 2) {
        own.delete(one);
        expected.delete(nameOf(one));
      } else {
        own.add(one);
        expected.add(nameOf(one));
      }
    }
    expect(own.size).toBe(expected.size);
    expect(all.filter((one) => own.has(one))).toEqual(all.filter((one) => expected.has(nameOf(one))));
  });

  test('does not look at the condition, which a task of a run has only one of', () => {
    const own = new TrialSet();
    own.add(trial({ condition: { kind: 'closed', requests: 4 } }));
    expect(own.has(trial({}))).toBe(true);
  });
});
