/**
 * Time stamps to speeds. Each is defined once, here, and in docs/metrics.md:
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

export interface Timings {
  /** Due to the first non-empty piece, seconds. */
  readonly ttft: Quantity;
  /** The gaps between tokens, seconds; empty when pieces hold several tokens, for their gaps are not gaps of tokens. */
  readonly itl: readonly number[];
  /** `(e2e - ttft) / (n - 1)` seconds per token after the first. */
  readonly tpot: Quantity;
  /** Due to the last piece, seconds. */
  readonly e2e: Quantity;
  /** Prompt tokens over TTFT, tokens per second. */
  readonly prefillRate: Quantity;
  /** `(n - 1) / (last - first)` tokens per second. */
  readonly decodeRate: Quantity;
}

const SILENT = missing('the model produced no output');
const TOO_SHORT = missing('fewer than two output tokens');
const AT_ONCE = missing('all tokens arrived at the same instant');

export function timingsOf(completed: Completed): Timings {
  const { pieces } = completed.timing;
  const first = pieces[0];
  const last = pieces.at(-1);
  if (first === undefined || last === undefined) {
    return { ttft: SILENT, itl: [], tpot: SILENT, e2e: SILENT, prefillRate: SILENT, decodeRate: SILENT };
  }
  const { promptTokens } = completed;
  const after = afterFirst(completed, last - first);
  return {
    ttft: known(first),
    itl: gapsOf(completed),
    e2e: known(last),
    tpot: isMissing(after) ? after : known(after.seconds / after.tokens),
    decodeRate: isMissing(after) ? after : known(after.tokens / after.seconds),
    prefillRate:
      'missing' in promptTokens
        ? missing(promptTokens.missing)
        : first > 0
          ? known(promptTokens.value / first)
          : missing('the first token took no time'),
  };
}

/** The gaps between tokens, seconds; none where pieces hold several tokens. */
export function gapsOf({ timing: { pieces, tokensPerPiece } }: Completed): number[] {
  const gaps: number[] = [];
  if (tokensPerPiece !== undefined) return gaps;
  for (let i = 1; i < pieces.length; i++) gaps.push(pieces[i]! - pieces[i - 1]!);
  return gaps;
}

/** The tokens after the first piece, and the seconds they took. A first piece of several leaves fewer than n - 1 of them. */
function afterFirst(
  { outputTokens, timing }: Completed,
  seconds: number,
): { tokens: number; seconds: number } | Missing {
  if ('missing' in outputTokens) return missing(outputTokens.missing);
  if (outputTokens.value < 2) return TOO_SHORT;
  const { tokensPerPiece } = timing;
  const tokens = outputTokens.value - (typeof tokensPerPiece === 'object' ? tokensPerPiece[0]! : 1);
  return tokens < 1 || seconds <= 0 ? AT_ONCE : { tokens, seconds };
}
