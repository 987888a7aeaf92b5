/**
 * The side that has the plan: puts blocks into the queues, and gathers what machines appended to their parts.
 *
 *     plan ──▶ blocks ──▶ queue of each model ──▶ machines
 *                                                    │ lines of their parts
 *     log of the run ◀── trials that are still open ◀┘
 *
 * The queue only hands out. What is still open follows from the log, so a Redis that loses everything loses no result: blocks that
 * are neither in the queue nor in the log are put there again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { conditionText } from '../core/definition/condition.js';
import { UserError } from '../core/errors.js';
import { sampleKey } from '../core/keys.js';
import type { LogRecord, MeasurementRecord, SampleRecord } from '../core/log/log.js';
import type { Outcome } from '../core/measure/measurement.js';
import type { Block, Trial } from '../core/plan/plan.js';
import { type Stretch, stretches } from '../core/plan/stretches.js';
import { recordsOf } from '../files/log.js';
import { sha256 } from '../system/hash.js';
import { packageVersion } from '../system/package.js';
import { ATTEMPTS, MACHINES, PREFIX, queueName, RUNS, resultsKey } from './keys.js';
import { type BlockOrder, batch, type MachineNotice, machineNotice, type RunNotice } from './messages.js';
import { type Connection, isUnreachable } from './redis.js';
import { Refused, type Seal } from './seal.js';

export interface DispatchOptions {
  readonly connection: Connection;
  readonly seal: Seal;
  /** The run as its log has it. */
  readonly record: RunNotice['record'];
  /** The key is `suite/task/sample`. */
  readonly samples: ReadonlyMap<string, SampleRecord>;
  /** A machine needs all of them. */
  readonly labels: readonly string[];
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
  /** Ids of the trials that the log does not have. */
  readonly open: Set<string>;
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
  const plan = startPlan(stretches(whole), trialsOf(blocks), options);
  const machines = watchMachines(options);
  let last = '0';
  let looked = 0;
  let announced = Number.NEGATIVE_INFINITY;

  /** @returns Whether there were any lines. */
  async function gather(patience: number): Promise<boolean> {
    const found = await reader.xread('COUNT', 64, 'BLOCK', patience, 'STREAMS', resultsKey(run), last);
    const entries = found?.[0]?.[1] ?? [];
    for (const [id, [, sealed]] of entries) {
      plan.accept(sealed);
      last = id;
    }
    // What is in the log need not stay in Redis.
    if (entries.length > 0) await connection.redis.xdel(resultsKey(run), ...entries.map(([id]) => id));
    return entries.length > 0;
  }

  async function look(): Promise<void> {
    if (performance.now() - announced > ANNOUNCEMENT || !(await connection.redis.hexists(RUNS, run))) {
      await announce(options);
      announced = performance.now();
    }
    await machines.look();
    const waiting = new Map<string, number>();
    for (const block of plan.blocks()) {
      const { model } = block.stretch;
      const queue = queues.get(model)!;
      const inQueue = waiting.get(model) ?? 0;
      if (inQueue >= WINDOW) continue;
      waiting.set(model, inQueue + 1);
      const state = await queue.getJobState(block.id);
      if (state === 'failed') {
        const job = await queue.getJob(block.id);
        plan.setAside(block, job?.failedReason ?? 'no reason is known');
        await job?.remove();
      } else if (state === 'unknown') {
        // Its lines came before it left the queue.
        while (await gather(1));
        if (block.open.size === 0) plan.settle(block);
        else {
          await queue.add('block', options.seal.close('block', orderOf(block, options)), {
            jobId: block.id,
            attempts: ATTEMPTS,
            removeOnComplete: true,
          });
        }
      }
    }
  }

  try {
    while (plan.blocks().length > 0 && !signal.aborted) {
      try {
        if (performance.now() - looked > LOOK) {
          await look();
          looked = performance.now();
        }
        await gather(LOOK / 4);
      } catch (error) {
        if (!isUnreachable(error)) throw error;
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
  { connection: { redis }, record }: DispatchOptions,
  queues: ReadonlyMap<string, Queue<string>>,
  interrupted: boolean,
): Promise<void> {
  // A Redis that is gone cannot be cleared, and must not keep the run from its end.
  if (redis.status === 'ready') {
    await redis.hdel(RUNS, record.part).catch(() => {});
    for (const queue of queues.values()) await queue.obliterate({ force: true }).catch(() => {});
    if (!interrupted) await redis.del(resultsKey(record.part)).catch(() => {});
  }
  await Promise.all([...queues.values()].map((queue) => queue.close().catch(() => {})));
}

async function announce({ connection, seal, record, labels }: DispatchOptions): Promise<void> {
  const notice: RunNotice = { rightsize: packageVersion(), sent: Date.now(), record, labels: [...labels] };
  await connection.redis.hset(RUNS, record.part, seal.close('run', notice));
}

function orderOf({ stretch: { model, condition, cell } }: Ordered, { record, samples }: DispatchOptions): BlockOrder {
  const { suite, task, trials } = cell;
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

function trialsOf(blocks: readonly Block[]): ReadonlySet<string> {
  return new Set(blocks.flatMap(({ cells }) => cells.flatMap(({ trials }) => trials.map(({ id }) => id))));
}

function startPlan(
  pieces: readonly Stretch[],
  wanted: ReadonlySet<string>,
  { seal, record: { part: run, models }, samples, append, onTrial, say }: DispatchOptions,
) {
  const owners = new Map<string, Ordered>();
  const trials = new Map<string, Trial>();
  const ordered = new Set<Ordered>();
  for (const { cell, ...piece } of pieces) {
    const open = cell.trials.filter(({ id }) => wanted.has(id));
    if (open.length === 0) continue;
    const ids = cell.trials.map(({ id }) => id);
    const block: Ordered = {
      // The id says what the block does, so the same block is in the queue once, whoever puts it there.
      id: `block-${sha256(JSON.stringify([run, ids])).slice(0, 32)}`,
      stretch: { ...piece, cell: { ...cell, trials: open } },
      open: new Set(open.map(({ id }) => id)),
    };
    ordered.add(block);
    for (const trial of open) {
      owners.set(trial.id, block);
      trials.set(trial.id, trial);
    }
  }
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
    const trial = trials.get(record.trial);
    const block = owners.get(record.trial);
    // The block of a trial that is not here any more is at its end: the log tells whether it had such a trial.
    if (trial !== undefined && (record.model !== trial.model || record.sample !== trial.sample)) return;
    if (trial === undefined || block?.open.delete(record.trial) !== true) {
      if (!known.has(record.model) || !samples.has(sampleKey(record))) return;
      const { trial, session, outcome } = record;
      again.set(`${trial} ${session}`, { trial, session, text: textHash(outcome) });
      return;
    }
    append(record);
    onTrial(trial, record.outcome);
  }

  return {
    /** The blocks that are not at their end. */
    blocks: (): readonly Ordered[] => [...ordered],
    again: () => [...again.values()],
    /** Takes lines that came from a machine. What is not signed, or not as the log has it, is refused and said. */
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
      ordered.delete(block);
      for (const { id } of block.stretch.cell.trials) {
        owners.delete(id);
        trials.delete(id);
      }
    },
    setAside(block: Ordered, reason: string): void {
      const { model, cell } = block.stretch;
      append({ type: 'model-failed', model, reason });
      reasons.push(`${block.open.size} trials of ${model} on ${cell.suite}/${cell.task} were set aside: ${reason}`);
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

/** Says who joins, who leaves, and what nobody runs. */
function watchMachines({ connection, seal, record, say }: DispatchOptions) {
  let known = new Map<string, MachineNotice>();
  let missed = '';
  return {
    async look(): Promise<void> {
      const present = new Map((await machinesOf(connection, seal)).map((notice) => [notice.machine, notice]));
      for (const [id, { name, cores, memory }] of present) {
        if (!known.has(id)) say(`${name} is here (${cores} cores, ${(memory / 1e9).toFixed(1)} GB)`);
      }
      for (const [id, { name }] of known) if (!present.has(id)) say(`${name} is gone`);
      known = present;
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
