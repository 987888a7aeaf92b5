/**
 * Computes the times of the metrics from timestamps:
 *
 *     due      sent     first          last   end
 *      |--------|---------|--|--|--|-----|-----|
 *      |<----- TTFT ----->|<-ITL->...
 *      |<------------- e2e ------------->|
 *
 * Sources: vLLM and inference-perf (TTFT, TPOT), MLPerf Client (decode rate), LoadGen (latency counts from due).
 */
import { isMissing, known, type Missing, missing, type Quantity } from '../quantity.js';
import type { Completed } from './measurement.js';
import { seenTokens, tokensAfterFirst } from './window.js';

const SILENT = missing('the model produced no output');
const AT_ONCE = missing('all tokens arrived at the same instant');

/** Returns the seconds from due to the first non-empty piece. */
export function timeToFirst({ timing: { pieces } }: Completed): Quantity {
  const first = pieces[0];
  return first === undefined ? SILENT : known(first);
}

/** Returns the seconds from due to the last piece. */
export function timeToLast({ timing: { pieces } }: Completed): Quantity {
  const last = pieces.at(-1);
  return last === undefined ? SILENT : known(last);
}

/**
 * Returns the gaps between tokens, in seconds; none where pieces hold several tokens, or may. A piece holds a token at least, so as
 * many tokens as pieces are one each.
 */
export function tokenGaps(completed: Completed): number[] {
  const { pieces, tokensPerPiece } = completed.timing;
  const gaps: number[] = [];
  if (tokensPerPiece === 'unknown') {
    const seen = seenTokens(completed);
    if (isMissing(seen) || seen.value !== pieces.length) return gaps;
  } else if (tokensPerPiece !== undefined) return gaps;
  for (let i = 1; i < pieces.length; i++) gaps.push(pieces[i]! - pieces[i - 1]!);
  return gaps;
}

/** Returns the number of tokens after the first piece, and the seconds that they took. */
export function afterFirst(completed: Completed): { readonly tokens: number; readonly seconds: number } | Missing {
  const { pieces } = completed.timing;
  const [first, last] = [pieces[0], pieces.at(-1)];
  if (first === undefined || last === undefined) return SILENT;
  const tokens = tokensAfterFirst(completed);
  if (isMissing(tokens)) return tokens;
  const seconds = last - first;
  return seconds > 0 ? { tokens: tokens.value, seconds } : AT_ONCE;
}
