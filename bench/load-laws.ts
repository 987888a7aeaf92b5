/** Laws of servers whose capacity is known, and searches for it in virtual time. */
import { type Capacity, shownCapacity } from '../src/core/load/capacity.js';
import { isMet, type Objective } from '../src/core/load/objective.js';
import { nextStep } from '../src/core/load/search.js';
import { conditionAt, type SearchRule } from '../src/core/load/search-rule.js';
import { analyseStep, type StepResult } from '../src/core/load/step.js';
import { HEALTHY, runVirtually, type ServerLaw } from './load-virtual.js';

export interface Law {
  readonly name: string;
  readonly server: ServerLaw;
  readonly rule: SearchRule;
  /** Loads between which the truth lies, for whoever computes it. */
  readonly between: readonly [number, number];
}

const SLOW = { kind: 'slots', slots: 4, service: { kind: 'lognormal', mean: 1.5, sigma: 0.6 } } as const;
const EXPONENTIAL = { kind: 'slots', slots: 6, service: { kind: 'exponential', mean: 0.1 } } as const;
const FIXED = { kind: 'slots', slots: 6, service: { kind: 'fixed', seconds: 0.1 } } as const;
const LOGNORMAL = { kind: 'slots', slots: 6, service: { kind: 'lognormal', mean: 0.1, sigma: 0.6 } } as const;
const BATCH = { kind: 'batch', most: 64, base: 0.01, each: 0.0005, prefill: 0.004, tokens: 32 } as const;

const ttft = (bound: number): Objective => ({ metric: 'ttft', level: 'p95', bound });
const tpot = (bound: number): Objective => ({ metric: 'tpot', level: 'p95', bound });

const CLOSED = { find: { kind: 'concurrency' }, alpha: 0.05, least: 1, most: 1_000 } as const;
const USERS = {
  find: { kind: 'users', think: { kind: 'exp', mean: 1 } },
  alpha: 0.05,
  least: 1,
  most: 1_000,
} as const;
/** Users who think as long as `rightsize load` takes them to, unless told. */
const PATIENT = { ...USERS, find: { kind: 'users', think: { kind: 'exp', mean: 10 } } } as const;
const RATE = { find: { kind: 'rate', arrivals: { kind: 'poisson' } }, alpha: 0.05, least: 0.5, most: 1_000 } as const;

export const LAWS: readonly Law[] = [
  {
    name: '6 slots, exponential, closed, 1,600 requests',
    server: EXPONENTIAL,
    rule: { ...CLOSED, objectives: [ttft(0.4175)], budget: { requests: 1_600 } },
    between: [8, 18],
  },
  {
    name: '6 slots, exponential, closed',
    server: EXPONENTIAL,
    rule: { ...CLOSED, objectives: [ttft(0.4175)], budget: { seconds: 300 } },
    between: [8, 18],
  },
  {
    name: '6 slots, lognormal, users who think 1 s',
    server: LOGNORMAL,
    rule: { ...USERS, objectives: [ttft(0.4)], budget: { seconds: 300 } },
    between: [20, 120],
  },
  {
    name: '4 slots, lognormal 0.3 s, users who think 10 s',
    server: { kind: 'slots', slots: 4, service: { kind: 'lognormal', mean: 0.3, sigma: 0.6 } },
    rule: { ...PATIENT, objectives: [ttft(2)], budget: { seconds: 300 } },
    between: [20, 300],
  },
  {
    name: '6 slots, fixed, Poisson',
    server: FIXED,
    rule: { ...RATE, objectives: [ttft(0.25)], budget: { seconds: 300 } },
    between: [20, 60],
  },
  {
    name: '4 slots, lognormal 1.5 s, users who think 10 s',
    server: SLOW,
    rule: { ...PATIENT, objectives: [ttft(5)], budget: { seconds: 300 } },
    between: [5, 120],
  },
  {
    name: '2 slots, lognormal 0.6 s, Poisson',
    server: { kind: 'slots', slots: 2, service: { kind: 'lognormal', mean: 0.6, sigma: 0.5 } },
    rule: { ...RATE, least: 0.125, objectives: [ttft(2)], budget: { seconds: 300 } },
    between: [0.5, 4],
  },
  {
    name: '6 slots, exponential, Poisson',
    server: EXPONENTIAL,
    rule: { ...RATE, objectives: [ttft(0.4175)], budget: { seconds: 300 } },
    between: [20, 60],
  },
  {
    name: '6 slots, lognormal, gamma arrivals of CV 2',
    server: LOGNORMAL,
    rule: {
      ...RATE,
      find: { kind: 'rate', arrivals: { kind: 'gamma', cv: 2 } },
      objectives: [ttft(0.6)],
      budget: { seconds: 300 },
    },
    between: [10, 60],
  },
  {
    name: '6 slots, exponential, constant arrivals',
    server: EXPONENTIAL,
    rule: {
      ...RATE,
      find: { kind: 'rate', arrivals: { kind: 'constant' } },
      objectives: [ttft(0.4175)],
      budget: { seconds: 300 },
    },
    between: [20, 60],
  },
  {
    name: 'batch, Poisson, TTFT and TPOT',
    server: BATCH,
    rule: { ...RATE, objectives: [ttft(0.2), tpot(0.025)], budget: { seconds: 300 } },
    between: [5, 80],
  },
  {
    name: 'batch, closed, TTFT and TPOT',
    server: BATCH,
    rule: { ...CLOSED, objectives: [ttft(0.5), tpot(0.025)], budget: { seconds: 300 } },
    between: [4, 64],
  },
  {
    name: 'batch of 32, users who think 1 s, TTFT',
    server: { ...BATCH, most: 32, tokens: 64 },
    rule: { ...USERS, objectives: [ttft(0.5)], budget: { seconds: 300 } },
    between: [10, 200],
  },
  {
    name: 'batch, users who think 1 s, TPOT',
    server: BATCH,
    rule: { ...USERS, objectives: [tpot(0.025)], budget: { seconds: 300 } },
    between: [10, 150],
  },
];

/** One search, with the steps that it made. */
export function searchVirtually(
  { server, rule }: Pick<Law, 'server' | 'rule'>,
  seed: number,
): { readonly capacity: Capacity; readonly history: readonly StepResult[] } {
  const history: StepResult[] = [];
  for (;;) {
    const next = nextStep(history, rule);
    if ('done' in next) return { capacity: shownCapacity(history, rule), history };
    const { condition, requests, seconds } = next.run;
    const sent = runVirtually(server, { condition, seed: `${seed} ${history.length}`, requests, seconds });
    history.push(analyseStep(sent, { condition, objectives: rule.objectives, health: HEALTHY }));
  }
}

/** What a search found, beside the truth: users and requests at once are whole. */
export interface Judged {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Within 5% or one of the truth. */
  readonly near: boolean;
  readonly covers: boolean;
}

export function judge({ load }: Pick<Capacity, 'load'>, { rule }: Pick<Law, 'rule'>, truth: number): Judged {
  const isWhole = rule.find.kind !== 'rate';
  const whole = (load: number) => (isWhole ? Math.floor(load) : load);
  const [value, low] = [whole(load?.value ?? 0), whole(load?.low ?? 0)];
  const high = whole(load?.high ?? Number.POSITIVE_INFINITY);
  const near = Math.abs(value - truth) <= Math.max(isWhole ? 1 : 0, 0.05 * truth);
  return { value, low, high, near, covers: low <= truth && high >= truth };
}

/** The greatest load at which every objective holds, from long runs: whole for users, to a thousandth for rates. */
export function truthOf({ server, rule, between }: Law, requests: number): number {
  const holds = (load: number) => {
    const sent = runVirtually(server, {
      condition: conditionAt(load, rule),
      seed: 'truth',
      requests,
      seconds: Number.POSITIVE_INFINITY,
    });
    const steady = sent.slice(Math.floor(sent.length / 20), -Math.ceil(2 * load));
    return rule.objectives.every((objective) => {
      const late = steady.filter((request) => !isMet(request, objective)).length;
      return late <= 0.05 * steady.length;
    });
  };
  let [low, high] = between;
  const grain = rule.find.kind === 'rate' ? high / 2_000 : 1;
  while (high - low > grain) {
    const middle = rule.find.kind === 'rate' ? Number(((low + high) / 2).toPrecision(6)) : Math.floor((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}
