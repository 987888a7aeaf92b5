/**
 * Time stamps to the times that metrics are made of:
 *
 *     due      sent     first          last   end
 *      |--------|---------|--|--|--|-----|-----|
 *      |<----- TTFT ----->|<-ITL->...
 *      |<------------- e2e ------------->|
 *
 * Sources: vLLM and inference-perf (TTFT, TPOT), MLPerf Client (decode rate), LoadGen (latency counts from due).
 */
import { known, type Missing, missing, type Quantity } from '../quantity.js';
import type { Completed } from './measurement.js';

const SILENT = missing('the model produced no output');
const TOO_SHORT = missing('fewer than two output tokens');
const AT_ONCE = missing('all tokens arrived at the same instant');

/** Seconds from due to the first non-empty piece. */
export function timeToFirst({ timing: { pieces } }: Completed): Quantity {
  const first = pieces[0];
  return first === undefined ? SILENT : known(first);
}

/** Seconds from due to the last piece. */
export function timeToLast({ timing: { pieces } }: Completed): Quantity {
  const last = pieces.at(-1);
  return last === undefined ? SILENT : known(last);
}

/** The gaps between tokens, in seconds. There are none where a piece holds several tokens: its gaps are not gaps of tokens. */
export function tokenGaps({ timing: { pieces, tokensPerPiece } }: Completed): number[] {
  const gaps: number[] = [];
  if (tokensPerPiece !== undefined) return gaps;
  for (let i = 1; i < pieces.length; i++) gaps.push(pieces[i]! - pieces[i - 1]!);
  return gaps;
}

/** The tokens after the first piece, and the seconds they took. If the first piece holds several, fewer than n - 1 remain. */
export function afterFirst({
  outputTokens,
  timing: { pieces, tokensPerPiece },
}: Completed): { readonly tokens: number; readonly seconds: number } | Missing {
  const [first, last] = [pieces[0], pieces.at(-1)];
  if (first === undefined || last === undefined) return SILENT;
  if ('missing' in outputTokens) return missing(outputTokens.missing);
  if (outputTokens.value < 2) return TOO_SHORT;
  const tokens = outputTokens.value - (typeof tokensPerPiece === 'object' ? tokensPerPiece[0]! : 1);
  const seconds = last - first;
  return tokens < 1 || seconds <= 0 ? AT_ONCE : { tokens, seconds };
}
