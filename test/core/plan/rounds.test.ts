import { describe, expect, it } from 'vitest';
import { plan } from '../../../src/core/plan/plan.js';
import { askingOrder, countRounds, roundAt, roundOf, sizeOfRound } from '../../../src/core/plan/rounds.js';

const samples = [
  ...Array.from({ length: 60 }, (_, i) => ({ id: `document-${i}`, group: 'document' })),
  ...Array.from({ length: 90 }, (_, i) => ({ id: `threes-${i}`, group: `g${i % 30}` })),
  ...Array.from({ length: 50 }, (_, i) => ({ id: `alone-${i}`, group: null })),
];
const task = 'desk/route';

describe('the order in which samples are asked', () => {
  it('has every sample once, and depends on the seed and not on the order of the list', () => {
    const order = askingOrder(samples, { seed: 1, task });
    expect(new Set(order.map(({ id }) => id)).size).toBe(samples.length);
    expect(askingOrder([...samples].reverse(), { seed: 1, task })).toEqual(order);
    expect(askingOrder(samples, { seed: 2, task })).not.toEqual(order);
  });

  it.each([1, 2, 3])('asks as much of each group as of the task at any place (seed %d)', (seed) => {
    const order = askingOrder(samples, { seed, task });
    for (const asked of [50, 67, 100, 150]) {
      const share = asked / samples.length;
      const groups = new Map<string, number>();
      for (const { group } of order.slice(0, asked))
        if (group !== null) groups.set(group, (groups.get(group) ?? 0) + 1);
      const sizeOf = (group: string) => (group === 'document' ? 60 : 3);
      for (const group of ['document', ...Array.from({ length: 30 }, (_, i) => `g${i}`)]) {
        // A sample more or less by the start, and as many as the place differs from the share by chance.
        const least = Math.floor((share - 0.06) * sizeOf(group));
        const most = Math.ceil((share + 0.06) * sizeOf(group));
        expect(groups.get(group) ?? 0).toBeGreaterThanOrEqual(least);
        expect(groups.get(group) ?? 0).toBeLessThanOrEqual(most);
      }
    }
  });
});

describe('the rounds', () => {
  it('ask the first samples in their order, and all of them once before the first a second time', () => {
    const ids = ['a', 'b', 'c', 'd'];
    const blocks = plan(
      ['even', 'odd'].map((name) => ({ suite: 'desk', task: name, samples: ids })),
      ['m'],
      { repetitions: 2, seed: 0 },
    );
    const order = new Map([['desk/even', ['d', 'b', 'a', 'c'].map((id) => ({ id }))]]);
    const [round] = roundOf(blocks, { order, sizes: new Map([['desk/even', 3]]), open: new Set(['desk/even']) });
    expect(round!.cells.map(({ trials }) => [...trials].map(({ id }) => id))).toEqual([
      ['d#1', 'b#1', 'a#1', 'd#2', 'b#2', 'a#2'].map((end) => `desk/even/${end.replace('#', '@m#')}`),
    ]);
  });

  it.each([
    [240, [30, 60, 120, 240]],
    [100, [25, 50, 100]],
    [1000, [32, 63, 125, 250, 500, 1000]],
    [10, [10]],
  ])('of %d samples double, and the last one asks all', (total, sizes) => {
    const extent = { total, firstRound: 25 };
    expect(Array.from({ length: countRounds(extent) }, (_, round) => sizeOfRound(round, extent))).toEqual(sizes);
    sizes.forEach((size, round) => {
      expect(roundAt(size - 1, extent)).toBe(round);
      if (size < total) expect(roundAt(size, extent)).toBe(round + 1);
    });
  });
});
