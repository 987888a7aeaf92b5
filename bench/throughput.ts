/**
 * How much sooner answers come when they are computed side by side: short answers to prompts that begin alike, as those of
 * most suites do. Both sides give the same prompts to sessions of the same model; greedy answers should be the same.
 */
import type { Session } from '../src/backends/backend.js';
import { llamaCpp } from '../src/backends/llama-cpp.js';
import { modelSchema } from '../src/core/definition/model.js';
import { type Chat, generationSchema } from '../src/core/definition/suite.js';
import { compared, type Part, spreadOf } from './part.js';
import { absent, GGUF, type Weights } from './weights.js';

const CONCURRENCY = 8;
/** One: on a machine that is not quiet, threads that wait for each other measure the neighbours. */
const THREADS = 1;
const PROMPTS = 48;
const GENERATION = { ...generationSchema.parse({}), maxTokens: 8 };
const RULES = 'Once upon a time there was a help desk that sorted every letter into one of four boxes. '.repeat(12);
const NAMES = ['Ivan Tran', 'Mia Okafor', 'Lena Fischer', 'Ravi Patel', 'Sara Lopez', 'Tom Berg', 'Yuki Sato'];

const SUBJECTS: readonly { readonly weights: Weights; readonly prompts: number }[] = [
  { weights: GGUF.slm, prompts: PROMPTS },
  { weights: GGUF.llm, prompts: PROMPTS },
  { weights: GGUF.stories, prompts: PROMPTS },
  { weights: GGUF.tinyLlama, prompts: 8 },
];

export const throughputPart: Part = {
  about: `answers a second, ${CONCURRENCY} side by side against one at a time, on one thread`,
  async *measure({ pairs: count }) {
    for (const { weights, prompts } of SUBJECTS) {
      const reason = absent(weights);
      if (reason !== null) {
        yield { what: weights.name, skipped: reason };
        continue;
      }
      const asked = Array.from({ length: prompts }, (_, i) => promptOf(i));
      const [alone, together] = [await open(weights, 1), await open(weights, CONCURRENCY)];
      try {
        const expected = (await answerAll(alone, asked.slice(0, 2), 1)).texts.concat();
        await answerAll(together, asked.slice(0, CONCURRENCY), CONCURRENCY);
        const pairs = [];
        const same: number[] = [];
        for (let pair = 0; pair < count; pair++) {
          const theirs = await answerAll(alone, asked, 1);
          const ours = await answerAll(together, asked, CONCURRENCY);
          pairs.push({ ours: prompts / ours.seconds, theirs: prompts / theirs.seconds });
          same.push(ours.texts.filter((text, i) => text === theirs.texts[i]).length / prompts);
          if (theirs.texts[0] !== expected[0]) throw new Error('one session answered one prompt in two ways');
        }
        yield compared(pairs, {
          what: `answers, ${weights.name}`,
          unit: 'a second',
          goal: { atLeast: 2.5 },
          against: 'one at a time',
          better: 'more',
        });
        yield {
          what: `the same greedy answers, ${weights.name}`,
          unit: '',
          ours: spreadOf(same),
          goal: { atLeast: 1 },
        };
      } finally {
        await alone.close();
        await together.close();
      }
    }
  },
};

async function open({ path }: Weights, concurrency: number): Promise<Session> {
  const model = modelSchema.parse({ id: 'm', backend: 'llama-cpp', source: path, threads: THREADS, context: 1024 });
  if (model.backend !== 'llama-cpp') throw new Error('expected a llama-cpp model');
  return llamaCpp.open(model, { directory: '/', environment: {}, concurrency }, new AbortController().signal);
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
  const askOn = async () => {
    for (const [i, prompt] of queue) texts[i] = await textOf(session, prompt);
  };
  await Promise.all(Array.from({ length: concurrency }, askOn));
  return { texts, seconds: session.now() - begin };
}

async function textOf(session: Session, prompt: Chat): Promise<string> {
  let text = '';
  for await (const event of session.generate(prompt, GENERATION, new AbortController().signal)) {
    if (event.kind === 'piece') text += event.text;
  }
  return text;
}
