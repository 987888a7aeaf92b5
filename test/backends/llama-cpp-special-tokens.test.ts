/**
 * A token in the middle of an answer is text, and a stop string that names it ends the answer, whatever kind of token the file says it is:
 * Magistral's [/THINK] and gpt-oss's <|channel|> are control tokens, </think> of others is one that users added.
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { llamaCpp } from '../../src/backends/llama-cpp.js';
import { modelSchema } from '../../src/core/definition/model.js';
import type { Chat } from '../../src/core/message.js';
import { ROOT } from '../support/cli.js';
import { collect } from './contract.js';

const FILE = readFileSync(join(ROOT, 'models/reference-slm/reference-slm-q8_0.gguf'));
const QUESTION: Chat = {
  messages: [
    { role: 'system', content: 'Write a reply to the customer.' },
    { role: 'user', content: 'Customer Ivan Tran asks about the Delta mouse S91. Action: callback.' },
  ],
};
const { signal } = new AbortController();

/** Where the values of an array of the file's metadata begin. */
function arrayAt(key: string): number {
  return FILE.indexOf(key, 0, 'latin1') + key.length + 4 + 4 + 8;
}

function tokenOf(wanted: string): number {
  let at = arrayAt('tokenizer.ggml.tokens');
  for (let id = 0; ; id++) {
    const length = Number(FILE.readBigUInt64LE(at));
    if (FILE.toString('utf8', at + 8, at + 8 + length) === wanted) return id;
    at += 8 + length;
  }
}

const KINDS = { normal: 1, control: 3, 'added by a user': 4 } as const;

/** The reference SLM, which holds that a token is of another kind. */
function open(token: string, kind: keyof typeof KINDS) {
  const bytes = Buffer.from(FILE);
  bytes.writeInt32LE(KINDS[kind], arrayAt('tokenizer.ggml.token_type') + 4 * tokenOf(token));
  const source = join(mkdtempSync(join(tmpdir(), 'rightsize-')), 'model.gguf');
  writeFileSync(source, bytes);
  const model = modelSchema.parse({ id: 'm', backend: 'llama-cpp', threads: 1, source });
  if (model.backend !== 'llama-cpp') throw new Error('expected a llama-cpp model');
  return llamaCpp.open(model, { directory: '/', environment: {} }, signal);
}

const plain = await llamaCpp
  .open(
    modelSchema.parse({
      id: 'm',
      backend: 'llama-cpp',
      threads: 1,
      source: join(ROOT, 'models/reference-slm/reference-slm-q8_0.gguf'),
    }) as never,
    { directory: '/', environment: {} },
    signal,
  )
  .then(async (session) => {
    const answer = await collect(session, QUESTION, { maxTokens: 12 });
    await session.close();
    return answer;
  });
/** Of the middle of the answer, and of no part of the question. The text of a special token stands in the file as it is. */
const TOKEN = plain.pieces
  .slice(2, -2)
  .map(({ text }) => text)
  .find((text) => /^[!-~]+$/.test(text) && !QUESTION.messages.some(({ content }) => content.includes(text)))!;
const AT = plain.text.indexOf(TOKEN);

describe.each(Object.keys(KINDS) as (keyof typeof KINDS)[])('a token that is %s', (kind) => {
  test('is part of the answer', async () => {
    const session = await open(TOKEN, kind);
    expect((await collect(session, QUESTION, { maxTokens: 12 })).text).toBe(plain.text);
    await session.close();
  });

  test.each([
    ['is the token', TOKEN],
    ['begins before it', plain.text.slice(AT - 2, AT + TOKEN.length)],
    ['goes on after it', plain.text.slice(AT, AT + TOKEN.length + 3)],
  ])('ends the answer where a stop string %s', async (_, stop) => {
    const session = await open(TOKEN, kind);
    const { text, end } = await collect(session, QUESTION, { maxTokens: 12, stop: [stop] });
    expect([text, end.finish]).toEqual([plain.text.slice(0, plain.text.indexOf(stop)), 'stop']);
    await session.close();
  });
});
