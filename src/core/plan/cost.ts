/**
 * What requests cost at a price per token. Before a request is made its cost is bounded: a prompt has at most about a token for
 * every three bytes of UTF-8 in the tokenizers of hosted models (English has one for every four, Chinese one for every three),
 * and an answer at most the tokens that the request allows.
 */
import type { Model } from '../definition/model.js';
import type { Generation } from '../definition/suite.js';
import type { Outcome } from '../measure/measurement.js';
import { type Continuation, isChat, type Prompt } from '../message.js';
import { isMissing } from '../quantity.js';
import { byteLength } from '../score/text/text.js';

export type Price = Pick<NonNullable<Model['price']>, 'input' | 'output'>;

export interface Tokens {
  readonly input: number;
  readonly output: number;
}

export type PricedRequest =
  | { readonly for: 'answer'; readonly prompt: Prompt; readonly generation: Pick<Generation, 'maxTokens'> }
  | { readonly for: 'likelihoods'; readonly continuations: readonly Continuation[]; readonly unconditional: boolean };

const BYTES_OF_A_TOKEN = 3;
/** Tokens that a chat template writes around a message. */
const TOKENS_OF_A_MESSAGE = 8;

export function mostTokens(request: PricedRequest): Tokens {
  if (request.for === 'answer') {
    return { input: promptTokens(request.prompt), output: request.generation.maxTokens };
  }
  const { continuations, unconditional } = request;
  const lengths = continuations.map(({ context, text }) => textTokens(context + text));
  const input = lengths.reduce((sum, length) => sum + length, 0);
  const times = unconditional ? 2 : 1;
  return { input: times * input, output: times * continuations.length };
}

/** What the server counted, or what the request may have taken at most where it counted nothing. */
export function usedTokens(request: PricedRequest, outcome: Outcome): Tokens {
  const most = mostTokens(request);
  if (outcome.state !== 'completed') return most;
  const { promptTokens, outputTokens } = outcome;
  return {
    input: isMissing(promptTokens) ? most.input : promptTokens.value,
    output: isMissing(outputTokens) ? most.output : outputTokens.value,
  };
}

/** US dollars. */
export function costOf({ input, output }: Tokens, price: Price): number {
  return (input * price.input + output * price.output) / 1e6;
}

function promptTokens(prompt: Prompt): number {
  if (!isChat(prompt)) return textTokens(prompt.text);
  return prompt.messages.reduce((sum, { content }) => sum + textTokens(content) + TOKENS_OF_A_MESSAGE, 0);
}

function textTokens(text: string): number {
  return Math.ceil(byteLength(text) / BYTES_OF_A_TOKEN);
}
