/**
 * What becomes of the tokens of an answer: text that may be shown (whole characters, nothing that could still become a stop
 * string), how many tokens it took, and when it is over.
 */
import type { Generation } from '../../core/definition/suite.js';
import { ModelFailure } from '../backend.js';
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
  // Decoding hides special tokens, so a stop string that is one of them must be met as a token.
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

/** A chat template writes its special tokens itself; plain text gets those of the tokenizer. Nothing is one token too. */
export function promptTokens(text: TextModel, rendered: string): readonly number[] {
  const tokens = text.encode(rendered, text.template.source === null ? 'special' : 'plain');
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
