/**
 * Executes a plan in rounds, and stops when every comparison is decided:
 *
 *     look at the log ──▶ open tasks ──▶ a round of their samples ──▶ execute ─┐
 *          ▲                  none: done     spent, or no more: done           │
 *          └───────────────────────────────────────────────────────────────────┘
 *
 * Each look makes the verdict from the log alone, as the report does. So a resumed run goes on where it stopped, and the report says
 * why the run stopped.
 */
import { setMaxListeners } from 'node:events';
import { taskKey } from '../core/keys.js';
import type { UntilSure } from '../core/log/log.js';
import { type Block, countTrials, remaining } from '../core/plan/plan.js';
import { askingOrder, countRounds, roundOf, sizeOfRound } from '../core/plan/rounds.js';
import { openTasks } from '../core/recommend/open-tasks.js';
import { recommend } from '../core/recommend/recommend.js';
import { firstOf, within } from '../system/signals.js';
import type { Definitions } from './definitions.js';
import { analyseLog } from './read.js';
import type { RunEnding } from './runner.js';
import { openRun } from './runs.js';

export interface RoundsOptions {
  readonly log: string;
  readonly definitions: Definitions;
  readonly untilSure: UntilSure;
  /** Ends a clean run early. */
  readonly stop: AbortSignal;
  readonly execute: (blocks: readonly Block[], signal: AbortSignal) => Promise<RunEnding>;
  readonly say: (text: string) => void;
}

export async function executeUntilSure(whole: readonly Block[], options: RoundsOptions): Promise<RunEnding> {
  const { log, definitions, untilSure, stop, execute, say } = options;
  const { budget, firstRound } = untilSure;
  const order = orderOf(definitions);
  const extents = new Map([...order].map(([task, samples]) => [task, { total: samples.length, firstRound }]));
  const rounds = Math.max(...[...extents.values()].map(countRounds));
  const time = budget !== null && 'seconds' in budget ? within(budget.seconds) : null;
  const signal = time === null ? stop : firstOf(stop, time);

  // Every bench of a run adds a listener.
  setMaxListeners(0, signal);

  for (let round = 0; ; round++) {
    const { recorded } = await openRun(log);
    const open = openTasks(recommend(await analyseLog(log)));
    if (open.size === 0) return { complete: true, reason: 'every comparison is decided' };
    if (recorded.size > 0) say(`${recorded.size} trials so far; open: ${[...open].join(', ')}`);
    const upTo = (samples: number) => {
      const sizes = new Map(
        [...extents].map(([task, extent]) => [task, Math.min(samples, sizeOfRound(round, extent))]),
      );
      return remaining(roundOf(whole, { order, sizes, open }), recorded);
    };
    const left = budget !== null && 'trials' in budget ? budget.trials - recorded.size : Number.POSITIVE_INFINITY;
    const largest = Math.max(...[...extents.values()].map((extent) => sizeOfRound(round, extent)));
    const blocks = upTo(largestWithin(largest, (samples) => countTrials(upTo(samples)) <= left));
    if (blocks.length > 0) {
      const ending = await execute(blocks, signal);
      if (time?.aborted && !stop.aborted) return { complete: true, reason: 'the budget of time is spent' };
      if (!ending.complete) return ending;
    } else if (left < countTrials(upTo(largest))) {
      return { complete: true, reason: 'the budget of trials is spent' };
    } else if (round >= rounds - 1) {
      return { complete: true, reason: 'all samples of the open tasks are asked' };
    }
  }
}

function orderOf({ samples, record }: Definitions) {
  const { seed } = record.settings;
  const tasks = new Map<string, { readonly id: string; readonly group: string | null }[]>();
  for (const { suite, task, sample, group } of samples) {
    const key = taskKey(suite, task);
    const list = tasks.get(key) ?? [];
    tasks.set(key, list);
    list.push({ id: sample, group });
  }
  return new Map([...tasks].map(([task, list]) => [task, askingOrder(list, { seed, task })]));
}

/** The largest whole number up to `most` that fits. When a number fits, every smaller one does. */
function largestWithin(most: number, fits: (n: number) => boolean): number {
  let [low, high] = [0, most];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
