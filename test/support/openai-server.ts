/**
 * Servers of the OpenAI protocol on loopback: one that answers exactly as scripted, well or badly, and one that speaks the
 * whole protocol for a tiny model of its own, whose words follow from a hash of what came before.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into bodies freely.
  readonly body: any;
  /** Tells connections apart. */
  readonly port: number;
}

export type Step =
  | { readonly write: string | Uint8Array }
  /** Seconds. */
  | { readonly wait: number }
  | { readonly halt: 'cut' | 'stall' };

export interface Script {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

export interface ScriptedServer {
  readonly endpoint: string;
  readonly asked: Asked[];
  /** Answers every request that is no probe for prompt log-probabilities and no listing of models. */
  answer: (asked: Asked) => Script | Promise<Script>;
  models: () => Script | Promise<Script>;
  close(): Promise<void>;
}

/** A server that answers as it is told. */
export async function startScripted(answer: ScriptedServer['answer'] = () => stream('ok')): Promise<ScriptedServer> {
  const asked: Asked[] = [];
  const { endpoint, close } = await listen(async (request, response) => {
    const isEcho = request.body?.echo === true;
    if (request.path.includes('/models')) return play(await server.models(), response);
    if (isEcho) return play(json(404, { error: 'no such path' }), response);
    asked.push(request);
    return play(await server.answer(request), response);
  });
  const server: ScriptedServer = {
    endpoint,
    asked,
    answer,
    models: () => json(200, { data: [{ id: 'tiny', owned_by: 'a test' }] }),
    close,
  };
  return server;
}

export const event = (value: unknown): Step => ({ write: `data: ${JSON.stringify(value)}\n\n` });
export const DONE: Step = { write: 'data: [DONE]\n\n' };
export const chunk = (delta: object, more: object = {}): Step => event({ choices: [{ index: 0, delta, ...more }] });
export const finish = (finish_reason: string): Step => chunk({}, { finish_reason });
export const usage = (prompt_tokens: number, completion_tokens: number): Step =>
  event({ choices: [], usage: { prompt_tokens, completion_tokens } });

export function script(...steps: Step[]): Script {
  return { headers: { 'content-type': 'text/event-stream; charset=utf-8' }, steps };
}

/** A good answer of a piece for each text. */
export function stream(...texts: string[]): Script {
  const pieces = texts.map((content) => chunk({ content }));
  return script(chunk({ role: 'assistant', content: '' }), ...pieces, finish('stop'), usage(9, texts.length), DONE);
}

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Script {
  const steps = [{ write: JSON.stringify(value) }];
  return { status, headers: { 'content-type': 'application/json', ...headers }, steps };
}

async function play({ status = 200, headers = {}, steps }: Script, response: ServerResponse): Promise<void> {
  if (steps[0] && 'halt' in steps[0]) return void response.destroy();
  response.writeHead(status, headers).flushHeaders();
  for (const step of steps) {
    if (response.destroyed) return;
    if ('write' in step) await new Promise<void>((done) => response.write(step.write, () => done()));
    else if ('wait' in step) await sleep(step.wait * 1000);
    else if (step.halt === 'stall') return;
    else {
      response.destroy();
      return;
    }
  }
  response.end();
}

async function listen(answer: (asked: Asked, response: ServerResponse) => Promise<void>) {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const bytes of request) chunks.push(bytes);
    const text = Buffer.concat(chunks).toString();
    const { method, url, headers } = request;
    const body = text === '' ? undefined : JSON.parse(text);
    const port = request.socket.remotePort!;
    await answer({ method: method!, path: url!, headers, body, port }, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

const WORDS = ' the a parcel order is was on its way and late soon here there again now'.match(/ \w+/g)!;
const CONTEXT = 200;

/** A server of a model that is real enough for the contract of backends. */
export function startTiny(): Promise<{ endpoint: string; close(): Promise<void> }> {
  return listen(async ({ path, body }, response) => {
    if (path.endsWith('/models')) return play(json(200, { data: [{ id: 'tiny', max_model_len: CONTEXT }] }), response);
    if (body.model !== 'tiny') return play(json(404, { error: { message: 'no such model' } }), response);
    if (body.echo) return play(json(200, { choices: body.prompt.map(echo) }), response);
    const prompt = body.messages.map((message: { content: string }) => message.content).join('\n');
    const count = tokensOf(prompt).length;
    if (count >= CONTEXT)
      return play(json(400, { error: { code: 'context_length_exceeded', message: 'x' } }), response);
    const { text, pieces, reason } = answerTo(prompt, body);
    let left = text;
    const chunks = pieces.map((piece) => {
      const content = left.slice(0, piece.length);
      left = left.slice(piece.length);
      return chunk({ content }, { logprobs: { content: [{ token: piece, logprob: -0.5 }] } });
    });
    return play(script(...chunks, finish(reason), usage(count, pieces.length), DONE), response);
  });
}

interface Sampling {
  readonly max_tokens: number;
  readonly stop?: readonly string[];
  readonly temperature: number;
  readonly top_p: number;
  readonly seed: number;
}

function answerTo(prompt: string, { max_tokens, stop = [], temperature, top_p, seed }: Sampling) {
  const luck = temperature === 0 || top_p < 0.01 ? '' : String(seed);
  const pieces: string[] = [];
  for (;;) {
    const said = pieces.join('');
    const ends = stop.map((word) => said.indexOf(word)).filter((at) => at >= 0);
    if (ends.length > 0) return { text: said.slice(0, Math.min(...ends)), pieces, reason: 'stop' };
    if (pieces.length === max_tokens) return { text: said, pieces, reason: 'length' };
    pieces.push(WORDS[hash(luck + prompt + said) % WORDS.length]!);
  }
}

/** The prompt with its log-probabilities and one token more, as vLLM echoes it. */
function echo(prompt: string, index: number) {
  const tokens = [...tokensOf(prompt), ' more'];
  const own = tokens.map((token, i) => (i === 0 ? null : -((hash(tokens.slice(0, i).join('') + token) % 90) + 1) / 10));
  const top = own.map((value, i) => (value === null ? null : { [tokens[i]!]: value, best: Math.max(value, -2) }));
  return { index, text: `${prompt} more`, logprobs: { tokens, token_logprobs: own, top_logprobs: top } };
}

function tokensOf(text: string): string[] {
  return text.match(/\s*\w+|\s*\W/g) ?? [];
}

function hash(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0);
}
