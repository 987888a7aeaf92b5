import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BUFFERS, RESERVES } from '../../src/core/capacity/memory-interval.js';
import { isMissing } from '../../src/core/quantity.js';
import { capacityBlocks } from '../../src/core/report/document/capacity.js';
import { renderBlocks } from '../../src/core/report/terminal.js';
import { type CapacityAnswer, type CapacityQuestion, capacity, reportOf } from '../../src/run/capacity.js';
import { list } from '../../src/run/list.js';
import { lengthsOf } from '../support/capacity.js';

const folder = mkdtempSync(join(tmpdir(), 'rightsize-capacity-'));
afterAll(() => rmSync(folder, { recursive: true }));

const GGUF = join(import.meta.dirname, '../../models/reference-slm/reference-slm-f16.gguf');
const ask = (change: Partial<CapacityQuestion> = {}) =>
  capacity({ models: ['phi-3-mini'], devices: ['rtx-3060'], prompt: 500, output: 100, ...change }, { cwd: folder });

function write(name: string, content: unknown): string {
  writeFileSync(join(folder, name), JSON.stringify(content));
  return name;
}

function weightsOf({ memory }: CapacityAnswer['predictions'][number]): number {
  if (isMissing(memory)) throw new Error(memory.missing);
  return memory.weights;
}

describe('which devices run a model', () => {
  it('is answered for each model and device, in their order', async () => {
    const { predictions } = await ask({ models: ['phi-3-mini', 'qwen3-4b:q8_0'], devices: ['pi-5', 'l4'] });
    expect(predictions.map(({ model, device }) => `${model} ${device}`)).toEqual([
      'phi-3-mini:q4_k_m pi-5',
      'phi-3-mini:q4_k_m l4',
      'qwen3-4b:q8_0 pi-5',
      'qwen3-4b:q8_0 l4',
    ]);
  });

  it('is answered for a context that one request fills, if no length is given', async () => {
    const filled = {
      models: ['phi-4-mini:*'],
      devices: ['phone-8gb'],
      prompt: undefined,
      output: undefined,
      context: 8192,
    };
    const { predictions } = await ask(filled);
    expect(predictions).toHaveLength(11);
    expect(predictions[0]!.lengths).toEqual({ prompt: 7936, output: 256, measured: 0 });
  });

  it('is answered for nine devices if none is named', async () => {
    expect((await ask({ devices: [] })).predictions).toHaveLength(9);
    const { predictions } = await ask({ devices: [], engine: 'llama.cpp-cuda' });
    expect(predictions.length).toBeGreaterThan(0);
    expect(predictions.length).toBeLessThan(9);
  });

  it('compares ways to store the weights', async () => {
    const { predictions } = await ask({ models: ['phi-4-mini:*'] });
    const bytes = predictions.map(weightsOf);
    expect(bytes).toHaveLength(11);
    expect(bytes).toEqual([...bytes].sort((a, b) => a - b));
  });

  it('reads a GGUF file and a folder with a configuration', async () => {
    const config = {
      model_type: 'llama',
      num_hidden_layers: 2,
      hidden_size: 64,
      num_attention_heads: 4,
      vocab_size: 1000,
    };
    write('config.json', { ...config, intermediate_size: 128, torch_dtype: 'float32' });
    const { predictions } = await ask({ models: [GGUF, '.'], devices: ['pi-5'] });
    expect(weightsOf(predictions[0]!)).toBeGreaterThan(1_500_000);
    // The embedding, the output matrix, and for each layer attention, feed-forward part and norms, in 32 bits.
    expect(weightsOf(predictions[1]!)).toBe((2 * 64_000 + 2 * (4 * 64 * 64 + 3 * 64 * 128 + 4 * 64)) * 4);
  });

  it('reads an ONNX graph, and a folder of ONNX Runtime GenAI without a config.json', async () => {
    const model = join(import.meta.dirname, '../../models/reference-slm');
    const genai = join(folder, 'genai');
    cpSync(model, genai, { recursive: true });
    rmSync(join(genai, 'config.json'));
    const { predictions } = await ask({ models: [join(model, 'onnx/model.onnx'), genai], devices: ['pi-5'] });
    const [graph, folderOfGenAi] = predictions.map(weightsOf);
    // 16 bits for 750,464 parameters, two tables of angles, and the constants of the graph.
    expect(graph).toBe(750_464 * 2 + 2 * 1024 * 16 * 4 + 380);
    expect(folderOfGenAi).toBe(graph);
  });

  it('is answered for a device of the user', async () => {
    const device = {
      name: 'mine',
      kind: 'apple',
      memory: '16 GB',
      usable: 0.7,
      bandwidth: '200 GB',
      compute: { f16: '5000 GB' },
    };
    const { predictions } = await ask({ devices: ['mine'], prices: write('mine.json', { devices: [device] }) });
    expect(predictions[0]).toMatchObject({ device: 'mine', engine: 'llama.cpp-metal', tpot: { basis: 'kind' } });
  });

  it('is not known for a device whose kind nobody states', async () => {
    const device = { name: 'odd', memory: '16 GB', usable: 0.7, bandwidth: '200 GB' };
    const { predictions } = await ask({ devices: ['odd'], prices: write('odd.json', { devices: [device] }) });
    expect(predictions[0]!.tpot).toEqual({
      missing: 'the kind of odd is unknown: give it one in the file of --prices',
    });
  });

  it('is shown with the memory by kind, and says that sizes below any file are estimates and quality is not known', async () => {
    const shown = async (change: Partial<CapacityQuestion>) =>
      renderBlocks('Capacity', capacityBlocks(reportOf(await ask(change))), { columns: 160, color: false });
    const text = await shown({ models: ['qwen3-4b:iq2_m'], devices: ['pi-5'] });
    expect(text).toMatch(/Weights +Of them embeddings +Cache +Buffers +Reserve +Size of weights/);
    expect(text).toMatch(/estimated\n/);
    expect(text.replace(/\s+/g, ' ')).toContain(
      `logged of ${BUFFERS.models} models and what ${RESERVES.length} processes took`,
    );
    expect(text.replace(/\s+/g, ' ')).toContain(
      'An estimated size follows from bits of a weight; what quantisation takes from the quality of answers is not known',
    );
    const read = await shown({ models: [GGUF], devices: ['pi-5'] });
    expect(read).toMatch(/exact\n/);
    expect(read).not.toContain('bits of a weight');
  });

  it('counts embeddings as a part of the weights', async () => {
    const [{ memory }] = (await ask({ models: ['qwen3-4b:q4_k_m'] })).predictions as [
      CapacityAnswer['predictions'][number],
    ];
    if (isMissing(memory)) throw new Error(memory.missing);
    // Tied: 151,936 vectors of 2,560 values, in the 6.5625 bits of an output matrix.
    expect(memory.embeddings).toBeCloseTo((151_936 * 2560 * 6.5625) / 8, 0);
    expect(memory.embeddings).toBeLessThan(memory.weights);
  });

  it('is shown as a table, with the reasons for what is not known', async () => {
    const answer = await ask({ models: ['llama-3.1-70b'], devices: ['rtx-3060'] });
    const text = renderBlocks('Capacity', capacityBlocks(reportOf(answer)), { columns: 160, color: false });
    expect(text).toContain('does not fit');
    expect(text).toContain('Whole answer: the model does not fit the device');
  });

  it('says what makes an interval of more than a factor of ten narrower', async () => {
    const textFor = async (device: string) => {
      const answer = await ask({ models: ['qwen3-4b'], devices: [device] });
      return renderBlocks('Capacity', capacityBlocks(reportOf(answer)), { columns: 2000, color: false });
    };
    const narrower = 'two minutes of `rightsize load -c 1,2,4` on the device';
    // The first token on a Raspberry Pi is known to a factor of twenty.
    expect(await textFor('pi-5')).toContain(narrower);
    expect(await textFor('rtx-4090')).not.toContain(narrower);
  });

  it('is answered for a model of models.json: from its weights, or from the published model of its repository', async () => {
    const entry = { class: 'slm', backend: 'llama-cpp' };
    const models = [
      { id: 'mine', ...entry, source: GGUF },
      { id: 'theirs', ...entry, source: 'hf:bartowski/Qwen_Qwen3-0.6B-GGUF:Q8_0' },
      { id: 'nobody', ...entry, source: 'hf:nobody/unheard-of:Q8_0' },
    ];
    const catalogue = join(folder, write('models.json', { models }));
    const { predictions } = await ask({ models: ['mine', 'theirs'], catalogue, devices: ['pi-5'] });
    const [published] = (await ask({ models: ['qwen3-0.6b:q8_0'], devices: ['pi-5'] })).predictions;
    expect(predictions.map(({ model }) => model)).toEqual(['mine', 'theirs']);
    expect(weightsOf(predictions[1]!)).toBe(weightsOf(published!));
    const asked = { models: ['nobody'], devices: ['pi-5'], prompt: 500, output: 100, catalogue };
    const environment = { HF_HUB_OFFLINE: '1', HF_HUB_CACHE: folder };
    await expect(capacity(asked, { cwd: folder, environment })).rejects.toThrow(
      'hf:nobody/unheard-of:Q8_0: not in the cache',
    );
  });
});

describe('what cannot be answered for one model or device is a row that says why', () => {
  const reasons = async (change: Partial<CapacityQuestion>) =>
    (await ask(change)).predictions.map(({ model, device, memory, load }) => [
      `${model}, ${device}`,
      isMissing(memory) ? memory.missing : load === undefined,
    ]);

  it('if several devices cannot share its heads', async () => {
    expect(await reasons({ models: ['smollm2-135m:f16', 'llama-3.1-8b:bf16'], devices: ['3xh100', 'h100'] })).toEqual([
      ['smollm2-135m:f16, 3xh100', true],
      ['smollm2-135m:f16, h100', true],
      ['llama-3.1-8b:bf16, 3xh100', expect.stringContaining('that 3 devices share evenly, found 32')],
      ['llama-3.1-8b:bf16, h100', true],
    ]);
  });

  it('if it was not made for the context', async () => {
    expect(await reasons({ models: ['phi-3-mini', 'qwen3-4b'], prompt: 5000 })).toEqual([
      ['phi-3-mini:q4_k_m, rtx-3060', expect.stringContaining('expected a context of at most 4096 tokens')],
      ['qwen3-4b:q4_k_m, rtx-3060', true],
    ]);
  });

  it('if its file does not tell its layers, or the hub does not answer', async () => {
    const unknown = write('unknown.json', { model_type: 'rwkv7', num_hidden_layers: 2, hidden_size: 64 });
    const question = { models: [unknown, 'hf:nobody/unheard-of:Q8_0', 'qwen3-4b'], devices: ['pi-5', 'l4'] };
    const environment = { HF_HUB_OFFLINE: '1', HF_HUB_CACHE: folder };
    const { predictions } = await capacity({ ...question, prompt: 500, output: 100 }, { cwd: folder, environment });
    expect(predictions.map(({ model, memory }) => [model, isMissing(memory)])).toEqual([
      [unknown, true],
      [unknown, true],
      ['hf:nobody/unheard-of:Q8_0', true],
      ['hf:nobody/unheard-of:Q8_0', true],
      ['qwen3-4b:q4_k_m', false],
      ['qwen3-4b:q4_k_m', false],
    ]);
  });

  it('if the engine does not run on the device, or no published row has several of it together', async () => {
    expect(await reasons({ devices: ['m4-pro', '2xrtx-4090', 'h100'], engine: 'trtllm' })).toEqual([
      ['phi-3-mini, m4-pro', expect.stringContaining('expected an engine that runs on m4-pro')],
      ['phi-3-mini, 2xrtx-4090', expect.stringContaining('no published row has several of them share a model')],
      ['phi-3-mini:bf16, h100', true],
    ]);
  });

  it('in the table, with the reason below it, and without a load', async () => {
    const load = { kind: { kind: 'concurrency' }, wanted: 2, headroom: 0.2 } as const;
    const answer = await ask({ models: ['phi-3-mini', 'smollm2-135m'], prompt: 5000, output: 10, load });
    expect(answer.predictions.map((one) => one.load !== undefined)).toEqual([false, true]);
    const text = renderBlocks('', capacityBlocks(reportOf(answer)), { columns: 160, color: false });
    expect(text.replace(/\s+/g, ' ').match(/phi-3-mini:q4_k_m: expected a context of at most/g)).toHaveLength(1);
    expect(text.replace(/\s+/g, ' ')).toContain('for prompts of 5,000 tokens and answers of 10 tokens.');
  });

  it('but a name that is unknown ends the command', async () => {
    await expect(ask({ models: ['qwen3-4b', 'qwen9'] })).rejects.toThrow('found "qwen9"');
    await expect(ask({ devices: ['l4', 'nothing'] })).rejects.toThrow('found "nothing"');
  });
});

describe('several devices for one model', () => {
  const large = { models: ['llama-3.1-70b:bf16'] };

  it('are named by their number, with or without a hyphen', async () => {
    const answer = await ask({ ...large, devices: ['4xh100', '2x-h200'] });
    expect(answer.predictions).toMatchObject([
      { device: '4xh100', engine: 'vllm', together: 4, tpot: { basis: 'pair' } },
      { device: '2xh200', engine: 'vllm', together: 2 },
    ]);
    const text = renderBlocks('', capacityBlocks(reportOf(answer)), { columns: 160, color: false }).replace(
      /\s+/g,
      ' ',
    );
    expect(text).toContain('4xh100: 4 devices that share each layer of the model (tensor parallel).');
  });

  it.each<[string, Partial<CapacityQuestion>, RegExp]>([
    [
      'that no published row has',
      { devices: ['2xl4'] },
      /--device 2xl4: .* no published row has several of them share a model; there are rows of .*h100/,
    ],
    [
      'that are too many',
      { devices: ['16xh100'] },
      /--device 16xh100: .* published rows have up to 8 devices share a model/,
    ],
    [
      'with an engine of which no row has them',
      { devices: ['2xh100'], engine: 'llama.cpp-cuda' },
      /--engine llama.cpp-cuda: .* for --device 2xh100; choose among vllm, sglang, trtllm$/,
    ],
    [
      'that do not share its heads',
      { devices: ['3xh100'] },
      /--model llama-3.1-70b:bf16: .* 3 devices share evenly, found 64; name another number/,
    ],
    [
      'that are not in the catalogue',
      { devices: ['2xh10'] },
      /--device: expected a device of the catalogue, found "2xh10"; did you mean h100\?/,
    ],
    [
      'that are one',
      { devices: ['1xh100'] },
      /^--device 1xh100: expected two devices or more in this notation, found 1; one is h100$/,
    ],
    [
      'that are none',
      { devices: ['0xh100'] },
      /^--device 0xh100: expected two devices or more in this notation, found 0; one is h100$/,
    ],
  ])('are refused if they are devices %s', async (_, change, sentence) => {
    await expect(ask({ ...large, ...change })).rejects.toThrow(sentence);
  });
});

describe('the lengths of a suite', () => {
  const prompt = { user: 'Write {{ word }} with as many small letters as there are in it.' };
  const task = { prompt, scorer: 'exact', generation: { maxTokens: 30 } };
  const samples = ['alpha', 'beta', 'gamma'].map((target) => ({ word: target, target }));
  const suite = () => write('words.yaml', { name: 'words', tasks: [{ name: 'write', samples, ...task }] });
  const asked = { prompt: undefined, output: undefined, devices: ['pi-5'] };

  it("are counted by the model's tokenizer, or said to be estimated", async () => {
    const graph = join(import.meta.dirname, '../../models/reference-slm/onnx/model.onnx');
    const answer = await ask({ ...asked, suite: suite(), models: [graph, 'qwen3-0.6b'] });
    const [counted, estimated] = answer.predictions.map(lengthsOf);
    expect(counted!.prompts).toMatchObject({ kind: 'suite', samples: 3, by: 'tokenizer' });
    expect(counted).toMatchObject({ output: 30, answers: { kind: 'limit' }, measured: 0 });
    // 58, 57 and 58 bytes are 20, 19 and 20 tokens, and a message is eight more.
    expect(estimated).toMatchObject({ prompt: expect.closeTo(27.67), prompts: { by: 'bytes' } });
    expect(counted!.prompt).not.toBe(estimated!.prompt);
    const text = renderBlocks('', capacityBlocks(reportOf(answer)), { columns: 160, color: false }).replace(
      /\s+/g,
      ' ',
    );
    expect(text).toContain('estimated: a token for every three bytes');
    expect(text).toContain('answers of 30 tokens on average (the most that the suite allows, an upper bound)');
  });

  it('take the answers of --output', async () => {
    const output = { kind: 'uniform', least: 4, most: 8 } as const;
    const [found] = (await ask({ ...asked, suite: suite(), output })).predictions;
    expect(found!.lengths).toMatchObject({ output: 6, answers: { kind: 'drawn', from: 'uniform:4,8' } });
  });

  it('are refused beside --prompt, and where nothing is answered in words', async () => {
    await expect(ask({ ...asked, suite: suite(), prompt: 5 })).rejects.toThrow(
      '--prompt: expected none beside --suite, which has prompts of its own',
    );
    const ranked = { ...task, ask: 'perplexity', prompt: { text: '{{ word }}' }, scorer: 'perplexity' };
    const name = write('ranked.yaml', { name: 'ranked', tasks: [{ name: 'rank', samples, ...ranked }] });
    await expect(ask({ ...asked, suite: name })).rejects.toThrow(/expected a task that a model answers in words/);
  });
});

describe('bad input ends with one sentence', () => {
  it.each<[string, Partial<CapacityQuestion>, RegExp]>([
    ['no model', { models: [] }, /--model: expected a model, found none/],
    ['no length of prompts', { prompt: undefined }, /--prompt: expected the tokens of a prompt, found none/],
    ['no length of answers', { output: undefined }, /--output: expected the tokens of an answer, found none/],
    [
      'an unknown model',
      { models: ['qwen9'] },
      /--model: expected a file, a folder or a published model, found "qwen9"/,
    ],
    ['an unknown storage', { models: ['qwen3-4b:q9'] }, /--model: expected a way to store weights .* found "q9"/],
    [
      'a device that is near another',
      { devices: ['rtx-4099'] },
      /--device: .* found "rtx-4099"; did you mean rtx-4090 or /,
    ],
    ['an unknown device', { devices: ['rtx4090'] }, /--device: .* found "rtx4090"; did you mean rtx-4090\?/],
    [
      'an engine that does not run on the device',
      { devices: ['m4-pro'], engine: 'trtllm' },
      /--engine trtllm: expected an engine that runs on m4-pro; choose among llama.cpp-cpu, llama.cpp-metal/,
    ],
    [
      'an engine of another maker',
      { devices: ['rtx-4090'], engine: 'llama.cpp-metal' },
      /--engine llama.cpp-metal: .* rtx-4090; choose among llama.cpp-cuda, llama.cpp-vulkan, vllm, sglang, trtllm$/,
    ],
    ['a context without room', { context: 50 }, /--context: expected room for 500 tokens of the prompt and 100/],
    ['a context that the model was not made for', { prompt: 5000 }, /expected a context of at most 4096 tokens/],
    ['a folder without a configuration', { models: [tmpdir()] }, /--model: expected a GGUF file, or a config.json/],
  ])('for %s', async (_, change, message) => {
    await expect(ask(change)).rejects.toThrow(message);
  });

  it('for weights in a way that is not known', async () => {
    const name = write('hqq.json', { model_type: 'llama', quantization_config: { quant_method: 'hqq' } });
    await expect(ask({ models: [name] })).rejects.toThrow(/hqq.json: quantization_config: .* found "hqq"; name a/);
  });

  it('for an architecture that is not known', async () => {
    const name = write('rwkv.json', {
      model_type: 'rwkv7',
      num_hidden_layers: 2,
      hidden_size: 64,
      num_attention_heads: 4,
      vocab_size: 10,
      dtype: 'bfloat16',
    });
    await expect(ask({ models: [name] })).rejects.toThrow(
      /model_type: expected an architecture whose layers are known, found "rwkv7"/,
    );
  });
});

describe('the list of devices', () => {
  it("has the catalogue with the user's own before it", async () => {
    const prices = write('own.json', {
      devices: [{ id: 'ws', name: 'workstation', memory: '64 GB', usable: 0.8, bandwidth: '80 GB' }],
    });
    const rows = await list('devices', { cwd: folder, prices });
    expect(rows[0]).toMatchObject({ id: 'ws', memoryGB: 64, bandwidthGBs: 80, kind: null, f16TFLOPS: null });
    expect(rows.length).toBeGreaterThan(100);
    expect(rows.map(({ id }) => id)).toEqual(expect.arrayContaining(['pi-5', 'm4-max', 'rtx-5090', 'h200']));
  });
});
