import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMissing } from '../../src/core/quantity.js';
import { type CapacityQuestion, capacity } from '../../src/run/capacity.js';
import { type HubServer, startHub } from '../support/hub-server.js';

const FILE = join(import.meta.dirname, '../../models/reference-llm/reference-llm-f16.gguf');
const gguf = readFileSync(FILE);
const config = {
  model_type: 'llama',
  num_hidden_layers: 2,
  hidden_size: 64,
  num_attention_heads: 4,
  num_key_value_heads: 4,
  intermediate_size: 128,
  vocab_size: 1000,
  tie_word_embeddings: false,
  dtype: 'bfloat16',
};
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

const folder = mkdtempSync(join(tmpdir(), 'rightsize-capacity-hub-'));
let hub: HubServer;
beforeAll(async () => {
  hub = await startHub({
    'org/unheard-GGUF': { files: { 'unheard-F16.gguf': gguf }, large: ['unheard-F16.gguf'] },
    'org/unheard': { files: { 'config.json': json(config), 'model.safetensors': new Uint8Array(5) } },
    'org/broken': { files: { 'config.json': new TextEncoder().encode('{') } },
    'org/short-GGUF': { files: { 'short-F16.gguf': gguf.subarray(0, 3_000_000) } },
  });
});
afterAll(async () => {
  await hub.close();
  rmSync(folder, { recursive: true });
});

const cache = join(folder, 'cache');
const ask = (model: string, change: Partial<CapacityQuestion> = {}) =>
  capacity(
    { models: [model], devices: ['pi-5'], prompt: 100, output: 20, ...change },
    { cwd: folder, environment: { HF_ENDPOINT: hub.url, HF_HUB_CACHE: cache } },
  );
async function weightsOf(model: string, change: Partial<CapacityQuestion> = {}): Promise<number> {
  const [found] = (await ask(model, change)).predictions;
  if (isMissing(found!.memory)) throw new Error(found!.memory.missing);
  return found!.memory.weights;
}

describe('a model at the hub', () => {
  it('is read from the beginning of its GGUF file, which is not downloaded', async () => {
    hub.requests.length = 0;
    expect(await weightsOf('hf:org/unheard-GGUF:F16')).toBe(await weightsOf(FILE));
    const ranges = hub.requests.filter(({ what }) => what === 'file').map(({ range }) => range);
    expect(ranges).toEqual(['bytes=0-1999999']);
    expect(gguf.length).toBeGreaterThan(5_000_000);
    expect(existsSync(cache)).toBe(false);
  });

  it.each([
    ['ignores ranges', { do: 'ignore-range' } as const],
    ['cuts the first answer', { do: 'cut', after: 1000 } as const],
  ])('is read from a server that %s', async (_, fault) => {
    let faults = 0;
    hub.fault = ({ what }) => (what === 'file' && (fault.do === 'ignore-range' || faults++ === 0) ? fault : null);
    expect(await weightsOf('hf:org/unheard-GGUF')).toBe(await weightsOf(FILE));
    hub.fault = () => null;
  });

  it('is read from its config.json, as the file says its weights are stored', async () => {
    // The embedding, the output matrix, and for each layer attention, feed-forward part and norms, in 16 bits.
    expect(await weightsOf('hf:org/unheard')).toBe((2 * 64_000 + 2 * (4 * 64 * 64 + 3 * 64 * 128 + 4 * 64)) * 2);
  });

  it('is found for an entry of models.json that no catalogue has', async () => {
    const { writeFileSync } = await import('node:fs');
    const entry = { id: 'mine', class: 'slm', backend: 'llama-cpp', source: 'hf:org/unheard-GGUF:F16' };
    writeFileSync(join(folder, 'models.json'), JSON.stringify({ models: [entry] }));
    expect(await weightsOf('mine', { catalogue: join(folder, 'models.json') })).toBe(await weightsOf(FILE));
  });

  it.each([
    ['nobody has', 'hf:org/nobody:Q8_0', /hf:org\/nobody:Q8_0: the hub at .* answered 401/],
    ['has no file of that quantisation', 'hf:org/unheard-GGUF:Q2_K', /expected one GGUF file of quantisation Q2_K/],
    ['has a configuration that is none', 'hf:org/broken', /hf:org\/broken: expected a config.json, but/],
    [
      'has a file that was cut short',
      'hf:org/short-GGUF',
      /expected a whole GGUF file, but short-F16.gguf ends after 3000000 bytes/,
    ],
  ])('that %s is refused', async (_, model, message) => {
    await expect(ask(model)).rejects.toThrow(message);
  });
});
