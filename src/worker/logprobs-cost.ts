/**
 * What log-probabilities cost a request to a server. They are asked for cascades, and a server takes time for them. So after the trials
 * of a block some of their prompts are sent again, with and without, in turns (A B, B A, …). Each prompt is sent once more before its
 * pair, so that a cache of prompts helps both alike.
 */
import type { LogprobsPair } from '../core/log/log.js';
import type { TrialRequest } from './protocol.js';

/** Pairs of requests: enough for an interval of a few percent where a server is steady. */
export const MOST_PAIRS = 8;
/** Seconds after which no further pair begins. */
const LONGEST = 60;

export type AnswerRequest = Extract<TrialRequest, { readonly for: 'answer' }>;

export interface TimingOptions {
  /** Sends a request. @returns Its seconds; null where it failed. */
  secondsOf(request: AnswerRequest): Promise<number | null>;
  /** Seconds since this part of the run began. */
  elapsed(): number;
}

/** @param requests The requests of the block. A pair is left out if one of its requests fails. */
export async function timeLogprobs(
  requests: readonly AnswerRequest[],
  { secondsOf, elapsed }: TimingOptions,
): Promise<readonly LogprobsPair[]> {
  const begun = elapsed();
  const pairs: LogprobsPair[] = [];
  for (const [i, request] of spread(requests, MOST_PAIRS).entries()) {
    if (elapsed() - begun > LONGEST) break;
    const asking = (logprobs: boolean) => secondsOf({ ...request, generation: { ...request.generation, logprobs } });
    const first = i % 2 === 0;
    await asking(first);
    const [one, other] = [await asking(first), await asking(!first)];
    if (one === null || other === null) continue;
    pairs.push(first ? { with: one, without: other } : { with: other, without: one });
  }
  return pairs;
}

/** Returns at most `count` of the items, at equal distances. */
function spread<T>(items: readonly T[], count: number): readonly T[] {
  if (items.length <= count) return items;
  return Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)]!);
}
