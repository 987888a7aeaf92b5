/** Published configurations as files without weights, against the buffers that llama.cpp states when it opens them and allocates nothing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import koffi from 'koffi';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shippedLibraries } from '../../src/backends/llama-cpp/find-library.js';
import { readGguf } from '../../src/backends/llama-cpp/gguf.js';
import type { ModelParams } from '../../src/backends/llama-cpp/interface.js';
import { type Library, openLibrary } from '../../src/backends/llama-cpp/library.js';
import type { LlamaCppContext } from '../../src/core/capacity/cache.js';
import { PUBLISHED_MODELS } from '../../src/core/capacity/catalogue/models.js';
import { shapeOfConfig } from '../../src/core/capacity/config/config.js';
import { llamaCppMemory } from '../../src/core/capacity/engine-memory.js';
import { shapeOfGguf } from '../../src/core/capacity/gguf.js';
import { BUFFERS } from '../../src/core/capacity/memory-interval.js';
import { storageOf } from '../../src/core/capacity/storage.js';
import { FILES } from '../support/model-files.js';
import { PUBLISHED, publishedGguf } from '../support/published-gguf.js';
import { writeSparseGguf } from '../support/sparse-gguf.js';

const MiB = 2 ** 20;
const SETTINGS = [
  { context: 8192, slots: 1, batch: 512, bytesOfValue: 2, flashAttention: true },
  { context: 4096, slots: 1, batch: 512, bytesOfValue: 2, flashAttention: false },
] as const satisfies readonly LlamaCppContext[];
/** Slots of 960 tokens. Of these only the cache is held: the buffers of DeepSeek-V2-Lite are 12% smaller then (docs/capacity.md). */
const MANY_SLOTS = { context: 7680, slots: 8, batch: 512, bytesOfValue: 2, flashAttention: true };

const folder = mkdtempSync(join(tmpdir(), 'rightsize-published-'));
afterAll(() => rmSync(folder, { recursive: true }));
let library: Library;
let log = '';
beforeAll(async () => {
  library = openLibrary(await shippedLibraries('cpu'));
  const proto = koffi.proto('void rightsize_published_log(int level, const char *text, void *data)');
  const keep = (_: number, text: string) => {
    log += text;
  };
  library.llama.log_set(koffi.register(keep, koffi.pointer(proto)), null);
});

/** In MiB, the sum of what lines of the log state. */
function stated(pattern: RegExp): number {
  return [...log.matchAll(pattern)].reduce((sum, [, size]) => sum + Number(size), 0);
}

test('the models that the interval of buffers rests on are those that are held against llama.cpp', () => {
  expect(BUFFERS.models).toBe(FILES.length + new Set(PUBLISHED.map(([id]) => id)).size);
});

describe.each(PUBLISHED.map(([id, family, change = {}]) => ({ id, family, change })))(
  '$id $change',
  ({ id, family, change }) => {
    test('is within 5% of what llama.cpp states, by its header and by its configuration', async () => {
      const file = join(folder, `${id}.gguf`);
      const { metadata, tensors } = publishedGguf(id, family, change);
      writeSparseGguf(file, metadata, tensors);
      const { llama } = library;
      log = '';
      const params = {
        ...llama.model_default_params(),
        n_gpu_layers: 0,
        no_alloc: true,
        use_extra_bufts: false,
        load_mode: 0,
      } as ModelParams;
      const model = llama.model_load_from_file(file, params);
      expect(model, log.slice(-2000)).not.toBeNull();
      const [[, size, unit]] = [.../file size += +([\d.]+) ([MG])iB/g[Symbol.matchAll](log)] as unknown as [
        [string, string, string],
      ];
      const weights = Number(size) * (unit === 'G' ? 1024 : 1);
      const byHeader = shapeOfGguf((await readGguf(file)).content, file);
      const { config } = PUBLISHED_MODELS.find((one) => one.id === id)!;
      const byConfig = shapeOfConfig({ ...config, ...change }, storageOf('f16'), id);
      const rows = [...SETTINGS, MANY_SLOTS].map((settings) => {
        log = '';
        const context = llama.init_from_model(model, {
          ...llama.context_default_params(),
          n_ctx: settings.context,
          n_seq_max: settings.slots,
          swa_full: false,
          n_batch: settings.batch,
          n_ubatch: settings.batch,
          flash_attn_type: Number(settings.flashAttention),
        });
        expect(context, log.slice(-2000)).not.toBeNull();
        const cache = stated(/llama_(?:kv_cache|memory_recurrent): size = +([\d.]+) MiB/g);
        const buffers = stated(/(?:compute|output) buffer size = +([\d.]+) MiB/g);
        llama.free(context);
        const [header, config] = [byHeader, byConfig].map((shape) => llamaCppMemory(shape, settings));
        return { settings, stated: { weights, cache, buffers }, header: header!, config: config! };
      });
      llama.model_free(model);
      for (const { settings, stated: theirs, header, config } of rows) {
        for (const { weights: ours, cache, compute, output } of [header, config]) {
          // The log has two digits after the point.
          expect(Math.abs(cache / MiB - theirs.cache)).toBeLessThan(0.01);
          if (settings === MANY_SLOTS) continue;
          const [total, theirTotal] = [
            (ours + cache + compute + output) / MiB,
            theirs.weights + theirs.cache + theirs.buffers,
          ];
          expect(Math.abs(total / theirTotal - 1)).toBeLessThan(0.05);
          expect(Math.abs(ours / MiB / theirs.weights - 1)).toBeLessThan(0.002);
          // Without the weights, which are most of a large model.
          const rest = (cache + compute + output) / MiB / (theirs.cache + theirs.buffers);
          expect(Math.abs(rest - 1)).toBeLessThan(0.05);
          const factor = theirs.buffers / ((compute + output) / MiB);
          expect(factor).toBeGreaterThan(BUFFERS.low);
          expect(factor).toBeLessThan(BUFFERS.high);
        }
      }
    });
  },
);
