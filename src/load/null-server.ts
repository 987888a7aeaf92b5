/**
 * A server that answers without a model: it speaks as much of the OpenAI protocol as a client needs, and sends each chunk at its time.
 * What a client measures of it is known, so every difference is the client's own. It reads the sockets itself, because it must cost
 * less than the client: it answers several times as many requests as any client can ask.
 */

import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { type Clock, createClock } from './clock.js';

/** When the chunks of an answer are sent. Times are in seconds. */
export interface NullPace {
  /** From the request to the first chunk. At 0 all chunks are sent at once. */
  readonly ttft: number;
  /** The seconds between two chunks. */
  readonly gap: number;
  readonly chunks: number;
}

/** It answers like a small model on a good machine. */
export const PACED: NullPace = { ttft: 0.05, gap: 0.01, chunks: 32 };
export const AT_ONCE: NullPace = { ttft: 0, gap: 0, chunks: 16 };

export interface NullServer {
  /** As an entry of models.json has it. */
  readonly endpoint: string;
  /** What truly happened since the last call. */
  take(): Served;
  close(): Promise<void>;
}

/** Times are in seconds. */
export interface Served {
  /** When each request was read, by the clock of this process. */
  readonly arrivals: readonly number[];
  /** The seconds from reading each request to writing its first chunk. */
  readonly ttft: readonly number[];
  /** The most answers under way at once. */
  readonly most: number;
}

export async function startNullServer(pace: NullPace, port = 0): Promise<NullServer> {
  const clock = createClock();
  const chunks = chunksOf(pace);
  const sockets = new Set<Socket>();
  let served = nothing();
  let underWay = 0;

  function answer(socket: Socket): void {
    const read = clock.now();
    served.arrivals.push(read);
    served.most = Math.max(served.most, ++underWay);
    socket.write(HEAD);
    let sent = 0;
    const send = () => {
      if (sent === 0) served.ttft.push(clock.now() - read);
      if (!socket.destroyed) socket.write(chunks[sent]!);
      sent++;
      if (sent === chunks.length) underWay--;
      else later(clock, read + pace.ttft + sent * pace.gap, send);
    };
    later(clock, read + pace.ttft, send);
  }

  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    readRequests(socket, (path) => {
      if (path.endsWith('/completions')) answer(socket);
      else socket.write(path.endsWith('/models') ? MODELS : NOT_FOUND);
    });
  });
  await new Promise<void>((resolve) => server.listen({ port, host: '127.0.0.1', backlog: 4096 }, resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    take() {
      const { arrivals, ttft, most } = served;
      served = nothing();
      return { arrivals, ttft, most };
    },
    close: () => close(server, sockets, clock),
  };
}

function nothing(): { arrivals: number[]; ttft: number[]; most: number } {
  return { arrivals: [], ttft: [], most: 0 };
}

function later(clock: Clock, time: number, run: () => void): void {
  if (time <= clock.now()) run();
  else clock.at(time, run);
}

/** Calls back with the path of each request, once its body is in. */
function readRequests(socket: Socket, onRequest: (path: string) => void): void {
  let text = '';
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
    for (;;) {
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = text.slice(0, end);
      const length = end + 4 + Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
      if (text.length < length) return;
      text = text.slice(length);
      onRequest(head.split(' ', 2)[1] ?? '');
    }
  });
}

async function close(server: Server, sockets: ReadonlySet<Socket>, clock: Clock): Promise<void> {
  clock.stop();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
}

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
const MODELS = whole(200, { object: 'list', data: [{ id: 'null', object: 'model', owned_by: 'rightsize' }] });
const NOT_FOUND = whole(404, { error: { message: 'there is nothing at this path' } });

function whole(status: number, value: object): string {
  const body = JSON.stringify(value);
  return `HTTP/1.1 ${status} -\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

const WORDS = ['Hi', ' there', ' again', ' and'];

/** The answer, chunk by chunk. The last chunk ends it: it has the reason, the counts of tokens and the end of the stream. */
function chunksOf({ chunks }: NullPace): readonly string[] {
  const pieces = Array.from({ length: chunks }, (_, i) =>
    frame(event({ choices: [{ index: 0, delta: { content: WORDS[i % WORDS.length] }, finish_reason: null }] })),
  );
  const usage = { prompt_tokens: 10, completion_tokens: chunks, total_tokens: 10 + chunks };
  const finish = event({ choices: [{ index: 0, delta: {}, finish_reason: 'length' }] });
  const end = frame(`${finish}${event({ choices: [], usage })}data: [DONE]\n\n`);
  return pieces.with(-1, `${pieces.at(-1)}${end}0\r\n\r\n`);
}

function event(value: object): string {
  return `data: ${JSON.stringify({ id: 'null', object: 'chat.completion.chunk', model: 'null', ...value })}\n\n`;
}

/** One chunk of the transfer coding (RFC 9112, section 7.1). All of it is ASCII. */
function frame(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}
