/**
 * How much sooner answers come when they are computed side by side: short answers to prompts that begin alike, as those of
 * most suites do. Both sides give the same prompts to sessions of the same model; greedy answers should be the same.
 */
import type { Session } from '../src/backends/backend.js';
import { llamaCpp } from '../src/backends/llama-cpp.js';
import { onnxruntime } from '../src/backends/onnxruntime.js';
import { modelSchema } from '../src/core/definition/model.js';
import { generationSchema } from '../src/core/definition/suite.js';
import type { Chat } from '../src/core/message.js';
import { compared, type Figure, type Part, type Skipped, spreadOf } from './part.js';
import { absent, GGUF, inPlace, ONNX, type Weights } from './weights.js';

const CONCURRENCY = 8;
const THREADS = [1, 2];
const PROMPTS = 48;
const GENERATION = { ...generationSchema.parse({}), maxTokens: 8 };
const RULES = 'Once upon a time there was a help desk that sorted every letter into one of four boxes. '.repeat(12);
const NAMES = ['Ivan Tran', 'Mia Okafor', 'Lena Fischer', 'Ravi Patel', 'Sara Lopez', 'Tom Berg', 'Yuki Sato'];

interface Subject extends Weights {
  readonly backend: 'llama-cpp' | 'onnxruntime';
  readonly prompts: number;
}

async function* subjects(): AsyncGenerator<Subject | Skipped> {
  yield { ...GGUF.slm, backend: 'llama-cpp', prompts: PROMPTS };
  yield { ...GGUF.llm, backend: 'llama-cpp', prompts: PROMPTS };
  yield { ...GGUF.stories, backend: 'llama-cpp', prompts: PROMPTS };
  yield { ...GGUF.tinyLlama, backend: 'llama-cpp', prompts: 8 };
  yield { ...ONNX.slm, backend: 'onnxruntime', prompts: PROMPTS };
  yield { ...ONNX.llm, backend: 'onnxruntime', prompts: PROMPTS };
  for await (const made of inPlace(ONNX.llm)) {
    yield 'skipped' in made ? made : { ...made, backend: 'onnxruntime', prompts: PROMPTS };
  }
}

export const throughputPart: Part = {
  about: `answers a second, ${CONCURRENCY} side by side against one at a time`,
  async *measure({ pairs }) {
    for await (const subject of subjects()) {
      if ('skipped' in subject) {
        yield subject;
        continue;
      }
      const reason = absent(subject);
      if (reason !== null) yield { what: subject.name, skipped: reason };
      else for (const threads of THREADS) yield* await compare(subject, threads, pairs);
    }
  },
};

async function compare(subject: Subject, threads: number, count: number): Promise<Figure[]> {
  const { name, prompts } = subject;
  const on = `${name}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  const asked = Array.from({ length: prompts }, (_, i) => promptOf(i));
  const [alone, together] = [await open(subject, threads, 1), await open(subject, threads, CONCURRENCY)];
  try {
    const expected = (await answerAll(alone, asked.slice(0, 2), 1)).texts.concat();
    await answerAll(together, asked.slice(0, CONCURRENCY), CONCURRENCY);
    const pairs = [];
    const processor = [];
    const same: number[] = [];
    for (let pair = 0; pair < count; pair++) {
      const theirs = await answerAll(alone, asked, 1);
      const ours = await answerAll(together, asked, CONCURRENCY);
      pairs.push({ ours: prompts / ours.seconds, theirs: prompts / theirs.seconds });
      processor.push({ ours: (1000 * ours.processor) / prompts, theirs: (1000 * theirs.processor) / prompts });
      same.push(ours.texts.filter((text, i) => text === theirs.texts[i]).length / prompts);
      if (theirs.texts[0] !== expected[0]) throw new Error('one session answered one prompt in two ways');
    }
    const against = 'one at a time';
    return [
      compared(pairs, { what: `answers, ${on}`, unit: 'a second', goal: { atLeast: 2.5 }, against, better: 'more' }),
      compared(processor, { what: `processor time, ${on}`, unit: 'ms', goal: null, against, better: 'less' }),
      { what: `the same greedy answers, ${on}`, unit: '', ours: spreadOf(same), goal: { atLeast: 1 } },
    ];
  } finally {
    await alone.close();
    await together.close();
  }
}

function open({ path: source, backend }: Subject, threads: number, concurrency: number): Promise<Session> {
  const model = modelSchema.parse({ id: 'm', backend, source, threads, context: 1024 });
  const context = { directory: '/', environment: {}, concurrency };
  const { signal } = new AbortController();
  if (model.backend === 'llama-cpp') return llamaCpp.open(model, context, signal);
  if (model.backend === 'onnxruntime') return onnxruntime.open(model, context, signal);
  throw new Error(`expected a backend of this process, found ${model.backend}`);
}

function promptOf(i: number): Chat {
  const content = `Letter ${i} of ${NAMES[i % NAMES.length]}: my parcel ${i * 7} is late and I paid ${i} times.`;
  return {
    messages: [
      { role: 'system', content: RULES },
      { role: 'user', content },
    ],
  };
}

async function answerAll(session: Session, prompts: readonly Chat[], concurrency: number) {
  const texts: string[] = [];
  const queue = prompts.entries();
  const begin = session.now();
  const before = process.cpuUsage();
  const askOn = async () => {
    for (const [i, prompt] of queue) texts[i] = await textOf(session, prompt);
  };
  await Promise.all(Array.from({ length: concurrency }, askOn));
  const { user, system } = process.cpuUsage(before);
  return { texts, seconds: session.now() - begin, processor: (user + system) / 1e6 };
}

async function textOf(session: Session, prompt: Chat): Promise<string> {
  let text = '';
  for await (const event of session.generate(prompt, GENERATION, new AbortController().signal)) {
    if (event.kind === 'piece') text += event.text;
  }
  return text;
}
