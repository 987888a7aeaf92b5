/** Draws two versions of a model whose true difference is known, as `ab` measures them: scores, and times in blocks of openings. */
import { ALONE, conditionText } from '../../src/core/definition/condition.js';
import { DISTRIBUTED, METRICS } from '../../src/core/measure/metrics.js';
import { missing } from '../../src/core/quantity.js';
import type { Compared } from '../../src/core/regress/evidence.js';
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

const ORDERS = [
  ['base', 'candidate', 'candidate', 'base'],
  ['candidate', 'base', 'base', 'candidate'],
] as const;

export function drawBlocks(times: Times, { slowdown }: Truth, random: Random): SpeedBlock[] {
  const steps = times.blocks * ORDERS[0].length;
  let step = 0;
  return Array.from({ length: times.blocks }, () => {
    const prompts = Array.from({ length: times.samplesOfBlock }, () => 0.3 * random.normal());
    const openings = { base: [] as number[][], candidate: [] as number[][] };
    for (const side of ORDERS[random.below(2)]!) {
      const level = times.drift * (step++ / steps) + times.opening * random.normal();
      openings[side].push(drawRequests(prompts, { level, side, slowdown }, times, random));
    }
    return prompts.map((_, i): BlockSample => {
      const read = (side: 'base' | 'candidate') => openings[side].map((requests) => timingsOf(requests[i]!));
      return { base: read('base'), candidate: read('candidate') };
    });
  });
}

function drawRequests(
  prompts: readonly number[],
  { level, side, slowdown }: { readonly level: number; readonly side: 'base' | 'candidate'; readonly slowdown: number },
  { request, spikes, autocorrelation }: Times,
  random: Random,
): number[] {
  const slower = side === 'candidate' ? Math.log(1 + slowdown) : 0;
  let noise = random.normal();
  return prompts.map((prompt) => {
    noise = autocorrelation * noise + Math.sqrt(1 - autocorrelation ** 2) * random.normal();
    // Slow requests have a Pareto tail.
    const spike =
      random.uniform() < spikes.share ? Math.log(spikes.factor) - Math.log(random.uniform() || 1e-9) / 3 : 0;
    return Math.exp(prompt + level + slower + request * noise + spike);
  });
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
          DISTRIBUTED.map((metric) => [metric, METRICS[metric].latency ? drawnFigures(metric, side) : NOT_DRAWN]),
        ) as Version['tasks'][number]['figures'],
      },
    ],
  };
}

/** Far enough apart that the least absolute change of a gate stands in no way. */
function drawnFigures(metric: string, side: 'base' | 'candidate') {
  const value = side === 'base' ? 1 : 2;
  const figure = { value, low: value, high: value };
  return { n: 1, late: 0, at: { mean: figure, median: figure, p90: figure, p95: figure, p99: figure }, metric };
}
