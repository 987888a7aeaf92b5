/**
 * The requirement of a workload: hard limits, the non-inferiority margin (how much worse than the LLM an SLM may be and still
 * fit), and one preference among the models that pass. All are fixed before the run, because a margin that is chosen after the
 * run proves nothing.
 */
import { z } from 'zod';
import { LEVELS, type Level, type LimitRule, type Metric, type Unit } from '../measure/metric.js';
import { LIMITED, type LimitedMetric, METRICS } from '../measure/metrics.js';
import { count, duration, size } from './units.js';

/** The schema of a bound in a suite, for each unit of a metric. */
const BOUNDS = {
  score: z.number().min(0).max(1),
  seconds: duration,
  tokens: count,
  'tokens per second': z.number().positive(),
  bytes: size,
  dollars: z.number().nonnegative(),
} as const satisfies Record<Unit, z.ZodType<number>>;

/** The words for a unit in a description. */
const UNIT_WORDS: Readonly<Record<Unit, string>> = {
  score: '0 to 1',
  seconds: 'seconds',
  tokens: 'tokens',
  'tokens per second': 'tokens per second',
  bytes: 'bytes',
  dollars: 'US dollars',
};

/** If higher is better, a limit is a minimum, else a maximum. */
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

const measured = z
  .strictObject(
    Object.fromEntries(LIMITED.map((name) => [name, limitSchema(METRICS[name], METRICS[name].limit)])) as unknown as {
      readonly [Name in LimitedMetric]: z.ZodType<LimitOf<Name>>;
    },
  )
  .partial();

const metricBound = z.union([z.strictObject({ min: z.number() }), z.strictObject({ max: z.number() })]);

export const limitsSchema = measured.extend({
  metrics: z
    .record(z.string(), metricBound)
    .optional()
    .describe('Of metrics of the scorer, by name: `{ macroF1: { min: 0.8 }, "f1 billing": { min: 0.7 } }`.'),
});

export const PREFERENCES = ['smallest', 'fastest', 'cheapest', 'best'] as const;

export const requirementSchema = z.strictObject({
  limits: limitsSchema.prefault({}),
  margin: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.03)
    .describe('How much lower than the LLM an SLM may score and still fit, in score points (0.03 is 3 points).'),
  alpha: z.number().gt(0).lt(0.5).default(0.05).describe('The one-sided error rate of every verdict.'),
  prefer: z.enum(PREFERENCES).default('smallest').describe('The preference that decides among the models that pass.'),
});

export type Requirement = z.infer<typeof requirementSchema>;
export type Limits = Requirement['limits'];
