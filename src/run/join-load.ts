/**
 * A machine of a fleet as the client of a load test: does what the coordinator orders, until it is told to leave or hears nothing more.
 *
 * A load test is a flood, so it goes only to servers that this machine's own catalogue names, even with --trust. A coordinator that
 * fell silent has no more say: the flood ends.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseCondition } from '../core/definition/condition.js';
import { describeError, UserError } from '../core/errors.js';
import type { MachineRecord } from '../core/log/log.js';
import { loadAllModels } from '../files/definitions.js';
import { ordersKey, repliesKey } from '../fleet/keys.js';
import { type LoadCall, type Order, orderLetter, type Reply, SILENCE } from '../fleet/load-messages.js';
import { readFrom, writeTo } from '../fleet/mail.js';
import type { Connection } from '../fleet/redis.js';
import { Refused, type Seal } from '../fleet/seal.js';
import { systemTime } from '../load/step.js';
import { uniqueId } from '../system/id.js';
import { firstOf } from '../system/signals.js';
import type { TrialRequest } from '../worker/protocol.js';
import { openWorker } from '../worker/supervisor.js';
import type { WorkerSession } from '../worker/worker-session.js';
import { catalogueFile } from './definitions.js';
import { SLOTS } from './load-model.js';
import { readinessOf } from './readiness.js';
import { sameEntry } from './same-entry.js';
import { testClient } from './self-test.js';
import type { World } from './world.js';

export interface SendOptions extends World {
  readonly connection: Connection;
  readonly seal: Seal;
  readonly host: MachineRecord;
  readonly catalogue?: string | undefined;
  readonly say: (text: string) => void;
}

interface Client {
  readonly session: WorkerSession;
  finish: AbortController;
  questions: readonly TrialRequest[];
}

type OrderOf<Type extends Order['type']> = Extract<Order, { type: Type }>;

/** Takes part in one load test. */
export async function sendRequests({ call }: LoadCall, options: SendOptions): Promise<void> {
  const { connection, seal, host, say, environment } = options;
  const { machine } = host;
  const nonce = uniqueId();
  const over = new AbortController();
  const signal = firstOf(options.signal, over.signal);
  const reply = writeTo<Reply>('reply', { call, machine, nonce }, { connection, seal, key: repliesKey(call) });
  const clients = new Map<number, Client>();
  const underWay = new Set<Promise<void>>();
  let heard = performance.now();

  async function open({ client, model, manner }: OrderOf<'open'>): Promise<void> {
    const entries = await loadAllModels(catalogueFile(options.catalogue, options));
    const loaded = entries.find((one) => one.model.id === model.id);
    if (loaded === undefined || !sameEntry(loaded.model, model)) {
      throw new UserError(
        `its models.json has ${loaded === undefined ? 'no such entry' : 'another entry of this name'}: load goes only to servers that it names`,
      );
    }
    if (loaded.model.backend !== 'openai' || loaded.model.server !== undefined)
      throw new UserError('load from several machines goes to a server that is started already');
    const readiness = await readinessOf(loaded, environment);
    if (readiness.ready === false) throw new UserError(readiness.reason);
    const session = await openWorker(loaded, { concurrency: SLOTS, under: 'load', manner, environment, signal });
    clients.set(client, { session, finish: new AbortController(), questions: [] });
    const { facts, load, memory, concurrency } = session;
    reply({ type: 'opened', client, facts, load, memory, concurrency } as Reply);
  }

  async function hold({ client, condition, most, trace, questions, ...order }: OrderOf<'hold'>): Promise<void> {
    const one = clients.get(client);
    if (one === undefined) throw new UserError('the client is not open');
    one.questions = (questions as readonly TrialRequest[] | undefined) ?? one.questions;
    one.finish = new AbortController();
    const closing = await one.session.hold(
      {
        ...order,
        condition: parseCondition(condition),
        most: most ?? Number.POSITIVE_INFINITY,
        questions: one.questions,
        ...(trace && { trace: Float64Array.from(trace) }),
      },
      {
        finish: firstOf(one.finish.signal, signal),
        onReport: (report) => reply({ type: 'report', client, report } as Reply),
      },
    );
    reply({ type: 'over', client, closing } as Reply);
  }

  async function close(client: number): Promise<void> {
    const one = clients.get(client);
    clients.delete(client);
    if (one !== undefined) reply({ type: 'closed', client, closing: await one.session.close() } as Reply);
  }

  /** Does what takes its time. What fails is told, and the machine goes on. */
  function begin(client: number | null, work: () => Promise<void>): void {
    const working = work()
      .catch((error: unknown) => reply({ type: 'failed', client, reason: describeError(error).slice(0, 10_000) }))
      .finally(() => underWay.delete(working));
    underWay.add(working);
  }

  function obey(order: Order): void {
    switch (order.type) {
      case 'alive':
        return;
      case 'clock':
        reply({ type: 'clock', at: order.at, monotonic: systemTime(), wall: Date.now() / 1000 });
        return;
      case 'test':
        begin(null, async () => {
          const { levels } = await testClient({ openWorker, clients: order.clients, environment, signal });
          reply({ type: 'tested', levels: [...levels] });
        });
        return;
      case 'open':
        begin(order.client, () => open(order));
        return;
      case 'hold':
        begin(order.client, () => hold(order));
        return;
      case 'finish':
        clients.get(order.client)?.finish.abort();
        return;
      case 'close':
        begin(order.client, () => close(order.client));
        return;
      case 'leave':
        over.abort();
        return;
    }
  }

  const mail = readFrom({
    connection,
    seal,
    key: ordersKey(call, machine),
    kind: 'order',
    schema: orderLetter,
    say,
    onLetter(letter) {
      if (letter.call !== call || letter.machine !== machine || letter.nonce !== nonce)
        throw new Refused('it is of another load test');
      heard = performance.now();
      obey(letter.body);
    },
  });
  reply({ type: 'here', machine: host } as Reply);
  say('a load test: takes part');
  try {
    while (!signal.aborted) {
      await sleep(1000, undefined, { signal }).catch(() => {});
      reply({ type: 'alive' });
      if (performance.now() - heard <= SILENCE * 1000) continue;
      say(`a load test: its coordinator has said nothing for ${SILENCE} s, so no more is sent`);
      over.abort();
    }
  } finally {
    await Promise.all(underWay);
    await Promise.all([...clients.values()].map(({ session }) => session.close()));
    await mail.close();
    say('a load test: is at its end');
  }
}
