/** Kills, retries, blame and batches, against a scripted worker: what takes a real process seconds takes none here. */
import { describe, expect, test } from 'vitest';
import type { LogRecord } from '../../src/core/log/log.js';
import type { Trial } from '../../src/core/plan/plan.js';
import { type SessionKeeper, sessionKeeper } from '../../src/worker/session-keeper.js';
import { WorkerDied } from '../../src/worker/worker-session.js';
import { keeperWith, type Script } from '../support/scripted-worker.js';

const named = (n: number) => Array.from({ length: n }, (_, i) => `s${i}`);

async function inOrder(keeper: SessionKeeper, trials: readonly Trial[]) {
  const attempted = [];
  for await (const one of keeper.runInOrder(trials)) attempted.push(one);
  await keeper.end();
  return attempted;
}

async function play(script: Script, samples: readonly string[]) {
  const world = keeperWith(script, samples);
  const attempted = await inOrder(sessionKeeper('small', world.options), world.trials);
  return { ...world, attempted };
}

const typesOf = (log: readonly LogRecord[]) =>
  log.map((record) => ('session' in record ? `${record.type} ${record.session}` : record.type));
const outputsOf = (attempted: Awaited<ReturnType<typeof play>>['attempted']) =>
  attempted.map(({ outcome }) => (outcome.state === 'failed' ? outcome.kind : 'output' in outcome && outcome.output));

describe('a session', () => {
  test('is announced with its first recorded trial, and ends with its block', async () => {
    const { log, attempted, worker } = await play({}, named(3));
    expect(typesOf(log)).toEqual(['session 1', 'session-end 1']);
    expect(log[0]).toMatchObject({ firstRequest: { value: 2 ** -10 }, load: { value: 0.5 }, warmup: 0 });
    expect(attempted.map(({ cold }) => cold)).toEqual([true, undefined, undefined]);
    expect([worker.opened(), worker.closed()]).toEqual([1, 1]);
  });

  test('counts its warm-up, after which no trial is cold', async () => {
    const { options, trials, log } = keeperWith({}, named(2));
    const keeper = sessionKeeper('small', options);
    expect(keeper.warm()).toBe(false);
    await keeper.warmUp(trials[1]!);
    expect(keeper.warm()).toBe(true);
    const attempted = await inOrder(keeper, trials);
    expect(log[0]).toMatchObject({ type: 'session', warmup: 1 });
    expect(attempted.every(({ cold }) => cold === undefined)).toBe(true);
  });

  test('that made no request leaves no record', async () => {
    const { options, log } = keeperWith({}, named(1));
    await sessionKeeper('small', options).end();
    expect(log).toEqual([]);
  });

  test('that is still opening when the block ends is closed', async () => {
    const { options, trials, worker, events } = keeperWith({}, named(1));
    const keeper = sessionKeeper('small', options);
    const trial = keeper.warmUp(trials[0]!);
    await expect.poll(() => events.map(({ type }) => type)).toContain('opening');
    await keeper.end();
    await trial;
    expect(worker.closed()).toBe(1);
  });
});

describe('a worker that dies', () => {
  test('once costs nothing: its trial is run again in a fresh session', async () => {
    const { attempted, log, events } = await play({ deadly: { s1: 1 } }, named(4));
    expect(outputsOf(attempted)).toEqual(['s0', 's1', 's2', 's3']);
    expect(attempted.map(({ session }) => session)).toEqual(['1', '2', '2', '2']);
    expect(typesOf(log)).toEqual(['session 1', 'session-end 1', 'session 2', 'session-end 2']);
    expect(log[1]).toMatchObject({ crash: 'the worker process was ended by SIGSEGV' });
    expect(events.filter(({ type }) => type === 'warning')).toHaveLength(1);
  });

  test('twice of one trial makes that trial fail, and no other of its batch', async () => {
    const { attempted } = await play({ deadly: { s20: Number.POSITIVE_INFINITY } }, named(40));
    expect(outputsOf(attempted)).toEqual(named(40).map((name) => (name === 's20' ? 'crash' : name)));
    expect(attempted[20]!.outcome).toMatchObject({ by: 'harness', reason: expect.stringMatching(/SIGSEGV.*\(twice/) });
  });

  test('of three trials in a row ends the block: the model does not run here', async () => {
    const always = Number.POSITIVE_INFINITY;
    const { options, trials, worker } = keeperWith({ deadly: { s0: always, s1: always, s2: always } }, named(9));
    const keeper = sessionKeeper('small', options);
    await expect(inOrder(keeper, trials)).rejects.toThrow(WorkerDied);
    expect(worker.messages.flat()).toEqual(['s0', 's0', 's1', 's1', 's2', 's2']);
  });

  test('of trials that are not in a row is no reason to give up', async () => {
    const always = Number.POSITIVE_INFINITY;
    const { attempted } = await play({ deadly: { s0: always, s2: always, s4: always, s6: always } }, named(8));
    expect(outputsOf(attempted)).toEqual(['crash', 's1', 'crash', 's3', 'crash', 's5', 'crash', 's7']);
  });

  test('before the model is open is tried once more, and blames no trial', async () => {
    expect(outputsOf((await play({ stillborn: 1 }, named(2))).attempted)).toEqual(['s0', 's1']);
    const { options, trials, log } = keeperWith({ stillborn: 2 }, named(2));
    await expect(inOrder(sessionKeeper('small', options), trials)).rejects.toThrow(/SIGKILL/);
    expect(log).toEqual([]);
  });

  test('twice in the warm-up ends the block', async () => {
    const { options, trials } = keeperWith({ deadly: { s0: 2 } }, named(2));
    await expect(sessionKeeper('small', options).warmUp(trials[0]!)).rejects.toThrow(WorkerDied);
  });

  test('under several answers at once costs only the trial that killed it', async () => {
    const { options, trials, log } = keeperWith({ deadly: { s3: Number.POSITIVE_INFINITY }, concurrency: 4 }, named(8));
    const keeper = sessionKeeper('small', options);
    const attempted = await Promise.all(trials.map((trial) => keeper.run(trial)));
    await keeper.end();
    expect(outputsOf(attempted)).toEqual(named(8).map((name) => (name === 's3' ? 'crash' : name)));
    const crashes = log.filter((record) => record.type === 'session-end' && record.crash !== undefined);
    expect(crashes.length).toBeGreaterThanOrEqual(2);
    // The trial that failed belongs to the condition as well.
    expect(attempted.map(({ condition }) => condition)).toEqual(named(8).map(() => 'closed 4'));
  });
});

describe('messages', () => {
  test('request as many short trials as a worker answers before it must bring them', async () => {
    const { worker, attempted } = await play({ seconds: 2 ** -10 }, named(50));
    expect(worker.messages.map((message) => message.length)).toEqual([1, 20, 20, 9]);
    expect(outputsOf(attempted)).toEqual(named(50));
    // Each has the time at which it ended, not that of the message.
    expect(attempted.map(({ at }) => at)).toEqual(named(50).map((_, i) => expect.closeTo((i + 1) * 2 ** -10, 5)));
  });

  test('request long trials one at a time', async () => {
    const { worker } = await play({ seconds: 0.5 }, named(4));
    expect(worker.messages.map((message) => message.length)).toEqual([1, 1, 1, 1]);
  });
});

test('an interruption ends the trials that are under way with its reason', async () => {
  const { options, trials, stop } = keeperWith({}, named(3));
  const keeper = sessionKeeper('small', options);
  await keeper.warmUp(trials[0]!);
  stop.abort(new Error('interrupted'));
  await expect(keeper.run(trials[1]!)).rejects.toThrow('interrupted');
});
