import { describe, expect, it } from 'vitest';
import type { SampleInfo } from '../../../src/core/analyse/analysis.js';
import { plan } from '../../../src/core/plan/plan.js';
import { askingOrder, roundOf } from '../../../src/core/plan/rounds.js';
import { isMissing } from '../../../src/core/quantity.js';
import { testSequentially } from '../../../src/core/recommend/sequential.js';
import { createRandom, shuffle } from '../../../src/core/stats/basics/random.js';

const sample = (id: string, group: string | null = null): SampleInfo => ({
  id,
  group,
  target: '',
  fields: {},
  messages: [],
  promptHash: id,
  hash: id,
});
const SAMPLES = Array.from({ length: 120 }, (_, i) => sample(`s${i}`));
const OPTIONS = { margin: 0.1, alpha: 0.05, comparisons: 1, seed: 0, task: 'desk/route' };

function testOf(samples: readonly SampleInfo[], scoreOf: (id: string) => readonly [number, number], asked = samples) {
  const test = testSequentially(
    {
      planned: samples,
      samples: asked,
      candidate: asked.map(({ id }) => scoreOf(id)[0]),
      reference: asked.map(({ id }) => scoreOf(id)[1]),
    },
    OPTIONS,
  );
  if (isMissing(test)) throw new Error(test.missing);
  return test;
}

describe('a comparison of a run that stops when it is sure', () => {
  it('is wrong at most alpha of the time, however often it looks', () => {
    const random = createRandom(11, 'sequential coverage');
    let [fits, needed] = [0, 0];
    const suites = 150;
    for (let i = 0; i < suites; i++) {
      // Worse by exactly the margin: neither claim is true.
      const scores = new Map(
        SAMPLES.map(({ id }) => [id, [random.uniform() < 0.7 ? 1 : 0, random.uniform() < 0.8 ? 1 : 0] as const]),
      );
      const { decision } = testOf(SAMPLES, (id) => scores.get(id)!);
      if (decision === 'non-inferior') fits++;
      if (decision === 'inferior') needed++;
    }
    // Two standard errors of a share of 0.05 above it.
    const most = 0.05 + 2 * Math.sqrt((0.05 * 0.95) / suites);
    expect(fits / suites).toBeLessThanOrEqual(most);
    expect(needed / suites).toBeLessThanOrEqual(most);
  }, 300_000);

  it('is the same however the samples are listed', () => {
    const scoreOf = (id: string) => [Number(id.slice(1)) % 3 > 0 ? 1 : 0, 1] as const;
    const order = shuffle(SAMPLES, createRandom(3, 'order'));
    expect(testOf(order, scoreOf)).toEqual(testOf(SAMPLES, scoreOf));
  });

  it('takes a group for one observation', () => {
    const grouped = SAMPLES.map(({ id }, i) => sample(id, `g${Math.floor(i / 10)}`));
    const { difference } = testOf(grouped, () => [1, 1]);
    expect(difference).toMatchObject({ n: 120, clusters: 12 });
  });

  it('goes by what was asked so far, which is the beginning of the order', () => {
    const blocks = plan([{ suite: 'desk', task: 'route', samples: SAMPLES.map(({ id }) => id) }], ['small'], {
      repetitions: 1,
      seed: 0,
    });
    const groups = askingOrder(SAMPLES, OPTIONS);
    const round = roundOf(blocks, {
      order: new Map([['desk/route', groups]]),
      size: 30,
      open: new Set(['desk/route']),
    });
    const asked = round[0]!.cells[0]!.trials.map((trial) => trial.sample);
    expect(asked).toEqual(groups.slice(0, 30).map(([one]) => one!.id));
    const { difference } = testOf(
      SAMPLES,
      () => [0, 1],
      SAMPLES.filter(({ id }) => asked.includes(id)),
    );
    expect(difference.n).toBe(30);
  });

  it('leaves out the tasks that are decided', () => {
    const blocks = plan([{ suite: 'desk', task: 'route', samples: ['s1'] }], ['small'], { repetitions: 1, seed: 0 });
    const order = new Map([['desk/route', [[sample('s1')]]]]);
    expect(roundOf(blocks, { order, size: 1, open: new Set() })[0]!.cells).toEqual([]);
  });
});
