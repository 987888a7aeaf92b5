/**
 * What a workload demands of a model: hard limits, the margin by which an SLM may be worse than the LLM and still fit
 * (non-inferiority), and one preference among the models that pass. All of it is fixed before the run, because a margin that
 * is chosen afterwards proves nothing.
 */
import { z } from 'zod';
import { LEVELS, type Level, type LimitRule, type Metric, type Unit } from '../measure/metric.js';
import { LIMITED, type LimitedMetric, METRICS } from '../measure/metrics.js';
import { count, duration, size } from './units.js';

/** How a bound is written in a suite, by the unit of the metric. */
const BOUNDS = {
  score: z.number().min(0).max(1),
  seconds: duration,
  tokens: count,
  'tokens per second': z.number().positive(),
  bytes: size,
  dollars: z.number().nonnegative(),
} as const satisfies Record<Unit, z.ZodType<number>>;

/** How a description names the unit. */
const UNIT_WORDS: Readonly<Record<Unit, string>> = {
  score: '0 to 1',
  seconds: 'seconds',
  tokens: 'tokens',
  'tokens per second': 'tokens per second',
  bytes: 'bytes',
  dollars: 'US dollars',
};

/** If higher is better, a limit holds from below, else from above. */
type BoundOf<Name extends LimitedMetric> = (typeof METRICS)[Name]['better'] extends 'higher'
  ? { readonly min: number }
  : { readonly max: number };
type LevelOf<Name extends LimitedMetric> = (typeof METRICS)[Name]['limit']['level'] extends Level
  ? { readonly at: Level }
  : unknown;
type LimitOf<Name extends LimitedMetric> = BoundOf<Name> & LevelOf<Name>;

function limitSchema({ title, unit, better, formula }: Metric, { level }: LimitRule) {
  return z
    .strictObject({
      ...(better === 'higher' ? { min: BOUNDS[unit] } : { max: BOUNDS[unit] }),
      ...(level !== null && { at: z.enum(LEVELS).default(level) }),
    })
    .describe(`${title}, ${UNIT_WORDS[unit]}: ${formula}.`);
}

export const limitsSchema = z
  .strictObject(
    Object.fromEntries(LIMITED.map((name) => [name, limitSchema(METRICS[name], METRICS[name].limit)])) as unknown as {
      readonly [Name in LimitedMetric]: z.ZodType<LimitOf<Name>>;
    },
  )
  .partial();

export const PREFERENCES = ['smallest', 'fastest', 'cheapest', 'best'] as const;

export const requirementSchema = z.strictObject({
  limits: limitsSchema.prefault({}),
  margin: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.03)
    .describe('By how much an SLM may score lower than the LLM, in score points (0.03 is 3 points).'),
  alpha: z.number().gt(0).lt(0.5).default(0.05).describe('The one-sided error rate of every verdict.'),
  prefer: z.enum(PREFERENCES).default('smallest').describe('What decides among the models that pass.'),
});

export type Requirement = z.infer<typeof requirementSchema>;
export type Limits = Requirement['limits'];
