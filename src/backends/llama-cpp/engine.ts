/**
 * A llama.cpp context as this backend uses it: decode a batch, then sample or score its logits, one batch at a time.
 *
 * llama.cpp decodes tokens at positions of numbered sequences and keeps what it computed of them (the KV cache). The logits
 * of a token are the scores of what may follow it; a log-probability is a logit minus the logarithm of the sum of the
 * exponentials of all.
 */
import type { Generation } from '../../core/definition/suite.js';
import type { Native, NativeSampler } from './native.js';

/** Consecutive tokens of a sequence. */
export interface Span {
  readonly sequence: number;
  readonly position: number;
  readonly tokens: ArrayLike<number>;
  /** Whose logits are wanted. */
  readonly logits: 'none' | 'last' | 'all';
}

export interface Engine {
  /** Computes the spans as one batch. Returns for each where the logits it wanted are, until the next batch. */
  decode(spans: readonly Span[]): Promise<readonly Uint32Array[]>;
  /** Computes a long span as several batches, and returns where the logits of its last token are. */
  prefill(span: Omit<Span, 'logits'>, abortable: Abortable): Promise<number>;
  sampler(settings: Sampling): Sampler;
  /** The log-probability of a token, and whether it was the most likely one. */
  score(logits: number, token: number): Promise<{ readonly logprob: number; readonly greedy: boolean }>;
  /** Makes a sequence hold what another holds. */
  copy(from: number, to: number): Promise<void>;
  /** Forgets a sequence from a position on; false where this architecture can only forget all of it. */
  forget(sequence: number, from: number): boolean;
  /** Waits for the batch that an aborted request left computing. */
  idle(): Promise<void>;
  dispose(): void;
}

export type Sampling = Pick<Generation, 'temperature' | 'topP' | 'seed'>;
export type Abortable = <T>(work: Promise<T>) => Promise<T>;

export interface Sampler {
  sample(logits: number): Promise<{ readonly token: number; readonly logprob: number }>;
  dispose(): void;
}

export function createEngine({ context, createSampler }: Native, batchSize: number): Engine {
  let inFlight: Promise<void> = Promise.resolve();
  const greedy = createSampler();
  greedy.applyConfig({ temperature: 0, seed: 0 });

  async function decode(spans: readonly Span[]): Promise<readonly Uint32Array[]> {
    context.initBatch(spans.reduce((total, { tokens }) => total + tokens.length, 0));
    const logits = spans.map((span) =>
      context.addToBatch(span.sequence, span.position, Uint32Array.from(span.tokens), wantedOf(span)),
    );
    const decoded = context.decodeBatch();
    inFlight = decoded.catch(() => {});
    await decoded;
    return logits;
  }

  async function score(logits: number, token: number) {
    const report = await context.sampleToken(logits, greedy, false, false, [[token], false, false, true, 0], true);
    const [likeliest, , , pairs = [], weight] = report;
    const logitOf = (wanted: number) => {
      for (let at = 0; at < pairs.length; at += 2) if (pairs[at] === wanted) return pairs[at + 1]!;
      throw new Error(`the engine gave no logit of token ${wanted}`);
    };
    return { logprob: logitOf(token) - logitOf(likeliest) - Math.log(weight), greedy: likeliest === token };
  }

  return {
    decode,
    score,
    async prefill({ sequence, position, tokens }, abortable) {
      const all = Uint32Array.from(tokens);
      for (let start = 0; ; start += batchSize) {
        const part = all.subarray(start, start + batchSize);
        const last = start + part.length === all.length;
        const span: Span = { sequence, position: position + start, tokens: part, logits: last ? 'last' : 'none' };
        const [logits] = await abortable(decode([span]));
        if (last) return logits![0]!;
      }
    },
    sampler: (settings) => {
      const sampler = createSampler();
      sampler.applyConfig(configOf(settings));
      return {
        sample: async (logits) => {
          const [token, , , , weight] = await context.sampleToken(logits, sampler, false, false, false, true);
          if (token < 0) throw new Error('the engine found no token to go on with (its logits are not numbers)');
          // A greedy token has the highest logit, so its probability is 1 in the weight of all. Sampling at a temperature
          // has changed the logits, and the model's own probability is read anew.
          const logprob = settings.temperature === 0 ? -Math.log(weight) : (await score(logits, token)).logprob;
          return { token, logprob };
        },
        dispose: () => sampler.dispose(),
      };
    },
    async copy(from, to) {
      context.disposeSequence(to);
      await context.copySequenceStateFromOtherSequence(to, from);
    },
    forget(sequence, from) {
      if (from > 0) return context.removeTokenCellsFromSequence(sequence, from, -1);
      context.disposeSequence(sequence);
      return true;
    },
    idle: () => inFlight,
    dispose: () => greedy.dispose(),
  };
}

/** llama.cpp draws the seed 2^32 - 1 from the clock, so it is left out. */
function configOf({ temperature, topP, seed }: Sampling): Parameters<NativeSampler['applyConfig']>[0] {
  return { temperature, seed: seed % 0xffffffff, ...(topP < 1 && temperature > 0 && { topP }) };
}

function wantedOf({ tokens, logits }: Span): Uint32Array {
  switch (logits) {
    case 'none':
      return new Uint32Array(0);
    case 'last':
      return Uint32Array.of(tokens.length - 1);
    case 'all':
      return Uint32Array.from({ length: tokens.length }, (_, index) => index);
  }
}
