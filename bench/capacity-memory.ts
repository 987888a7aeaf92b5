/**
 * What `llama-server` takes beside the weights, the cache and the buffers that `rightsize capacity` counts: the peak of a process that answered a
 * prompt as long as its slot, less the computed parts. It is the reserve of an engine on a CPU, and its range gives the interval of a predicted
 * memory (src/core/capacity/memory-interval.ts). RIGHTSIZE_LLAMA_SERVER names the program.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { readGguf } from '../src/backends/llama-cpp/gguf.js';
import { llamaCppMemory } from '../src/core/capacity/engine-memory.js';
import { shapeOfGguf } from '../src/core/capacity/gguf.js';
import { type Figure, type Part, type Skipped, spreadOf } from './part.js';
import { absent, GGUF, type Weights } from './weights.js';

const SETTINGS = [
  { context: 1024, slots: 1 },
  { context: 4096, slots: 4 },
] as const;
const BATCH = 512;
/** The share of a slot that the prompt takes. */
const FILLED = 0.75;
const PORT = 18_765;
const MB = 1e6;

export const capacityMemoryPart: Part = {
  about: 'the memory of llama-server beside weights, cache and buffers',
  async *measure({ pairs, wants }) {
    const program = process.env.RIGHTSIZE_LLAMA_SERVER;
    if (program === undefined) {
      yield { what: 'memory of llama-server', skipped: 'RIGHTSIZE_LLAMA_SERVER names no program' };
      return;
    }
    for (const weights of Object.values(GGUF).filter(({ name }) => wants(name))) {
      yield* reserveOf(weights, program, pairs);
    }
  },
};

async function* reserveOf(weights: Weights, program: string, readings: number): AsyncGenerator<Figure | Skipped> {
  const reason = absent(weights);
  if (reason !== null) {
    yield { what: weights.name, skipped: reason };
    return;
  }
  const shape = shapeOfGguf((await readGguf(weights.path)).content, weights.name);
  for (const setting of SETTINGS) {
    const parts = llamaCppMemory(shape, { ...setting, batch: BATCH, bytesOfValue: 2, flashAttention: true });
    const counted = parts.weights + parts.cache + parts.compute + parts.output;
    const beside: number[] = [];
    for (let n = 0; n < readings; n++) {
      const room = Math.min(setting.context / setting.slots, shape.maxContext ?? setting.context);
      beside.push(
        ((await peakOf({ program, file: weights.path, setting, prompt: Math.floor(FILLED * room) })) - counted) / MB,
      );
    }
    yield {
      what: `${weights.name}, ${setting.context} tokens in ${setting.slots} slots, beside ${Math.round(counted / MB)} MB`,
      unit: 'MB',
      ours: spreadOf(beside),
      goal: null,
    };
  }
}

interface Server {
  readonly program: string;
  readonly file: string;
  readonly setting: (typeof SETTINGS)[number];
  /** Tokens of the prompt. */
  readonly prompt: number;
}

/** @returns The peak resident bytes of a server that answered one long prompt. */
async function peakOf({ program, file, setting: { context, slots }, prompt: length }: Server): Promise<number> {
  const options = { '-m': file, '-c': context, '-np': slots, '-fa': 'on', '-ub': BATCH, '-t': 1, '--port': PORT };
  const server = spawn(
    program,
    Object.entries(options).flatMap(([name, value]) => [name, String(value)]),
    {
      stdio: 'ignore',
    },
  );
  try {
    await untilReady(server);
    const prompt = Array.from({ length }, (_, i) => 10 + (i % 50));
    const body = JSON.stringify({ prompt, n_predict: 16 });
    const answer = await fetch(`http://127.0.0.1:${PORT}/completion`, { method: 'POST', body });
    if (!answer.ok) throw new Error(`llama-server answered ${answer.status}: ${await answer.text()}`);
    await answer.text();
    const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))!;
    return Number(kilobytes) * 1024;
  } finally {
    const ended = once(server, 'exit');
    server.kill();
    await ended;
  }
}

async function untilReady(server: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 240 && server.exitCode === null; tries++) {
    const found = await fetch(`http://127.0.0.1:${PORT}/health`).catch(() => null);
    if (found?.ok) return;
    await pause(250);
  }
  throw new Error('llama-server did not come up');
}
