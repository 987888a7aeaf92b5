/** Generating with an opened model: render, tokenise, prefill, then one token at a time until something ends the answer. */
import { performance } from 'node:perf_hooks';
import type { Generation } from '../../core/definition/suite.js';
import type { Prompt } from '../../core/message.js';
import { abortionOf } from '../abort.js';
import { type End, type GenerationEvent, ModelFailure, type Piece } from '../backend.js';
import type { ChatTemplate } from '../chat-template.js';
import type { BatchScheduler } from '../continuous-batching.js';
import { createDetokeniser } from '../detokenise.js';
import { createStopFilter } from '../stop.js';
import type { SampledToken, TokenStream } from '../token-queue.js';
import type { TokenRequest } from './continuous-batching.js';
import { type Engine, prefill } from './engine.js';
import type { Vocabulary } from './vocabulary.js';

export interface GeneratorParts {
  readonly engine: Engine;
  readonly vocabulary: Vocabulary;
  readonly template: ChatTemplate;
  /** Tokens of prompt and answer together. */
  readonly contextSize: number;
  readonly turns: Turns;
}

/**
 * Requests take turns, and none comes after the last: the library would write to memory that is another batch's, or freed.
 */
export interface Turns {
  /** Begins a turn; the function returned ends it. */
  take(): () => void;
  /** @throws Error after the last turn. */
  requireOpen(): void;
  end(): void;
}

export function createTurns(): Turns {
  let state: 'free' | 'taken' | 'ended' = 'free';
  const requireOpen = () => {
    if (state === 'ended') throw new Error('the session is closed');
  };
  return {
    requireOpen,
    take() {
      requireOpen();
      if (state === 'taken') throw new Error('a session answers one request at a time');
      state = 'taken';
      return () => {
        if (state === 'taken') state = 'free';
      };
    },
    end() {
      state = 'ended';
    },
  };
}

/** Seconds, monotonic. */
export function now(): number {
  return performance.now() / 1000;
}

const SEQUENCE = 0;

/**
 * Each token is a piece at the moment it was sampled, even while its text is held back (an incomplete character, the
 * beginning of a stop string). Of a large model the next token is already being computed while a piece is read, so that
 * neither our bookkeeping nor the reader's slows the engine.
 */
export async function* generate(
  { engine, turns, ...parts }: GeneratorParts,
  prompt: Prompt,
  { maxTokens, stop, ...sampling }: Generation,
  signal: AbortSignal,
): AsyncGenerator<GenerationEvent, void, undefined> {
  const release = turns.take();
  const abortion = abortionOf(signal);
  const sampler = engine.sampler(sampling);
  try {
    abortion.check();
    const answer = startAnswer(parts, prompt, { maxTokens, stop });
    const { tokens } = answer;
    await abortion.race(engine.idle());
    engine.forget(SEQUENCE, 0);
    let logits = await prefill(engine, { sequence: SEQUENCE, position: 0, tokens }, abortion.race);

    while (answer.finish() === null) {
      const sampled = sampler.sample(logits);
      const time = now();
      abortion.check();
      const piece = answer.read(sampled, time);
      const position = tokens.length + answer.length() - 1;
      const next =
        answer.finish() === null
          ? engine.decode([{ sequence: SEQUENCE, position, tokens: [sampled.token], logits: 'last' }])
          : null;
      if (next instanceof Promise) next.catch(() => {});
      if (piece !== null) yield piece;
      if (next !== null) logits = (await abortion.race(next))[0]![0]!;
    }
    yield answer.end();
  } finally {
    sampler.close();
    abortion.release();
    release();
  }
}

export type BatchedGeneratorParts = Omit<GeneratorParts, 'engine'> & {
  readonly scheduler: BatchScheduler<TokenRequest>;
};

/** An answer among others: the tokens come from a batch that all requests under way share. */
export async function* generateInBatch(
  { scheduler, turns, ...parts }: BatchedGeneratorParts,
  prompt: Prompt,
  { maxTokens, stop, ...sampling }: Generation,
  signal: AbortSignal,
): AsyncGenerator<GenerationEvent, void, undefined> {
  turns.requireOpen();
  const abortion = abortionOf(signal);
  let stream: TokenStream | undefined;
  try {
    abortion.check();
    const answer = startAnswer(parts, prompt, { maxTokens, stop });
    stream = scheduler.submit({ prompt: answer.tokens, sampling, limit: answer.limit });
    while (answer.finish() === null) {
      const sampled = await abortion.race(stream.next());
      const piece = answer.read(sampled, sampled.time);
      if (answer.finish() !== null) stream.cancel();
      if (piece !== null) yield piece;
    }
    yield answer.end();
  } finally {
    stream?.cancel();
    abortion.release();
  }
}

type AnswerParts = Pick<GeneratorParts, 'vocabulary' | 'template' | 'contextSize'>;

/** A prompt as tokens, and an answer to it as it grows. */
function startAnswer(
  { vocabulary, template, contextSize }: AnswerParts,
  prompt: Prompt,
  { maxTokens, stop }: Pick<Generation, 'maxTokens' | 'stop'>,
) {
  const rendered = template.render(prompt);
  const tokens = vocabulary.encode(rendered);
  if (tokens.length >= contextSize) {
    throw new ModelFailure(
      'prompt-too-long',
      `the prompt has ${tokens.length} tokens and the context holds ${contextSize} with the answer; ` +
        'shorten the prompt or raise `context`',
    );
  }
  const detokeniser = createDetokeniser(vocabulary.decode);
  const filter = createStopFilter(stop);
  const limit = Math.min(maxTokens, contextSize - tokens.length);
  let finish: 'stop' | 'length' | null = null;
  let count = 0;
  return {
    tokens,
    limit,
    length: () => count,
    finish: () => finish,
    /** The piece that a token makes; none for one that ends the answer and lets nothing go that was held back. */
    read({ token, logprob }: SampledToken, time: number): Piece | null {
      if (vocabulary.endsAnswer(token)) {
        finish = 'stop';
        const rest = filter.push(detokeniser.end()).text + filter.end();
        return rest === '' ? null : { kind: 'piece', time, text: rest, tokens: 0, logprobs: [] };
      }
      count++;
      let { text, stopped } = filter.push(detokeniser.push(token));
      if (stopped) finish = 'stop';
      else if (count === limit) {
        const rest = filter.push(detokeniser.end());
        text += rest.text + filter.end();
        finish = rest.stopped ? 'stop' : 'length';
      }
      return { kind: 'piece', time, text, tokens: 1, logprobs: [logprob] };
    },
    end: (): End => ({
      kind: 'end',
      time: now(),
      finish: finish!,
      promptTokens: { value: tokens.length, source: 'engine' },
      outputTokens: { value: count, source: 'engine' },
      rendered,
    }),
  };
}
