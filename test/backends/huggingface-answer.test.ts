/** What an engine is given for a prompt: which special tokens stand in it, and who wrote them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openAnswer } from '../../src/backends/huggingface/answer.js';
import { readTextModel } from '../../src/backends/huggingface/text-model.js';
import { generationSchema } from '../../src/core/definition/suite.js';
import type { Prompt } from '../../src/core/message.js';

const BEGIN = 0;
const WORDS = ['<s>', '<user>', '<unk>', 'rain', 'falls'];

const folder = mkdtempSync(join(tmpdir(), 'rightsize-tokens-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A tokenizer of five words that begins every text with `<s>`, as those of Llama, Mistral and Gemma do. */
function textModel(chatTemplate: string | null) {
  const special = (id: number) => ({
    id,
    content: WORDS[id],
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  });
  const tokenizer = {
    version: '1.0',
    added_tokens: [special(0), special(1)],
    normalizer: null,
    pre_tokenizer: { type: 'Whitespace' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [],
      special_tokens: { '<s>': { id: '<s>', ids: [BEGIN], tokens: ['<s>'] } },
    },
    decoder: null,
    model: {
      type: 'WordPiece',
      vocab: Object.fromEntries(WORDS.map((word, id) => [word, id])),
      unk_token: '<unk>',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
    },
  };
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  const config = { bos_token: '<s>', ...(chatTemplate !== null && { chat_template: chatTemplate }) };
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(config));
  return readTextModel(folder, { directory: folder });
}

const TEMPLATE = '{{ bos_token }}{% for m in messages %}<user>{{ m.content }}{% endfor %}';
const TEXT: Prompt = { text: 'rain falls' };
const CHAT: Prompt = { messages: [{ role: 'user', content: 'rain falls' }] };

function tokensOf(prompt: Prompt, chatTemplate: string | null): readonly number[] {
  const generation = generationSchema.parse({});
  return openAnswer(textModel(chatTemplate), prompt, generation, { endTokens: [], context: 100 }).tokens;
}

test('a plain text begins with the token that begins texts, whether or not the model has a chat template', () => {
  expect(tokensOf(TEXT, null)).toEqual([BEGIN, 3, 4]);
  expect(tokensOf(TEXT, TEMPLATE)).toEqual([BEGIN, 3, 4]);
});

test('a chat has the special tokens that its template writes, each once', () => {
  expect(tokensOf(CHAT, TEMPLATE)).toEqual([BEGIN, 1, 3, 4]);
});

test('a chat that no template is laid over is a plain text', () => {
  expect(tokensOf(CHAT, null)).toEqual([BEGIN, 3, 4]);
});
