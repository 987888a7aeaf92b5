/**
 * Where a context ends and its continuation begins, in tokens, as lm-evaluation-harness cuts it (`_encode_pair` in
 * lm_eval/api/model.py): a tokenizer may join the last letters of one with the first of the other, so the whole is encoded
 * once and the context once, and what the whole has beyond the context's length is the continuation. Spaces that end the
 * context belong to the continuation, where most tokenizers put them. A text too long for the model loses its beginning.
 */
import { type Loglikelihood, ModelFailure } from './backend.js';

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

/** What an engine reads to score one continuation: one pair, or the windows of a text that is longer than the model's own. */
export function partsOf(
  context: string,
  continuation: string,
  { encoder, window }: PartsOptions,
): readonly FittedPair[] {
  const pair = encodePair(context, continuation, encoder);
  const isWholeText = context.trim() === '';
  if (isWholeText && pair.continuation.length > window) return rollingWindows(pair, window);
  return [fitPair(pair, window)];
}

export interface PartsOptions {
  readonly encoder: PairEncoder;
  /** Tokens that the model reads at once. */
  readonly window: number;
}

/**
 * A text in windows, as lm-evaluation-harness rolls them (`get_rolling_token_windows` with `context_len` 1, made disjoint): every
 * token is predicted once, after the one before it at least, and the last window is as long as the model's.
 *
 *     text 0 1 2 3 4 5 6 7 8 9, window 4      BOS | 0 1 2 3      3 | 4 5 6 7      5 6 7 | 8 9
 */
export function rollingWindows({ context, continuation: tokens }: EncodedPair, window: number): readonly FittedPair[] {
  const windows: FittedPair[] = [];
  for (let start = 0; start < tokens.length; start += window) {
    const end = Math.min(start + window, tokens.length);
    const before = start === 0 ? context : tokens.slice(Math.max(0, end - window - 1), start);
    windows.push({ context: before, continuation: tokens.slice(start, end), cut: 0 });
  }
  return windows;
}

/** Parts by their context, which an engine reads once for all of a group; in the order in which they came. */
export function byContext<T extends { readonly pair: EncodedPair }>(parts: Iterable<T>): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const part of parts) {
    const key = part.pair.context.join();
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [part]);
    else group.push(part);
  }
  return [...groups.values()];
}

/** The log-likelihood of a continuation from those of its parts. */
export function joinParts(parts: readonly Loglikelihood[], pairs: readonly FittedPair[]): Loglikelihood {
  const cut = pairs.reduce((total, pair) => total + pair.cut, 0);
  return {
    sum: parts.reduce((total, part) => total + part.sum, 0),
    tokens: pairs.reduce((total, pair) => total + pair.continuation.length, 0),
    greedy: parts.every(({ greedy }) => greedy),
    ...(cut > 0 && { cut }),
  };
}
