/**
 * Executes a plan. Each block gets a fresh worker and a warm-up; then its trials run under its condition. Each trial is written to the log when its outcome arrives (`LONGEST_BATCH`).
 *
 * tinybench repeats the trials: every task is a bench whose function is one trial. The bench takes the latency that the worker stamped
 * as `overriddenDuration`, so no figure includes the messages between processes.
 */
import { Bench } from 'tinybench';
import { describeError, Unfinished, UserError } from '../core/errors.js';
import { taskKey } from '../core/keys.js';
import type { Outcome } from '../core/measure/measurement.js';
import type { Block, PlannedCell, Trial } from '../core/plan/plan.js';
import {
  type KeeperOptions,
  round,
  type SessionEvent,
  type SessionKeeper,
  secondsOf,
  sessionKeeper,
} from '../worker/session-keeper.js';

export interface RunnerOptions extends Omit<KeeperOptions, 'concurrency' | 'elapsed' | 'onEvent'> {
  /** Requests after a model was opened, before the first that is recorded. */
  readonly warmup: number;
  /** When this part of the run began, by `performance.now()`. */
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
  const failures: string[] = [];
  for (const block of blocks) {
    try {
      await runBlock(block, {
        ...options,
        elapsed: () => round((performance.now() - options.began) / 1000),
      });
    } catch (error) {
      if (options.signal.aborted) return { complete: false, reason: 'interrupted' };
      if (error instanceof UserError || error instanceof Unfinished) throw error;
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

type BlockOptions = RunnerOptions & Pick<KeeperOptions, 'elapsed'>;

async function runBlock({ model, condition, cells }: Block, options: BlockOptions): Promise<void> {
  const { requests } = condition;
  const keeper = sessionKeeper(model, { ...options, concurrency: requests });
  try {
    for (const cell of cells) await runCell(cell, { keeper, requests, ...options });
    await keeper.timeLogprobs(cells.flatMap(({ trials }) => trials));
  } finally {
    await keeper.end();
  }
}

type CellOptions = BlockOptions & { readonly keeper: SessionKeeper; readonly requests: number };

/** One bench: the trials of a task on a model. */
async function runCell(cell: PlannedCell, { keeper, requests, ...options }: CellOptions): Promise<void> {
  const name = taskKey(cell.suite, cell.task);
  const queue = cell.trials[Symbol.iterator]();
  const failed: unknown[] = [];
  const atOnce = requests > 1;
  const inOrder = keeper.runInOrder(cell.trials);
  // tinybench never removes its listeners: on the signal of the run they would keep plan and samples in memory.
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
    ...(atOnce && { concurrency: 'task', threshold: requests }),
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

function place({ suite, task, sample, model, repetition }: Trial) {
  return { suite, task, sample, model, repetition };
}

/** A failed trial has no latency of its own, and tinybench then takes the time that it measured from outside. */
function latency(outcome: Outcome): { overriddenDuration: number } | undefined {
  const seconds = secondsOf(outcome);
  return seconds === null ? undefined : { overriddenDuration: seconds * 1000 };
}
