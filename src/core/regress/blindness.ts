/** The reasons why the gates of a comparison cannot judge at all. Each reason names the fault and its remedy. */
import type { GateDefinition } from '../definition/gate.js';
import { taskKey } from '../keys.js';
import type { Compared } from './figures.js';
import type { PairedTask } from './pairs.js';
import type { Version, VersionSample, VersionTask } from './version.js';

/** A gate judges nothing if more than this share of the trials has no score. */
const MOST_UNSCORED = 0.05;

export function blindness(compared: Compared, { prompts }: Pick<GateDefinition, 'prompts'>): readonly string[] {
  const { base, candidate, paired } = compared;
  return [
    ...incompleteness('base', base),
    ...incompleteness('new version', candidate),
    ...paired.lostTasks.map((task) => `the new version has no task ${task}: run the same suite, or make a new base`),
    ...paired.tasks.flatMap((task) => taskBlindness(task, prompts)),
    ...(paired.tasks.length === 0 ? ['the two versions share no task: run the same suite on both'] : []),
  ];
}

function incompleteness(side: string, { incomplete, tasks }: Version): readonly string[] {
  if (incomplete !== null)
    return [`the run of the ${side} is incomplete (${incomplete}): finish it with \`rightsize run --resume\``];
  return tasks.flatMap(({ suite, name, planned, recorded }) =>
    recorded >= planned && recorded > 0
      ? []
      : [`the ${side} has ${recorded} of ${planned} trials of ${taskKey(suite, name)}: finish the run, or run it anew`],
  );
}

function taskBlindness({ suite, name, base, candidate, pairs, lost }: PairedTask, prompts: string) {
  const key = taskKey(suite, name);
  const changed = pairs.filter((pair) => pair.base.prompt !== pair.candidate.prompt).length;
  const repeated = pairs.filter((pair) => pair.base.repetitions !== pair.candidate.repetitions).length;
  return [
    ...(lost.length > 0
      ? [`the new version lacks ${lost.length} of ${base.samples.length} samples of ${key}: run all of them`]
      : []),
    ...(changed > 0 && prompts === 'must stay'
      ? [`the prompts of ${changed} samples of ${key} differ: say \`prompts: may change\` where that is meant`]
      : []),
    ...(base.scorer === candidate.scorer ? [] : [`${key} has another scorer in the new version: make a new base`]),
    ...(base.condition === candidate.condition
      ? []
      : [`${key} ran under ${base.condition} and under ${candidate.condition}: measure both alike`]),
    ...(repeated > 0 ? [`${repeated} samples of ${key} were asked more often in one version: measure both alike`] : []),
    ...tooManyUnscored(`${key} in the base`, base),
    ...tooManyUnscored(`${key} in the new version`, candidate),
  ];
}

function tooManyUnscored(place: string, { samples }: VersionTask): readonly string[] {
  let [unscored, trials] = [0, 0];
  for (const sample of samples) {
    trials += sample.repetitions;
    unscored += sample.score === null ? sample.repetitions : sample.unscored;
  }
  return unscored > MOST_UNSCORED * trials
    ? [
        `${unscored} of ${trials} trials of ${place} have no score, and at most ${MOST_UNSCORED * 100}% may: mend what broke`,
      ]
    : [];
}

/** Scores that are none: nothing can be computed from them. A baseline is a file that people and programs may edit. */
export function damage({ base, candidate }: Pick<Compared, 'base' | 'candidate'>): readonly string[] {
  return [base, candidate].flatMap(({ tasks }) =>
    tasks.flatMap(({ suite, name, samples }) => {
      const wrong = samples.find((sample) => !isSound(sample));
      if (wrong === undefined) return [];
      const { id, score, repetitions, unscored } = wrong;
      return [
        `sample ${id} of ${taskKey(suite, name)} has a score of ${score} and ${unscored} of ${repetitions} repetitions unscored, which cannot be: make the file anew`,
      ];
    }),
  );
}

function isSound({ score, repetitions, unscored }: VersionSample): boolean {
  return (score === null || (score >= 0 && score <= 1)) && repetitions > 0 && unscored >= 0 && unscored <= repetitions;
}
