/** The memory that we count from a header, against the buffers that llama.cpp states when it opens the same file and allocates nothing. */
import koffi from 'koffi';
import { beforeAll, expect, test } from 'vitest';
import { shippedLibraries } from '../../src/backends/llama-cpp/find-library.js';
import { readGguf } from '../../src/backends/llama-cpp/gguf.js';
import type { ModelParams } from '../../src/backends/llama-cpp/interface.js';
import { type Library, openLibrary } from '../../src/backends/llama-cpp/library.js';
import { llamaCppMemory } from '../../src/core/capacity/engine-memory.js';
import { shapeOfGguf } from '../../src/core/capacity/gguf.js';
import { BUFFERS } from '../../src/core/capacity/memory-interval.js';
import { FILES } from '../support/model-files.js';
import { describeWith } from '../support/shared.js';

const SETTINGS = [
  { context: 4096, slots: 1, batch: 512, flashAttention: true },
  { context: 4096, slots: 1, batch: 512, flashAttention: false },
  { context: 4096, slots: 1, batch: 128, flashAttention: true },
  { context: 8192, slots: 4, batch: 512, flashAttention: true },
];
/** Slots of 120 tokens, and of 625. Of these only the cache is held: the buffers of a tiny model are 16% smaller then (docs/capacity.md). */
const MANY_SLOTS = [2, 8, 64].flatMap((slots) =>
  [120, 625].map((tokens) => ({ context: tokens * slots, slots, batch: 512, flashAttention: true })),
);

const MiB = 2 ** 20;
let library: Library;
let log = '';

beforeAll(async () => {
  library = openLibrary(await shippedLibraries('cpu'));
  const proto = koffi.proto('void rightsize_test_log(int level, const char *text, void *data)');
  const keep = (_: number, text: string) => {
    log += text;
  };
  library.llama.log_set(koffi.register(keep, koffi.pointer(proto)), null);
});

/** In MiB, the sum of what lines of the log state. */
function stated(pattern: RegExp): number {
  return [...log.matchAll(pattern)].reduce((sum, [, size]) => sum + Number(size), 0);
}

for (const file of FILES) {
  describeWith([file], file, () => {
    test('is within 5% of what llama.cpp states, whatever the context', async () => {
      const { llama } = library;
      log = '';
      const params = { ...llama.model_default_params(), n_gpu_layers: 0, no_alloc: true, load_mode: 0 } as ModelParams;
      const model = llama.model_load_from_file(file, params);
      const weights = stated(/file size += +([\d.]+) MiB/g);
      const shape = shapeOfGguf((await readGguf(file)).content, file);
      for (const settings of [...SETTINGS, ...MANY_SLOTS]) {
        log = '';
        const context = llama.init_from_model(model, {
          ...llama.context_default_params(),
          n_ctx: settings.context,
          n_seq_max: settings.slots,
          n_batch: settings.batch,
          n_ubatch: settings.batch,
          flash_attn_type: Number(settings.flashAttention),
        });
        llama.free(context);
        const cache = stated(/llama_kv_cache: size = +([\d.]+) MiB/g);
        const buffers = stated(/(?:compute|output) buffer size = +([\d.]+) MiB/g);

        const ours = llamaCppMemory(shape, { ...settings, bytesOfValue: 2 });
        // The log has two digits after the point.
        expect(Math.abs(ours.weights / MiB - weights)).toBeLessThan(0.01 + 0.002 * weights);
        expect(Math.abs(ours.cache / MiB - cache)).toBeLessThan(0.01);
        if (MANY_SLOTS.includes(settings)) continue;
        const total = (ours.weights + ours.cache + ours.compute + ours.output) / MiB;
        expect(total / (weights + cache + buffers)).toBeGreaterThan(0.95);
        expect(total / (weights + cache + buffers)).toBeLessThan(1.05);
        const factor = buffers / ((ours.compute + ours.output) / MiB);
        expect(factor).toBeGreaterThan(BUFFERS.low - 0.001);
        expect(factor).toBeLessThan(BUFFERS.high);
      }
      llama.model_free(model);
    });
  });
}
