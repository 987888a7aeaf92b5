/**
 * Forty answers of servers as their makers document them or as users quoted them, byte for byte but for names and times that say
 * nothing, and what each must mean. `source` is the page or the thread. The shapes that they share are tested one by one in
 * openai-dialects.test.ts; here each is whole, as a server sends it.
 */

export interface Dialect {
  readonly server: string;
  readonly source: string;
  /** The body, under a status of 200 unless it says another. */
  readonly body: string;
  readonly status?: number;
  readonly meaning: Meaning;
}

export type Meaning =
  | {
      readonly text: string;
      readonly finish: 'stop' | 'length' | 'refused';
      readonly reasoning?: string;
      /** As the server counted them; null where it counted nothing. */
      readonly tokens: { readonly prompt: number; readonly output: number } | null;
    }
  | { readonly error: 'UserError' | 'ModelFailure' | 'ServerFailure' | 'RequestFailure'; readonly says: string };

const stream = (...events: readonly (string | object)[]): string =>
  events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('');
const DONE = '[DONE]';
const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1700000000, model: 'm' };
const choice = (delta: object | null, more: object = {}) => ({
  ...head,
  choices: [{ index: 0, ...(delta === null ? {} : { delta }), finish_reason: null, ...more }],
});
const end = (finish_reason: string, more: object = {}) => choice({}, { finish_reason, ...more });
const SAFE = { hate: { filtered: false, severity: 'safe' }, violence: { filtered: false, severity: 'safe' } };

export const DIALECTS: readonly Dialect[] = [
  {
    server: 'OpenAI',
    source: 'https://platform.openai.com/docs/api-reference/chat-streaming',
    body: stream(
      choice({ role: 'assistant', content: '', refusal: null }, { logprobs: null }),
      choice({ content: 'Hello' }, { logprobs: null }),
      choice({ content: ' there' }, { logprobs: null }),
      end('stop', { logprobs: null }),
      {
        ...head,
        choices: [],
        usage: {
          prompt_tokens: 9,
          completion_tokens: 2,
          total_tokens: 11,
          prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
          completion_tokens_details: { reasoning_tokens: 0, accepted_prediction_tokens: 0 },
        },
      },
      DONE,
    ),
    meaning: { text: 'Hello there', finish: 'stop', tokens: { prompt: 9, output: 2 } },
  },
  {
    server: 'OpenAI, with padding against eavesdroppers',
    source: 'https://platform.openai.com/docs/api-reference/chat/create',
    body: stream(
      { ...choice({ role: 'assistant', content: '' }), obfuscation: 'Fgk2' },
      { ...choice({ content: 'Hi' }), obfuscation: 'PzRk1' },
      { ...end('stop'), obfuscation: 'x' },
      DONE,
    ),
    meaning: { text: 'Hi', finish: 'stop', tokens: null },
  },
  {
    server: 'OpenAI, a refusal in words',
    source: 'https://platform.openai.com/docs/guides/structured-outputs#refusals-with-structured-outputs',
    body: stream(
      choice({ role: 'assistant', content: null, refusal: '' }),
      choice({ refusal: 'I cannot' }),
      choice({ refusal: ' assist.' }),
      end('stop'),
      DONE,
    ),
    meaning: { text: 'I cannot assist.', finish: 'refused', tokens: null },
  },
  {
    server: 'OpenAI, a server error in the stream',
    source: 'https://github.com/vercel/modelfusion/issues/344',
    body: stream({
      error: {
        message: 'The server had an error processing your request. Sorry about that!',
        type: 'server_error',
        param: null,
        code: null,
      },
    }),
    meaning: { error: 'ServerFailure', says: 'The server had an error' },
  },
  {
    server: 'Azure, version 2023-07-01-preview',
    source: 'https://github.com/sashabaranov/go-openai/pull/448',
    body: stream(
      {
        id: '',
        object: '',
        created: 0,
        model: '',
        prompt_annotations: [{ prompt_index: 0, content_filter_results: SAFE }],
        choices: [],
        usage: null,
      },
      { ...choice({ role: 'assistant' }, { content_filter_results: {} }), usage: null },
      { ...choice({ content: 'Hello' }, { content_filter_results: SAFE }), usage: null },
      { ...end('stop', { content_filter_results: {} }), usage: null },
      DONE,
    ),
    meaning: { text: 'Hello', finish: 'stop', tokens: null },
  },
  {
    server: 'Azure, its filter after the end',
    source: 'https://github.com/langchain-ai/langchain/issues/18977',
    body: stream(
      choice({ content: 'Hello' }),
      end('stop'),
      {
        id: '',
        object: '',
        created: 0,
        model: '',
        choices: [
          {
            finish_reason: null,
            index: 0,
            content_filter_results: SAFE,
            content_filter_offsets: { check_offset: 4522, start_offset: 4522, end_offset: 4686 },
          },
        ],
      },
      DONE,
    ),
    meaning: { text: 'Hello', finish: 'stop', tokens: null },
  },
  {
    server: 'Azure, no such deployment',
    source: 'https://github.com/chatboxai/chatbox/issues/646',
    status: 404,
    body: '{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again."}}',
    meaning: { error: 'UserError', says: 'DeploymentNotFound' },
  },
  {
    server: 'Mistral',
    source: 'https://github.com/mistralai/client-python/issues/16',
    body: stream(
      {
        id: 'cmpl-1',
        model: 'mistral-tiny',
        choices: [{ index: 0, delta: { role: 'assistant' }, finish_reason: null }],
      },
      choice({ role: null, content: 'It' }),
      choice({ role: null, content: ' is' }),
      {
        ...choice({ role: null, content: '' }, { finish_reason: 'length' }),
        usage: { prompt_tokens: 15, total_tokens: 17, completion_tokens: 2 },
      },
      DONE,
    ),
    meaning: { text: 'It is', finish: 'length', tokens: { prompt: 15, output: 2 } },
  },
  {
    server: 'Mistral, which thinks in a list of contents',
    source: 'https://github.com/agentjido/req_llm/issues/742',
    body: stream(
      choice({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Okay' }] }] }),
      choice({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: ', so' }] }] }),
      choice({ content: 'Yes' }),
      end('stop'),
      DONE,
    ),
    meaning: { text: 'Yes', reasoning: 'Okay, so', finish: 'stop', tokens: null },
  },
  {
    server: 'Anthropic, OpenAI-compatible',
    source: 'https://docs.anthropic.com/en/api/openai-sdk',
    body: stream(
      choice({ role: 'assistant', content: '' }),
      choice({ content: 'Hello' }),
      { ...end('stop'), usage: { prompt_tokens: 8, completion_tokens: 4, total_tokens: 12 } },
      DONE,
    ),
    meaning: { text: 'Hello', finish: 'stop', tokens: { prompt: 8, output: 4 } },
  },
  {
    server: 'Anthropic, overloaded in the middle of the stream',
    source: 'https://docs.anthropic.com/en/docs/build-with-claude/streaming#error-events',
    body: 'event: error\ndata: {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}\n\n',
    meaning: { error: 'ServerFailure', says: 'Overloaded' },
  },
  {
    server: 'Gemini, OpenAI-compatible, a call without an index that ends with stop',
    source: 'https://github.com/open-webui/computer/issues/224',
    body: stream(
      choice({
        role: 'assistant',
        tool_calls: [
          {
            id: 'function-call-1',
            type: 'function',
            function: { name: 'get_weather', arguments: '{"location":' },
            extra_content: { google: { thought_signature: 'CiIB' } },
          },
        ],
      }),
      choice({ tool_calls: [{ function: { arguments: '"Sydney"}' } }] }),
      choice({ extra_content: { google: { thought_signature: 'Cjo' } } }, { finish_reason: 'stop' }),
      DONE,
    ),
    meaning: { text: '{"name": "get_weather", "arguments": {"location":"Sydney"}}', finish: 'stop', tokens: null },
  },
  {
    server: 'Gemini, whose finish reason has another name',
    source: 'https://github.com/jakobdylanc/llmcord/issues/84',
    body: stream(
      choice({ role: 'assistant', content: 'Barty' }),
      choice({ role: 'assistant', content: ' Butterfield' }, { finishReason: 'MAX_TOKENS' }),
      DONE,
    ),
    meaning: { text: 'Barty Butterfield', finish: 'length', tokens: null },
  },
  {
    server: 'a gateway to Gemini that says stop in every chunk',
    source: 'https://github.com/su-kaka/gcli2api/issues/403',
    body: stream(
      choice({ reasoning_content: 'Hm' }, { finish_reason: 'stop' }),
      choice({ content: '436' }, { finish_reason: 'stop' }),
      DONE,
    ),
    meaning: { text: '436', reasoning: 'Hm', finish: 'stop', tokens: null },
  },
  {
    server: 'Gemini, an error in a list',
    source: 'https://github.com/google-gemini/gemini-cli/issues/5377',
    status: 429,
    body: `[{"error":{"code":429,"message":"Quota exceeded for quota metric 'Gemini 2.5 Pro Requests' and limit 'Gemini 2.5 Pro Requests per day per user per tier'.","status":"RESOURCE_EXHAUSTED"}}]`,
    meaning: { error: 'RequestFailure', says: 'RESOURCE_EXHAUSTED: Quota exceeded' },
  },
  {
    server: 'Gemini, a limit of a minute in the words of a quota',
    source: 'https://github.com/continuedev/continue/issues/10062',
    status: 429,
    body: '{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details. Please retry in 20.04466179s.","status":"RESOURCE_EXHAUSTED"}}',
    meaning: { error: 'RequestFailure', says: 'lower the rate or raise the limit' },
  },
  {
    server: 'DeepSeek',
    source: 'https://api-docs.deepseek.com/guides/reasoning_model',
    body: `: keep-alive\n\n${stream(
      choice({ role: 'assistant', content: null, reasoning_content: '' }),
      choice({ content: null, reasoning_content: 'Hm' }),
      choice({ content: '9.8', reasoning_content: null }),
      {
        ...choice({ content: '', reasoning_content: null }, { finish_reason: 'stop' }),
        usage: {
          prompt_tokens: 20,
          completion_tokens: 4,
          total_tokens: 24,
          completion_tokens_details: { reasoning_tokens: 1 },
          prompt_cache_hit_tokens: 0,
          prompt_cache_miss_tokens: 20,
        },
      },
      DONE,
    )}`,
    meaning: { text: '9.8', reasoning: 'Hm', finish: 'stop', tokens: { prompt: 20, output: 4 } },
  },
  {
    server: 'DeepSeek, without means',
    source: 'https://api-docs.deepseek.com/quick_start/error_codes',
    status: 402,
    body: '{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}',
    meaning: { error: 'UserError', says: 'the account has no quota left' },
  },
  {
    server: 'vLLM',
    source: 'https://github.com/vllm-project/vllm/pull/36944',
    body: stream(
      { ...choice({ role: 'assistant', content: '' }, { logprobs: null }), prompt_token_ids: null },
      choice({ content: 'Hello' }, { logprobs: null, token_ids: null }),
      choice({ content: ' you' }, { logprobs: null, finish_reason: 'length', stop_reason: null, token_ids: null }),
      { ...head, choices: [], usage: { prompt_tokens: 7, total_tokens: 9, completion_tokens: 2 } },
      DONE,
    ),
    meaning: { text: 'Hello you', finish: 'length', tokens: { prompt: 7, output: 2 } },
  },
  {
    server: 'vLLM, a prompt that is too long',
    source: 'https://github.com/vllm-project/vllm/issues/20409',
    status: 400,
    body: '{"object":"error","message":"This model\'s maximum context length is 16384 tokens. However, you requested 122946 tokens (112946 in the messages, 10000 in the completion). Please reduce the length of the messages or completion.","type":"BadRequestError","param":null,"code":400}',
    meaning: { error: 'ModelFailure', says: 'longer than the model' },
  },
  {
    server: 'vLLM, whose engine died',
    source: 'https://github.com/vllm-project/vllm/issues/24495',
    body: stream(
      choice({ role: 'assistant', content: '' }),
      {
        error: {
          message: 'EngineCore encountered an issue. See stack trace (above) for the root cause.',
          type: 'Internal Server Error',
          param: null,
          code: 500,
        },
      },
      DONE,
    ),
    meaning: { error: 'ServerFailure', says: 'EngineCore encountered an issue' },
  },
  {
    server: 'SGLang',
    source: 'https://github.com/sgl-project/sglang/issues/4550',
    body: stream(
      {
        ...choice(
          { role: null, content: null, reasoning_content: 'Hm', tool_calls: null },
          { logprobs: null, matched_stop: null },
        ),
        usage: null,
      },
      {
        ...choice(
          { role: null, content: 'Help', reasoning_content: null, tool_calls: null },
          { logprobs: null, matched_stop: null },
        ),
        usage: null,
      },
      { ...end('stop', { logprobs: null, matched_stop: 151645 }), usage: null },
      { ...head, choices: [], usage: { prompt_tokens: 12, total_tokens: 14, completion_tokens: 2 } },
      DONE,
    ),
    meaning: { text: 'Help', reasoning: 'Hm', finish: 'stop', tokens: { prompt: 12, output: 2 } },
  },
  {
    server: 'SGLang, which never says why it ended',
    source: 'https://github.com/sgl-project/sglang/issues/4550',
    body: stream(choice({ role: null, content: 'Help' }, { matched_stop: null }), DONE),
    meaning: { text: 'Help', finish: 'stop', tokens: null },
  },
  {
    server: 'TGI',
    source: 'https://huggingface.co/docs/text-generation-inference/messages_api',
    body: stream(
      { ...choice({ role: 'assistant', content: ' Deep' }, { logprobs: null }), system_fingerprint: '2.4.0-sha' },
      { ...choice({ role: 'assistant', content: '' }, { finish_reason: 'eos_token' }), usage: null },
      { ...head, choices: [], usage: { prompt_tokens: 30, completion_tokens: 2, total_tokens: 32 } },
      DONE,
    ),
    meaning: { text: ' Deep', finish: 'stop', tokens: { prompt: 30, output: 1 } },
  },
  {
    server: 'TGI, a prompt that is too long, under a status of 200',
    source: 'https://github.com/huggingface/text-generation-inference/pull/2668',
    body: stream({
      error: {
        message: 'Input validation error: `inputs` must have less than 4095 tokens. Given: 32003',
        http_status_code: 422,
      },
    }),
    meaning: { error: 'ModelFailure', says: 'longer than the model' },
  },
  {
    server: 'llama-server',
    source: 'https://github.com/ggml-org/llama.cpp/pull/15827',
    body: stream(
      choice({ role: 'assistant', content: null }),
      {
        ...choice({ role: 'assistant', content: null }),
        prompt_progress: { total: 237, cache: 230, processed: 237, time_ms: 30 },
      },
      choice({ content: 'Play' }),
      end('stop'),
      {
        ...head,
        choices: [],
        usage: { completion_tokens: 1, prompt_tokens: 237, total_tokens: 238 },
        timings: { cache_n: 0, prompt_n: 237, prompt_ms: 30.9, predicted_n: 1, predicted_ms: 18.8 },
      },
      DONE,
    ),
    meaning: { text: 'Play', finish: 'stop', tokens: { prompt: 237, output: 1 } },
  },
  {
    server: 'llama-server, before its counts had a chunk of their own',
    source: 'https://github.com/ggml-org/llama.cpp/issues/12137',
    body: stream(choice({ content: 'Hi' }), {
      ...end('length'),
      usage: { completion_tokens: 1, prompt_tokens: 43, total_tokens: 44 },
      timings: { prompt_n: 43, prompt_ms: 246.082, predicted_n: 1, predicted_ms: 0.028 },
    }),
    meaning: { text: 'Hi', finish: 'length', tokens: { prompt: 43, output: 1 } },
  },
  {
    server: 'llama-server, which still loads',
    source: 'https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md',
    status: 503,
    body: '{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}',
    meaning: { error: 'ServerFailure', says: 'Loading model' },
  },
  {
    server: 'Ollama',
    source: 'https://github.com/jeremychone/rust-genai/issues/106',
    body: stream(
      { ...choice({ role: 'assistant', content: '', reasoning: 'Okay' }), system_fingerprint: 'fp_ollama' },
      { ...choice({ role: 'assistant', content: '1 2 3' }), system_fingerprint: 'fp_ollama' },
      { ...choice({ role: 'assistant', content: '' }, { finish_reason: 'stop' }), system_fingerprint: 'fp_ollama' },
      { ...head, choices: [], usage: { prompt_tokens: 12, completion_tokens: 6, total_tokens: 18 } },
      DONE,
    ),
    meaning: { text: '1 2 3', reasoning: 'Okay', finish: 'stop', tokens: { prompt: 12, output: 6 } },
  },
  {
    server: 'Ollama, without the model',
    source: 'https://github.com/netease-youdao/QAnything/issues/555',
    status: 404,
    body: '{"error":{"message":"model \\"m\\" not found, try pulling it first","type":"api_error","param":null,"code":null}}',
    meaning: { error: 'UserError', says: 'try pulling it first' },
  },
  {
    server: 'LM Studio, whose model has crashed',
    source: 'https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/1050',
    status: 400,
    body: '{"error":"The model has crashed without additional information. (Exit code: null)"}',
    meaning: { error: 'ServerFailure', says: 'The model has crashed' },
  },
  {
    server: 'LM Studio, an error in the stream',
    source: 'https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/2255',
    body: 'event: error\ndata: {"error":{"message":"The model has crashed without additional information. (Exit code: null)"}}\n\n',
    meaning: { error: 'ServerFailure', says: 'The model has crashed' },
  },
  {
    server: 'LiteLLM before Azure',
    source: 'https://github.com/TabbyML/tabby/issues/3871',
    body: stream(
      { ...choice({ content: ' Open', role: 'assistant' }, { content_filter_results: SAFE }), citations: null },
      { ...end('stop'), provider_specific_fields: null },
      DONE,
    ),
    meaning: { text: ' Open', finish: 'stop', tokens: null },
  },
  {
    server: 'LiteLLM, a rate limit in the stream',
    source: 'https://github.com/BerriAI/litellm/issues/9035',
    body: stream({
      error: { message: 'litellm.RateLimitError: RateLimitError: OpenrouterException', type: null, code: '429' },
    }),
    meaning: { error: 'RequestFailure', says: 'lower the rate or raise the limit' },
  },
  {
    server: 'LiteLLM without a database, a wrong key',
    source: 'https://docs.litellm.ai/docs/proxy/virtual_keys',
    status: 400,
    body: '{"error":{"message":"No connected db.","type":"no_db_connection","param":null,"code":"400"}}',
    meaning: { error: 'UserError', says: 'the key is missing, wrong' },
  },
  {
    server: 'OpenRouter',
    source: 'https://openrouter.ai/docs/api-reference/streaming',
    body: `: OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n${stream(
      { ...choice({ role: 'assistant', content: 'Hi' }, { native_finish_reason: null }), provider: 'BaseTen' },
      { ...choice({ role: 'assistant', content: '' }, { finish_reason: 'stop', native_finish_reason: 'stop' }) },
      {
        ...choice({ role: 'assistant', content: '' }, { native_finish_reason: null }),
        usage: { prompt_tokens: 14, completion_tokens: 1, total_tokens: 15, cost: 0.0001 },
      },
      DONE,
    )}`,
    meaning: { text: 'Hi', finish: 'stop', tokens: { prompt: 14, output: 1 } },
  },
  {
    server: 'OpenRouter, a provider that broke down under a good finish reason',
    source: 'https://github.com/OleksandrChekhovskyi/hax/pull/15',
    body: stream(
      choice({ role: 'assistant', content: '' }, { finish_reason: 'stop', native_finish_reason: 'network_error' }),
      DONE,
    ),
    meaning: { error: 'ServerFailure', says: 'network_error' },
  },
  {
    server: 'OpenRouter, an error in the middle of the stream',
    source: 'https://github.com/damianvtran/local-operator/pull/223',
    body: stream({
      ...choice({ content: '' }, { finish_reason: 'error' }),
      error: { code: 502, message: 'Provider disconnected', metadata: { error_type: 'provider_unavailable' } },
    }),
    meaning: { error: 'ServerFailure', says: 'Provider disconnected' },
  },
  {
    server: 'OpenRouter, the reason of its provider',
    source: 'https://github.com/open-webui/computer/issues/293',
    status: 429,
    body: '{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"glm is temporarily rate-limited upstream. Please retry shortly","provider_name":"BaseTen"}}}',
    meaning: { error: 'RequestFailure', says: 'glm is temporarily rate-limited upstream' },
  },
  {
    server: 'Bifrost, with counts that are null',
    source: 'https://github.com/maximhq/bifrost/issues/5425',
    body: stream(
      choice({ content: 'Hi' }),
      { ...end('stop'), usage: { prompt_tokens: null, completion_tokens: null, total_tokens: 0 } },
      DONE,
    ),
    meaning: { text: 'Hi', finish: 'stop', tokens: null },
  },
  {
    server: 'Groq',
    source: 'https://console.groq.com/docs/text-chat#streaming-a-chat-completion',
    body: stream(
      { ...choice({ role: 'assistant', content: '' }, { logprobs: null }), x_groq: { id: 'req_1' } },
      choice({ content: 'Fast' }, { logprobs: null }),
      {
        ...end('stop', { logprobs: null }),
        x_groq: { id: 'req_1', usage: { queue_time: 0.05, prompt_tokens: 40, completion_tokens: 2, total_tokens: 42 } },
      },
      DONE,
    ),
    meaning: { text: 'Fast', finish: 'stop', tokens: { prompt: 40, output: 1 } },
  },
  {
    server: 'Moonshot, whose counts stand in the choice',
    source: 'https://github.com/northes/go-moonshot/issues/17',
    body: stream(
      choice({ role: 'assistant', content: '' }),
      choice({ content: '你好' }),
      choice({ content: '。' }),
      end('stop', { usage: { prompt_tokens: 19, completion_tokens: 2, total_tokens: 21 } }),
      DONE,
    ),
    meaning: { text: '你好。', finish: 'stop', tokens: { prompt: 19, output: 2 } },
  },
  {
    server: 'MiniMax',
    source: 'https://github.com/MiniMax-AI/MiniMax-M2.5/issues/2',
    body: stream(
      {
        ...choice({ role: '', reasoning_content: '' }),
        usage: { total_tokens: 0, total_characters: 0 },
        input_sensitive: false,
        output_sensitive: false,
      },
      { ...choice({ role: 'assistant', name: 'MiniMax AI', content: 'Hi', audio_content: '' }) },
      { ...end('stop'), usage: { total_tokens: 72, total_characters: 0, prompt_tokens: 70, completion_tokens: 2 } },
    ),
    meaning: { text: 'Hi', finish: 'stop', tokens: { prompt: 70, output: 1 } },
  },
  {
    server: 'MiniMax, a rate limit under a status of 200',
    source: 'https://github.com/ENTERPILOT/GoModel/pull/640',
    body: stream({ ...head, choices: null, base_resp: { status_code: 1039, status_msg: 'TPM limit' } }),
    meaning: { error: 'RequestFailure', says: 'lower the rate or raise the limit' },
  },
  {
    server: 'MiniMax, without means, under a status of 200',
    source: 'https://github.com/adrianlyjak/obsidian-aloud-tts/pull/114',
    body: '{"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}',
    meaning: { error: 'UserError', says: 'the account has no quota left' },
  },
  {
    server: 'LocalAI, which counts nothing and says zero',
    source: 'https://github.com/mudler/LocalAI/issues/1744',
    body: stream(
      {
        ...head,
        choices: [{ index: 0, delta: { role: 'assistant', content: '' } }],
        usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
      },
      {
        ...head,
        choices: [{ index: 0, delta: { content: 'Hi' } }],
        usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
      },
      {
        ...head,
        choices: [{ index: 0, finish_reason: 'stop', delta: { content: '' } }],
        usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
      },
      DONE,
    ),
    meaning: { text: 'Hi', finish: 'stop', tokens: null },
  },
  {
    server: 'xAI, whose counts come before a last chunk without choices',
    source: 'https://github.com/BerriAI/litellm/issues/17136',
    body: stream(
      choice({ content: 'Hello' }),
      { ...end('stop'), usage: { prompt_tokens: 31, completion_tokens: 1, total_tokens: 32 } },
      { ...head, choices: [] },
      DONE,
    ),
    meaning: { text: 'Hello', finish: 'stop', tokens: { prompt: 31, output: 1 } },
  },
  {
    server: 'Perplexity, which repeats the whole message and counts in each chunk',
    source: 'https://github.com/langchain-ai/langchain/pull/38070',
    body: stream(
      {
        ...choice({ role: 'assistant', content: 'Hel' }, { message: { role: 'assistant', content: 'Hel' } }),
        usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 },
        citations: ['https://example.org'],
      },
      {
        ...choice({ content: 'lo' }, { message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }),
        usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
      },
    ),
    meaning: { text: 'Hello', finish: 'stop', tokens: { prompt: 5, output: 2 } },
  },
];
