/**
 * The gates of a workload: how much worse than its base a new version of a model may be before a build turns red. A gate names the
 * smallest change worth a red build (`by`), and the size of change that it must be able to see (`detect`).
 *
 *     gate:
 *       quality: { by: 3 points }
 *       decodeRate: { by: 5% }
 *       ttft: { at: p95, by: 10%, min: 5 ms }
 *       memory: { by: 5% }
 *       required: [r-001, r-017]
 *       verdict: SLM fits
 *       users: { min: 10 }
 */
import { z } from 'zod';
import { LEVELS, type Level } from '../measure/metric.js';
import { LIMITED, type LimitedMetric, METRICS } from '../measure/metrics.js';
import { GATED_VERDICTS } from './gated-verdicts.js';
import { readShare } from './magnitude.js';
import { count, duration, size } from './units.js';

const SHARE_RULE = 'expected a share above 0 and below 1, such as 0.05, "5%" or "3 points"';

const share = z
  .union([z.number({ error: SHARE_RULE }), z.string({ error: SHARE_RULE })], { error: SHARE_RULE })
  .transform((raw) => (typeof raw === 'number' ? raw : (readShare(raw) ?? Number.NaN)))
  .refine((value) => value > 0 && value < 1, { error: SHARE_RULE });

const MINIMA = {
  seconds: duration,
  bytes: size,
  'tokens per second': count,
  dollars: z.number().nonnegative(),
} as const;

const changes = {
  by: share.describe('The smallest change that is worth a red build.'),
  detect: share
    .optional()
    .describe('The true change that the gate must be able to see. The default is twice `by`; of quality, 5/3 of it.'),
};

const qualityGate = z
  .strictObject({
    ...changes,
    task: z.string().optional().describe('Only this task. The default is the whole suite.'),
  })
  .describe('Points of quality that may be lost.');

function metricGate(name: Exclude<LimitedMetric, 'quality'>) {
  const { title, unit, limit } = METRICS[name];
  return z
    .strictObject({
      ...changes,
      min: MINIMA[unit].optional().describe('A smaller absolute change is never red.'),
      ...(limit.level !== null && { at: z.enum(LEVELS).default(limit.level) }),
    })
    .describe(`${title}: the relative change for the worse.`);
}

export interface MetricGate {
  readonly by: number;
  readonly detect?: number | undefined;
  readonly min?: number | undefined;
  readonly at?: Level | undefined;
}

const MEASURED = LIMITED.filter((name) => name !== 'quality');

export type MeasuredGateName = Exclude<LimitedMetric, 'quality'>;

const measured = z
  .strictObject(
    Object.fromEntries(MEASURED.map((name) => [name, metricGate(name)])) as unknown as {
      readonly [Name in MeasuredGateName]: z.ZodType<MetricGate>;
    },
  )
  .partial();

function least(what: string) {
  return z.strictObject({ min: z.number().positive() }).optional().describe(what);
}

export const gateSchema = measured.extend({
  quality: z.union([qualityGate, z.array(qualityGate).min(1)]).optional(),
  required: z
    .array(z.string().min(1))
    .optional()
    .describe('Ids of samples that must be answered right, and no worse than by the base.'),
  verdict: z.enum(GATED_VERDICTS).optional().describe('The verdict that a run must reach.'),
  users: least('The users that the model must serve within its objectives, as `rightsize load` shows.'),
  concurrency: least('The requests under way at once that it must serve within its objectives.'),
  rate: least('The requests per second that it must serve within its objectives.'),
  model: z.string().min(1).optional().describe('The gated model. The default is the one that the run recommends.'),
  prompts: z
    .enum(['must stay', 'may change'])
    .default('must stay')
    .describe('Whether the prompts of paired samples may differ.'),
  alpha: z.number().gt(0).lt(0.5).default(0.05).describe('The chance of any wrong red, shared by all gates.'),
  power: z.number().gt(0).lt(1).default(0.95).describe('How often a change of `detect` must be seen.'),
});

export type GateDefinition = z.infer<typeof gateSchema>;
export type QualityGate = z.infer<typeof qualityGate>;

/** The gates of a comparison that names none. */
export const DEFAULT_GATES: Pick<GateDefinition, 'quality' | 'decodeRate' | 'ttft' | 'memory'> = {
  quality: { by: 0.03 },
  decodeRate: { by: 0.05, at: 'median' },
  ttft: { by: 0.1, at: 'p95', min: 0.005 },
  memory: { by: 0.05 },
};
