/** `rightsize ab`: measures two versions in turns on this machine, and compares them. */
import { Command, Option } from '@commander-js/extra-typings';
import { UserError } from '../core/errors.js';
import { plain } from '../core/report/text.js';
import { DEFAULTS } from '../run/defaults.js';
import {
  allowScorerOption,
  byOption,
  collect,
  dataOption,
  gateOption,
  gateStrictOption,
  gateVerdictOption,
  jsonOption,
  modelsOption,
  nameOption,
  natural,
  positive,
  requiredOption,
  requirePowerOption,
} from './options.js';
import { type Terminal, worldIn } from './terminal.js';

export const ab = (terminal: Terminal) =>
  new Command()
    .option('--base <id>', 'the old version: an id, hf:org/repo:Q4_K_M, a file.gguf, or http://host/v1#name')
    .option('--candidate <id>', 'the new version; the same id twice shows the noise of this machine')
    .addOption(
      new Option('-s, --suite <name|file>', 'a suite to run (repeatable)')
        .argParser(collect)
        .default<readonly string[]>([], DEFAULTS.suite),
    )
    .addOption(
      new Option(
        '--base-suite <name|file>',
        'ask the base in the words of this suite, which has the same samples (repeatable)',
      )
        .argParser(collect)
        .default<readonly string[]>([]),
    )
    .addOption(modelsOption())
    .addOption(dataOption())
    .option('-n, --limit <n>', 'at most n samples of each task', positive)
    .option('--blocks <n>', 'blocks of samples; each opens each version twice', positive, 6)
    .option(
      '--one-at-a-time',
      'open one version at a time, where memory does not hold both; a busy machine then blurs more',
    )
    .option('--warmup <n>', 'requests after opening a model that are not recorded', natural, DEFAULTS.warmup)
    .option('--seed <n>', 'the seed of every random choice', natural, DEFAULTS.seed)
    .addOption(nameOption())
    .addOption(gateOption())
    .addOption(gateStrictOption())
    .addOption(byOption())
    .addOption(requiredOption())
    .addOption(gateVerdictOption())
    .addOption(requirePowerOption())
    .option('--pilot <run>', 'an earlier run of ab, which tells before the measurement what the gates will see')
    .option('--self-test', 'inject a loss into a copy, and fail unless every gate turns red')
    .option('-o, --out <dir>', 'where runs are kept', DEFAULTS.out)
    .addOption(allowScorerOption())
    .option('--wait', 'wait while another process measures on this machine')
    .option('--markdown', 'print Markdown instead of tables')
    .addOption(jsonOption())
    .option('-q, --quiet', 'no progress')
    .action(async (flags) => {
      const [{ ab }, { interruption }, { showProgress }, { screenOn }, { printComparison }] = await Promise.all([
        import('../run/ab.js'),
        import('./interruption.js'),
        import('./progress.js'),
        import('./screen.js'),
        import('./print-comparison.js'),
      ]);
      const { base, candidate } = flags;
      if (base === undefined || candidate === undefined)
        throw new UserError('ab: expected two versions, found fewer; name them with --base and --candidate');
      const { gateRequest } = await import('./gate-request.js');
      const gates = gateRequest({ ...flags, gate: flags.gate ?? flags.selfTest });
      const definition = {
        base,
        candidate,
        suites: flags.suite,
        baseSuites: flags.baseSuite.length === 0 ? undefined : flags.baseSuite,
        catalogue: flags.models,
        data: flags.data,
        limit: flags.limit,
        blocks: flags.blocks,
        oneAtATime: flags.oneAtATime,
        warmup: flags.warmup,
        seed: flags.seed,
        name: flags.name,
        out: flags.out,
      };
      if (flags.pilot !== undefined && !flags.requirePower)
        throw new UserError('--pilot: expected --require-power beside it, found none; add it');
      if (gates !== undefined && flags.requirePower) {
        const [{ foreseeAb }, { printForesight }] = await Promise.all([
          import('../run/foresight.js'),
          import('./print-foresight.js'),
        ]);
        if (
          printForesight(terminal, await foreseeAb(definition, { ...worldIn(terminal), gates, pilot: flags.pilot }))
        ) {
          terminal.exitCode = 1;
          return;
        }
      }
      const progress = showProgress(flags.quiet || flags.json ? 'quiet' : 'shown', screenOn(terminal));
      const measured = await ab(definition, {
        gates,
        ...worldIn(terminal),
        allowScorers: flags.allowScorer,
        whenBusy: flags.wait ? 'wait' : undefined,
        signal: interruption(terminal),
        onEvent: progress.onEvent,
      });
      progress.end();
      await printComparison(terminal, measured, {
        json: flags.json,
        markdown: flags.markdown,
        selfTest: flags.selfTest,
        requirePower: flags.requirePower,
        out: measured.folder,
      });
      if (measured.complete) return;
      terminal.stderr.write(`rightsize: the run is incomplete (${plain(measured.reason)})\n`);
      terminal.exitCode = terminal.exitCode === 2 ? 2 : 3;
    });
