/**
 * Makes the prompts of a synthetic load test exact for one model: asks its server which words are one token each, and how many tokens it
 * adds to them, and makes every prompt shorter by that many words.
 */
import { generationSchema } from '../core/definition/suite.js';
import { UserError } from '../core/errors.js';
import { askedLengths, NONCE, OPENING, syntheticText, WORDS } from '../core/load/synthetic.js';
import type { SampleRecord } from '../core/log/log.js';
import { isMissing } from '../core/quantity.js';
import type { TrialRequest } from '../worker/protocol.js';
import type { WorkerSession } from '../worker/worker-session.js';

export interface SyntheticOptions {
  readonly model: string;
  readonly prefix: number;
  readonly seed: number;
  readonly samples: readonly SampleRecord[];
  readonly signal: AbortSignal;
}

export interface ExactPrompts {
  readonly questions: readonly TrialRequest[];
  /** Tokens that the server adds to the words of a prompt. */
  readonly added: number;
  /** How many words are one token each. */
  readonly words: number;
}

/** With fewer words, a nonce would hardly tell two requests apart. */
const LEAST_WORDS = 16;

/** `found 20 in the shortest of 100; …` The tail of a distribution may be what is short. */
export function shortPrompt(shortest: number, prompts: number): string {
  return `found ${shortest} in the shortest of ${prompts}; ask for longer prompts (uniform: has a least length), or for a shorter --prefix`;
}

/** @throws UserError when the server does not count tokens, or if a prompt should be shorter than the tokens that the server adds to it. */
export async function exactPrompts(
  session: Pick<WorkerSession, 'run'>,
  { model, prefix, seed, samples, signal }: SyntheticOptions,
): Promise<ExactPrompts> {
  const count = (words: readonly string[]) => countTokens(session, words, { model, signal });
  const words = await singleTokens(WORDS, count);
  if (words.length < LEAST_WORDS) {
    throw new UserError(
      `--prompt: expected a tokenizer with common English words of one token behind model "${model}", found ${words.length} of ${WORDS.length}; use a suite in place of --prompt`,
    );
  }
  const added = (await count(words)) - words.length;
  const least = added + prefix + NONCE;
  const shortest = Math.min(...samples.map(({ fields }) => askedLengths(fields).promptTokens));
  if (shortest < least) {
    throw new UserError(
      `--prompt: expected ${least} tokens or more for model "${model}" (${added} that its server and the first sentence add, ${prefix} of --prefix, ${NONCE} of each request's own), ${shortPrompt(shortest, samples.length)}`,
    );
  }
  const questions = samples.map(({ sample, fields }): TrialRequest => {
    const { promptTokens, outputTokens } = askedLengths(fields);
    const { text, nonce } = syntheticText(promptTokens - added, { prefix, seed, sample, words });
    return {
      for: 'answer',
      prompt: { messages: [{ role: 'user', content: text }] },
      generation: generationSchema.parse({ maxTokens: outputTokens }),
      nonce: { place: nonce, words },
    };
  });
  return { questions, added, words: words.length };
}

type Count = (words: readonly string[]) => Promise<number>;

/** Returns the words that are one token each, in any order. A group that has other words is halved until it has none. */
async function singleTokens(words: readonly string[], count: Count): Promise<readonly string[]> {
  // The added tokens drop out of the difference.
  const tokens = (await count([...words, ...words])) - (await count(words));
  if (tokens === words.length) return words;
  if (words.length === 1) return [];
  const half = Math.ceil(words.length / 2);
  return [...(await singleTokens(words.slice(0, half), count)), ...(await singleTokens(words.slice(half), count))];
}

/** One token is asked for, since no server counts without an answer. */
const ONE = generationSchema.parse({ maxTokens: 1 });

/** @throws UserError when the server does not tell. */
async function countTokens(
  session: Pick<WorkerSession, 'run'>,
  words: readonly string[],
  { model, signal }: Pick<SyntheticOptions, 'model' | 'signal'>,
): Promise<number> {
  const prompt = { messages: [{ role: 'user' as const, content: [OPENING, ...words].join(' ') }] };
  const [answered] = await session.run([{ for: 'answer', prompt, generation: ONE }], signal);
  const { outcome } = answered!;
  const problem =
    outcome.state === 'failed'
      ? outcome.reason
      : outcome.state === 'completed' && isMissing(outcome.promptTokens)
        ? outcome.promptTokens.missing
        : null;
  if (problem !== null || outcome.state !== 'completed' || isMissing(outcome.promptTokens)) {
    throw new UserError(
      `--prompt: expected the server of model "${model}" to count the tokens of a prompt, but ${problem}; use a suite in place of --prompt`,
    );
  }
  return outcome.promptTokens.value;
}
