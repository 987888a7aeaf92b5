/** The scenarios of the table: suites whose truth is known, judged by `recommend()` itself. */
import type { Rule } from '../src/core/recommend/cascade/rule.js';
import { normalCdf } from '../src/core/stats/basics/normal.js';
import type { Random } from '../src/core/stats/basics/random.js';
import { drawPairs, groupsOf, type Pair, type Shape } from './draw.js';
import type { Answer, DrawnSuite, DrawnTask } from './suite.js';

export interface Scenario {
  readonly name: string;
  /** Whether the SLMs truly fit a task; `at the margin` they neither fit nor are worse by more. */
  readonly truth: Truth | ((task: string) => Truth);
  /** Whether a cascade would truly be right, or one with this rule. */
  readonly cascade: 'right' | 'wrong' | ((rule: Rule) => 'right' | 'wrong');
  /** Whether the run stops when it is sure. */
  readonly isSequential?: boolean;
  /** SLMs that do not fit a task that another SLM fits. */
  readonly unfit?: readonly string[];
  draw(random: Random): DrawnSuite;
}

export type Truth = 'fits' | 'needed' | 'at the margin';

interface Plan {
  readonly name: string;
  readonly truth: Truth;
  readonly shape: Shape;
  readonly margin: number;
  readonly tasks?: number;
  readonly slms?: number;
  readonly untilSure?: boolean;
  readonly limits?: object;
}

const even = (groups: number, size: number) => Array<number>(groups).fill(size);
const alone = (n: number) => even(n, 1);

/** SLMs against one LLM, all drawn alike and independently of each other given the LLM. */
function scenario({ name, truth, shape, margin, tasks = 1, slms = 1, untilSure = false, limits = {} }: Plan): Scenario {
  return {
    name,
    truth,
    cascade: 'wrong',
    isSequential: untilSure,
    draw: (random) => ({
      requirement: { margin, limits },
      large: ['large'],
      tasks: Array.from({ length: tasks }, (_, i) => taskOf(`t${i}`, shape, { slms, random })),
      ...(untilSure && { settings: { untilSure: { firstRound: 25, budget: null } } }),
    }),
  };
}

function taskOf(
  name: string,
  shape: Shape,
  { slms, random }: { readonly slms: number; readonly random: Random },
): DrawnTask {
  const answers: Record<string, readonly Answer[]> = {};
  const pairs = drawPairs(shape, random);
  answers.large = pairs.map(({ large }) => ({ score: large }));
  answers.small0 = pairs.map(({ small }) => ({ score: small }));
  // A further SLM loses and wins on other samples, with the same true difference to the same LLM.
  for (let i = 1; i < slms; i++) {
    const others = drawPairs(shape, random);
    answers[`small${i}`] = pairs.map(({ large }, k) => ({ score: differenceTo(large, others[k]!) }));
  }
  return { name, groups: groupsOf(shape), answers };
}

function differenceTo(large: number, { small, large: other }: Pair): number {
  return Math.min(1, Math.max(0, large + small - other));
}

const losses: Pick<Shape, 'win' | 'together'> = { win: 0, together: 0 };

export const ERRORS: readonly Scenario[] = [
  ...[1, 3, 8].map((tasks) =>
    scenario({
      name: `0/1, 100 samples, ${tasks} task(s) at the margin`,
      truth: 'at the margin',
      margin: 0.1,
      tasks,
      shape: { sizes: alone(100), win: 0.05, loss: 0.15, together: 0, kind: 'whole groups' },
    }),
  ),
  scenario({
    name: '0/1, 100 samples, margin 3, losses only',
    truth: 'at the margin',
    margin: 0.03,
    shape: { sizes: alone(100), ...losses, loss: 0.03, kind: 'whole groups' },
  }),
  scenario({
    name: '3 tasks, 3 SLMs, 22 groups of 11, ICC .2',
    truth: 'at the margin',
    margin: 0.1,
    tasks: 3,
    slms: 3,
    shape: { sizes: even(22, 11), win: 0.05, loss: 0.15, together: 0.2, kind: 'beta' },
  }),
  ...[0.3, 1].map((together) =>
    scenario({
      name: `22 groups of 11, ${together * 100}% of groups fail as one`,
      truth: 'at the margin',
      margin: 0.1,
      shape: { sizes: even(22, 11), win: 0.05, loss: 0.15, together, kind: 'whole groups' },
    }),
  ),
  scenario({
    name: '40 groups of 5, 30% fail as one, losses only',
    truth: 'at the margin',
    margin: 0.1,
    shape: { sizes: even(40, 5), win: 0, loss: 0.1, together: 0.3, kind: 'whole groups' },
  }),
  // Of such groups often none is seen that was lost as one.
  ...(
    [
      [60, 11, 0.3, 0.1],
      [100, 11, 0.2, 0.1],
      [60, 20, 0.15, 0.2],
      // These lose all or nothing, so their number of losses takes steps.
      [200, 5, 1, 0.03],
      [60, 5, 1, 0.3],
    ] as const
  ).map(([groups, size, together, margin]) =>
    scenario({
      name: `${groups} groups of ${size}, ${together * 100}% fail as one, losses only, margin ${margin * 100}`,
      truth: 'at the margin',
      margin,
      shape: { sizes: even(groups, size), win: 0, loss: margin, together, kind: 'whole groups' },
    }),
  ),
  // The SLM wins few groups, but as a whole: often none of them is seen.
  ...(
    [
      [22, 5, 0.12, 6],
      [60, 11, 0.04, 1],
    ] as const
  ).map(([groups, size, together, tasks]) =>
    scenario({
      name: `${tasks} task(s), ${groups} groups of ${size}, ${together * 100}% won as one`,
      truth: 'at the margin',
      margin: 0.1,
      tasks,
      shape: {
        sizes: even(groups, size),
        win: 0.03,
        loss: 0.03 + (0.1 + together) / (1 - together),
        together,
        kind: 'won as one',
      },
    }),
  ),
  scenario({
    name: '60 graded groups of 11, 30% fail as one, margin 10',
    truth: 'at the margin',
    margin: 0.1,
    shape: { sizes: even(60, 11), win: 0, loss: 0.1, together: 0.3, kind: 'graded' },
  }),
  scenario({
    name: '100 groups of 11, 30% fail as one, losses only, margin 3',
    truth: 'at the margin',
    margin: 0.03,
    shape: { sizes: even(100, 11), win: 0, loss: 0.03, together: 0.3, kind: 'whole groups' },
  }),
  scenario({
    name: 'one group of 60 beside 40 samples, ICC .9',
    truth: 'at the margin',
    margin: 0.1,
    shape: { sizes: [60, ...alone(40)], win: 0.1, loss: 0.2, together: 0.9, kind: 'whole groups' },
  }),
  // Mostly the large group is not among those that fail as one.
  scenario({
    name: 'repeated, one group of 30 beside 60 of 5, 60% fail as one, margin 20',
    truth: 'at the margin',
    margin: 0.2,
    shape: { sizes: [30, ...even(60, 5)], win: 0, loss: 0.2, together: 0.6, kind: 'repeated' },
  }),
  scenario({
    name: 'two groups of 30 beside 40 samples',
    truth: 'at the margin',
    margin: 0.1,
    shape: { sizes: [30, 30, ...alone(40)], win: 0.1, loss: 0.2, together: 0.3, kind: 'beta' },
  }),
  scenario({
    name: 'groups of 40, 12, 12, 12 and 16 of 2, ICC .3',
    truth: 'at the margin',
    margin: 0.1,
    shape: { sizes: [40, 12, 12, 12, ...even(16, 2)], win: 0.1, loss: 0.2, together: 0.3, kind: 'beta' },
  }),
  ...(
    [
      [100, 0.03],
      [300, 0.03],
      [100, 0.1],
      [36, 0.07],
      [100, 0.2],
    ] as const
  ).map(([n, margin]) =>
    scenario({
      name: `graded, rare whole losses, ${n} samples, margin ${Math.round(margin * 100)}`,
      truth: 'at the margin',
      margin,
      shape: { sizes: alone(n), ...losses, loss: margin, kind: 'graded' },
    }),
  ),
  ...(
    [
      [22, 0.1],
      [40, 0.03],
    ] as const
  ).map(([groups, margin]) =>
    scenario({
      name: `graded, ${groups} groups of 5 that fail together, margin ${margin * 100}`,
      truth: 'at the margin',
      margin,
      shape: { sizes: even(groups, 5), win: 0, loss: margin, together: 1, kind: 'graded' },
    }),
  ),
  scenario({
    name: '3 repetitions, 2% waver, 100 samples, margin 3',
    truth: 'at the margin',
    margin: 0.03,
    shape: { sizes: alone(100), ...losses, loss: 0.03, kind: 'repeated' },
  }),
  ...[0.6, 0.9].map((lost) => unscoredScenario(`SLM 15 points worse, ${lost * 100}% of its wrong answers lost`, lost)),
  unscoredScenario('SLM at the margin, a fifth of its wrong answers lost', 0.2, 'at the margin'),
  limitScenario('quality limit at the truth, 6 tasks', { quality: { min: 0.8 } }, () => 1),
  limitScenario('p95 limit at the truth, lognormal', { e2e: { max: `${Math.exp(1.6449)} s`, at: 'p95' } }, (random) =>
    Math.exp(random.normal()),
  ),
  limitScenario('mean limit at the truth, lognormal', { e2e: { max: `${Math.exp(0.5)} s`, at: 'mean' } }, (random) =>
    Math.exp(random.normal()),
  ),
  limitScenario(
    'mean limit at the truth, Pareto 1.5',
    { e2e: { max: '3 s', at: 'mean' } },
    (random) => (1 - random.uniform()) ** (-1 / 1.5),
  ),
  ...(
    [
      ['400 samples', alone(400)],
      ['66 groups of 6', even(66, 6)],
      ['60 groups of 20 beside 300 samples', [...even(60, 20), ...alone(300)]],
    ] as const
  ).map(([name, sizes]) =>
    scenario({
      name: `until sure, ${name}`,
      truth: 'at the margin',
      margin: 0.1,
      untilSure: true,
      shape: { sizes, win: 0.05, loss: 0.15, together: 0.1, kind: 'beta' },
    }),
  ),
  worseCopiesScenario(),
  cascadeScenario('cascade, confidence pure noise, SLM 15 points worse', 0),
  cascadeScenario('cascade, confidence pure noise, SLM free of charge', 0, 0.001),
  cascadesBesideTasksAtTheMargin(),
  limitedCascade('cascade at a limit on its quality', { limits: { quality: { min: 0.9 } } }),
  limitedCascade('cascade at a limit on its p95', { limits: { e2e: { max: '2.1 s', at: 'p95' } } }),
  limitedCascade('cascade whose models are too large together', {
    limits: { memory: { max: '8 GB' } },
    memory: { small: 3e9, large: 7e9 },
  }),
];

export const POWERS: readonly Scenario[] = [
  scenario({
    name: '0/1, 100 samples, equal',
    truth: 'fits',
    margin: 0.1,
    shape: { sizes: alone(100), win: 0.05, loss: 0.05, together: 0, kind: 'whole groups' },
  }),
  ...(
    [
      [22, 5],
      [40, 5],
      [80, 3],
    ] as const
  ).map(([groups, size]) =>
    scenario({
      name: `6 tasks, ${groups} groups of ${size}, equal`,
      truth: 'fits',
      margin: 0.1,
      tasks: 6,
      shape: { sizes: even(groups, size), win: 0.04, loss: 0.04, together: 0.05, kind: 'beta' },
    }),
  ),
  scenario({
    name: 'SLM 25 points worse, 22 groups of 5, 6 tasks',
    truth: 'needed',
    margin: 0.1,
    tasks: 6,
    shape: { sizes: even(22, 5), win: 0.05, loss: 0.3, together: 0.05, kind: 'beta' },
  }),
  ...[0, 2, 4].map(copiesScenario),
  scenario({
    name: 'until sure, 66 groups of 6, 6 equal tasks',
    truth: 'fits',
    margin: 0.1,
    tasks: 6,
    untilSure: true,
    shape: { sizes: even(66, 6), win: 0.03, loss: 0.03, together: 0.05, kind: 'beta' },
  }),
  cascadeScenario('cascade, confidence tells right from wrong', 1),
];

function unscoredScenario(name: string, lost: number, truth: Truth = 'needed'): Scenario {
  const loss = truth === 'needed' ? 0.2 : 0.15;
  const shape: Shape = { sizes: alone(200), win: 0.05, loss, together: 0, kind: 'whole groups' };
  return {
    name,
    truth,
    cascade: 'wrong',
    draw: (random) => {
      const pairs = drawPairs(shape, random);
      return {
        requirement: { margin: 0.1 },
        large: ['large'],
        tasks: [
          {
            name: 't0',
            groups: groupsOf(shape),
            answers: {
              large: pairs.map(({ large }) => ({ score: large })),
              small: pairs.map(({ small }) => ({ score: small === 0 && random.uniform() < lost ? null : small })),
            },
          },
        ],
      };
    },
  };
}

/** The SLM is as good as the LLM, and lies exactly at a limit: it neither meets nor misses it. */
function limitScenario(name: string, limits: object, seconds: (random: Random) => number): Scenario {
  const quality = 'quality' in limits;
  return {
    name,
    truth: 'at the margin',
    cascade: 'wrong',
    draw: (random) => ({
      requirement: { margin: 0.3, limits },
      large: ['large'],
      tasks: Array.from({ length: quality ? 6 : 1 }, (_, i) => ({
        name: `t${i}`,
        groups: Array<null>(100).fill(null),
        answers: {
          large: Array.from({ length: 100 }, () => ({ score: random.uniform() < 0.9 ? 1 : 0, seconds: 0.01 })),
          small: Array.from({ length: 100 }, () => ({
            score: random.uniform() < (quality ? 0.8 : 0.9) ? 1 : 0,
            seconds: seconds(random),
          })),
        },
      })),
    }),
  };
}

/** @param knows How far confidence tells right from wrong: 0 not at all, 1 wholly. */
function cascadeScenario(name: string, knows: number, smallSeconds = 0.3): Scenario {
  const shape: Shape = { sizes: alone(300), win: 0.05, loss: 0.25, together: 0, kind: 'whole groups' };
  return {
    name,
    truth: 'needed',
    cascade: knows === 1 ? 'right' : 'wrong',
    draw: (random) => {
      const pairs = drawPairs(shape, random);
      return {
        requirement: { margin: 0.1 },
        large: ['large'],
        tasks: [
          {
            name: 't0',
            groups: groupsOf(shape),
            answers: {
              large: pairs.map(({ large }) => ({ score: large, seconds: 1 })),
              small: pairs.map(({ small }) => ({
                score: small,
                seconds: smallSeconds,
                confidence: knows * small + (1 - knows) * random.uniform() + 0.001 * random.uniform(),
              })),
            },
          },
        ],
      };
    },
  };
}

/** The LLM is right on this share of the samples, and its time is lognormal around a second. The SLM takes this long. */
const [LARGE_RIGHT, LARGE_SPREAD, SMALL_SECONDS] = [0.95, 0.5, 0.3];
/** The SLM is wrong on this share of the samples at a confidence of 0, and on none at 1. */
const WRONG_AT_WORST = 0.5;

/** A cascade is wrong where its rule, applied to all samples there are, breaks a limit of the suite or loses more than the margin. */
function limitedCascade(
  name: string,
  { limits, memory }: { readonly limits: Limits; readonly memory?: Memory },
): Scenario {
  const margin = 0.1;
  return {
    name,
    truth: 'needed',
    cascade: ({ rule }) => {
      const passed = 'always' in rule ? Number(rule.always === 'large') : Math.min(1, Math.max(0, rule.deferBelow));
      const quality = passed * LARGE_RIGHT + (1 - passed) - (WRONG_AT_WORST / 2) * (1 - passed) ** 2;
      const most = 'e2e' in limits ? Number.parseFloat(limits.e2e.max) : Number.POSITIVE_INFINITY;
      const late = passed * normalCdf(-Math.log(most - SMALL_SECONDS) / LARGE_SPREAD);
      const isBroken = ('quality' in limits && quality < limits.quality.min) || late > 0.05 || memory !== undefined;
      return isBroken || quality < LARGE_RIGHT - margin ? 'wrong' : 'right';
    },
    draw: (random) => {
      const samples = Array.from({ length: 300 }, () => random.uniform());
      return {
        requirement: { margin, limits },
        large: ['large'],
        ...(memory && { memory }),
        tasks: [
          {
            name: 't0',
            groups: samples.map(() => null),
            answers: {
              large: samples.map(() => ({
                score: Number(random.uniform() < LARGE_RIGHT),
                seconds: Math.exp(LARGE_SPREAD * random.normal()),
              })),
              small: samples.map((confidence) => ({
                score: Number(random.uniform() >= WRONG_AT_WORST * (1 - confidence)),
                seconds: SMALL_SECONDS,
                confidence,
              })),
            },
          },
        ],
      };
    },
  };
}

type Limits =
  | { readonly quality: { readonly min: number } }
  | { readonly e2e: { readonly max: string; readonly at: 'p95' } }
  | { readonly memory: { readonly max: string } };
type Memory = Readonly<Record<'small' | 'large', number>>;

/** "Fits" and "cascade" share one error rate: three tasks tempt to the one, and three to the other. */
function cascadesBesideTasksAtTheMargin(): Scenario {
  const noise = cascadeScenario('', 0, 0.001);
  const atMargin: Shape = { sizes: alone(100), win: 0.05, loss: 0.15, together: 0, kind: 'whole groups' };
  return {
    name: '3 tasks at the margin beside 3 with a cascade of pure noise',
    truth: (task) => (task.startsWith('noise') ? 'needed' : 'at the margin'),
    cascade: 'wrong',
    draw: (random) => ({
      requirement: { margin: 0.1 },
      large: ['large'],
      tasks: [1, 2, 3].flatMap((i): DrawnTask[] => {
        const { large, small0 } = taskOf('', atMargin, { slms: 1, random }).answers;
        return [
          { name: `t${i}`, groups: groupsOf(atMargin), answers: { large: large!, small: small0! } },
          { ...noise.draw(random).tasks[0]!, name: `noise${i}` },
        ];
      }),
    }),
  };
}

/** An SLM a point worse on six tasks, with near-copies that differ from it on 1% of the answers. */
function copiesScenario(copies: number): Scenario {
  const shape: Shape = { sizes: alone(100), win: 0.05, loss: 0.06, together: 0, kind: 'whole groups' };
  return {
    name: `SLM 1 point worse on 6 tasks, with ${copies} near-copies`,
    truth: 'fits',
    cascade: 'wrong',
    draw: (random) => ({
      requirement: { margin: 0.1 },
      large: ['large'],
      tasks: Array.from({ length: 6 }, (_, i) => {
        const pairs = drawPairs(shape, random);
        const small = pairs.map((pair) => pair.small);
        const copy = () => small.map((score) => ({ score: random.uniform() < 0.01 ? 1 - score : score }));
        return {
          name: `t${i}`,
          groups: groupsOf(shape),
          answers: {
            large: pairs.map(({ large }) => ({ score: large })),
            small: small.map((score) => ({ score })),
            ...Object.fromEntries(Array.from({ length: copies }, (_, k) => [`copy${k}`, copy()])),
          },
        };
      }),
    }),
  };
}

/** An SLM 6 points worse on six tasks, with two near-copies that lie exactly at the margin. */
function worseCopiesScenario(): Scenario {
  const shape: Shape = { sizes: alone(200), win: 0, loss: 0.06, together: 0, kind: 'whole groups' };
  const further = 0.04 / 0.94;
  return {
    name: 'SLM 6 points worse on 6 tasks, near-copies at the margin',
    truth: 'fits',
    cascade: 'wrong',
    unfit: ['copy0', 'copy1'],
    draw: (random) => ({
      requirement: { margin: 0.1 },
      large: ['large'],
      tasks: Array.from({ length: 6 }, (_, i) => {
        const pairs = drawPairs(shape, random);
        const copy = () => pairs.map(({ small }) => ({ score: random.uniform() < further ? 0 : small }));
        return {
          name: `t${i}`,
          groups: groupsOf(shape),
          answers: {
            large: pairs.map(({ large }) => ({ score: large })),
            small: pairs.map(({ small }) => ({ score: small })),
            copy0: copy(),
            copy1: copy(),
          },
        };
      }),
    }),
  };
}

/** How much worse the SLM is on each task of a suite like those that people write, by share of lost and of won samples. */
const MIXED = [
  { loss: 0.02, win: 0.02 },
  { loss: 0.05, win: 0.04 },
  { loss: 0.05, win: 0.02 },
  { loss: 0.15, win: 0.03 },
  { loss: 0.22, win: 0.02 },
  { loss: 0.28, win: 0.01 },
] as const;

/** Six tasks of 240 samples: three in groups of three, two of samples alone, and one in groups of 8. */
export function mixedSuite(random: Random): DrawnSuite {
  const sizes = [even(80, 3), alone(240), even(80, 3), even(30, 8), alone(240), even(80, 3)];
  return {
    requirement: { margin: 0.1 },
    large: ['large'],
    tasks: MIXED.map((rates, i) =>
      taskOf(`t${i}`, { ...rates, sizes: sizes[i]!, together: 0.05, kind: 'beta' }, { slms: 1, random }),
    ),
  };
}

/** A suite at the margin of a shape drawn at random: the search for the worst case goes through many of them. */
export function randomScenario(random: Random): Scenario {
  const margin = [0.03, 0.05, 0.1, 0.2][random.below(4)]!;
  const win = [0, 0.02, 0.05, 0.1, 0.2][random.below(5)]!;
  const together = [0, 0.1, 0.3, 0.6, 1][random.below(5)]!;
  const kind = (['whole groups', 'beta', 'graded', 'repeated'] as const)[random.below(4)]!;
  const groups = [5, 10, 22, 30, 40, 60, 100][random.below(7)]!;
  const size = [1, 2, 5, 11][random.below(4)]!;
  const large = random.below(3) === 0 ? [30] : [];
  const sizes = [...large, ...even(groups, size)];
  const isGraded = kind === 'graded' || kind === 'repeated';
  const loss = isGraded ? margin : win + margin;
  return scenario({
    name: `${kind}, ${groups} groups of ${size}${large.length > 0 ? ' and one of 30' : ''}, margin ${margin * 100}, wins ${isGraded ? 0 : win}, ${together} together`,
    truth: 'at the margin',
    margin,
    shape: { sizes, win: isGraded ? 0 : win, loss, together, kind },
  });
}
