/**
 * Executes a plan. Each model gets a fresh worker and a warm-up; then its trials run one after another, or several at once where no
 * latency is measured. Each trial is written to the log when its outcome arrives (`LONGEST_BATCH`).
 *
 * tinybench repeats the trials: every task is a bench whose function is one trial. The bench takes the latency that the worker stamped
 * as `overriddenDuration`, so no figure includes the messages between processes.
 */
import { Bench } from 'tinybench';
import { describeError, UserError } from '../core/errors.js';
import type { Outcome } from '../core/measure/measurement.js';
import type { Block, Cell, Trial } from '../core/plan/plan.js';
import {
  type KeeperOptions,
  round,
  type SessionEvent,
  type SessionKeeper,
  secondsOf,
  sessionKeeper,
} from '../worker/session-keeper.js';

export interface RunnerOptions extends Omit<KeeperOptions, 'nextSession' | 'elapsed' | 'onEvent'> {
  /** Requests made after opening a model, before anything is recorded. */
  readonly warmup: number;
  /** The number of the last session in the log; 0 for a new run. */
  readonly lastSession: number;
  /** When the run began, by `performance.now()`. */
  readonly began: number;
  readonly onEvent: (event: RunEvent) => void;
}

export type RunEvent = SessionEvent | { readonly type: 'trial'; readonly trial: Trial; readonly outcome: Outcome };

export interface RunEnding {
  readonly complete: boolean;
  readonly reason: string;
}

/** Runs the trials of a plan. @throws UserError when a model's definition, files or server are at fault. */
export async function execute(blocks: readonly Block[], options: RunnerOptions): Promise<RunEnding> {
  const sessions = counter(options.lastSession);
  const failures: string[] = [];
  for (const block of blocks) {
    try {
      await runBlock(block, {
        ...options,
        elapsed: () => round((performance.now() - options.began) / 1000),
        nextSession: sessions,
      });
    } catch (error) {
      if (options.signal.aborted) return { complete: false, reason: 'interrupted' };
      if (error instanceof UserError) throw error;
      const reason = describeError(error);
      options.append({ type: 'model-failed', model: block.model, reason });
      options.onEvent({ type: 'warning', model: block.model, message: reason });
      failures.push(`${block.model} could not be run to its end`);
    }
  }
  return failures.length === 0
    ? { complete: true, reason: 'all trials were run' }
    : { complete: false, reason: failures.join('; ') };
}

type BlockOptions = RunnerOptions & Pick<KeeperOptions, 'nextSession' | 'elapsed'>;

async function runBlock({ model, cells }: Block, options: BlockOptions): Promise<void> {
  const keeper = sessionKeeper(model, options);
  try {
    for (const cell of cells) await runCell(cell, keeper, options);
  } finally {
    await keeper.end();
  }
}

/** Runs the trials of a task on a model, as one bench. */
async function runCell(cell: Cell, keeper: SessionKeeper, options: BlockOptions): Promise<void> {
  const name = `${cell.suite}/${cell.task}`;
  const queue = cell.trials[Symbol.iterator]();
  const failed: unknown[] = [];
  // Log-likelihoods are requested one at a time: an engine computes the continuations of one request side by side.
  const atOnce = options.concurrency > 1 && !ranked(cell, options);
  const inOrder = keeper.runInOrder(cell.trials);
  // tinybench never removes its listeners. On the signal of the run they would keep plan and samples alive until the run ends.
  options.signal.throwIfAborted();
  const stop = new AbortController();
  const onAbort = () => stop.abort(options.signal.reason);
  options.signal.addEventListener('abort', onAbort, { once: true });
  let mode: 'run' | 'warmup' | undefined;
  let warmups = 0;
  const bench = new Bench({
    name,
    time: 0,
    iterations: cell.trials.length,
    warmup: options.warmup > 0 && !keeper.warm(),
    warmupTime: 0,
    warmupIterations: options.warmup,
    retainSamples: true,
    signal: stop.signal,
    throws: true,
    ...(atOnce && { concurrency: 'task', threshold: options.concurrency }),
    setup: (_, next) => {
      mode = next;
    },
  });
  bench.add(
    name,
    async () => {
      // The warm-up takes the last prompts of the cell, because no cache may hold a prompt that is recorded soon.
      if (mode === 'warmup')
        return latency(await keeper.warmUp(cell.trials.at(-1 - (warmups++ % cell.trials.length))!));
      const trial = queue.next().value!;
      const attempted = atOnce ? await keeper.run(trial) : (await inOrder.next()).value!;
      const { outcome, session, at, ...circumstances } = attempted;
      options.append({
        type: 'measurement',
        trial: trial.id,
        ...place(trial),
        session,
        at,
        ...circumstances,
        outcome,
      });
      options.onEvent({ type: 'trial', trial, outcome });
      return latency(outcome);
    },
    { async: true },
  );
  try {
    await bench.run();
  } catch (error) {
    failed.push(error);
  } finally {
    options.signal.removeEventListener('abort', onAbort);
  }
  options.signal.throwIfAborted();
  if (failed.length > 0) throw failed[0];
  const { result } = bench.tasks[0]!;
  if (bench.concurrency === null && result.state === 'completed') keeper.addStatistics(name, result.latency);
}

function ranked({ trials }: Cell, { samples }: RunnerOptions): boolean {
  const [{ suite, task, sample } = { suite: '', task: '', sample: '' }] = trials;
  return samples.get(`${suite}/${task}/${sample}`)?.continuations !== undefined;
}

function place({ suite, task, sample, model, repetition }: Trial) {
  return { suite, task, sample, model, repetition };
}

/** A failed trial has no latency of its own, and tinybench then takes the time that it measured from outside. */
function latency(outcome: Outcome): { overriddenDuration: number } | undefined {
  const seconds = secondsOf(outcome);
  return seconds === null ? undefined : { overriddenDuration: seconds * 1000 };
}

function counter(last: number): () => number {
  let n = last;
  return () => ++n;
}
