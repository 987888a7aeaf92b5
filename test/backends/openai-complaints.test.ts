/**
 * Complaints of servers in their own words, each as the status under which it was seen and inside a stream whose status is 200: what they
 * mean is the same, and none of them is an answer of the model.
 */
import { deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { chunk, DONE, event, finish, json, type Script, type Step, script } from '../support/openai-server.js';
import { failure, useScripted } from '../support/openai-session.js';

const { current, answered } = useScripted();

const COMPLAINTS: readonly (readonly [server: string, status: number, body: object, meaning: string])[] = [
  // https://help.aliyun.com/zh/model-studio/error-code
  ['DashScope', 429, { code: 'Throttling.RateQuota', message: 'Requests rate limit exceeded' }, 'rate-limit'],
  ['DashScope', 400, { code: 'Arrearage', message: 'Access denied, your account is not in good standing.' }, 'quota'],
  // https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html
  ['Bedrock', 429, { message: 'Too many requests, please wait before trying again.' }, 'rate-limit'],
  ['Bedrock', 400, { message: 'Input is too long for requested model.' }, 'prompt-too-long'],
  // https://console.groq.com/docs/errors
  [
    'Groq',
    413,
    { error: { message: 'Request too large on tokens per minute (TPM)', code: 'rate_limit_exceeded' } },
    'rate-limit',
  ],
  // https://developers.cloudflare.com/workers-ai/platform/errors/
  ['Cloudflare', 401, { success: false, errors: [{ code: 10000, message: 'Authentication error' }] }, 'key'],
  ['Cloudflare', 503, { success: false, errors: [{ code: 3040, message: 'Capacity exceeded, try again.' }] }, 'server'],
  ['Hugging Face', 429, { error: ['Rate limit reached. You reached free usage limit'] }, 'rate-limit'],
  // https://docs.litellm.ai/docs/exception_mapping
  [
    'LiteLLM',
    400,
    { error: { message: 'Budget has been exceeded! Max budget: 1.0', type: 'budget_exceeded', code: '400' } },
    'quota',
  ],
  ['LiteLLM', 400, { error: { message: 'litellm.ContentPolicyViolationError: no', code: '400' } }, 'refused'],
  // https://openrouter.ai/docs/api-reference/errors
  [
    'OpenRouter',
    403,
    { error: { code: 403, message: 'Your input was flagged', metadata: { reasons: ['violence'] } } },
    'refused',
  ],
  [
    'OpenAI',
    400,
    { error: { message: 'Invalid prompt: your prompt was flagged', type: 'invalid_request_error' } },
    'refused',
  ],
  // https://docs.anthropic.com/en/api/errors
  [
    'Anthropic',
    400,
    { type: 'error', error: { type: 'invalid_request_error', message: 'Your credit balance is too low' } },
    'quota',
  ],
  // https://ai.google.dev/gemini-api/docs/troubleshooting
  ['Gemini', 400, { error: { code: 400, message: 'API key not valid. Please pass a valid API key.' } }, 'key'],
  [
    'Gemini',
    400,
    { error: { code: 400, message: 'The input token count (9) exceeds the maximum number of tokens allowed (8).' } },
    'prompt-too-long',
  ],
  [
    'Gemini',
    429,
    [{ error: { code: 429, message: 'Resource has been exhausted', status: 'RESOURCE_EXHAUSTED' } }],
    'rate-limit',
  ],
  ['Gemini', 503, [{ error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } }], 'server'],
  ['Cohere', 429, { message: 'You are using a Trial key, which is limited to 10 API calls / minute.' }, 'rate-limit'],
  ['OpenVINO', 500, { error: 'Number of prompt tokens: 5000 exceeds model max length: 4096' }, 'prompt-too-long'],
  ['Ollama', 404, { error: { message: 'model "x" not found, try pulling it first', type: 'api_error' } }, 'source'],
  ['Ollama', 500, { error: 'llama runner process has terminated: signal: killed' }, 'server'],
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
  ['API Gateway', 504, { message: 'Endpoint request timed out' }, 'server'],
  ['a proxy', 500, { message: 'Internal Server Error' }, 'server'],
  ['a proxy', 500, { status: 'error', msg: 'worker died' }, 'server'],
];

const CARRIERS: readonly (readonly [string, (status: number, body: object) => Script])[] = [
  ['under its status', (status, body) => json(status, body)],
  ['as the only event', (_, body) => script(event(body), DONE)],
  ['as an event before the stream breaks off', (_, body) => script(event(body))],
  ['as the whole body', (_, body) => json(200, body)],
];

/** What came of an answer, in a word. */
async function meaningOf(answer: Script): Promise<string> {
  const end = await answered(answer).then(
    ({ text, end }) => (end.finish === 'refused' && text === '' ? 'refused' : `answered "${text}"`),
    (error: Error & { kind?: string }) => {
      if (error.name !== 'UserError') return error.kind ?? (error.name === 'ServerFailure' ? 'server' : error.name);
      const words = { quota: 'no quota left', key: 'the key is missing, wrong', source: 'check `source`' };
      return Object.entries(words).find(([, said]) => error.message.includes(said))?.[0] ?? error.message;
    },
  );
  return end;
}

describe.each(CARRIERS)('a complaint %s', (_, carry) => {
  test.each(COMPLAINTS)('of %s (%i %j) is of the kind %s', async (_, status, body, meaning) => {
    expect(await meaningOf(carry(status, body))).toBe(meaning);
  });
});

describe('a stream in which nothing was said', () => {
  test.each<[string, Step[]]>([
    ['[DONE] alone', [DONE]],
    ['a ping and [DONE]', [event({ type: 'ping' }), DONE]],
    ['filters and [DONE]', [event({ choices: [], prompt_filter_results: [] }), DONE]],
    ['a role and [DONE]', [chunk({ role: 'assistant' }), DONE]],
    ['an error that is empty', [event({ error: {} }), DONE]],
  ])('but %s is no empty answer of the model', async (_, steps) => {
    expect((await failure(answered(script(...steps)))).name).toBe('ServerFailure');
    expect(current.server.asked).toHaveLength(3);
  });

  test('but an end is one', async () => {
    expect((await answered(script(chunk({ role: 'assistant' }), finish('stop'), DONE))).text).toBe('');
  });

  test.each<[string, Step]>([
    ['an error that is null', event({ error: null, choices: [{ delta: { content: 'yes' } }] })],
    ['an error that is false', event({ error: false, choices: [{ delta: { content: 'yes' } }] })],
    ['a note of what it waits for', event({ status: 'queued', message: 'you are number 3' })],
    ['a note with a name', { write: 'event: status\ndata: {"message":"still working"}\n\n' }],
  ])('ill, though there is %s, is an answer', async (_, step) => {
    const said = 'write' in step && String(step.write).includes('yes') ? [] : [chunk({ content: 'yes' })];
    expect((await answered(script(step, ...said, finish('stop'), DONE))).text).toBe('yes');
  });

  test('but half an answer and a complaint has failed', async () => {
    const steps = [chunk({ content: 'ye' }), event({ message: 'Internal Server Error' }), DONE];
    expect((await failure(answered(script(...steps)))).message).toContain('Internal Server Error');
  });
});

describe('an answer in another shape', () => {
  test.each<[string, object]>([
    ['under `message`', { choices: [{ index: 0, message: { role: 'assistant', content: 'yes' } }] }],
    ['as a part alone', { choices: [{ delta: { content: { type: 'text', text: 'yes' } } }] }],
    ['as a list of texts', { choices: [{ delta: { content: ['ye', 's'] } }] }],
    ['under both names', { choices: [{ delta: { content: 'yes' }, message: { content: 'all so far' } }] }],
  ])('%s is read', async (_, value) => {
    expect((await answered(script(event(value), finish('stop'), DONE))).text).toBe('yes');
  });
});

describe('a body whose header does not say what it is', () => {
  const steps = [chunk({ content: 'yes' }), finish('stop'), DONE];
  const text = steps.map((step) => ('write' in step ? String(step.write) : '')).join('');
  test.each<[string, Record<string, string>, string | Uint8Array]>([
    ['compressed without a word', {}, gzipSync(text)],
    ['called gzip, and plain', { 'content-encoding': 'gzip' }, text],
    // https://github.com/mattrobinsonsre/terrapod/pull/71
    ['called none', { 'content-encoding': 'none' }, text],
    ['called utf-8', { 'content-encoding': 'utf-8' }, text],
    ['deflate without its header', { 'content-encoding': 'deflate' }, deflateRawSync(text)],
  ])('because it is %s is read by its bytes', async (_, headers, write) => {
    const answer = { headers: { 'content-type': 'text/event-stream', ...headers }, steps: [{ write }] };
    expect((await answered(answer)).text).toBe('yes');
  });
});

describe('a count', () => {
  test.each<[string, string, object, object]>([
    [
      'Gemini, thoughts in the total alone',
      'https://github.com/mozilla-ai/any-llm/issues/1290',
      { prompt_tokens: 20, completion_tokens: 198, total_tokens: 623 },
      { promptTokens: { value: 20 }, outputTokens: { value: 603 }, unseenTokens: { value: 405 } },
    ],
    [
      'Anthropic, written to its cache',
      'https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching',
      { input_tokens: 10, output_tokens: 2, cache_creation_input_tokens: 1000, cache_read_input_tokens: 0 },
      { promptTokens: { value: 1010 } },
    ],
    [
      'LiteLLM before Anthropic, cache and all',
      'https://docs.litellm.ai/docs/completion/prompt_caching',
      { prompt_tokens: 2000, completion_tokens: 2, cache_creation_input_tokens: 1000, cache_read_input_tokens: 500 },
      { promptTokens: { value: 2000 }, cachedTokens: 500 },
    ],
    [
      'OpenAI, under the names of its newer interface',
      'https://platform.openai.com/docs/api-reference/responses',
      { input_tokens: 2000, output_tokens: 2, input_tokens_details: { cached_tokens: 1990 } },
      { promptTokens: { value: 2000 }, cachedTokens: 1990 },
    ],
    [
      'a gateway that writes texts',
      'no page',
      { prompt_tokens: '2000', completion_tokens: '2', num_cached_tokens: '1990' },
      { promptTokens: { value: 2000 }, outputTokens: { value: 2 }, cachedTokens: 1990 },
    ],
  ])('of %s (%s) is of what was computed and seen', async (_, __, usage, expected) => {
    const steps = [
      chunk({ content: 'ye' }),
      chunk({ content: 's' }),
      finish('stop'),
      event({ choices: [], usage }),
      DONE,
    ];
    expect((await answered(script(...steps))).end).toMatchObject(expected);
  });
});
