/**
 * Code of the program on one input after another, in a child process: what hangs it is ended from outside, and what it keeps from
 * one input to the next shows in its memory. The file of a part that is tried so calls `serve` where it is the child.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { plain } from '../src/core/report/text.js';
import type { Random } from '../src/core/stats/basics/random.js';
import { faultsIn } from './faults.js';
import { KEYS } from './keys.js';
import type { Trial } from './part.js';
import type { Limits } from './program.js';

const CHILD = 'fuzz-child';

/** What became of an input, and every text that a person could read of it. */
export interface Answer {
  readonly ended: string;
  readonly shown: readonly string[];
  readonly faults?: readonly string[];
}

export interface Tried<Input> {
  /** The file that calls `serve`. */
  readonly file: string;
  readonly limits: Limits;
  make(random: Random): Input;
  /** The input as people look at it. */
  describe(input: Input): string;
}

export async function inChild<Input>({ file, limits, make, describe }: Tried<Input>): Promise<Trial> {
  let child = await start(file);
  return {
    async attempt(random) {
      const input = make(random);
      const begun = performance.now();
      const answer = await answerOf(child, input, limits);
      const took = (performance.now() - begun) / 1000;
      const memory = peakOf(child);
      if ('broke' in answer || memory > limits.memory) {
        child.kill('SIGKILL');
        child = await start(file);
      }
      const { ended, faults } =
        'broke' in answer
          ? { ended: answer.broke, faults: [answer.broke] }
          : { ended: answer.ended, faults: faultsOf(answer) };
      const grown = memory > limits.memory ? [`it took more than ${limits.memory / 2 ** 20} MiB`] : [];
      return { ended, faults: [...faults, ...grown], took, memory, again: describe(input) };
    },
    async close() {
      child.kill('SIGKILL');
    },
  };
}

async function start(file: string): Promise<ChildProcess> {
  const child = fork(file, [CHILD], { env: { ...process.env, ...KEYS }, serialization: 'advanced' });
  await once(child, 'message');
  return child;
}

async function answerOf(child: ChildProcess, input: unknown, { time }: Limits): Promise<Answer | { broke: string }> {
  const done = new AbortController();
  child.send({ input });
  const answer = await Promise.race([
    once(child, 'message', { signal: done.signal }).then(([told]: Answer[]) => told!),
    once(child, 'exit', { signal: done.signal }).then(() => ({ broke: 'the process died' })),
    sleep(time * 1000, { broke: `no end within ${time} s` }, { signal: done.signal }),
  ]);
  done.abort();
  return answer;
}

function faultsOf({ shown, faults = [] }: Answer): readonly string[] {
  return [...faults, ...shown.flatMap(faultsIn)];
}

/** The high-water mark of its resident memory, bytes. */
function peakOf({ pid }: ChildProcess): number {
  try {
    return 1024 * Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** In the child: answers each input. Does nothing in the parent, which imports the same file. */
export function serve<Input>(answer: (input: Input) => Promise<Answer>): void {
  if (process.argv[2] !== CHILD) return;
  process.on('message', async ({ input }: { input: Input }) => {
    process.send!(await answer(input));
  });
  process.on('disconnect', () => process.exit());
  process.send!('ready');
}

/** What a piece of the program threw: in order if it is of a kind that has words for people, and else a fault. */
export function answerFor(error: unknown, expected: readonly (abstract new (...args: never[]) => Error)[]): Answer {
  if (!(error instanceof Error)) return { ended: 'something thrown', shown: [], faults: [`thrown: ${String(error)}`] };
  const ours = expected.some((kind) => error instanceof kind);
  const faults = ours
    ? []
    : [`${error.name}: ${error.message.slice(0, 160)} ${error.stack?.split('\n')[1]?.trim() ?? ''}`];
  // As the program prints it.
  return { ended: error.name, shown: [plain(error.message)], faults };
}
