/**
 * Where a context ends and its continuation begins, in tokens, as lm-evaluation-harness cuts it (`_encode_pair` in
 * lm_eval/api/model.py): a tokenizer may join the last letters of one with the first of the other, so the whole is encoded
 * once and the context once, and what the whole has beyond the context's length is the continuation. Spaces that end the
 * context belong to the continuation, where most tokenizers put them. A text too long for the model loses its beginning.
 */
import { ModelFailure } from './backend.js';

export interface EncodedPair {
  readonly context: readonly number[];
  readonly continuation: readonly number[];
}

export interface PairEncoder {
  /** Text to tokens, with the special tokens that this model's tokenizer adds by itself. */
  encode(text: string): readonly number[];
  /** What an empty context is: the token that begins a text, or ends one where the model has no such token. */
  readonly emptyContext: number;
}

export function encodePair(context: string, continuation: string, { encode, emptyContext }: PairEncoder): EncodedPair {
  const trimmed = context.trimEnd();
  const text = context.slice(trimmed.length) + continuation;
  if (trimmed === '') {
    const tokens = encode(text);
    return { context: [emptyContext], continuation: tokens[0] === emptyContext ? tokens.slice(1) : tokens };
  }
  const contextTokens = encode(trimmed);
  return { context: contextTokens, continuation: encode(trimmed + text).slice(contextTokens.length) };
}

export interface FittedPair extends EncodedPair {
  /** Tokens at the beginning of the context that there was no room for. */
  readonly cut: number;
}

/**
 * @param window tokens that the model reads at once. The last token of a continuation is predicted and never read.
 * @throws ModelFailure when the continuation alone is longer.
 */
export function fitPair({ context, continuation }: EncodedPair, window: number): FittedPair {
  const room = window + 1 - continuation.length;
  if (room < 1) {
    throw new ModelFailure(
      'prompt-too-long',
      `a continuation has ${continuation.length} tokens and the context holds ${window}; shorten it or raise \`context\``,
    );
  }
  const cut = Math.max(0, context.length - room);
  return { context: context.slice(cut), continuation, cut };
}

/** What a log-likelihood says of its pair. */
export function cutOf({ cut }: FittedPair): { readonly cut?: number } {
  return cut > 0 ? { cut } : {};
}
