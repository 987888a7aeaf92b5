/** `ab` as a program calls it: two versions in turns, on a worker that plays a script. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LogRecord, MeasurementRecord } from '../../src/core/log/log.js';
import { createRandom } from '../../src/core/stats/basics/random.js';
import { type AbDefinition, type AbOptions, ab } from '../../src/run/ab.js';
import { compare } from '../../src/run/compare.js';
import type { OpenWorker } from '../../src/worker/worker-session.js';
import { folderWith } from '../support/cli.js';
import { scriptedWorker } from '../support/scripted-worker.js';

const SUITE = {
  name: 'sums',
  tasks: [
    {
      name: 'add',
      prompt: { text: '{{ q }}' },
      samples: Array.from({ length: 30 }, (_, i) => ({ q: `${i}`, target: `${i}` })),
      scorer: 'exact' as const,
    },
  ],
};
const CATALOGUE = {
  models: ['old', 'new'].map((id) => ({ id, class: 'slm', backend: 'scripted' })),
};
const DEFINITION: AbDefinition = {
  base: 'old',
  candidate: 'new',
  suites: [SUITE],

  catalogue: 'models.json',
};
const GATES = { burden: 'shown worse', gate: { e2e: { by: '5%', at: 'median' } } } as const;

/** Openings differ by 1%; the new version takes longer by a factor. */
function openings(factor: number): OpenWorker {
  const random = createRandom('openings');
  return (loaded, options) => {
    const seconds = 2e-4 * (loaded.model.id === 'new' ? factor : 1) * Math.exp(0.01 * random.normal());
    return scriptedWorker({ seconds }).openWorker(loaded, options);
  };
}

function options(factor: number, changes: AbOptions = {}): AbOptions {
  return {
    cwd: folderWith({ 'models.json': CATALOGUE }),
    environment: { RIGHTSIZE_LOCK_DIR: 'locks' },
    openWorker: openings(factor),
    gates: GATES,
    ...changes,
  };
}

function measurementsOf(folder: string): MeasurementRecord[] {
  const lines = readFileSync(join(folder, 'log.jsonl'), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as LogRecord).filter((record) => record.type === 'measurement');
}

describe('two versions in turns', () => {
  test('stand side by side in pairs of openings, and are asked a few samples each in turns', async () => {
    const { folder, exitCode, looks } = await ab(DEFINITION, options(1));
    expect({ exitCode, looks }).toEqual({ exitCode: 0, looks: 1 });
    const measured = measurementsOf(folder);
    expect(measured).toHaveLength(30 * 4);
    const sessions = [...new Set(measured.map(({ session }) => session))];
    expect(sessions).toHaveLength(6 * 4);
    // A block has five samples: the first version four, the other four and one, the first one.
    const pairs = Array.from({ length: 12 }, (_, i) => measured.slice(10 * i, 10 * i + 10));
    for (const pair of pairs) {
      const [first, other] = [pair[0]!, pair[4]!];
      expect(pair.map(({ session }) => session)).toEqual(
        [first, first, first, first, other, other, other, other, other, first].map(({ session }) => session),
      );
      expect(new Set([first.model, other.model])).toEqual(new Set(['old', 'new']));
    }
    expect(new Set(pairs.filter((_, i) => i % 2 === 0).map(([first]) => first!.model)).size).toBe(2);
    for (let block = 0; block < 6; block++)
      expect(pairs[2 * block]![0]!.model).not.toBe(pairs[2 * block + 1]![0]!.model);
  });

  test('are opened one at a time on request, in the order ABBA or BAAB', async () => {
    const { folder } = await ab({ ...DEFINITION, oneAtATime: true }, options(1));
    const measured = measurementsOf(folder);
    const turns = measured.filter(({ session }, i) => session !== measured[i - 1]?.session).map(({ model }) => model);
    expect(turns).toHaveLength(6 * 4);
    for (let block = 0; block < 6; block++)
      expect(['old new new old', 'new old old new']).toContain(turns.slice(4 * block, 4 * block + 4).join(' '));
  });

  test('turn red for a slowdown after a second look at the same blocks, and the log alone says the same', async () => {
    const settings = options(1.2);
    const { folder, exitCode, looks, compared } = await ab(DEFINITION, settings);
    expect({ exitCode, looks }).toEqual({ exitCode: 1, looks: 2 });
    expect(measurementsOf(folder)).toHaveLength(2 * 30 * 4);
    expect(compared[0]!.gates!.results).toMatchObject([
      { metric: 'e2e', state: 'red', n: 30, change: { value: expect.closeTo(0.2, 1) } },
    ]);
    const again = await compare([folder], { gates: GATES });
    expect(again.compared[0]!.gates).toEqual(compared[0]!.gates);
  });

  test('may be one model, which is then held against itself', async () => {
    const { compared } = await ab({ ...DEFINITION, candidate: 'old' }, options(1));
    expect(compared[0]!.comparison.candidate.model).toBe('old-again');
    expect(compared[0]!.gates!.results[0]!.state).toBe('green');
  });

  test('are not judged where the measurement was interrupted', async () => {
    const stop = new AbortController();
    let trials = 0;
    const onEvent: AbOptions['onEvent'] = ({ type }) => {
      if (type === 'trial' && ++trials === 40) stop.abort(new Error('enough'));
    };
    const found = await ab(DEFINITION, options(1.5, { signal: stop.signal, onEvent }));
    expect(found).toMatchObject({ complete: false, reason: 'interrupted', exitCode: 2, looks: 1 });
  });

  test('take as many samples as blocks', async () => {
    await expect(ab({ ...DEFINITION, blocks: 31 }, options(1))).rejects.toThrow(
      /--blocks 31: expected at least as many/,
    );
  });

  test('are not judged by speed where the run was not made in turns', async () => {
    const { folder } = await ab(DEFINITION, options(1.5, { gates: undefined }));
    const log = join(folder, 'log.jsonl');
    writeFileSync(log, readFileSync(log, 'utf8').replace(/"inTurns":\{[^}]*\}/, '"reference":"old"'));
    const { exitCode } = await compare([folder], { baseModel: 'old', newModel: 'new', gates: GATES });
    expect(exitCode).toBe(2);
  });
});
