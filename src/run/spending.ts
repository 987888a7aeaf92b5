/**
 * What a run may spend on servers. Its cost is bounded before its first request, and what its requests cost is counted as their
 * answers come: warm-ups, trials and what a judge is asked.
 */
import type { Model } from '../core/definition/model.js';
import { UserError } from '../core/errors.js';
import { sampleKey, taskKey } from '../core/keys.js';
import type { SampleRecord } from '../core/log/log.js';
import { costOf, mostTokens, type Price, type PricedRequest, usedTokens } from '../core/plan/cost.js';
import type { Block, Trial } from '../core/plan/plan.js';
import { isMissing, known, missing, type Quantity } from '../core/quantity.js';
import { formatDollars } from '../core/report/format.js';
import type { TrialRequest } from '../worker/protocol.js';
import type { OpenWorker, WorkerSession } from '../worker/worker-session.js';
import type { Definitions } from './definitions.js';

export interface Priced {
  readonly request: PricedRequest;
  /** How often it is made. */
  readonly times: number;
}

/** US dollars. What is free costs nothing here. */
export function mostCost(model: Model, requests: readonly Priced[]): Quantity {
  if (isFree(model)) return known(0);
  const { price } = model;
  if (price === undefined) return missing(`${model.id} has no price`);
  return known(requests.reduce((sum, { request, times }) => sum + times * costOf(mostTokens(request), price), 0));
}

/** An engine in process, or a server that rightsize starts. */
export function isFree(model: Model): boolean {
  return model.backend !== 'openai' || model.server !== undefined;
}

/** @throws UserError when a server that is asked has no price. */
export function requirePrices(models: readonly Model[]): void {
  const without = models.find((model) => !isFree(model) && model.price === undefined);
  if (without === undefined) return;
  throw new UserError(
    `--max-cost: expected a price of every server, found none for "${without.id}"; add "price" to its entry in models.json ` +
      '(of a server that costs nothing, an input and an output of 0)',
  );
}

export interface SpendingPlan {
  readonly blocks: readonly Block[];
  readonly definitions: Definitions;
  /** The key is `suite/task/sample`. */
  readonly samples: ReadonlyMap<string, SampleRecord>;
}

/** @throws UserError when the requests of a run may cost more than `limit` US dollars. */
export function requireWithin(limit: number, plan: SpendingPlan): void {
  const estimate = mostCostOfRun(plan);
  if (estimate <= limit) return;
  throw new UserError(
    `--max-cost: expected a run that costs at most ${formatDollars(limit)}, found one that may cost ${formatDollars(estimate)} ` +
      'if every answer is as long as maxTokens; lower --limit or maxTokens, or allow more',
  );
}

/** For a run in rounds this is the cost of the first round: the run asks the others only if the first decides nothing. */
function mostCostOfRun({ blocks, definitions, samples }: SpendingPlan): number {
  const { models, tasks, record } = definitions;
  const { warmup, untilSure } = record.settings;
  const byId = new Map(models.map(({ model }) => [model.id, model]));
  const pricedAs = (trial: Trial, times: number): Priced => {
    const { prompt, continuations } = samples.get(sampleKey(trial))!;
    const { generation, unconditional } = tasks.get(taskKey(trial.suite, trial.task))!;
    return continuations === undefined
      ? { times, request: { for: 'answer', prompt, generation } }
      : { times, request: { for: 'likelihoods', continuations, unconditional } };
  };
  return blocks.reduce((total, { model, cells }) => {
    const trials = cells.flatMap((cell) => cell.trials.slice(0, untilSure?.firstRound));
    const first = cells[0]!.trials.at(-1)!;
    const cost = mostCost(byId.get(model)!, [pricedAs(first, warmup), ...trials.map((trial) => pricedAs(trial, 1))]);
    return isMissing(cost) ? total : total + cost.value;
  }, 0);
}

export interface Purse {
  /** Aborted when the next request may cost more than is left. */
  readonly empty: AbortSignal;
  /** Opens models whose requests are paid from this purse. */
  paying(open: OpenWorker): OpenWorker;
}

/** @param limit US dollars. */
export function createPurse(limit: number): Purse {
  const controller = new AbortController();
  let spent = 0;
  // What requests under way may cost.
  let promised = 0;

  const pay = (worker: WorkerSession, price: Price): WorkerSession => ({
    ...worker,
    async run(batch, signal) {
      // One at a time, whatever was requested together: an answer may cost more than it should, and is paid before the next is asked.
      const trials = batch.slice(0, 1);
      const most = mostDollars(trials, price);
      if (spent + promised + most > limit)
        controller.abort(new Error(`${formatDollars(spent)} of ${formatDollars(limit)} are spent`));
      controller.signal.throwIfAborted();
      promised += most;
      try {
        const answers = await worker.run(trials, signal);
        spent += answers.reduce((sum, { outcome }, i) => sum + costOf(usedTokens(trials[i]!, outcome), price), 0);
        return answers;
      } catch (error) {
        spent += most;
        throw error;
      } finally {
        promised -= most;
      }
    },
  });

  return {
    empty: controller.signal,
    paying: (open) => async (loaded, options) => {
      const worker = await open(loaded, options);
      const { model } = loaded;
      return isFree(model) || model.price === undefined ? worker : pay(worker, model.price);
    },
  };
}

function mostDollars(trials: readonly TrialRequest[], price: Price): number {
  return trials.reduce((sum, trial) => sum + costOf(mostTokens(trial), price), 0);
}
