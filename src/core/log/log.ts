/**
 * The log of a run: append-only JSON lines. The log is the single source of truth. Scores, estimates, verdicts and reports are
 * computed from it, so they can be deleted and built again.
 *
 *     {"type":"run","version":2,"id":"2026-11-22T09-08-57","machine":"5f0c…","suites":[…],"models":[…],…}
 *     {"type":"machine","machine":"5f0c…","environment":{…}}
 *     {"type":"session","model":"reference-slm","session":"019a…","machine":"5f0c…","load":{"value":0.21},…}
 *     {"type":"sample","suite":"support-desk","task":"route","sample":"r-001","prompt":{…},"target":"billing",…}
 *     {"type":"measurement","trial":"support-desk/route/r-001@reference-slm#1","session":"019a…",…}
 *     {"type":"evidence","trial":"support-desk/reply/p-001@reference-slm#1","evidence":{"effect":"judge",…}}
 *     {"type":"step","step":"reference-slm/1","condition":"closed 4","began":1.2,"client":{…},…}
 *     {"type":"session-end","session":"019a…","memory":{…}}
 *     {"type":"end","complete":true}
 *
 * One process appends one part. The parts of a run may come from several machines and concatenate in any order: the ids of
 * sessions and parts are unique everywhere, and two equal records are the same record. The schema of every record is here;
 * log-v1.ts reads logs of version 1. Within a version fields may be added, but only optional ones.
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
import { evidenceSchema } from '../score/evidence.js';
import { modelShapeSchema } from './model-shape.js';

export const LOG_VERSION = 2;

const condition = z
  .string()
  .regex(CONDITION_TEXT, { error: CONDITION_RULE })
  .describe('How requests arrived, in the notation of condition.ts. If absent, it is `closed 1`.');

const part = z
  .string()
  .min(1)
  .describe('The id of the part that one process appended. Ids are unique everywhere and sort by time.');
const machine = z
  .string()
  .min(1)
  .describe('The id of the machine that measured. Its `machine` record has the same id.');
const session = z.string().min(1).describe('The id of a session. Ids are unique everywhere and sort by time.');
const started = z.string().describe('The start time, in ISO 8601 and UTC.');

const warning = z.object({ what: z.string(), remedy: z.string() });

/** A warning is kept beside the number that it affects, and tells what to do. */
export type Warning = DeepReadonly<z.infer<typeof warning>>;

const environment = z.object({
  rightsize: z.string(),
  node: z.string(),
  engines: z.record(z.string(), z.string()),
  os: z.string(),
  cpu: z.object({
    model: z.string(),
    cores: number.describe('Those that the process may use.'),
    governor: z.union([quantitySchema, textSchema]),
    quota: number.exactOptional().describe('Cores that the limit of a container leaves, in parts of one.'),
  }),
  memory: z.object({ total: number, free: number }).describe('Bytes.'),
  gpu: textSchema,
  load: quantitySchema.describe('The load average over one minute, at the start.'),
  noise: z.array(warning),
});

/** The hardware and software of a machine, and the sources of noise on it. */
export type Environment = DeepReadonly<z.infer<typeof environment>>;

const untilSure = z.object({
  firstRound: z
    .int()
    .positive()
    .describe(
      'The least number of samples of each task in the first round. Each round doubles the number, and the last one asks all.',
    ),
  budget: z
    .union([z.object({ seconds: z.number() }), z.object({ trials: z.number() })])
    .nullable()
    .describe('The maximum time or number of trials of the run.'),
});

export type UntilSure = DeepReadonly<z.infer<typeof untilSure>>;

const inTurns = z.object({
  base: z.string().describe('The model that is the base.'),
  candidate: z.string().describe('The model that is the new version.'),
  blocks: z.int().positive().describe('The blocks of samples. Each block opens each model twice.'),
  oneAtATime: z
    .literal(true)
    .exactOptional()
    .describe('Present if one model was open at a time. Otherwise both were open, and were asked in turns.'),
  baseSuites: z
    .record(z.string(), z.string())
    .exactOptional()
    .describe(
      'The suite in whose words the base is asked, by the suite of the new version; absent if both are asked alike.',
    ),
});

export type InTurns = DeepReadonly<z.infer<typeof inTurns>>;

const load = z.object({
  conditions: z.array(condition).exactOptional().describe('The conditions that the user named, each held once.'),
  find: z
    .object({
      least: condition.describe('The condition at the first load. The search changes its number alone.'),
      most: number.describe('No greater load is tried.'),
      alpha: number.describe('The one-sided error rate of "proved" and of "failed".'),
    })
    .exactOptional()
    .describe('What is searched, if the greatest load is searched.'),
  objectives: z.array(z.string()).describe('What must hold under load, in the notation of objective.ts.'),
  requests: z.int().positive().exactOptional().describe('The requests of each step, if the user named a number.'),
  budget: z
    .object({
      seconds: number.exactOptional(),
      requests: number.exactOptional(),
      dollars: number.exactOptional(),
    })
    .describe('The most that the test of one model may take.'),
  stopErrors: number.describe('A step ends early if more than this share of its requests fail.'),
  clients: z.int().positive().describe('The processes that send the requests; of each machine, if a fleet sends them.'),
  prefixCache: z.literal('off').exactOptional().describe('Present if the server was asked to keep no prompts.'),
  length: z.literal('fixed').exactOptional().describe('Present if the server was asked for answers of full length.'),
  synthetic: z
    .object({
      prompt: z.string().describe('Tokens of a prompt, in the notation of lengths.ts.'),
      output: z.string().describe('Tokens of an answer, in the same notation.'),
      prefix: z.int().min(0).describe('Tokens that all prompts have in common.'),
    })
    .exactOptional()
    .describe('Present if the prompts were made for the test, of words that mean nothing.'),
  traces: z
    .record(z.string(), z.object({ file: z.string(), hash: z.string(), requests: z.int().positive() }))
    .exactOptional()
    .describe('The traces that conditions name, with the SHA-256 of their files.'),
});

/** What a load test holds or searches. */
export type LoadSettings = DeepReadonly<z.infer<typeof load>>;

const settings = z.object({
  seed: z.int(),
  repetitions: z.int().positive(),
  warmup: z.int().min(0),
  limit: z.int().positive().nullable().describe('The greatest number of samples of each task; null for all.'),
  condition: condition.exactOptional(),
  load: load.exactOptional().describe('Present if the run is a load test.'),
  untilSure: untilSure.exactOptional().describe('Present if the run asks in rounds until every comparison is decided.'),
  inTurns: inTurns
    .exactOptional()
    .describe('Present if the run measured two versions in turns, as `rightsize ab` does.'),
  reference: z
    .string()
    .exactOptional()
    .describe('The model that every other one is compared with. Without it, SLMs are compared with LLMs.'),
  placed: z
    .record(z.string(), z.object({ model: z.string(), machine: z.string() }))
    .exactOptional()
    .describe(
      'Present if every machine of a fleet measured everything: for each model of the run, its id on the machine, and the name of the machine.',
    ),
});

export type RunSettings = DeepReadonly<z.infer<typeof settings>>;

/** A log may name a scorer that no longer exists. Its answers are then unscored, with that reason. */
const scorer = z.custom<ScorerChoice>(
  (value) => typeof value === 'string' || (typeof value === 'object' && value !== null && 'name' in value),
  { error: 'expected a scorer' },
);

/** A suite without its samples, which have records of their own. Each task holds the number of its samples and their hash. */
const suite = suiteSchema.extend({
  tasks: z.array(
    taskSchema.extend({
      scorer,
      samples: z.object({
        count: z.int().min(0),
        hash: z.string().describe('SHA-256 over the prompts and targets, in their order.'),
        source: z.string().describe('`inline`, or the file, URL or data set that the suite names.'),
        fileHashes: z.array(z.string()).readonly().exactOptional().describe('SHA-256 of each data file.'),
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
    .describe('For each model id, the folder from which relative paths in its entry start.'),
  settings,
  machine: machine.exactOptional().describe('The machine that started the run.'),
  part: part.exactOptional(),
  prices: priceListSchema
    .omit({ $schema: true })
    .exactOptional()
    .describe('Devices and prices of the user, if the user gave any.'),
});

export type RunRecord = DeepReadonly<Omit<z.infer<typeof run>, 'suites' | 'models' | 'prices'>> & {
  readonly suites: readonly LoggedSuite[];
  readonly models: readonly Model[];
  readonly prices?: PriceList;
  /** The combined runs, if several runs are reported together. No log has this field. */
  readonly parts?: readonly RunPart[];
};

/** One of several runs that are reported together. */
export interface RunPart extends Pick<RunRecord, 'id' | 'started' | 'command' | 'machine'> {
  readonly label: string;
  /** The models of the run: their names in the run, and their names beside the models of the other runs. */
  readonly models: readonly { readonly id: string; readonly label: string }[];
  /** The number of trials that the run planned for each of its models, by `taskKey`. */
  readonly planned: Readonly<Record<string, number>>;
}

const resume = z.object({
  type: z.literal('resume'),
  started,
  command: z.array(z.string()),
  machine: machine.exactOptional(),
  part: part.exactOptional(),
  prices: run.shape.prices.describe('Devices and prices that replace those of the run, if the user gave any.'),
});

export type ResumeRecord = DeepReadonly<Omit<z.infer<typeof resume>, 'prices'>> & { readonly prices?: PriceList };

const machineRecord = z.object({
  type: z.literal('machine'),
  machine,
  part: part.exactOptional(),
  name: z.string().min(1).max(300).exactOptional().describe('What its user calls the machine.'),
  clockOffset: number
    .exactOptional()
    .describe('Seconds by which its clock was ahead of that of the queue of its fleet, if it measured for one.'),
  environment,
});

/** The state of a machine at the beginning of a part. */
export type MachineRecord = DeepReadonly<z.infer<typeof machineRecord>>;

const facts = z.object({
  engine: z
    .string()
    .describe('The engine with its version: `llama.cpp 0.5.0-dev, ggml 0ad4a86, for zen4 (node-llama-cpp 3.22.1)`.'),
  device: z.string(),
  threads: quantitySchema,
  weights: z.object({ bytes: number, hash: z.string(), files: z.array(z.string()) }).exactOptional(),
  adapterBytes: number.exactOptional().describe('Bytes of the LoRA adapters. The bytes of the weights include them.'),
  parameters: number.exactOptional(),
  architecture: z
    .object({
      layers: number,
      kvHeads: number,
      headSize: number,
      vocabulary: number,
      bytesPerCachedValue: number,
      cacheCopies: number.exactOptional().describe('The number of copies of the cache in memory. The default is 1.'),
    })
    .exactOptional()
    .describe('The size of the KV cache of one token follows from these.'),
  footprint: z
    .object({
      cache: number.describe('Bytes of the cache that the engine reserves for the context that it opened.'),
      buffers: number.describe(
        'Bytes of its buffers for intermediate results, and of weights that it holds a second time in an order for the CPU.',
      ),
      readPerToken: number.describe(
        'Bytes of the weights that one token reads: of a mixture, the experts that it uses.',
      ),
      cacheReadPerToken: number.describe('Bytes of the cache that a token at the end of the context reads.'),
    })
    .exactOptional()
    .describe('What the engine reserves and reads, counted layer by layer from the header of the files.'),
  shape: modelShapeSchema
    .exactOptional()
    .describe('Layers, cache and weights by part, read from the files. Predictions for other devices follow from it.'),
  promptCliff: warning
    .extend({ tokens: number })
    .exactOptional()
    .describe(
      'A length of the prompt, in tokens, from which on the engine computes by other code, so that TTFT jumps there; with what to say and to do if prompts lie on both sides.',
    ),
  context: quantitySchema,
  chatTemplateHash: textSchema,
  cannot: z
    .record(z.string(), z.string())
    .describe('The abilities that this backend lacks for this model, with reasons.'),
  network: z
    .enum(['none', 'loopback', 'internet'])
    .describe('The network that a run needs. The kind of backend proves it.'),
  server: z
    .enum(['ours', 'not ours'])
    .exactOptional()
    .describe('Who started the server of the model. Absent if there is no server, and in logs of earlier versions.'),
  settings: z
    .record(z.string(), z.union([number, z.string()]))
    .exactOptional()
    .describe('What the server told of its version and settings, if it was asked: a load test asks.'),
  warnings: z.array(z.string()),
});

/** Facts about an opened model. A fact is absent when the engine does not give it. */
export type SessionFacts = DeepReadonly<z.infer<typeof facts>>;

const sessionRecord = z.object({
  type: z.literal('session'),
  session,
  model: z.string(),
  machine: machine.exactOptional(),
  part: part.exactOptional(),
  load: quantitySchema.describe('Seconds from the call that opens the model until the model is ready.'),
  firstRequest: quantitySchema.describe(
    'Seconds of the first request of a fresh session, until its last token. It is cold, so the other latencies exclude it.',
  ),
  warmup: z.int().min(0),
  memory: z.object({ baseline: memoryReadingSchema, loaded: memoryReadingSchema }),
  facts,
  synthetic: z
    .object({
      added: z.int().describe('Tokens that the server adds to the words of a prompt.'),
      words: z.int().positive().describe('The words that are one token each.'),
    })
    .exactOptional()
    .describe('How synthetic prompts of exact lengths were made for it, if they were.'),
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
    .describe('The texts that the model ranks, if the task asks for log-likelihoods.'),
  promptHash: z
    .string()
    .describe(
      "SHA-256 of the prompt before any model's chat template. In a fair comparison it is equal for all models.",
    ),
  hash: z
    .string()
    .describe(
      'SHA-256 of the row and the target. It is equal for the same sample in every run, even if the prompt differs.',
    ),
});

export type SampleRecord = DeepReadonly<z.infer<typeof sample>>;

export const measurementSchema = z.object({
  type: z.literal('measurement'),
  trial: z.string().describe('The id of the trial, from plan.ts.'),
  suite: z.string(),
  task: z.string(),
  sample: z.string(),
  model: z.string(),
  repetition: z.int().positive(),
  session,
  at: number.min(0).describe('The end of the trial, in seconds since the start of the part.'),
  due: number
    .min(0)
    .exactOptional()
    .describe('The moment when the request was due, in seconds since the start of the part.'),
  condition: condition
    .exactOptional()
    .describe('How the engine really computed the trial. The plan may have asked for more.'),
  step: z.string().exactOptional().describe('The step of a load test that the trial belongs to.'),
  released: number
    .min(0)
    .exactOptional()
    .describe('When the ceiling on requests under way let the request go, in seconds since the start of the part.'),
  cold: z
    .literal(true)
    .exactOptional()
    .describe('True for the first request of a session without warm-up; for several, if they were sent at once.'),
  outcome: outcomeSchema,
});

export type MeasurementRecord = DeepReadonly<Omit<z.infer<typeof measurementSchema>, 'outcome'>> & {
  readonly outcome: Outcome;
};

const evidenceRecord = z.object({
  type: z.literal('evidence'),
  trial: z.string(),
  model: z.string(),
  scorer: z
    .string()
    .exactOptional()
    .describe('The secondary scorer that asked. If absent, it is the scorer that decides.'),
  by: z.string().exactOptional().describe('The model that judged, where one did.'),
  asked: z
    .string()
    .exactOptional()
    .describe(
      'When an own scorer was asked, ISO 8601, UTC. If an answer was scored more than once, the latest score counts.',
    ),
  evidence: evidenceSchema,
});

/** Evidence about the answer of a trial. A scorer asks for it when the words of the answer are not enough to judge it. */
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
  rme: number.describe('Relative margin of error at 95%, in percent.'),
});

export type LatencyStatistics = DeepReadonly<z.infer<typeof latencyStatistics>>;

const logprobsPair = z.object({ with: number.positive(), without: number.positive() });

/** The seconds of two requests with the same prompt. One of them asked for log-probabilities. */
export type LogprobsPair = DeepReadonly<z.infer<typeof logprobsPair>>;

const serverReading = z.object({
  at: number.min(0).describe('Seconds since the step began.'),
  values: z
    .record(z.string(), number)
    .describe(
      'What the server says of itself, by the names of openai/server-view.ts; of a server that rightsize started, its `memory` in bytes and its `cpuSeconds` too.',
    ),
});

const clientHealth = {
  processes: z.int().positive(),
  loopDelay: quantitySchema.describe(
    'The 99th percentile of the delay of the event loop, in seconds; of the worst process.',
  ),
  cpuSeconds: quantitySchema.describe('The processor time of all client processes.'),
  socketWaits: z.int().min(0).describe('Requests for which the machine of the client had no socket.'),
  replacedConnections: z.int().min(0).describe('Requests that met a connection that the server had given up.'),
};

const step = z.object({
  type: z.literal('step'),
  step: z.string().min(1).describe('The id of the step. Its measurements have the same id.'),
  model: z.string(),
  session,
  condition,
  seed: z.int().describe('The seed of its arrivals and think times.'),
  first: z.int().min(0).describe('The number of its first request among all requests of the model.'),
  began: number.min(0).describe('Its beginning, in seconds since the start of the part.'),
  ended: number.min(0).describe('Its end, in seconds since the start of the part.'),
  requests: z
    .int()
    .positive()
    .exactOptional()
    .describe('The requests that it was to answer, if it was not held for a time alone.'),
  until: number
    .min(0)
    .describe(
      'The time up to which its requests count, in seconds since it began. Later ones kept up the load until these had their answers.',
    ),
  used: z
    .int()
    .min(0)
    .describe('The numbers that its requests took: it sends more, so that the load lasts until its end.'),
  ending: z
    .enum(['answered', 'overloaded', 'errors', 'rate-limit', 'budget', 'time', 'trace ended'])
    .describe('Why it ended: all requests were answered, or it ended early.'),
  client: z.object({
    ...clientHealth,
    inProcess: z
      .literal(true)
      .exactOptional()
      .describe('Present if the engine computes in the process of the client, so that it keeps the event loop busy.'),
    machines: z
      .array(
        z.object({
          name: z.string().describe('What its user calls the machine.'),
          session: session.describe('The session of the requests that the machine sent.'),
          clockOffset: number.describe('Seconds by which its clock was ahead of that of the coordinator.'),
          roundTrip: number
            .min(0)
            .describe(
              'Seconds of the quickest exchange of clocks. The machine began at most half of it too late or early.',
            ),
          ...clientHealth,
        }),
      )
      .exactOptional()
      .describe('Present if machines of a fleet sent the requests: how each of them did.'),
    cores: z
      .object({ client: z.string(), server: z.string().exactOptional() })
      .exactOptional()
      .describe('The cores that the client, and a server that it started, may run on: `0-3,8`.'),
  }),
  server: z.array(serverReading).exactOptional().describe("The server's own view, while the step lasted."),
});

/** One condition that was held for a time on one model. It is written when the step is over; a step without a record did not end. */
export type StepRecord = DeepReadonly<z.infer<typeof step>>;

const selfTest = z.object({
  type: z.literal('self-test'),
  part: part.exactOptional(),
  machine: machine.exactOptional().describe('Present if the client of a machine of a fleet was tested.'),
  processes: z.int().positive(),
  levels: z
    .array(
      z.object({
        rate: number.describe('Requests per second.'),
        streams: z.int().min(0).describe('The most answers under way at once.'),
        lateness: number.describe('The 99th percentile of the lateness of sends, in seconds.'),
        error: number.describe(
          'How much longer the 99th percentile of TTFT was than what the null server sent, in seconds.',
        ),
        held: z.boolean(),
      }),
    )
    .describe('Rate by rate, up to the first that the client did not hold.'),
});

/** What the client of a load test can hold, measured against a server that answers at known times. */
export type SelfTestRecord = DeepReadonly<z.infer<typeof selfTest>>;

const sessionEnd = z.object({
  type: z.literal('session-end'),
  session,
  model: z.string(),
  memory: z.object({ peak: memoryReadingSchema, final: memoryReadingSchema }),
  latency: z
    .record(z.string(), latencyStatistics)
    .describe("tinybench's statistics of the end-to-end latency of each task in this session, in seconds."),
  loopDelay: z
    .object({ runner: quantitySchema, worker: quantitySchema })
    .describe('The delay of the event loops of the runner and the worker: the 99th percentile, in seconds.'),
  logprobs: z
    .array(logprobsPair)
    .exactOptional()
    .describe(
      'Seconds of requests with and without log-probabilities, in turns. Present if a server was asked for them.',
    ),
  crash: z.string().exactOptional().describe('Why the session ended before its block did.'),
});

export type SessionEndRecord = DeepReadonly<z.infer<typeof sessionEnd>>;

const modelFailed = z.object({ type: z.literal('model-failed'), model: z.string(), reason: z.string() });

/** A model that could not be opened, or that stopped early. This part has no trials of the rest of its plan. */
export type ModelFailedRecord = DeepReadonly<z.infer<typeof modelFailed>>;

const end = z.object({
  type: z.literal('end'),
  part: part.exactOptional(),
  complete: z.boolean(),
  reason: z.string(),
});

export type EndRecord = DeepReadonly<z.infer<typeof end>>;

/** The schema of each record. A log holds no other types of record. */
export const RECORDS = {
  run,
  resume,
  machine: machineRecord,
  session: sessionRecord,
  sample,
  measurement: measurementSchema,
  evidence: evidenceRecord,
  'self-test': selfTest,
  step,
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
  | SelfTestRecord
  | StepRecord
  | SessionEndRecord
  | ModelFailedRecord
  | EndRecord;
