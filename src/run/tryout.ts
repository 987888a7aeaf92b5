/**
 * Tries models for `check`: opens each in a worker of its own, as a run does, and asks it the first prompt of each task for a few
 * tokens. So the template, the tokenizer, the key, the name of a deployment and the context are tried, and not guessed.
 */
import type { Generation } from '../core/definition/suite.js';
import { describeError } from '../core/errors.js';
import type { Outcome } from '../core/measure/measurement.js';
import type { Sample } from '../core/message.js';
import { isMissing, known, missing, type Quantity } from '../core/quantity.js';
import type { LoadedModel } from '../files/definitions.js';
import { firstOf, within } from '../system/signals.js';
import type { TrialRequest } from '../worker/protocol.js';
import type { OpenWorker, WorkerSession } from '../worker/worker-session.js';
import type { LoggedTask } from './definitions.js';
import type { World } from './world.js';

export type Tried =
  | {
      readonly state: 'tried';
      readonly load: number;
      readonly warnings: readonly string[];
      readonly prompts: readonly TriedPrompt[];
    }
  /** It cannot run. */
  | { readonly state: 'refused'; readonly reason: string }
  | { readonly state: 'not tried'; readonly reason: string };

/** A task with the first of its samples, and the size of the longest. */
export interface PromptToTry {
  readonly suite: string;
  readonly task: LoggedTask;
  readonly sample: Sample;
  /** Bytes of the longest prompt for each byte of this one. */
  readonly longest: number;
}

export interface TriedPrompt {
  readonly suite: string;
  readonly task: string;
  readonly promptTokens: Quantity;
  /** Seconds that an answer takes: of one that did not end by itself, with as many tokens as the task allows. */
  readonly seconds: Quantity;
  /** Why the prompt has no answer; null where it has one. */
  readonly problem: string | null;
  readonly warnings: readonly string[];
}

export interface TryOptions extends Pick<World, 'environment' | 'signal'> {
  readonly openWorker: OpenWorker;
}

/** Tokens that each prompt is asked for. */
const FEW_TOKENS = 16;
/** Seconds for opening a model, and for an answer. */
const PATIENCE = 60;

export async function tryModel(
  loaded: LoadedModel,
  prompts: readonly PromptToTry[],
  { openWorker, environment, signal }: TryOptions,
): Promise<Tried> {
  const { model } = loaded;
  const ownServer = model.backend === 'openai' ? (model.server?.timeout ?? 0) : 0;
  const patience = PATIENCE + ownServer;
  const late = within(patience);
  let worker: WorkerSession;
  try {
    worker = await openWorker(loaded, { concurrency: 1, environment, signal: firstOf(signal, late) });
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted) return { state: 'not tried', reason: `it was not open after ${patience} s; a run waits longer` };
    return { state: 'refused', reason: withoutName(describeError(error), model.id) };
  }
  try {
    const tried: TriedPrompt[] = [];
    for (const prompt of prompts) tried.push(await tryPrompt(worker, prompt, signal));
    return { state: 'tried', load: worker.load, warnings: worker.facts.warnings, prompts: tried };
  } catch (error) {
    signal.throwIfAborted();
    return { state: 'refused', reason: describeError(error) };
  } finally {
    await worker.close();
  }
}

function withoutName(reason: string, id: string): string {
  return reason.startsWith(`${id}: `) ? reason.slice(id.length + 2) : reason;
}

async function tryPrompt(
  worker: WorkerSession,
  { suite, task, sample, longest }: PromptToTry,
  signal: AbortSignal,
): Promise<TriedPrompt> {
  const [answered] = await worker.run([requestOf(task, sample)], signal);
  const { outcome } = answered!;
  const promptTokens: Quantity =
    outcome.state === 'completed' ? outcome.promptTokens : missing('the prompt was not answered with a text');
  return {
    suite,
    task: task.name,
    promptTokens,
    seconds: secondsOf(outcome, task.generation),
    problem: outcome.state === 'failed' ? outcome.reason : null,
    warnings: roomWarnings({ promptTokens, context: worker.facts.context, longest }, task.generation),
  };
}

function requestOf({ generation, unconditional }: LoggedTask, { prompt, continuations }: Sample): TrialRequest {
  const timeout = Math.min(generation.timeout, PATIENCE);
  if (continuations !== undefined) return { for: 'likelihoods', continuations, unconditional, timeout };
  const maxTokens = Math.min(generation.maxTokens, FEW_TOKENS);
  return { for: 'answer', prompt, generation: { ...generation, maxTokens, timeout } };
}

/** Returns the seconds of the longest allowed answer, at the pace of the answer that was cut. */
function secondsOf(outcome: Outcome, { maxTokens }: Pick<Generation, 'maxTokens'>): Quantity {
  switch (outcome.state) {
    case 'failed':
      return missing(outcome.reason);
    case 'ranked':
      return known(outcome.seconds);
    case 'completed': {
      const { timing, finish, outputTokens } = outcome;
      const [first, last, gaps] = [timing.pieces[0], timing.pieces.at(-1), timing.pieces.length - 1];
      if (finish !== 'length' || isMissing(outputTokens) || first === undefined || gaps < 1) return known(timing.end);
      const left = Math.max(0, maxTokens - outputTokens.value);
      return known(timing.end + (left * (last! - first)) / gaps);
    }
  }
}

interface Room {
  readonly promptTokens: Quantity;
  readonly context: Quantity;
  readonly longest: number;
}

/** What the context has no room for: an answer of the first prompt, or the longest prompt, if it has as many bytes for a token. */
function roomWarnings(
  { promptTokens, context, longest }: Room,
  { maxTokens }: Pick<Generation, 'maxTokens'>,
): readonly string[] {
  if (isMissing(promptTokens) || isMissing(context)) return [];
  const estimate = Math.round(promptTokens.value * longest);
  if (estimate >= context.value)
    return [
      `the longest prompt has about ${estimate} tokens, and the context has ${context.value}; set \`context\` in the model entry`,
    ];
  const room = context.value - estimate;
  return room < maxTokens
    ? [
        `the longest prompt has about ${estimate} tokens, which leaves ${room} of the ${maxTokens} that an answer may have; the context has ${context.value}`,
      ]
    : [];
}
