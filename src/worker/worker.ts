/**
 * The process that holds one model. It is forked fresh for every block, so that its memory is the model's and a crash of
 * native code is one failed trial. It does what it is told, one request at a time, and dies with its runner.
 */
import type { IntervalHistogram } from 'node:perf_hooks';
import type { BackendContext, Session } from '../backends/backend.js';
import { backendOf } from '../backends/table.js';
import { describeError, UserError } from '../core/errors.js';
import type { Outcome } from '../core/measure/measurement.js';
import { missing, type Quantity } from '../core/quantity.js';
import { lateness, watchLoop } from './loop-delay.js';
import { type Answered, type FromWorker, LONGEST_BATCH, type ToWorker, type TrialRequest } from './protocol.js';
import { runTrial } from './trial.js';

const loop = watchLoop();
let session: Session | undefined;
const stopping = new AbortController();
const cancels = new Map<number, AbortController>();

// Ctrl-C reaches the whole process group; whether to stop is the runner's decision.
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
    case 'cancel':
      return cancels.get(message.request)?.abort();
    case 'close':
      return shutDown();
  }
}

async function open({ model, directory, concurrency }: Extract<ToWorker, { type: 'open' }>): Promise<void> {
  try {
    const backend = await backendOf(model);
    const fetching = stopwatch();
    let aside = 0;
    const untimed: BackendContext['untimed'] = async (work) => {
      const begun = performance.now();
      try {
        return await work();
      } finally {
        aside += performance.now() - begun;
      }
    };
    const before = performance.now();
    const onProgress: BackendContext['onProgress'] = (progress) => {
      fetching.tick();
      send({ type: 'progress', ...progress });
    };
    const context = { directory, environment: process.env, concurrency, onProgress, untimed };
    const opened = await backend.open(model, context, stopping.signal);
    session = opened;
    loop.enable();
    send({
      type: 'opened',
      facts: opened.facts,
      load: (performance.now() - before - fetching.elapsed() - aside) / 1000,
      processes: opened.processes,
      concurrency: Math.min(concurrency, opened.concurrency ?? 1),
    });
  } catch (error) {
    send({ type: 'not-opened', byUser: error instanceof UserError, reason: describeError(error) });
  }
}

/**
 * How late the loop was, where a time stamp waits for it: a server's tokens come through it. An engine in this process is what
 * keeps the loop busy, and stamps its tokens itself.
 */
function spoiltBy(loop: IntervalHistogram): Quantity {
  return session?.facts.network === 'none'
    ? missing('the engine in this process stamps its tokens itself')
    : lateness(loop);
}

/** From the first tick to the last, milliseconds: a download is paid once, and is no part of what loading takes. */
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
    const outcome = await runTrial(session!, trial, cancel);
    const at = performance.now();
    ended.push({ outcome, at });
    if (at - begun > LONGEST_BATCH * 1000) break;
  }
  const now = performance.now();
  return ended.map(({ outcome, at }) => ({ outcome, ago: (now - at) / 1000 }));
}

async function shutDown(): Promise<void> {
  stopping.abort();
  for (const cancel of cancels.values()) cancel.abort();
  try {
    await session?.close();
  } finally {
    send({ type: 'closed', loopDelay: spoiltBy(loop) });
    process.exit(0);
  }
}
