/** Whatever a worker process does, its supervisor ends with an answer or a `WorkerDied`. The process is played, and no time passes. */
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import { missing } from '../../src/core/quantity.js';
import type { FromWorker, ToWorker } from '../../src/worker/protocol.js';
import { supervise } from '../../src/worker/supervisor.js';
import type { WorkerProcess } from '../../src/worker/worker-process.js';
import { NotOpened, WorkerDied } from '../../src/worker/worker-session.js';
import { FACTS, scriptedModel, trialOf } from '../support/scripted-worker.js';

const OPENED: FromWorker = { type: 'opened', facts: FACTS, load: 0.5, processes: [], concurrency: 2 };
const CLOSED: FromWorker = { type: 'closed', loopDelay: missing('a played process has no loop') };
const never = new AbortController().signal;

/** A process that answers each message as `play` says. */
function played(play: (message: ToWorker, self: Played) => void = () => {}) {
  const listeners: ((message: FromWorker) => void)[] = [];
  const sent: ToWorker[] = [];
  let exit = () => {};
  let end = (_: WorkerDied) => {};
  let running = true;
  const self = {
    sent,
    say: (message: FromWorker) => queueMicrotask(() => listeners.forEach((listener) => void listener(message))),
    die(how: string) {
      running = false;
      exit();
      end(new WorkerDied(`the worker process ${how}`));
    },
    process: {
      pid: process.pid,
      isRunning: () => running,
      send(message) {
        sent.push(message);
        play(message, self);
      },
      kill: () => self.die('was ended by SIGKILL'),
      onMessage: (listener) => void listeners.push(listener),
      exited: new Promise<void>((resolve) => {
        exit = resolve;
      }),
      ended: new Promise<WorkerDied>((resolve) => {
        end = resolve;
      }),
    } satisfies WorkerProcess,
  };
  self.say({ type: 'ready' });
  return self;
}
interface Played {
  readonly say: (message: FromWorker) => void;
  die(how: string): void;
}

/** Opens and closes as it should; `play` says what becomes of a request. */
function opening(play: (message: Extract<ToWorker, { type: 'run' }>, self: Played) => void) {
  return played((message, self) => {
    if (message.type === 'open') self.say(OPENED);
    if (message.type === 'run') play(message, self);
    if (message.type === 'close') {
      self.say(CLOSED);
      self.die('ended with exit code 0');
    }
  });
}

const open = (child: { readonly process: WorkerProcess }, signal = never) =>
  supervise(child.process, scriptedModel('small'), { concurrency: 2, environment: {}, signal, grace: 0.02 });

describe('opening', () => {
  test('tells what the user can mend from what the engine could not do', async () => {
    const refuses = (byUser: boolean) =>
      played(({ type }, { say }) => type === 'open' && say({ type: 'not-opened', byUser, reason: 'no such file' }));
    await expect(open(refuses(true))).rejects.toThrow(new UserError('small: no such file'));
    const engine = refuses(false);
    await expect(open(engine)).rejects.toThrow(NotOpened);
    expect(engine.process.isRunning()).toBe(false);
  });

  test('that takes too long ends the process, and a download that goes on is no part of it', async () => {
    const within = (child: { readonly process: WorkerProcess }, opening: number) =>
      supervise(child.process, scriptedModel('small'), { concurrency: 1, environment: {}, signal: never, opening });
    const hanging = played();
    await expect(within(hanging, 0.05)).rejects.toThrow(
      new NotOpened('small: the model was not open after 50.0 ms; take weights that load sooner, from a faster disk'),
    );
    expect(hanging.process.isRunning()).toBe(false);
    const downloading = played(({ type }, { say }) => {
      if (type !== 'open') return;
      for (let done = 1; done <= 10; done++)
        setTimeout(() => say({ type: 'progress', what: 'weights', done, total: 10 }), done * 100);
      setTimeout(() => say(OPENED), 1100);
    });
    await expect(within(downloading, 0.5)).resolves.toMatchObject({ load: 0.5 });
  });

  test('of a process that dies is a death', async () => {
    const child = played((_, { die }) => die('was ended by SIGSEGV'));
    await expect(open(child)).rejects.toThrow(new WorkerDied('the worker process was ended by SIGSEGV'));
  });

  test('that is interrupted ends the process, with the reason of the signal', async () => {
    const stop = new AbortController();
    const child = played(() => stop.abort(new Error('interrupted')));
    await expect(open(child, stop.signal)).rejects.toThrow('interrupted');
    expect(child.process.isRunning()).toBe(false);
  });
});

describe('a request', () => {
  test('brings the answers of its own number', async () => {
    const child = opening(({ request, trials }, { say }) => {
      say({ type: 'outcomes', request: request + 100, answers: [] });
      say({ type: 'outcomes', request, answers: trials.map(() => ({ outcome: FAILED, ago: 0 })) });
    });
    const session = await open(child);
    expect(await session.run([trialOf('a'), trialOf('b')], never)).toHaveLength(2);
    await session.close();
  });

  test('that hangs ends with the death of the process, after its timeout and some grace', async () => {
    const session = await open(opening(() => {}));
    await expect(session.run([trialOf('a', 0.01)], never)).rejects.toThrow(/SIGKILL/);
    expect((await session.close()).workerDelay).toEqual({ missing: 'the worker died before it could say' });
  });

  test('that is interrupted is cancelled, and not the death of the process', async () => {
    const stop = new AbortController();
    const child = opening(() => stop.abort(new Error('interrupted')));
    const session = await open(child);
    const answer = session.run([trialOf('a')], stop.signal);
    await expect.poll(() => child.sent.at(-1)).toEqual({ type: 'cancel', request: 1 });
    child.say({ type: 'cancelled', request: 1 });
    await expect(answer).rejects.toThrow('interrupted');
    await session.close();
  });

  test('beyond those that run at once waits for its turn', async () => {
    const child = opening(() => {});
    const session = await open(child);
    const answers = ['a', 'b', 'c'].map((prompt) => session.run([trialOf(prompt)], never));
    const requested = () => child.sent.filter(({ type }) => type === 'run').length;
    await expect.poll(requested).toBe(2);
    child.say({ type: 'outcomes', request: 2, answers: [] });
    await answers[1];
    await expect.poll(requested).toBe(3);
    for (const request of [1, 3]) child.say({ type: 'outcomes', request, answers: [] });
    await Promise.all(answers);
    await session.close();
  });

  test('after the death of the process fails at once', async () => {
    const child = opening((_, { die }) => die('was ended by SIGABRT'));
    const session = await open(child);
    await expect(session.run([trialOf('a')], never)).rejects.toThrow(/SIGABRT/);
    await expect(session.run([trialOf('b')], never)).rejects.toThrow(/SIGABRT/);
  });
});

const FAILED = { state: 'failed', by: 'model', kind: 'server', reason: 'played', output: '' } as const;

test('a process that does not close is killed after some grace', async () => {
  const child = played((message, { say }) => void (message.type === 'open' && say(OPENED)));
  const session = await open(child);
  await session.close();
  expect(child.process.isRunning()).toBe(false);
});
