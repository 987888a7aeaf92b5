/** A plan against a scripted worker: which records a run leaves, whatever its models do. */
import { describe, expect, test } from 'vitest';
import { generationSchema } from '../../src/core/definition/suite.js';
import { UserError } from '../../src/core/errors.js';
import type { LogRecord } from '../../src/core/log/log.js';
import { execute, type RunEvent, type RunnerOptions } from '../../src/run/runner.js';
import { NotOpened, type OpenWorker, WorkerDied } from '../../src/worker/worker-session.js';
import { keeperWith, type Script } from '../support/scripted-worker.js';

const SAMPLES = ['a', 'b', 'c', 'd', 'e', 'f'];

async function run(script: Script, changes: Partial<Pick<RunnerOptions, 'warmup' | 'openWorker' | 'tasks'>> = {}) {
  const { options, blocks, worker, log, stop } = keeperWith(script, SAMPLES);
  const events: RunEvent[] = [];
  const ending = await execute(blocks, {
    ...options,
    warmup: 0,
    began: performance.now(),
    onEvent: (event) => void events.push(event),
    ...changes,
  });
  return { ending, worker, log, events, stop };
}

const trialsIn = (log: readonly LogRecord[]) =>
  log.flatMap((record) => (record.type === 'measurement' ? [`${record.sample} ${record.outcome.state}`] : []));

describe('a run', () => {
  test('leaves one measurement of each trial, with the session that made it', async () => {
    const { ending, log, events } = await run({});
    expect(ending).toEqual({ complete: true, reason: 'all trials were run' });
    expect(trialsIn(log)).toEqual(SAMPLES.map((sample) => `${sample} completed`));
    expect(new Set(log.map((record) => 'session' in record && record.session))).toEqual(new Set(['1']));
    expect(events.filter(({ type }) => type === 'trial')).toHaveLength(6);
    expect(log.at(-1)).toMatchObject({ type: 'session-end', latency: { 'desk/route': { n: 6, p50: 0.000977 } } });
  });

  test('warms up with the last prompts of a task, which are not recorded', async () => {
    const { worker, log } = await run({}, { warmup: 2 });
    expect(worker.messages.slice(0, 2)).toEqual([['f'], ['e']]);
    expect(trialsIn(log)).toHaveLength(6);
    expect(log[0]).toMatchObject({ type: 'session', warmup: 2 });
  });

  test('goes on after a trial that kills its worker twice', async () => {
    const { ending, log } = await run({ deadly: { c: Number.POSITIVE_INFINITY } });
    expect(ending.complete).toBe(true);
    expect(trialsIn(log)).toEqual(SAMPLES.map((sample) => `${sample} ${sample === 'c' ? 'failed' : 'completed'}`));
  });

  test('asks for several answers at once, and keeps no statistics of a latency', async () => {
    const { log } = await run({ concurrency: 3 });
    expect(trialsIn(log).sort()).toEqual(SAMPLES.map((sample) => `${sample} completed`));
    const measured = log.filter((record) => record.type === 'measurement');
    expect(new Set(measured.map(({ condition }) => condition))).toEqual(new Set(['closed 3']));
    expect(measured[0]!.trial).toBe('desk/route/a@small#1 closed 3');
    expect(log.at(-1)).toMatchObject({ type: 'session-end', latency: {} });
  });
});

describe('log-probabilities', () => {
  const asking = new Map([
    ['desk/route', { generation: generationSchema.parse({ logprobs: true }), unconditional: false }],
  ]);

  test('that a server was asked for are timed in pairs after the trials', async () => {
    const { worker, log } = await run({ network: 'loopback' }, { tasks: asking });
    expect(trialsIn(log)).toHaveLength(6);
    expect(worker.messages.flat().slice(6)).toEqual(SAMPLES.flatMap((sample) => [sample, sample, sample]));
    const pairs = SAMPLES.map(() => ({ with: 2 ** -10, without: 2 ** -10 }));
    expect(log.at(-1)).toMatchObject({ type: 'session-end', logprobs: pairs });
  });

  test('cost nothing where none were asked for, or no server was', async () => {
    for (const { worker, log } of [await run({ network: 'loopback' }), await run({}, { tasks: asking })]) {
      expect(worker.messages.flat()).toEqual(SAMPLES);
      expect(log.at(-1)).not.toHaveProperty('logprobs');
    }
  });

  test('keep the trials of a server that dies while they are timed', async () => {
    // Each prompt is answered once, as a trial.
    let asked = 0;
    const { options } = keeperWith({ network: 'loopback' }, SAMPLES);
    const openWorker: OpenWorker = async (...opening) => {
      const session = await options.openWorker(...opening);
      return {
        ...session,
        run(trials, signal) {
          asked += trials.length;
          return asked > SAMPLES.length ? Promise.reject(new WorkerDied('gone')) : session.run(trials, signal);
        },
      };
    };
    const { ending, log } = await run({}, { tasks: asking, openWorker });
    expect(ending.complete).toBe(true);
    expect(trialsIn(log)).toHaveLength(6);
    expect(log.at(-1)).toMatchObject({ type: 'session-end', crash: 'gone' });
  });
});

describe('a model', () => {
  test('that does not run here is told, and the run is incomplete', async () => {
    const always = Number.POSITIVE_INFINITY;
    const { ending, log } = await run({ deadly: Object.fromEntries(SAMPLES.map((sample) => [sample, always])) });
    expect(ending).toEqual({ complete: false, reason: expect.stringMatching(/^small could not be run to its end: ./) });
    expect(trialsIn(log)).toEqual(['a failed', 'b failed']);
    expect(log.at(-1)).toMatchObject({ type: 'model-failed', reason: expect.stringMatching(/SIGSEGV/) });
  });

  test('that does not open is told; a fault of its entry ends the run', async () => {
    const failing = (error: Error) => ({ openWorker: () => Promise.reject(error) });
    const { ending, log } = await run({}, failing(new NotOpened('small: no such format')));
    expect(ending.complete).toBe(false);
    expect(log).toEqual([{ type: 'model-failed', model: 'small', reason: 'small: no such format' }]);
    await expect(run({}, failing(new UserError('small: no such file')))).rejects.toThrow(UserError);
  });
});

test('an interruption keeps what is recorded', async () => {
  const { options, blocks, stop, log } = keeperWith({ seconds: 1 }, SAMPLES);
  const onEvent = ({ type }: RunEvent) => {
    if (type === 'trial' && trialsIn(log).length === 2) stop.abort(new Error('interrupted'));
  };
  const ending = await execute(blocks, { ...options, warmup: 0, began: performance.now(), onEvent });
  expect(ending).toEqual({ complete: false, reason: 'interrupted' });
  expect(trialsIn(log)).toEqual(['a completed', 'b completed']);
});
