/**
 * The side that measures: takes blocks of the models that it runs, one at a time, and says what it does.
 *
 *     take a block ──▶ measure what no part has ──▶ append to the own part ──▶ send the lines ──▶ acknowledge
 *
 * A line is sent after it was appended here, and a block is acknowledged after its lines were sent. So a machine that dies, or a
 * Redis that loses everything, costs time and no trial.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Job, UnrecoverableError, Worker } from 'bullmq';
import { describeError, Unfinished } from '../core/errors.js';
import { sha256 } from '../system/hash.js';
import { uniqueId } from '../system/id.js';
import { packageVersion } from '../system/package.js';
import { ATTEMPTS, callKey, doneKey, MACHINES, PREFIX, queueName, RUNS, resultsKey } from './keys.js';
import { type LoadCall, loadCall } from './load-messages.js';
import { type BlockOrder, blockOrder, type MachineNotice, type RunNotice, runNotice } from './messages.js';
import { type Connection, isRefusedByRedis, isUnreachable } from './redis.js';
import { Refused, type Seal } from './seal.js';

/** What a machine did with a block: all of its trials have a line, or why not. */
export interface Ending {
  readonly complete: boolean;
  readonly reason: string;
}

/** The part of a run that a machine appends. */
export interface OwnPart {
  /** The reason for each model that this machine does not run. */
  readonly notHere: Readonly<Record<string, string>>;
  /**
   * Measures the trials of a block that are not in the part.
   *
   * @param known Trials that others have measured, by sample and repetition.
   * @param send Takes each line that belongs to the block, measured now or earlier.
   */
  measure(
    order: BlockOrder,
    known: ReadonlySet<string>,
    send: (line: string, trial: string | null) => void,
  ): Promise<Ending>;
  close(): Promise<void>;
}

export interface ServeOptions {
  readonly connection: Connection;
  readonly seal: Seal;
  /** What others are told of this machine. */
  readonly about: Pick<
    MachineNotice,
    'machine' | 'name' | 'labels' | 'cores' | 'memory' | 'accelerators' | 'engines' | 'disk'
  >;
  /** Opens the part of a run. @throws UserError when this machine takes no part in it. */
  readonly openPart: (notice: RunNotice) => Promise<OwnPart>;
  /** Sends requests of a load test, until it is at its end. */
  readonly sendRequests: (call: LoadCall) => Promise<void>;
  /** What to do when the first run is at its end: leave, or wait for the next. */
  readonly afterRun: 'leave' | 'wait';
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
  /** Seconds. A block whose machine says nothing for so long goes to another one. */
  readonly lease: number;
}

/** Milliseconds between two looks for blocks while there are none. */
const POLL = 500;
/**
 * Milliseconds between two words of a machine about itself. One that has no run looks for runs then, and only then: it may wait for weeks, and
 * each time it wakes a core.
 */
const HEARTBEAT = 5_000;
/** Milliseconds between two sendings of lines. */
const SENDING = 250;
/** Milliseconds after which an announcement is not believed any more: it may be a copy of an old one. */
const OLDEST = 7 * 24 * 3600 * 1000;

interface Joined {
  readonly notice: RunNotice;
  readonly part: OwnPart;
  workers: readonly Worker<string>[];
}

/** Takes part in runs until the signal is aborted. */
export async function serve(options: ServeOptions): Promise<void> {
  const { connection, signal, say } = options;
  const { redis } = connection;
  const joined = new Map<string, Joined>();
  /** What was announced of runs that this machine takes no part in, so that each is looked at once. */
  const passed = new Map<string, string>();
  const said = new Set<string>();
  const sayOnce = (text: string) => {
    if (said.has(text)) return;
    said.add(text);
    say(text);
  };
  const state = { doing: 'waits for a run', trials: 0 };
  let runs = 0;

  const notHere = () =>
    Object.assign({}, ...[...joined.values()].map(({ part }) => part.notHere)) as Record<string, string>;
  const tell = () =>
    tellOthers(options, { ...state, notHere: notHere() }).catch(() => {
      // The connection comes back by itself, and the next word follows.
    });
  let wake = () => {};
  signal.addEventListener('abort', () => wake(), { once: true });
  const heartbeat = setInterval(() => {
    void tell();
    wake();
  }, HEARTBEAT);
  const nextHeartbeat = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
      if (signal.aborted) resolve();
    });

  const openTakers = ({ record }: RunNotice, { notHere }: OwnPart) =>
    record.models.flatMap(({ id }, i) =>
      Object.hasOwn(notHere, id) ? [] : [takerOf(queueName(record.part, i), redis, options.lease)],
    );

  async function join(run: string, notice: RunNotice): Promise<void> {
    try {
      const part = await options.openPart(notice);
      for (const [model, reason] of Object.entries(part.notHere))
        say(`${notice.record.id}: ${model} is not run here: ${reason}`);
      joined.set(run, { notice, part, workers: openTakers(notice, part) });
      say(`${notice.record.id}: takes part`);
      await tell();
    } catch (error) {
      if (isUnreachable(error) || isRefusedByRedis(error) || error instanceof Unfinished) throw error;
      sayOnce(`takes no part in ${notice.record.id}: ${describeError(error)}`);
    }
  }

  async function leave(run: string): Promise<void> {
    const { notice, part, workers } = joined.get(run)!;
    joined.delete(run);
    await closeAll(workers);
    await part.close();
    state.doing = 'waits for a run';
    runs++;
    say(`${notice.record.id}: is at its end`);
  }

  /** @param board The runs that are announced. One is announced with all its suites, so it is read only by who has not joined it. */
  async function followRuns(board: ReadonlySet<string>): Promise<void> {
    for (const run of board) {
      if (joined.has(run)) continue;
      const sealed = await redis.hget(RUNS, run);
      if (sealed === null || passed.get(run) === sealed) continue;
      passed.set(run, sealed);
      try {
        const notice = options.seal.open('run', sealed, runNotice);
        if (notice.record.part !== run) throw new Refused('it stands under another name');
        if (Math.abs(Date.now() - notice.sent) > OLDEST)
          throw new Refused('it is older than a week, so it may be a copy of an old one');
        await join(run, notice);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        sayOnce(`a run was refused: ${error.message}`);
      }
    }
    for (const run of joined.keys()) if (!board.has(run)) await leave(run);
    for (const run of passed.keys()) if (!board.has(run)) passed.delete(run);
  }

  /** @returns Whether there was a block. */
  async function takeOne({ notice, part, workers }: Joined): Promise<boolean> {
    for (const worker of workers) {
      const token = uniqueId();
      const job = await worker.getNextJob(token, { block: false });
      if (job === undefined) continue;
      await doBlock(job, token, { ...options, notice, part, state });
      await tell();
      return true;
    }
    return false;
  }

  /** Goes to the load test that this machine is called to. */
  async function answerCall(sealed: string): Promise<void> {
    try {
      const call = options.seal.open('call', sealed, loadCall);
      if (call.machine !== options.about.machine || call.rightsize !== packageVersion())
        throw new Refused('it is for another machine, or another version of rightsize');
      state.doing = 'sends requests of a load test';
      await tell();
      await options.sendRequests(call);
      runs++;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      sayOnce(`a call to a load test was refused: ${error.message}`);
    } finally {
      state.doing = 'waits for a run';
      await tell();
    }
  }

  try {
    await tell();
    while (!signal.aborted) {
      let busy = false;
      try {
        const [called, board] = await Promise.all([redis.getdel(callKey(options.about.machine)), redis.hkeys(RUNS)]);
        if (called !== null) await answerCall(called);
        await followRuns(new Set(board));
        for (const run of joined.values()) busy = (await takeOne(run)) || busy;
      } catch (error) {
        if (isRefusedByRedis(error)) sayOnce(`${connection.shown}: ${describeError(error)}; it is asked again`);
        else if (!isUnreachable(error)) throw error;
        // A worker of BullMQ that was made while there was no Redis never finds it.
        for (const run of joined.values()) {
          await closeAll(run.workers);
          run.workers = openTakers(run.notice, run.part);
        }
      }
      if (options.afterRun === 'leave' && runs > 0 && joined.size === 0) return;
      if (!busy && joined.size > 0) state.doing = 'waits for a block';
      if (busy) continue;
      await (joined.size > 0 ? sleep(POLL, undefined, { signal }).catch(() => {}) : nextHeartbeat());
    }
  } finally {
    clearInterval(heartbeat);
    for (const run of [...joined.keys()]) await leave(run);
    if (redis.status === 'ready') await redis.hdel(MACHINES, options.about.machine).catch(() => {});
  }
}

async function closeAll(workers: readonly Worker<string>[]): Promise<void> {
  await Promise.all(workers.map((worker) => worker.close(true).catch(() => {})));
}

function takerOf(name: string, redis: Connection['redis'], lease: number): Worker<string> {
  const worker = new Worker<string>(name, null, {
    connection: redis,
    prefix: PREFIX,
    autorun: false,
    lockDuration: lease * 1000,
    stalledInterval: lease * 500,
    maxStalledCount: ATTEMPTS - 1,
  });
  // A lost connection is said once, by redis.ts.
  worker.on('error', () => {});
  void worker.startStalledCheckTimer().catch(() => {});
  return worker;
}

async function tellOthers(
  { connection: { redis, offset }, seal, about }: ServeOptions,
  more: Pick<MachineNotice, 'doing' | 'trials' | 'notHere'>,
): Promise<void> {
  const notice: MachineNotice = {
    ...about,
    labels: [...about.labels],
    ...more,
    rightsize: packageVersion(),
    offset,
    sent: Date.now() - offset * 1000,
  };
  await redis.hset(MACHINES, about.machine, seal.close('machine', notice));
}

interface BlockOptions extends ServeOptions, Pick<Joined, 'notice' | 'part'> {
  readonly state: { doing: string; trials: number };
}

async function doBlock(job: Job<string>, token: string, options: BlockOptions): Promise<void> {
  const { connection, seal, notice, part, state, lease, say, signal } = options;
  const run = notice.record.part;
  const renewal = setInterval(() => void job.extendLock(token, lease * 1000).catch(() => {}), lease * 333);
  try {
    const order = seal.open('block', job.data, blockOrder);
    if (order.run !== run) throw new Refused('it belongs to another run');
    state.doing = `${notice.record.id}: ${order.model} on ${order.suite}/${order.task}`;
    const known = new Set(await connection.redis.smembers(doneKey(run, job.id!)));
    const outbox = startOutbox(job.id!, options);
    const ending = await part.measure(order, known, (line, trial) => {
      outbox.add(line, trial);
      if (trial !== null) state.trials++;
    });
    await outbox.flush();
    if (ending.complete) await job.moveToCompleted('', token, false);
    else if (signal.aborted) await job.moveToWait(token);
    else await job.moveToFailed(new Error(ending.reason), token, false);
    if (ending.complete) await connection.redis.del(doneKey(run, job.id!));
  } catch (error) {
    const reason = describeError(error);
    if (error instanceof Refused) {
      say(`a block was refused: ${reason}`);
      await job.moveToFailed(new UnrecoverableError(`it was refused: ${reason}`), token, false).catch(() => {});
      return;
    }
    // Another machine has the block now, or Redis forgot it. The lines were sent.
    if (isLost(error)) return say(`a block was no longer ours at its end: ${reason}`);
    if (isUnreachable(error) || error instanceof Unfinished) throw error;
    // Whatever a block does to this machine, the next one may be measured.
    say(`a block failed: ${reason}`);
    await job.moveToFailed(new Error(reason), token, false).catch(() => {});
  } finally {
    clearInterval(renewal);
  }
}

/** BullMQ says so when the lock of a job, or the job, is gone. */
function isLost(error: unknown): boolean {
  return /missing (lock|key)|lock mismatch|not in the active state|not (owned|locked)/i.test(describeError(error));
}

/** Sends lines in batches. A line that cannot be sent waits until Redis is back. */
function startOutbox(block: string, { connection: { redis }, seal, about, notice }: BlockOptions) {
  const run = notice.record.part;
  let lines: string[] = [];
  let trials: string[] = [];
  let sending = Promise.resolve();
  const send = () => {
    if (lines.length === 0) return sending;
    const sealed = seal.close('batch', { run, machine: about.machine, lines });
    const done = trials;
    lines = [];
    trials = [];
    sending = sending.then(async () => {
      const together = redis.multi().xadd(resultsKey(run), '*', 'batch', sealed);
      if (done.length > 0) together.sadd(doneKey(run, block), ...done);
      const results = (await together.exec()) ?? [];
      for (const [error] of results) if (error !== null) throw error;
    });
    return sending;
  };
  const timer = setInterval(() => void send().catch(() => {}), SENDING);
  return {
    add(line: string, trial: string | null): void {
      lines.push(line);
      if (trial !== null) trials.push(trial);
    },
    async flush(): Promise<void> {
      clearInterval(timer);
      await send();
    },
  };
}

/** Names the same part of a run on this machine, however often it joins. */
export function partName({ record: { id, part } }: RunNotice, machine: string): string {
  return `${id}-part-${sha256(`${part} ${machine}`).slice(0, 8)}`;
}
