/**
 * What goes between the coordinator of a load test and the machines that send its requests, as schemas.
 *
 *     coordinator ──call──▶ one machine      a load test wants it
 *     machine ──here──▶ coordinator          it takes part, with a number that nobody else knows: a copy of an old order lacks it
 *     coordinator ──order──▶ one machine     compare clocks, open, hold, finish, close
 *     machine ──reply──▶ coordinator         what came of it
 */
import { z } from 'zod';
import { modelSchema } from '../core/definition/model.js';
import { generationSchema } from '../core/definition/suite.js';
import { RECORDS } from '../core/log/log.js';
import { memoryReadingSchema, number, outcomeSchema, quantitySchema } from '../core/measure/measurement.js';

const uuid = z.uuid();
const natural = z.int().min(0);
const client = natural.max(1000).describe('The number of the client among those of the machine.');
const seconds = number.min(0);

/** Seconds without a word after which the other side is taken to be gone. Each says something every second. */
export const SILENCE = 10;

export const loadCall = z.object({ rightsize: z.string().max(300), call: uuid, machine: z.string().max(300) });
export type LoadCall = z.infer<typeof loadCall>;

/** Questions of one load test. */
const MOST_QUESTIONS = 100_000;

const question = z.object({
  for: z.literal('answer'),
  prompt: RECORDS.sample.shape.prompt,
  generation: generationSchema,
});

const order = z.discriminatedUnion('type', [
  z.object({ type: z.literal('alive') }),
  z.object({ type: z.literal('clock'), at: number.describe('Any number. It comes back.') }),
  z.object({ type: z.literal('test'), clients: z.int().min(1).max(1000) }),
  z.object({
    type: z.literal('open'),
    client,
    model: modelSchema,
    manner: z.object({
      prefixCache: z.literal('off').optional(),
      length: z.enum(['fixed', 'fixed where it can']).optional(),
    }),
  }),
  z.object({
    type: z.literal('hold'),
    client,
    condition: z.string().max(1000),
    seed: z.int(),
    orderSeed: z.int(),
    begin: seconds.describe('By the monotonic clock of the machine.'),
    first: natural,
    most: natural.nullable().describe('Null where there is no limit.'),
    trace: z.array(number).exactOptional(),
    share: z.object({ client: natural, clients: z.int().positive() }),
    questions: z
      .array(question)
      .min(1)
      .max(MOST_QUESTIONS)
      .exactOptional()
      .describe('Absent where they are those of the step before.'),
  }),
  z.object({ type: z.literal('finish'), client }),
  z.object({ type: z.literal('close'), client }),
  z.object({ type: z.literal('leave') }),
]);
export type Order = z.infer<typeof order>;

const turn = { place: natural, sample: natural, pass: natural, due: number };

const reply = z.discriminatedUnion('type', [
  z.object({ type: z.literal('here'), machine: RECORDS.machine }),
  z.object({ type: z.literal('alive') }),
  z.object({
    type: z.literal('clock'),
    at: number,
    monotonic: seconds,
    wall: seconds.describe('Seconds since 1970.'),
  }),
  z.object({ type: z.literal('tested'), levels: RECORDS['self-test'].shape.levels }),
  z.object({
    type: z.literal('opened'),
    client,
    facts: RECORDS.session.shape.facts,
    load: seconds,
    memory: RECORDS.session.shape.memory,
    concurrency: z.int().positive(),
  }),
  z.object({
    type: z.literal('failed'),
    client: client.nullable().describe('Null where it is the test of the client itself.'),
    reason: z.string().max(10_000),
  }),
  z.object({
    type: z.literal('report'),
    client,
    report: z.object({
      answers: z.array(z.object({ ...turn, released: number.exactOptional(), end: number, outcome: outcomeSchema })),
      underWay: natural,
      settled: number,
    }),
  }),
  z.object({
    type: z.literal('over'),
    client,
    closing: z.object({
      unsent: z.array(z.object(turn)),
      server: z.array(z.object({ at: number, values: z.record(z.string(), number) })),
      client: z.object({ loopDelay: quantitySchema, cpuSeconds: quantitySchema }),
    }),
  }),
  z.object({
    type: z.literal('closed'),
    client,
    closing: z.object({
      memory: z.object({ peak: memoryReadingSchema, final: memoryReadingSchema }),
      workerDelay: quantitySchema,
    }),
  }),
]);
export type Reply = z.infer<typeof reply>;

const envelope = z.object({
  call: uuid,
  machine: z.string().max(300),
  nonce: uuid.describe('Of the machine, for this test alone.'),
  number: z.int().positive().describe('Each message of a sender has a greater one.'),
});

/** A message that may go only once, from one sender, in one load test. */
export type Letter<Body> = z.infer<typeof envelope> & { readonly body: Body };

export const orderLetter = envelope.extend({ body: order });
export const replyLetter = envelope.extend({ body: reply });
