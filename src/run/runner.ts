/**
 * Executes a plan. Each opening gets a fresh worker and a warm-up; then the trials of its blocks run under their condition. Each trial
 * is written to the log when its outcome arrives (`LONGEST_BATCH`).
 *
 * tinybench repeats the trials: every task is a bench whose function is one trial. The bench takes the latency that the worker stamped
 * as `overriddenDuration`, so no figure includes the messages between processes.
 */
import { Bench } from 'tinybench';
import { describeError, Unfinished, UserError } from '../core/errors.js';
import { taskKey } from '../core/keys.js';
import type { Outcome } from '../core/measure/measurement.js';
import type { Block, PlannedCell, Trial } from '../core/plan/plan.js';
import type { Trials } from '../core/plan/trials.js';
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
  /** The reason why each failed model could not go on. */
  const failures = new Map<string, string>();
  const openings = openingsOf(blocks);
  const elapsed = () => round((performance.now() - options.began) / 1000);
  try {
    for (const block of blocks) {
      const opening = openings.get(openingOf(block))!;
      if (opening.failed) continue;
      try {
        await runBlock(block, opening, { ...options, elapsed });
      } catch (error) {
        opening.failed = true;
        if (options.signal.aborted) return { complete: false, reason: 'interrupted' };
        if (error instanceof UserError || error instanceof Unfinished) throw error;
        const reason = describeError(error);
        options.append({ type: 'model-failed', model: block.model, reason });
        options.onEvent({ type: 'warning', model: block.model, message: reason });
        failures.set(block.model, reason.replace(`${block.model}: `, ''));
      }
    }
  } finally {
    for (const { keeper } of openings.values()) await keeper?.end();
  }
  return failures.size === 0
    ? { complete: true, reason: 'all trials were run' }
    : {
        complete: false,
        reason: [...failures].map(([model, why]) => `${model} could not be run to its end: ${why}`).join('; '),
      };
}

/** The blocks that share a session, in order. */
interface Opening {
  readonly blocks: Block[];
  /** Null before the first block, and after the last. */
  keeper: SessionKeeper | null;
  failed: boolean;
}

function openingOf(block: Block): string | Block {
  return block.opening ?? block;
}

function openingsOf(blocks: readonly Block[]): ReadonlyMap<string | Block, Opening> {
  const openings = new Map<string | Block, Opening>();
  for (const block of blocks) {
    const known = openings.get(openingOf(block));
    if (known === undefined) openings.set(openingOf(block), { blocks: [block], keeper: null, failed: false });
    else known.blocks.push(block);
  }
  return openings;
}

type BlockOptions = RunnerOptions & Pick<KeeperOptions, 'elapsed'>;

async function runBlock(block: Block, opening: Opening, options: BlockOptions): Promise<void> {
  const { model, condition, cells } = block;
  const { requests } = condition;
  const keeper = opening.keeper ?? sessionKeeper(model, { ...options, concurrency: requests });
  opening.keeper = keeper;
  const isShared = opening.blocks.length > 1;
  const last = opening.blocks.at(-1)!;
  let isDone = block === last;
  try {
    for (const cell of cells) {
      const spare = isShared ? trialsOf([last]) : cell.trials;
      await runCell(cell, { keeper, requests, spare, isShared, ...options });
    }
    if (isDone) await keeper.timeLogprobs(trialsOf(opening.blocks));
  } catch (error) {
    isDone = true;
    throw error;
  } finally {
    if (isDone) {
      opening.keeper = null;
      await keeper.end();
    }
  }
}

function trialsOf(blocks: readonly Block[]): readonly Trial[] {
  return blocks.flatMap(({ cells }) => cells.flatMap(({ trials }) => [...trials]));
}

interface CellOptions extends BlockOptions {
  readonly keeper: SessionKeeper;
  readonly requests: number;
  /** The warm-up takes its prompts from the end of these: no cache may hold a prompt that is recorded soon. */
  readonly spare: Trials;
  /** Whether other blocks share the session; its statistics would then tell of the last few trials alone. */
  readonly isShared: boolean;
}

/** One bench: the trials of a task on a model. */
async function runCell(
  cell: PlannedCell,
  { keeper, requests, spare, isShared, ...options }: CellOptions,
): Promise<void> {
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
      if (mode === 'warmup') return latency(await keeper.warmUp(spare.at(-1 - (warmups++ % spare.length))!));
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
  if (bench.concurrency === null && !isShared && result.state === 'completed')
    keeper.addStatistics(name, result.latency);
}

function place({ suite, task, sample, model, repetition }: Trial) {
  return { suite, task, sample, model, repetition };
}

/** A failed trial has no latency of its own, and tinybench then takes the time that it measured from outside. */
function latency(outcome: Outcome): { overriddenDuration: number } | undefined {
  const seconds = secondsOf(outcome);
  return seconds === null ? undefined : { overriddenDuration: seconds * 1000 };
}
