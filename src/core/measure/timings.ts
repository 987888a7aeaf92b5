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
import { promptTokensRead, tokensAfterFirst } from './window.js';

export interface Timings {
  /** Due to the first non-empty piece, seconds. */
  readonly ttft: Quantity;
  /** The gaps between tokens, seconds; empty when pieces hold several tokens, for their gaps are not gaps of tokens. */
  readonly itl: readonly number[];
  /** `(e2e - ttft) / (n - 1)` seconds per token after the first. */
  readonly tpot: Quantity;
  /** Due to the last piece, seconds. */
  readonly e2e: Quantity;
  /** Prompt tokens that were read over TTFT, tokens per second. */
  readonly prefillRate: Quantity;
  /** `(n - 1) / (last - first)` tokens per second. */
  readonly decodeRate: Quantity;
}

const SILENT = missing('the model produced no output');
const AT_ONCE = missing('all tokens arrived at the same instant');

export function timingsOf(completed: Completed): Timings {
  const { pieces } = completed.timing;
  const first = pieces[0];
  const last = pieces.at(-1);
  if (first === undefined || last === undefined) {
    return { ttft: SILENT, itl: [], tpot: SILENT, e2e: SILENT, prefillRate: SILENT, decodeRate: SILENT };
  }
  const read = promptTokensRead(completed);
  const after = afterFirst(completed, last - first);
  return {
    ttft: known(first),
    itl: gapsOf(completed),
    e2e: known(last),
    tpot: isMissing(after) ? after : known(after.seconds / after.tokens),
    decodeRate: isMissing(after) ? after : known(after.tokens / after.seconds),
    prefillRate: isMissing(read)
      ? read
      : first > 0
        ? known(read.value / first)
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

/** The tokens after the first piece, and the seconds they took. */
function afterFirst(completed: Completed, seconds: number): { tokens: number; seconds: number } | Missing {
  const tokens = tokensAfterFirst(completed);
  if (isMissing(tokens)) return tokens;
  return seconds > 0 ? { tokens: tokens.value, seconds } : AT_ONCE;
}
