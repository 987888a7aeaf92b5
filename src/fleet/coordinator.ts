/**
 * The side that has the plan: puts blocks into the queues, and gathers what machines appended to their parts.
 *
 *     plan ──▶ blocks ──▶ queue of each model ──▶ machines
 *                                                    │ lines of their parts
 *     log of the run ◀── trials that are still open ◀┘
 *
 * The queue only hands out. The open trials follow from the log, so a Redis that loses everything loses no result: blocks that
 * are neither in the queue nor in the log are put there again.
 *
 * A block is made when its turn comes, and forgotten at its end. What is kept of the other trials is a byte each.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { type Closed, conditionText } from '../core/definition/condition.js';
import { describeError, UserError } from '../core/errors.js';
import { sampleKey, taskKey } from '../core/keys.js';
import type { LogRecord, MeasurementRecord, SampleRecord } from '../core/log/log.js';
import type { Outcome } from '../core/measure/measurement.js';
import { type Block, type Trial, trialId } from '../core/plan/plan.js';
import { type Stretch, stretches } from '../core/plan/stretches.js';
import { TrialSet } from '../core/plan/trial-set.js';
import { formatBytes } from '../core/report/format.js';
import { recordsOf } from '../files/log.js';
import { sha256 } from '../system/hash.js';
import { packageVersion } from '../system/package.js';
import { ATTEMPTS, fileKey, MACHINES, PREFIX, queueName, RUNS, resultsKey } from './keys.js';
import { type BlockOrder, batch, type MachineNotice, machineNotice, type RunNotice } from './messages.js';
import { type Connection, isRefusedByRedis, isUnreachable } from './redis.js';
import { Refused, type Seal } from './seal.js';
import { offerFile } from './weights.js';

export interface DispatchOptions {
  readonly connection: Connection;
  readonly seal: Seal;
  /** The run as its log has it. */
  readonly record: RunNotice['record'];
  /** The key is `suite/task/sample`. */
  readonly samples: ReadonlyMap<string, SampleRecord>;
  /** A machine needs all of them. */
  readonly labels: readonly string[];
  /** Weights that machines may take from the queue, and where each file is, by its hash. */
  readonly offer?: { readonly weights: NonNullable<RunNotice['weights']>; readonly paths: ReadonlyMap<string, string> };
  readonly append: (record: LogRecord) => void;
  readonly onTrial: (trial: Trial, outcome: Outcome) => void;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

export interface Dispatched {
  readonly complete: boolean;
  readonly reason: string;
  /** Further answers to trials that were answered before. The first answer is in the log. */
  readonly again: readonly AnsweredAgain[];
}

export interface AnsweredAgain extends Pick<MeasurementRecord, 'trial' | 'session'> {
  /** The hash of the text; null if there is none. */
  readonly text: string | null;
}

interface Ordered {
  readonly id: string;
  readonly stretch: Stretch;
}

/** Milliseconds between two looks at the queues. */
const LOOK = 1_000;
/** Milliseconds between two announcements of the run. */
const ANNOUNCEMENT = 60_000;
/** Blocks of a model that are in its queue at once, so that a long plan does not fill Redis. */
const WINDOW = 16;
/** Records of a part that belong into the log of the run. The run and its samples are there already. */
const GATHERED: ReadonlySet<LogRecord['type']> = new Set(['machine', 'session', 'measurement', 'session-end']);

/**
 * Lets the machines of a fleet run a part of a plan.
 *
 * @param whole The whole plan: it decides where blocks are cut, so that a run that is resumed finds its own blocks in the queue.
 */
export async function dispatch(
  blocks: readonly Block[],
  { whole, ...options }: DispatchOptions & { readonly whole: readonly Block[] },
): Promise<Dispatched> {
  const { connection, record, signal } = options;
  const run = record.part;
  const reader = connection.redis.duplicate();
  reader.on('error', () => {});
  const queues = new Map(
    record.models.map(({ id }, i) => [
      id,
      new Queue<string>(queueName(run, i), { connection: connection.redis, prefix: PREFIX }),
    ]),
  );
  for (const queue of queues.values()) queue.on('error', () => {});
  const plan = startPlan(whole, blocks, options);
  const machines = watchMachines(options);
  let last = '0';
  let looked = 0;
  let announced = Number.NEGATIVE_INFINITY;
  const said = new Set<string>();
  const sayOnce = (text: string) => {
    if (!said.has(text)) options.say(text);
    said.add(text);
  };

  /** @returns Whether there were any lines. */
  async function gather(patience: number): Promise<boolean> {
    const found = await reader.xread('COUNT', 64, 'BLOCK', patience, 'STREAMS', resultsKey(run), last);
    const entries = found?.[0]?.[1] ?? [];
    for (const [id, [, sealed]] of entries) {
      plan.accept(sealed);
      last = id;
    }
    // Trials that are in the log need not stay in Redis.
    if (entries.length > 0) await connection.redis.xdel(resultsKey(run), ...entries.map(([id]) => id));
    return entries.length > 0;
  }

  async function look(): Promise<void> {
    if (performance.now() - announced > ANNOUNCEMENT || !(await connection.redis.hexists(RUNS, run))) {
      await announce(options);
      announced = performance.now();
    }
    await machines.look();
    for (const block of plan.blocks()) {
      const queue = queues.get(block.stretch.model)!;
      const state = await queue.getJobState(block.id);
      if (state === 'failed') {
        const job = await queue.getJob(block.id);
        plan.setAside(block, job?.failedReason ?? 'no reason is known');
        await job?.remove();
      } else if (state === 'unknown') {
        // Its lines came before it left the queue.
        while (await gather(1));
        const open = plan.openOf(block);
        if (open.length === 0) plan.settle(block);
        else {
          await queue.add('block', options.seal.close('block', orderOf(block, open, options)), {
            jobId: block.id,
            attempts: ATTEMPTS,
            removeOnComplete: true,
          });
        }
      }
    }
  }

  try {
    while (!plan.isDone() && !signal.aborted) {
      try {
        if (performance.now() - looked > LOOK) {
          await look();
          looked = performance.now();
        }
        await gather(LOOK / 4);
      } catch (error) {
        if (isRefusedByRedis(error)) sayOnce(`${connection.shown}: ${describeError(error)}; it is asked again`);
        else if (!isUnreachable(error)) throw error;
        await sleep(LOOK / 4, undefined, { signal }).catch(() => {});
      }
    }
    // A machine that lost its block to another one may have sent its answers last.
    if (!signal.aborted && reader.status === 'ready') await gather(1).catch(() => false);
    return signal.aborted ? { complete: false, reason: 'interrupted', again: plan.again() } : plan.ending();
  } finally {
    await withdraw(options, queues, signal.aborted);
    reader.disconnect();
  }
}

/** Takes the run off the board. What machines send after an interruption stays for the run that is resumed. */
async function withdraw(
  { connection: { redis }, record, offer }: DispatchOptions,
  queues: ReadonlyMap<string, Queue<string>>,
  interrupted: boolean,
): Promise<void> {
  // A Redis that is gone cannot be cleared, and must not keep the run from its end.
  if (redis.status === 'ready') {
    await redis.hdel(RUNS, record.part).catch(() => {});
    for (const queue of queues.values()) await queue.obliterate({ force: true }).catch(() => {});
    if (!interrupted) await redis.del(resultsKey(record.part)).catch(() => {});
    // Another run may offer the same files.
    const last = (await redis.hlen(RUNS).catch(() => 1)) === 0;
    const files = Object.values(offer?.weights ?? {}).flatMap(({ files }) => files.map(({ hash }) => fileKey(hash)));
    if (last && files.length > 0) await redis.del(...files).catch(() => {});
  }
  await Promise.all([...queues.values()].map((queue) => queue.close().catch(() => {})));
}

async function announce({ connection, seal, record, labels, offer }: DispatchOptions): Promise<void> {
  const notice: RunNotice = {
    rightsize: packageVersion(),
    sent: Date.now(),
    record,
    labels: [...labels],
    ...(offer && { weights: offer.weights }),
  };
  // Whoever reads the announcement finds the files.
  for (const { files } of Object.values(offer?.weights ?? {}))
    for (const file of files) await offerFile(connection, file, offer!.paths.get(file.hash)!);
  await connection.redis.hset(RUNS, record.part, seal.close('run', notice));
}

function orderOf(
  { stretch: { model, condition, suite, task } }: Ordered,
  trials: readonly Trial[],
  { record, samples }: DispatchOptions,
): BlockOrder {
  const asked = new Set(trials.map((trial) => sampleKey(trial)));
  return {
    run: record.part,
    model,
    condition: conditionText(condition),
    suite,
    task,
    trials: trials.map(({ sample, repetition }) => ({ sample, repetition })),
    samples: [...asked].map((key) => samples.get(key)! as BlockOrder['samples'][number]),
  };
}

function startPlan(
  whole: readonly Block[],
  blocks: readonly Block[],
  { seal, record: { part: run, models }, samples, append, onTrial, say }: DispatchOptions,
) {
  /** The trials that the log does not have, and that are not set aside. */
  const open = new TrialSet();
  const conditions = new Map<string, Closed>();
  for (const { condition, cells } of blocks) {
    for (const { suite, task, trials } of cells) {
      conditions.set(taskKey(suite, task), condition);
      for (const trial of trials) open.add(trial);
    }
  }
  const openOf = ({ trials }: Stretch) => trials.filter((trial) => open.has(trial));
  /** For each model the pieces whose turn has not come, and the blocks that may be in its queue. */
  const lanes = models.map(({ id }) => ({
    ahead: stretches(whole.filter(({ model }) => model === id)),
    ordered: new Set<Ordered>(),
  }));

  /** Makes the next blocks of a model. */
  function moveUp({ ahead, ordered }: (typeof lanes)[number]): void {
    while (ordered.size < WINDOW) {
      const { value: stretch } = ahead.next();
      if (stretch === undefined) return;
      if (openOf(stretch).length === 0) continue;
      const ids = stretch.trials.map(({ id }) => id);
      // The id says what the block does, so the same block is in the queue once, whoever puts it there.
      ordered.add({ id: `block-${sha256(JSON.stringify([run, ids])).slice(0, 32)}`, stretch });
    }
  }
  for (const lane of lanes) moveUp(lane);

  const seen = new Set<string>();
  const again = new Map<string, AnsweredAgain>();
  const known = new Set(models.map(({ id }) => id));
  const reasons: string[] = [];

  function take(line: string): void {
    const record = recordsOf(line, () => 'a line of a part: ')[0]!;
    if (!GATHERED.has(record.type)) return;
    if (record.type !== 'measurement') {
      const hash = sha256(line);
      if (seen.has(hash)) return;
      seen.add(hash);
      append(record);
      return;
    }
    // A trial that is not open was answered, or is none of the run: the log tells whether it had such a trial.
    if (!open.has(record)) {
      if (!known.has(record.model) || !samples.has(sampleKey(record))) return;
      const { trial, session, outcome } = record;
      again.set(`${trial} ${session}`, { trial, session, text: textHash(outcome) });
      return;
    }
    const { suite, task, sample, model, repetition } = record;
    const place = { suite, task, sample, model, repetition, condition: conditions.get(taskKey(suite, task))! };
    if (record.trial !== trialId(place)) return;
    open.delete(record);
    append(record);
    onTrial({ id: record.trial, ...place }, record.outcome);
  }

  return {
    /** The blocks that may be in the queues: of each model the first that are not at their end. */
    blocks: (): readonly Ordered[] => lanes.flatMap(({ ordered }) => [...ordered]),
    isDone: () => lanes.every(({ ordered }) => ordered.size === 0),
    /** The trials of a block that the log does not have. */
    openOf: ({ stretch }: Ordered) => openOf(stretch),
    again: () => [...again.values()],
    /** Takes lines that came from a machine. A line that is not signed, or not as the log has it, is refused, with a message. */
    accept(sealed: unknown): void {
      try {
        const { lines } = seal.open(
          'batch',
          sealed,
          batch.refine((message) => message.run === run),
        );
        for (const line of lines) take(line);
      } catch (error) {
        if (!(error instanceof Refused || error instanceof UserError)) throw error;
        say(`lines from the queue were refused: ${error.message}`);
      }
    },
    settle(block: Ordered): void {
      const lane = lanes.find(({ ordered }) => ordered.has(block))!;
      lane.ordered.delete(block);
      for (const trial of block.stretch.trials) open.delete(trial);
      moveUp(lane);
    },
    setAside(block: Ordered, reason: string): void {
      const { model, suite, task } = block.stretch;
      append({ type: 'model-failed', model, reason });
      reasons.push(`${openOf(block.stretch).length} trials of ${model} on ${suite}/${task} were set aside: ${reason}`);
      say(reasons.at(-1)!);
      this.settle(block);
    },
    ending: (): Dispatched => ({
      complete: reasons.length === 0,
      reason: reasons.length === 0 ? 'all trials were run' : reasons.join('; '),
      again: [...again.values()],
    }),
  };
}

/** The hash of the text of an answer; null if it has none. */
export function textHash(outcome: Outcome): string | null {
  return outcome.state === 'completed' ? sha256(outcome.output) : null;
}

/** Milliseconds between two words about what each machine does. */
const WORD = 60_000;

/** Says who joins, who leaves, what nobody runs, and now and then what each machine does. */
function watchMachines({ connection, seal, record, say }: DispatchOptions) {
  let known = new Map<string, MachineNotice>();
  let missed = '';
  let told = performance.now();
  return {
    async look(): Promise<void> {
      const present = new Map((await machinesOf(connection, seal)).map((notice) => [notice.machine, notice]));
      for (const [id, { name, cores, memory }] of present) {
        if (!known.has(id)) say(`${name} is here (${cores} cores, ${formatBytes(memory)})`);
      }
      for (const [id, { name }] of known) if (!present.has(id)) say(`${name} is gone`);
      known = present;
      if (present.size > 0 && performance.now() - told > WORD) {
        told = performance.now();
        say([...present.values()].map(({ name, trials, doing }) => `${name} ${doing} (${trials} trials)`).join('; '));
      }
      const nobody = record.models.flatMap(({ id }) => {
        const reasons = [...present.values()].flatMap(({ name, notHere }) =>
          notHere[id] ? [`${name}: ${notHere[id]}`] : [],
        );
        if (present.size > reasons.length) return [];
        return [`${id} (${reasons.length === 0 ? 'no machine has joined' : reasons.join('; ')})`];
      });
      const text = nobody.join(', ');
      if (text !== '' && text !== missed) say(`waiting for a machine that runs ${text}`);
      missed = text;
    },
  };
}

/** Seconds without a word after which a machine counts as gone. */
const SILENCE = 15;

/** The machines that are there, by their own words. */
export async function machinesOf({ redis }: Connection, seal: Seal): Promise<readonly MachineNotice[]> {
  const [seconds] = await redis.time();
  const all = await redis.hgetall(MACHINES);
  const notices = Object.values(all).flatMap((sealed) => {
    try {
      return [seal.open('machine', sealed, machineNotice)];
    } catch {
      return [];
    }
  });
  return notices
    .filter(({ sent }) => Number(seconds) - sent / 1000 < SILENCE)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
