/**
 * What one trial produced, raw. Nothing here is derived: rates and latencies are computed from the time stamps when a log
 * is read, so that a mended formula mends last month's runs.
 *
 * All times are seconds from the moment the request was *due* (coordinated omission: a request that waited for its turn
 * has waited), on the monotonic clock of the process that ran the model.
 */
import { z } from 'zod';
import type { DeepReadonly } from '../deep-readonly.js';

/** Larger numbers are no measurement: a log that holds one is damaged, and sums of them would overflow. */
const LARGEST = 1e15;

export const number = z.number().min(-LARGEST).max(LARGEST);
const positive = z.number().min(0).max(LARGEST);
const natural = z.int().min(0).max(LARGEST);

export const missingSchema = z.strictObject({ missing: z.string() });

export const quantitySchema = z.union([z.strictObject({ value: number }), missingSchema]);

export const textSchema = z.union([z.strictObject({ value: z.string() }), missingSchema]);

const source = z.enum(['engine', 'server', 'tokenizer', 'none']);

const tokenCount = z.union([
  z.strictObject({ value: natural, source }),
  z.strictObject({ missing: z.string(), source }),
]);

/** A count of tokens, and who counted: chunks of a stream are not tokens. */
export type TokenCount = DeepReadonly<z.infer<typeof tokenCount>>;

const timing = z
  .object({
    sent: positive,
    pieces: z
      .array(positive)
      .describe(
        'When each non-empty piece of output arrived. A piece is one token, or whatever a server chose to send at once.',
      ),
    tokensPerPiece: z
      .union([z.array(natural), z.literal('unknown')])
      .exactOptional()
      .describe(
        'The tokens of each piece. It is absent when every piece is one token, `unknown` when only the server knows.',
      ),
    firstAnswer: positive
      .exactOptional()
      .describe('When the first piece of the answer arrived, where pieces of reasoning came before it.'),
    end: positive.describe('When the stream ended.'),
  })
  .refine(({ pieces }) => ascends(pieces), { path: ['pieces'], error: 'expected times that never go back' });

export type Timing = DeepReadonly<z.infer<typeof timing>>;

const completed = z.object({
  state: z.literal('completed'),
  output: z.string(),
  finish: z.enum(['stop', 'length', 'refused']),
  renderedHash: textSchema.describe('SHA-256 of the prompt with its chat template applied, as the engine received it.'),
  promptTokens: tokenCount,
  outputTokens: tokenCount,
  timing,
  logprobs: z
    .union([z.strictObject({ value: z.array(number) }), missingSchema])
    .describe('Natural logarithms, one for each output token, where the engine gives them.'),
  cachedTokens: natural
    .exactOptional()
    .describe(
      'Prompt tokens that were in a cache and were not computed; absent where none were, or the engine does not say.',
    ),
  unseenTokens: quantitySchema
    .exactOptional()
    .describe('Output tokens that were counted and never sent: the hidden reasoning of some servers.'),
  retries: z
    .object({ count: natural, waited: positive })
    .exactOptional()
    .describe('Attempts after the first, and the seconds of waiting between them. They are part of no latency.'),
});

export type Completed = DeepReadonly<z.infer<typeof completed>>;

const loglikelihood = z.object({
  sum: number.describe("Sum of natural logarithms over the text's tokens."),
  tokens: natural,
  greedy: z.boolean().describe('Whether every token was the most likely one.'),
  cut: natural.exactOptional().describe('Tokens at the beginning of the context that the model had no room for.'),
});

export type Loglikelihood = DeepReadonly<z.infer<typeof loglikelihood>>;

const ranked = z.object({
  state: z.literal('ranked'),
  loglikelihoods: z.array(loglikelihood).describe('One for each continuation of the sample, in its order.'),
  unconditional: z
    .array(loglikelihood)
    .exactOptional()
    .describe('The same texts without the prompt, where the task asks for them.'),
  seconds: positive.describe('The time of all requests of the sample together.'),
});

/** Log-likelihoods of given texts: the model was not asked to speak, and its speed was not measured. */
export type Ranked = DeepReadonly<z.infer<typeof ranked>>;

const failed = z.object({
  state: z.literal('failed'),
  by: z
    .enum(['model', 'harness'])
    .describe('A model that is silent, refuses or takes too long is wrong; what broke on our side is unscored.'),
  kind: z.enum(['timeout', 'crash', 'server', 'prompt-too-long', 'engine', 'cannot']),
  reason: z.string(),
  output: z.string().describe('The output before the failure.'),
  first: positive.exactOptional().describe('When the first piece arrived, if one did before the failure.'),
});

export type Failed = DeepReadonly<z.infer<typeof failed>>;

export const outcomeSchema = z.discriminatedUnion('state', [completed, ranked, failed]);

export type Outcome = Completed | Ranked | Failed;

export const memoryReadingSchema = z.object({
  resident: quantitySchema,
  anonymous: quantitySchema.describe('Heap and stacks: memory that the machine must really set aside.'),
  fileMapped: quantitySchema.describe('Pages of mapped files (weights), which the system can drop and read again.'),
  gpu: quantitySchema,
});

/** Memory of one process (and of a server that we started), bytes, from the operating system. */
export type MemoryReading = DeepReadonly<z.infer<typeof memoryReadingSchema>>;

/** Whether the pieces of an answer came one after another: a rule of the schema that JSON Schema cannot state. */
export function timesAscend({ outcome }: { readonly outcome: Outcome }): boolean {
  return !isCompleted(outcome) || ascends(outcome.timing.pieces);
}

function ascends(times: readonly number[]): boolean {
  for (let i = 1; i < times.length; i++) if (times[i]! < times[i - 1]!) return false;
  return true;
}

export function isCompleted(outcome: Outcome): outcome is Completed {
  return outcome.state === 'completed';
}
