/**
 * What a server streams, made sense of. Two shapes, one meaning:
 *
 *     data: {"choices":[{"delta":{"content":" Hi"},"logprobs":{"content":[{"logprob":-0.2}]},"finish_reason":null}]}
 *     data: {"choices":[{"text":" Hi","logprobs":{"token_logprobs":[-0.2]},"finish_reason":null}]}
 *     data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":12}}
 *     data: [DONE]
 *
 * Servers put other things between: pings, annotations, errors under a status of 200. Whatever does not belong to an answer is
 * skipped, and an error is read like the body of a refusal. Everything may be absent, null or of another type: answers
 * are hostile input.
 */
import type { Completed } from '../../core/measure/measurement.js';
import { type Delta, readDelta } from './delta.js';
import { DONE, type StampedEvent } from './events.js';
import { isObject, parse } from './json.js';
import { complaintIn, errorOf, type ServerError } from './server-error.js';
import { readUsage, type Usage } from './usage.js';

export interface Chunk extends Delta {
  readonly logprobs: readonly number[] | null;
  readonly finish: Finish | null;
  readonly usage: Usage | null;
}

/** How an answer ended, or the server's word for an end that is none. */
export type Finish = Completed['finish'] | { readonly unknown: string };

export type Message =
  | { readonly is: 'chunk'; readonly chunk: Chunk }
  | { readonly is: 'done' }
  /** The server says that it failed. */
  | { readonly is: 'failure'; readonly error: ServerError }
  /** A ping, an annotation, an empty line of data. Where nothing else comes, its words are what the server has to say. */
  | { readonly is: 'aside'; readonly complaint: ServerError | null }
  | { readonly is: 'nonsense'; readonly text: string };

export function readMessage({ name, data }: Pick<StampedEvent, 'name' | 'data'>): Message {
  // Some proxies put the name of the field before what has it already.
  const text = data.trim().replace(/^data:\s*/, '');
  if (text === DONE) return { is: 'done' };
  const json = parse(text);
  const error = name === 'error' ? errorOf(json ?? text, 'error') : errorOf(json, 'message');
  if (error !== null) return { is: 'failure', error };
  const chunk = isObject(json) ? readChunk(json) : null;
  if (chunk !== null) return { is: 'chunk', chunk };
  if (json !== undefined || text === '' || (name !== null && name !== 'message')) {
    // Events with a name of their own tell of a wait, or of the server's load.
    return { is: 'aside', complaint: name === null || name === 'message' ? complaintIn(json) : null };
  }
  return { is: 'nonsense', text };
}

/** Null for an object that holds no part of an answer: neither choices nor a count of tokens. */
function readChunk(json: Readonly<Record<string, unknown>>): Chunk | null {
  const usage = readUsage(json);
  const choice = Array.isArray(json.choices) && isObject(json.choices[0]) ? json.choices[0] : null;
  if (choice === null && usage === null) return null;
  const { text, reasoning, calls, refused } = readDelta(choice ?? {});
  return {
    text,
    reasoning,
    calls,
    refused,
    logprobs: readLogprobs(choice?.logprobs),
    finish: refused ? 'refused' : finishIn(choice ?? {}),
    usage,
  };
}

/** Whether a chunk says anything at all; the first ones of many servers only name the role. */
export function saysSomething(chunk: Chunk): boolean {
  return isPiece(chunk) || chunk.finish !== null || chunk.usage !== null;
}

/** Whether a chunk carries output, whatever the name under which it does. */
export function isPiece({
  text,
  reasoning,
  calls,
  logprobs,
}: Pick<Chunk, 'text' | 'reasoning' | 'calls' | 'logprobs'>) {
  return text !== '' || reasoning !== '' || calls.length > 0 || (logprobs !== null && logprobs.length > 0);
}

/**
 * Servers have more words for an end than the protocol. A word that stands in no list may mean anything, a breakdown
 * (`abort`, `error`, `insufficient_system_resource`) as well as an end, so it is handed on as it is.
 */
const FINISHES: Readonly<Record<Completed['finish'], readonly string[]>> = {
  stop: [
    'stop',
    'eos',
    'eos_token',
    'end',
    'end_turn',
    'end_of_turn',
    'stop_token',
    'stop_sequence',
    'stop_sequences',
    'stopped_eos',
    'stopped_word',
    'tool_calls',
    'tool_call',
    'tool_use',
    'function_call',
    'complete',
    'completed',
    'finished',
  ],
  length: [
    'length',
    'max_length',
    'max_tokens',
    'max_new_tokens',
    'max_output_tokens',
    'model_length',
    'model_context_window_exceeded',
    'stopped_limit',
    'token_limit',
    'limit',
  ],
  refused: [
    'content_filter',
    'content_filtered',
    'contentfilter',
    'refusal',
    'refused',
    'safety',
    'image_safety',
    'recitation',
    'blocklist',
    'blocked',
    'prohibited_content',
    'spii',
    'language',
    'sensitive',
    'guardrail_intervened',
    'error_toxic',
    'moderation',
  ],
};

/** Words with which a router says that the server behind it broke down, beside a finish reason that says nothing of it. */
const BREAKDOWNS: readonly unknown[] = ['error', 'network_error'];

function finishIn({ finish_reason, finishReason, native_finish_reason }: Readonly<Record<string, unknown>>) {
  if (BREAKDOWNS.includes(native_finish_reason)) return { unknown: String(native_finish_reason) };
  // Gemini has sent its own name of the field beside an empty one.
  return finishOf(finish_reason ?? finishReason);
}

function finishOf(reason: unknown): Finish | null {
  if (typeof reason !== 'string') return null;
  const word = reason.trim().toLowerCase().replaceAll(/[\s-]/g, '_');
  // One server writes null as a text (DashScope).
  if (word === '' || word === 'null' || word === 'none') return null;
  const known = Object.entries(FINISHES).find(([, words]) => words.includes(word));
  return known === undefined ? { unknown: reason } : (known[0] as Completed['finish']);
}

function readLogprobs(logprobs: unknown): number[] | null {
  if (!isObject(logprobs)) return null;
  const list = Array.isArray(logprobs.content)
    ? logprobs.content.map((token) => (isObject(token) ? token.logprob : undefined))
    : logprobs.token_logprobs;
  return Array.isArray(list) && list.every((value) => typeof value === 'number' && Number.isFinite(value))
    ? list
    : null;
}
