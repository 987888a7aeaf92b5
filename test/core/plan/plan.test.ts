import { describe, expect, test } from 'vitest';
import { ALONE, type Closed } from '../../../src/core/definition/condition.js';
import { type Block, countTrials, plan, remaining, type Trial, trialId } from '../../../src/core/plan/plan.js';

const WORKLOADS = [
  { suite: 'desk', task: 'route', samples: ['r-1', 'r-2'] },
  { suite: 'desk', task: 'reply', samples: ['p-1'] },
];
const MODELS = ['a', 'b', 'c:q8_0'];
const planned = (seed = 0, repetitions = 2) => plan(WORKLOADS, MODELS, { repetitions, seed });
const idsOf = (blocks: readonly Block[]) =>
  blocks.flatMap(({ cells }) => cells.flatMap(({ trials }) => [...trials].map(({ id }) => id)));
/** As sets of trials are asked: by a trial, not by its id. */
const recordedAs = (ids: Iterable<string>) => {
  const known = new Set(ids);
  return { has: ({ id }: Trial) => known.has(id) };
};

describe('a plan', () => {
  test('holds every sample on every model, as often as asked, once each', () => {
    const ids = idsOf(planned());
    expect(ids).toHaveLength(3 * 3 * 2);
    expect(new Set(ids).size).toBe(ids.length);
    expect(countTrials(planned())).toBe(ids.length);
  });

  test('asks the samples of a task as often as the task says, where it says so', () => {
    const [block] = plan([{ ...WORKLOADS[1]!, repetitions: 3 }], ['a'], { repetitions: 1, seed: 0 });
    expect([...block!.cells[0]!.trials].map(({ repetition }) => repetition)).toEqual([1, 2, 3]);
  });

  test('is blocked by model and then by task, so that a model is opened once', () => {
    expect(idsOf(planned().slice(0, 1))).toEqual([
      'desk/route/r-1@a#1',
      'desk/route/r-2@a#1',
      'desk/route/r-1@a#2',
      'desk/route/r-2@a#2',
      'desk/reply/p-1@a#1',
      'desk/reply/p-1@a#2',
    ]);
  });

  test('gives the first place, on a machine still cold, to another model for another seed', () => {
    const order = (seed: number) => planned(seed).map(({ model }) => model);
    expect([0, 1, 2, 3].map(order)).toEqual([
      ['a', 'b', 'c:q8_0'],
      ['b', 'c:q8_0', 'a'],
      ['c:q8_0', 'a', 'b'],
      ['a', 'b', 'c:q8_0'],
    ]);
  });

  test('has the same trials for every seed, in another order', () => {
    expect(idsOf(planned(1)).sort()).toEqual(idsOf(planned(0)).sort());
  });

  test('opens a model once for each condition, and asks each task under its own', () => {
    const [route, reply] = WORKLOADS;
    const four: Closed = { kind: 'closed', requests: 4 };
    const blocks = plan(
      [{ ...route!, condition: four }, reply!, { ...reply!, task: 'more', condition: four }],
      ['a', 'b'],
      {
        repetitions: 1,
        seed: 0,
      },
    );
    expect(blocks.map(({ model, condition, cells }) => [model, condition, cells.map(({ task }) => task)])).toEqual([
      ['a', four, ['route', 'more']],
      ['a', ALONE, ['reply']],
      ['b', four, ['route', 'more']],
      ['b', ALONE, ['reply']],
    ]);
    for (const { condition, cells } of blocks) {
      for (const { trials } of cells) for (const trial of trials) expect(trial.condition).toEqual(condition);
    }
  });

  test('of no models is empty', () => expect(plan(WORKLOADS, [], { repetitions: 1, seed: 5 })).toEqual([]));
});

describe('what remains of a plan', () => {
  const all = idsOf(planned());

  test('is all of it when nothing is recorded, and nothing when all is', () => {
    expect(idsOf(remaining(planned(), recordedAs([])))).toEqual(all);
    expect(remaining(planned(), recordedAs(all))).toEqual([]);
  });

  test('is what is not recorded, for every point at which a run may be cut', () => {
    for (let cut = 0; cut <= all.length; cut++) {
      const left = remaining(planned(), recordedAs(all.slice(0, cut)));
      expect(idsOf(left)).toEqual(all.slice(cut));
      expect(countTrials(left)).toBe(all.length - cut);
      for (const { cells } of left) for (const { trials } of cells) expect(trials.length).toBeGreaterThan(0);
    }
  });

  test('keeps holes: a trial that failed to be recorded among others is run again', () => {
    const hole = 'desk/route/r-2@b#1';
    expect(idsOf(remaining(planned(), recordedAs(all.filter((id) => id !== hole))))).toEqual([hole]);
  });

  test('does not mind records of trials that are not in the plan', () => {
    expect(idsOf(remaining(planned(), recordedAs(['desk/route/r-9@a#1'])))).toEqual(all);
  });
});

test('sample ids with the signs of a trial id make no two trials alike', () => {
  const trial = { suite: 's', task: 't', model: 'm', condition: ALONE, repetition: 1 };
  const ids = ['x', 'x@m', 'x@m#1', 'x#1', 'a/x', '@', '#'].map((sample) => trialId({ ...trial, sample }));
  expect(new Set(ids).size).toBe(ids.length);
});

test('an id carries every condition but closed 1, so no two conditions share a trial', () => {
  const trial = { suite: 's', task: 't', sample: 'x', model: 'm', repetition: 1 };
  const ids = [1, 2, 11, 12].map((requests) => trialId({ ...trial, condition: { kind: 'closed', requests } }));
  expect(ids).toEqual(['s/t/x@m#1', 's/t/x@m#1 closed 2', 's/t/x@m#1 closed 11', 's/t/x@m#1 closed 12']);
});
