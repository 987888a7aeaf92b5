/**
 * How much of llama.cpp's own speed reaches a measurement: the llama-cpp backend against upstream's `llama-bench` on the
 * same file, threads, prompt and answer lengths and depth. `LLAMA_BENCH` is the command that runs it, if it is not on the path.
 *
 * Its llama.cpp is of another build than ours, and compilers and versions differ by more than what we look for. So goals are ratios to
 * llama-bench's own loop on our libraries (any token, no sampling, no text), and the ratio to llama-bench is information.
 */
import { type ChildProcess, execFile, fork, type Serializable } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { physicalCores } from '../src/backends/cores.js';
import { COMPUTING } from '../src/worker/worker-process.js';
import { compared, type Figure, type Part, spreadOf } from './part.js';
import { type Lengths, type OurFacts, PROMPT, type Rates } from './rates.js';
import { absent, GGUF, type Weights } from './weights.js';

const run = promisify(execFile);

/** Goals are ratios to the loop on our libraries. The embedded pair is so small that bookkeeping shows. */
const SUBJECTS = [
  { weights: GGUF.slm, answer: 256, goal: 0.9 },
  { weights: GGUF.llm, answer: 256, goal: 0.9 },
  { weights: GGUF.stories, answer: 128, goal: 0.97 },
  { weights: GGUF.smolLm2, answer: 64, goal: 0.97 },
  { weights: GGUF.tinyLlama, answer: 32, goal: 0.97 },
] as const;
const THREADS = [...new Set([1, 2, physicalCores()])];
/** The default number of threads decodes at least at this share of the fastest one's rate. */
const DEFAULT_THREADS = 0.95;

/** Milliseconds in which the threads of the side before stop spinning. */
const REST = 1000;

export const llamaCppPart: Part = {
  about: 'decode and prefill rates of the llama-cpp backend, against llama-bench on the same file',
  async *measure({ pairs, wants }) {
    const command = (process.env.LLAMA_BENCH ?? 'llama-bench').split(' ');
    const reason = await run(command[0]!, [...command.slice(1), '--help']).then(
      () => null,
      () => `there is no ${command.join(' ')}; name the command in LLAMA_BENCH`,
    );
    if (reason !== null) yield { what: 'llama-bench', skipped: reason };
    for (const subject of SUBJECTS.filter(({ weights }) => wants(weights.name))) {
      const skipped = absent(subject.weights);
      if (skipped !== null) {
        yield { what: subject.weights.name, skipped };
        continue;
      }
      const rates = new Map<number, number>();
      for (const threads of THREADS) {
        const figures = await compare(reason === null ? command : null, subject, threads, pairs);
        rates.set(threads, figures[0]!.ours.median);
        yield* figures;
      }
      yield await defaultOf(subject.weights, rates);
    }
  },
};

/** How near the default number of threads comes to the best one. @param rates of decoding, by threads. */
async function defaultOf({ name, path }: Weights, rates: ReadonlyMap<number, number>): Promise<Figure> {
  await setTimeout(REST);
  const session = openOurs(path);
  const { threads } = await session.facts();
  session.close();
  return {
    what: `decode with the default of ${threads} ${threads === 1 ? 'thread' : 'threads'} to the best of ${[...rates.keys()].join(', ')}, ${name}`,
    unit: '',
    goal: { atLeast: DEFAULT_THREADS },
    ours: spreadOf([(rates.get(threads) ?? 0) / Math.max(...rates.values())]),
  };
}

/** @param command that of llama-bench; null where there is none. */
async function compare(
  command: readonly string[] | null,
  { weights, answer, goal }: (typeof SUBJECTS)[number],
  threads: number,
  count: number,
): Promise<Figure[]> {
  // A llama-bench in a container sees the folder of temporary files and not much else.
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-bench-'));
  const file = join(folder, basename(weights.path));
  copyFileSync(weights.path, file);
  try {
    const trios: { ours: Rates; upstream: Rates | null; bare: Rates }[] = [];
    for (let pair = 0; pair < count; pair++) {
      // Both sides are opened anew: the same loop on the same file differs by a fifth with the pages that its weights get (README.md).
      const [ours, bare] = [openOurs(file, threads), openBare(file, threads)];
      const { depth } = await ours.facts();
      const lengths = { answer, depth };
      trios.push({
        upstream: command && (await upstream(command, file, threads, lengths)),
        ours: await afterRest(() => ours.rates(lengths)),
        bare: await afterRest(() => bare.rates(lengths)),
      });
      ours.close();
      bare.close();
    }
    const sides = [
      { side: 'bare', against: 'its loop on our libraries', goal: { atLeast: goal } },
      ...(command === null ? [] : [{ side: 'upstream', against: 'llama-bench', goal: null } as const]),
    ] as const;
    return sides.flatMap(({ side, against, goal }) =>
      (['decode', 'prefill'] as const).map((rate) =>
        compared(
          trios.map((trio) => ({ ours: trio.ours[rate], theirs: trio[side]![rate] })),
          {
            what: `${rate}, ${weights.name}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
            unit: 'tokens/s',
            goal,
            against,
            better: 'more',
          },
        ),
      ),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function upstream(
  command: readonly string[],
  file: string,
  threads: number,
  { answer, depth }: Lengths,
): Promise<Rates> {
  const common = ['-m', file, '-t', String(threads), '-r', '1', '-fa', 'auto', '-o', 'json'];
  const test = async (...flags: string[]) => {
    const { stdout } = await run(command[0]!, [...command.slice(1), ...common, ...flags]);
    return (JSON.parse(stdout) as { avg_ts: number }[])[0]!.avg_ts;
  };
  return {
    prefill: await test('-p', String(PROMPT), '-n', '0'),
    decode: await test('-p', '0', '-n', String(answer), '-d', String(depth)),
  };
}

async function afterRest<T>(measure: () => Promise<T>): Promise<T> {
  await setTimeout(REST);
  return measure();
}

/** Our backend, in a process like that of a worker: see our-session.ts. @param threads the default when unsaid. */
function openOurs(file: string, threads?: number) {
  const child = forkSide('./our-session.ts', [file, ...(threads === undefined ? [] : [String(threads)])], COMPUTING);
  return {
    facts: () => ask<OurFacts>(child, 'facts'),
    rates: ({ answer }: Lengths) => ask<Rates>(child, { answer }),
    close: () => child.disconnect(),
  };
}

/** llama-bench's own loop on our libraries: see bare-loop.ts. */
function openBare(file: string, threads: number) {
  const child = forkSide('./bare-loop.ts', [file, String(threads)], []);
  return { rates: (lengths: Lengths) => ask<Rates>(child, lengths), close: () => child.disconnect() };
}

function forkSide(script: string, values: readonly string[], flags: readonly string[]): ChildProcess {
  const file = fileURLToPath(new URL(script, import.meta.url));
  return fork(file, values, { execArgv: [...process.execArgv, ...flags] });
}

async function ask<T>(child: ChildProcess, question: Serializable): Promise<T> {
  child.send(question);
  const [answer] = await once(child, 'message');
  return answer as T;
}
