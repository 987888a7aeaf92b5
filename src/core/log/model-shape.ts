/** The shape of a model in a log: what ../capacity/shape.ts explains, as a schema. */
import { z } from 'zod';

const size = z.number().positive();
const part = { parameters: z.number().min(0), bytes: z.number().min(0) };

const layer = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('attention'),
    heads: size,
    kvHeads: size,
    keySize: size,
    valueSize: size,
    window: size.nullable(),
    cache: z.enum(['own', 'shared']),
  }),
  z.object({
    kind: z.literal('latent'),
    heads: size,
    rank: size,
    ropeSize: z.number().min(0),
    keySize: size.optional(),
    valueSize: size.optional(),
  }),
  z.object({ kind: z.literal('recurrent'), convolution: z.number().min(0), state: z.number().min(0) }),
  z.object({ kind: z.literal('stateless') }),
]);

export const modelShapeSchema = z.object({
  architecture: z.string(),
  width: size,
  feedForward: z.number().min(0),
  vocabulary: size,
  maxContext: size.nullable(),
  layers: z.array(layer),
  weights: z.object({
    embedding: z.object(part),
    output: z.object(part).nullable(),
    body: z.object(part),
    experts: z.object({ ...part, count: size, used: size }).nullable(),
  }),
});
