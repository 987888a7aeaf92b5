import { describe, expect, it } from 'vitest';
import { arrivalsOf, type SimulatedRequest } from '../../../../src/core/capacity/simulate/arrivals.js';
import type { CacheRule, Scheduler } from '../../../../src/core/capacity/simulate/scheduler.js';
import { serve } from '../../../../src/core/capacity/simulate/server.js';
import type { StepTimes } from '../../../../src/core/capacity/simulate/step-times.js';
import { createRandom } from '../../../../src/core/stats/basics/random.js';
import { timesOf } from './times.js';

interface Asked {
  readonly due: number;
  readonly prompt: number;
  readonly output: number;
}

interface Served {
  readonly first: number;
  readonly end: number;
  readonly output: number;
  readonly outcome: string;
}

/** What became of each request, in the order in which they were due. */
function served(asked: readonly Asked[], times: StepTimes, rules: Partial<Scheduler>): Served[] {
  const found: Served[] = [];
  const arrivals = arrivalsOf(
    { kind: 'due', times: () => asked.map(({ due }) => due)[Symbol.iterator](), ceiling: null },
    { requests: asked.length, lengths: asked[Symbol.iterator]() },
  );
  serve(
    arrivals,
    times,
    { slots: 8, batchTokens: 1000, prompts: 'mixed', cache: { kind: 'divided', tokensOfSlot: 1000 }, ...rules },
    {
      isDecided: false,
      stretch: () => {},
      ended: ({ index, first, output }: SimulatedRequest, end, outcome) => {
        found[index] = { first, end, output, outcome };
      },
    },
  );
  return found;
}

const TIMES = timesOf({ pass: 1, sequence: 0.5, read: 0.1 });

describe('a simulated engine', () => {
  it('gives a lone request its prompt in one step and a token in each further step', () => {
    const [only] = served([{ due: 3, prompt: 20, output: 4 }], TIMES, {});
    expect(only).toEqual({ first: 3 + 1 + 2, end: 6 + 3 * 1.5, output: 4, outcome: 'answered' });
  });

  it('lets decoding sequences wait for the prompt that is read beside them', () => {
    const [first, second] = served(
      [
        { due: 0, prompt: 10, output: 3 },
        { due: 2.5, prompt: 20, output: 1 },
      ],
      TIMES,
      {},
    );
    // 0 to 2: the first prompt. 2 to 3.5: a token. 3.5 to 7: a token beside the second prompt.
    expect(first).toMatchObject({ first: 2, end: 7 });
    expect(second).toMatchObject({ first: 7, end: 7 });
  });

  it('gives no token while a blocking engine reads prompts', () => {
    const [first, second] = served(
      [
        { due: 0, prompt: 10, output: 3 },
        { due: 2.5, prompt: 20, output: 1 },
      ],
      TIMES,
      { prompts: 'blocking' },
    );
    expect(first).toMatchObject({ first: 2, end: 3.5 + 3 + 1.5 });
    expect(second).toMatchObject({ first: 6.5, end: 6.5 });
  });

  it('reads a long prompt in pieces as long as a step allows', () => {
    const [long] = served([{ due: 0, prompt: 25, output: 1 }], TIMES, { batchTokens: 10 });
    expect(long!.first).toBeCloseTo(3 * 1 + 2.5, 12);
  });

  it('makes requests wait for a slot, in the order in which they came', () => {
    const asked = [0, 0.1, 0.2].map((due) => ({ due, prompt: 10, output: 1 }));
    expect(served(asked, TIMES, { slots: 1 }).map(({ first }) => first)).toEqual([2, 4, 6]);
  });

  it('cuts an answer that fills its slot, and refuses a prompt that leaves no room', () => {
    const asked = [
      { due: 0, prompt: 10, output: 50 },
      { due: 0, prompt: 16, output: 5 },
    ];
    const [cut, refused] = served(asked, TIMES, { cache: { kind: 'divided', tokensOfSlot: 16 } });
    expect(cut).toMatchObject({ outcome: 'cut', output: 6 });
    expect(refused).toMatchObject({ outcome: 'failed' });
  });

  it('preempts the youngest when the cache is full, and reads it again later', () => {
    const asked = [
      { due: 0, prompt: 10, output: 20 },
      { due: 0, prompt: 10, output: 20 },
    ];
    const times = timesOf({ pass: 1 });
    const [first, second] = served(asked, times, { cache: { kind: 'shared', tokens: 40, whenFull: 'preempt' } });
    // Both prompts take step 1; then each step adds two tokens, until 22 + 2 x 9 = 40. The first has 10 tokens, and needs 10 more.
    expect(first).toMatchObject({ first: 1, end: 20, output: 20, outcome: 'answered' });
    // The second had 10 tokens too. It is read again when the first has left, and needs 10 more.
    expect(second).toMatchObject({ first: 1, end: 30, output: 20, outcome: 'answered' });
  });

  it('starts no request that the cache may not hold to its end, by the rule of reserving', () => {
    const asked = [
      { due: 0, prompt: 10, output: 20 },
      { due: 0, prompt: 10, output: 20 },
    ];
    const times = timesOf({ pass: 1 });
    const [first, second] = served(asked, times, { cache: { kind: 'shared', tokens: 40, whenFull: 'reserve' } });
    expect([first!.end, second!.first, second!.end]).toEqual([20, 21, 40]);
  });

  it('fails all that are under way when a shared context of llama-server is full', () => {
    const asked = [
      { due: 0, prompt: 10, output: 20 },
      { due: 0, prompt: 10, output: 20 },
      { due: 30, prompt: 10, output: 2 },
    ];
    const found = served(asked, timesOf({ pass: 1 }), { cache: { kind: 'shared', tokens: 40, whenFull: 'fail' } });
    expect(found.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'answered']);
  });

  it('begins a request after the seconds that it spends outside of steps', () => {
    const [only] = served([{ due: 1, prompt: 10, output: 1 }], { ...TIMES, request: 0.25 }, {});
    expect(only!.first).toBe(1 + 0.25 + 2);
  });
});

/** The same engine, step by step and without a shortcut. */
function stepByStep(
  asked: readonly Asked[],
  times: StepTimes,
  { slots, batchTokens, cache, prompts }: Scheduler,
): number[][] {
  const jobs = asked.map((one) => ({ ...one, read: 0, made: 0, first: -1, end: -1 }));
  let now = 0;
  let running: (typeof jobs)[number][] = [];
  for (let next = 0; next < jobs.length || running.length > 0; ) {
    const reserved = () => running.reduce((sum, { prompt, output }) => sum + prompt + output, 0);
    while (next < jobs.length && jobs[next]!.due <= now && running.length < slots) {
      const { prompt, output } = jobs[next]!;
      if (cache.kind === 'shared' && running.length > 0 && reserved() + prompt + output > cache.tokens) break;
      running.push(jobs[next++]!);
    }
    if (running.length === 0) {
      now = jobs[next]!.due;
      continue;
    }
    const reading = running.filter(({ read, prompt }) => read < prompt);
    const decoding = prompts === 'blocking' && reading.length > 0 ? [] : running.filter(({ made }) => made > 0);
    let [free, tokens] = [batchTokens - decoding.length, 0];
    let seconds = decoding.reduce((sum, job) => sum + times.sequence + times.cached * (job.prompt + job.made), 0);
    const pieces: (readonly [(typeof jobs)[number], number])[] = [];
    for (const job of reading) {
      const left = job.prompt - job.read;
      if (free <= 0 || (prompts === 'blocking' && tokens > 0 && left > free)) break;
      const piece = prompts === 'blocking' ? left : Math.min(left, free);
      seconds += times.read(piece, job.read);
      pieces.push([job, piece]);
      free -= piece;
      tokens += piece;
    }
    if (decoding.length > 1 && tokens === 0) seconds += times.several;
    now += seconds + times.pass(tokens + decoding.length);
    for (const job of decoding) job.made++;
    for (const [job, piece] of pieces) {
      job.read += piece;
      if (job.read < job.prompt) continue;
      job.made = 1;
      job.first = now;
    }
    for (const job of running) if (job.made === job.output) job.end = now;
    running = running.filter(({ end }) => end < 0);
  }
  return jobs.map(({ first, end }) => [first, end]);
}

describe('jumps from event to event', () => {
  const caches: readonly CacheRule[] = [
    { kind: 'divided', tokensOfSlot: 500 },
    { kind: 'shared', tokens: 600, whenFull: 'reserve' },
  ];
  it.each(
    caches.flatMap((cache) => (['mixed', 'blocking'] as const).map((prompts) => [cache.kind, prompts, cache] as const)),
  )('give the times of single steps (%s cache, %s prompts)', (_, prompts, cache) => {
    for (let seed = 0; seed < 20; seed++) {
      const random = createRandom(seed);
      let due = 0;
      const asked = Array.from({ length: 60 }, () => {
        due += random.below(4) === 0 ? 0 : random.uniform() * 3;
        return { due, prompt: 1 + random.below(120), output: 1 + random.below(60) };
      });
      const times = timesOf({ pass: 0.05, sequence: 0.01, several: 0.02, cached: 0.0001, read: 0.002 });
      const rules: Scheduler = { slots: 1 + random.below(6), batchTokens: 64, prompts, cache };
      const found = served(asked, times, rules).map(({ first, end }) => [first, end]);
      for (const [i, [first, end]] of stepByStep(asked, times, rules).entries()) {
        expect(found[i]![0]).toBeCloseTo(first!, 8);
        expect(found[i]![1]).toBeCloseTo(end!, 8);
      }
    }
  });
});
