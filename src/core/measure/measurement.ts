/**
 * The raw data of one trial. Nothing here is derived. Rates and latencies are computed from the timestamps when a log is read,
 * so a corrected formula also corrects last month's runs.
 *
 * All times are seconds since the request was *due*, so the wait for a free slot counts (coordinated omission). They come from
 * the monotonic clock of the process that ran the model.
 */
import { z } from 'zod';
import type { DeepReadonly } from '../deep-readonly.js';

/** No measurement is larger. A log with a larger number is damaged, and sums of such numbers would overflow. */
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

/** A count of tokens, and who counted them. The chunks of a stream are not tokens. */
export type TokenCount = DeepReadonly<z.infer<typeof tokenCount>>;

const firstAnswer = z
  .union([positive, z.literal('never'), z.literal('unknown')])
  .describe(
    'The arrival time of the first piece of the answer, if pieces of reasoning came before it; `never` if only reasoning came, `unknown` if the text does not tell. Logs from before December 2026 have none.',
  );

const timing = z
  .object({
    sent: positive,
    pieces: z
      .array(positive)
      .describe(
        'The arrival time of each non-empty piece of output. A piece is one token, or the text that a server sent at once.',
      ),
    tokensPerPiece: z
      .union([z.array(natural), z.literal('unknown')])
      .exactOptional()
      .describe(
        'The number of tokens in each piece. Absent if every piece is one token; `unknown` if only the server knows.',
      ),
    firstAnswer: firstAnswer.exactOptional(),
    end: positive.describe('The time when the stream ended.'),
  })
  .refine(({ pieces }) => ascends(pieces), { path: ['pieces'], error: 'expected times that never go back' });

export type Timing = DeepReadonly<z.infer<typeof timing>>;

const completed = z.object({
  state: z.literal('completed'),
  output: z.string(),
  finish: z.enum(['stop', 'length', 'refused']),
  renderedHash: textSchema
    .exactOptional()
    .describe(
      'SHA-256 of the prompt that the engine received, with the chat template applied. Absent where a server applies it, unseen.',
    ),
  promptTokens: tokenCount,
  outputTokens: tokenCount,
  timing,
  logprobs: z
    .union([z.strictObject({ value: z.array(number) }), missingSchema])
    .describe('The log-probability of each output token (natural logarithm), if the engine gives it.'),
  cachedTokens: natural
    .exactOptional()
    .describe(
      'Prompt tokens that came from a cache and were not computed. Absent if the engine does not tell; before December 2026 also if there were none.',
    ),
  unseenTokens: quantitySchema
    .exactOptional()
    .describe('Output tokens that the server counted but never sent: the hidden reasoning of some servers.'),
  reconnected: z
    .literal(true)
    .exactOptional()
    .describe(
      'True if the server had given up the connection, and the request was sent again on a new one before the first byte. Every latency includes that.',
    ),
  retries: z
    .object({ count: natural, waited: positive })
    .exactOptional()
    .describe('The attempts after the first, and the seconds of waiting between attempts. No latency includes them.'),
});

export type Completed = DeepReadonly<z.infer<typeof completed>>;

const loglikelihood = z.object({
  sum: number.describe("The sum of the natural logarithms of the probabilities of the text's tokens."),
  tokens: natural,
  greedy: z.boolean().describe('Whether every token was the most likely one.'),
  cut: natural
    .exactOptional()
    .describe('Tokens that were cut from the beginning of the context, because it was too long.'),
});

export type Loglikelihood = DeepReadonly<z.infer<typeof loglikelihood>>;

const ranked = z.object({
  state: z.literal('ranked'),
  loglikelihoods: z.array(loglikelihood).describe('One entry for each continuation of the sample, in the same order.'),
  unconditional: z
    .array(loglikelihood)
    .exactOptional()
    .describe('The log-likelihoods of the same texts without the prompt, if the task asks for them.'),
  seconds: positive.describe('The time of all requests of the sample together.'),
});

/** The log-likelihoods of fixed texts. The model generated no text, and its speed was not measured. */
export type Ranked = DeepReadonly<z.infer<typeof ranked>>;

const failed = z.object({
  state: z.literal('failed'),
  by: z
    .enum(['model', 'harness'])
    .describe('A model that is silent, refuses or takes too long is wrong. A failure of the harness is unscored.'),
  kind: z
    .enum([
      'timeout',
      'crash',
      'server',
      'prompt-too-long',
      'engine',
      'cannot',
      'rate-limit',
      'connection',
      'client',
      'cut',
      'unsent',
    ])
    .describe(
      'Under load: `connection` is a server that takes none, `client` a limit of this machine, `cut` an answer under way when its step ended, and `unsent` a request that the client never sent.',
    ),
  reason: z.string(),
  output: z.string().describe('The output before the failure.'),
  sent: positive.exactOptional().describe('When the request was sent, under load.'),
  first: positive.exactOptional().describe('When the first piece arrived, if one did before the failure.'),
  firstAnswer: firstAnswer.exactOptional(),
});

export type Failed = DeepReadonly<z.infer<typeof failed>>;

export const outcomeSchema = z.discriminatedUnion('state', [completed, ranked, failed]);

export type Outcome = Completed | Ranked | Failed;

export const memoryReadingSchema = z.object({
  resident: quantitySchema,
  anonymous: quantitySchema.describe('Heap and stacks. The system cannot drop this memory.'),
  fileMapped: quantitySchema.describe('Pages of mapped files (weights). The system can drop them and read them again.'),
  gpu: quantitySchema,
});

/** The memory of one process (and of a server that we started) in bytes, from the operating system. */
export type MemoryReading = DeepReadonly<z.infer<typeof memoryReadingSchema>>;

/** Whether the arrival times of an answer never decrease. JSON Schema cannot state this rule. */
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
