/** Draws two versions of a model whose true difference is known, as `ab` measures them: scores, and times in blocks of openings. */
import { ALONE, conditionText } from '../../src/core/definition/condition.js';
import { DISTRIBUTED } from '../../src/core/measure/metrics.js';
import { missing } from '../../src/core/quantity.js';
import type { Compared } from '../../src/core/regress/figures.js';
import type { BlockSample, SpeedBlock } from '../../src/core/regress/interleaved.js';
import { pairVersions } from '../../src/core/regress/pairs.js';
import type { Version, VersionSample } from '../../src/core/regress/version.js';
import type { Random } from '../../src/core/stats/basics/random.js';
import { drawSuite } from '../../src/core/stats/compare/power.js';

export interface Scores {
  readonly samples: number;
  readonly discordance: number;
  readonly clusterSize: number;
  readonly correlation: number;
  /** `graded` scores take any value; `noisy` answers change from one asking to the next. */
  readonly kind: 'right or wrong' | 'graded' | 'noisy';
}

/** How the time of a request varies, in standard deviations of its logarithm. */
export interface Times {
  readonly blocks: number;
  readonly samplesOfBlock: number;
  readonly opening: number;
  readonly request: number;
  /** Drift over the whole run, as a logarithm. */
  readonly drift: number;
  /** The share of requests that a busy machine slows down, and by which factor at least. */
  readonly spikes: { readonly share: number; readonly factor: number };
  /** How strongly the noise of a request depends on that of the one before. */
  readonly autocorrelation: number;
}

/** The true losses of the new version: points of quality, and shares by which times and memory grow. */
export interface Truth {
  readonly quality: number;
  readonly slowdown: number;
  readonly memory: number;
}

export const NO_CHANGE: Truth = { quality: 0, slowdown: 0, memory: 0 };

export interface Setting {
  readonly name: string;
  readonly scores: Scores;
  readonly times: Times;
}

/** A second look asks the samples of the first again, in the same blocks. */
export interface Drawn {
  readonly first: Compared;
  pooled(): Compared;
}

export function drawPair({ scores, times }: Setting, truth: Truth, random: Random): Drawn {
  const items = drawItems(scores, truth.quality, random);
  const look = () => ({
    answers: items.map((item) => answersOf(item, scores, random)),
    speed: drawBlocks(times, truth, random),
  });
  const first = look();
  const memory = { base: drawPeaks(1, times, random), candidate: drawPeaks(1 + truth.memory, times, random) };
  const groups = scores.clusterSize;
  return {
    first: comparedOf({ answers: [first.answers], blocks: first.speed, memory, groups }),
    pooled: () => {
      const second = look();
      return comparedOf({
        answers: [first.answers, second.answers],
        blocks: first.speed.map((block, b) => block.map((sample, s) => joined(sample, second.speed[b]![s]!))),
        memory,
        groups,
      });
    },
  };
}

interface Pair {
  readonly base: number;
  readonly candidate: number;
}

function drawItems(
  { samples, discordance, clusterSize, correlation, kind }: Scores,
  loss: number,
  random: Random,
): Pair[] {
  const { candidate, reference } = drawSuite(
    samples,
    {
      discordance: Math.max(discordance, loss, 1e-9),
      difference: -loss,
      clusterSize,
      intraclassCorrelation: correlation,
    },
    random,
  );
  return candidate.map((score, i) => {
    // A sample that both answer alike is wrong for both in a quarter of the cases.
    const isWrong = score === 1 && reference[i] === 1 && random.uniform() < 0.25;
    if (isWrong) return { base: 0, candidate: 0 };
    if (kind !== 'graded' || score !== reference[i]) return { base: reference[i]!, candidate: score };
    const shade = random.uniform();
    return { base: shade, candidate: Math.min(1, Math.max(0, shade + (random.uniform() - 0.5) * 0.02)) };
  });
}

/** How often a noisy answer is the other one. */
export const NOISE = 0.03;

function answersOf({ base, candidate }: Pair, { kind }: Scores, random: Random): Pair {
  if (kind !== 'noisy') return { base, candidate };
  const noisy = (score: number) => (random.uniform() < NOISE ? 1 - score : score);
  return { base: noisy(base), candidate: noisy(candidate) };
}

/** In each block two openings stand side by side twice, one of each version, and are asked in turns. */
const PAIRS_OF_OPENINGS = 2;

export function drawBlocks(times: Times, { slowdown }: Truth, random: Random): SpeedBlock[] {
  const steps = times.blocks * PAIRS_OF_OPENINGS * times.samplesOfBlock * 2;
  const machine = drawMachine(times, steps, random);
  const slower = { base: 0, candidate: Math.log(1 + slowdown) };
  return Array.from({ length: times.blocks }, () => {
    const samples = Array.from({ length: times.samplesOfBlock }, () => ({
      prompt: 0.3 * random.normal(),
      base: [] as BlockSample['base'][number][],
      candidate: [] as BlockSample['base'][number][],
    }));
    for (let pair = 0; pair < PAIRS_OF_OPENINGS; pair++) {
      const openings = { base: times.opening * random.normal(), candidate: times.opening * random.normal() };
      for (const { side, sample } of inTurns(samples, random)) {
        const level = sample.prompt + openings[side] + slower[side];
        sample[side].push(timingsOf(Math.exp(level + machine())));
      }
    }
    return samples.map(({ base, candidate }): BlockSample => ({ base, candidate }));
  });
}

const SAMPLES_OF_TURN = 4;

/** A few samples of one version, then the same of the other: A B B A. */
function* inTurns<Sample>(samples: readonly Sample[], random: Random) {
  const order = (['base', 'candidate'] as const).toSorted(() => random.uniform() - 0.5);
  for (let start = 0, turn = 0; start < samples.length; start += SAMPLES_OF_TURN, turn++) {
    for (const side of turn % 2 === 0 ? order : order.toReversed())
      for (const sample of samples.slice(start, start + SAMPLES_OF_TURN)) yield { side, sample };
  }
}

/** What the machine adds to the logarithm of the time of each request, in the order of time. */
function drawMachine({ request, spikes, autocorrelation, drift }: Times, steps: number, random: Random): () => number {
  let noise = random.normal();
  let step = 0;
  return () => {
    noise = autocorrelation * noise + Math.sqrt(1 - autocorrelation ** 2) * random.normal();
    // Slow requests have a Pareto tail.
    const spike =
      random.uniform() < spikes.share ? Math.log(spikes.factor) - Math.log(random.uniform() || 1e-9) / 3 : 0;
    return drift * (step++ / steps) + request * noise + spike;
  };
}

function timingsOf(seconds: number): BlockSample['base'][number] {
  return { ttft: 0.1 * seconds, e2e: seconds, decodeRate: 50 / seconds };
}

function joined(first: BlockSample, second: BlockSample): BlockSample {
  return { base: [...first.base, ...second.base], candidate: [...first.candidate, ...second.candidate] };
}

const PEAK = 1e9;

function drawPeaks(factor: number, { blocks }: Times, random: Random): Version['memory'] {
  const peaks = Array.from({ length: 2 * blocks }, () => PEAK * factor * (1 + 0.004 * random.normal())).sort(
    (a, b) => a - b,
  );
  return { median: peaks[blocks]!, min: peaks[0]!, max: peaks.at(-1)!, n: peaks.length };
}

interface Drawing {
  /** The answers of each look. */
  readonly answers: readonly (readonly Pair[])[];
  readonly blocks: readonly SpeedBlock[];
  readonly memory: { readonly base: Version['memory']; readonly candidate: Version['memory'] };
  readonly groups: number;
}

function comparedOf({ answers, blocks, memory, groups }: Drawing): Compared {
  const base = versionOf('base', { answers, groups, memory: memory.base });
  const candidate = versionOf('candidate', { answers, groups, memory: memory.candidate });
  return { base, candidate, paired: pairVersions(base, candidate), speed: { kind: 'interleaved', blocks } };
}

const NOT_DRAWN = missing('it was not drawn');

function versionOf(
  side: 'base' | 'candidate',
  { answers, groups, memory }: Pick<Drawing, 'answers' | 'groups'> & Pick<Version, 'memory'>,
): Version {
  const samples = answers[0]!.map(
    (_, i): VersionSample => ({
      id: `s${i}`,
      group: groups > 1 ? `g${Math.floor(i / groups)}` : null,
      hash: `${i}`,
      prompt: `${i}`,
      repetitions: answers.length,
      unscored: 0,
      score: answers.reduce((total, look) => total + look[i]![side], 0) / answers.length,
      cost: null,
      output: null,
    }),
  );
  return {
    run: 'drawn',
    model: 'model',
    name: null,
    commit: null,
    started: '2026-01-01T00:00:00.000Z',
    machine: { id: 'drawn', name: 'drawn' },
    facts: {},
    incomplete: null,
    memory,
    tasks: [
      {
        suite: 'drawn',
        name: 'task',
        scorer: '"exact"',
        condition: conditionText(ALONE),
        planned: samples.length * answers.length,
        recorded: samples.length * answers.length,
        samples,
        figures: Object.fromEntries(
          DISTRIBUTED.map((metric) => [metric, NOT_DRAWN]),
        ) as Version['tasks'][number]['figures'],
      },
    ],
  };
}
