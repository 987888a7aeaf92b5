/** Generating with an opened model: render, tokenise, prefill, then one token at a time until something ends the answer. */
import { performance } from 'node:perf_hooks';
import type { Generation, Prompt } from '../../core/definition/suite.js';
import { type GenerationEvent, ModelFailure } from '../backend.js';
import type { ChatTemplate } from '../chat-template.js';
import { createDetokeniser } from '../detokenise.js';
import { createStopFilter } from '../stop.js';
import { abortionOf } from './abort.js';
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
  end(): void;
}

export function createTurns(): Turns {
  let state: 'free' | 'taken' | 'ended' = 'free';
  return {
    take() {
      if (state === 'ended') throw new Error('the session is closed');
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
  { engine, vocabulary, template, contextSize, turns }: GeneratorParts,
  prompt: Prompt,
  { maxTokens, stop, ...sampling }: Generation,
  signal: AbortSignal,
): AsyncGenerator<GenerationEvent, void, undefined> {
  const release = turns.take();
  const abortion = abortionOf(signal);
  const sampler = engine.sampler(sampling);
  try {
    abortion.check();
    const rendered = template.render(prompt);
    const tokens = vocabulary.encode(rendered);
    if (tokens.length >= contextSize) {
      throw new ModelFailure(
        'prompt-too-long',
        `the prompt has ${tokens.length} tokens and the context holds ${contextSize} with the answer; ` +
          'shorten the prompt or raise `context`',
      );
    }
    await abortion.race(engine.idle());
    engine.forget(SEQUENCE, 0);
    let logits = await prefill(engine, { sequence: SEQUENCE, position: 0, tokens }, abortion.race);

    const detokeniser = createDetokeniser(vocabulary.decode);
    const filter = createStopFilter(stop);
    const limit = Math.min(maxTokens, contextSize - tokens.length);
    let finish: 'stop' | 'length' | null = null;
    let count = 0;
    while (finish === null) {
      const { token, logprob } = await sampler.sample(logits);
      const time = now();
      abortion.check();
      if (vocabulary.endsAnswer(token)) {
        const rest = filter.push(detokeniser.end()).text + filter.end();
        if (rest !== '') yield { kind: 'piece', time, text: rest, tokens: 0, logprobs: [] };
        finish = 'stop';
        break;
      }
      count++;
      let { text, stopped } = filter.push(detokeniser.push(token));
      if (stopped) finish = 'stop';
      else if (count === limit) {
        const rest = filter.push(detokeniser.end());
        text += rest.text + filter.end();
        finish = rest.stopped ? 'stop' : 'length';
      }
      const next =
        finish === null
          ? engine.decode([
              { sequence: SEQUENCE, position: tokens.length + count - 1, tokens: [token], logits: 'last' },
            ])
          : null;
      next?.catch(() => {});
      yield { kind: 'piece', time, text, tokens: 1, logprobs: [logprob] };
      if (next !== null) logits = (await abortion.race(next))[0]![0]!;
    }
    yield {
      kind: 'end',
      time: now(),
      finish,
      promptTokens: { value: tokens.length, source: 'engine' },
      outputTokens: { value: count, source: 'engine' },
      rendered: { value: rendered },
    };
  } finally {
    sampler.close();
    abortion.release();
    release();
  }
}
