/**
 * What a server can do, found out by asking it for a few tokens when a session opens: a wrong key or name shows before any
 * measurement, a server that loads its model on the first request has loaded it, and a missing model is known by name.
 */

import { describeError } from '../../core/errors.js';
import { piecesAreTokens } from '../../core/measure/window.js';
import type { Chat } from '../../core/message.js';
import { isMissing, known } from '../../core/quantity.js';
import { within } from '../../system/signals.js';
import { type Capability, type End, ServerFailure } from '../backend.js';
import { readText } from './arriving.js';
import { OPTIONAL } from './body.js';
import type { Connection } from './connection.js';
import { UNCOUNTED } from './counts.js';
import { generate } from './generate.js';
import { isObject, parse } from './json.js';
import { whyNoLoglikelihood } from './loglikelihood.js';
import type { Server } from './stream.js';
import { SYSTEM_IN_QUESTION } from './system-message.js';

export interface Abilities {
  readonly cannot: Readonly<Partial<Record<Capability, string>>>;
  readonly warnings: readonly string[];
}

/** The probe has the shape of a suite's prompts, so a server that refuses a system message shows it here. */
const QUESTION: Chat = {
  messages: [
    { role: 'system', content: 'Answer in words.' },
    { role: 'user', content: 'Count from one to twenty.' },
  ],
};
const FEW = { maxTokens: 16, stop: [], temperature: 0, topP: 1, seed: 0, logprobs: true };
/** Seconds: a server may have to load its model first. */
const PATIENCE = 300;

/** @throws what generating throws. */
export async function probe(server: Server, signal: AbortSignal): Promise<Abilities> {
  const { pieces, withLogprobs, end } = await tryAnswer(server, signal);
  const noLoglikelihood = await whyNoLoglikelihood(server, within(PATIENCE, signal)).catch(
    () => 'the server did not answer in time',
  );
  signal.throwIfAborted();
  const { refused, system } = server.habits;
  const noLogprobs = refused.has('logprobs') || withLogprobs === 0;
  return {
    cannot: {
      ...(server.model.api === 'chat' && { chatTemplate: 'the server applies the chat template, unseen' }),
      ...(noLogprobs && { logprobs: 'the server gives no log-probabilities of its output' }),
      ...(noLoglikelihood !== null && { loglikelihood: noLoglikelihood }),
      ...('missing' in end.promptTokens && { promptTokens: UNCOUNTED }),
    },
    warnings: [
      ...(system === 'own' ? [] : [SYSTEM_IN_QUESTION]),
      ...[...refused].map((field) => `the server refuses "${field}": ${OPTIONAL[field]}`),
      ...disagreement(pieces, end),
    ],
  };
}

interface Tried {
  readonly pieces: number;
  readonly withLogprobs: number;
  readonly end: End;
}

/** Some servers refuse a system message without a word about it: status 500 and an empty body (mistral.rs, SGLang). */
async function tryAnswer(server: Server, signal: AbortSignal): Promise<Tried> {
  const { habits, model } = server;
  try {
    return await answer(server, signal);
  } catch (error) {
    signal.throwIfAborted();
    const mayBeItsRole = error instanceof ServerFailure || / answered (400|422)/.test(describeError(error));
    if (model.api !== 'chat' || habits.system !== 'own' || !mayBeItsRole) throw error;
    habits.system = 'in-question';
    return answer(server, signal).catch(() => {
      signal.throwIfAborted();
      habits.system = 'own';
      throw error;
    });
  }
}

async function answer(server: Server, signal: AbortSignal): Promise<Tried> {
  let pieces = 0;
  let withLogprobs = 0;
  for await (const event of generate(server, QUESTION, { ...FEW, timeout: PATIENCE }, signal)) {
    if (event.kind === 'end') return { pieces, withLogprobs, end: event };
    pieces += 1;
    if (event.logprobs !== undefined) withLogprobs += 1;
  }
  throw new ServerFailure('the server ended its answer without saying so');
}

/** Chunks are not tokens; gaps between chunks that hold several are not gaps between tokens. */
function disagreement(pieces: number, { outputTokens, unseenTokens = known(0) }: End): string[] {
  if (isMissing(outputTokens) || isMissing(unseenTokens)) return [];
  const tokens = outputTokens.value - unseenTokens.value;
  if (tokens === 0 || piecesAreTokens(pieces, tokens)) return [];
  const sent = `${pieces} ${pieces === 1 ? 'piece' : 'pieces'}`;
  return [`the server sent ${tokens} tokens in ${sent}: times between pieces are not times between tokens`];
}

/** What `/models` tells of the model, where it is offered and tells anything. */
export interface Listing {
  /** Names of the models that the server lists. */
  readonly names: readonly string[];
  readonly owner: string | null;
  /** Context window in tokens. */
  readonly context: number | null;
  readonly parameters: number | null;
}

const LONGEST_LISTING = 8 * 2 ** 20;

/** @throws Refusal, Transient or NoConnection as `send` does. */
export async function listModels(connection: Connection, source: string, signal: AbortSignal): Promise<Listing> {
  const answer = await connection.send('GET', connection.endpoint.url('/models'), null, signal);
  const json = parse(await readText(answer.body, LONGEST_LISTING));
  const entries = isObject(json) && Array.isArray(json.data) ? json.data.filter(isObject) : [];
  const names = entries.map((entry) => entry.id).filter((id) => typeof id === 'string');
  // A server of one model often takes any name for it.
  const own = entries.find((entry) => entry.id === source) ?? (entries.length === 1 ? entries[0]! : {});
  const meta = isObject(own.meta) ? own.meta : {};
  const context = [own.max_model_len, meta.n_ctx, own.context_length, own.context_window].find(isCount);
  return {
    names,
    owner: typeof own.owned_by === 'string' ? connection.endpoint.quote(own.owned_by).slice(0, 40) : null,
    context: context ?? null,
    parameters: isCount(meta.n_params) ? meta.n_params : null,
  };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}
