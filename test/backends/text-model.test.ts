/** What lies in a model's folder, as Hugging Face's libraries write it and as people leave it. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { templateHash } from '../../src/backends/chat-template.js';
import { readModelConfig } from '../../src/backends/huggingface/config.js';
import { readTextModel } from '../../src/backends/huggingface/text-model.js';
import { UserError } from '../../src/core/errors.js';

const WORDS = ['<unk>', '<s>', '</think>', 'rain', 'falls'];
const tokenizer = {
  version: '1.0',
  added_tokens: WORDS.slice(0, 3).map((content, id) => ({
    id,
    content,
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  })),
  normalizer: null,
  pre_tokenizer: { type: 'Whitespace' },
  post_processor: null,
  decoder: null,
  model: { type: 'WordLevel', vocab: Object.fromEntries(WORDS.map((word, id) => [word, id])), unk_token: '<unk>' },
};
const template = (mark: string) => `{% for m in messages %}${mark}{{ m.content }}{% endfor %}`;
const named = ['default', 'rag'].map((name) => ({ name, template: template(`<${name}>`) }));
const chat = { messages: [{ role: 'user' as const, content: 'rain' }] };

function folderWith(files: Readonly<Record<string, string | object>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-'));
  const all = { 'tokenizer.json': tokenizer, 'tokenizer_config.json': {}, ...files };
  for (const [name, content] of Object.entries(all)) {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

const open = (files: Readonly<Record<string, string | object>>, choice: object = {}) => {
  const directory = folderWith(files);
  return readTextModel(directory, { directory, ...choice });
};

describe('the chat template', () => {
  test.each<[string, Record<string, string | object>, string]>([
    ['chat_template.jinja', { 'chat_template.jinja': template('<jinja>') }, '<jinja>rain'],
    ['chat_template.json', { 'chat_template.json': { chat_template: template('<json>') } }, '<json>rain'],
    ['tokenizer_config.json', { 'tokenizer_config.json': { chat_template: template('<config>') } }, '<config>rain'],
    ['a list in it', { 'tokenizer_config.json': { chat_template: named } }, '<default>rain'],
    [
      'the newest of several',
      { 'chat_template.jinja': template('<jinja>'), 'chat_template.json': { chat_template: template('<json>') } },
      '<jinja>rain',
    ],
    ['nothing', {}, 'rain'],
  ])('is read from %s', (_, files, text) => {
    expect(open(files).template.render(chat)).toBe(text);
  });

  const withoutDefault = { 'tokenizer_config.json': { chat_template: named.slice(1) } };

  test('of a list without a default is named by the entry, or refused with the names', () => {
    expect(() => open(withoutDefault)).toThrow(UserError);
    expect(() => open(withoutDefault)).toThrow(/expected a chat template named "default", found rag; name one/);
    expect(open(withoutDefault, { chatTemplate: 'rag' }).template.render(chat)).toBe('<rag>rain');
  });

  test('may be a file or a text of the entry, and its hash says which', () => {
    const files = { 'chat_template.jinja': template('<own>'), 'mine.jinja': template('<mine>') };
    const byFile = open(files, { chatTemplate: 'mine.jinja' }).template;
    const byText = open(files, { chatTemplate: template('<mine>') }).template;
    expect(byFile.render(chat)).toBe('<mine>rain');
    expect(templateHash(byText)).toEqual(templateHash(byFile));
    expect(templateHash(open(files).template)).not.toEqual(templateHash(byFile));
  });

  test('with other variables has another hash', () => {
    const files = { 'chat_template.jinja': `${template('')}{{ enable_thinking }}` };
    const [on, off] = [true, false].map(
      (enable_thinking) => open(files, { chatTemplateVariables: { enable_thinking } }).template,
    );
    expect([on!.render(chat), off!.render(chat)]).toEqual(['rainTrue', 'rainFalse']);
    expect(templateHash(on!)).not.toEqual(templateHash(off!));
  });

  test('that is not there is one sentence', () => {
    expect(() => open(withoutDefault, { chatTemplate: 'no.jinja' })).toThrow(
      /chatTemplate: expected a Jinja file, or the name of one that came with the model \(rag\), but \S+no\.jinja: there is no such file$/,
    );
  });
});

describe('special tokens', () => {
  test('are text to filters and stop strings', () => {
    const { decode, specialToken } = open({});
    expect(decode([3, 2, 4])).toContain('</think>');
    expect(specialToken('</think>')).toBe(2);
    expect(decode([])).toBe('');
  });
});

describe('files that Python or Windows wrote', () => {
  const config =
    '{"max_position_embeddings": 64, "rope": NaN, "a": -Infinity, "text": "NaN and Infinity", "eos_token_id": 2}';

  test.each([
    ['NaN', config],
    ['a byte order mark', `\uFEFF${config.replace(/NaN,|-Infinity/g, (found) => (found === 'NaN,' ? '1,' : '1'))}`],
    ['both', `\uFEFF${config}`],
  ])('with %s in them are read', (_, text) => {
    expect(readModelConfig(folderWith({ 'config.json': text }))).toMatchObject({ context: 64, endTokens: [2] });
  });

  test('that are no JSON are one sentence', () => {
    expect(() => readModelConfig(folderWith({ 'config.json': '{"a": NaN' }))).toThrow(UserError);
  });
});
