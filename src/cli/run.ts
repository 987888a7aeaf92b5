/** `rightsize run`: measures a new run, or the trials that an earlier run lacks, then prints its reports. */
import { Command, Option } from '@commander-js/extra-typings';
import { UserError } from '../core/errors.js';
import type { GateRequest } from '../run/compare.js';
import { DEFAULTS } from '../run/defaults.js';
import type { RunDefinition } from '../run/definitions.js';
import type { Measured, MeasureOptions } from '../run/measure.js';
import { displayPath } from '../system/path.js';
import {
  allowScorerOption,
  budget,
  collect,
  dataOption,
  defining,
  dollars,
  fleetOption,
  gateOption,
  gateStrictOption,
  gateVerdictOption,
  modelsOption,
  nameOption,
  natural,
  onOption,
  positive,
  pricesOption,
  referenceOption,
  reportsOption,
  requireFleet,
  requirePowerOption,
} from './options.js';
import { type Terminal, worldIn } from './terminal.js';

const runOptions = () =>
  new Command()
    .addOption(
      defining(
        new Option('-s, --suite <name|file>', 'a suite to run (repeatable)')
          .argParser(collect)
          .default<readonly string[]>([], DEFAULTS.suite),
      ),
    )
    .addOption(
      defining(
        new Option(
          '-m, --model <id>',
          'an id, id:variant or id:* of models.json, hf:org/repo:Q4_K_M, a file.gguf, or http://host/v1#name (repeatable)',
        )
          .argParser(collect)
          .default<readonly string[]>([], 'those that models.json names'),
      ),
    )
    .addOption(modelsOption())
    .addOption(defining(dataOption()))
    .addOption(defining(new Option('-n, --limit <n>', 'at most n samples of each task').argParser(positive)))
    .addOption(
      defining(
        new Option('-k, --repetitions <n>', 'how often each sample is asked')
          .argParser(positive)
          .default(DEFAULTS.repetitions),
      ),
    )
    .addOption(
      defining(
        new Option('--warmup <n>', 'requests after opening a model that are not recorded')
          .argParser(natural)
          .default(DEFAULTS.warmup),
      ),
    )
    .addOption(
      defining(
        new Option('-c, --concurrency <n>', 'n answers at once where a backend can; faster, but without a verdict')
          .argParser(positive)
          .default(DEFAULTS.concurrency),
      ),
    )
    .addOption(
      defining(new Option('--seed <n>', 'the seed of every random choice').argParser(natural).default(DEFAULTS.seed)),
    )
    .addOption(defining(new Option('--logprobs', 'ask servers for log-probabilities, for cascades; slower')))
    .addOption(defining(new Option('--until-sure', 'ask in rounds, and stop as soon as every comparison is decided')))
    .addOption(
      defining(
        new Option(
          '--budget <time|n>',
          'with --until-sure: the longest time (10 min) or the most trials (5000)',
        ).argParser(budget),
      ),
    )
    .addOption(defining(referenceOption()))
    .addOption(defining(nameOption()))
    .addOption(new Option('--resume <run>', 'measure the trials that a run lacks'))
    .addOption(
      new Option(
        '--max-cost <dollars>',
        'refuse a run whose servers may cost more, and end it when that is spent',
      ).argParser(dollars),
    )
    .addOption(pricesOption())
    .option('-o, --out <dir>', 'where runs are kept', DEFAULTS.out)
    .option('--run-code', 'run the programs that models write, confined, where a scorer asks for it')
    .option('--judge <id>', 'the model that judges answers, where a scorer asks for one')
    .addOption(allowScorerOption())
    .option('--wait', 'wait while another process measures on this machine')
    .addOption(fleetOption('measure on the machines that joined there, not here'))
    .addOption(onOption())
    .addOption(defining(new Option('--each-machine', 'with --fleet: everything on every machine, to compare machines')))
    .addOption(reportsOption())
    .addOption(gateOption())
    .addOption(gateStrictOption())
    .addOption(gateVerdictOption())
    .addOption(defining(requirePowerOption()))
    .option('--gate-model <id>', 'the gated model (default: the one that the run recommends)')
    .option('--json', 'print summary.json instead of tables')
    .option('-q, --quiet', 'no progress');

type RunFlags = ReturnType<ReturnType<typeof runOptions>['opts']>;

export const run = (terminal: Terminal) => runOptions().action((flags) => measureAndPrint(flags, terminal));

async function measureAndPrint(flags: RunFlags, terminal: Terminal): Promise<void> {
  const [
    { measure, resume },
    { endIncomplete, interruption, unlessInterrupted },
    { showProgress },
    { screenOn },
    { printReports },
  ] = await Promise.all([
    import('../run/measure.js'),
    import('./interruption.js'),
    import('./progress.js'),
    import('./screen.js'),
    import('./print-reports.js'),
  ]);
  const { gateRequest } = await import('./gate-request.js');
  const gates = gateRequest({
    gate: flags.gate,
    gateStrict: flags.gateStrict,
    gateVerdict: flags.gateVerdict,
    requirePower: flags.requirePower,
    gateModel: flags.gateModel,
  });
  if (gates !== undefined && flags.requirePower) {
    const [{ foreseeRun }, { printForeseenLimits }] = await Promise.all([
      import('../run/foresight.js'),
      import('./print-foresight.js'),
    ]);
    if (printForeseenLimits(terminal, await foreseeRun(definitionOf(flags), { ...worldIn(terminal), gates }))) {
      terminal.exitCode = 1;
      return;
    }
  }
  const signal = interruption(terminal);
  const progress = showProgress(flags.quiet || flags.json ? 'quiet' : 'shown', screenOn(terminal));
  const surroundings = { ...surroundingsOf(flags), ...worldIn(terminal), signal, onEvent: progress.onEvent };
  const measuring =
    flags.resume === undefined ? measure(definitionOf(flags), surroundings) : resume(flags.resume, surroundings);
  const measured = await unlessInterrupted(
    gates === undefined ? measuring : measuring.then((first) => confirmed(first, gates, surroundings)),
    signal,
  );
  progress.end();
  if (measured === null) return endIncomplete(terminal, 'the run was interrupted before it measured anything');
  const { folder, complete, reason } = measured;
  const analysis = await printReports(terminal, [folder], { reports: flags.reports, json: flags.json });
  const { describeLost } = await import('../core/recommend/unscored.js');
  const unscored = describeLost(analysis.suites);
  if (unscored !== null) endIncomplete(terminal, unscored);
  if (!complete) {
    const { resumeCommand } = await import('../core/report/commands.js');
    endIncomplete(
      terminal,
      `the run is incomplete (${reason}); finish it with: ${resumeCommand('run', terminal.command, displayPath(folder, terminal.cwd))}`,
    );
  }
  if (gates !== undefined) {
    const { printRunGates } = await import('./print-run-gates.js');
    terminal.exitCode = printRunGates(terminal, analysis, gates, terminal.exitCode === 3 ? 'incomplete' : 'complete');
  }
}

async function confirmed(first: Measured, gates: GateRequest, surroundings: MeasureOptions): Promise<Measured> {
  const { confirmRed } = await import('../run/gate.js');
  return confirmRed(first, gates, surroundings);
}

function definitionOf(flags: RunFlags): RunDefinition & Pick<RunFlags, 'out'> {
  return {
    suites: flags.suite,
    models: flags.model,
    catalogue: flags.models,
    data: flags.data,
    limit: flags.limit,
    repetitions: flags.repetitions,
    warmup: flags.warmup,
    concurrency: flags.concurrency,
    logprobs: flags.logprobs,
    seed: flags.seed,
    untilSure: untilSureOf(flags),
    reference: flags.reference,
    name: flags.name,
    out: flags.out,
  };
}

function untilSureOf({ untilSure, budget }: RunFlags): RunDefinition['untilSure'] {
  if (untilSure) return { budget: budget ?? null };
  if (budget !== undefined)
    throw new UserError('--budget: expected --until-sure beside it, found it alone; add --until-sure, or use --limit');
  return undefined;
}

function surroundingsOf(flags: RunFlags): MeasureOptions {
  requireFleet(flags, flags.eachMachine ? ['--each-machine'] : []);
  return {
    fleet:
      flags.fleet === undefined ? undefined : { url: flags.fleet, labels: flags.on, everywhere: flags.eachMachine },
    prices: flags.prices,
    maxCost: flags.maxCost,
    judge: flags.judge,
    allowScorers: flags.allowScorer,
    catalogue: flags.models,
    programs: flags.runCode ? 'run confined' : undefined,
    whenBusy: flags.wait ? 'wait' : undefined,
  };
}
