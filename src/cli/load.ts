/** `rightsize load`: tests models under load, step by step, then prints how fast and how well they answer. */
import { Command, Option } from '@commander-js/extra-typings';
import { SOUGHT_LOADS } from '../core/definition/sought-loads.js';
import { UserError } from '../core/errors.js';
import { namedConditions, type WantedLoads } from '../core/load/wanted.js';
import { DEFAULTS } from '../run/defaults.js';
import type { LoadDefinition } from '../run/load-definition.js';
import {
  allowScorerOption,
  arrivals,
  budget,
  collect,
  dataOption,
  decimal,
  defining,
  dollars,
  fleetOption,
  gateOption,
  gateStrictOption,
  leastOption,
  lengths,
  modelsOption,
  natural,
  oneOf,
  onOption,
  positive,
  positives,
  rates,
  reportsOption,
  requireFleet,
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
        new Option('--think <time>', 'how long users think: 10s, exp:10s (unless said) or lognormal:10s,1').argParser(
          thinkTime,
        ),
      ),
    )
    .addOption(
      defining(new Option('-c, --concurrency <n,…>', 'steps of n requests under way at once').argParser(positives)),
    )
    .addOption(defining(new Option('--rate <r,…>', 'steps of r requests per second').argParser(rates)))
    .addOption(
      defining(
        new Option(
          '--arrivals <process>',
          'how the requests of a rate arrive: poisson (unless said), constant or gamma:CV',
        ).argParser(arrivals),
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
        ).argParser(oneOf(SOUGHT_LOADS)),
      ),
    )
    .addOption(
      defining(
        new Option('--objective <limit>', 'what must hold under load: "ttft p95 <= 500 ms" (repeatable)')
          .argParser(collect)
          .default<readonly string[]>([], 'the limits of the suite'),
      ),
    )
    .addOption(defining(new Option('--requests <n>', 'answers that a step waits for (200)').argParser(positive)))
    .addOption(
      defining(
        new Option(
          '--budget <time|n>',
          'the longest time (5 min, unless --requests is given) or the most requests of one model',
        ).argParser(budget),
      ),
    )
    .addOption(
      defining(
        new Option('--max-cost <dollars>', 'the most that the requests of one model may cost').argParser(dollars),
      ),
    )
    .addOption(
      defining(new Option('--stop-errors <share>', 'end a step when more of its requests fail (10%)').argParser(share)),
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
    .addOption(
      defining(
        new Option(
          '--prompt <tokens>',
          'in place of a suite: prompts of this many tokens, all different (4096, uniform:100,500, lognormal:500,0.5)',
        ).argParser(lengths),
      ),
    )
    .addOption(
      defining(new Option('--output <tokens>', 'with --prompt: answers of this many tokens (256)').argParser(lengths)),
    )
    .addOption(
      defining(
        new Option('--prefix <tokens>', 'with --prompt: the first tokens, which all prompts share').argParser(natural),
      ),
    )
    .option('--run-code', 'run the programs that models write, confined, where a scorer asks for it')
    .option('--judge <id>', 'the model that judges answers, where a scorer asks for one')
    .addOption(allowScorerOption())
    .option('--no-self-test', 'do not measure the client against a server of its own first')
    .addOption(new Option('--resume <run>', 'hold the steps that a load test lacks'))
    .option('-o, --out <dir>', 'where runs are kept', DEFAULTS.out)
    .addOption(fleetOption('send the requests from the machines that joined there, not from here'))
    .addOption(onOption())
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
      gateModel: flags.gateModel,
    });
    requireFleet(flags, []);
    await printLoad(
      terminal,
      flags.resume === undefined ? { definition: definitionOf(flags) } : { resume: flags.resume },
      {
        catalogue: flags.models,
        out: flags.out,
        whenBusy: flags.wait ? 'wait' : undefined,
        selfTest: flags.selfTest ? undefined : 'skip',
        fleet: flags.fleet === undefined ? undefined : { url: flags.fleet, labels: flags.on },
        judge: flags.judge,
        programs: flags.runCode ? 'run confined' : undefined,
        allowScorers: flags.allowScorer,
        reports: flags.reports,
        json: flags.json,
        quiet: flags.quiet,
        gates,
      },
    );
  });

function definitionOf(flags: LoadFlags): LoadDefinition {
  const { users, concurrency, rate, condition: conditions, find, think, arrivals, ceiling } = flags;
  const loads: WantedLoads = { users, concurrency, rate, conditions, find, think, arrivals, ceiling };
  const wanted = namedConditions(loads);
  const [named = flags.trace === undefined ? undefined : `--trace ${flags.trace}`] = wanted;
  requireLoadsFor(flags, wanted);
  if (find !== undefined && named !== undefined) {
    throw new UserError(
      `--find: expected no load beside it, because it searches one, found ${named}; leave out one of them`,
    );
  }
  return {
    suites: flags.suite,
    models: flags.model,
    catalogue: flags.models,
    tasks: flags.task,
    data: flags.data,
    limit: flags.limit,
    seed: flags.seed,
    loads,
    ...(flags.trace !== undefined && { traces: [{ file: flags.trace, speed: flags.speed }] }),
    objectives: flags.objective,
    requests: flags.requests,
    budget: budgetOf(flags),
    stopErrors: flags.stopErrors,
    clients: flags.clients,
    prefixCache: flags.prefixCache ? undefined : 'off',
    length: flags.fixedLength ? 'fixed' : undefined,
    synthetic: syntheticOf(flags),
  };
}

/** @throws UserError where a flag says more of loads that no other flag names, and would say nothing. */
function requireLoadsFor(
  { users, rate, trace, find, think, arrivals, ceiling, speed }: LoadFlags,
  named: readonly string[],
): void {
  if (speed !== 1 && trace === undefined) {
    throw new UserError(`--speed: expected --trace beside it, found none; add it, or leave out --speed ${speed}`);
  }
  // Without a load of its own, the suite may have one.
  if (named.length === 0 && trace === undefined && find === undefined) return;
  const alone = [
    { flag: '--think', given: think, of: '--users', has: users !== undefined || find === 'users' },
    { flag: '--arrivals', given: arrivals, of: '--rate', has: rate !== undefined || find === 'rate' },
    { flag: '--ceiling', given: ceiling, of: '--rate', has: rate !== undefined || find === 'rate' },
  ].find(({ given, has }) => given !== undefined && !has);
  if (alone === undefined) return;
  throw new UserError(
    `${alone.flag}: expected ${alone.of} beside it, which it says more of, found none; add it, or leave out ${alone.flag}`,
  );
}

/** @throws UserError */
function syntheticOf({ prompt, output, prefix }: LoadFlags): LoadDefinition['synthetic'] {
  if (prompt !== undefined) return { prompt, output, prefix };
  const alone = output !== undefined ? '--output' : prefix !== undefined ? '--prefix' : null;
  if (alone === null) return undefined;
  throw new UserError(
    `${alone}: expected --prompt beside it, since a suite has prompts of its own, found none; add it`,
  );
}

/** A budget of requests alone leaves the time open. */
function budgetOf({ budget, maxCost }: LoadFlags): LoadDefinition['budget'] {
  const dollars = maxCost === undefined ? {} : { dollars: maxCost };
  if (budget === undefined) return maxCost === undefined ? undefined : dollars;
  return 'trials' in budget ? { requests: budget.trials, ...dollars } : { seconds: budget.seconds, ...dollars };
}
