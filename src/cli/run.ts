/** `rightsize run`: measures a new run, or what is missing of one, then prints its reports. */
import { Command, Option } from '@commander-js/extra-typings';
import { UserError } from '../core/errors.js';
import { DEFAULTS } from '../run/defaults.js';
import {
  budget,
  collect,
  dataOption,
  modelsOption,
  natural,
  positive,
  pricesOption,
  reportsOption,
} from './options.js';

export const run = () =>
  new Command('run')
    .description('run suites on models, then report and recommend')
    .addOption(
      defining(
        new Option('-s, --suite <name|file>', 'a suite to run (repeatable)')
          .argParser(collect)
          .default<readonly string[]>([], DEFAULTS.suite),
      ),
    )
    .addOption(
      defining(
        new Option('-m, --model <id>', 'a model of models.json: id, id:variant or id:* (repeatable)')
          .argParser(collect)
          .default<readonly string[]>([], 'those that models.json names'),
      ),
    )
    .addOption(defining(modelsOption()))
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
        new Option('-c, --concurrency <n>', 'n answers at once where a backend can; faster, but no latencies')
          .argParser(positive)
          .default(DEFAULTS.concurrency),
      ),
    )
    .addOption(
      defining(new Option('--seed <n>', 'the seed of every random choice').argParser(natural).default(DEFAULTS.seed)),
    )
    .addOption(defining(new Option('--until-sure', 'ask in rounds, and stop as soon as every comparison is decided')))
    .addOption(
      defining(
        new Option(
          '--budget <time|n>',
          'with --until-sure: the longest time (10 min) or the most trials (5000)',
        ).argParser(budget),
      ),
    )
    .addOption(new Option('--resume <run>', 'measure what is missing of a run'))
    .addOption(pricesOption())
    .option('-o, --out <dir>', 'where runs are kept', DEFAULTS.out)
    .option('--run-code', 'run the programs that models write, confined, where a scorer asks for it')
    .option('--judge <id>', 'the model that judges answers, where a scorer asks for one')
    .option('--wait', 'wait while another process measures on this machine')
    .addOption(reportsOption())
    .option('--json', 'print summary.json instead of tables')
    .option('-q, --quiet', 'no progress')
    .action(async (flags) => {
      const [{ measure, resume }, { interruption }, { showProgress }, { printReports }] = await Promise.all([
        import('../run/measure.js'),
        import('./interruption.js'),
        import('./progress.js'),
        import('./print-reports.js'),
      ]);
      const progress = showProgress(flags.quiet || flags.json ? 'quiet' : 'shown');
      const options = {
        command: ['rightsize', ...process.argv.slice(2)],
        signal: interruption(),
        prices: flags.prices,
        judge: flags.judge,
        catalogue: flags.models,
        programs: flags.runCode ? ('run confined' as const) : undefined,
        whenBusy: flags.wait ? ('wait' as const) : undefined,
        onEvent: progress.onEvent,
      };
      const measured =
        flags.resume === undefined
          ? await measure(
              {
                suites: flags.suite,
                models: flags.model,
                catalogue: flags.models,
                data: flags.data,
                limit: flags.limit,
                repetitions: flags.repetitions,
                warmup: flags.warmup,
                concurrency: flags.concurrency,
                seed: flags.seed,
                untilSure: untilSureOf(flags),
                out: flags.out,
              },
              options,
            )
          : await resume(flags.resume, options);
      progress.end();
      if (!measured.complete) {
        process.stderr.write(
          `rightsize: the run is incomplete (${measured.reason}); finish it with: rightsize run --resume ${measured.folder}\n`,
        );
        process.exitCode = 3;
      }
      await printReports([measured.folder], { reports: flags.reports, json: flags.json });
    });

/**
 * Marks an option that shapes what a run measures. A resumed run takes all of that from its log, so such an option beside --resume
 * is refused.
 */
function defining<O extends { conflicts(name: string): unknown }>(option: O): O {
  option.conflicts('resume');
  return option;
}

type RunFlags = ReturnType<ReturnType<typeof run>['opts']>;

function untilSureOf({ untilSure, budget }: Pick<RunFlags, 'untilSure' | 'budget'>) {
  if (untilSure) return { budget: budget ?? null };
  if (budget !== undefined)
    throw new UserError('--budget: expected --until-sure beside it, found it alone; add --until-sure, or use --limit');
  return undefined;
}
