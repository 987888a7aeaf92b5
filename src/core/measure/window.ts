/**
 * Tokens and times of the same window. A rate divides tokens by the time in which they came. So it excludes tokens that were
 * not computed in that time (tokens from a cache) and tokens that never arrived (hidden reasoning). If their number is unknown,
 * the rate is missing.
 */
import { isMissing, known, missing, type Quantity } from '../quantity.js';
import type { Completed } from './measurement.js';

const TOO_SHORT = missing('fewer than two output tokens');
const AT_ONCE = missing('all tokens arrived at the same instant');
const ALL_CACHED = missing('the whole prompt came from a cache');
const UNSEEN_FIRST = missing('the model produced hidden reasoning before its first token');

/** Returns the number of tokens that arrived, without those that the server counted but never sent. */
export function seenTokens({ outputTokens, unseenTokens = NONE }: Completed): Quantity {
  if (isMissing(outputTokens)) return missing(outputTokens.missing);
  return isMissing(unseenTokens) ? unseenTokens : known(outputTokens.value - unseenTokens.value);
}

/** Returns the number of prompt tokens that the model read before its first token. */
export function promptTokensRead({ promptTokens, cachedTokens = 0, unseenTokens }: Completed): Quantity {
  if (unseenTokens !== undefined) return UNSEEN_FIRST;
  if (isMissing(promptTokens)) return missing(promptTokens.missing);
  const read = promptTokens.value - cachedTokens;
  return read > 0 ? known(read) : ALL_CACHED;
}

/**
 * Returns the number of tokens after the first piece. If the server does not tell how many tokens each piece held, the first
 * piece is assumed to have the mean length. With fewer pieces this assumption matters more.
 */
export function tokensAfterFirst(completed: Completed): Quantity {
  const seen = seenTokens(completed);
  if (isMissing(seen)) return seen;
  if (seen.value < 2) return TOO_SHORT;
  const { pieces, tokensPerPiece } = completed.timing;
  const n = pieces.length;
  if (typeof tokensPerPiece === 'object') return atLeastOne(seen.value - tokensPerPiece[0]!);
  if (tokensPerPiece === undefined || piecesAreTokens(n, seen.value)) return atLeastOne(seen.value - 1);
  if (n >= ENOUGH_PIECES) return known((seen.value * (n - 1)) / n);
  return missing(`the server sent ${seen.value} tokens in ${n} pieces, and does not tell how many each piece held`);
}

/** Whether an answer is known to have come with its first piece: one token, or several that an engine gave at once. */
export function cameWhole(completed: Completed): boolean {
  const { pieces, tokensPerPiece } = completed.timing;
  const seen = seenTokens(completed);
  if (isMissing(seen) || pieces.length !== 1) return false;
  return seen.value < 2 || (typeof tokensPerPiece === 'object' && tokensPerPiece[0]! >= seen.value);
}

/** If an answer has this many pieces, a first piece of twice the mean length changes a rate by a tenth. */
const ENOUGH_PIECES = 10;

/** Whether pieces and tokens differ by a tenth at most, or by the end-of-sequence token, which has no text. */
export function piecesAreTokens(pieces: number, tokens: number): boolean {
  return Math.abs(tokens - pieces) <= Math.max(1, 0.1 * tokens);
}

function atLeastOne(tokens: number): Quantity {
  return tokens < 1 ? AT_ONCE : known(tokens);
}

const NONE = known(0);
