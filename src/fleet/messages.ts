/**
 * What goes through the queue, as schemas. The records of the log among it have the schemas of the log.
 *
 *     coordinator ──run──▶ all machines        the definitions, and where the blocks are
 *     coordinator ──block──▶ one machine       trials of one cell, with their prompts
 *     machine ──batch──▶ coordinator           lines of the part that it appended
 *     machine ──machine──▶ whoever looks       what it has, does, and cannot do
 */
import { z } from 'zod';
import { RECORDS } from '../core/log/log.js';

/** The id of a run's part is in the names of its keys and queues. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** The name of a run's folder. It comes from elsewhere, and becomes the beginning of the name of a folder here. */
const RUN_ID = /^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}(-\d{1,4})?$/;

const name = z.string().min(1).max(300);
const names = z.array(name).max(1000);

/** Bytes of the weights of one model that go through the queue. */
export const LARGEST_OFFER = 2 ** 26;

const offeredFile = z.object({
  name: z
    .string()
    .max(300)
    .regex(/^(?!\.{1,2}(?:\/|$))[\w.@+ -]+(?:\/(?!\.{1,2}(?:\/|$))[\w.@+ -]+)*$/, {
      error: 'expected the path of a file below a folder',
    }),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().min(0).max(LARGEST_OFFER),
});
export type OfferedFile = z.infer<typeof offeredFile>;

const offeredWeights = z
  .object({ kind: z.enum(['file', 'folder']), files: z.array(offeredFile).min(1).max(1000) })
  .refine(({ files }) => files.reduce((sum, { bytes }) => sum + bytes, 0) <= LARGEST_OFFER)
  .refine(({ kind, files }) => kind === 'folder' || files.length === 1);
export type OfferedWeights = z.infer<typeof offeredWeights>;

export const runNotice = z.object({
  rightsize: name.describe('The version that made the plan.'),
  sent: z.number().describe('Milliseconds since 1970, by the clock of the coordinator.'),
  record: RECORDS.run.extend({ id: z.string().regex(RUN_ID), part: z.string().regex(UUID) }),
  labels: names.describe('A machine needs all of them.'),
  weights: z
    .record(z.string(), offeredWeights)
    .exactOptional()
    .describe(
      'For each model whose weights are small files of the coordinator, what they are. Redis has them by hash.',
    ),
});
export type RunNotice = z.infer<typeof runNotice>;

export const blockOrder = z.object({
  run: z.string().regex(UUID),
  model: name,
  condition: name,
  suite: name,
  task: name,
  trials: z
    .array(z.object({ sample: z.string().max(2000), repetition: z.int().positive() }))
    .min(1)
    .max(1000),
  samples: z.array(RECORDS.sample).max(1000),
});
export type BlockOrder = z.infer<typeof blockOrder>;

export const batch = z.object({
  run: z.string().regex(UUID),
  machine: name,
  lines: z.array(z.string().max(2 ** 24)).max(100_000),
});

export const machineNotice = z.object({
  machine: name,
  name,
  rightsize: name,
  sent: z.number().describe('Milliseconds since 1970, by the clock of Redis.'),
  offset: z.number().describe('Seconds by which the clock of the machine is ahead of that of Redis.'),
  labels: names,
  cores: z.number(),
  memory: z.number().describe('Bytes.'),
  accelerators: z.string().max(1000).describe('Empty where none is known.'),
  engines: z.record(z.string(), z.string()).describe('The engines in this installation, with their versions.'),
  disk: z.number().nullable().describe('Free bytes where downloaded weights go, when it joined; null if unknown.'),
  doing: z.string().max(1000),
  trials: z.int().min(0).describe('Those that it has measured since it joined.'),
  notHere: z.record(z.string(), z.string().max(2000)).describe('For each model that it does not run, why.'),
});
export type MachineNotice = z.infer<typeof machineNotice>;
