/**
 * What a server streams, made sense of. Two shapes, one meaning:
 *
 *     data: {"choices":[{"delta":{"content":" Hi"},"logprobs":{"content":[{"logprob":-0.2}]},"finish_reason":null}]}
 *     data: {"choices":[{"text":" Hi","logprobs":{"token_logprobs":[-0.2]},"finish_reason":null}]}
 *     data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":12}}
 *     data: [DONE]
 *
 * Everything may be absent, null or of another type: answers are hostile input.
 */
import type { Completed } from '../../core/measure/measurement.js';
import { DONE } from './events.js';

export interface Chunk {
  /** Part of the answer; may be empty. */
  readonly text: string;
  /** What a reasoning model thinks before it answers; no part of the answer. */
  readonly reasoning: string;
  readonly logprobs: readonly number[] | null;
  readonly finish: Completed['finish'] | null;
  readonly usage: { readonly promptTokens: number | null; readonly outputTokens: number | null } | null;
}

export type Message =
  | { readonly is: 'chunk'; readonly chunk: Chunk }
  | { readonly is: 'done' }
  /** The server says that it failed, in the middle of its stream. */
  | { readonly is: 'failure'; readonly text: string }
  | { readonly is: 'nonsense'; readonly text: string };

export function readMessage(data: string): Message {
  if (data.trim() === DONE) return { is: 'done' };
  const json = parse(data);
  if (!isObject(json)) return { is: 'nonsense', text: data };
  if (json.error !== undefined && json.error !== null) return { is: 'failure', text: errorText(json) };
  const choice = Array.isArray(json.choices) && isObject(json.choices[0]) ? json.choices[0] : {};
  const delta = isObject(choice.delta) ? choice.delta : {};
  const refusal = string(delta.refusal);
  const chunk: Chunk = {
    text: (string(delta.content) || string(choice.text)) + refusal,
    reasoning: string(delta.reasoning_content) || string(delta.reasoning),
    logprobs: readLogprobs(choice.logprobs),
    finish: refusal === '' ? finishOf(choice.finish_reason) : 'refused',
    usage: readUsage(json.usage),
  };
  const isChunk = 'choices' in json || chunk.usage !== null;
  return isChunk ? { is: 'chunk', chunk } : { is: 'nonsense', text: data };
}

/** The sentence in an error body, whichever of the usual shapes it has; else the body itself. */
export function errorText(json: unknown): string {
  if (!isObject(json)) return String(json);
  const { error } = json;
  if (typeof error === 'string') return error;
  const holder = isObject(error) ? error : json;
  const words = [holder.code, holder.type, holder.param, holder.message ?? holder.detail];
  return words
    .filter((word) => word !== null && word !== undefined && word !== '')
    .map((word) => (typeof word === 'object' ? JSON.stringify(word) : String(word)))
    .join(': ');
}

export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Servers have more words for an end than the protocol: what cuts is a length, what withholds a refusal. */
function finishOf(reason: unknown): Completed['finish'] | null {
  if (typeof reason !== 'string' || reason === '') return null;
  if (/length|max_tokens/.test(reason)) return 'length';
  return /content_filter|refusal|safety/.test(reason) ? 'refused' : 'stop';
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

function readUsage(usage: unknown): Chunk['usage'] {
  if (!isObject(usage)) return null;
  return { promptTokens: count(usage.prompt_tokens), outputTokens: count(usage.completion_tokens) };
}

function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

function string(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
