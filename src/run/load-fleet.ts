/**
 * The machines of a fleet as clients of a load test. Each is called, compares its clock with the one here, and opens sessions that are
 * used like those of this machine: only the messages take another way.
 *
 *     call ──▶ here ──▶ clock, several times ──▶ open ──▶ hold ─▶ reports ─▶ finish ─▶ over ──▶ close ──▶ leave
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { conditionText } from '../core/definition/condition.js';
import { UserError } from '../core/errors.js';
import type { MachineRecord, SelfTestRecord, StepRecord } from '../core/log/log.js';
import { toMicroseconds } from '../core/microseconds.js';
import { machinesOf } from '../fleet/coordinator.js';
import { callKey, ordersKey, repliesKey } from '../fleet/keys.js';
import { type Order, type Reply, replyLetter, SILENCE } from '../fleet/load-messages.js';
import { readFrom, writeTo } from '../fleet/mail.js';
import type { MachineNotice } from '../fleet/messages.js';
import { connect } from '../fleet/redis.js';
import { KEY_VARIABLE, Refused, sealWith } from '../fleet/seal.js';
import { systemTime } from '../load/step.js';
import { uniqueId } from '../system/id.js';
import { packageVersion } from '../system/package.js';
import { type HoldingSession, NotOpened, type OpenWorker, WorkerDied } from '../worker/worker-session.js';
import type { FleetOptions } from './measure-fleet.js';
import type { World } from './world.js';

/** A machine that sends requests of a load test. */
export interface ClientMachine {
  readonly name: string;
  readonly record: MachineRecord;
  /** Compares its clock with the one here. Steps begin by the latest comparison. */
  compareClocks(): Promise<Pick<NonNullable<StepRecord['client']['machines']>[number], 'clockOffset' | 'roundTrip'>>;
  /** Measures its clients against a server of its own. */
  testClients(clients: number): Promise<SelfTestRecord['levels']>;
  /** @throws NotOpened where the machine does not ask this model. */
  readonly open: (
    loaded: Parameters<OpenWorker>[0],
    options: Pick<Parameters<OpenWorker>[1], 'manner'>,
  ) => Promise<HoldingSession>;
}

export interface ClientFleet {
  readonly machines: readonly ClientMachine[];
  close(): Promise<void>;
}

interface GatherOptions extends Pick<World, 'environment' | 'signal'> {
  readonly say: (text: string) => void;
}

/** Seconds for which a machine that is busy is waited for. */
const WAIT = 60;
/** Exchanges of clocks. The quickest of them counts, for its two ways are least unlike. */
const EXCHANGES = 8;

/** Calls the machines that are there. @throws UserError when none comes. */
export async function gatherMachines(
  { url, labels = [] }: FleetOptions,
  { environment, signal, say }: GatherOptions,
): Promise<ClientFleet> {
  const seal = sealWith(environment[KEY_VARIABLE]);
  const connection = await connect(url, say);
  const { redis, shown } = connection;
  const call = uniqueId();
  const peers = new Map<string, Peer>();
  const wanted = new Map<string, MachineNotice>();
  const mail = readFrom({
    connection,
    seal,
    key: repliesKey(call),
    kind: 'reply',
    schema: replyLetter,
    say,
    onLetter({ machine, nonce, body, ...letter }) {
      const notice = wanted.get(machine);
      if (letter.call !== call || notice === undefined) throw new Refused('it is of another load test');
      const peer = peers.get(machine);
      if (peer !== undefined && peer.nonce === nonce) {
        peer.take(body);
        return;
      }
      if (peer !== undefined || body.type !== 'here')
        throw new Refused(`it is not of the ${notice.name} that answered the call`);
      const send = writeTo<Order>(
        'order',
        { call, machine, nonce },
        { connection, seal, key: ordersKey(call, machine) },
      );
      peers.set(machine, startPeer(notice.name, nonce, body.machine, send));
    },
  });
  const watch = setInterval(() => {
    for (const peer of peers.values()) peer.watch();
  }, 1000);

  async function close(): Promise<void> {
    clearInterval(watch);
    for (const peer of peers.values()) peer.send({ type: 'leave' });
    await mail.close();
    if (redis.status === 'ready') await redis.del(repliesKey(call), ...[...wanted.keys()].map(callKey)).catch(() => {});
    redis.disconnect();
  }

  try {
    for (const notice of await machinesOf(connection, seal)) {
      if (!labels.every((label) => notice.labels.includes(label))) continue;
      if (notice.rightsize === packageVersion()) wanted.set(notice.machine, notice);
      else say(`${notice.name} is left out: it has rightsize ${notice.rightsize}, and here is ${packageVersion()}`);
    }
    for (const machine of wanted.keys()) {
      const sealed = seal.close('call', { rightsize: packageVersion(), call, machine });
      await redis.set(callKey(machine), sealed, 'EX', WAIT);
    }
    const end = performance.now() + WAIT * 1000;
    for (let said = false; peers.size < wanted.size && performance.now() < end; ) {
      await sleep(100, undefined, { signal });
      if (said || performance.now() < end - (WAIT - 2) * 1000) continue;
      said = true;
      for (const [machine, { name, doing }] of wanted) if (!peers.has(machine)) say(`waiting for ${name} (${doing})`);
    }
    for (const [machine, { name, doing }] of wanted)
      if (!peers.has(machine)) say(`${name} is left out: it has not answered for ${WAIT} s (${doing})`);
    if (peers.size === 0) {
      throw new UserError(
        `--fleet: expected machines that have joined${labels.length === 0 ? '' : ` with the label ${labels.join(', ')}`}, found none that answers; on each: rightsize join ${shown}`,
      );
    }
    const machines = [...peers.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return { machines: machines.map(clientMachine), close };
  } catch (error) {
    await close();
    throw error;
  }
}

type ReplyOf<Type extends Reply['type']> = Extract<Reply, { type: Type }>;

interface Peer {
  readonly name: string;
  readonly nonce: string;
  readonly record: MachineRecord;
  readonly send: (order: Order) => void;
  take(reply: Reply): void;
  /** Says that this side lives, and looks whether the other one does. */
  watch(): void;
  /** The next reply of a type. @throws NotOpened where the machine could not do it, WorkerDied when it is gone. */
  next<Type extends Reply['type']>(type: Type, wants: (reply: ReplyOf<Type>) => boolean): Promise<ReplyOf<Type>>;
  onReport(client: number, listener: (report: ReplyOf<'report'>['report']) => void): () => void;
}

function startPeer(name: string, nonce: string, record: MachineRecord, send: (order: Order) => void): Peer {
  const waiting = new Set<{ settle: (reply: Reply) => boolean; reject: (error: Error) => void }>();
  const listeners = new Map<number, (report: ReplyOf<'report'>['report']) => void>();
  let heard = performance.now();
  let lost: WorkerDied | null = null;
  return {
    name,
    nonce,
    record,
    send,
    take(reply) {
      heard = performance.now();
      if (reply.type === 'report') listeners.get(reply.client)?.(reply.report);
      else for (const one of waiting) if (one.settle(reply)) waiting.delete(one);
    },
    watch() {
      send({ type: 'alive' });
      if (lost !== null || performance.now() - heard <= SILENCE * 1000) return;
      lost = new WorkerDied(`${name} has said nothing for ${SILENCE} s`);
      for (const { reject } of waiting) reject(lost);
      waiting.clear();
    },
    next(type, wants) {
      if (lost !== null) return Promise.reject(lost);
      return new Promise((resolve, reject) => {
        waiting.add({
          reject,
          settle(reply) {
            const failed = reply.type === 'failed';
            // What fails is what was asked: the client of the one is that of the other.
            if (reply.type !== type && !failed) return false;
            if (!wants(reply as ReplyOf<typeof type>)) return false;
            if (failed) reject(new NotOpened(`${name}: ${reply.reason}`));
            else resolve(reply as ReplyOf<typeof type>);
            return true;
          },
        });
      });
    },
    onReport(client, listener) {
      listeners.set(client, listener);
      return () => listeners.delete(client);
    },
  };
}

function clientMachine(peer: Peer): ClientMachine {
  const { name, record, send } = peer;
  let opened = 0;
  /** Seconds by which its monotonic clock is ahead of the one here. */
  let ahead = 0;
  return {
    name,
    record,
    async compareClocks() {
      const exchanges: { readonly roundTrip: number; readonly monotonic: number; readonly wall: number }[] = [];
      for (let i = 0; i < EXCHANGES; i++) {
        const at = systemTime();
        const answer = peer.next('clock', (reply) => reply.at === at);
        const wall = Date.now() / 1000;
        send({ type: 'clock', at });
        const found = await answer;
        const roundTrip = systemTime() - at;
        exchanges.push({
          roundTrip,
          monotonic: found.monotonic - (at + roundTrip / 2),
          wall: found.wall - (wall + roundTrip / 2),
        });
      }
      const quickest = exchanges.reduce((a, b) => (b.roundTrip < a.roundTrip ? b : a));
      ahead = quickest.monotonic;
      return { clockOffset: toMicroseconds(quickest.wall), roundTrip: toMicroseconds(quickest.roundTrip) };
    },
    async testClients(clients) {
      const answer = peer.next('tested', (reply) => !('client' in reply) || reply.client === null);
      send({ type: 'test', clients });
      return (await answer).levels;
    },
    async open({ model }, { manner = {} }) {
      const client = opened++;
      const answer = peer.next('opened', (reply) => reply.client === client);
      send({ type: 'open', client, model, manner });
      const { facts, load, memory, concurrency } = await answer;
      return {
        facts,
        load,
        memory,
        concurrency,
        ...holding(peer, client, () => ahead),
      };
    },
  };
}

function holding(peer: Peer, client: number, ahead: () => number): Pick<HoldingSession, 'hold' | 'close'> {
  const { send } = peer;
  let known: unknown = null;
  return {
    async hold({ condition, begin, most, trace, questions, ...order }, { finish, onReport }) {
      const stopReports = peer.onReport(client, onReport);
      const end = () => send({ type: 'finish', client });
      const over = peer.next('over', (reply) => reply.client === client);
      send({
        type: 'hold',
        client,
        ...order,
        condition: conditionText(condition),
        begin: begin + ahead(),
        most: Number.isFinite(most) ? most : null,
        ...(trace && { trace: [...trace] }),
        ...(questions !== known && { questions: questions.flatMap((one) => (one.for === 'answer' ? [one] : [])) }),
      } as Order);
      known = questions;
      if (finish.aborted) end();
      else finish.addEventListener('abort', end, { once: true });
      try {
        return (await over).closing;
      } finally {
        finish.removeEventListener('abort', end);
        stopReports();
      }
    },
    async close() {
      const answer = peer.next('closed', (reply) => reply.client === client);
      send({ type: 'close', client });
      return (await answer).closing;
    },
  };
}
