/** One opened decoder as a session: prompts in, stamped tokens out; contexts and continuations in, log-likelihoods out. */
import type { Generation, Prompt } from '../../core/definition/suite.js';
import type { SessionFacts } from '../../core/measure/log.js';
import {
  type GenerationEvent,
  type Loglikelihood,
  type LoglikelihoodRequest,
  ModelFailure,
  type Session,
} from '../backend.js';
import { encodePair } from '../continuation.js';
import { createDetokeniser } from '../detokenise.js';
import { createStopFilter } from '../stop.js';
import type { Decoder } from './decoder.js';
import { createSampler, likeliest, logProbability } from './sampling.js';
import type { TextModel } from './tokenizer.js';

export interface SessionParts {
  readonly decoder: Decoder;
  readonly text: TextModel;
  readonly facts: SessionFacts;
  /** Tokens that end an answer. */
  readonly endTokens: readonly number[];
  /** Tokens that prompt and answer may have together. */
  readonly context: number;
  release(): Promise<void>;
}

export function createSession({ decoder, text, facts, endTokens, context, release }: SessionParts): Session {
  const now = () => performance.now() / 1000;

  async function* generate(
    prompt: Prompt,
    generation: Generation,
    signal: AbortSignal,
  ): AsyncGenerator<GenerationEvent, void, void> {
    signal.throwIfAborted();
    const rendered = text.template.render(prompt);
    const tokens = promptTokens(text, rendered);
    requireRoom(tokens.length + 1, context, 'the prompt and the first token of its answer');
    const most = Math.min(generation.maxTokens, context - tokens.length);
    const stopTokens = new Set([...endTokens, ...specialTokens(text, generation.stop)]);
    const sample = createSampler(generation);
    const answer = createAnswer(text, generation.stop);

    decoder.forget();
    decoder.reserve(tokens.length + most);
    let logits = await decoder.read(tokens, signal);
    let finish: 'stop' | 'length' | null = null;
    let count = 0;
    while (finish === null) {
      const token = sample(logits);
      const time = now();
      if (stopTokens.has(token)) {
        finish = 'stop';
        const rest = answer.end();
        if (rest !== '') yield { kind: 'piece', time, text: rest, tokens: 0, logprobs: [] };
      } else {
        count++;
        const released = answer.push(token);
        if (released.stopped) finish = 'stop';
        else if (count === most) finish = 'length';
        const rest = finish === 'length' ? answer.end() : '';
        const logprobs = [logProbability(logits, token)];
        yield { kind: 'piece', time, text: released.text + rest, tokens: 1, logprobs };
        signal.throwIfAborted();
        if (finish === null) logits = await decoder.step(token);
      }
    }
    yield {
      kind: 'end',
      time: now(),
      finish,
      promptTokens: { value: tokens.length, source: 'engine' },
      outputTokens: { value: count, source: 'engine' },
      rendered: { value: rendered },
    };
  }

  async function loglikelihood(
    { context: before, continuations }: LoglikelihoodRequest,
    signal: AbortSignal,
  ): Promise<readonly Loglikelihood[]> {
    signal.throwIfAborted();
    const encoder = { encode: (part: string) => text.encode(part, 'special'), emptyContext: text.emptyContext };
    const pairs = continuations.map((continuation) => encodePair(before, continuation, encoder));
    const shared = pairs[0]?.context ?? [];
    const branches = distinct(pairs.map((pair) => pair.continuation));
    const longest = Math.max(0, ...branches.map((tokens) => tokens.length));
    // The last token of a continuation is only predicted, never read.
    requireRoom(shared.length + longest - 1, context, 'the context and its longest continuation');
    if (shared.length === 0) return [];

    const totals = branches.map(() => ({ sum: 0, greedy: true }));
    decoder.reserve(shared.length + longest);
    const score = (logits: Float32Array, branch: number, i: number) => {
      const total = totals[branch]!;
      const token = branches[branch]![i]!;
      total.sum += logProbability(logits, token);
      total.greedy &&= likeliest(logits) === token;
    };
    await decoder.predict(shared, branches, score, signal);
    return pairs.map(({ continuation }) => {
      const branch = branches.findIndex((tokens) => tokens.join() === continuation.join());
      return { ...totals[branch]!, tokens: continuation.length };
    });
  }

  let closed: Promise<void> | undefined;
  return {
    facts,
    now,
    processes: [],
    generate,
    loglikelihood,
    close: () => {
      closed ??= release();
      return closed;
    },
  };
}

function requireRoom(tokens: number, context: number, what: string): void {
  if (tokens <= context) return;
  throw new ModelFailure(
    'prompt-too-long',
    `${what} are ${tokens} tokens, more than the ${context} of the context; shorten it or give the model more \`context\``,
  );
}

/** A chat template writes its special tokens itself; plain text gets those of the tokenizer. Nothing is one token too. */
function promptTokens(text: TextModel, rendered: string): readonly number[] {
  const tokens = text.encode(rendered, text.template.source === null ? 'special' : 'plain');
  return tokens.length > 0 ? tokens : [text.emptyContext];
}

/** Decoding hides special tokens, so a stop string that is one of them must be met as a token. */
function specialTokens(text: TextModel, stops: readonly string[]): number[] {
  return stops.map((stop) => text.specialToken(stop)).filter((token) => token !== null);
}

/** Tokens to the text that may be shown: whole characters, up to a stop string. */
function createAnswer(text: TextModel, stops: readonly string[]) {
  const detokeniser = createDetokeniser(text.decode);
  const filter = createStopFilter(stops);
  return {
    push: (token: number) => filter.push(detokeniser.push(token)),
    end: () => {
      const { text: rest, stopped } = filter.push(detokeniser.end());
      return stopped ? rest : rest + filter.end();
    },
  };
}

/** Equal continuations are read once, so that they score the same to the last bit. */
function distinct(branches: readonly (readonly number[])[]): (readonly number[])[] {
  return [...new Map(branches.map((tokens) => [tokens.join(), tokens])).values()];
}
