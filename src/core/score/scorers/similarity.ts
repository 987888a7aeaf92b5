/**
 * How near is the meaning of an answer to that of the target? The score is the cosine of their embeddings, which the shell computes with
 * an embedding model. The cosine of unrelated texts is rarely 0, so a threshold may say which answers count.
 */
import { z } from 'zod';
import { SampleError, type Scorer, scored, unscored } from '../score.js';
import { targetsOf } from '../text/text.js';

const options = z.strictObject({
  model: z
    .string()
    .min(1)
    .default('hf:Xenova/all-MiniLM-L6-v2')
    .describe('The embedding model: a folder in the Hugging Face layout with ONNX graphs, or a hub reference.'),
  threshold: z
    .number()
    .min(-1)
    .max(1)
    .optional()
    .describe(
      'The cosine from which the score is 1; below it the score is 0. Without it the score is the cosine, or 0 if that is negative.',
    ),
});

export const similarity: Scorer<z.infer<typeof options>> = {
  summary: 'the answer means what the target means (cosine of embeddings)',
  reference: 'sentence-transformers cos_sim; promptfoo similar',
  options,
  needs: 'embeddings',
  request: ({ output, target }, { model }) => ({ effect: 'embeddings', model, texts: [output, ...targetsOf(target)] }),
  score({ output, target, evidence }, { threshold }) {
    if (output.trim() === '') return scored(0, null);
    if (evidence?.effect !== 'embeddings') return unscored('there are no embeddings of the answer and the target');
    const [answer, ...targets] = evidence.vectors;
    if (answer === undefined || targets.length !== targetsOf(target).length)
      throw new SampleError('expected an embedding per text');
    const best = Math.max(...targets.map((one) => cosine(answer, one)));
    const value = threshold === undefined ? Math.min(1, Math.max(0, best)) : best >= threshold ? 1 : 0;
    return scored(value, output, { cosine: best });
  },
};

export function cosine(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length)
    throw new SampleError(`expected embeddings of one length, found ${a.length} and ${b.length}`);
  let dot = 0;
  let normA = 0;
  let normB = 0;
  for (const [index, x] of a.entries()) {
    const y = b[index]!;
    dot += x * y;
    normA += x * x;
    normB += y * y;
  }
  return normA === 0 || normB === 0 ? 0 : dot / Math.sqrt(normA * normB);
}
