/** The openai backend against servers that behave, over real HTTP: the contract, requests, answers, checks. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Piece } from '../../src/backends/backend.js';
import { endpointOf } from '../../src/backends/openai/endpoint.js';
import { generationSchema } from '../../src/core/definition/suite.js';
import {
  chunk,
  DONE,
  event,
  finish,
  json,
  type Step,
  script,
  startTiny,
  stream,
  usage,
} from '../support/openai-server.js';
import { backend, entry, environment, KEY, prompt, useScripted } from '../support/openai-session.js';
import { collect, contract } from './contract.js';

const { current, open, answered } = useScripted();

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

describe('a request', () => {
  test('of a chat carries the prompt, the settings, and asks for counts', async () => {
    const generation = { maxTokens: 7, temperature: 0.5, topP: 0.9, seed: 3, stop: ['a', 'b', 'c', 'd', 'e'] };
    await answered(stream('ok'), generation, { extraBody: { cache_prompt: false } });
    expect(current.server.asked[0]).toMatchObject({ method: 'POST', path: '/v1/chat/completions' });
    expect(current.server.asked[0]!.body).toEqual({
      model: 'tiny',
      messages: prompt.messages,
      max_tokens: 7,
      temperature: 0.5,
      top_p: 0.9,
      seed: 3,
      stop: ['a', 'b', 'c', 'd'],
      stream: true,
      stream_options: { include_usage: true },
      cache_prompt: false,
    });
  });

  test('of a completion carries the messages as plain text, which is the rendered prompt', async () => {
    current.server.answer = () =>
      script(event({ choices: [{ text: ' Hi' }] }), event({ choices: [{ finish_reason: 'length' }] }));
    const opened = await open({ api: 'completions' });
    const messages = [{ role: 'system' as const, content: 'Be kind.' }, ...prompt.messages];
    const { text, end } = await collect(opened, { messages }, {});
    expect(current.server.asked[0]!.path).toBe('/v1/completions');
    expect(current.server.asked[0]!.body).toMatchObject({ prompt: 'Be kind.\n\nWhere is my parcel?' });
    expect([text, end.finish, end.rendered]).toEqual([' Hi', 'length', 'Be kind.\n\nWhere is my parcel?']);
  });

  test('asks for log-probabilities, which take time, where the task wants them', async () => {
    await answered(stream('ok'), { logprobs: true });
    expect(current.server.asked[0]!.body).toMatchObject({ logprobs: true, top_logprobs: 1 });
    await answered(stream('ok'), { logprobs: true }, { api: 'completions' });
    expect(current.server.asked[0]!.body).toMatchObject({ logprobs: 1 });
    for (const api of ['chat', 'completions']) {
      await answered(stream('ok'), {}, { api });
      expect(current.server.asked[0]!.body).not.toHaveProperty('logprobs');
    }
  });

  test('asks for no log-probabilities when the entry does not want them', async () => {
    await answered(stream('ok'), { logprobs: true }, { extraBody: { logprobs: false } });
    expect(current.server.asked[0]!.body).toMatchObject({ logprobs: false });
    expect(current.server.asked[0]!.body).not.toHaveProperty('top_logprobs');
  });

  test('names the limit of tokens as the server wants it', async () => {
    await answered(stream('ok'), { maxTokens: 5 }, { tokenLimitField: 'max_completion_tokens' });
    expect(current.server.asked[0]!.body).toMatchObject({ max_completion_tokens: 5 });
    expect(current.server.asked[0]!.body).not.toHaveProperty('max_tokens');
  });

  test('proves itself with the key from the environment', async () => {
    await answered(stream('ok'), {}, { apiKeyEnv: 'TEST_KEY' });
    expect(current.server.asked[0]!.headers.authorization).toBe(`Bearer ${KEY}`);
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
      rendered: null,
    });
    expect(end).not.toHaveProperty('retries');
  });

  test('is stamped when its bytes come, not when they are read', async () => {
    const opened = await open();
    current.server.answer = () => script(chunk({ content: 'a' }), chunk({ content: 'b' }), finish('stop'), DONE);
    const late: number[] = [];
    for await (const { time } of opened.generate(prompt, generationSchema.parse({}), new AbortController().signal)) {
      late.push(opened.now() - time);
      if (late.length === 1) await new Promise((done) => setTimeout(done, 1000));
    }
    expect(late[1]).toBeGreaterThan(0.5);
  });

  test('that is whole leaves its connection to later ones', async () => {
    const opened = await open();
    for (let i = 0; i < 8; i++) await collect(opened, prompt, {});
    // undici takes a connection for free a turn of the event loop after its answer, so two take turns.
    expect(new Set(current.server.asked.map(({ port }) => port)).size).toBeLessThanOrEqual(2);
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
    // Without log-probabilities a piece is taken for a token, if the answer stopped by one.
    const plain = [chunk({ content: 'a' }), chunk({ content: 'b' })];
    const stopped = await answered(script(...plain, finish('stop'), usage(5, 3), DONE));
    expect(stopped.end.outputTokens).toEqual({ value: 2, source: 'server' });
    const cut = await answered(script(...plain, finish('length'), usage(5, 3), DONE));
    expect(cut.end.outputTokens).toEqual({ value: 3, source: 'server' });
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

describe('checking a model', () => {
  const check = (fields: Record<string, unknown>) =>
    backend.check(entry({ endpoint: current.server.endpoint, ...fields }), {
      directory: '.',
      environment: { ...environment, PATH: process.env.PATH },
    });

  test('asks the server for its models and no token', async () => {
    expect(await check({})).toEqual({ ready: true });
    expect(current.server.asked).toEqual([]);
  });

  test('notes that the server lists other models', async () => {
    expect(await check({ source: 'other' })).toEqual({ ready: true, note: 'the server lists tiny, not "other"' });
  });

  test('takes a server that lists nothing for ready', async () => {
    current.server.models = () => json(404, {});
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
    current.server.models = () => json(401, {});
    expect(await check({})).toEqual({ ready: false, reason: expect.stringContaining('the key is missing or wrong') });
  });

  test('finds the program of a server on the PATH', async () => {
    expect(await check({ server: { command: ['node'] } })).toEqual({ ready: true, note: 'starts node for the run' });
  });
});
