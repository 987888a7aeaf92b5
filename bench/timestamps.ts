/**
 * How wrong are our time stamps? A server in a process of its own streams tokens that each carry the moment at which they
 * were written; the openai backend reads them over loopback and stamps them as ever. The difference is the error: the way
 * through two sockets, our event loop, and the parser. Both clocks are the system's monotonic one.
 *
 *     npx tsx bench/timestamps.ts [--json]
 *
 * Goal: median under 0.3 ms and 99th percentile under 2 ms with 64 streams at once. How late the server was against its own
 * schedule, and how late the reader's event loop was, tell what the machine was doing meanwhile.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';
import type { Session } from '../src/backends/backend.js';
import { openai } from '../src/backends/openai.js';
import { type ModelOf, modelSchema } from '../src/core/definition/model.js';
import { generationSchema } from '../src/core/definition/suite.js';

/** Tokens of a stream, and seconds between them: a model that says 33 tokens a second, for 6 seconds. */
const TOKENS = 200;
const GAP = 0.03;
const STREAMS = [1, 16, 64];
const GOAL = { streams: 64, median: 0.3e-3, p99: 2e-3 };

export interface TimestampErrors {
  readonly streams: number;
  readonly tokens: number;
  /** Seconds. */
  readonly error: { readonly median: number; readonly p99: number; readonly max: number };
  readonly serverLateness: { readonly median: number; readonly p99: number };
  readonly loopDelay: { readonly p99: number };
}

/** The system's monotonic clock, seconds; the same in every process. */
function systemTime(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}

async function serve(): Promise<void> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (!request.url!.endsWith('/chat/completions')) {
      response.writeHead(404).end();
      return;
    }
    const { messages } = JSON.parse(Buffer.concat(chunks).toString());
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const plan = planIn(messages.at(-1).content);
    for (let i = 0; i < plan.tokens; i++) {
      const due = plan.begin + i * GAP;
      const wait = due - systemTime();
      if (wait > 0) await sleep(wait * 1000);
      const content = `${due} ${systemTime()}\n`;
      response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`);
    }
    const end = {
      choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1, completion_tokens: plan.tokens },
    };
    response.end(`data: ${JSON.stringify(end)}\n\ndata: [DONE]\n\n`);
  });
  server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port));
  process.on('disconnect', () => process.exit());
}

/** The question that opens a session is no plan, and gets a few tokens at once. */
function planIn(question: string): { readonly begin: number; readonly tokens: number } {
  return question.startsWith('{') ? JSON.parse(question) : { begin: 0, tokens: 8 };
}

/** From the session's clock to the system's: the least of many readings is the one that nothing came between. */
function offsetOf(session: Session): number {
  return Math.min(...Array.from({ length: 1000 }, () => -session.now() + systemTime()));
}

/** Streams that begin evenly spread over one gap, so that tokens do not come in step. */
async function measure(session: Session, streams: number): Promise<TimestampErrors> {
  const errors: number[] = [];
  const lateness: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const offset = offsetOf(session);
  const begin = systemTime() + 0.5;
  await Promise.all(
    Array.from({ length: streams }, async (_, i) => {
      const plan = JSON.stringify({ begin: begin + (i * GAP) / streams, tokens: TOKENS });
      const prompt = { messages: [{ role: 'user' as const, content: plan }] };
      for await (const event of session.generate(prompt, generationSchema.parse({}), new AbortController().signal)) {
        if (event.kind !== 'piece') continue;
        const [due, written] = event.text.trim().split(' ').map(Number);
        errors.push(event.time + offset - written!);
        lateness.push(written! - due!);
      }
    }),
  );
  delay.disable();
  if (errors.length !== streams * TOKENS) throw new Error(`expected ${streams * TOKENS} tokens, got ${errors.length}`);
  return {
    streams,
    tokens: errors.length,
    error: { median: quantile(errors, 0.5), p99: quantile(errors, 0.99), max: Math.max(...errors) },
    serverLateness: { median: quantile(lateness, 0.5), p99: quantile(lateness, 0.99) },
    // The monitor's own timer adds its resolution to every delay.
    loopDelay: { p99: Math.max(0, delay.percentile(99) / 1e9 - 0.001) },
  };
}

export async function timestampErrors(): Promise<TimestampErrors[]> {
  const server = fork(fileURLToPath(import.meta.url), ['serve'], { execArgv: process.execArgv });
  const [port] = (await once(server, 'message')) as [number];
  const entry = { id: 'clock', backend: 'openai', source: 'clock', endpoint: `http://127.0.0.1:${port}/v1` };
  const model = modelSchema.parse(entry) as ModelOf<'openai'>;
  const session = await openai.open(model, { directory: '.', environment: {} }, new AbortController().signal);
  try {
    const results: TimestampErrors[] = [];
    for (const streams of STREAMS) results.push(await measure(session, streams));
    return results;
  } finally {
    await session.close();
    server.disconnect();
  }
}

function quantile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))]!;
}

function verdictOn({ median, p99 }: TimestampErrors['error']): string {
  return median < GOAL.median && p99 < GOAL.p99 ? 'reached' : 'not reached';
}

function milliseconds(seconds: number): string {
  return `${(seconds * 1000).toFixed(3)} ms`;
}

if (process.argv[2] === 'serve') {
  await serve();
} else if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const results = await timestampErrors();
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify({ goal: GOAL, results }, null, 2)}\n`);
  } else {
    const table = new Table({
      style: { head: [], border: [] },
      head: ['streams', 'tokens', 'median', 'p99', 'max', 'server late p99', 'loop late p99', 'goal'],
    });
    for (const { streams, tokens, error, serverLateness, loopDelay } of results) {
      const goal = streams === GOAL.streams ? verdictOn(error) : '–';
      const figures = [error.median, error.p99, error.max, serverLateness.p99, loopDelay.p99].map(milliseconds);
      table.push([streams, tokens, ...figures, goal]);
    }
    process.stdout.write(`${table.toString()}\n`);
  }
}
