/** Evidence as it stands in a file: what the world once said of an answer, checked before a scorer believes it. */
import { z } from 'zod';
import type { Evidence } from './score.js';

const numbers = z.array(z.number());

export const evidenceSchema: z.ZodType<Evidence> = z.discriminatedUnion('effect', [
  z.strictObject({ effect: z.literal('embeddings'), vectors: z.array(numbers) }),
  z.strictObject({ effect: z.literal('judge'), answers: z.array(z.string()) }),
  z.strictObject({
    effect: z.literal('own'),
    verdict: z.union([
      z.strictObject({
        value: z.number().min(0).max(1),
        answer: z.string().nullable().exactOptional(),
        said: z.string().exactOptional(),
      }),
      z.strictObject({ failed: z.string() }),
    ]),
  }),
  z.strictObject({
    effect: z.literal('sandbox'),
    result: z.enum(['passed', 'failed', 'timed out']),
    message: z.string().default(''),
  }),
  z.strictObject({
    effect: z.literal('loglikelihoods'),
    conditional: numbers,
    unconditional: numbers.exactOptional(),
    tokens: numbers.exactOptional(),
    greedy: z.array(z.boolean()).exactOptional(),
  }),
]);
