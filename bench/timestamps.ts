/**
 * How wrong are our time stamps? A server in a process of its own streams tokens that each carry the moment at which they
 * were written; the openai backend reads them over loopback and stamps them as ever. The difference is the error: the way
 * through two sockets, our event loop, and the parser. Both clocks are the system's monotonic one.
 *
 * How late the server was against its own schedule tells what the machine was doing meanwhile. How late our event loop was is
 * what a run warns by, from 10 ms: it must be seen where the error is.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Session } from '../src/backends/backend.js';
import { openai } from '../src/backends/openai.js';
import { type ModelOf, modelSchema } from '../src/core/definition/model.js';
import { generationSchema } from '../src/core/definition/suite.js';
import { isMissing } from '../src/core/quantity.js';
import { lateness, watchLoop } from '../src/load/loop-delay.js';
import { type Part, spreadOf } from './part.js';

/** Tokens of a stream, and seconds between them: a model that says 33 tokens a second, for 6 seconds. */
const TOKENS = 200;
const GAP = 0.03;
const STREAMS = [1, 16, 64];
/** The argument that makes this file the server. */
const SERVE = 'serve-timestamps';
/** Milliseconds, with that many streams at once. */
const GOAL = { streams: 64, median: 0.3, p99: 2 };

export const timestampsPart: Part = {
  about: 'the error of token time stamps, against the moments at which a server wrote the tokens',
  async *measure({ pairs }) {
    const server = fork(fileURLToPath(import.meta.url), [SERVE], { execArgv: process.execArgv });
    const [port] = (await once(server, 'message')) as [number];
    const entry = { id: 'clock', backend: 'openai', source: 'clock', endpoint: `http://127.0.0.1:${port}/v1` };
    const model = modelSchema.parse(entry) as ModelOf<'openai'>;
    const session = await openai.open(model, { directory: '.', environment: {} }, new AbortController().signal);
    try {
      for (const streams of STREAMS) {
        const found: Errors[] = [];
        for (let pair = 0; pair < pairs; pair++) found.push(await measure(session, streams));
        const figure = (what: string, of: (errors: Errors) => number, atMost: number | null) => ({
          what: `${what}, ${streams} ${streams === 1 ? 'stream' : 'streams'}`,
          unit: 'ms',
          ours: spreadOf(found.map((errors) => of(errors) * 1000)),
          goal: atMost === null || streams !== GOAL.streams ? null : { atMost },
        });
        yield figure('error of a time stamp, median', ({ median }) => median, GOAL.median);
        yield figure('error of a time stamp, p99', ({ p99 }) => p99, GOAL.p99);
        yield figure('how late our event loop was, p99, as a run tells it', ({ loopLate }) => loopLate, null);
        yield figure('how late the server was, p99', ({ serverLate }) => serverLate, null);
      }
    } finally {
      await session.close();
      server.disconnect();
    }
  },
};

/** Seconds. */
interface Errors {
  readonly median: number;
  readonly p99: number;
  readonly loopLate: number;
  readonly serverLate: number;
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
async function measure(session: Session, streams: number): Promise<Errors> {
  const errors: number[] = [];
  const serverLateness: number[] = [];
  const offset = offsetOf(session);
  const loop = watchLoop();
  loop.enable();
  const begin = systemTime() + 0.5;
  await Promise.all(
    Array.from({ length: streams }, async (_, i) => {
      const plan = JSON.stringify({ begin: begin + (i * GAP) / streams, tokens: TOKENS });
      const prompt = { messages: [{ role: 'user' as const, content: plan }] };
      for await (const event of session.generate(prompt, generationSchema.parse({}), new AbortController().signal)) {
        if (event.kind !== 'piece') continue;
        const [due, written] = event.text.trim().split(' ').map(Number);
        errors.push(event.time + offset - written!);
        serverLateness.push(written! - due!);
      }
    }),
  );
  loop.disable();
  const late = lateness(loop);
  if (isMissing(late)) throw new Error(late.missing);
  if (errors.length !== streams * TOKENS) throw new Error(`expected ${streams * TOKENS} tokens, got ${errors.length}`);
  return {
    median: quantile(errors, 0.5),
    p99: quantile(errors, 0.99),
    loopLate: late.value,
    serverLate: quantile(serverLateness, 0.99),
  };
}

function quantile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))]!;
}

if (process.argv[2] === SERVE) await serve();
