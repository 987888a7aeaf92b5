/** `rightsize load`: tests models under load, step by step, then prints how fast and how well they answer. */
import { Command, Option } from '@commander-js/extra-typings';
import { conditionText, parseThinkTime, steadyRate } from '../core/definition/condition.js';
import { UserError } from '../core/errors.js';
import { DEFAULTS, LOAD_DEFAULTS } from '../run/defaults.js';
import type { LoadDefinition } from '../run/load-definition.js';
import {
  arrivals,
  budget,
  collect,
  dataOption,
  decimal,
  defining,
  gateOption,
  gateStrictOption,
  leastOption,
  modelsOption,
  natural,
  oneOf,
  positive,
  positives,
  rates,
  reportsOption,
  share,
  thinkTime,
} from './options.js';
import type { Terminal } from './terminal.js';

const loadOptions = () =>
  new Command()
    .addOption(
      defining(
        new Option('-m, --model <id>', 'as for `rightsize run` (repeatable)')
          .argParser(collect)
          .default<readonly string[]>([], 'the model of a server on this machine'),
      ),
    )
    .addOption(modelsOption())
    .addOption(
      defining(
        new Option('-s, --suite <name|file>', 'the workload (repeatable)')
          .argParser(collect)
          .default<readonly string[]>([], DEFAULTS.suite),
      ),
    )
    .addOption(
      defining(
        new Option('--task <name>', 'only this task of the workload (repeatable)')
          .argParser(collect)
          .default<readonly string[]>([], 'all, as a mixture by their numbers of samples'),
      ),
    )
    .addOption(defining(dataOption()))
    .addOption(defining(new Option('-n, --limit <n>', 'at most n samples of each task').argParser(positive)))
    .addOption(
      defining(
        new Option('--users <n,…>', 'steps of n users, each of whom asks, waits and thinks').argParser(positives),
      ),
    )
    .addOption(
      defining(
        new Option('--think <time>', 'how long users think: 10s, exp:10s or lognormal:10s,1')
          .argParser(thinkTime)
          .default(parseThinkTime('exp:10s')!, 'exp:10s'),
      ),
    )
    .addOption(
      defining(new Option('-c, --concurrency <n,…>', 'steps of n requests under way at once').argParser(positives)),
    )
    .addOption(defining(new Option('--rate <r,…>', 'steps of r requests per second').argParser(rates)))
    .addOption(
      defining(
        new Option('--arrivals <process>', 'how the requests of a rate arrive: poisson, constant or gamma:CV')
          .argParser(arrivals)
          .default({ kind: 'poisson' } as const, 'poisson'),
      ),
    )
    .addOption(
      defining(new Option('--ceiling <n>', 'with --rate: at most n requests under way; more wait').argParser(positive)),
    )
    .addOption(
      defining(
        new Option(
          '--trace <file>',
          'a step of recorded traffic (Mooncake, Azure, BurstGPT, or the log of a load test)',
        ),
      ),
    )
    .addOption(defining(new Option('--speed <x>', 'with --trace: x times as fast').argParser(decimal).default(1)))
    .addOption(
      defining(
        new Option('--condition <text>', 'a step in full notation: "open 1:30s,1..8:60s,8 gamma:2" (repeatable)')
          .argParser(collect)
          .default<readonly string[]>([], 'none'),
      ),
    )
    .addOption(
      defining(
        new Option(
          '--find <what>',
          'search the greatest load that holds: users (where none is named), concurrency or rate',
        ).argParser(oneOf(['users', 'concurrency', 'rate'])),
      ),
    )
    .addOption(
      defining(
        new Option('--objective <limit>', 'what must hold under load: "ttft p95 <= 500 ms" (repeatable)')
          .argParser(collect)
          .default<readonly string[]>([], 'the limits of the suite'),
      ),
    )
    .addOption(defining(new Option('--requests <n>', 'answers that a step waits for').argParser(positive).default(200)))
    .addOption(
      defining(
        new Option('--budget <time|n>', 'the longest time (5 min) or the most requests of one model').argParser(budget),
      ),
    )
    .addOption(
      defining(
        new Option('--max-cost <dollars>', 'the most that the requests of one model may cost').argParser(decimal),
      ),
    )
    .addOption(
      defining(
        new Option('--stop-errors <share>', 'end a step when more of its requests fail')
          .argParser(share)
          .default(0.1, '10%'),
      ),
    )
    .addOption(defining(new Option('--clients <n>', 'processes that send the requests').argParser(positive).default(1)))
    .addOption(
      defining(new Option('--seed <n>', 'the seed of every random choice').argParser(natural).default(DEFAULTS.seed)),
    )
    .addOption(
      defining(
        new Option(
          '--no-prefix-cache',
          'ask the server to keep no prompts (llama-server, vLLM); prompts stay as they are',
        ),
      ),
    )
    .addOption(
      defining(
        new Option(
          '--fixed-length',
          'ask the server for as many tokens as each task allows (llama-server, vLLM, SGLang); answers are then seldom right',
        ),
      ),
    )
    .option('--no-self-test', 'do not measure the client against a server of its own first')
    .addOption(new Option('--resume <run>', 'hold the steps that a load test lacks'))
    .option('-o, --out <dir>', 'where runs are kept', DEFAULTS.out)
    .option('--wait', 'wait while another process measures on this machine')
    .addOption(reportsOption())
    .addOption(gateOption())
    .addOption(gateStrictOption())
    .addOption(leastOption())
    .option('--gate-model <id>', 'the gated model, where several are tested')
    .option('--json', 'print summary.json instead of tables')
    .option('-q, --quiet', 'no progress');

type LoadFlags = ReturnType<ReturnType<typeof loadOptions>['opts']>;

export const load = (terminal: Terminal) =>
  loadOptions().action(async (flags) => {
    const [{ printLoad }, { gateRequest }] = await Promise.all([
      import('./print-load.js'),
      import('./gate-request.js'),
    ]);
    const gates = gateRequest({
      gate: flags.gate,
      gateStrict: flags.gateStrict,
      least: flags.least,
      model: flags.gateModel,
    });
    await printLoad(
      terminal,
      flags.resume === undefined ? { definition: definitionOf(flags) } : { resume: flags.resume },
      {
        catalogue: flags.models,
        out: flags.out,
        whenBusy: flags.wait ? 'wait' : undefined,
        selfTest: flags.selfTest ? undefined : 'skip',
        reports: flags.reports,
        json: flags.json,
        quiet: flags.quiet,
        gates,
      },
    );
  });

function definitionOf(flags: LoadFlags): LoadDefinition {
  return {
    suites: flags.suite,
    models: flags.model,
    catalogue: flags.models,
    tasks: flags.task,
    data: flags.data,
    limit: flags.limit,
    seed: flags.seed,
    ...wantedLoads(flags),
    ...(flags.trace !== undefined && { traces: [{ file: flags.trace, speed: flags.speed }] }),
    objectives: flags.objective,
    requests: flags.requests,
    budget: budgetOf(flags),
    stopErrors: flags.stopErrors,
    clients: flags.clients,
    prefixCache: flags.prefixCache ? undefined : 'off',
    length: flags.fixedLength ? 'fixed' : undefined,
  };
}

/** A budget of requests alone leaves the time open. */
function budgetOf({ budget, maxCost }: LoadFlags): LoadDefinition['budget'] {
  const dollars = maxCost === undefined ? {} : { dollars: maxCost };
  if (budget === undefined) return { seconds: LOAD_DEFAULTS.budget, ...dollars };
  return 'trials' in budget ? { requests: budget.trials, ...dollars } : { seconds: budget.seconds, ...dollars };
}

/** The loads that are named, or a search: of users, where nothing is named. @throws UserError */
function wantedLoads(flags: LoadFlags): Pick<LoadDefinition, 'conditions' | 'find'> {
  const conditions = conditionsOf(flags);
  const named = conditions.length > 0 || flags.trace !== undefined;
  if (named && flags.find !== undefined) {
    throw new UserError(
      `--find: expected no load beside it, because it searches one, found ${conditions[0] ?? `--trace ${flags.trace}`}; leave out one of them`,
    );
  }
  return named ? { conditions } : { find: soughtOf(flags) };
}

function soughtOf({ find = 'users', think, arrivals, ceiling }: LoadFlags): LoadDefinition['find'] {
  const { alpha, most, mostRate } = LOAD_DEFAULTS;
  switch (find) {
    case 'users':
      return { least: conditionText({ kind: 'users', users: 1, think }), most, alpha };
    case 'concurrency':
      return { least: conditionText({ kind: 'closed', requests: 1 }), most, alpha };
    case 'rate': {
      const rate = steadyRate(LEAST_RATE);
      const least = conditionText({ kind: 'open', rate, arrivals, ...(ceiling !== undefined && { ceiling }) });
      return { least, most: mostRate, alpha };
    }
  }
}

/** Requests per second, at which a search begins. */
const LEAST_RATE = 0.125;

/** The steps in the order of the flags in the help. */
function conditionsOf({
  users = [],
  think,
  concurrency = [],
  rate = [],
  arrivals,
  ceiling,
  ...flags
}: LoadFlags): string[] {
  const conditions = [
    ...users.map((n) => conditionText({ kind: 'users', users: n, think })),
    ...concurrency.map((n) => conditionText({ kind: 'closed', requests: n })),
    ...rate.map((r) =>
      conditionText({ kind: 'open', rate: steadyRate(r), arrivals, ...(ceiling !== undefined && { ceiling }) }),
    ),
    ...flags.condition,
  ];
  return conditions;
}
