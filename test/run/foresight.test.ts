/** What gates will see, before a run: from its plan, and from an earlier run as a pilot. */
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { blindOf, foreseeLimits } from '../../src/core/regress/foresight.js';
import { createRandom } from '../../src/core/stats/basics/random.js';
import { ab } from '../../src/run/ab.js';
import { foreseeAb, foreseeRun } from '../../src/run/foresight.js';
import { folderWith } from '../support/cli.js';
import { scriptedWorker } from '../support/scripted-worker.js';

const MODELS = { models: ['old', 'new'].map((id) => ({ id, class: 'slm', backend: 'scripted' })) };

function suite(samples: number, requirement: object = {}) {
  return {
    name: 'sums',
    requirement,
    tasks: [
      {
        name: 'add',
        prompt: { text: '{{ q }}' },
        samples: Array.from({ length: samples }, (_, i) => ({ q: `${i}`, target: `${i}` })),
        scorer: 'exact' as const,
      },
    ],
  };
}

const versions = (samples: number) => ({
  base: 'old',
  candidate: 'new',
  suites: [suite(samples)],
  catalogue: 'models.json',
});
const world = () => ({ cwd: folderWith({ 'models.json': MODELS }), environment: { RIGHTSIZE_LOCK_DIR: 'locks' } });
const gates = (gate: Record<string, unknown>) => ({ gates: { burden: 'shown worse', gate } as const });

describe('before a comparison, a gate', () => {
  test('on quality with few samples is blind at best, and with many it may see', async () => {
    const foresee = (samples: number) =>
      foreseeAb(versions(samples), { ...world(), ...gates({ quality: { by: '3 points' } }) });
    const [few, many] = [await foresee(30), await foresee(600)];
    expect(blindOf(few).map(({ gate }) => gate)).toEqual(['quality']);
    expect(blindOf(many)).toEqual([]);
    expect(many.gates[0]!.power).toMatchObject({ kind: 'at most', value: expect.closeTo(1, 1) });
  });

  test('on speed is blind with fewer blocks than a test takes, and unknown without a pilot', async () => {
    const gate = gates({ e2e: { by: '5%' } });
    expect(blindOf(await foreseeAb({ ...versions(30), blocks: 4 }, { ...world(), ...gate }))).toHaveLength(1);
    const { gates: found } = await foreseeAb(versions(30), { ...world(), ...gate });
    expect(found).toMatchObject([{ metric: 'e2e', power: { kind: 'unknown' } }]);
  });

  test('on speed takes from a pilot how much blocks vary', async () => {
    const settings = world();
    const gate = gates({ e2e: { by: '5%', at: 'median' } });
    const foreseenAfter = async (deviation: number) => {
      const random = createRandom('pilot', `${deviation}`);
      const { folder } = await ab(versions(30), {
        ...settings,
        openWorker: (loaded, opening) =>
          scriptedWorker({ seconds: 2e-4 * Math.exp(deviation * random.normal()) }).openWorker(loaded, opening),
      });
      return foreseeAb(versions(30), { ...settings, ...gate, pilot: folder });
    };
    expect(blindOf(await foreseenAfter(0.003))).toEqual([]);
    expect(blindOf(await foreseenAfter(0.3))).toMatchObject([{ metric: 'e2e', power: { kind: 'as the pilot tells' } }]);
  });

  test('takes no other run as a pilot', async () => {
    const settings = { ...world(), ...gates({ e2e: { by: '5%' } }) };
    await expect(foreseeAb(versions(30), { ...settings, pilot: resolve('test/golden/pair') })).rejects.toThrow(
      /--pilot/,
    );
  });
});

describe('before a run, a limit', () => {
  const limits = { quality: { min: 0.75 }, e2e: { max: 1, at: 'p95' } } as const;

  test.each([
    [20, ['percentile', '5 points below']],
    [100, ['5 points below']],
    [2000, []],
  ])('with %i samples', async (samples, blind) => {
    const definition = { suites: [suite(samples, { limits })], models: ['new'], catalogue: 'models.json' };
    const found = await foreseeRun(definition, { ...world(), ...gates({}) });
    const reasons = found.flatMap((limit) => limit.blind ?? []);
    expect(reasons).toHaveLength(blind.length);
    for (const [i, part] of blind.entries()) expect(reasons[i]).toContain(part);
  });

  test('is blinder where samples are of few groups', () => {
    const plan = (groups: readonly (string | null)[]) =>
      foreseeLimits([{ task: 'sums/add', groups, limits: { quality: { min: 0.75 } }, repetitions: 1 }], {
        alpha: 0.1,
        burden: 'shown worse',
        wanted: 0.5,
      });
    const alone = Array.from({ length: 600 }, () => null);
    expect(plan(alone)).toEqual([{ task: 'sums/add', blind: null }]);
    expect(plan(alone.map((_, i) => `g${i % 3}`))[0]!.blind).toContain('5 points below');
  });
});
