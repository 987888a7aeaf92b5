/**
 * What `test_prompt` and `test_gen` of llama-bench do, on our libraries, with nothing around it: any token, no sampling, no text. It runs
 * in a process of its own, as llama-bench does. Arguments: the weights, the number of threads. Each message is what to read, and is
 * answered with the rates.
 */
import { register } from 'node:module';
import type { Lengths, Rates } from './llama-cpp.js';

register('./built.mjs', import.meta.url);
const { createBatch } = await import('../src/backends/llama-cpp/batch.js');
const { shippedLibraries } = await import('../src/backends/llama-cpp/find-library.js');
const { openLibrary } = await import('../src/backends/llama-cpp/library.js');

const PROMPT = 128;
const [file = '', threads = '1'] = process.argv.slice(2);

const { llama, createThreadPool } = openLibrary(await shippedLibraries('cpu'));
const model = llama.model_load_from_file(file, { ...llama.model_default_params(), n_gpu_layers: 0 });
const settings = { n_ctx: 512, n_threads: Number(threads), n_threads_batch: Number(threads) };
const context = llama.init_from_model(model, { ...llama.context_default_params(), ...settings });
llama.attach_threadpool(context, createThreadPool(Number(threads)).pointer, null);
const vocabulary = llama.vocab_n_tokens(llama.model_get_vocab(model));
const batch = createBatch(PROMPT);

function read(position: number, count: number): void {
  const tokens = Array.from({ length: count }, (_, i) => ((position + i) * 7919) % vocabulary);
  batch.fill([{ sequence: 0, position, tokens, logits: 'last' }]);
  if (llama.decode(context, batch.struct) !== 0) throw new Error('llama.cpp computed nothing');
}

function forget(): void {
  llama.memory_seq_rm(llama.get_memory(context), 0, -1, -1);
}

function rate(tokens: number, work: () => void): number {
  const start = performance.now();
  work();
  return (1000 * tokens) / (performance.now() - start);
}

function rates({ answer, depth }: Lengths): Rates {
  forget();
  read(0, PROMPT);
  forget();
  const prefill = rate(PROMPT, () => read(0, PROMPT));
  forget();
  read(0, depth);
  const decode = rate(answer, () => {
    for (let token = 0; token < answer; token++) read(depth + token, 1);
  });
  return { prefill, decode };
}

process.on('message', (lengths: Lengths) => process.send!(rates(lengths)));
process.on('disconnect', () => process.exit());
