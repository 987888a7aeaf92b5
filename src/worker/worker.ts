/**
 * The process that holds one model. Each block gets a fresh one, so its memory is that of the model, and a crash of native code costs
 * one trial. It serves one request at a time, and ends when its runner ends.
 */
import { setMaxListeners } from 'node:events';
import type { IntervalHistogram } from 'node:perf_hooks';
import type { BackendContext, Session } from '../backends/backend.js';
import { type ReasoningMarks, withoutReasoning } from '../backends/reasoning.js';
import { backendOf } from '../backends/table.js';
import { describeError, UserError } from '../core/errors.js';
import type { Outcome } from '../core/measure/measurement.js';
import { missing, type Quantity } from '../core/quantity.js';
import { lateness, watchLoop } from '../load/loop-delay.js';
import { type Answered, type FromWorker, LONGEST_BATCH, type ToWorker, type TrialRequest } from './protocol.js';
import { runTrial } from './trial.js';

const loop = watchLoop();
let session: Session | undefined;
/** Of a server on this machine that is not ours. */
let port: number | null = null;
let marks: ReasoningMarks | undefined;
/** What holds steps. A worker of trials starts in half the time without it. */
let held: typeof import('./held-step.js') | undefined;
const stopping = new AbortController();
const cancels = new Map<number, AbortController>();

// Ctrl-C reaches the whole process group, and the runner decides whether to stop.
process.on('SIGINT', () => {});
process.on('disconnect', () => void shutDown());
process.on('message', (message: ToWorker) => void receive(message));
send({ type: 'ready' });

function send(message: FromWorker): void {
  if (process.connected) process.send!(message);
}

async function receive(message: ToWorker): Promise<void> {
  switch (message.type) {
    case 'open':
      return open(message);
    case 'run':
      return run(message);
    case 'hold':
      return hold(message);
    case 'cancel':
      return cancels.get(message.request)?.abort();
    case 'close':
      return shutDown();
  }
}

async function open(order: Extract<ToWorker, { type: 'open' }>): Promise<void> {
  const { model, directory, concurrency, under, manner } = order;
  try {
    const backend = await backendOf(model);
    const fetching = stopwatch();
    let untimedMilliseconds = 0;
    const untimed: BackendContext['untimed'] = async (work) => {
      const begun = performance.now();
      try {
        return await work();
      } finally {
        untimedMilliseconds += performance.now() - begun;
      }
    };
    const before = performance.now();
    const onProgress: BackendContext['onProgress'] = (progress) => {
      fetching.tick();
      send({ type: 'progress', ...progress });
    };
    const context = {
      directory,
      environment: process.env,
      concurrency,
      onProgress,
      untimed,
      ...(under && { under }),
      ...(manner && { manner }),
    };
    const opened = await backend.open(model, context, stopping.signal);
    session = opened;
    port = model.backend === 'openai' && opened.facts.network === 'loopback' ? portOf(new URL(model.endpoint)) : null;
    marks = model.reasoning;
    // Under load, each step watches the loop itself.
    if (under === undefined) loop.enable();
    else held = await import('./held-step.js');
    send({
      type: 'opened',
      facts: opened.facts,
      load: (performance.now() - before - fetching.elapsed() - untimedMilliseconds) / 1000,
      processes: opened.processes,
      concurrency: Math.min(concurrency, opened.concurrency ?? 1),
    });
  } catch (error) {
    send({ type: 'not-opened', byUser: error instanceof UserError, reason: describeError(error) });
  }
}

/**
 * The delay of the loop, where time stamps wait for it: the tokens of a server arrive through it. An engine in this process keeps the
 * loop busy itself, and stamps its tokens without it.
 */
function delayOfStamps(loop: IntervalHistogram): Quantity {
  return session?.facts.network === 'none'
    ? missing('the engine in this process stamps its tokens itself')
    : lateness(loop);
}

/** Milliseconds from the first tick to the last. A download happens once, so its time is no part of the load time. */
function stopwatch() {
  let first: number | null = null;
  let last = 0;
  return {
    tick() {
      last = performance.now();
      first ??= last;
    },
    elapsed: () => (first === null ? 0 : last - first),
  };
}

async function run({ request, trials }: Extract<ToWorker, { type: 'run' }>): Promise<void> {
  const cancel = new AbortController();
  cancels.set(request, cancel);
  try {
    send({ type: 'outcomes', request, answers: await answersTo(trials, cancel.signal) });
  } catch {
    send({ type: 'cancelled', request });
  } finally {
    cancels.delete(request);
  }
}

/** Runs the trials one after another, until all are done or `LONGEST_BATCH` has passed. */
async function answersTo(trials: readonly TrialRequest[], cancel: AbortSignal): Promise<Answered[]> {
  const begun = performance.now();
  const ended: { outcome: Outcome; at: number }[] = [];
  for (const trial of trials) {
    const outcome = withoutReasoning(await runTrial(session!, trial, { cancel, marks }), marks);
    const at = performance.now();
    ended.push({ outcome, at });
    if (at - begun > LONGEST_BATCH * 1000) break;
  }
  const now = performance.now();
  return ended.map(({ outcome, at }) => ({ outcome, ago: (now - at) / 1000 }));
}

/** A step sends its last report before it says that it is over. */
async function hold({ request, order }: Extract<ToWorker, { type: 'hold' }>): Promise<void> {
  const finish = new AbortController();
  // Every request under way listens.
  setMaxListeners(0, finish.signal);
  cancels.set(request, finish);
  const closing = await held!.holdOnSession({ session: session!, marks, port }, order, {
    report: (report) => send({ type: 'step', request, report }),
    finish: finish.signal,
  });
  cancels.delete(request);
  send({ type: 'step-over', request, closing });
}

/** An address without a port has that of its protocol. */
function portOf({ port, protocol }: URL): number {
  return Number(port) || (protocol === 'https:' ? 443 : 80);
}

/** Seconds for closing. A runner that is there kills a worker that takes longer; one that has died cannot. */
const CLOSING = 20;

async function shutDown(): Promise<void> {
  setTimeout(() => process.exit(1), CLOSING * 1000).unref();
  stopping.abort();
  for (const cancel of cancels.values()) cancel.abort();
  try {
    await session?.close();
  } finally {
    send({ type: 'closed', loopDelay: delayOfStamps(loop) });
    process.exit(0);
  }
}
