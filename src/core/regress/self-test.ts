/**
 * Does a gate go red at all? The self-test makes a copy of the new version worse by far: it is slower, larger and dearer, and half of
 * its right answers are wrong. Every gate must then be red. A gate that stays green cannot be trusted when it is green.
 */
import { SPEED_METRICS } from '../measure/metrics.js';
import { isMissing } from '../quantity.js';
import type { Compared, SpeedBasis } from './figures.js';
import type { BlockSample } from './interleaved.js';
import { betterOf } from './loss.js';
import { pairVersions } from './pairs.js';
import type { Figures, Version, VersionTask } from './version.js';

/** Times take this much longer, memory and costs grow by as much. */
const FACTOR = 3;

export function injectLoss({ base, candidate, speed }: Compared): Compared {
  const worse = worseVersion(candidate);
  return { base, candidate: worse, paired: pairVersions(base, worse), speed: worseSpeed(speed) };
}

function worseVersion(version: Version): Version {
  const { memory } = version;
  const grown = isMissing(memory)
    ? memory
    : { ...memory, median: memory.median * FACTOR, min: memory.min * FACTOR, max: memory.max * FACTOR };
  return { ...version, memory: grown, tasks: version.tasks.map(worseTask) };
}

function worseTask(task: VersionTask): VersionTask {
  const figures = { ...task.figures };
  for (const metric of SPEED_METRICS) {
    const found = figures[metric];
    if (!isMissing(found)) figures[metric] = scaled(found, factorOf(metric));
  }
  return {
    ...task,
    figures,
    samples: task.samples.map((sample, i) => ({
      ...sample,
      score: i % 2 === 0 && sample.score !== null ? 0 : sample.score,
      cost: sample.cost === null ? null : sample.cost * FACTOR,
    })),
  };
}

function factorOf(metric: (typeof SPEED_METRICS)[number]): number {
  return betterOf(metric) === 'higher' ? 1 / FACTOR : FACTOR;
}

function scaled({ at, ...rest }: Figures, factor: number): Figures {
  const levels = Object.entries(at).map(([level, figure]) => [
    level,
    isMissing(figure) ? figure : { value: figure.value * factor, low: figure.low * factor, high: figure.high * factor },
  ]);
  return { ...rest, at: Object.fromEntries(levels) as Figures['at'] };
}

function worseSpeed(speed: SpeedBasis): SpeedBasis {
  if (speed.kind !== 'interleaved') return speed;
  return {
    ...speed,
    blocks: speed.blocks.map((block) =>
      block.map(({ base, candidate }): BlockSample => ({ base, candidate: candidate.map(slower) })),
    ),
  };
}

function slower(timings: BlockSample['candidate'][number]): BlockSample['candidate'][number] {
  return Object.fromEntries(
    SPEED_METRICS.flatMap((metric) => {
      const value = timings[metric];
      return value === undefined ? [] : [[metric, value * factorOf(metric)]];
    }),
  );
}
