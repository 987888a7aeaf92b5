/**
 * The log of a run: JSON lines, append-only, the single source of truth. Everything else (scores, estimates, verdicts,
 * reports) is computed from it and can be thrown away.
 *
 *     {"type":"run","version":2,"id":"2026-11-22T09-08-57","machine":"5f0c…","suites":[…],"models":[…],…}
 *     {"type":"machine","machine":"5f0c…","environment":{…}}
 *     {"type":"session","model":"reference-slm","session":"019a…","machine":"5f0c…","load":{"value":0.21},…}
 *     {"type":"sample","suite":"support-desk","task":"route","sample":"r-001","prompt":{…},"target":"billing",…}
 *     {"type":"measurement","trial":"support-desk/route/r-001@reference-slm#1","session":"019a…",…}
 *     {"type":"evidence","trial":"support-desk/reply/p-001@reference-slm#1","evidence":{"effect":"judge",…}}
 *     {"type":"session-end","session":"019a…","memory":{…}}
 *     {"type":"end","complete":true}
 *
 * A part is what one process appended. Parts of one run, from one machine or several, concatenate in any order: ids of
 * sessions and parts are unique everywhere, and a record that appears twice is the same record. Every record has its schema
 * here; log-v1.ts reads logs of version 1. Within a version fields may be added, and all of them are optional.
 */
import { z } from 'zod';
import type { DeepReadonly } from '../deep-readonly.js';
import { CONDITION_RULE, CONDITION_TEXT } from '../definition/condition.js';
import { type Model, modelSchema } from '../definition/model.js';
import { type PriceList, priceListSchema } from '../definition/price-list.js';
import { type ScorerChoice, suiteSchema, taskSchema } from '../definition/suite.js';
import {
  memoryReadingSchema,
  number,
  type Outcome,
  outcomeSchema,
  quantitySchema,
  textSchema,
} from '../measure/measurement.js';
import type { Evidence } from '../score/score.js';

export const LOG_VERSION = 2;

const condition = z
  .string()
  .regex(CONDITION_TEXT, { error: CONDITION_RULE })
  .describe('How requests came, as condition.ts writes it; `closed 1` where it is absent.');

const part = z.string().min(1).describe('What one process appended to the log: unique everywhere, and sorted by time.');
const machine = z.string().min(1).describe('The machine that measured, as its `machine` record names it.');
const session = z.string().min(1).describe('Unique everywhere, and sorted by time.');
const started = z.string().describe('ISO 8601, UTC.');

const warning = z.object({ what: z.string(), remedy: z.string() });

/** A warning is kept beside the number it spoils, and says what to do. */
export type Warning = DeepReadonly<z.infer<typeof warning>>;

const environment = z.object({
  rightsize: z.string(),
  node: z.string(),
  engines: z.record(z.string(), z.string()),
  os: z.string(),
  cpu: z.object({ model: z.string(), cores: number, governor: z.union([quantitySchema, textSchema]) }),
  memory: z.object({ total: number, free: number }).describe('Bytes.'),
  gpu: textSchema,
  load: quantitySchema.describe('Load average over one minute at the start.'),
  noise: z.array(warning),
});

/** What a machine is, and what on it makes its readings noisy. */
export type Environment = DeepReadonly<z.infer<typeof environment>>;

const untilSure = z.object({
  firstRound: z.int().positive().describe('Samples of each task in the first round; each round doubles them.'),
  budget: z
    .union([z.object({ seconds: z.number() }), z.object({ trials: z.number() })])
    .nullable()
    .describe('What the run may spend at most.'),
});

export type UntilSure = DeepReadonly<z.infer<typeof untilSure>>;

const settings = z.object({
  seed: z.int(),
  repetitions: z.int().positive(),
  warmup: z.int().min(0),
  limit: z.int().positive().nullable().describe('The greatest number of samples of each task; null for all.'),
  condition: condition.exactOptional(),
  untilSure: untilSure
    .exactOptional()
    .describe('Present where the run asks in rounds until every comparison is decided.'),
  reference: z
    .string()
    .exactOptional()
    .describe('The model that every other one is held against; without it, SLMs are held against LLMs.'),
});

export type RunSettings = DeepReadonly<z.infer<typeof settings>>;

/** A log may name a scorer that has been removed since: then its answers are unscored, with that reason. */
const scorer = z.custom<ScorerChoice>(
  (value) => typeof value === 'string' || (typeof value === 'object' && value !== null && 'name' in value),
  { error: 'expected a scorer' },
);

/** A suite without its samples, which follow as records: its tasks say how many there were, and their hash. */
const suite = suiteSchema.extend({
  tasks: z.array(
    taskSchema.extend({
      scorer,
      samples: z.object({
        count: z.int().min(0),
        hash: z.string().describe('SHA-256 over the prompts and targets in their order.'),
        source: z.string().describe('`inline`, or the file, URL or data set as the suite names it.'),
        fileHashes: z.array(z.string()).readonly().exactOptional().describe('SHA-256 of each file of data.'),
      }),
    }),
  ),
});

export type LoggedSuite = z.infer<typeof suite>;

const run = z.object({
  type: z.literal('run'),
  version: z.literal(LOG_VERSION),
  id: z.string(),
  name: z.string().exactOptional().describe('The name that the user gave the run.'),
  commit: z.string().exactOptional().describe('The commit of the code or model that was measured.'),
  started,
  command: z.array(z.string()),
  suites: z.array(suite),
  models: z.array(modelSchema),
  directories: z
    .record(z.string(), z.string())
    .describe('For each model id, the folder that relative paths in its entry are relative to.'),
  settings,
  machine: machine.exactOptional().describe('The machine that began the run.'),
  part: part.exactOptional(),
  prices: priceListSchema
    .omit({ $schema: true })
    .exactOptional()
    .describe('Devices and prices of the user, where the run was given any.'),
});

export type RunRecord = DeepReadonly<Omit<z.infer<typeof run>, 'suites' | 'models' | 'prices'>> & {
  readonly suites: readonly LoggedSuite[];
  readonly models: readonly Model[];
  readonly prices?: PriceList;
  /** Of several runs that are reported as one; no log has it. */
  readonly parts?: readonly RunPart[];
};

/** One of several runs that are reported as one. */
export interface RunPart extends Pick<RunRecord, 'id' | 'started' | 'command' | 'machine'> {
  readonly label: string;
  /** Its models: how the run names them, and how they are named among those of the other runs. */
  readonly models: readonly { readonly id: string; readonly label: string }[];
  /** Trials that it planned of each of its models, for each `taskKey`. */
  readonly planned: Readonly<Record<string, number>>;
}

const resume = z.object({
  type: z.literal('resume'),
  started,
  command: z.array(z.string()),
  machine: machine.exactOptional(),
  part: part.exactOptional(),
  prices: run.shape.prices.describe('They replace those of the run, where the resumption was given any.'),
});

export type ResumeRecord = DeepReadonly<Omit<z.infer<typeof resume>, 'prices'>> & { readonly prices?: PriceList };

const machineRecord = z.object({
  type: z.literal('machine'),
  machine,
  part: part.exactOptional(),
  environment,
});

/** A machine at the beginning of a part. */
export type MachineRecord = DeepReadonly<z.infer<typeof machineRecord>>;

const facts = z.object({
  engine: z
    .string()
    .describe('The engine with its version: `llama.cpp 0.5.0-dev, ggml 0ad4a86, for zen4 (node-llama-cpp 3.22.1)`.'),
  device: z.string(),
  threads: quantitySchema,
  weights: z.object({ bytes: number, hash: z.string(), files: z.array(z.string()) }).exactOptional(),
  adapterBytes: number.exactOptional().describe('Bytes of the LoRA adapters; they are part of those of the weights.'),
  parameters: number.exactOptional(),
  architecture: z
    .object({
      layers: number,
      kvHeads: number,
      headSize: number,
      vocabulary: number,
      bytesPerCachedValue: number,
      cacheCopies: number.exactOptional().describe('How many copies of the cache are held; the default is one.'),
    })
    .exactOptional()
    .describe('The size of the KV cache of one token follows from these.'),
  promptCliff: warning
    .extend({ tokens: number })
    .exactOptional()
    .describe(
      'A length of the prompt, in tokens, from which on the engine computes by other code, so that TTFT jumps there; with what to say and to do if prompts lie on both sides.',
    ),
  context: quantitySchema,
  chatTemplateHash: textSchema,
  cannot: z.record(z.string(), z.string()).describe('What this backend cannot do for this model, and why.'),
  network: z
    .enum(['none', 'loopback', 'internet'])
    .describe('Whether a run needs a network: proven by the kind of backend, not claimed.'),
  server: z
    .enum(['ours', 'not ours'])
    .exactOptional()
    .describe('Who started the server of the model; absent where there is none, and in logs of earlier versions.'),
  warnings: z.array(z.string()),
});

/** What an opened model says of itself. Absent facts are facts the engine does not give. */
export type SessionFacts = DeepReadonly<z.infer<typeof facts>>;

const sessionRecord = z.object({
  type: z.literal('session'),
  session,
  model: z.string(),
  machine: machine.exactOptional(),
  part: part.exactOptional(),
  load: quantitySchema.describe('Seconds from asking the engine to open the model to its readiness.'),
  firstRequest: quantitySchema.describe(
    'Seconds of the first request of a fresh session to its last token: paid once, kept apart from the warm ones.',
  ),
  warmup: z.int().min(0),
  memory: z.object({ baseline: memoryReadingSchema, loaded: memoryReadingSchema }),
  facts,
});

/** One opened model in one worker process on one machine. */
export type SessionRecord = DeepReadonly<z.infer<typeof sessionRecord>>;

const message = z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() });

const sample = z.object({
  type: z.literal('sample'),
  suite: z.string(),
  task: z.string(),
  sample: z.string(),
  group: z.string().nullable(),
  target: z.unknown().exactOptional(),
  fields: z.record(z.string(), z.unknown()),
  prompt: z.union([z.object({ messages: z.array(message) }), z.object({ text: z.string() })]),
  continuations: z
    .array(z.object({ context: z.string(), text: z.string(), choice: z.string() }))
    .exactOptional()
    .describe('The texts that are ranked, where the task asks for log-likelihoods.'),
  promptHash: z
    .string()
    .describe("SHA-256 of the prompt before any model's chat template: equal for all models of a fair comparison."),
  hash: z
    .string()
    .describe('SHA-256 of the row and the target: equal for the same sample in any run, whatever its prompt.'),
});

export type SampleRecord = DeepReadonly<z.infer<typeof sample>>;

export const measurementSchema = z.object({
  type: z.literal('measurement'),
  trial: z.string().describe('The id of the trial, as plan.ts makes it.'),
  suite: z.string(),
  task: z.string(),
  sample: z.string(),
  model: z.string(),
  repetition: z.int().positive(),
  session,
  at: number.min(0).describe('Seconds since the part began, at the end of the trial.'),
  due: number.min(0).exactOptional().describe('Seconds since the part began, when the request was due.'),
  condition: condition.exactOptional().describe('How the engine really computed it, whatever was asked for.'),
  step: z.string().exactOptional().describe('The step of a load test that it belongs to.'),
  cold: z.literal(true).exactOptional().describe('The first request of its session, where no warm-up came before it.'),
  outcome: outcomeSchema,
});

export type MeasurementRecord = DeepReadonly<Omit<z.infer<typeof measurementSchema>, 'outcome'>> & {
  readonly outcome: Outcome;
};

const numbers = z.array(number);

const evidence: z.ZodType<Evidence> = z.discriminatedUnion('effect', [
  z.object({ effect: z.literal('embeddings'), vectors: z.array(numbers) }),
  z.object({ effect: z.literal('judge'), answers: z.array(z.string()) }),
  z.object({
    effect: z.literal('sandbox'),
    result: z.enum(['passed', 'failed', 'timed out']),
    message: z.string(),
  }),
  z.object({
    effect: z.literal('loglikelihoods'),
    conditional: numbers,
    unconditional: numbers.exactOptional(),
    tokens: numbers.exactOptional(),
    greedy: z.array(z.boolean()).exactOptional(),
  }),
]);

const evidenceRecord = z.object({
  type: z.literal('evidence'),
  trial: z.string(),
  model: z.string(),
  by: z.string().exactOptional().describe('The model that judged, where one did.'),
  evidence,
});

/** What was found out about the answer of a trial, where its scorer judges by more than the words of the answer. */
export type EvidenceRecord = DeepReadonly<z.infer<typeof evidenceRecord>>;

const latencyStatistics = z.object({
  n: number,
  mean: number,
  min: number,
  max: number,
  p50: number,
  p75: number,
  p99: number,
  sd: number,
  rme: number.describe('Relative margin of error at 95%, percent.'),
});

export type LatencyStatistics = DeepReadonly<z.infer<typeof latencyStatistics>>;

const sessionEnd = z.object({
  type: z.literal('session-end'),
  session,
  model: z.string(),
  memory: z.object({ peak: memoryReadingSchema, final: memoryReadingSchema }),
  latency: z
    .record(z.string(), latencyStatistics)
    .describe("tinybench's statistics of the end-to-end latency of each task in this session, seconds."),
  loopDelay: z
    .object({ runner: quantitySchema, worker: quantitySchema })
    .describe('How late the event loops of the worker and the runner were, seconds, 99th percentile.'),
  crash: z.string().exactOptional().describe('Why the session ended before its block did.'),
});

export type SessionEndRecord = DeepReadonly<z.infer<typeof sessionEnd>>;

const modelFailed = z.object({ type: z.literal('model-failed'), model: z.string(), reason: z.string() });

/** A model that could not be opened, or not be run to its end: the rest of its trials were not made in this part. */
export type ModelFailedRecord = DeepReadonly<z.infer<typeof modelFailed>>;

const end = z.object({
  type: z.literal('end'),
  part: part.exactOptional(),
  complete: z.boolean(),
  reason: z.string(),
});

export type EndRecord = DeepReadonly<z.infer<typeof end>>;

/** The schema of each record. A type that is not in this table is not a record of a log. */
export const RECORDS = {
  run,
  resume,
  machine: machineRecord,
  session: sessionRecord,
  sample,
  measurement: measurementSchema,
  evidence: evidenceRecord,
  'session-end': sessionEnd,
  'model-failed': modelFailed,
  end,
} as const;

export type RecordType = keyof typeof RECORDS;

export type LogRecord =
  | RunRecord
  | ResumeRecord
  | MachineRecord
  | SessionRecord
  | SampleRecord
  | MeasurementRecord
  | EvidenceRecord
  | SessionEndRecord
  | ModelFailedRecord
  | EndRecord;
