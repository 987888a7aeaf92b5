/**
 * A baseline: what a comparison is held against, as a small file for the repository. It has the scores and hashes of every sample, the
 * figures with their intervals, and what the numbers depend on; no prompts, and outputs only if the user asks.
 *
 *     { "type": "rightsize baseline", "version": 1, "models": [{ "model": "small", "commit": "1a2b3c4", "tasks": [ … ], … }] }
 */
import { z } from 'zod';
import { LEVELS } from '../measure/metric.js';
import { DISTRIBUTED } from '../measure/metrics.js';
import type { Version } from './version.js';

export const BASELINE_TYPE = 'rightsize baseline';
const BASELINE_VERSION = 1;

const absent = z.strictObject({ missing: z.string() });
const interval = z.strictObject({ value: z.number(), low: z.number(), high: z.number() });
const count = z.int().min(0);

const figures = z.strictObject({
  n: count,
  late: count,
  at: z.strictObject(Object.fromEntries(LEVELS.map((level) => [level, z.union([interval, absent])]))),
});

const sample = z
  .strictObject({
    id: z.string(),
    group: z.string().nullable(),
    hash: z.string().min(1),
    prompt: z.string().min(1),
    repetitions: z.int().positive(),
    unscored: count,
    score: z.number().min(0).max(1).nullable(),
    cost: z.number().min(0).nullable(),
    output: z.string().nullable(),
  })
  .refine(({ unscored, repetitions }) => unscored <= repetitions, {
    error: 'expected at most as many unscored repetitions as repetitions',
  });

const task = z.strictObject({
  suite: z.string(),
  name: z.string(),
  scorer: z.string(),
  condition: z.string(),
  planned: count,
  recorded: count,
  samples: z.array(sample),
  figures: z.strictObject(Object.fromEntries(DISTRIBUTED.map((metric) => [metric, z.union([figures, absent])]))),
});

const version = z.strictObject({
  run: z.string(),
  model: z.string(),
  name: z.string().nullable(),
  commit: z.string().nullable(),
  started: z.string(),
  machine: z.strictObject({ id: z.string(), name: z.string() }).nullable(),
  facts: z.record(z.string(), z.string()),
  incomplete: z.string().nullable(),
  tasks: z.array(task),
  memory: z.union([
    z.strictObject({ median: z.number(), min: z.number(), max: z.number(), n: z.int().positive() }),
    absent,
  ]),
}) as unknown as z.ZodType<Version>;

export const baselineSchema = z.strictObject({
  $schema: z.string().optional(),
  type: z.literal(BASELINE_TYPE),
  version: z.literal(BASELINE_VERSION),
  models: z.array(version).min(1),
});

export type Baseline = z.infer<typeof baselineSchema>;

/** @param outputs Whether the file may hold what models wrote. */
export function baselineOf(versions: readonly Version[], outputs: 'with outputs' | 'without outputs'): Baseline {
  return {
    type: BASELINE_TYPE,
    version: BASELINE_VERSION,
    models: outputs === 'with outputs' ? [...versions] : versions.map(withoutOutputs),
  };
}

function withoutOutputs(whole: Version): Version {
  return {
    ...whole,
    tasks: whole.tasks.map((one) => ({ ...one, samples: one.samples.map((of) => ({ ...of, output: null })) })),
  };
}

/** The facts that make figures of speed and memory of another time unlike those of today. */
const AGEING = ['engine', 'rightsize', 'node', 'system'] as const;

/** What has become newer since a baseline was written, in words. */
export function ageOf(base: Pick<Version, 'facts'>, candidate: Pick<Version, 'facts'>): readonly string[] {
  return AGEING.flatMap((what) => {
    const [before, now] = [base.facts[what], candidate.facts[what]];
    return before === undefined || now === undefined || before === now ? [] : [`${what}: ${before}, now ${now}`];
  });
}
