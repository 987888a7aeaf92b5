/**
 * How a workload comes under load: what `rightsize load` holds or searches where no flag names it.
 *
 *     load:
 *       find: users
 *       think: exp:20s
 *       objectives: [ttft p95 <= 500 ms, tpot p95 <= 50 ms]
 *       budget: { seconds: 10 min }
 */
import { z } from 'zod';
import { CONDITION_RULE, CONDITION_TEXT, parseArrivals, parseThinkTime } from './condition.js';
import { readShare } from './magnitude.js';
import { SOUGHT_LOADS } from './sought-loads.js';
import { duration } from './units.js';

const listOf = <Schema extends z.ZodType>(one: Schema) => z.array(one).min(1);
const wholes = listOf(z.int().min(1).max(999_999));
const SHARE_RULE = 'expected a share from 0 to 1, such as 0.1 or "10%"';
const share = z
  .union([z.number({ error: SHARE_RULE }), z.string({ error: SHARE_RULE })], { error: SHARE_RULE })
  .transform((raw) => (typeof raw === 'number' ? raw : (readShare(raw) ?? Number.NaN)))
  .refine((value) => value >= 0 && value <= 1, { error: SHARE_RULE });

export const loadSchema = z
  .strictObject({
    find: z
      .enum(SOUGHT_LOADS)
      .optional()
      .describe('Search the greatest load of this kind at which every objective holds.'),
    users: wholes.optional().describe('A step for each number of users, who ask, wait for the answer, and think.'),
    concurrency: wholes.optional().describe('A step for each number of requests under way at once.'),
    rate: listOf(z.number().min(0.000001).max(999_999))
      .optional()
      .describe('A step for each rate, in requests per second.'),
    conditions: listOf(z.string().regex(CONDITION_TEXT, { error: CONDITION_RULE }))
      .optional()
      .describe('Steps in full notation, such as `open 1:30s,1..8:60s,8 poisson`.'),
    think: z
      .string()
      .refine((text) => parseThinkTime(text) !== null, {
        error: 'expected a think time such as 10s, exp:10s or lognormal:10s,1',
      })
      .optional()
      .describe('How long users think: `10s`, `exp:10s`, `lognormal:10s,1`.'),
    arrivals: z
      .string()
      .refine((text) => parseArrivals(text) !== null, {
        error: 'expected poisson, constant or gamma:CV, as in gamma:2',
      })
      .optional()
      .describe('How the requests of a rate arrive: `poisson`, `constant`, `gamma:CV`.'),
    ceiling: z
      .int()
      .positive()
      .optional()
      .describe('For a rate: the greatest number of requests under way; further requests wait.'),
    objectives: listOf(z.string())
      .optional()
      .describe('What must hold under load, such as `ttft p95 <= 500 ms`. The default is the limits of the suite.'),
    requests: z.int().positive().optional().describe('The answers that a step waits for.'),
    budget: z
      .strictObject({
        seconds: duration.optional(),
        requests: z.int().positive().optional(),
        dollars: z.number().nonnegative().optional(),
      })
      .optional()
      .describe('The most that the test of one model may take: seconds (`5 min`), requests, dollars.'),
    stopErrors: share.optional().describe('A step ends when more than this share of its requests fail.'),
  })
  .refine(({ find, ...named }) => find === undefined || NAMED.every((kind) => named[kind] === undefined), {
    error: `expected find or ${['users', 'concurrency', 'rate', 'conditions'].join(', ')}, not both`,
    path: ['find'],
  });

const NAMED = ['users', 'concurrency', 'rate', 'conditions'] as const;

export type SuiteLoad = z.infer<typeof loadSchema>;
