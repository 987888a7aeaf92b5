/**
 * A stand-in for Azure OpenAI, over real HTTP: a path for each deployment, an `api-version`, an `api-key` header, filter results before and
 * beside the answer, no list of models, and Azure's own words for each refusal
 * (https://learn.microsoft.com/azure/ai-foundry/openai/reference, …/openai/concepts/content-filter).
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Session } from '../../src/backends/backend.js';
import { folderWith, rightsize } from '../support/cli.js';
import { backend, entry, failure, prompt } from '../support/openai-session.js';
import { collect } from './contract.js';

const KEY = '0123456789abcdef0123456789abcdef';
const VERSION = '2024-10-21';
const SAFE = Object.fromEntries(
  ['hate', 'self_harm', 'sexual', 'violence'].map((kind) => [kind, { filtered: false, severity: 'safe' }]),
);
const VIOLENT = { ...SAFE, violence: { filtered: true, severity: 'high' } };

interface Refused {
  readonly status: number;
  readonly error: object;
}

/** What Azure has against a request; null where it answers. */
function refusalOf(request: IncomingMessage, body: Record<string, unknown>): Refused | null {
  const url = new URL(request.url!, 'http://azure');
  const [, deployment, rest] = /^\/openai\/deployments\/([^/]+)(\/.*)$/.exec(url.pathname) ?? [];
  if (request.headers['api-key'] !== KEY || request.headers.authorization !== undefined) {
    const message =
      'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.';
    return { status: 401, error: { code: '401', message } };
  }
  if (rest !== '/chat/completions' || url.searchParams.get('api-version') !== VERSION) {
    return { status: 404, error: { code: '404', message: 'Resource not found' } };
  }
  if (deployment !== 'gpt-4o' && deployment !== 'o4-mini') {
    const message =
      'The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.';
    return { status: 404, error: { code: 'DeploymentNotFound', message } };
  }
  if (deployment === 'o4-mini' && 'max_tokens' in body) {
    const message =
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
    return {
      status: 400,
      error: { message, type: 'invalid_request_error', param: 'max_tokens', code: 'unsupported_parameter' },
    };
  }
  if (deployment === 'o4-mini' && 'temperature' in body) {
    const message =
      "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.";
    return {
      status: 400,
      error: { message, type: 'invalid_request_error', param: 'temperature', code: 'unsupported_value' },
    };
  }
  if (JSON.stringify(body.messages).includes('harm')) {
    const message =
      "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry.";
    const innererror = { code: 'ResponsibleAIPolicyViolation', content_filter_result: VIOLENT };
    return {
      status: 400,
      error: { message, type: null, param: 'prompt', code: 'content_filter', status: 400, innererror },
    };
  }
  return null;
}

/** The answer of a deployment, as events. */
function answerTo(body: Record<string, unknown>): readonly object[] {
  const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o-2024-08-06' };
  const choice = (delta: object, more: object = {}) => ({
    ...head,
    choices: [{ index: 0, delta, finish_reason: null, logprobs: null, content_filter_results: SAFE, ...more }],
  });
  const cut = JSON.stringify(body.messages).includes('fight');
  const usage = {
    prompt_tokens: 24,
    completion_tokens: 3,
    total_tokens: 27,
    completion_tokens_details: { reasoning_tokens: 0 },
    prompt_tokens_details: { cached_tokens: 0 },
  };
  return [
    {
      id: '',
      object: '',
      created: 0,
      model: '',
      choices: [],
      prompt_filter_results: [{ prompt_index: 0, content_filter_results: SAFE }],
    },
    choice({ role: 'assistant', content: '', refusal: null }, { content_filter_results: {} }),
    choice({ content: 'It is' }),
    ...(cut
      ? [choice({}, { finish_reason: 'content_filter', content_filter_results: VIOLENT })]
      : [choice({ content: ' open' }), choice({}, { finish_reason: 'stop', content_filter_results: {} })]),
    ...(body.stream_options === undefined ? [] : [{ ...head, choices: [], usage }]),
  ];
}

const asked: { readonly url: string; readonly body: Record<string, unknown> }[] = [];
/** Requests that it turns away first, as over a limit of tokens a minute. */
let busy = 0;

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const bytes of request) chunks.push(bytes);
  const body = chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString());
  const refuse = ({ status, error }: Refused, headers: object = {}) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify({ error }));
  const refusal = refusalOf(request, body);
  if (refusal !== null) return refuse(refusal);
  asked.push({ url: request.url!, body });
  if (busy-- > 0) {
    const message =
      'Requests to the ChatCompletions_Create Operation under Azure OpenAI API have exceeded token rate limit of your current OpenAI S0 pricing tier. Please retry after 1 second.';
    return refuse({ status: 429, error: { code: '429', message } }, { 'retry-after': '0.05' });
  }
  const events = answerTo(body).map((event) => `data: ${JSON.stringify(event)}\n\n`);
  return response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`${events.join('')}data: [DONE]\n\n`);
});

let base: string;
beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

let session: Session | undefined;
afterEach(async () => {
  await session?.close();
  session = undefined;
});

const fields = (more: object = {}) => ({
  source: 'gpt-4o',
  endpoint: base,
  apiVersion: VERSION,
  apiKeyEnv: 'AZURE_KEY',
  ...more,
});
const context = (key = KEY) => ({ directory: '.', environment: { AZURE_KEY: key } });

async function open(more: object = {}, key = KEY): Promise<Session> {
  session = await backend.open(entry(fields(more)), context(key), new AbortController().signal);
  asked.length = 0;
  busy = 0;
  return session;
}
const asking = (content: string) => ({ messages: [{ role: 'user' as const, content }] });

describe('a deployment of Azure', () => {
  test.each<[string, () => object]>([
    ['by the address of its resource', () => ({})],
    ['by its own address', () => ({ endpoint: `${base}/openai/deployments/gpt-4o` })],
    ['by the address that the portal shows', () => whole(`?api-version=${VERSION}`)],
    ['by that address without a version', () => ({ ...whole(''), apiVersion: VERSION })],
    ['by an address that ends in a slash', () => ({ endpoint: `${base}/` })],
  ])('answers %s', async (_, more) => {
    const { text, end } = await collect(await open(more()), prompt, { maxTokens: 8 });
    expect([text, end.finish]).toEqual(['It is open', 'stop']);
    expect(end).toMatchObject({ promptTokens: { value: 24 }, outputTokens: { value: 2 } });
    expect(asked.at(-1)!.url).toBe(`/openai/deployments/gpt-4o/chat/completions?api-version=${VERSION}`);
  });

  const whole = (query: string) => ({
    endpoint: `${base}/openai/deployments/gpt-4o/chat/completions${query}`,
    apiVersion: undefined,
  });

  test.each<[string, object, string, string]>([
    ['a wrong key', {}, 'f'.repeat(32), 'answered 401: the key is missing or wrong'],
    ['a deployment that does not exist', { source: 'gpt-5' }, KEY, 'answered 404 and said "DeploymentNotFound: '],
    ['a version that does not exist', { apiVersion: '1999-01-01' }, KEY, 'Resource not found"; check `source`'],
    ['the limit of older models', { source: 'o4-mini' }, KEY, 'set tokenLimitField'],
  ])('with %s is one sentence for the user', async (_, more, key, said) => {
    expect((await failure(open(more, key))).message).toContain(said);
  });

  test('that reasons is asked with its own limit, and without what it refuses', async () => {
    const opened = await open({ source: 'o4-mini', tokenLimitField: 'max_completion_tokens' });
    expect(opened.facts.warnings.join()).toContain('the server refuses "temperature"');
    await collect(opened, prompt, { maxTokens: 8 });
    expect(asked.at(-1)!.body).toMatchObject({ max_completion_tokens: 8 });
    expect(asked.at(-1)!.body).not.toHaveProperty('max_tokens');
  });

  test.each([
    ['before it reads it', 'how to harm someone', ''],
    ['while it answers', 'a fight', 'It is'],
  ])('whose filter withholds an answer %s has refused', async (_, question, said) => {
    const { text, end } = await collect(await open(), asking(question), {});
    expect([text, end.finish]).toEqual([said, 'refused']);
  });

  test('that is over its limit for a moment is asked again when it says', async () => {
    const opened = await open();
    busy = 1;
    const { text, end } = await collect(opened, prompt, {});
    expect([text, end.retries?.count]).toEqual(['It is open', 1]);
  });

  test('is checked: what runs, and why the others do not', async () => {
    const model = (id: string, more: object = {}) => ({ id, class: 'llm', backend: 'openai', ...fields(more) });
    const cwd = folderWith({
      's.yaml': {
        name: 'desk',
        tasks: [
          {
            name: 'ask',
            prompt: { system: 'Be brief.', user: '{{ q }}' },
            samples: [{ id: 'a', q: 'Open?', target: 'x' }],
            scorer: 'exact',
          },
        ],
      },
      'models.json': {
        default: ['good'],
        models: [
          model('good'),
          model('gone', { source: 'gpt-5' }),
          model('locked', { apiKeyEnv: 'OTHER_KEY' }),
          model('older', { source: 'o4-mini' }),
        ],
      },
    });
    const named = ['good', 'gone', 'locked', 'older'].flatMap((id) => ['-m', id]);
    const env = { AZURE_KEY: KEY, OTHER_KEY: 'f'.repeat(32) };
    const { code, stdout, stderr } = await rightsize(['check', '--suite', 's.yaml', ...named], { cwd, env });
    const said = stdout.replace(/\n +/g, ' ');
    expect(code).toBe(2);
    expect(said).toMatch(/good \(llm, openai\): opened in/);
    expect(said).toMatch(/gone \(llm, openai\): cannot run: .*DeploymentNotFound/);
    expect(said).toMatch(/locked \(llm, openai\): cannot run: .*answered 401: the key is missing/);
    expect(said).toMatch(/older \(llm, openai\): cannot run: .*set tokenLimitField/);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(stdout + stderr).not.toMatch(/0123456789abcdef|ffffffff/);
  });
});
