/** One opened decoder as a session: prompts in, stamped tokens out; contexts and continuations in, log-likelihoods out. */
import type { Generation } from '../../core/definition/suite.js';
import type { SessionFacts } from '../../core/log/log.js';
import type { Prompt } from '../../core/message.js';
import { abortionOf } from '../abort.js';
import type { GenerationEvent, Session } from '../backend.js';
import { endOf, openAnswer, pieceOf } from '../huggingface/answer.js';
import { createScoring } from '../huggingface/scoring.js';
import type { TextModel } from '../huggingface/text-model.js';
import type { TokenStream } from '../token-queue.js';
import { createSampler } from '../token-sampling.js';
import { schedulerOfRows } from './continuous-batching.js';
import type { Decoder } from './decoder.js';

export interface SessionParts {
  readonly decoder: Decoder;
  readonly text: TextModel;
  readonly facts: SessionFacts;
  /** Tokens that end an answer. */
  readonly endTokens: readonly number[];
  /** Tokens that prompt and answer may have together. */
  readonly context: number;
  /** Answers at once. */
  readonly concurrency: number;
  release(): Promise<void>;
}

export function createSession(parts: SessionParts): Session {
  const { decoder, text, facts, endTokens, context, concurrency, release } = parts;
  const now = () => performance.now() / 1000;
  const scheduler = concurrency > 1 ? schedulerOfRows(decoder, concurrency) : null;

  async function* generate(
    prompt: Prompt,
    generation: Generation,
    signal: AbortSignal,
  ): AsyncGenerator<GenerationEvent, void, void> {
    signal.throwIfAborted();
    const opening = openAnswer(text, prompt, generation, { endTokens, context });
    const { tokens, maxTokens, answer } = opening;
    const sample = createSampler(generation);

    decoder.forget();
    decoder.reserve(tokens.length + maxTokens);
    let logits = await decoder.read(tokens, signal);
    let finish: 'stop' | 'length' | null = null;
    while (finish === null) {
      const { token, logprob } = sample(logits);
      const time = now();
      const taken = answer.take(token);
      finish = taken.finish;
      const piece = pieceOf(taken, time, logprob);
      if (piece !== null) {
        yield piece;
        signal.throwIfAborted();
      }
      if (finish === null) logits = await decoder.step(token, signal);
    }
    yield endOf(opening, now(), finish);
  }

  async function* generateInBatch(
    prompt: Prompt,
    generation: Generation,
    signal: AbortSignal,
  ): AsyncGenerator<GenerationEvent, void, void> {
    const abortion = abortionOf(signal);
    let stream: TokenStream | undefined;
    try {
      abortion.check();
      const opening = openAnswer(text, prompt, generation, { endTokens, context });
      const { tokens, maxTokens, answer } = opening;
      stream = scheduler!.submit({ prompt: tokens, sample: createSampler(generation), limit: maxTokens });
      let finish: 'stop' | 'length' | null = null;
      while (finish === null) {
        const { token, logprob, time } = await abortion.race(stream.next());
        const taken = answer.take(token);
        finish = taken.finish;
        if (finish !== null) stream.cancel();
        const piece = pieceOf(taken, time, logprob);
        if (piece !== null) yield piece;
      }
      yield endOf(opening, now(), finish);
    } finally {
      stream?.cancel();
      abortion.release();
    }
  }

  let closed: Promise<void> | undefined;
  return {
    facts,
    now,
    processes: [],
    concurrency,
    generate: scheduler === null ? generate : generateInBatch,
    async loglikelihood(request, signal) {
      signal.throwIfAborted();
      await scheduler?.idle();
      const scoring = createScoring(request, text, context);
      for (const { context: before, continuations, add } of scoring.readings) {
        await decoder.predict(before, continuations, add, signal);
      }
      return scoring.result();
    },
    close: () => {
      closed ??= (scheduler?.close() ?? Promise.resolve()).then(release);
      return closed;
    },
  };
}
