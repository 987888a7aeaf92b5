/** Answers computed side by side in one llama.cpp context: the same words, whoever comes, goes or fails meanwhile. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Session } from '../../src/backends/backend.js';
import { llamaCpp } from '../../src/backends/llama-cpp.js';
import { modelSchema } from '../../src/core/definition/model.js';
import { generationSchema } from '../../src/core/definition/suite.js';
import type { Chat } from '../../src/core/message.js';
import { describeWith, SHARED } from '../support/shared.js';
import { inF32 } from '../support/widen.js';
import { collect, contract } from './contract.js';

const SLM = 'models/trial-pair/slm-f16.gguf';
const RULES = 'Write a reply to the customer, in one sentence, and name the product. '.repeat(3);
const NAMES = ['Ivan Tran', 'Mia Okafor', 'Lena Fischer', 'Ravi Patel', 'Sara Lopez', 'Tom Berg', 'Yuki Sato'];

function entry(fields: Record<string, unknown>) {
  const model = modelSchema.parse({ id: 'm', backend: 'llama-cpp', threads: 1, ...fields });
  if (model.backend !== 'llama-cpp') throw new Error('expected a llama-cpp model');
  return model;
}

const prompts: readonly Chat[] = Array.from({ length: 21 }, (_, i) => ({
  messages: [
    { role: 'system', content: RULES },
    { role: 'user', content: `Customer ${NAMES[i % 7]} asks about the Delta mouse S${i * 7}. Action: callback.` },
  ],
}));
const LENGTH = { maxTokens: 10 };

async function askAll(session: Session, some = prompts): Promise<string[]> {
  const texts: string[] = [];
  for (const prompt of some) texts.push((await collect(session, prompt, LENGTH)).text);
  return texts;
}

describeWith([SLM], 'llama-cpp, several answers at once', () => {
  const context = { directory: SHARED, environment: {}, concurrency: 3 };
  contract('llama-cpp with a concurrency of 3', {
    backend: llamaCpp,
    model: entry(inF32(SLM)),
    broken: entry({ source: 'none.gguf' }),
    context,
    prompt: prompts[0]!,
  });
});

describeWith([SLM], 'llama-cpp, many prompts at once', () => {
  // Sums of a batch are rounded otherwise than those of one, so in f16 a near tie between two tokens can fall the other way.
  const exact = inF32(SLM);
  let alone: readonly string[];
  let session: Session;

  function open(concurrency: number, fields: Record<string, unknown> = {}): Promise<Session> {
    const context = { directory: SHARED, environment: {}, concurrency };
    return llamaCpp.open(entry({ ...exact, ...fields }), context, new AbortController().signal);
  }

  beforeAll(async () => {
    const one = await open(1);
    alone = await askAll(one);
    await one.close();
    session = await open(5);
  });
  afterAll(() => session.close());

  test('says how many it takes, and answers each as it would alone', async () => {
    expect(session.concurrency).toBe(5);
    const texts = await Promise.all(prompts.map(async (prompt) => (await collect(session, prompt, LENGTH)).text));
    expect(texts).toEqual(alone);
  });

  test('one that is aborted leaves the others as they are', async () => {
    const controller = new AbortController();
    const generation = { ...generationSchema.parse({}), ...LENGTH };
    const aborted = session.generate(prompts[0]!, generation, controller.signal)[Symbol.asyncIterator]().next();
    const others = Promise.all(
      prompts.slice(1, 9).map(async (prompt) => (await collect(session, prompt, LENGTH)).text),
    );
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    expect(await others).toEqual(alone.slice(1, 9));
    expect(await askAll(session, prompts.slice(0, 2))).toEqual(alone.slice(0, 2));
  });

  test('prompts that have no room beside each other wait for it', async () => {
    const narrow = await open(6, { context: 256 });
    const long = prompts.map(({ messages: [system, user] }) => ({
      messages: [
        { role: 'system' as const, content: '' },
        { ...user!, content: `${user!.content} ${system!.content}` },
      ],
    }));
    const texts = await Promise.all(long.map(async (prompt) => (await collect(narrow, prompt, LENGTH)).text));
    expect(texts.every((text) => text.length > 0)).toBe(true);
    await narrow.close();
  });

  test('closing ends what is under way with an error, and lets nothing in', async () => {
    const closing = await open(2);
    const answers = Promise.allSettled(prompts.slice(0, 6).map((prompt) => collect(closing, prompt, LENGTH)));
    await closing.close();
    for (const answer of await answers) expect(answer).toMatchObject({ status: 'rejected' });
    await expect(collect(closing, prompts[0]!, LENGTH)).rejects.toThrow('closed');
  });
});
