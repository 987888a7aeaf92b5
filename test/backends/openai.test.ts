/** The openai backend against servers that do everything a server can do, good and bad, over real HTTP. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ModelFailure, type Piece, type Session } from '../../src/backends/backend.js';
import { endpointOf } from '../../src/backends/openai/endpoint.js';
import { createOpenai } from '../../src/backends/openai.js';
import { type ModelOf, modelSchema } from '../../src/core/definition/model.js';
import { type Generation, generationSchema, type Prompt } from '../../src/core/definition/suite.js';
import { UserError } from '../../src/core/errors.js';
import {
  chunk,
  DONE,
  event,
  finish,
  json,
  type Script,
  type ScriptedServer,
  type Step,
  script,
  startScripted,
  startTiny,
  stream,
  usage,
} from '../support/openai-server.js';
import { collect, contract } from './contract.js';

const backend = createOpenai({ attempts: 3, delay: 0.02, patience: 1 });
const prompt: Prompt = { messages: [{ role: 'user', content: 'Where is my parcel?' }] };
const KEY = 'sk-verysecretverysecret';
const environment = { TEST_KEY: KEY, BAD_KEY: 'half\nhalf' };
const never = () => new AbortController().signal;

function entry(fields: Record<string, unknown>): ModelOf<'openai'> {
  return modelSchema.parse({ id: 'm', backend: 'openai', source: 'tiny', ...fields }) as ModelOf<'openai'>;
}

describe('openai, on a server that speaks the whole protocol,', () => {
  let tiny: Awaited<ReturnType<typeof startTiny>>;
  const model = entry({ endpoint: 'http://127.0.0.1:1/v1' });
  beforeAll(async () => {
    tiny = await startTiny();
    Object.assign(model, { endpoint: tiny.endpoint });
  });
  afterAll(() => tiny.close());

  contract('openai', {
    backend,
    model,
    context: { directory: '.', environment: {} },
    prompt,
    broken: entry({ endpoint: 'http://127.0.0.1:1/v1' }),
  });
});

let server: ScriptedServer;
let session: Session | undefined;

beforeEach(async () => {
  server = await startScripted();
});

afterEach(async () => {
  await session?.close();
  session = undefined;
  await server.close();
});

async function open(fields: Record<string, unknown> = {}): Promise<Session> {
  const model = entry({ endpoint: server.endpoint, ...fields });
  session = await backend.open(model, { directory: '.', environment }, never());
  server.asked.length = 0;
  return session;
}

/** Opens on a server that behaves, then has it answer as given, once for each script, the last one for ever. */
async function answered(scripts: Script | Script[], generation: Partial<Generation> = {}, fields = {}) {
  const opened = await open(fields);
  const queue = [scripts].flat();
  server.answer = () => (queue.length > 1 ? queue.shift()! : queue[0]!);
  return collect(opened, prompt, generation);
}

async function failure(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    (value) => expect.fail(`expected a failure, got ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown as Error,
  );
  expect(error.message).not.toContain('\n');
  expect(error.message).not.toContain(KEY);
  return error;
}

describe('a request', () => {
  test('of a chat carries the prompt, the settings, and asks for counts and log-probabilities', async () => {
    const generation = { maxTokens: 7, temperature: 0.5, topP: 0.9, seed: 3, stop: ['a', 'b', 'c', 'd', 'e'] };
    await answered(stream('ok'), generation, { extraBody: { cache_prompt: false } });
    expect(server.asked[0]).toMatchObject({ method: 'POST', path: '/v1/chat/completions' });
    expect(server.asked[0]!.body).toEqual({
      model: 'tiny',
      messages: prompt.messages,
      max_tokens: 7,
      temperature: 0.5,
      top_p: 0.9,
      seed: 3,
      stop: ['a', 'b', 'c', 'd'],
      logprobs: true,
      top_logprobs: 1,
      stream: true,
      stream_options: { include_usage: true },
      cache_prompt: false,
    });
  });

  test('of a completion carries the messages as plain text, which is the rendered prompt', async () => {
    server.answer = () =>
      script(event({ choices: [{ text: ' Hi' }] }), event({ choices: [{ finish_reason: 'length' }] }));
    const opened = await open({ api: 'completions' });
    const messages = [{ role: 'system' as const, content: 'Be kind.' }, ...prompt.messages];
    const { text, end } = await collect(opened, { messages }, {});
    expect(server.asked[0]!.path).toBe('/v1/completions');
    expect(server.asked[0]!.body).toMatchObject({ prompt: 'Be kind.\n\nWhere is my parcel?', logprobs: 1 });
    expect([text, end.finish, end.rendered]).toEqual([' Hi', 'length', { value: 'Be kind.\n\nWhere is my parcel?' }]);
  });

  test('asks for no log-probabilities when the entry does not want them', async () => {
    await answered(stream('ok'), {}, { extraBody: { logprobs: false } });
    expect(server.asked[0]!.body).toMatchObject({ logprobs: false });
    expect(server.asked[0]!.body).not.toHaveProperty('top_logprobs');
  });

  test('names the limit of tokens as the server wants it', async () => {
    await answered(stream('ok'), { maxTokens: 5 }, { tokenLimitField: 'max_completion_tokens' });
    expect(server.asked[0]!.body).toMatchObject({ max_completion_tokens: 5 });
    expect(server.asked[0]!.body).not.toHaveProperty('max_tokens');
  });

  test('proves itself with the key from the environment', async () => {
    await answered(stream('ok'), {}, { apiKeyEnv: 'TEST_KEY' });
    expect(server.asked[0]!.headers.authorization).toBe(`Bearer ${KEY}`);
  });

  test('to Azure OpenAI goes to the deployment, with its version and its own header for the key', () => {
    const azure = {
      endpoint: 'https://x.openai.azure.com',
      source: 'my-gpt',
      apiVersion: '2024-10-21',
      apiKeyEnv: 'TEST_KEY',
    };
    const url = 'https://x.openai.azure.com/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21';
    const endpoint = endpointOf(entry(azure), environment);
    expect(endpoint.url('/chat/completions')).toBe(url);
    expect(endpoint.headers).toMatchObject({ 'api-key': KEY });
    expect(endpoint.headers).not.toHaveProperty('authorization');
    const whole = entry({ ...azure, endpoint: 'https://x.openai.azure.com/openai/deployments/my-gpt/' });
    expect(endpointOf(whole, environment).url('/chat/completions')).toBe(url);
  });

  test.each([
    ['http://127.0.0.1:8080/v1', 'loopback'],
    ['http://localhost/v1', 'loopback'],
    ['http://[::1]:1/v1', 'loopback'],
    ['http://192.168.0.7/v1', 'internet'],
    ['https://127.0.0.1.example.com/v1', 'internet'],
  ])('to %s crosses %s', (endpoint, network) => {
    expect(endpointOf(entry({ endpoint }), {}).network).toBe(network);
  });
});

describe('an answer', () => {
  test('is its pieces, without the empty ones before the first, with the counts of the server', async () => {
    const { pieces, text, end } = await answered(stream('Hel', 'lo', ' you'));
    expect(pieces.map((piece) => [piece.text, piece.tokens])).toEqual([
      ['Hel', null],
      ['lo', null],
      [' you', null],
    ]);
    expect(text).toBe('Hello you');
    expect(end).toMatchObject({
      finish: 'stop',
      promptTokens: { value: 9, source: 'server' },
      outputTokens: { value: 3, source: 'server' },
      rendered: { missing: expect.any(String) },
    });
    expect(end).not.toHaveProperty('retries');
  });

  test('is stamped when its bytes come, not when they are read', async () => {
    const opened = await open();
    server.answer = () =>
      script(chunk({ content: 'a' }), { wait: 0.15 }, chunk({ content: 'b' }), finish('stop'), DONE);
    const times: number[] = [];
    for await (const { time } of opened.generate(prompt, generationSchema.parse({}), never())) {
      times.push(time);
      if (times.length === 1) await new Promise((done) => setTimeout(done, 400));
    }
    expect(times[1]! - times[0]!).toBeGreaterThan(0.14);
    expect(times[1]! - times[0]!).toBeLessThan(0.35);
  });

  test('survives any cut of its bytes, line ends of all kinds, comments, and a missing blank line', async () => {
    const lines = [
      ': keep-alive',
      `data: ${JSON.stringify({ choices: [{ delta: { content: 'früh 😀' } }] })}`,
      'event: x',
    ];
    const last = `data: ${JSON.stringify({ choices: [{ delta: {}, finish_reason: 'stop' }] })}`;
    for (const newline of ['\n', '\r\n']) {
      const bytes = Buffer.from(`${lines.join(newline)}${newline}${newline}${last}`);
      const steps = [...bytes].map((byte): Step => ({ write: Uint8Array.of(byte) }));
      const { text, end } = await answered(script(...steps));
      expect([text, end.finish]).toEqual(['früh 😀', 'stop']);
      await session!.close();
    }
  });

  test('counts a token for each log-probability', async () => {
    const two = { logprobs: { content: [{ logprob: -0.1 }, { logprob: -0.2 }] } };
    const { pieces, end } = await answered(
      script(
        chunk({ content: 'ab' }, two),
        chunk({ content: 'c' }, { logprobs: { content: [{ logprob: -3 }] } }),
        finish('stop'),
      ),
    );
    expect(pieces.map(({ tokens, logprobs }) => [tokens, logprobs])).toEqual([
      [2, [-0.1, -0.2]],
      [1, [-3]],
    ]);
    expect(end.outputTokens).toEqual({ value: 3, source: 'server' });
  });

  test('does not count the token that ends it, as in-process engines do not', async () => {
    const one = { logprobs: { content: [{ logprob: -0.1 }] } };
    const { end } = await answered(script(chunk({ content: 'a' }, one), finish('stop'), usage(5, 2), DONE));
    expect(end.outputTokens).toEqual({ value: 1, source: 'server' });
  });

  test('without counts says that they are missing', async () => {
    const { end } = await answered(script(chunk({ content: 'a' }), finish('stop'), DONE));
    expect(end.promptTokens).toEqual({ missing: 'the server does not count tokens', source: 'none' });
    expect(end.outputTokens).toEqual({ missing: 'the server does not count tokens', source: 'none' });
  });

  test('begins with the thoughts of a reasoning model, which are no part of its text', async () => {
    const thought = (text: string) => chunk({ reasoning_content: text, content: null });
    const { pieces, text } = await answered(
      script(thought('Hm'), thought(', 7'), chunk({ content: 'Seven' }), finish('stop')),
    );
    expect(pieces.map((piece: Piece) => [piece.text, piece.reasoning])).toEqual([
      ['', 'Hm'],
      ['', ', 7'],
      ['Seven', undefined],
    ]);
    expect(text).toBe('Seven');
  });

  test.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['max_tokens', 'length'],
    ['content_filter', 'refused'],
    ['tool_calls', 'stop'],
    ['eos', 'stop'],
  ])('that finished with %s finished with %s', async (reason, meaning) => {
    const { end } = await answered(script(chunk({ content: 'a' }), finish(reason), DONE));
    expect(end.finish).toBe(meaning);
  });

  test('that is a refusal in words is refused', async () => {
    const { text, end } = await answered(script(chunk({ refusal: 'I cannot.' }), finish('stop'), DONE));
    expect([text, end.finish]).toEqual(['I cannot.', 'refused']);
  });

  test('that a filter withheld for its prompt is refused and silent', async () => {
    const error = {
      code: 'content_filter',
      message: "The response was filtered by Azure OpenAI's content management policy",
    };
    const { pieces, end } = await answered(json(400, { error }));
    expect([pieces, end.finish]).toEqual([[], 'refused']);
  });

  test('is cut before the stop string that the server was not told', async () => {
    const { text, end } = await answered(stream('one', ' two', ' th', 'ree'), { stop: ['1', '2', '3', '4', ' three'] });
    expect([text, end.finish]).toEqual(['one two', 'stop']);
  });

  test('may be empty', async () => {
    const { pieces, end } = await answered(script(chunk({ role: 'assistant' }), finish('stop'), usage(9, 0), DONE));
    expect([pieces, end.finish, end.outputTokens]).toEqual([[], 'stop', { value: 0, source: 'server' }]);
  });
});

describe('opening a session', () => {
  test('names the server, its network, and what cannot be known of it', async () => {
    const { facts, processes } = await open();
    expect(facts).toMatchObject({
      engine: expect.stringMatching(/^a test at 127\.0\.0\.1, asked through undici \d/),
      network: 'loopback',
    });
    expect(facts.cannot).toMatchObject({
      logprobs: 'the server gives no log-probabilities of its output',
      loglikelihood: 'the server returns no log-probabilities of a prompt',
      chatTemplate: 'the server applies the chat template, unseen',
    });
    expect(processes).toEqual([]);
  });

  test('takes the context from the listing of vLLM or llama-server, unless the entry says it', async () => {
    server.models = () => json(200, { data: [{ id: 'tiny', meta: { n_ctx: 512, n_params: 1000 } }] });
    expect((await open()).facts).toMatchObject({ context: { value: 512 }, parameters: 1000 });
    await session!.close();
    expect((await open({ context: 99 })).facts.context).toEqual({ value: 99 });
  });

  test('warns when chunks are not tokens', async () => {
    server.answer = () => script(chunk({ content: 'one two three' }), finish('stop'), usage(9, 12), DONE);
    expect((await open()).facts.warnings).toEqual([
      'the server sent 12 tokens in 1 pieces: times between pieces are not times between tokens',
    ]);
  });

  test.each([
    ['stream_options', 'Unrecognized request argument supplied: stream_options', ['stream_options']],
    ['logprobs', "'logprobs' is not supported with this model", ['logprobs', 'top_logprobs']],
    ['temperature', "Unsupported value: 'temperature' does not support 0 with this model", ['temperature']],
  ])('leaves out %s for a server that refuses it, and says what is lost', async (field, message, gone) => {
    server.answer = ({ body }) => (gone[0]! in body ? json(400, { error: { message } }) : stream('ok'));
    const opened = await open();
    expect(opened.facts.warnings[0]).toContain(`the server refuses "${field}": `);
    const { end } = await collect(opened, prompt, {});
    expect(server.asked).toHaveLength(1);
    for (const name of gone) expect(server.asked[0]!.body).not.toHaveProperty(name);
    expect(end).not.toHaveProperty('retries');
  });

  const page = { headers: { 'content-type': 'text/html' }, steps: [{ write: '<html>\n<h1>Welcome</h1></html>' }] };
  test.each<[string, Script, string]>([
    ['an unknown model', json(404, { error: { message: 'model "tiny" not found' } }), 'check `source`'],
    [
      'a web page',
      page,
      'expected a stream of events (text/event-stream), found text/html ("<html> <h1>Welcome</h1></html>")',
    ],
    ['a whole answer at once', json(200, { choices: [{ message: { content: 'hi' } }] }), 'found application/json'],
    [
      'nonsense',
      script({ write: 'data: {"choices": [\n\n' }),
      'expected a chunk of an answer in JSON, found "{"choices": ["',
    ],
    ['a redirect', json(302, {}, { location: 'https://example.com/' }), 'use the address that it redirects to'],
    ['a wrong setting', json(422, { detail: [{ loc: ['body', 'zap'], msg: 'bad' }] }), 'check the model entry'],
    [
      'another name for the limit',
      json(400, { error: "use 'max_completion_tokens', not max_tokens" }),
      'set tokenLimitField',
    ],
    ['an empty quota', json(429, { error: { code: 'insufficient_quota' } }), 'no quota left'],
    ['a breakdown', json(500, { error: 'out of memory' }), 'answered 500 and said "out of memory"'],
    ['a rate limit for long', json(429, {}, { 'retry-after': '3600' }), 'answered 429'],
  ])('on a server that answers with %s is one sentence for the user', async (_, answer, text) => {
    server.answer = () => answer;
    const error = await failure(open());
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain('model "m" at 127.0.0.1');
    expect(error.message).toContain(text);
  });

  test('needs the key that the entry names', async () => {
    const error = await failure(open({ apiKeyEnv: 'NO_SUCH_KEY' }));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain('the environment variable NO_SUCH_KEY to hold the key, but it is not set');
  });

  test.each([
    ['a key that no header can carry', { apiKeyEnv: 'BAD_KEY' }, 'expected a key of printable characters in BAD_KEY'],
    ['a password in the URL', { endpoint: 'http://me:secret@127.0.0.1/v1' }, 'expected no user or password in the URL'],
    ['an endpoint that is down', { endpoint: 'http://127.0.0.1:1/v1' }, 'cannot be reached (connect ECONNREFUSED'],
  ])('with %s is one sentence for the user', async (_, fields, text) => {
    const error = await failure(open(fields));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain(text);
    expect(error.message).not.toMatch(/half|secret/);
  });

  test('on a server that lists its models and then says nothing is up to the one who waits', async () => {
    server.answer = () => new Promise(() => {});
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 300);
    const opening = backend.open(entry({ endpoint: server.endpoint }), { directory: '.', environment }, abort.signal);
    expect((await failure(opening)).name).toBe('AbortError');
  });

  test('on a server that accepts connections and says nothing at all ends by itself', async () => {
    server.models = () => new Promise(() => {});
    const error = await failure(open());
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain('did not answer within 5 s; is the server up?');
  });

  test.each([401, 403])('with a key that gets %d never shows it', async (status) => {
    server.answer = () => json(status, { error: { message: `Incorrect API key provided: ${KEY}` } });
    const error = await failure(open({ apiKeyEnv: 'TEST_KEY' }));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain('the key is missing, wrong, or may not use this model; see apiKeyEnv');
  });

  test('strikes the key, whole or begun, out of what a server says', async () => {
    server.answer = () => json(400, { error: { message: `you sent ${KEY} and sk-verys*** and model tiny` } });
    const error = await failure(open({ apiKeyEnv: 'TEST_KEY' }));
    expect(error.message).toContain('you sent [key] and [key] and model tiny');
  });
});

describe('a failed attempt', () => {
  const busy = json(429, {}, { 'retry-after': '0.3' });

  test('is repeated as the server asks, is counted, and costs no latency', async () => {
    const opened = await open();
    const queue = [busy, json(503, {})];
    server.answer = () => queue.shift() ?? stream('ok');
    const before = opened.now();
    const { pieces, end } = await collect(opened, prompt, {});
    const elapsed = opened.now() - before;
    expect(end.retries!.count).toBe(2);
    expect(end.retries!.waited).toBeGreaterThan(0.3);
    expect(pieces[0]!.time - before).toBeLessThan(elapsed - 0.29);
    expect(end.time).toBeGreaterThanOrEqual(pieces[0]!.time);
  });

  test.each<[string, Script]>([
    ['the connection is cut before the headers', { steps: [{ halt: 'cut' }] }],
    ['the stream breaks before the first piece', script(chunk({ role: 'assistant' }), { halt: 'cut' })],
    ['the stream ends before the first piece', script(chunk({ role: 'assistant' }))],
  ])('because %s is repeated', async (_, broken) => {
    const { text, end } = await answered([broken, stream('ok')]);
    expect([text, end.retries!.count]).toEqual(['ok', 1]);
  });

  test('after the first piece is final', async () => {
    const error = await failure(answered([script(chunk({ content: 'a' }), { halt: 'cut' }), stream('ok')]));
    expect(error).toMatchObject({ name: 'ModelFailure', kind: 'server' });
    expect(server.asked).toHaveLength(1);
  });

  test('of a server that keeps breaking down is the model’s', async () => {
    const error = await failure(answered(json(500, { error: 'CUDA error' })));
    expect(error).toMatchObject({
      name: 'ModelFailure',
      kind: 'server',
      message: expect.stringContaining('CUDA error'),
    });
    expect(server.asked).toHaveLength(3);
  });

  test('of a rate limit that stays is not the model’s', async () => {
    const error = await failure(answered(json(429, {})));
    expect(error).not.toBeInstanceOf(ModelFailure);
    expect(error).not.toBeInstanceOf(UserError);
    expect(error.message).toContain('lower the rate or raise the limit');
  });

  test('of a network that is gone is not the model’s', async () => {
    const opened = await open();
    await server.close();
    const error = await failure(collect(opened, prompt, {}));
    expect(error).not.toBeInstanceOf(ModelFailure);
    expect(error).not.toBeInstanceOf(UserError);
    expect(error.message).toContain('ECONNREFUSED');
    server = await startScripted();
  });

  test('is not repeated once the signal is aborted', async () => {
    const opened = await open();
    server.answer = () => json(429, {}, { 'retry-after': '1' });
    const abort = new AbortController();
    const stream = opened.generate(prompt, generationSchema.parse({}), abort.signal);
    setTimeout(() => abort.abort(), 50);
    const error = await failure(stream[Symbol.asyncIterator]().next());
    expect(error.name).toBe('AbortError');
    expect(server.asked).toHaveLength(1);
  });
});

describe('a server that misbehaves in the middle', () => {
  const begun = chunk({ content: 'a' });

  test.each<[string, Step[], string]>([
    ['ends without finishing', [begun], 'the stream ended before the answer did'],
    ['reports a failure', [begun, event({ error: { message: 'worker died' } })], 'the server failed: "worker died"'],
    [
      'sends what is no JSON',
      [begun, { write: 'data: <html>\n\n' }],
      'expected a chunk of an answer in JSON, found "<html>"',
    ],
    ['sends JSON of another kind', [begun, event([1, 2])], 'expected a chunk of an answer in JSON, found "[1,2]"'],
    [
      'sends a line without end',
      [begun, { write: `data: ${'x'.repeat(2 ** 21)}` }],
      'sent an event longer than a megabyte',
    ],
  ])('and %s has failed for its model', async (_, steps, text) => {
    const error = await failure(answered(script(...steps)));
    expect(error).toMatchObject({ name: 'ModelFailure', kind: 'server' });
    expect(error.message).toContain(text);
  });

  test('and never ends is cut off at a bound', async () => {
    const line = `data: ${JSON.stringify({ choices: [{ delta: { content: 'x'.repeat(500_000) } }] })}\n\n`;
    const error = await failure(answered(script(...Array<Step>(200).fill({ write: line }))));
    expect(error.message).toContain('sent more than 64 MiB');
  });

  test.each<[string, Script | Promise<Script>]>([
    ['before the headers', new Promise<Script>(() => {})],
    ['before the first piece', script(chunk({ role: 'assistant' }), { halt: 'stall' })],
    ['after it', script(begun, { halt: 'stall' })],
  ])('and falls silent %s has timed out', async (_, stalled) => {
    const opened = await open();
    server.answer = () => stalled;
    const error = await failure(collect(opened, prompt, { timeout: 0.2 }));
    expect(error).toMatchObject({ name: 'ModelFailure', kind: 'timeout' });
    expect(error.message).toContain('no complete answer within 0.2 s');
    expect(server.asked).toHaveLength(1);
  });

  test('of types has them ignored', async () => {
    const odd = [
      { choices: {} },
      { choices: [7] },
      { choices: [{ delta: 'x', finish_reason: 3, logprobs: [] }], usage: 'none' },
    ];
    const { text } = await answered(script(...odd.map(event), begun, finish('stop'), usage(-1, 2.5), DONE));
    expect(text).toBe('a');
  });

  test.each([
    ['OpenAI', 400, { error: { code: 'context_length_exceeded', message: 'x' } }],
    ['vLLM', 400, { message: "This model's maximum context length is 4096 tokens. However, you requested 5000" }],
    ['llama-server', 400, { error: { type: 'exceed_context_size_error', message: 'x' } }],
    ['TGI', 422, { error: '`inputs` tokens + `max_new_tokens` must be <= 4096', error_type: 'validation' }],
  ])('and finds the prompt too long says so as %s does', async (_, status, body) => {
    const error = await failure(answered(json(status, body)));
    expect(error).toMatchObject({ name: 'ModelFailure', kind: 'prompt-too-long' });
  });
});

describe('checking a model', () => {
  const check = (fields: Record<string, unknown>) =>
    backend.check(entry({ endpoint: server.endpoint, ...fields }), {
      directory: '.',
      environment: { ...environment, PATH: process.env.PATH },
    });

  test('asks the server for its models and no token', async () => {
    expect(await check({})).toEqual({ ready: true });
    expect(server.asked).toEqual([]);
  });

  test('notes that the server lists other models', async () => {
    expect(await check({ source: 'other' })).toEqual({ ready: true, note: 'the server lists tiny, not "other"' });
  });

  test('takes a server that lists nothing for ready', async () => {
    server.models = () => json(404, {});
    expect(await check({})).toEqual({ ready: true });
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['a key that is not set', { apiKeyEnv: 'NO_SUCH_KEY' }, /NO_SUCH_KEY/],
    [
      'an endpoint that is down',
      { endpoint: 'http://127.0.0.1:1/v1' },
      /cannot be reached .*ECONNREFUSED.*is the server up\?/,
    ],
    ['an endpoint of another protocol', { endpoint: 'ftp://127.0.0.1/v1' }, /expected an http or https URL/],
    ['a program that is not there', { server: { command: ['no-such-server'] } }, /no program "no-such-server"/],
  ])('finds %s', async (_, fields, reason) => {
    expect(await check(fields)).toEqual({ ready: false, reason: expect.stringMatching(reason) });
  });

  test('finds a key that is refused', async () => {
    server.models = () => json(401, {});
    expect(await check({})).toEqual({ ready: false, reason: expect.stringContaining('the key is missing or wrong') });
  });

  test('finds the program of a server on the PATH', async () => {
    expect(await check({ server: { command: ['node'] } })).toEqual({ ready: true, note: 'starts node for the run' });
  });
});
