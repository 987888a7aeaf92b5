/**
 * What servers of the OpenAI protocol really send, one dialect after another, each with the page that documents it or the
 * thread in which it was quoted. Whatever carries an answer, an error or a count, it means the same.
 */
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Piece } from '../../src/backends/backend.js';
import { generationSchema } from '../../src/core/definition/suite.js';
import { UserError } from '../../src/core/errors.js';
import { chunk, DONE, event, finish, json, type Script, type Step, script, usage } from '../support/openai-server.js';
import { failure, prompt, useScripted } from '../support/openai-session.js';
import { collect } from './contract.js';

const { current, open, answered } = useScripted();

const raw = (write: string): Step => ({ write });
const named = (name: string, value: unknown): Step => raw(`event: ${name}\ndata: ${JSON.stringify(value)}\n\n`);
const counted = (details: object): Step => event({ choices: [], usage: details });
const yes = [chunk({ content: 'ye' }), chunk({ content: 's' }), finish('stop')];

describe('an answer', () => {
  test.each<[string, string, Step[]]>([
    ['OpenAI', 'https://platform.openai.com/docs/api-reference/chat-streaming', [...yes, usage(9, 2), DONE]],
    [
      'OpenAI, completions',
      'https://platform.openai.com/docs/api-reference/completions',
      [event({ choices: [{ text: 'yes', finish_reason: 'stop' }] })],
    ],
    [
      'OpenRouter, while it waits',
      'https://openrouter.ai/docs/api-reference/streaming',
      [raw(': OPENROUTER PROCESSING\n\n'), ...yes, DONE],
    ],
    [
      'DeepSeek, while it is busy',
      'https://api-docs.deepseek.com/quick_start/rate_limit',
      [raw(': keep-alive\n\n'), ...yes, DONE],
    ],
    [
      'Azure, filters first',
      'https://github.com/langfuse/langfuse/issues/2833',
      [event({ id: '', choices: [], prompt_filter_results: [] }), ...yes, DONE],
    ],
    [
      'Azure, filters last',
      'https://github.com/microsoft/autogen/issues/6465',
      [
        ...yes.slice(0, 2),
        event({ choices: [{ index: 0, finish_reason: null, content_filter_results: {} }] }),
        finish('stop'),
        DONE,
      ],
    ],
    [
      'Azure, without choices',
      'https://github.com/simonw/llm/issues/294',
      [event({ id: '', prompt_filter_results: [] }), ...yes, DONE],
    ],
    [
      'Dynamo, annotations',
      'https://github.com/ai-dynamo/dynamo',
      [named('llm_metrics', { input_tokens: 12 }), ...yes, DONE],
    ],
    [
      'Anthropic, pings',
      'https://docs.anthropic.com/en/docs/build-with-claude/streaming',
      [named('ping', { type: 'ping' }), ...yes, DONE],
    ],
    [
      'pings that hold a date',
      'https://github.com/sysid/sse-starlette',
      [raw('event: ping\ndata: 2026-11-29 04:00:00\n\n'), ...yes, DONE],
    ],
    [
      'empty data',
      'https://html.spec.whatwg.org/multipage/server-sent-events.html',
      [raw('data:\n\n'), ...yes.slice(0, 1), raw('data: \n\n'), ...yes.slice(1), DONE],
    ],
    [
      'retry and id first',
      'https://html.spec.whatwg.org/multipage/server-sent-events.html',
      [raw('retry: 3000\n\n'), raw('id: 4\n\n'), ...yes, DONE],
    ],
    ['a list', 'https://html.spec.whatwg.org/multipage/server-sent-events.html', [raw('data: []\n\n'), ...yes, DONE]],
    [
      'chunks with a name',
      'https://html.spec.whatwg.org/multipage/server-sent-events.html',
      [named('completion', { choices: [{ delta: { content: 'yes' } }] }), finish('stop'), DONE],
    ],
    [
      'the name of the field twice',
      'https://html.spec.whatwg.org/multipage/server-sent-events.html',
      yes.map((step) => raw(`data: ${'write' in step ? String(step.write) : ''}`)),
    ],
    [
      'null choices',
      'https://platform.openai.com/docs/api-reference/chat-streaming',
      [event({ choices: null }), ...yes, DONE],
    ],
    [
      'Mistral, a list of contents',
      'https://docs.mistral.ai/capabilities/reasoning/',
      [chunk({ content: [{ type: 'text', text: 'yes' }] }), finish('stop'), DONE],
    ],
    [
      'two lines of data',
      'https://html.spec.whatwg.org/multipage/server-sent-events.html',
      [raw('data: {"choices":[{"index":0,\ndata: "delta":{"content":"yes"}}]}\n\n'), finish('stop')],
    ],
    [
      'audio with its words',
      'https://platform.openai.com/docs/guides/audio',
      [chunk({ audio: { transcript: 'yes' } }), finish('stop')],
    ],
    [
      'DashScope, null as a text',
      'https://help.aliyun.com/zh/model-studio/',
      [chunk({ content: 'yes' }, { finish_reason: 'null' }), finish('stop'), DONE],
    ],
    ['no end but [DONE]', 'https://platform.openai.com/docs/api-reference/chat-streaming', [...yes.slice(0, 2), DONE]],
  ])('of %s (%s) is the answer', async (_, __, steps) => {
    const { text, end } = await answered(script(...steps));
    expect([text, end.finish]).toEqual(['yes', 'stop']);
  });

  test.each<[string, string, object]>([
    ['reasoning_content', 'https://api-docs.deepseek.com/guides/reasoning_model', { reasoning_content: 'Hm' }],
    ['reasoning', 'https://github.com/vllm-project/vllm/issues/27755', { reasoning: 'Hm' }],
    ['both, the same', 'https://github.com/BerriAI/litellm/pull/24019', { reasoning: 'Hm', reasoning_content: 'Hm' }],
    [
      'reasoning_details',
      'https://openrouter.ai/docs/use-cases/reasoning-tokens',
      { content: '', reasoning_details: [{ type: 'reasoning.text', text: 'Hm' }] },
    ],
    [
      'reasoning_details, a summary',
      'https://openrouter.ai/docs/use-cases/reasoning-tokens',
      { reasoning_details: [{ type: 'reasoning.summary', summary: 'Hm' }] },
    ],
    ['thinking', 'https://ollama.com/blog/thinking', { thinking: 'Hm' }],
    [
      'thinking_blocks',
      'https://docs.litellm.ai/docs/reasoning_content',
      { thinking_blocks: [{ type: 'thinking', thinking: 'Hm' }] },
    ],
    [
      'contents of a list',
      'https://github.com/BerriAI/litellm/issues/16272',
      { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] }] },
    ],
    [
      'contents with a mark',
      'https://ai.google.dev/gemini-api/docs/openai#thinking',
      { content: 'Hm', extra_content: { google: { thought: true } } },
    ],
    ['tool_plan', 'https://docs.cohere.com/docs/compatibility-api', { tool_plan: 'Hm' }],
    ['reasoning_steps', 'https://docs.perplexity.ai/docs/sonar', { reasoning_steps: [{ thought: 'Hm', type: 'x' }] }],
    [
      'contents of a summary',
      'https://docs.databricks.com/aws/en/machine-learning/model-serving/query-reason-models',
      { content: [{ type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm' }] }] },
    ],
    [
      'a name that nobody has yet',
      'none',
      { thinking_signature: 'abc', reasoning_effort: 'low', inner_thoughts: 'Hm' },
    ],
  ])('after thoughts under %s (%s) begins with them, and they are no part of its text', async (_, __, delta) => {
    const { text, pieces } = await answered(script(chunk(delta), ...yes, DONE));
    expect(pieces.map((piece: Piece) => piece.reasoning)).toEqual(['Hm', undefined, undefined]);
    expect(text).toBe('yes');
  });

  test('that calls a function is the call, as models without tools write it', async () => {
    const call = (name: string | undefined, text: string) =>
      chunk({ tool_calls: [{ index: 0, function: { name, arguments: text } }] });
    const { text, pieces, end } = await answered(
      script(call('find', ''), call(undefined, '{"a":'), call(undefined, ' 1}'), finish('tool_calls'), DONE),
    );
    expect(text).toBe('{"name": "find", "arguments": {"a": 1}}');
    expect(pieces.filter(({ tokens }) => tokens === null)).toHaveLength(3);
    expect(end.finish).toBe('stop');
  });

  test.each<[string, object, string]>([
    [
      'the older field for one call',
      { function_call: { name: 'f', arguments: '{}' } },
      '{"name": "f", "arguments": {}}',
    ],
    [
      'arguments as an object',
      { tool_calls: [{ function: { name: 'f', arguments: { a: 1 } } }] },
      '{"name": "f", "arguments": {"a":1}}',
    ],
    ['a call without arguments', { tool_calls: [{ function: { name: 'f' } }] }, '{"name": "f", "arguments": {}}'],
  ])('that calls a function with %s is the call', async (_, delta, expected) => {
    expect((await answered(script(chunk(delta), finish('tool_calls'), DONE))).text).toBe(expected);
  });

  const calling = (name: string, text: string, more: object = {}) => ({ function: { name, arguments: text }, ...more });
  const more = (text: string, index: number) => ({ index, function: { arguments: text } });
  test.each<[string, object[][]]>([
    ['without a word of which is which', [[calling('f', '{"a":1}')], [calling('g', '{"b":2}')]]],
    ['in one chunk', [[calling('f', '{"a":1}', { index: 0 }), calling('g', '{"b":2}', { index: 1 })]]],
    [
      'in turn',
      [
        [calling('f', '', { index: 0, id: 'x' })],
        [calling('g', '', { index: 1, id: 'y' })],
        [more('{"a":', 0)],
        [more('{"b":', 1)],
        [more('1}', 0), more('2}', 1)],
      ],
    ],
    [
      'the second before the first is whole',
      [[calling('f', '{"a"', { index: 0 })], [calling('g', '{"b":2}', { index: 1 })], [more(':1}', 0)]],
    ],
    [
      'which are both counted as the first',
      [[calling('f', '{"a":1}', { index: 0 })], [calling('g', '{"b":2}', { index: 0 })]],
    ],
    [
      'whose names come with each part',
      [
        [calling('f', '{"a"', { index: 0 })],
        [calling('f', ':1}', { index: 0 })],
        [calling('g', '{"b"', { index: 1 }), calling('g', ':2}', { index: 1 })],
      ],
    ],
    [
      'which only their ids tell apart',
      [
        [calling('f', '{"a":', { id: 'x' })],
        [calling('g', '{"b":', { id: 'y' })],
        [calling('', '1}', { id: 'x' }), calling('', '2}', { id: 'y' })],
      ],
    ],
    [
      'beside the calls and not inside them',
      [
        [
          { name: 'f', arguments: { a: 1 } },
          { name: 'g', arguments: { b: 2 } },
        ],
      ],
    ],
  ])('of two calls is a line for each: %s', async (_, chunks) => {
    const steps = chunks.map((tool_calls) => chunk({ tool_calls }));
    const { text } = await answered(script(...steps, finish('tool_calls'), DONE));
    expect(text.split('\n').map((line) => JSON.parse(line))).toEqual([
      { name: 'f', arguments: { a: 1 } },
      { name: 'g', arguments: { b: 2 } },
    ]);
  });

  test('of the same call twice is two lines, and so are calls without arguments', async () => {
    const twice = [
      calling('f', '{}', { index: 0 }),
      calling('f', '{}', { index: 0 }),
      calling('h', ''),
      calling('h', ''),
    ];
    const { text } = await answered(script(chunk({ tool_calls: twice }), finish('tool_calls'), DONE));
    expect(text.split('\n').map((line) => JSON.parse(line).name)).toEqual(['f', 'f', 'h', 'h']);
  });

  test.each([
    ['stop', ['eos_token', 'end_turn', 'STOP', 'stop_sequence', 'tool_use', 'COMPLETE']],
    ['length', ['max_tokens', 'MAX_TOKENS', 'model_length', 'max_new_tokens']],
    ['refused', ['content_filter', 'SAFETY', 'RECITATION', 'guardrail_intervened', 'sensitive']],
  ])('finished with %s under every name of it', async (meaning, words) => {
    for (const word of words) {
      const { end } = await answered(script(chunk({ content: 'a' }), finish(word), DONE));
      expect([word, end.finish]).toEqual([word, meaning]);
    }
  });

  test.each(['error', 'abort', 'insufficient_system_resource', 'network_error', 'weather'])(
    'that ends with "%s" is none, and the reason says the word',
    async (word) => {
      const error = await failure(answered(script(chunk({ content: 'ye' }), finish(word), DONE)));
      expect(error.name).toBe('ServerFailure');
      expect(error.message).toContain(`the server ended its answer with "${word}"`);
    },
  );
});

describe('a count', () => {
  const words = chunk({ content: 'one two three four five six' });
  test.each<[string, string, object, object]>([
    [
      'OpenAI, from a cache',
      'https://platform.openai.com/docs/guides/prompt-caching',
      { prompt_tokens: 2000, completion_tokens: 6, prompt_tokens_details: { cached_tokens: 1990 } },
      { promptTokens: 2000, cachedTokens: 1990 },
    ],
    [
      'DeepSeek, from a cache',
      'https://api-docs.deepseek.com/guides/kv_cache',
      { prompt_tokens: 2000, completion_tokens: 6, prompt_cache_hit_tokens: 1990 },
      { promptTokens: 2000, cachedTokens: 1990 },
    ],
    [
      'Anthropic, which leaves the cache out',
      'https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching',
      { input_tokens: 10, output_tokens: 6, cache_read_input_tokens: 1990 },
      { promptTokens: 2000, cachedTokens: 1990 },
    ],
    [
      'nothing from a cache',
      'https://platform.openai.com/docs/guides/prompt-caching',
      { prompt_tokens: 9, completion_tokens: 6, prompt_tokens_details: { cached_tokens: 0 } },
      { promptTokens: 9, cachedTokens: 0 },
    ],
    [
      'nothing said of a cache',
      'https://platform.openai.com/docs/api-reference/chat/object',
      { prompt_tokens: 9, completion_tokens: 6 },
      { promptTokens: 9, cachedTokens: undefined },
    ],
    [
      'OpenAI, hidden reasoning',
      'https://platform.openai.com/docs/guides/reasoning',
      { prompt_tokens: 9, completion_tokens: 406, completion_tokens_details: { reasoning_tokens: 400 } },
      { outputTokens: 406, unseenTokens: { value: 400 } },
    ],
    [
      'xAI, reasoning beside the answer',
      'https://docs.x.ai/docs/guides/reasoning',
      {
        prompt_tokens: 9,
        completion_tokens: 6,
        total_tokens: 415,
        completion_tokens_details: { reasoning_tokens: 400 },
      },
      { outputTokens: 406, unseenTokens: { value: 400 } },
    ],
    [
      'a gateway that hides reasoning and does not say so',
      'https://github.com/azrtydxb/Fastllm-proxy/issues/23',
      { prompt_tokens: 9, completion_tokens: 406 },
      {
        outputTokens: 406,
        unseenTokens: { missing: 'the server counts 406 tokens and sent 27 bytes: some of its output was not shown' },
      },
    ],
    [
      'no reasoning',
      'https://platform.openai.com/docs/guides/reasoning',
      { prompt_tokens: 9, completion_tokens: 7, completion_tokens_details: { reasoning_tokens: 0 } },
      { outputTokens: 7, unseenTokens: undefined },
    ],
  ])('of %s (%s) is of what was computed and seen', async (_, __, given, expected) => {
    const { end } = await answered(script(words, finish('stop'), counted(given), DONE));
    const { promptTokens, outputTokens, cachedTokens, unseenTokens } = end;
    const value = (count: object) => ('value' in count ? count.value : count);
    expect({
      promptTokens: value(promptTokens),
      outputTokens: value(outputTokens),
      cachedTokens,
      unseenTokens,
    }).toMatchObject(expected);
  });

  test.each<[string, Step]>([
    ['in the chunk that ends', chunk({}, { finish_reason: 'stop' })],
    [
      'under x_groq',
      event({
        choices: [{ delta: {}, finish_reason: 'stop' }],
        x_groq: { usage: { prompt_tokens: 9, completion_tokens: 6 } },
      }),
    ],
  ])('may come %s', async (_, last) => {
    const end = 'write' in last && !String(last.write).includes('x_groq') ? [last, usage(9, 6)] : [last];
    expect((await answered(script(words, ...end, DONE))).end.outputTokens).toEqual({ value: 6, source: 'server' });
  });

  test('of nothing, where there was something, is no count', async () => {
    const { end } = await answered(script(words, finish('stop'), usage(9, 0), DONE));
    expect(end).toMatchObject({
      promptTokens: { value: 9 },
      outputTokens: { missing: 'the server counts 0 tokens, and sent 1 piece of output' },
    });
  });

  test('of reasoning that was streamed hides nothing', async () => {
    const thoughts = chunk({ reasoning_content: 'a thought of quite some length, in words' });
    const given = { prompt_tokens: 9, completion_tokens: 16, completion_tokens_details: { reasoning_tokens: 10 } };
    const { end } = await answered(script(thoughts, words, finish('stop'), counted(given), DONE));
    expect(end.unseenTokens).toBeUndefined();
  });

  test('of reasoning of which a summary was streamed has no known part that was seen', async () => {
    const given = { prompt_tokens: 9, completion_tokens: 406, completion_tokens_details: { reasoning_tokens: 400 } };
    const { end } = await answered(script(chunk({ reasoning: 'Hm' }), words, finish('stop'), counted(given), DONE));
    expect(end.unseenTokens).toEqual({
      missing: 'the server streams a summary of its reasoning, and counts all of it',
    });
  });
});

/** Errors under a status of 200. Each is given as the first event, and as the whole body. */
const ERRORS = {
  openrouter429: { error: { message: 'Rate limit exceeded: free-models-per-min', code: 429 } },
  openai429: { error: { message: 'rate limited', type: 'rate_limit_error', code: 'rate_limit_exceeded' } },
  gemini429: { error: { code: 429, message: 'Resource has been exhausted', status: 'RESOURCE_EXHAUSTED' } },
  anthropicOverloaded: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
  tgiOverloaded: { error: 'Model is overloaded', error_type: 'overloaded' },
  litellm503: { error: { message: 'litellm.ServiceUnavailableError', type: null, code: '503' } },
  nim429: { status: 429, title: 'Too Many Requests', detail: 'slow down' },
  quota: {
    error: { message: 'You exceeded your current quota', type: 'insufficient_quota', code: 'insufficient_quota' },
  },
  credits: { error: { message: 'Insufficient credits', code: 402 } },
  key: { error: { message: 'Incorrect API key provided', type: 'authentication_error' } },
  llamaServerLong: {
    error: { code: 400, message: 'the request exceeds the available context size', type: 'exceed_context_size_error' },
  },
  vllmLong: {
    object: 'error',
    message: "This model's maximum context length is 2048 tokens.",
    type: 'BadRequestError',
    code: 400,
  },
  sglangLong: {
    error: { message: 'Input length (160062 tokens) exceeds the maximum allowed length (59862 tokens).', code: 400 },
  },
  azureFilter: {
    error: {
      code: 'content_filter',
      message: 'The response was filtered due to the prompt triggering content management policy',
    },
  },
  openrouterModeration: { error: { code: 403, message: 'Your input was flagged by moderation' } },
  openrouterChoice: {
    choices: [
      { delta: { content: '' }, finish_reason: 'error', error: { code: 502, message: 'Provider returned error' } },
    ],
  },
  fastapi: { detail: 'Internal Server Error' },
  bare: { error: { message: 'worker died' } },
};

const carriers: readonly (readonly [string, (body: object) => Script])[] = [
  ['as the first event', (body) => script(event(body))],
  ['as an event named error', (body) => script(named('error', body))],
  ['after a chunk without words', (body) => script(chunk({ role: 'assistant', content: '' }), event(body), DONE)],
  ['as the whole body', (body) => json(200, body)],
  ['as a body that is named a stream', (body) => ({ ...script(raw(JSON.stringify(body))) })],
];

describe.each(carriers)('an error under a status of 200, %s,', (_, carry) => {
  test.each(['openrouter429', 'openai429', 'gemini429', 'nim429'] as const)(
    '%s is a rate limit: tried again, then not scored',
    async (name) => {
      const error = await failure(answered(carry(ERRORS[name])));
      expect(error.message).toContain('lower the rate or raise the limit');
      expect(current.server.asked).toHaveLength(3);
    },
  );

  test.each(['anthropicOverloaded', 'tgiOverloaded', 'litellm503', 'openrouterChoice', 'fastapi', 'bare'] as const)(
    '%s is a breakdown: tried again, then the server’s',
    async (name) => {
      expect((await failure(answered(carry(ERRORS[name])))).name).toBe('ServerFailure');
      expect(current.server.asked).toHaveLength(3);
    },
  );

  test('is over when the next attempt succeeds', async () => {
    const { text, end } = await answered([carry(ERRORS.openrouter429), script(...yes, DONE)]);
    expect([text, end.retries!.count]).toEqual(['yes', 1]);
  });

  test.each([
    ['quota', 'the account has no quota left'],
    ['credits', 'the account has no quota left'],
    ['key', 'the key is missing, wrong'],
  ] as const)('%s is for the user to mend', async (name, words) => {
    const error = await failure(answered(carry(ERRORS[name])));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain(words);
    expect(current.server.asked).toHaveLength(1);
  });

  test.each(['llamaServerLong', 'vllmLong', 'sglangLong'] as const)('%s is a prompt that is too long', async (name) => {
    const error = await failure(answered(carry(ERRORS[name])));
    expect(error).toMatchObject({ name: 'ModelFailure', kind: 'prompt-too-long' });
  });

  test('azureFilter is a refusal', async () => {
    const { pieces, end } = await answered(carry(ERRORS.azureFilter));
    expect([pieces, end.finish]).toEqual([[], 'refused']);
  });
});

describe('an error in the middle of an answer', () => {
  test('of a filter is a refusal, with what was said before it', async () => {
    const { text, end } = await answered(script(chunk({ content: 'I' }), event(ERRORS.azureFilter), DONE));
    expect([text, end.finish]).toEqual(['I', 'refused']);
  });

  test('of the server is the server’s, and asked no second time', async () => {
    const { name, message } = await failure(answered(script(chunk({ content: 'I' }), event(ERRORS.bare))));
    expect(name).toBe('ServerFailure');
    // It answered 200.
    expect(message).toContain('broke off its answer with an error');
    expect(message).not.toMatch(/answered \d/);
    expect(current.server.asked).toHaveLength(1);
  });

  test('may come as a field of its own, as from llama-server', async () => {
    const line = raw(`error: ${JSON.stringify(ERRORS.llamaServerLong.error)}\n\n`);
    expect(await failure(answered(script(line)))).toMatchObject({ kind: 'prompt-too-long' });
  });
});

describe('a system message', () => {
  const chat = { messages: [{ role: 'system' as const, content: 'Be kind.' }, ...prompt.messages] };
  test.each<[string, string, number, unknown]>([
    [
      'vLLM with Gemma',
      'https://github.com/vllm-project/vllm/pull/2964',
      400,
      { object: 'error', message: 'System role not supported', code: 400 },
    ],
    ['SGLang with Gemma', 'https://github.com/sgl-project/sglang/issues/892', 500, 'Internal Server Error'],
    ['mistral.rs with Gemma', 'https://github.com/EricLBuehler/mistral.rs/issues/506', 500, ''],
    [
      'vLLM with Mistral',
      'https://github.com/EricLBuehler/mistral.rs/issues/45',
      400,
      { message: 'Conversation roles must alternate user/assistant/user/assistant/...' },
    ],
    [
      'LM Studio',
      'https://github.com/lmstudio-ai/lmstudio-bug-tracker',
      500,
      {
        error: {
          message: 'Error rendering prompt with jinja template: "Only user and assistant roles are supported!".',
        },
      },
    ],
    [
      'OpenAI o1',
      'https://github.com/tailcallhq/forgecode/issues/1177',
      400,
      {
        error: {
          message: "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
          param: 'messages[0].role',
        },
      },
    ],
    [
      'pydantic',
      'https://docs.pydantic.dev/',
      422,
      { detail: [{ loc: ['body', 'messages', 0, 'role'], msg: "Input should be 'user' or 'assistant'" }] },
    ],
  ])('that %s (%s) refuses stands before the first question, with a warning', async (_, __, status, body) => {
    const refusal = typeof body === 'string' ? { status, headers: {}, steps: [raw(body)] } : json(status, body);
    current.server.answer = ({ body: asked }) =>
      asked.messages.some(({ role }: { role: string }) => role === 'system') ? refusal : script(...yes, DONE);
    const opened = await open();
    expect(opened.facts.warnings).toContainEqual(expect.stringContaining('the server refuses a system message'));
    const { text } = await collect(opened, chat, {});
    expect(text).toBe('yes');
    expect(current.server.asked.map(({ body: asked }) => asked.messages)).toEqual([
      [{ role: 'user', content: 'Be kind.\n\nWhere is my parcel?' }],
    ]);
  });

  test('that is taken stays where it is', async () => {
    const opened = await open();
    expect(opened.facts.warnings).toEqual([]);
    await collect(opened, chat, {});
    expect(current.server.asked[0]!.body.messages).toEqual(chat.messages);
  });

  test('is not blamed for a server that refuses everything', async () => {
    current.server.answer = () => json(400, { error: { message: 'System role not supported' } });
    expect((await failure(open())).message).toContain('answered 400 and said "System role not supported"');
  });
});

describe('a prompt that fits, with an answer that does not,', () => {
  test.each<[string, string, string]>([
    [
      'DeepSeek, OpenAI',
      'https://github.com/evalstate/fast-agent/issues/621',
      "This model's maximum context length is 2048 tokens. However, you requested 2064 tokens (2000 in the messages, 64 in the completion). Please reduce the length of the messages or completion.",
    ],
    [
      'OpenAI, completions',
      'https://github.com/run-llama/llama_index/issues/948',
      "This model's maximum context length is 2048 tokens, however you requested 2064 tokens (2000 in your prompt; 64 for the completion). Please reduce your prompt; or completion length.",
    ],
    [
      'SGLang',
      'https://github.com/anomalyco/opencode/pull/25230',
      "Requested token count exceeds the model's maximum context length of 2048 tokens. You requested a total of 2064 tokens: 2000 tokens from the input messages and 64 tokens for the completion.",
    ],
    [
      'vLLM',
      'https://docs.vllm.ai/',
      "'max_tokens' or 'max_completion_tokens' is too large: 64. This model's maximum context length is 2048 tokens and your request has 2000 input tokens (64 > 2048 - 2000).",
    ],
    [
      'TGI',
      'https://huggingface.co/docs/text-generation-inference',
      '`inputs` tokens + `max_new_tokens` must be <= 2048. Given: 2000 `inputs` tokens and 64 `max_new_tokens`',
    ],
    [
      'Anthropic',
      'https://docs.anthropic.com/en/api/errors',
      'input length and `max_tokens` exceed context limit: 2000 + 64 > 2048, decrease input length or `max_tokens` and try again',
    ],
    [
      'with commas',
      'https://docs.vllm.ai/',
      "This model's maximum context length is 2,048 tokens. However, you requested 2,064 tokens (2,000 in the messages, 64 in the completion).",
    ],
    [
      'OpenAI, the longest output',
      'https://platform.openai.com/docs/models',
      'max_tokens is too large: 64. This model supports at most 48 completion tokens, whereas you provided 64.',
    ],
  ])('is asked again with what is left, as %s says (%s)', async (_, __, message) => {
    const opened = await open();
    current.server.answer = ({ body }) =>
      body.max_tokens > 48 ? json(400, { error: { message, code: 400 } }) : script(...yes, DONE);
    const { text, end } = await collect(opened, prompt, { maxTokens: 64 });
    expect(text).toBe('yes');
    expect(current.server.asked.map(({ body }) => body.max_tokens)).toEqual([64, 48]);
    expect(end).not.toHaveProperty('retries');
  });

  test.each([
    ["This model's maximum context length is 2048 tokens. However, your messages resulted in 2050 tokens."],
    [
      "This model's maximum context length is 2048 tokens. However, you requested 2112 tokens (2048 in the messages, 64 in the completion).",
    ],
    ['the request exceeds the available context size (2048 tokens), try increasing it'],
  ])('is too long where nothing is left, or nobody says how much: %s', async (message) => {
    const error = await failure(answered(json(400, { error: { message } }), { maxTokens: 64 }));
    expect(error).toMatchObject({ kind: 'prompt-too-long' });
    expect(error.message).toContain('the prompt and the room for its answer are longer than the model');
    expect(current.server.asked).toHaveLength(1);
  });
});

describe('a stream that a proxy carries', () => {
  const text = [...yes, DONE].map((step) => ('write' in step ? String(step.write) : '')).join('');
  const sent = (headers: Record<string, string>, write: string | Uint8Array): Script => ({
    headers,
    steps: [{ write }],
  });
  const events = { 'content-type': 'text/event-stream' };

  test('is asked for without compression', async () => {
    await answered(script(...yes, DONE));
    expect(current.server.asked[0]!.headers['accept-encoding']).toBe('identity');
  });

  test.each<[string, Uint8Array]>([
    ['gzip', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['br', brotliCompressSync(text)],
    ['gzip, br', brotliCompressSync(gzipSync(text))],
    ['identity', Buffer.from(text)],
  ])('compressed with %s is read', async (encoding, bytes) => {
    expect((await answered(sent({ ...events, 'content-encoding': encoding }, bytes))).text).toBe('yes');
  });

  test('compressed is read as it arrives, not at its end', async () => {
    const bytes = gzipSync(`data: ${JSON.stringify({ choices: [{ delta: { content: 'a' } }] })}\n\n`, {
      finishFlush: constants.Z_SYNC_FLUSH,
    });
    const opened = await open();
    current.server.answer = () => ({
      headers: { ...events, 'content-encoding': 'gzip' },
      steps: [{ write: bytes }, { halt: 'stall' }],
    });
    const stream = opened.generate(prompt, generationSchema.parse({}), AbortSignal.timeout(5000));
    const { value } = await stream[Symbol.asyncIterator]().next();
    expect(value).toMatchObject({ kind: 'piece', text: 'a' });
  });

  test('compressed in a way that cannot be undone is named', async () => {
    const error = await failure(
      answered(sent({ ...events, 'content-encoding': 'zstd' }, Buffer.from('28b52ffd2003190000', 'hex'))),
    );
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain('found "zstd"; switch compression off');
  });

  test('that grows without end when it is unpacked is cut off at a bound', async () => {
    const line = `data: ${JSON.stringify({ choices: [{ delta: { content: 'x'.repeat(900_000) } }] })}\n\n`;
    const bomb = gzipSync(line.repeat(90));
    expect(bomb.length).toBeLessThan(1e6);
    const error = await failure(answered(sent({ ...events, 'content-encoding': 'gzip' }, bomb)));
    expect(error.message).toContain('sent more than 64 MiB');
  });

  test.each(['text/plain; charset=utf-8', 'application/octet-stream', 'application/json', ''])(
    'under the name "%s" is one by its first bytes',
    async (type) => {
      const headers: Record<string, string> = type === '' ? {} : { 'content-type': type };
      for (const beginning of ['', ': ping\n\n', '\uFEFF', '\n']) {
        expect((await answered(sent(headers, beginning + text))).text).toBe('yes');
      }
    },
  );

  test('that is a whole answer is quoted', async () => {
    const error = await failure(answered(json(200, { choices: [{ message: { content: 'yes' } }] })));
    expect(error.message).toContain('found application/json ("{"choices":[{"message":{"content":"yes"}}]}")');
  });
});
