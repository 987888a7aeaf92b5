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
import type { Completed } from './measurement.js';
import { known, missing, type Quantity } from './quantity.js';

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

export function timingsOf(completed: Completed): Timings {
  const { pieces, tokensPerPiece } = completed.timing;
  const first = pieces[0];
  const last = pieces.at(-1);
  if (first === undefined || last === undefined) {
    return { ttft: SILENT, itl: [], tpot: SILENT, e2e: SILENT, prefillRate: SILENT, decodeRate: SILENT };
  }
  const { promptTokens } = completed;
  const tokens = tokenCountOf(completed);
  const itl = tokensPerPiece === undefined ? pieces.slice(1).map((time, i) => time - pieces[i]!) : [];
  // A first piece of several tokens leaves fewer than n - 1 of them to the time after it.
  const inFirst = tokensPerPiece === undefined || tokensPerPiece === 'unknown' ? 1 : tokensPerPiece[0]!;
  const afterFirst = tokens.value === null ? null : tokens.value - inFirst;
  const span = last - first;
  return {
    ttft: known(first),
    itl,
    e2e: known(last),
    tpot: perToken(afterFirst, (n) => span / n, tokens.reason),
    decodeRate: perToken(afterFirst, (n) => (span > 0 ? n / span : null), tokens.reason),
    prefillRate:
      'missing' in promptTokens
        ? missing(promptTokens.missing)
        : first > 0
          ? known(promptTokens.value / first)
          : missing('the first token took no time'),
  };
}

function tokenCountOf(completed: Completed): { value: number | null; reason: string } {
  const { outputTokens } = completed;
  return 'missing' in outputTokens
    ? { value: null, reason: outputTokens.missing }
    : { value: outputTokens.value, reason: '' };
}

function perToken(n: number | null, compute: (n: number) => number | null, reason: string): Quantity {
  if (n === null) return missing(reason);
  if (n < 1) return TOO_SHORT;
  const value = compute(n);
  return value === null ? missing('all tokens arrived at the same instant') : known(value);
}
