/**
 * Some scorers need more than the words of an answer: a program is run, meanings are compared, or another model is asked. This happens
 * after all trials, when no model is being measured. The findings go to the log as evidence, so scoring stays pure: a log with its
 * evidence can be scored again anywhere, without the sandbox, the embedding model or the judge.
 *
 *     measurements whose scorer has a request ──▶ sandbox, embedder or judge ──▶ evidence records
 */
import { generationSchema } from '../core/definition/suite.js';
import { describeError, UserError } from '../core/errors.js';
import { sampleKey, taskKey } from '../core/keys.js';
import type { EvidenceRecord, LoggedSuite, MeasurementRecord, SampleRecord } from '../core/log/log.js';
import { filterText } from '../core/score/filters.js';
import type { Evidence, Request } from '../core/score/score.js';
import { SCORERS } from '../core/score/table.js';
import type { LoadedModel } from '../files/definitions.js';
import { readLog } from '../files/log.js';
import type { OpenWorker, WorkerSession } from '../worker/worker-session.js';
import { type Embedder, openEmbedder } from './embeddings.js';
import type { Sandbox } from './sandbox.js';

export interface EvidenceOptions {
  readonly suites: readonly LoggedSuite[];
  /** The key is `suite/task/sample`. */
  readonly samples: ReadonlyMap<string, SampleRecord>;
  /** Runs the programs that models wrote; null where they must not run. */
  readonly sandbox: Sandbox | null;
  /** The model that judges; null where the user named none. */
  readonly judge: LoadedModel | null;
  /** The folder that relative paths of embedding models start from. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly openWorker: OpenWorker;
  readonly append: (record: EvidenceRecord) => void;
  readonly signal: AbortSignal;
  /** Takes a line for people. */
  readonly say: (text: string) => void;
}

interface Wanted {
  readonly trial: string;
  readonly model: string;
  readonly request: Request;
}

/** Gathers the evidence that a log lacks, until it is interrupted. @returns Whether all of it was found. */
export async function gatherEvidence(log: string, options: EvidenceOptions): Promise<boolean> {
  const wanted = (await wantedBy(log, options)).filter(({ request }) => isAskedFor(request, options));
  if (wanted.length === 0) return true;
  options.say(`${wanted.length} answers are judged by more than their words`);
  const world = openWorld(options);
  const failures: string[] = [];
  try {
    for (const { request, ...of } of wanted) {
      try {
        const evidence = await world.fulfil(request);
        const by = request.effect === 'judge' ? { by: options.judge!.model.id } : {};
        options.append({ type: 'evidence', ...of, ...by, evidence });
      } catch (error) {
        if (options.signal.aborted) return false;
        failures.push(describeError(error));
        // A model that cannot be opened now cannot be opened for the next answer either.
        if (error instanceof UserError) break;
      }
    }
  } finally {
    await world.close();
  }
  if (failures.length > 0) options.say(`not all of these answers could be judged: ${failures.at(-1)}`);
  return failures.length === 0;
}

/** The user decides whether programs run and a judge is asked; comparing meanings is harmless. */
function isAskedFor({ effect }: Request, { sandbox, judge }: EvidenceOptions): boolean {
  switch (effect) {
    case 'sandbox':
      return sandbox !== null;
    case 'judge':
      return judge !== null;
    case 'embeddings':
      return true;
  }
}

/** The requests of a log that have no evidence yet, in its order. */
async function wantedBy(log: string, { suites, samples }: EvidenceOptions): Promise<readonly Wanted[]> {
  const judged = new Map(suites.flatMap((suite) => suite.tasks.flatMap((task) => judgedTask(suite.name, task))));
  if (judged.size === 0) return [];
  const wanted = new Map<string, Wanted>();
  const found = new Set<string>();
  for await (const record of readLog(log)) {
    if (record.type === 'evidence') found.add(record.trial);
    if (record.type !== 'measurement') continue;
    const requestOf = judged.get(taskKey(record.suite, record.task));
    const sample = samples.get(sampleKey(record));
    const request = sample && requestOf?.(record, sample);
    if (request) wanted.set(record.trial, { trial: record.trial, model: record.model, request });
  }
  return [...wanted.values()].filter(({ trial }) => !found.has(trial));
}

type RequestOf = (record: MeasurementRecord, sample: SampleRecord) => Request | null;

function judgedTask(suite: string, task: LoggedSuite['tasks'][number]): readonly (readonly [string, RequestOf])[] {
  const { name, ...given } = typeof task.scorer === 'string' ? { name: task.scorer } : task.scorer;
  // A log may name a scorer that has been removed since; the analysis says what is wrong with it.
  if (!Object.hasOwn(SCORERS, name)) return [];
  const { request, options: schema } = SCORERS[name];
  const read = schema.safeParse(given);
  if (request === undefined || !read.success) return [];
  const options = read.data;
  const requestOf: RequestOf = ({ outcome }, { target, fields }) => {
    if (outcome.state !== 'completed') return null;
    const output = filterText(task.filters ?? [], outcome.output);
    // An empty answer is wrong without any evidence.
    return output.trim() === '' ? null : request({ output, target, fields }, options);
  };
  return [[taskKey(suite, task.name), requestOf]];
}

interface World {
  fulfil(request: Request): Promise<Evidence>;
  close(): Promise<void>;
}

/** Opens a model at its first request. */
function openWorld({ sandbox, judge, directory, environment, openWorker, signal }: EvidenceOptions): World {
  let session: WorkerSession | undefined;
  const embedders = new Map<string, Embedder>();
  return {
    async fulfil(request) {
      switch (request.effect) {
        case 'sandbox':
          return sandbox!.run(request, signal);
        case 'embeddings': {
          const { model, texts } = request;
          const embedder = embedders.get(model) ?? (await openEmbedder(model, { directory, environment, signal }));
          embedders.set(model, embedder);
          return { effect: 'embeddings', vectors: await embedder.embed(texts) };
        }
        case 'judge': {
          session ??= await openWorker(judge!, { concurrency: 1, environment, signal });
          return askJudge(session, request, signal);
        }
      }
    },
    async close() {
      await session?.close();
      for (const embedder of embedders.values()) await embedder.close();
    },
  };
}

/** Leaves a judge room to explain itself, and makes it answer the same way each time. */
const GENERATION = generationSchema.parse({ maxTokens: 512, temperature: 0 });

async function askJudge(
  session: WorkerSession,
  { prompts }: Extract<Request, { effect: 'judge' }>,
  signal: AbortSignal,
): Promise<Evidence> {
  const answers: string[] = [];
  for (const prompt of prompts) {
    const [answered] = await session.run([{ for: 'answer', prompt, generation: GENERATION }], signal);
    const { outcome } = answered!;
    if (outcome.state !== 'completed') {
      throw new Error(outcome.state === 'failed' ? `the judge failed: ${outcome.reason}` : 'the judge gave no answer');
    }
    answers.push(outcome.output);
  }
  return { effect: 'judge', answers };
}
