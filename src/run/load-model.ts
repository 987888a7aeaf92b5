/** The load test of one model: opens it in each client process, holds its steps one after another, and closes it. */
import { type Condition, conditionText, parseCondition } from '../core/definition/condition.js';
import type { Model } from '../core/definition/model.js';
import { UserError } from '../core/errors.js';
import { durationLimit, parseObjective, WAITING } from '../core/load/objective.js';
import type { StepRequest } from '../core/load/request.js';
import { isHopeless } from '../core/load/saturation.js';
import { RELAXATIONS } from '../core/load/step.js';
import type { RecordedTrace } from '../core/load/trace.js';
import type { LoadSettings, LogRecord, SampleRecord, SessionRecord, StepRecord } from '../core/log/log.js';
import { isMissing, known, missing } from '../core/quantity.js';
import { sum } from '../core/stats/basics/moments.js';
import { createRandom } from '../core/stats/basics/random.js';
import type { LoadedModel } from '../files/definitions.js';
import type { TrialRequest } from '../worker/protocol.js';
import type { SessionEvent } from '../worker/session-keeper.js';
import { type HoldingSession, NotOpened, type OpenWorker, type WorkerSession } from '../worker/worker-session.js';
import { LOAD_DEFAULTS } from './defaults.js';
import type { ClientMachine } from './load-fleet.js';
import type { ExactPrompts } from './load-prompts.js';
import {
  type ClockedMachine,
  type HeldStep,
  holdStep,
  type PlannedStep,
  type StepClient,
  type StepCourse,
} from './load-step.js';
import { isFree } from './spending.js';

export interface ModelTestOptions {
  readonly load: LoadSettings;
  readonly seed: number;
  readonly traces: ReadonlyMap<string, RecordedTrace>;
  /** All samples of all tasks: they are one mixture. */
  readonly samples: readonly SampleRecord[];
  readonly questions: readonly TrialRequest[];
  /** Makes synthetic prompts exact for a model that was opened; absent where the samples have prompts of their own. */
  readonly exact?: ((session: WorkerSession, model: string) => Promise<ExactPrompts>) | undefined;
  readonly openWorker: OpenWorker;
  /** The machines of a fleet that send the requests; absent where this one does. */
  readonly machines?: readonly ClientMachine[] | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly origin: Pick<SessionRecord, 'machine' | 'part'>;
  readonly nextSession: () => string;
  /** Seconds since the part began. */
  readonly elapsed: () => number;
  readonly append: (record: LogRecord) => void;
  readonly signal: AbortSignal;
  readonly onEvent: (event: LoadEvent) => void;
}

export type LoadEvent =
  | SessionEvent
  | ({ readonly type: 'expected'; readonly model: string } & Expected)
  | { readonly type: 'step'; readonly model: string; readonly course: StepCourse; readonly requests: number }
  | { readonly type: 'step-over'; readonly model: string; readonly held: HeldStep };

/** What a server that is not ours will be asked. */
export interface Expected {
  /** Null where the time of the budget decides it. */
  readonly requests: number | null;
  /** Whether there are no more than these. */
  readonly isMost: boolean;
  /** The dollars of one request, at most; null without a price. */
  readonly request: number | null;
  /** The dollars of all, at most; null where that is open. */
  readonly dollars: number | null;
}

/** The next condition of a test, by what was held so far; null when the test is done. */
export type NextStep = (held: readonly HeldStep[]) => Planned | null;

type Planned = Pick<PlannedStep, 'condition' | 'requests' | 'seconds'>;

/** What a test has held before, if it was interrupted. */
export interface EarlierSteps {
  readonly held: readonly HeldStep[];
  /** The steps that were begun, the unfinished ones too. */
  readonly begun: number;
}

/** @returns All steps of the model. @throws WorkerDied, NotOpened, UserError, or the reason of the signal. */
export async function testModel(
  { model, directory }: LoadedModel,
  next: NextStep,
  earlier: EarlierSteps,
  options: ModelTestOptions,
): Promise<readonly HeldStep[]> {
  const held = [...earlier.held];
  let planned = next(held);
  if (planned === null) return held;
  const groups = await openClients({ model, directory }, options);
  const exact = await exactFor(model.id, groups, options);
  for (const { session, machine, workers } of groups) {
    const [{ load, memory, facts }] = workers as [HoldingSession];
    options.append({
      type: 'session',
      session,
      model: model.id,
      ...options.origin,
      ...(machine && { machine: machine.record.machine }),
      load: known(load),
      firstRequest: missing('a load test keeps no request apart'),
      warmup: 0,
      memory,
      facts,
      ...(exact && { synthetic: { added: exact.added, words: exact.words } }),
    });
  }
  try {
    let begun = earlier.begun;
    while (planned !== null) {
      requireRoom(model.id, planned.condition, groups[0]!.workers[0]!);
      begun++;
      const { condition, requests, seconds }: Planned = planned;
      const step: PlannedStep = {
        id: `${model.id}/${begun}`,
        model: model.id,
        condition,
        // Not the sum of both: the third step of one seed would have the arrivals of the second step of the next seed.
        seed: createRandom(options.seed, 'step', held.length).uint32(),
        requests,
        seconds,
        first: held.reduce((sum, { record }) => sum + record.used, 0),
        most: leftOf(options.load, held),
      };
      const one = await holdStep(step, {
        ...options,
        orderSeed: options.seed,
        questions: exact?.questions ?? options.questions,
        clients: await clientsOf(groups),
        trace: planned.condition.kind === 'trace' ? options.traces.get(planned.condition.name)?.arrivals : undefined,
        judge: judgeOf(options, {
          id: model.id,
          held,
          requests,
          planned: seconds ?? Number.POSITIVE_INFINITY,
          price: isFree(model) ? undefined : model.price,
        }),
      });
      held.push(one);
      options.onEvent({ type: 'step-over', model: model.id, held: one });
      planned = next(held);
    }
    return held;
  } finally {
    for (const { session, workers } of groups) {
      // A machine that is gone cannot say how its session ended.
      const closings = await Promise.all(workers.map((client) => client.close())).catch(() => []);
      if (closings.length === 0) continue;
      const { memory, workerDelay } = closings[0]!;
      options.append({
        type: 'session-end',
        session,
        model: model.id,
        memory,
        latency: {},
        loopDelay: { runner: missing('the clients stamp their answers'), worker: workerDelay },
      });
    }
  }
}

/** The clients of one machine. */
interface ClientGroup {
  readonly session: string;
  /** Absent where it is this one. */
  readonly machine?: ClientMachine;
  readonly workers: readonly HoldingSession[];
}

/** Null where the prompts are as they are. */
async function exactFor(
  model: string,
  groups: readonly ClientGroup[],
  { exact }: ModelTestOptions,
): Promise<ExactPrompts | null> {
  if (exact === undefined) return null;
  const workers = groups.flatMap((group) => group.workers);
  try {
    return await exact(workers[0] as WorkerSession, model);
  } catch (error) {
    await Promise.all(workers.map((worker) => worker.close()));
    throw error;
  }
}

/** The clients of a step. Clocks drift, so each step begins by a new comparison. */
async function clientsOf(groups: readonly ClientGroup[]): Promise<readonly StepClient[]> {
  const clients = groups.map(async ({ session, machine, workers }) => {
    if (machine === undefined) return workers.map((worker) => ({ worker, session }));
    const clocked: ClockedMachine = { name: machine.name, ...(await machine.compareClocks()) };
    return workers.map((worker) => ({ worker, session, machine: clocked }));
  });
  return (await Promise.all(clients)).flat();
}

/** Answers that an engine in process computes side by side. Further requests wait in its queue, as they do in a server. */
export const SLOTS = 16;

/** @throws NotOpened where no machine opens it. */
async function openClients(loaded: LoadedModel, options: ModelTestOptions): Promise<readonly ClientGroup[]> {
  const { model } = loaded;
  const { onEvent } = options;
  onEvent({ type: 'opening', model: model.id });
  const groups = options.machines === undefined ? [await openHere(loaded, options)] : await openThere(loaded, options);
  const [{ facts, load: seconds }] = groups[0]!.workers as [HoldingSession];
  for (const message of facts.warnings) onEvent({ type: 'warning', model: model.id, message });
  onEvent({ type: 'opened', model: model.id, load: seconds });
  if (facts.server === 'not ours') onEvent({ type: 'expected', model: model.id, ...expectedOf(model, options) });
  return groups;
}

async function openThere(
  loaded: LoadedModel,
  { machines = [], load, nextSession, onEvent }: ModelTestOptions,
): Promise<readonly ClientGroup[]> {
  const reasons: string[] = [];
  const groups: ClientGroup[] = [];
  for (const machine of machines) {
    const manner = { prefixCache: load.prefixCache, length: load.length };
    try {
      const opening = Array.from({ length: load.clients }, () => machine.open(loaded, { manner }));
      groups.push({ session: nextSession(), machine, workers: await Promise.all(opening) });
    } catch (error) {
      if (!(error instanceof NotOpened)) throw error;
      reasons.push(error.message);
      onEvent({ type: 'warning', model: loaded.model.id, message: `not asked from ${error.message}` });
    }
  }
  if (groups.length === 0) throw new NotOpened(`no machine asks ${loaded.model.id}: ${reasons.join('; ')}`);
  return groups;
}

async function openHere(loaded: LoadedModel, options: ModelTestOptions): Promise<ClientGroup> {
  const { model } = loaded;
  const { load, environment, signal, onEvent, nextSession } = options;
  if (load.clients > 1 && (model.backend !== 'openai' || model.server !== undefined)) {
    throw new UserError(
      `--clients: expected 1 for model "${model.id}", which ${model.backend === 'openai' ? 'starts a server of its own' : 'runs in the process of its client'}, found ${load.clients}; use one client, or start a server`,
    );
  }
  const clients: HoldingSession[] = [];
  try {
    for (let i = 0; i < load.clients; i++) {
      const client = await options.openWorker(loaded, {
        concurrency: SLOTS,
        under: 'load',
        manner: { prefixCache: load.prefixCache, length: load.length ?? (load.synthetic && 'fixed where it can') },
        environment,
        signal,
        onProgress: (progress) => onEvent({ type: 'progress', model: model.id, ...progress }),
      });
      clients.push(client);
    }
  } catch (error) {
    await Promise.all(clients.map((client) => client.close()));
    throw error;
  }
  return { session: nextSession(), workers: clients };
}

/** What a server that is not ours will be asked. */
function expectedOf({ price }: Model, { load, questions }: Pick<ModelTestOptions, 'load' | 'questions'>): Expected {
  const { budget, conditions = [] } = load;
  const named =
    load.find === undefined ? sum(conditions.map((text) => requestsUnder(parseCondition(text), load))) : null;
  const requests = budget.requests ?? named;
  const request = price === undefined ? null : dearestOf(questions, price);
  const dollars = requests === null || request === null ? Number.POSITIVE_INFINITY : requests * request;
  const most = Math.min(dollars, budget.dollars ?? Number.POSITIVE_INFINITY);
  return {
    requests,
    isMost: budget.requests !== undefined,
    request,
    dollars: Number.isFinite(most) ? most : null,
  };
}

/** The answers that a step waits for. While it does, it sends some more. */
function requestsUnder(condition: Condition, { requests = LOAD_DEFAULTS.requests, traces = {} }: LoadSettings): number {
  if (condition.kind === 'trace') return traces[condition.name]?.requests ?? requests;
  const { stretches } = condition.kind === 'open' ? condition.rate : { stretches: [] };
  return requests + Math.ceil(sum(stretches.map(({ from, to, seconds }) => ((from + to) / 2) * seconds)));
}

/** The dollars of a request, at most, as a mean over the questions: a character is a token at most. */
function dearestOf(questions: readonly TrialRequest[], price: NonNullable<Model['price']>): number {
  const dollars = questions.map((question) =>
    question.for === 'answer'
      ? (JSON.stringify(question.prompt).length * price.input + question.generation.maxTokens * price.output) / 1e6
      : 0,
  );
  return sum(dollars) / dollars.length;
}

/** @throws UserError when the engine answers one request at a time, and the condition asks for more. */
function requireRoom(id: string, condition: Condition, { concurrency, facts }: HoldingSession): void {
  if (concurrency > 1 || (condition.kind === 'closed' && condition.requests === 1)) return;
  const why = facts.cannot.concurrency ?? 'its engine answers one request at a time';
  throw new UserError(
    `model "${id}": expected the condition closed 1, because ${why}, found ${conditionText(condition)}; serve the model with a server, or test it with --concurrency 1`,
  );
}

/** The requests that are left for a step. */
function leftOf({ budget }: LoadSettings, held: readonly HeldStep[]): number {
  if (budget.requests === undefined) return Number.POSITIVE_INFINITY;
  return budget.requests - held.reduce((sum, { record }) => sum + record.used, 0);
}

/** By how much a step may last longer than was planned: its last requests take their time, but not that long, */
const PATIENCE = 3;

/** unless the objectives allow it. What is cut counts as too late for each of them, also for one that is relaxed. In seconds. */
function longestWait({ objectives }: LoadSettings): number {
  const limits = objectives.map(parseObjective).filter(({ metric }) => WAITING.has(metric));
  return Math.max(0, ...limits.map((objective) => durationLimit(objective).seconds)) * Math.max(...RELAXATIONS);
}

/** Seconds between two tests for overload, */
const LOOK = 1;
/** or in times the step so far, if that is longer: each test reads all its requests again. */
const LOOK_SHARE = 0.1;
/** Fewer requests show no share of failures. */
const ENOUGH_FOR_ERRORS = 20;

interface Judged {
  readonly id: string;
  readonly held: readonly HeldStep[];
  readonly requests: number;
  /** Seconds in which its requests are due; infinite where it is held for their number alone. */
  readonly planned: number;
  /** Absent where requests cost nothing, or nobody knows what. */
  readonly price: Model['price'];
}

/** In dollars. What a server does not count, and what was cut, costs as much as it can. */
function costOf({ promptTokens, outputTokens }: StepRequest, { price, dearest }: Charged): number {
  if (isMissing(promptTokens) || isMissing(outputTokens)) return dearest;
  return (promptTokens.value * price.input + outputTokens.value * price.output) / 1e6;
}

interface Charged {
  readonly price: NonNullable<Model['price']>;
  /** Dollars of a request, at most. */
  readonly dearest: number;
}

/** Whether the requests so far, with those under way, may cost more than a budget in dollars. */
function chargeOf({ load, questions }: ModelTestOptions, { held, price }: Judged): (course: StepCourse) => boolean {
  const { dollars: most } = load.budget;
  if (most === undefined || price === undefined) return () => false;
  const charged: Charged = { price, dearest: dearestOf(questions, price) };
  const ofStep = ({ record, requests }: HeldStep) =>
    sum(requests.map((one) => costOf(one, charged))) + Math.max(0, record.used - requests.length) * charged.dearest;
  let dollars = sum(held.map(ofStep));
  let counted = 0;
  return ({ requests, underWay }) => {
    for (; counted < requests.length; counted++) dollars += costOf(requests[counted]!, charged);
    return dollars + underWay * charged.dearest > most;
  };
}

function judgeOf(options: ModelTestOptions, judged: Judged): (course: StepCourse) => StepRecord['ending'] | null {
  const { load, onEvent } = options;
  const { id, held, requests, planned } = judged;
  const isTooDear = chargeOf(options, judged);
  const spent = held.reduce((sum, { record }) => sum + record.ended - record.began, 0);
  const wait = longestWait(load);
  const longest = Math.max(PATIENCE * planned, planned + wait);
  let looked = 0;
  return (course) => {
    onEvent({ type: 'step', model: id, course, requests });
    const { seconds = Number.POSITIVE_INFINITY } = load.budget;
    if (spent + course.seconds > seconds) return 'budget';
    if (isTooDear(course)) return 'budget';
    const { length } = course.requests;
    if (length >= ENOUGH_FOR_ERRORS && course.failed > load.stopErrors * length) return 'errors';
    if (course.seconds > longest) return 'overloaded';
    if (course.seconds < looked + Math.max(LOOK, LOOK_SHARE * looked)) return null;
    looked = course.seconds;
    return isHopeless(course, wait) ? 'overloaded' : null;
  };
}
