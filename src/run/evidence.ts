/**
 * Some scorers need more than the words of an answer: a program is run, meanings are compared, or another model is asked. This happens
 * after all trials, when no model is being measured. The findings go to the log as evidence, so scoring stays pure: a log with its
 * evidence can be scored again anywhere, without the sandbox, the embedding model or the judge.
 *
 *     measurements whose scorer has a request ──▶ sandbox, embedder, judge or scorer of your own ──▶ evidence records
 */
import { resolve } from 'node:path';
import { generationSchema } from '../core/definition/suite.js';
import { describeError, UserError } from '../core/errors.js';
import { evidenceKey, sampleKey, taskKey } from '../core/keys.js';
import type { EvidenceRecord, LoggedSuite, MeasurementRecord, SampleRecord } from '../core/log/log.js';
import { filterText } from '../core/score/filters.js';
import type { Evidence, Request } from '../core/score/score.js';
import { SCORERS } from '../core/score/table.js';
import type { LoadedModel } from '../files/definitions.js';
import { readLog } from '../files/log.js';
import type { OpenWorker, WorkerSession } from '../worker/worker-session.js';
import { type Embedder, openEmbedder } from './embeddings.js';
import { type Allowed, isAllowed, openOwnScorers } from './own-scorer.js';
import type { Sandbox } from './sandbox.js';
import { readScores, type ScoredAnswer, type ScoresFile } from './scores-file.js';

export interface EvidenceOptions {
  readonly suites: readonly LoggedSuite[];
  /** The key is `suite/task/sample`. */
  readonly samples: ReadonlyMap<string, SampleRecord>;
  /** Runs the programs that models wrote; null where they must not run. */
  readonly sandbox: Sandbox | null;
  /** The scorers of the user's own that may run. */
  readonly allowed: Allowed;
  /** Whether known evidence is gathered again. This is for the user's own scorers, after the user has mended one. */
  readonly again?: 'own' | undefined;
  readonly now: () => Date;
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

interface Wanted extends ScoredAnswer {
  readonly trial: string;
  /** The secondary scorer that asks; absent for the one that decides. */
  readonly scorer?: string | undefined;
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
    for (const { request, trial, scorer, ...answer } of wanted) {
      try {
        const evidence = await world.fulfil(request, answer);
        if (evidence === null) continue;
        const { model } = answer;
        const by = request.effect === 'judge' ? { by: options.judge!.model.id } : {};
        const asked = request.effect === 'own' ? { asked: options.now().toISOString() } : {};
        const askedBy = scorer === undefined ? {} : { scorer };
        options.append({ type: 'evidence', trial, model, ...askedBy, ...by, ...asked, evidence });
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
function isAskedFor(request: Request, { sandbox, judge, allowed }: EvidenceOptions): boolean {
  switch (request.effect) {
    case 'own':
      return isAllowed(request.source, allowed);
    case 'sandbox':
      return sandbox !== null;
    case 'judge':
      return judge !== null;
    case 'embeddings':
      return true;
  }
}

/** The requests of a log that have no evidence yet, in its order. */
async function wantedBy(log: string, { suites, samples, again }: EvidenceOptions): Promise<readonly Wanted[]> {
  const asking = new Map(
    suites.flatMap((suite) => suite.tasks.map((task) => [taskKey(suite.name, task.name), askingScorers(task)])),
  );
  if ([...asking.values()].every((scorers) => scorers.length === 0)) return [];
  const wanted = new Map<string, Wanted>();
  const found = new Set<string>();
  for await (const record of readLog(log)) {
    if (record.type === 'evidence') found.add(evidenceKey(record));
    if (record.type !== 'measurement') continue;
    const sample = samples.get(sampleKey(record));
    if (sample === undefined) continue;
    const { trial, model, sample: id, repetition } = record;
    for (const { scorer, requestOf } of asking.get(taskKey(record.suite, record.task)) ?? []) {
      const request = requestOf(record, sample);
      if (request !== null)
        wanted.set(evidenceKey({ trial, scorer }), { trial, scorer, model, sample: id, repetition, request });
    }
  }
  return [...wanted].flatMap(([key, one]) =>
    (again === undefined ? !found.has(key) : one.request.effect === again) ? [one] : [],
  );
}

/** A scorer of a task that judges by more than words. */
interface AskingScorer {
  /** Its name, where it is a secondary one. */
  readonly scorer?: string | undefined;
  readonly requestOf: (record: MeasurementRecord, sample: SampleRecord) => Request | null;
}

type LoggedTask = LoggedSuite['tasks'][number];

function askingScorers(task: LoggedTask): readonly AskingScorer[] {
  return [task.scorer, ...(task.secondary ?? [])].flatMap((choice, place) => {
    const { name, ...given } = typeof choice === 'string' ? { name: choice } : choice;
    // A log may name a scorer that has been removed since; the analysis reports that.
    if (!Object.hasOwn(SCORERS, name)) return [];
    const { needs, request, options: schema } = SCORERS[name];
    const read = schema.safeParse(given);
    if (request === undefined || !read.success) return [];
    const options = read.data;
    const requestOf: AskingScorer['requestOf'] = ({ outcome }, { target, fields }) => {
      if (outcome.state !== 'completed') return null;
      const output = filterText(task.filters ?? [], outcome.output);
      // An empty answer is wrong without any evidence; only a scorer of the user's own may find it right.
      return output.trim() === '' && needs !== 'own' ? null : request({ output, target, fields }, options);
    };
    return [{ scorer: place === 0 ? undefined : name, requestOf }];
  });
}

interface World {
  /** @returns null where there is none for this answer. */
  fulfil(request: Request, answer: ScoredAnswer): Promise<Evidence | null>;
  close(): Promise<void>;
}

/** Opens a model at its first request. */
function openWorld({ sandbox, judge, allowed, directory, environment, openWorker, signal }: EvidenceOptions): World {
  const own = openOwnScorers(allowed);
  const scores = new Map<string, ScoresFile>();
  let session: WorkerSession | undefined;
  const embedders = new Map<string, Embedder>();
  return {
    async fulfil(request, answer) {
      switch (request.effect) {
        case 'own': {
          const { source } = request;
          if (!('scores' in source)) return { effect: 'own', verdict: await own.ask(request, signal) };
          const file = resolve(allowed.cwd, source.scores);
          const found = scores.get(file) ?? (await readScores(file));
          scores.set(file, found);
          const verdict = found(answer);
          return verdict && { effect: 'own', verdict };
        }
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
      own.close();
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
