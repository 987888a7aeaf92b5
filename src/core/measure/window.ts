/**
 * Tokens and times of one window. A rate is tokens over the time in which they came, so tokens that were not computed in
 * that time (those of a cache) or not seen (hidden reasoning) are no part of it; where nobody says how many there were,
 * there is no rate.
 */
import { isMissing, known, missing, type Quantity } from '../quantity.js';
import type { Completed } from './measurement.js';

const TOO_SHORT = missing('fewer than two output tokens');
const AT_ONCE = missing('all tokens arrived at the same instant');
const ALL_CACHED = missing('the whole prompt came from a cache');
const UNSEEN_FIRST = missing('the model reasoned unseen before its first token');

/** Tokens that arrived; what the server counted and kept back is not among them. */
export function seenTokens({ outputTokens, unseenTokens = NONE }: Completed): Quantity {
  if (isMissing(outputTokens)) return missing(outputTokens.missing);
  return isMissing(unseenTokens) ? unseenTokens : known(outputTokens.value - unseenTokens.value);
}

/** Tokens of the prompt that were read in the time to the first token. */
export function promptTokensRead({ promptTokens, cachedTokens = 0, unseenTokens }: Completed): Quantity {
  if (unseenTokens !== undefined) return UNSEEN_FIRST;
  if (isMissing(promptTokens)) return missing(promptTokens.missing);
  const read = promptTokens.value - cachedTokens;
  return read > 0 ? known(read) : ALL_CACHED;
}

/**
 * The tokens after the first piece. Where the server does not say how many each piece held, the first one is taken for
 * one of their mean length; the fewer pieces there are, the more that assumes.
 */
export function tokensAfterFirst(completed: Completed): Quantity {
  const seen = seenTokens(completed);
  if (isMissing(seen)) return seen;
  if (seen.value < 2) return TOO_SHORT;
  const { pieces, tokensPerPiece } = completed.timing;
  const n = pieces.length;
  if (typeof tokensPerPiece === 'object') return atLeastOne(seen.value - tokensPerPiece[0]!);
  if (tokensPerPiece === undefined || alike(n, seen.value)) return atLeastOne(seen.value - 1);
  if (n >= ENOUGH_PIECES) return known((seen.value * (n - 1)) / n);
  return missing(`the server sent ${seen.value} tokens in ${n} pieces, and does not say how many each piece held`);
}

/** With as many pieces, a first one that is twice as long as the mean changes a rate by a tenth. */
const ENOUGH_PIECES = 10;

/** Whether pieces and tokens differ by a tenth at most, or by the token that ends an answer and has no text. */
export function alike(pieces: number, tokens: number): boolean {
  return Math.abs(tokens - pieces) <= Math.max(1, 0.1 * tokens);
}

function atLeastOne(tokens: number): Quantity {
  return tokens < 1 ? AT_ONCE : known(tokens);
}

const NONE = known(0);
