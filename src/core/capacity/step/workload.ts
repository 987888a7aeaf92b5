/** What people measure, as terms: one stream, a batch that starts together, and a server with a fixed number of requests under way. */
import { cacheBytes } from '../cache.js';
import { allWeights } from '../shape.js';
import { decodingStep, type Placement, polledSteps, promptStep, sumOfTerms, type Terms } from './terms.js';

export interface Lengths {
  /** Tokens of the prompt, and of the answer. */
  readonly prompt: number;
  readonly output: number;
}

/** The seconds between two tokens of `batch` sequences that have all reached half of their answers. */
export function timePerToken(placement: Placement, batch: number, { prompt, output }: Lengths): Terms {
  return decodingStep(placement, batch, prompt + output / 2);
}

/** The seconds until the first token of `prompts` prompts that start together on an idle machine. */
export function timeToFirst(placement: Placement, prompts: number, tokens: number): Terms {
  return sumOfTerms([
    [1, promptStep(placement, { prompts, tokens })],
    [1, { request: 1 }],
  ]);
}

/**
 * The seconds of a batch that starts together, from its prompts to its last tokens. What does not fit the memory waits until another
 * request has ended, so a batch twice as large as the memory allows takes twice as long as one that fits.
 */
export function timeOfBatch(placement: Placement, batch: number, lengths: Lengths): Terms {
  const running = Math.min(batch, mostAtOnce(placement, lengths));
  return sumOfTerms([
    [batch / running, timeToFirst(placement, running, lengths.prompt)],
    [(batch / running) * Math.max(0, lengths.output - 1), timePerToken(placement, running, lengths)],
  ]);
}

/**
 * The requests whose caches fit beside the weights, when they have reached half of their answers on average.
 *
 * @returns at least 1: whether one fits is asked elsewhere.
 */
export function mostAtOnce({ shape, memory, groups, bytesOfValue }: Placement, { prompt, output }: Lengths): number {
  const { experts, ...rest } = shape.weights;
  const free = memory - allWeights({ ...rest, experts: null }).bytes * groups - (experts?.bytes ?? 0);
  return Math.max(1, free / cacheBytes(shape, prompt + output / 2, bytesOfValue));
}

/**
 * The seconds between two tokens on a server that has `batch` requests under way. While one request decodes, each of the others is
 * replaced once, and its successor's prompt is read in between: a share of `batch / output` of a prompt for each token.
 */
export function timePerServedToken(placement: Placement, batch: number, lengths: Lengths): Terms {
  const running = Math.min(batch, mostAtOnce(placement, lengths));
  const others = Math.max(0, running / placement.groups - 1);
  const { prefill = 0, grouped = 0, attention = 0 } = promptStep(placement, { prompts: 1, tokens: lengths.prompt });
  return sumOfTerms([
    [1, timePerToken(placement, running, lengths)],
    [others / lengths.output, { prefill, grouped, attention }],
  ]);
}

/**
 * The seconds until the first token on such a server: the own prompt, the prompts that wait before it, and the step under way. A request
 * that does not fit the memory waits until others have ended.
 *
 * @param poll The steps after which the server looks for new requests; one of them is the step under way.
 */
export function timeToFirstServed(placement: Placement, batch: number, lengths: Lengths, poll = 1): Terms {
  const running = Math.min(batch, mostAtOnce(placement, lengths));
  const others = Math.max(0, running / placement.groups - 1);
  const prompt = promptStep(placement, { prompts: 1, tokens: lengths.prompt });
  const { prefill = 0, grouped = 0, attention = 0 } = prompt;
  const reading = prefill + grouped + attention;
  const step = timePerToken(placement, running, lengths);
  const { weights = 0, experts = 0, cache = 0 } = step;
  const answer = lengths.output * (weights + experts + cache);
  return sumOfTerms([
    [1, prompt],
    [1, timePerServedToken(placement, running, lengths)],
    [poll - 1, polledSteps(step)],
    [
      1,
      {
        queuedPrefill: others * prefill,
        queuedGrouped: others * grouped,
        queuedAttention: others * attention,
        crowd: (others * reading) ** 2 / answer,
        waiting: ((batch - running) / running) * answer,
        request: 1,
      },
    ],
  ]);
}
