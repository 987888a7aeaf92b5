/**
 * What a workload demands of a model: hard limits, the margin by which an SLM may be worse than the LLM and still count
 * as fitting (non-inferiority), and one preference among the models that pass. Fixed before any data is seen: a margin
 * chosen afterwards proves nothing.
 */
import { z } from 'zod';
import { duration, size } from './units.js';

/** Where on a distribution a limit holds. A limit on a mean says little about the slow requests people notice. */
export const LEVELS = ['mean', 'median', 'p90', 'p95', 'p99'] as const;
const level = z.enum(LEVELS);

export const limitsSchema = z
  .strictObject({
    quality: z.strictObject({ min: z.number().min(0).max(1) }).describe('Mean score of the task, 0 to 1.'),
    ttft: z.strictObject({ max: duration, at: level.default('p95') }).describe('Time to first token, seconds.'),
    e2e: z.strictObject({ max: duration, at: level.default('p95') }).describe('Time to the last token, seconds.'),
    decodeRate: z
      .strictObject({ min: z.number().positive(), at: level.default('median') })
      .describe('Output tokens per second after the first.'),
    memory: z.strictObject({ max: size }).describe('Peak memory of the process that runs the model, bytes.'),
    cost: z.strictObject({ max: z.number().nonnegative() }).describe('US dollars per thousand requests.'),
  })
  .partial();

export const PREFERENCES = ['smallest', 'fastest', 'cheapest', 'best'] as const;

export const requirementSchema = z.strictObject({
  limits: limitsSchema.prefault({}),
  margin: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.03)
    .describe('How much worse than the LLM an SLM may score, in score points (0.03 is 3 points).'),
  alpha: z.number().gt(0).lt(0.5).default(0.05).describe('One-sided error rate of every verdict.'),
  prefer: z.enum(PREFERENCES).default('smallest').describe('What decides among the models that pass.'),
});

export type Requirement = z.infer<typeof requirementSchema>;
export type Limits = Requirement['limits'];
export type Level = (typeof LEVELS)[number];
