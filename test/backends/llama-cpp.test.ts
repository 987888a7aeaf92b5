/** The llama-cpp backend on real GGUF files: the contract, then what is llama.cpp's own. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AutoModelForCausalLM, AutoTokenizer, env, type Tensor } from '@huggingface/transformers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Session } from '../../src/backends/backend.js';
import { PLAIN, templateWarnings } from '../../src/backends/chat-template.js';
import { llamaCpp } from '../../src/backends/llama-cpp.js';
import { modelSchema } from '../../src/core/definition/model.js';
import { UserError } from '../../src/core/errors.js';
import type { Chat } from '../../src/core/message.js';
import { describeWith, SHARED, shared } from '../support/shared.js';
import { splitGguf } from '../support/split-gguf.js';
import { inF32 } from '../support/widen.js';
import { collect, contract, numberIn } from './contract.js';

const PAIR = 'models/trial-pair';
const SLM = `${PAIR}/slm-f16.gguf`;
const ADAPTER = `${PAIR}/slm-lora-queues.gguf`;
const BASE = 'models/stories/stories260K-f32.gguf';
const context = { directory: SHARED, environment: {} };

function entry(fields: Record<string, unknown>) {
  const model = modelSchema.parse({ id: 'm', backend: 'llama-cpp', threads: 1, ...fields });
  if (model.backend !== 'llama-cpp') throw new Error('expected a llama-cpp model');
  return model;
}

function open(fields: Record<string, unknown>): Promise<Session> {
  return llamaCpp.open(entry(fields), context, new AbortController().signal);
}

function score(session: Session, context: string, continuations: readonly string[]) {
  return session.loglikelihood!({ context, continuations }, new AbortController().signal);
}

function furthest(these: readonly number[], those: readonly number[]): number {
  return Math.max(...those.map((value, i) => Math.abs(value - these[i]!)));
}

async function sentenceOf(opening: Promise<Session>): Promise<string> {
  const error = await opening.then(
    () => new Error('it opened'),
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(UserError);
  expect((error as Error).message).toMatch(/^[^\n]+$/);
  return (error as Error).message;
}

const REPLY: Chat = {
  messages: [
    { role: 'system', content: 'Write a reply to the customer.' },
    { role: 'user', content: 'Customer Ivan Tran asks about the Delta mouse S91. Action: callback.' },
  ],
};
const STORY: Chat = { messages: [{ role: 'user', content: 'Once upon a time, there was a little' }] };

describeWith([SLM], 'llama-cpp with a chat model', () => {
  const model = entry(inF32(SLM));
  contract('llama-cpp', { backend: llamaCpp, model, broken: entry({ source: 'none.gguf' }), context, prompt: REPLY });
});

describeWith([BASE], 'llama-cpp with a base model, which has no chat template and wants a first token', () => {
  const model = entry({ source: BASE });
  contract('llama-cpp', { backend: llamaCpp, model, broken: entry({ source: 'none.gguf' }), context, prompt: STORY });

  let session: Session;
  beforeAll(async () => {
    session = await open({ source: BASE, context: 300, kvCacheType: 'f32', flashAttention: false });
  });
  afterAll(() => session?.close());

  test('warns that there is no chat template', () => {
    expect(session.facts.warnings).toEqual(templateWarnings(PLAIN));
    expect(session.facts.chatTemplateHash).toEqual({ missing: expect.any(String) });
  });

  test('a context shorter than llama.cpp rounds it to is still the limit of prompt and answer', async () => {
    expect(session.facts.context).toEqual({ value: 300 });
    const { end } = await collect(session, STORY, { maxTokens: 1000, temperature: 1, seed: 3 });
    const tokens = [end.promptTokens, end.outputTokens].map((count) => ('value' in count ? count.value : 0));
    if (end.finish === 'length') expect(tokens[0]! + tokens[1]!).toBe(300);
    else expect(tokens[0]! + tokens[1]!).toBeLessThan(300);
  });

  test('the answer it gives is as likely when scored as when it was generated', async () => {
    const { pieces, text } = await collect(session, STORY, { maxTokens: 40 });
    // Decoding drops the space that a word of this vocabulary begins with.
    const [scored] = await score(session, STORY.messages[0]!.content, [` ${text}`]);
    const generated = pieces.flatMap((piece) => piece.logprobs ?? []).reduce((sum, logprob) => sum + logprob, 0);
    expect(scored).toMatchObject({ tokens: 40, greedy: true });
    expect(scored!.sum).toBeCloseTo(generated, 3);
  });

  test('scores more continuations than fit side by side, and longer ones than are scored at once', async () => {
    const long = ' They went to the park and saw a big tree.'.repeat(12);
    const words = [
      'girl',
      'boy who ran',
      'dog named Spot',
      'cat',
      'tree',
      'bird in the sky',
      'fish',
      'house by the sea',
    ];
    const continuations = [long, ...words.flatMap((word) => [` ${word}`, ` ${word} and`])];
    const together = await score(session, STORY.messages[0]!.content, continuations);
    expect(together[0]!.tokens).toBeGreaterThan(128);
    for (const [index, continuation] of continuations.entries()) {
      const [alone] = await score(session, STORY.messages[0]!.content, [continuation]);
      expect(together[index]!.sum).toBeCloseTo(alone!.sum, 3);
    }
  });

  test('drops the beginning of a text too long to score, and refuses a continuation that is', async () => {
    const story = 'The little dog ran to the park. ';
    const [whole] = await score(session, story.repeat(200), ['The dog was happy.']);
    const [cut] = await score(session, story.repeat(150), ['The dog was happy.']);
    expect(whole!.sum).toBeCloseTo(cut!.sum, 1);
    await expect(score(session, 'A', [story.repeat(100)])).rejects.toMatchObject({ kind: 'prompt-too-long' });
  });
});

describeWith([SLM, `${PAIR}/slm/onnx/model.onnx`], 'llama-cpp against the same weights in transformers.js', () => {
  type Forward = (inputs: { input_ids: Tensor; attention_mask: Tensor }) => Promise<{ logits: Tensor }>;
  let session: Session;
  let tokenizer: Awaited<ReturnType<typeof AutoTokenizer.from_pretrained>>;
  let onnx: Awaited<ReturnType<typeof AutoModelForCausalLM.from_pretrained>>;
  beforeAll(async () => {
    env.allowRemoteModels = false;
    env.localModelPath = shared(PAIR);
    tokenizer = await AutoTokenizer.from_pretrained('slm');
    onnx = await AutoModelForCausalLM.from_pretrained('slm', { dtype: 'fp32' });
    session = await open(inF32(SLM));
  });
  afterAll(async () => {
    await session?.close();
    await onnx?.dispose();
  });

  test('answers held-out prompts alike, token by token', async () => {
    const rows = readFileSync(shared(`${PAIR}/test.jsonl`), 'utf8')
      .trim()
      .split('\n');
    for (const line of rows.filter((_, index) => index % 30 === 0)) {
      const { system, user } = JSON.parse(line) as { system: string; user: string };
      const messages = [
        { role: 'system' as const, content: system },
        { role: 'user' as const, content: user },
      ];
      const inputs = tokenizer.apply_chat_template(messages, { add_generation_prompt: true, return_dict: true }) as {
        input_ids: Tensor;
      };
      const whole = (await onnx.generate({ ...inputs, max_new_tokens: 48, do_sample: false })) as Tensor;
      const promptTokens = inputs.input_ids.dims[1]!;
      const answer = (whole.tolist()[0] as bigint[]).slice(promptTokens);
      const { text, end } = await collect(session, { messages }, { maxTokens: 48 });
      expect(text).toBe(tokenizer.decode(answer, { skip_special_tokens: true }));
      expect(end.promptTokens).toEqual({ value: promptTokens, source: 'engine' });
    }
  });

  test('gives a continuation the same log-likelihood', async () => {
    const asked = 'Route the ticket to one queue. The invoice is wrong:';
    for (const continuation of [' billing', ' returns and refunds', ' I want my money back, please.']) {
      const inputs = tokenizer(asked + continuation) as { input_ids: Tensor; attention_mask: Tensor };
      const { logits } = await (onnx as unknown as Forward)(inputs);
      const ids = (inputs.input_ids.tolist()[0] as bigint[]).map(Number);
      const from = tokenizer.encode(asked).length;
      const rows = logits.tolist()[0] as number[][];
      const expected = ids.slice(from).reduce((sum, id, at) => sum + logSoftmax(rows[from + at - 1]!, id), 0);
      const [scored] = await score(session, asked, [continuation]);
      expect(scored!.tokens).toBe(ids.length - from);
      expect(scored!.sum).toBeCloseTo(expected, 3);
    }
  });
});

function logSoftmax(logits: readonly number[], index: number): number {
  const highest = Math.max(...logits);
  return logits[index]! - highest - Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - highest), 0));
}

describeWith([SLM, ADAPTER], 'llama-cpp with LoRA adapters', () => {
  const ticket: Chat = {
    messages: [
      { role: 'system', content: 'Route the ticket to one queue.' },
      { role: 'user', content: 'There is an extra amount on the invoice for H-93849. What can I do?' },
    ],
  };
  async function answer(fields: Record<string, unknown>): Promise<string> {
    const session = await open({ source: SLM, ...fields });
    try {
      return (await collect(session, ticket, { maxTokens: 8 })).text;
    } finally {
      await session.close();
    }
  }

  test('answers as the adapter taught, and as without it at scale 0', async () => {
    const plain = await answer({});
    expect(plain).toBe('billing');
    expect(await answer({ lora: [{ file: ADAPTER, scale: 0 }] })).toBe(plain);
    expect(await answer({ lora: [{ file: ADAPTER }] })).not.toBe(plain);
  });

  test('says how large the adapter is, which a second task costs in place of a second model', async () => {
    const session = await open({ source: SLM, lora: [{ file: ADAPTER }] });
    expect(session.facts.adapterBytes).toBe(statSync(shared(ADAPTER)).size);
    expect(session.facts.weights!.bytes).toBe(statSync(shared(SLM)).size + statSync(shared(ADAPTER)).size);
    await session.close();
  });

  test('says that a model is no adapter, and an adapter no model', async () => {
    expect(await sentenceOf(open({ source: SLM, lora: [{ file: SLM }] }))).toContain('of type adapter, found model');
    expect(await sentenceOf(open({ source: ADAPTER }))).toContain('found one of type adapter');
  });
});

describeWith([SLM], 'llama-cpp settings', () => {
  test('answers the same on two threads as on one', async () => {
    const [one, two] = [await open({ source: SLM }), await open({ source: SLM, threads: 2 })];
    const single = await collect(one, REPLY, { maxTokens: 12 });
    expect((await collect(two, REPLY, { maxTokens: 12 })).text).toBe(single.text);
    expect(two.facts.threads).toEqual({ value: 2 });
    await one.close();
    await two.close();
  });

  test('a second request at the same time, or after closing, is an error and no crash', async () => {
    const session = await open({ source: SLM });
    const both = [collect(session, REPLY, { maxTokens: 30 }), collect(session, REPLY, { maxTokens: 30 })];
    const outcomes = await Promise.allSettled(both);
    expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true);
    await session.close();
    await expect(collect(session, REPLY, { maxTokens: 3 })).rejects.toThrow();
  });

  test('a token that only begins a character is a piece without text, at its own time', async () => {
    const session = await open({ source: SLM });
    let silent = 0;
    for (const seed of [1, 2, 3, 4]) {
      const { pieces, end } = await collect(session, REPLY, { maxTokens: 200, temperature: 2, seed });
      silent += pieces.filter((piece) => piece.text === '').length;
      expect(end.outputTokens).toEqual({ value: pieces.length, source: 'engine' });
    }
    expect(silent).toBeGreaterThan(0);
    await session.close();
  });

  test('flash attention differs from attention without it by what rounding to f16 explains, on any CPU', async () => {
    const { source } = inF32(SLM);
    const answer = async (settings: { flashAttention: boolean | 'auto'; kvCacheType: 'f16' | 'f32' }) => {
      const session = await open({ source, ...settings });
      const { pieces, text, end } = await collect(session, REPLY, { maxTokens: 24 });
      await session.close();
      const length = [end.promptTokens, end.outputTokens].reduce((sum, count) => sum + numberIn(count), 0);
      return { text, length, logprobs: pieces.flatMap((piece) => piece.logprobs ?? []) };
    };
    const exact = await answer({ flashAttention: false, kvCacheType: 'f32' });
    const rounded = await answer({ flashAttention: false, kvCacheType: 'f16' });
    const flash = await answer({ flashAttention: true, kvCacheType: 'f32' });
    // Rounding the cache rounds each term of a sum over the keys once. Flash attention on a CPU also keeps the sum in f16
    // and rounds it after each key; n roundings go up and down, so they grow to sqrt(n) of one (Higham and Mary 2019, "A
    // new approach to probabilistic rounding error analysis"). What one rounding does to a log-probability is measured
    // here, on this CPU.
    const bound = Math.sqrt(exact.length) * furthest(rounded.logprobs, exact.logprobs);
    expect(flash.text).toBe(exact.text);
    expect(furthest(flash.logprobs, exact.logprobs)).toBeLessThan(bound);
    expect(flash).not.toEqual(exact);
    expect(await answer({ flashAttention: 'auto', kvCacheType: 'f32' })).toEqual(flash);
  });

  test('says that prompts of 64 tokens are read by other code, with flash attention alone', async () => {
    const cliffWith = async (settings: Record<string, unknown>) => {
      const { facts, close } = await open({ source: SLM, ...settings });
      await close();
      return facts.promptCliff;
    };
    expect(await cliffWith({})).toMatchObject({
      tokens: 64,
      remedy: expect.stringContaining('`flashAttention: false`'),
    });
    expect(await cliffWith({ flashAttention: false })).toBeUndefined();
    expect(await cliffWith({ kvCacheType: 'q8_0' })).toBeUndefined();
  });

  test('a quantised cache needs flash attention, and works with it', async () => {
    const refused = open({ source: SLM, kvCacheType: 'q8_0', flashAttention: false });
    expect(await sentenceOf(refused)).toContain('flashAttention');
    const session = await open({ source: SLM, kvCacheType: 'q8_0' });
    expect(session.facts.architecture?.bytesPerCachedValue).toBe(1.0625);
    expect((await collect(session, REPLY, { maxTokens: 4 })).text).not.toBe('');
    await session.close();
  });

  test('warns of a context longer than the model was trained on, and of more threads than cores', async () => {
    const session = await open({ source: SLM, context: 2048, threads: 64 });
    const warnings = session.facts.warnings.join('\n');
    expect(warnings).toContain('2048 tokens is longer than the 1024');
    expect(warnings).toContain('64 threads share');
    await session.close();
  });
});

describeWith([SLM], 'llama-cpp and files as they are found', () => {
  const whole = readFileSync(shared(SLM));
  const answerOf = async (source: string) => {
    const session = await open({ source });
    const { text } = await collect(session, REPLY, { maxTokens: 16 });
    await session.close();
    return { text, ...session.facts };
  };
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'rightsize-gguf-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test('a model in two files is one model, and a missing part is named', async () => {
    const names = ['m-00001-of-00002.gguf', 'm-00002-of-00002.gguf'].map((name) => join(directory, name));
    for (const [i, part] of splitGguf(whole).entries()) writeFileSync(names[i]!, part);
    const [one, two] = [await answerOf(shared(SLM)), await answerOf(names[0]!)];
    expect(two.text).toBe(one.text);
    expect(two.parameters).toBe(one.parameters);
    expect(two.weights!.files).toHaveLength(2);
    rmSync(names[1]!);
    expect(await sentenceOf(open({ source: names[0]! }))).toContain('m-00002-of-00002.gguf');
  });

  test('what llama.cpp warns of when it loads a file is a warning of the session', async () => {
    const source = join(directory, 'no-pre.gguf');
    writeFileSync(
      source,
      Buffer.from(whole.toString('latin1').replace('tokenizer.ggml.pre', 'tokenizer.ggml.prX'), 'latin1'),
    );
    const { warnings } = await answerOf(source);
    expect(warnings.join('\n')).toMatch(
      /^llama\.cpp warns: missing pre-tokenizer type, using: 'default'; GENERATION QUALITY WILL BE DEGRADED!/m,
    );
    expect((await answerOf(shared(SLM))).warnings.join('\n')).not.toContain('llama.cpp warns');
  });
});

describeWith([SLM], 'llama-cpp and damaged files', () => {
  const whole = readFileSync(shared(SLM));
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'rightsize-gguf-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  async function refusal(bytes: Uint8Array): Promise<string> {
    const source = join(directory, 'damaged.gguf');
    writeFileSync(source, bytes);
    return sentenceOf(open({ source }));
  }

  test.each([0, 3, 20, 5_000, 44_000, 50_000, 1_000_000, whole.length - 1])(
    'a file cut after %i bytes is refused in one sentence',
    async (length) => {
      expect(await refusal(whole.subarray(0, length))).toContain('damaged.gguf');
    },
  );

  test('a file of another kind is refused in one sentence', async () => {
    expect(await refusal(Buffer.from('<html>404 Not Found</html>'))).toContain('expected a GGUF file');
  });

  test('lengths that lie are refused in one sentence', async () => {
    for (const at of [8, 16, 24, 60]) {
      const lying = Uint8Array.from(whole);
      lying.fill(0xff, at, at + 8);
      expect(await refusal(lying)).toContain('damaged.gguf');
    }
  });

  test('a chat template that is no program is refused in one sentence', async () => {
    const text = whole.toString('latin1').replace('{%- for m in messages -%}', '{%- for m in messages %%}');
    expect(await refusal(Buffer.from(text, 'latin1'))).toContain('tokenizer.chat_template');
  });
});
