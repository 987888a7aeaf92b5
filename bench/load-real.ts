/**
 * Does `rightsize load` find the greatest load of a real server, over HTTP and in real time? Each law serves for 20 ms and is searched
 * five times within a minute. The truth is that of the same law in virtual time (./load-laws.ts), with a limit that is shorter by what HTTP, the
 * timers of the server and the client add to an answer at that load: the client's own figure less that of the law, of the same requests.
 */
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { QUANTILES } from '../src/core/analyse/distribution.js';
import { thinkText } from '../src/core/definition/condition.js';
import type { TestedModel } from '../src/core/load/load-test.js';
import { objectiveText } from '../src/core/load/objective.js';
import type { SearchRule } from '../src/core/load/search-rule.js';
import type { LogRecord } from '../src/core/log/log.js';
import { percentile } from '../src/core/stats/estimate/percentiles.js';
import type { LawTimes } from './law-server.js';
import { type Judged, judge, type Law, truthOf } from './load-laws.js';
import type { ServerLaw } from './load-virtual.js';
import { type Figure, type Part, spreadOf } from './part.js';

const SEARCHES = 5;
/** The goal: four of five within 5% or one of the truth. */
const LEAST_NEAR = 4;
const TRUTH_REQUESTS = 400_000;

const RULE = { alpha: 0.05, least: 1, most: 1_000, budget: { seconds: 60 } } as const;

const RATE = { ...RULE, find: { kind: 'rate', arrivals: { kind: 'poisson' } }, least: 0.5 } as const;

const LAWS: readonly Law[] = [
  {
    name: '6 slots, exponential, closed',
    server: { kind: 'slots', slots: 6, service: { kind: 'exponential', mean: 0.02 } },
    rule: { ...RULE, find: { kind: 'concurrency' }, objectives: [{ metric: 'ttft', level: 'p95', bound: 0.0835 }] },
    between: [8, 18],
  },
  {
    name: '2 slots, fixed, Poisson',
    server: { kind: 'slots', slots: 2, service: { kind: 'fixed', seconds: 0.02 } },
    rule: { ...RATE, objectives: [{ metric: 'ttft', level: 'p95', bound: 0.06 }] },
    between: [40, 100],
  },
  {
    name: '3 slots, lognormal, users who think 0.2 s',
    server: { kind: 'slots', slots: 3, service: { kind: 'lognormal', mean: 0.02, sigma: 0.6 } },
    rule: {
      ...RULE,
      find: { kind: 'users', think: { kind: 'exp', mean: 0.2 } },
      objectives: [{ metric: 'ttft', level: 'p95', bound: 0.09 }],
    },
    between: [10, 60],
  },
  {
    // A closed loop would ask again before the next step of the batch in virtual time, and after it began in real time.
    name: 'a batch whose step grows, Poisson',
    server: { kind: 'batch', most: 64, base: 0.004, each: 0.0004, prefill: 0.002, tokens: 4 },
    rule: { ...RATE, objectives: [{ metric: 'e2e', level: 'p95', bound: 0.06 }] },
    between: [20, 400],
  },
];

export const loadRealPart: Part = {
  about: `${SEARCHES} searches of each law over HTTP, a minute each`,
  async *measure({ wants }) {
    for (const law of LAWS) if (wants(law.name)) yield* figuresOf(law);
  },
};

/** Requests of the step that shows what is added. */
const REQUESTS = 600;

/** Seconds: how much more the client sees of what the objective bounds than the law says, at a load. */
async function addedTime({ server, rule }: Law, load: number): Promise<number> {
  const { find, objectives } = rule;
  const { metric, level } = objectives[0]!;
  const held: readonly string[] = {
    concurrency: ['--concurrency', String(Math.floor(load))],
    users: ['--users', String(Math.floor(load))],
    rate: ['--rate', load.toPrecision(4)],
  }[find.kind];
  const { seen, said } = await loadOn(server, [...held, ...thinkFlags(rule), '--requests', String(REQUESTS)]);
  if (metric !== 'ttft' && metric !== 'e2e') throw new Error(`the law server says nothing of ${metric}`);
  const at = QUANTILES[level as 'p95'];
  const quantile = (times: readonly LawTimes[]) =>
    percentile(
      times.map((one) => one[metric]),
      at,
    );
  return quantile(seen) - quantile(said);
}

async function* figuresOf(law: Law): AsyncGenerator<Figure> {
  const bare = truthOf(law, TRUTH_REQUESTS);
  const added = await addedTime(law, bare);
  yield { what: `${law.name}: HTTP, timers and the client add`, unit: 's', ours: spreadOf([added]), goal: null };
  const objectives = law.rule.objectives.map((objective) => ({ ...objective, bound: objective.bound - added }));
  const truth = truthOf({ ...law, rule: { ...law.rule, objectives } }, TRUTH_REQUESTS);
  const found: Judged[] = [];
  for (let seed = 1; seed <= SEARCHES; seed++) {
    const { capacity } = await loadOn(law.server, ['--seed', String(seed), ...flagsOf(law.rule)]);
    found.push(judge(capacity ?? { load: null }, law, truth));
  }
  const words = found.map(({ value, low, high }) => {
    const [shown, from, to] = [value, low, high].map((load) => load.toPrecision(3));
    return `${shown} [${from}, ${to}]`;
  });
  yield {
    what: `${law.name}: within 5% or one of the truth, ${truth.toPrecision(3)} (${words.join(', ')})`,
    unit: '',
    ours: spreadOf([found.filter(({ near }) => near).length]),
    goal: { atLeast: LEAST_NEAR },
  };
  yield {
    what: `${law.name}: the interval covers the truth`,
    unit: '',
    ours: spreadOf([found.filter(({ covers }) => covers).length]),
    goal: null,
  };
}

/** How `rightsize load` is asked for the search of a rule. */
function flagsOf(rule: SearchRule): string[] {
  const { find, objectives, budget } = rule;
  return [
    ...['--find', find.kind, '--budget', `${budget.seconds} s`],
    ...thinkFlags(rule),
    ...objectives.flatMap((objective) => ['--objective', objectiveText(objective)]),
  ];
}

function thinkFlags({ find }: SearchRule): string[] {
  return find.kind === 'users' ? ['--think', thinkText(find.think)] : [];
}

const MAIN = join(import.meta.dirname, '..', 'dist', 'main.js');

interface TestedLaw extends Pick<TestedModel, 'capacity'> {
  /** Of all requests, as the client saw them. */
  readonly seen: readonly LawTimes[];
  /** As the law has them. */
  readonly said: readonly LawTimes[];
}

let servers = 0;

/** What `rightsize load` tells of a server of its own. */
async function loadOn(law: ServerLaw, flags: readonly string[]): Promise<TestedLaw> {
  const folder = mkdtempSync(join(tmpdir(), 'load-real-'));
  const server = fork(join(import.meta.dirname, 'law-server.ts'), [JSON.stringify(law), String(servers++)]);
  try {
    const [endpoint] = (await once(server, 'message')) as [string];
    const catalogue = join(folder, 'models.json');
    const model = { id: 'law', class: 'slm', backend: 'openai', source: 'law', endpoint };
    writeFileSync(catalogue, JSON.stringify({ models: [model] }));
    await promisify(execFile)(process.execPath, [
      ...[MAIN, 'load', '--models', catalogue, '--model', 'law', '--task', 'route', '--no-self-test'],
      ...['--out', folder, ...flags],
    ]);
    const run = readdirSync(folder).find((name) => /^\d{4}-/.test(name))!;
    const summary = JSON.parse(readFileSync(join(folder, run, 'summary.json'), 'utf8'));
    const times = once(server, 'message');
    server.send('times');
    const [said] = (await times) as [LawTimes[]];
    const { capacity } = summary.load.models[0] as TestedModel;
    const seen = seenIn(readFileSync(join(folder, run, 'log.jsonl'), 'utf8'));
    // The first were asked to find out what the server can do, and stand in no log.
    return { capacity, seen, said: said.slice(said.length - seen.length) };
  } finally {
    server.disconnect();
    rmSync(folder, { recursive: true, force: true });
  }
}

function seenIn(log: string): LawTimes[] {
  const records = log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as LogRecord);
  return records.flatMap((record) => {
    if (record.type !== 'measurement' || record.outcome.state !== 'completed') return [];
    const { pieces, end } = record.outcome.timing;
    return [{ ttft: pieces[0] ?? end, e2e: end }];
  });
}
