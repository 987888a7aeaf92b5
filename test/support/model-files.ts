/** The files of weights whose memory is held against what llama.cpp logs. Those that are not here are skipped. */
import { resolve } from 'node:path';
import { shared } from './shared.js';

export const FILES = [
  resolve('models/reference-slm/reference-slm-f16.gguf'),
  resolve('models/reference-llm/reference-llm-q8_0.gguf'),
  shared('models/stories/stories15M-q8_0.gguf'),
  shared('models/stories/stories260K-f32.gguf'),
  process.env.SMOLLM2 ?? '/var/tmp/SmolLM2-135M-Instruct.Q4_1.gguf',
  process.env.TINYLLAMA ?? '/var/tmp/tinyllama-1.1b-chat-v1.0.IQ2_XXS.gguf',
];
