/**
 * Tokens as the server counts them, beside what it sent. The two are not always of the same tokens: reasoning may be
 * counted and kept back, and then no rate can be had from the count and the times of what was seen.
 */
import type { TokenCount } from '../../core/measure/measurement.js';
import { missing, type Quantity } from '../../core/quantity.js';
import type { End } from '../backend.js';
import type { Chunk } from './answer.js';
import type { Usage } from './usage.js';

export const UNCOUNTED = 'the server does not count tokens';

/** What was sent of an answer. */
export interface Tally {
  add(chunk: Chunk): void;
  /** Tokens of all pieces, by their log-probabilities; null where a piece does not say. */
  readonly tokens: number | null;
  readonly pieces: number;
  /** Characters of thoughts that were sent. */
  readonly thoughts: number;
  /** Bytes of everything that was sent, and of the longest stop string, which servers cut off. */
  readonly bytes: number;
}

export function createTally(stops: readonly string[]): Tally {
  const stop = Math.max(0, ...stops.map((text) => Buffer.byteLength(text)));
  let pieces = 0;
  let counted = 0;
  let tokens = 0;
  let thoughts = 0;
  let bytes = 0;
  return {
    add({ text, reasoning, calls, logprobs }) {
      pieces++;
      if (logprobs !== null) counted++;
      tokens += logprobs?.length ?? 0;
      thoughts += reasoning.length;
      bytes += Buffer.byteLength(text) + Buffer.byteLength(reasoning);
      for (const call of calls) bytes += Buffer.byteLength(call.name + call.arguments);
    },
    get tokens() {
      return pieces > 0 && counted === pieces ? tokens : null;
    },
    get pieces() {
      return pieces;
    },
    get thoughts() {
      return thoughts;
    },
    get bytes() {
      return bytes + stop;
    },
  };
}

type Counts = Pick<End, 'promptTokens' | 'outputTokens' | 'cachedTokens' | 'unseenTokens'>;

/**
 * The server's own count. If it is one more than what was sent, the last token is the one that ended the answer: it is no piece, and
 * in-process engines do not count it either. Without log-probabilities, each piece of an answer that stopped is taken for a token.
 */
export function countsOf(usage: Usage | null, tally: Tally, finish: End['finish']): Counts {
  // A server that counts nothing of what it sent has not counted.
  const contradicted = usage?.outputTokens === 0 && tally.pieces > 0;
  const counted = contradicted ? tally.tokens : (usage?.outputTokens ?? tally.tokens);
  const sent = tally.tokens ?? (finish === 'stop' && tally.pieces > 0 ? tally.pieces : null);
  const output = sent !== null && counted === sent + 1 ? sent : counted;
  const unseen = output === null ? null : unseenOf(output, usage?.reasoningTokens ?? null, tally);
  const cached = usage?.cachedTokens ?? null;
  return {
    promptTokens: tokenCount(usage?.promptTokens ?? null),
    outputTokens: output === null && contradicted ? countedNone(tally.pieces) : tokenCount(output),
    ...(cached !== null && { cachedTokens: cached }),
    ...(unseen !== null && { unseenTokens: unseen }),
  };
}

/** Tokens without any text of their own: those that begin and end a turn, or switch to another channel. */
const CONTROL_TOKENS = 8;

/** The tokens of a count that were never sent; null where all were. */
function unseenOf(output: number, reasoning: number | null, tally: Tally): Quantity | null {
  if (tally.tokens !== null) {
    const unseen = output - tally.tokens;
    return unseen > CONTROL_TOKENS ? { value: unseen } : null;
  }
  if (reasoning !== null && reasoning > 0) {
    if (tally.thoughts === 0) return { value: Math.min(reasoning, output) };
    // A token is a character at least, so that fewer characters are a summary.
    return tally.thoughts < reasoning
      ? missing('the server streams a summary of its reasoning, and counts all of it')
      : null;
  }
  return output > tally.bytes + CONTROL_TOKENS
    ? missing(`the server counts ${output} tokens and sent ${tally.bytes} bytes: some of its output was not shown`)
    : null;
}

function countedNone(pieces: number): TokenCount {
  return {
    missing: `the server counts 0 tokens, and sent ${pieces} ${pieces === 1 ? 'piece' : 'pieces'} of output`,
    source: 'none',
  };
}

function tokenCount(value: number | null): TokenCount {
  return value === null ? { missing: UNCOUNTED, source: 'none' } : { value, source: 'server' };
}
