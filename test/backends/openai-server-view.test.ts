/** What servers say of themselves, each in its own words. */
import { expect, test } from 'vitest';
import { readGauges, sharedCacheOf } from '../../src/backends/openai/server-view.js';
import { json, script } from '../support/openai-server.js';
import { backend, entry, useScripted } from '../support/openai-session.js';

const LLAMA = `# HELP llamacpp:requests_processing Number of requests processing.
# TYPE llamacpp:requests_processing gauge
llamacpp:requests_processing 4
llamacpp:requests_deferred 12
llamacpp:prompt_tokens_total 5120
llamacpp:tokens_predicted_total 820
llamacpp:predicted_tokens_seconds 61.2`;
const VLLM = `vllm:num_requests_running{engine="0",model_name="qwen {x} 7"} 3.0
vllm:num_requests_running{engine="1",model_name="qwen"} 2.0
vllm:num_requests_waiting{engine="0",model_name="qwen"} 1.0
vllm:kv_cache_usage_perc{engine="0",model_name="qwen"} 0.25
vllm:kv_cache_usage_perc{engine="1",model_name="qwen"} 0.75
vllm:gpu_cache_usage_perc{engine="0",model_name="qwen"} 0.1
vllm:prefix_cache_hits_total{engine="0"} 1e3
vllm:num_preemptions_total{engine="0"} 2`;
const TGI = 'tgi_queue_size 7\ntgi_batch_current_size 4\ntgi_request_generated_tokens_sum 8123';
const SGLANG =
  'sglang:num_running_reqs{model_name="q"} 8\nsglang:num_queue_reqs{model_name="q"} 4\nsglang:token_usage{model_name="q"} 0.52';

test.each([
  ['llama-server', LLAMA, { running: 4, waiting: 12, promptTokens: 5120, outputTokens: 820 }],
  ['vLLM', VLLM, { running: 5, waiting: 1, cacheUse: 0.75, cachedTokens: 1000, preemptions: 2 }],
  ['text-generation-inference', TGI, { running: 4, waiting: 7, outputTokens: 8123 }],
  ['SGLang', SGLANG, { running: 8, waiting: 4, cacheUse: 0.52 }],
  ['a server of another kind', 'http_requests_total 4', {}],
  ['a page', '<html>llamacpp:requests_processing 4</html>', {}],
  [
    'broken lines',
    'llamacpp:requests_processing NaN\nllamacpp:requests_deferred\nvllm:num_requests_running{ 4\n\0',
    {},
  ],
])('%s', (_, text, gauges) => {
  expect(readGauges(text)).toEqual(gauges);
});

test.each([
  ['llama-server -m x.gguf', 'shared'],
  ['/opt/llama-server -m x.gguf -np 4', 'divided'],
  ['llama-server --parallel=4 --kv-unified', 'shared'],
  ['llama-server --no-kv-unified', 'divided'],
  ['vllm serve x', undefined],
  ['my-llama-server-wrapper', undefined],
])('%s has a cache that its slots share: %s', (command, cacheOfSlots) => {
  expect(sharedCacheOf(command.split(' ')).cacheOfSlots).toBe(cacheOfSlots);
});

const { current } = useScripted();

test('a session looks at its server, and keeps its settings under load alone', async () => {
  const pages: Record<string, object> = {
    '/props': { build_info: 'b1\u001b[31m', total_slots: 4, default_generation_settings: { n_ctx: 2048 } },
  };
  const server = current.server;
  const answer = server.answer;
  let metrics = 0;
  server.answer = (asked) => {
    if (asked.path === '/metrics') return ++metrics > 1 ? json(404, {}) : script({ write: LLAMA });
    if (asked.method === 'GET') return pages[asked.path] === undefined ? json(404, {}) : json(200, pages[asked.path]);
    return answer(asked);
  };
  const open = (under: object) =>
    backend.open(
      entry({ endpoint: server.endpoint }),
      { directory: '.', environment: {}, ...under },
      new AbortController().signal,
    );
  const session = await open({ under: 'load' });
  expect(session.facts.settings).toEqual({ build: 'b1 [31m', slots: 4, contextOfSlot: 2048 });
  pages['/slots'] = [{ n_ctx: 1024 }, { n_ctx: 512 }];
  const told = await open({ under: 'load' });
  expect(told.facts.settings).toMatchObject({ slots: 2, contextOfSlot: 512 });
  await told.close();
  const { signal } = new AbortController();
  expect(await session.look!(signal)).toMatchObject({ running: 4, waiting: 12 });
  expect(await session.look!(signal)).toBeNull();
  await session.close();
  const ordinary = await open({});
  expect(ordinary.facts.settings).toBeUndefined();
  await ordinary.close();
});
