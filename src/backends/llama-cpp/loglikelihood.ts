/**
 * Log-likelihoods of continuations, as lm-evaluation-harness defines them (HFLM._loglikelihood_tokens): the sum over a
 * continuation's tokens of the log-probability of each after all before it; a text too long for the model loses its
 * beginning.
 *
 *     context:        Q: Which queue? A:      computed once, in sequence 0, and kept: the next few-shot prompt starts alike
 *     continuations:  returns                 the first token of each needs only the context's logits; the others
 *                     the warehouse           are computed side by side, each continuation behind a copy of the context
 *                     nowhere at all
 */

import { type Abortion, abortionOf } from '../abort.js';
import type { Loglikelihood, LoglikelihoodRequest } from '../backend.js';
import { byContext, joinParts, partsOf } from '../continuation.js';
import { type ContextNeeds, type Engine, prefill } from './engine.js';
import type { Turns } from './llama-session.js';
import type { Vocabulary } from './vocabulary.js';

export interface LoglikelihoodScorer {
  score(request: LoglikelihoodRequest, signal: AbortSignal): Promise<readonly Loglikelihood[]>;
  close(): Promise<void>;
}

export interface LoglikelihoodParts {
  readonly vocabulary: Vocabulary;
  /** Tokens of context and continuation together. */
  readonly contextSize: number;
  readonly turns: Turns;
  /** A llama.cpp context beside the one that generates, whose memory and speed stay as they are without scoring. */
  openContext(needs: ContextNeeds): Promise<Engine>;
}

const CONTEXT = 0;
const MOST_COPIES = 8;
/** The number of tokens whose logits are kept at once. Each has as many logits as the vocabulary has tokens. */
const MOST_LOGITS = 128;
/** Copying a sequence copies all of its room, so rooms are no larger than they must be. */
const SMALLEST_ROOM = 256;

export function createLoglikelihoodScorer({
  vocabulary,
  contextSize,
  turns,
  openContext,
}: LoglikelihoodParts): LoglikelihoodScorer {
  let opened: { readonly engine: Engine; readonly needs: ContextNeeds } | null = null;
  /** The tokens that sequence 0 holds. */
  let held: readonly number[] = [];

  async function engineFor(sequences: number, tokens: number): Promise<Engine> {
    const { needs } = opened ?? {};
    if (opened !== null && opened.needs.sequences >= sequences && opened.needs.contextSize >= tokens)
      return opened.engine;
    const larger: ContextNeeds = {
      sequences: Math.max(sequences, needs?.sequences ?? 1),
      contextSize: Math.max(SMALLEST_ROOM, 2 ** Math.ceil(Math.log2(tokens)), needs?.contextSize ?? 0),
      fullWindow: true,
    };
    await close();
    opened = { engine: await openContext(larger), needs: larger };
    return opened.engine;
  }

  async function close(): Promise<void> {
    const closing = opened;
    opened = null;
    held = [];
    await closing?.engine.close();
  }

  /** Computes what sequence 0 does not hold of the context; returns where the logits of its last token are. */
  async function compute(context: readonly number[], engine: Engine, abortion: Abortion): Promise<number> {
    let shared = 0;
    while (shared < context.length - 1 && held[shared] === context[shared]) shared++;
    held = [];
    if (!engine.forget(CONTEXT, shared)) {
      shared = 0;
      engine.forget(CONTEXT, 0);
    }
    const rest = { sequence: CONTEXT, position: shared, tokens: context.slice(shared) };
    const logits = await prefill(engine, rest, abortion.race);
    held = context;
    return logits;
  }

  async function scoreBehind(
    context: readonly number[],
    continuations: readonly (readonly number[])[],
    abortion: Abortion,
  ): Promise<readonly Loglikelihood[]> {
    const tallies = continuations.map((tokens) => ({ continuation: tokens, sum: 0, greedy: true }));
    const longer = tallies.filter(({ continuation }) => continuation.length > 1);
    const together = longer.length > 1 ? longer.filter(({ continuation }) => continuation.length <= MOST_LOGITS) : [];
    const oneByOne = longer.filter((tally) => !together.includes(tally));

    const longest = Math.max(...continuations.map(({ length }) => length));
    const engine = await engineFor(1 + Math.min(together.length, MOST_COPIES), context.length + longest);
    await abortion.race(engine.idle());

    const count = (tally: (typeof tallies)[number], token: number, logits: number) => {
      const { logprob, greedy } = engine.score(logits, tally.continuation[token]!);
      tally.sum += logprob;
      tally.greedy &&= greedy;
    };

    const logits = await compute(context, engine, abortion);
    for (const tally of tallies) if (tally.continuation.length > 0) count(tally, 0, logits);

    for (const wave of wavesOf(together)) {
      for (const copy of wave.keys()) engine.copy(CONTEXT, copy + 1);
      const spans = wave.map(({ continuation }, copy) => ({
        sequence: copy + 1,
        position: context.length,
        tokens: continuation.slice(0, -1),
        logits: 'all' as const,
      }));
      const places = await abortion.race(engine.decode(spans));
      for (const [copy, tally] of wave.entries()) {
        for (const [at, place] of places[copy]!.entries()) count(tally, at + 1, place);
      }
    }

    for (const tally of oneByOne) {
      if (held !== context) await compute(context, engine, abortion);
      const inputs = tally.continuation.slice(0, -1);
      for (let start = 0; start < inputs.length; start += MOST_LOGITS) {
        const tokens = inputs.slice(start, start + MOST_LOGITS);
        const span = { sequence: CONTEXT, position: context.length + start, tokens, logits: 'all' as const };
        const [places] = await abortion.race(engine.decode([span]));
        for (const [at, place] of places!.entries()) count(tally, start + at + 1, place);
      }
      if (!engine.forget(CONTEXT, context.length)) held = [];
    }
    return tallies.map(({ continuation, sum, greedy }) => ({ sum, tokens: continuation.length, greedy }));
  }

  return {
    close,
    async score({ context, continuations }, signal) {
      const release = turns.take();
      const abortion = abortionOf(signal);
      try {
        abortion.check();
        const parts = new Map(
          [...new Set(continuations)].map((continuation) => {
            const pairs = partsOf(context, continuation, { encoder: vocabulary, window: contextSize });
            return [continuation, { pairs, found: [] as Loglikelihood[] }] as const;
          }),
        );
        // Only a text too long for the model has several contexts.
        const flat = [...parts.values()].flatMap(({ pairs, found }) => pairs.map((pair) => ({ pair, found })));
        for (const members of byContext(flat)) {
          const behind = members.map(({ pair }) => pair.continuation);
          const results = await scoreBehind(members[0]!.pair.context, behind, abortion);
          for (const [place, { found }] of members.entries()) found.push(results[place]!);
        }
        return continuations.map((continuation) => {
          const { pairs, found } = parts.get(continuation)!;
          return joinParts(found, pairs);
        });
      } finally {
        abortion.release();
        release();
      }
    },
  };
}

/** A wave has at most as many continuations as there are copies of the context and kept logits. */
function wavesOf<T extends { readonly continuation: readonly number[] }>(tallies: readonly T[]): T[][] {
  const waves: T[][] = [];
  let logits = 0;
  for (const tally of tallies) {
    const needed = tally.continuation.length - 1;
    const wave = waves.at(-1);
    if (wave !== undefined && wave.length < MOST_COPIES && logits + needed <= MOST_LOGITS) {
      wave.push(tally);
      logits += needed;
    } else {
      waves.push([tally]);
      logits = needed;
    }
  }
  return waves;
}
