/**
 * What becomes of the tokens of an answer: text that may be shown (whole characters, nothing that could still become a stop
 * string), how many tokens it took, and when it is over.
 */
import type { Generation } from '../../core/definition/suite.js';
import { isChat, type Prompt } from '../../core/message.js';
import { type End, ModelFailure, type Piece } from '../backend.js';
import { createDetokeniser } from '../detokenise.js';
import { createStopFilter } from '../stop.js';
import type { TextModel } from './text-model.js';

export interface Answer {
  /** Tokens taken so far; one that ends the answer is no part of it. */
  readonly tokens: number;
  take(token: number): Taken;
}

export interface Taken {
  readonly text: string;
  readonly tokens: 0 | 1;
  readonly finish: 'stop' | 'length' | null;
}

export interface AnswerLimits extends Pick<Generation, 'maxTokens' | 'stop'> {
  /** Tokens that end an answer. */
  readonly endTokens: readonly number[];
}

export function createAnswer(text: TextModel, { maxTokens, stop, endTokens }: AnswerLimits): Answer {
  const detokeniser = createDetokeniser(text.decode);
  const filter = createStopFilter(stop);
  // A stop string that is a special token ends the answer with the token: no text has to be decoded for it.
  const specialStops = stop.map((words) => text.specialToken(words)).filter((token) => token !== null);
  const last = new Set([...endTokens, ...specialStops]);
  const rest = () => {
    const { text: released, stopped } = filter.push(detokeniser.end());
    return stopped ? released : released + filter.end();
  };
  let tokens = 0;
  return {
    get tokens() {
      return tokens;
    },
    take(token) {
      if (last.has(token)) return { text: rest(), tokens: 0, finish: 'stop' };
      tokens++;
      const { text: released, stopped } = filter.push(detokeniser.push(token));
      if (stopped) return { text: released, tokens: 1, finish: 'stop' };
      if (tokens === maxTokens) return { text: released + rest(), tokens: 1, finish: 'length' };
      return { text: released, tokens: 1, finish: null };
    },
  };
}

/** A prompt made ready for an engine, and the answer that it is about to give. */
export interface Opening {
  readonly rendered: string;
  readonly tokens: readonly number[];
  /** What was asked for, or what the context has left. */
  readonly maxTokens: number;
  readonly answer: Answer;
}

export interface OpeningOptions {
  /** Tokens that end an answer. */
  readonly endTokens: readonly number[];
  /** Tokens that prompt and answer may have together. */
  readonly context: number;
}

/** @throws ModelFailure when the context has no room for the prompt and one token more. */
export function openAnswer(
  text: TextModel,
  prompt: Prompt,
  generation: Generation,
  { endTokens, context }: OpeningOptions,
): Opening {
  const rendered = text.template.render(prompt);
  const tokens = promptTokens(text, prompt, rendered);
  requireRoom(tokens.length + 1, context, 'the prompt and the first token of its answer');
  const maxTokens = Math.min(generation.maxTokens, context - tokens.length);
  return { rendered, tokens, maxTokens, answer: createAnswer(text, { maxTokens, stop: generation.stop, endTokens }) };
}

/** The piece that a token makes; none for one that ends the answer and lets nothing go that was held back. */
export function pieceOf({ text, tokens }: Taken, time: number, logprob: number): Piece | null {
  if (tokens === 0 && text === '') return null;
  return { kind: 'piece', time, text, tokens, logprobs: tokens > 0 ? [logprob] : [] };
}

/** How such an answer ends. */
export function endOf({ rendered, tokens, answer }: Opening, time: number, finish: 'stop' | 'length'): End {
  return {
    kind: 'end',
    time,
    finish,
    promptTokens: { value: tokens.length, source: 'engine' },
    outputTokens: { value: answer.tokens, source: 'engine' },
    rendered,
  };
}

/** A chat template writes its special tokens itself; plain text gets those of the tokenizer. Nothing is one token too. */
export function promptTokens(text: TextModel, prompt: Prompt, rendered: string): readonly number[] {
  const templated = isChat(prompt) && text.template.source !== null;
  const tokens = text.encode(rendered, templated ? 'plain' : 'special');
  return tokens.length > 0 ? tokens : [text.emptyContext];
}

/** @throws ModelFailure when that many tokens are more than the context has. */
export function requireRoom(tokens: number, context: number, what: string): void {
  if (tokens <= context) return;
  throw new ModelFailure(
    'prompt-too-long',
    `${what} are ${tokens} tokens, more than the ${context} of the context; shorten it or give the model more \`context\``,
  );
}
