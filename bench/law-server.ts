/**
 * A server with a known law in real time, in a process of its own: `bench/load-virtual.ts` says when each answer comes, and this says it over HTTP, as
 * an OpenAI server streams. The law goes by its own clock: an event that a timer of Node brings late is one of its time all the same,
 * so the server is no slower than its law.
 *
 *     tsx bench/law-server.ts '{"kind": "slots", …}' SEED
 *
 * It tells its endpoint by IPC, and to any message the times of all its answers, as the law has them.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRandom } from '../src/core/stats/basics/random.js';
import { createClock } from '../src/load/clock.js';
import { Events, openServer, type Pending, type ServerLaw } from './load-virtual.js';

/** Seconds since a request arrived. */
export interface LawTimes {
  readonly ttft: number;
  readonly e2e: number;
}

const [law, seed] = [JSON.parse(process.argv[2]!) as ServerLaw, process.argv[3]!];
const clock = createClock();
const began = clock.now();
const events = new Events();
const asked = new Map<number, { readonly response: ServerResponse; readonly request: Pending }>();
const times: LawTimes[] = [];

const server = openServer(law, {
  events,
  random: createRandom(seed, 'service'),
  slowness: () => 1,
  answer({ id, due, first, tokens }) {
    const { response } = asked.get(id)!;
    times.push({ ttft: first - due, e2e: events.now - due });
    asked.delete(id);
    begin(response);
    const usage = { prompt_tokens: 10, completion_tokens: tokens, total_tokens: 10 + tokens };
    if (tokens > 1) response.write(event({ choices: [{ index: 0, delta: { content: ' word'.repeat(tokens - 1) } }] }));
    response.write(event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }));
    response.end(`${event({ choices: [], usage })}data: [DONE]\n\n`);
  },
});

/** The first token, if the answer has not begun. */
function begin(response: ServerResponse): void {
  if (response.headersSent) return;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(event({ choices: [{ index: 0, delta: { content: 'A' }, finish_reason: null }] }));
}

function event(value: object): string {
  return `data: ${JSON.stringify({ id: 'law', object: 'chat.completion.chunk', model: 'law', ...value })}\n\n`;
}

function goOn(): void {
  events.runUntil(clock.now() - began);
  for (const { response, request } of asked.values()) if (request.first > 0) begin(response);
  // One timer, for the next event: an arrival may have brought a nearer one.
  clock.stop();
  if (Number.isFinite(events.next)) clock.at(began + events.next, goOn);
}

let count = 0;
const http = createServer((request, response) => {
  if (request.method === 'GET') {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ object: 'list', data: [{ id: 'law', object: 'model' }] }));
    return;
  }
  request.resume().on('end', () => {
    goOn();
    const pending: Pending = { id: count++, due: events.now, first: 0, tokens: 1, left: 0 };
    asked.set(pending.id, { response, request: pending });
    server.arrive(pending);
    goOn();
  });
});
http.keepAliveTimeout = 60_000;
http.listen(0, '127.0.0.1', () => {
  process.send!(`http://127.0.0.1:${(http.address() as AddressInfo).port}/v1`);
});
process.on('message', () => process.send!(times));
process.on('disconnect', () => process.exit());
