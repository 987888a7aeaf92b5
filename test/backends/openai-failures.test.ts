/** The openai backend against servers that do everything a server can do badly, over real HTTP. */
import { describe, expect, test } from 'vitest';
import { ModelFailure } from '../../src/backends/backend.js';
import { generationSchema } from '../../src/core/definition/suite.js';
import { UserError } from '../../src/core/errors.js';
import {
  chunk,
  DONE,
  event,
  finish,
  json,
  type Script,
  type Step,
  script,
  startScripted,
  stream,
  usage,
} from '../support/openai-server.js';
import { backend, entry, environment, failure, KEY, prompt, useScripted } from '../support/openai-session.js';
import { collect } from './contract.js';

const { current, open, answered } = useScripted();

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
    current.server.models = () => json(200, { data: [{ id: 'tiny', meta: { n_ctx: 512, n_params: 1000 } }] });
    expect((await open()).facts).toMatchObject({ context: { value: 512 }, parameters: 1000 });
    expect((await open({ context: 99 })).facts.context).toEqual({ value: 99 });
  });

  test('warns when chunks are not tokens', async () => {
    current.server.answer = () => script(chunk({ content: 'one two three' }), finish('stop'), usage(9, 12), DONE);
    expect((await open()).facts.warnings).toEqual([
      'the server sent 12 tokens in 1 piece: times between pieces are not times between tokens',
    ]);
  });

  test.each([
    ['stream_options', 'Unrecognized request argument supplied: stream_options', ['stream_options']],
    ['logprobs', "'logprobs' is not supported with this model", ['logprobs', 'top_logprobs']],
    ['temperature', "Unsupported value: 'temperature' does not support 0 with this model", ['temperature']],
  ])('leaves out %s for a server that refuses it, and says what is lost', async (field, message, gone) => {
    current.server.answer = ({ body }) => (gone[0]! in body ? json(400, { error: { message } }) : stream('ok'));
    const opened = await open();
    expect(opened.facts.warnings[0]).toContain(`the server refuses "${field}": `);
    const { end } = await collect(opened, prompt, { logprobs: true });
    expect(current.server.asked).toHaveLength(1);
    for (const name of gone) expect(current.server.asked[0]!.body).not.toHaveProperty(name);
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
    ['nothing', script(), 'the stream ended before the answer did'],
    [
      'another protocol',
      script({ write: 'event: message_start\ndata: {"type":"message_start"}\n\n' }),
      'it has events named "message_start", which are no chunks of this protocol: check `endpoint` and `api`',
    ],
    ['a quota under a status of its own', json(403, { error: 'Key limit exceeded (total)' }), 'no quota left'],
    [
      'a region',
      json(403, { error: 'Country not supported' }),
      'answered 403 and said "Country not supported": the key',
    ],
  ])('on a server that answers with %s is one sentence for the user', async (_, answer, text) => {
    current.server.answer = () => answer;
    const error = await failure(open());
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain('model "m" at 127.0.0.1');
    expect(error.message).toContain(text);
  });

  test.each<[string, Script, string]>([
    ['a breakdown', json(500, { error: 'out of memory' }), 'answered 500 and said "out of memory"'],
    ['a rate limit for long', json(429, {}, { 'retry-after': '3600' }), 'answered 429'],
    ['a rate limit inside a stream', script(event({ error: { message: 'slow down', code: 429 } })), 'answered 429'],
    ['too many requests', script(event({ error: { type: 'overloaded_error', message: 'x' } })), 'answered 503'],
    [
      'a page of a proxy',
      {
        status: 502,
        headers: { 'content-type': 'text/html' },
        steps: [
          { write: '<html>\n<head><style>a{}</style><title>502 Bad Gateway</title></head><body>x</body></html>' },
        ],
      },
      'answered 502 and said "502 Bad Gateway"',
    ],
  ])('on a server that answers with %s fails for its model, and is no fault of the entry', async (_, answer, text) => {
    current.server.answer = () => answer;
    const error = await failure(open());
    expect(error).not.toBeInstanceOf(UserError);
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
    current.server.answer = () => new Promise(() => {});
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 300);
    const opening = backend.open(
      entry({ endpoint: current.server.endpoint }),
      { directory: '.', environment },
      abort.signal,
    );
    expect((await failure(opening)).name).toBe('AbortError');
  });

  test('on a server that accepts connections and says nothing at all ends by itself', async () => {
    current.server.models = () => new Promise(() => {});
    const error = await failure(open());
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain('did not answer within 5 s; is the server up?');
  });

  test.each([401, 403])('with a key that gets %d never shows it', async (status) => {
    current.server.answer = () => json(status, { error: { message: `Incorrect API key provided: ${KEY}` } });
    const error = await failure(open({ apiKeyEnv: 'TEST_KEY' }));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain('the key is missing, wrong, or may not use this model; see apiKeyEnv');
  });

  test('strikes the key, whole or begun, out of what a server says', async () => {
    current.server.answer = () => json(400, { error: { message: `you sent ${KEY} and sk-verys*** and model tiny` } });
    const error = await failure(open({ apiKeyEnv: 'TEST_KEY' }));
    expect(error.message).toContain('you sent [key] and [key] and model tiny');
  });
});

describe('a failed attempt', () => {
  const busy = json(429, {}, { 'retry-after': '0.3' });

  test('is repeated as the server asks, is counted, and costs no latency', async () => {
    const opened = await open();
    const queue = [busy, json(503, {})];
    current.server.answer = () => queue.shift() ?? stream('ok');
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
    expect(error.name).toBe('ServerFailure');
    expect(current.server.asked).toHaveLength(1);
  });

  test('of a server that keeps breaking down is the server’s, and no wrong answer', async () => {
    const error = await failure(answered(json(500, { error: 'CUDA error' })));
    expect(error).toMatchObject({
      name: 'ServerFailure',
      message: expect.stringContaining('CUDA error'),
    });
    expect(current.server.asked).toHaveLength(3);
  });

  test('of a rate limit that stays is not the model’s', async () => {
    const error = await failure(answered(json(429, {})));
    expect(error).not.toBeInstanceOf(ModelFailure);
    expect(error).not.toBeInstanceOf(UserError);
    expect(error.message).toContain('lower the rate or raise the limit');
  });

  test('of a network that is gone is not the model’s', async () => {
    const opened = await open();
    await current.server.close();
    const error = await failure(collect(opened, prompt, {}));
    expect(error).not.toBeInstanceOf(ModelFailure);
    expect(error).not.toBeInstanceOf(UserError);
    expect(error.message).toContain('ECONNREFUSED');
    current.server = await startScripted();
  });

  test('is not repeated once the signal is aborted', async () => {
    const opened = await open();
    current.server.answer = () => json(429, {}, { 'retry-after': '1' });
    const abort = new AbortController();
    const stream = opened.generate(prompt, generationSchema.parse({}), abort.signal);
    setTimeout(() => abort.abort(), 50);
    const error = await failure(stream[Symbol.asyncIterator]().next());
    expect(error.name).toBe('AbortError');
    expect(current.server.asked).toHaveLength(1);
  });
});

describe('a server that misbehaves in the middle', () => {
  const begun = chunk({ content: 'a' });

  test.each<[string, Step[], string]>([
    ['ends without finishing', [begun], 'the stream ended before the answer did'],
    ['reports a failure', [begun, event({ error: { message: 'worker died' } })], 'and said "worker died"'],
    [
      'sends what is no JSON',
      [begun, { write: 'data: <html>\n\n' }],
      'expected a chunk of an answer in JSON, found "<html>"',
    ],
    [
      'sends half a chunk',
      [begun, { write: 'data: {"choices": [\n\n' }],
      'expected a chunk of an answer in JSON, found "{"',
    ],
    ['aborts', [begun, finish('abort')], 'the server ended its answer with "abort", which is no end that is known'],
    [
      'sends a line without end',
      [begun, { write: `data: ${'x'.repeat(2 ** 21)}` }],
      'sent an event longer than a megabyte',
    ],
  ])('and %s has failed, and the model has not', async (_, steps, text) => {
    const error = await failure(answered(script(...steps)));
    expect(error.name).toBe('ServerFailure');
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
    current.server.answer = () => stalled;
    const error = await failure(collect(opened, prompt, { timeout: 0.2 }));
    expect(error).toMatchObject({ name: 'ModelFailure', kind: 'timeout' });
    expect(error.message).toContain('no complete answer within 0.2 s');
    expect(current.server.asked).toHaveLength(1);
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
