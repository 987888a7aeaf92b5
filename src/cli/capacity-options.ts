/** What is asked of capacity, in the flags that `rightsize capacity` and `rightsize report` share. */
import { Command, Option, type OptionValues } from '@commander-js/extra-typings';
import { CACHE_TYPES, ENGINE_NAMES } from '../core/capacity/engines.js';
import type { LoadWanted } from '../core/capacity/plan/answer.js';
import { parseThinkTime } from '../core/definition/condition.js';
import type { Lengths } from '../core/load/lengths.js';
import type { CapacityAsked } from '../run/capacity.js';
import type { WantedTokens } from '../run/capacity-lengths.js';
import {
  arrivals,
  collect,
  decimal,
  lengths,
  modelsOption,
  natural,
  oneOf,
  positive,
  share,
  thinkTime,
  tokenPrice,
  tokens,
} from './options.js';

/** @param model What `--model` names: a run has models of its own. */
const capacityOptions = (model: string) =>
  new Command()
    .option('--model <id|file>', model, collect, [])
    .addOption(modelsOption())
    .option(
      '--device <id>',
      'a device of `rightsize list devices`, or several that share a model: 2xh100 (repeatable; default: the machine of the run, or nine usual ones without a run)',
      collect,
      [],
    )
    .option(
      '--prompt <tokens>',
      'tokens of a prompt: 1200, uniform:100,500, normal:500,100 or lognormal:500,0.5 (default: those of the run)',
      lengths,
    )
    .option('--output <tokens>', 'tokens of an answer, in the same words (default: those of the run)', lengths)
    .option('--context <n>', 'tokens of context of one request: 8192 or 8k (default: prompt and answer)', tokens)
    .addOption(
      new Option('--engine <name>', `${ENGINE_NAMES.join(', ')} (default: the usual one of each device)`).argParser(
        oneOf(ENGINE_NAMES),
      ),
    )
    .addOption(
      new Option(
        '--cache-type <type>',
        `how the KV cache is stored: ${CACHE_TYPES.join(', ')} (default: as the model of the run, else f16)`,
      ).argParser(oneOf(CACHE_TYPES)),
    )
    .addOption(
      new Option('--rate <r>', 'requests per second at the peak').argParser(decimal).conflicts(['users', 'find']),
    )
    .addOption(
      new Option('--users <n>', 'users at the peak, who ask, wait and think').argParser(positive).conflicts('find'),
    )
    .addOption(
      new Option('--find <what>', 'only the greatest load of one device, in users, concurrency or rate').argParser(
        oneOf(['users', 'concurrency', 'rate']),
      ),
    )
    .addOption(
      new Option('--think <time>', 'how long users think: 10s, exp:10s or lognormal:10s,1')
        .argParser(thinkTime)
        .default(parseThinkTime('exp:10s')!, 'exp:10s'),
    )
    .addOption(
      new Option('--arrivals <process>', 'how the requests of a rate arrive: poisson, constant or gamma:CV')
        .argParser(arrivals)
        .default({ kind: 'poisson' } as const, 'poisson'),
    )
    .option('--objective <limit>', 'what must hold under load: "ttft p95 <= 1 s" (repeatable)', collect, [])
    .option('--slots <n>', "requests that the engine answers at once (default: the engine's own)", positive)
    .addOption(
      new Option('--headroom <share>', 'the share of its greatest load that a device keeps free')
        .argParser(share)
        .default(0.2, '20%'),
    )
    .addOption(
      new Option('--api-price <in,out>', 'dollars for a million tokens of an API, to compare with').argParser(
        tokenPrice,
      ),
    )
    .addOption(new Option('--seed <n>', 'the seed of the simulation').argParser(natural).default(0));

type CapacityFlags = ReturnType<ReturnType<typeof capacityOptions>['opts']>;

/** Adds the flags. The types of a chain of this length cannot be inferred for a command of any kind, so they are stated. */
export function withCapacityOptions<Args extends unknown[], Flags extends OptionValues>(
  command: Command<Args, Flags>,
  { model }: { readonly model: string },
): Command<Args, Flags & CapacityFlags> {
  for (const option of capacityOptions(model).options) command.addOption(option);
  return command as unknown as Command<Args, Flags & CapacityFlags>;
}

/** The question that the flags ask. */
export function capacityAsked(flags: CapacityFlags): CapacityAsked {
  const { model, models, device, prompt, output, context, engine, cacheType, slots, seed } = flags;
  return {
    models: model,
    catalogue: models,
    devices: device,
    prompt: tokensOf(prompt),
    output: tokensOf(output),
    context,
    engine,
    cacheType,
    load: loadWanted(flags),
    slots,
    objectives: flags.objective,
    api: flags.apiPrice,
    seed,
  };
}

/** Lengths that are always the same are one number in the answer, too. */
function tokensOf(wanted: Lengths | undefined): WantedTokens | undefined {
  return wanted?.kind === 'fixed' ? wanted.tokens : wanted;
}

/** Objectives alone ask how many users one device serves. */
function loadWanted({
  rate,
  users,
  find,
  think,
  arrivals,
  headroom,
  objective,
}: CapacityFlags): LoadWanted | undefined {
  if (rate !== undefined) return { kind: { kind: 'rate', arrivals }, wanted: rate, headroom };
  if (users !== undefined || find === 'users')
    return { kind: { kind: 'users', think }, wanted: users ?? null, headroom };
  if (find === 'rate') return { kind: { kind: 'rate', arrivals }, wanted: null, headroom };
  if (find === 'concurrency') return { kind: { kind: 'concurrency' }, wanted: null, headroom };
  return objective.length > 0 ? { kind: { kind: 'users', think }, wanted: null, headroom } : undefined;
}
