/**
 * What a server says of itself while it serves: requests that it computes and that wait, the use of its cache, tokens. Each server has
 * names of its own for these, in the text format of Prometheus:
 *
 *     llamacpp:requests_processing 4
 *     vllm:num_requests_waiting{engine="0",model_name="qwen"} 12.0
 *
 * Sources: llama.cpp tools/server/README.md (`--metrics`), vllm/v1/metrics/loggers.py, sglang docs/references/production_metrics.md,
 * text-generation-inference docs/source/reference/metrics.md.
 */
import { readText } from './arriving.js';
import type { Connection } from './connection.js';
import { isObject, parse } from './json.js';

interface Gauge {
  readonly title: string;
  /** One name for each server, and earlier names of the same. */
  readonly names: readonly string[];
  /** How the values of several engines behind one address make one. */
  readonly together: 'sum' | 'max';
}

export const SERVER_GAUGES = {
  running: {
    title: 'requests that it computes',
    names: [
      'llamacpp:requests_processing',
      'vllm:num_requests_running',
      'tgi_batch_current_size',
      'sglang:num_running_reqs',
    ],
    together: 'sum',
  },
  waiting: {
    title: 'requests that wait in it',
    names: ['llamacpp:requests_deferred', 'vllm:num_requests_waiting', 'tgi_queue_size', 'sglang:num_queue_reqs'],
    together: 'sum',
  },
  cacheUse: {
    title: 'share of its KV cache in use',
    names: [
      'llamacpp:kv_cache_usage_ratio',
      'vllm:kv_cache_usage_perc',
      'vllm:gpu_cache_usage_perc',
      'sglang:token_usage',
    ],
    together: 'max',
  },
  promptTokens: {
    title: 'prompt tokens since its start',
    names: [
      'llamacpp:prompt_tokens_total',
      'vllm:prompt_tokens_total',
      'tgi_request_input_length_sum',
      'sglang:prompt_tokens_total',
    ],
    together: 'sum',
  },
  cachedTokens: {
    title: 'prompt tokens from its cache since its start',
    names: ['vllm:prefix_cache_hits_total', 'vllm:gpu_prefix_cache_hits_total', 'sglang:cached_tokens_total'],
    together: 'sum',
  },
  outputTokens: {
    title: 'output tokens since its start',
    names: [
      'llamacpp:tokens_predicted_total',
      'vllm:generation_tokens_total',
      'tgi_request_generated_tokens_sum',
      'sglang:generation_tokens_total',
    ],
    together: 'sum',
  },
  preemptions: {
    title: 'requests that it put back since its start',
    names: ['vllm:num_preemptions_total', 'sglang:num_retracted_reqs'],
    together: 'sum',
  },
} as const satisfies Readonly<Record<string, Gauge>>;

export type ServerGauge = keyof typeof SERVER_GAUGES;

/** The gauges that a server has. */
export type ServerReading = Readonly<Partial<Record<ServerGauge, number>>>;

const GAUGES = Object.entries(SERVER_GAUGES) as [ServerGauge, Gauge][];
const LINE = /^([a-zA-Z_:][\w:]*)(?:\{[^\n]*\})?[ \t]+(\S+)/;

/** Reads the text of `/metrics`. It is empty where no name is known. */
export function readGauges(text: string): ServerReading {
  const values = new Map<string, number[]>();
  for (const line of text.split('\n')) {
    const [, name, word] = LINE.exec(line) ?? [];
    const value = Number(word);
    if (name === undefined || !Number.isFinite(value)) continue;
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return Object.fromEntries(
    GAUGES.flatMap(([gauge, { names, together }]) => {
      const found = names.map((name) => values.get(name)).find((list) => list !== undefined);
      if (found === undefined) return [];
      return [[gauge, together === 'max' ? Math.max(...found) : found.reduce((sum, value) => sum + value, 0)]];
    }),
  );
}

const LONGEST_METRICS = 4 * 2 ** 20;

/** @returns Null where the server has no such page, or one that says nothing known. */
export async function lookAt({ endpoint, send }: Connection, signal: AbortSignal): Promise<ServerReading | null> {
  try {
    const answer = await send('GET', endpoint.fromRoot('/metrics'), null, signal);
    const reading = readGauges(await readText(answer.body, LONGEST_METRICS));
    return Object.keys(reading).length === 0 ? null : reading;
  } catch {
    return null;
  }
}

/** What a server tells of its settings, by page: our name, and the way to the value. */
const SETTINGS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  // llama-server
  '/props': {
    build: ['build_info'],
    slots: ['total_slots'],
    contextOfSlot: ['default_generation_settings', 'n_ctx'],
  },
  // vLLM
  '/version': { version: ['version'] },
  // text-generation-inference
  '/info': {
    version: ['version'],
    slots: ['max_concurrent_requests'],
    contextOfSlot: ['max_total_tokens'],
  },
  // SGLang
  '/get_server_info': { version: ['version'], slots: ['max_running_requests'], contextOfSlot: ['context_length'] },
};

export type ServerSettings = Readonly<Record<string, string | number>>;

const LONGEST_PAGE = 2 ** 20;
const LONGEST_SETTING = 80;

/** The contexts of the slots of llama-server, where it shows them (`--slots`). */
const SLOTS = '/slots';

/** The settings that the server tells; none where it tells none. */
export async function settingsOf(connection: Connection, signal: AbortSignal): Promise<ServerSettings> {
  const pages = await Promise.all(
    Object.entries(SETTINGS).map(async ([path, names]) => ({ names, page: await pageAt(connection, path, signal) })),
  );
  const settings: Record<string, string | number> = slotsIn(await pageAt(connection, SLOTS, signal));
  for (const { names, page } of pages) {
    for (const [name, way] of Object.entries(names)) {
      const value = valueAt(page, way);
      if (typeof value === 'number' && Number.isFinite(value)) settings[name] ??= value;
      if (typeof value === 'string') settings[name] ??= connection.endpoint.quote(value).slice(0, LONGEST_SETTING);
    }
  }
  return settings;
}

/** Slots may have contexts of their own. The shortest decides what every request may take. */
function slotsIn(page: unknown): Record<string, number> {
  const slots = Array.isArray(page) ? page.filter(isObject) : [];
  const contexts = slots.flatMap(({ n_ctx: context }) => (typeof context === 'number' && context > 0 ? [context] : []));
  if (contexts.length === 0 || contexts.length < slots.length) return {};
  return { slots: contexts.length, contextOfSlot: Math.min(...contexts) };
}

/**
 * Whether the slots of a llama-server share one cache, by the command that started it: they do where it is asked, or where the number of
 * slots is left to it (`--kv-unified`; llama.cpp#16736, llama.cpp#17997). Nothing is known of another program.
 */
export function sharedCacheOf(command: readonly string[]): ServerSettings {
  if (!/(^|[/\\])llama-server(\.exe)?$/.test(command[0] ?? '')) return {};
  const has = (...flags: readonly string[]) =>
    command.some((word) => flags.some((flag) => word === flag || word.startsWith(`${flag}=`)));
  const shared = has('--kv-unified', '-kvu') || !has('--no-kv-unified', '-no-kvu', '-np', '--parallel');
  return { cacheOfSlots: shared ? 'shared' : 'divided' };
}

async function pageAt({ endpoint, send }: Connection, path: string, signal: AbortSignal): Promise<unknown> {
  try {
    const answer = await send('GET', endpoint.fromRoot(path), null, signal);
    return parse(await readText(answer.body, LONGEST_PAGE));
  } catch {
    return undefined;
  }
}

function valueAt(page: unknown, way: readonly string[]): unknown {
  return way.reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), page);
}
