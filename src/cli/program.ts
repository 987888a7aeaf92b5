/** The command line: one table of commands, each in a file of its own that is loaded when it is called. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { duration, share } from '../core/definition/units.js';
import type { UntilSure } from '../core/measure/log.js';
import { packageVersion } from '../system/package.js';
import { LISTINGS } from './listings.js';

const REPORTS = 'only these of markdown, summary, charts, html, samples (with commas; summary always)';

export function program(): Command {
  const root = new Command('rightsize')
    .description('Does a small language model fit this workload, or does it need a large one, or both in a cascade?')
    .version(packageVersion())
    .exitOverride()
    .showHelpAfterError('(rightsize --help teaches the rest)')
    .addHelpText(
      'after',
      `
Start with:
  rightsize run                       measure the default models on the default suite
  rightsize run --suite mine.yaml --model phi-3-mini --model gpt-4o
  rightsize report reports/RUN        rebuild every report from the run's log

Exit codes: 0 done, 1 a gate failed, 2 a definition or a flag is wrong, 3 the run ended incomplete.`,
    );

  root
    .command('run')
    .description('run suites on models, then report and recommend')
    .option('-s, --suite <name|file>', 'a suite to run (repeatable; default: support-desk)', collect, [])
    .option('-m, --model <id>', 'a model of models.json: id, id:variant or id:* (repeatable)', collect, [])
    .option('--models <file>', 'another models.json')
    .option(
      '--data <suite/task=file>',
      'a copy of data to read in place of what the suite names (repeatable)',
      collect,
      [],
    )
    .option('--prices <file>', 'devices and electricity of your own, with their prices')
    .option('-o, --out <dir>', 'where runs are kept', 'reports')
    .option('-n, --limit <n>', 'n samples of each task, in place of what the suite says', positive)
    .option('-k, --repetitions <n>', 'how often each sample is asked', positive, 1)
    .option('--warmup <n>', 'requests after opening a model that are not recorded', natural, 2)
    .option(
      '-c, --concurrency <n>',
      'n answers at once, where a backend can: sooner done, but no latencies',
      positive,
      1,
    )
    .option('--seed <n>', 'of every choice that is left to chance', natural, 0)
    .option('--until-sure', 'ask in rounds, and stop as soon as every comparison is decided')
    .option('--budget <time|n>', 'with --until-sure: at most so long (10 min) or so many trials (5000)', budget)
    .addOption(
      new Option('--resume <run>', 'do what is missing of a run').conflicts([
        'suite',
        'model',
        'models',
        'data',
        'limit',
        'repetitions',
        'warmup',
        'seed',
        'concurrency',
        'untilSure',
        'budget',
      ]),
    )
    .option('--run-code', 'run the programs that models write, confined, where a scorer asks for it')
    .option('--judge <id>', 'the model that judges answers, where a scorer asks for one')
    .option('--reports <names>', REPORTS)
    .option('--json', 'print summary.json instead of tables')
    .option('-q, --quiet', 'no progress')
    .action(async (options) => (await import('./run.js')).run(options));

  root
    .command('report')
    .description("rebuild a run's reports from its log alone, or put several runs side by side")
    .argument('<run...>', 'the folder of a run, or its log.jsonl')
    .option('-o, --out <dir>', 'write the reports somewhere else')
    .option('--prices <file>', 'devices and electricity of your own, with their prices')
    .option('--reports <names>', REPORTS)
    .option('--json', 'print summary.json instead of tables')
    .action(async (runs, options) => (await import('./report.js')).report(runs, options));

  root
    .command('check')
    .description('validate definitions, and say which models could run here, without running them')
    .option('-s, --suite <name|file>', 'a suite to check (repeatable; default: all)', collect, [])
    .option('-m, --model <id>', 'a model to check (repeatable; default: all)', collect, [])
    .option('--models <file>', 'another models.json')
    .option(
      '--data <suite/task=file>',
      'a copy of data to read in place of what the suite names (repeatable)',
      collect,
      [],
    )
    .option('--json', 'print one JSON document')
    .action(async (options) => (await import('./check.js')).check(options));

  root
    .command('power')
    .description('say how many samples a suite needs, from assumptions or from a run as a pilot')
    .argument('[run]', 'the folder of a run, or its log.jsonl, whose agreement and groups are taken')
    .option(
      '--margin <share>',
      'how much worse the SLM may be: "5 points" (default: 3 points, or the suite\'s)',
      shareOf,
    )
    .option('--power <share>', 'how often the suite should show that the SLM fits', shareOf, 0.8)
    .option('--samples <n,...>', 'print the power of these numbers of samples', counts)
    .option('--agreement <share>', 'share of samples on which the SLM and the LLM score alike', shareOf)
    .option('--scores <slm,llm>', 'expected scores, such as 80%,82% (default: equally good)', scorePair)
    .option('--group-size <n>', 'samples of one group', positive)
    .option('--correlation <share>', 'how alike the outcomes of one group are (default: 0.2)', shareOf)
    .option('--comparisons <k>', 'tasks times SLMs, which share the error rate', positive)
    .option('--alpha <share>', "error rate of the verdicts (default: 5%, or the suite's)", shareOf)
    .option('--seed <n>', 'seed of the suites that are drawn', natural, 0)
    .option('--json', 'print one JSON document')
    .action(async (run, options) => (await import('./power.js')).printPower(run, options));

  root
    .command('list')
    .description(`list ${Object.keys(LISTINGS).join(', ')}`)
    .argument('<what>', Object.keys(LISTINGS).join(' | '), oneOf(Object.keys(LISTINGS)))
    .option('--models <file>', 'another models.json')
    .option('--json', 'print one JSON document')
    .action(async (what, options) => (await import('./list.js')).list(what, options));

  root
    .command('score')
    .description('score outputs made elsewhere: lines of {"output": …, "target": …}')
    .argument('<file>', 'a .jsonl file, also gzipped')
    .requiredOption('--scorer <name>', 'see `rightsize list scorers`')
    .option('--options <json>', "the scorer's options", '{}')
    .option('--filters <json>', 'a list of filters that take the answer out of an output', '[]')
    .option('--each', 'print the score of every line')
    .option('--json', 'print JSON')
    .action(async (file, options) => (await import('./score.js')).score(file, options));

  return root;
}

function collect(value: string, earlier: string[]): string[] {
  return [...earlier, value];
}

function natural(text: string): number {
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text)))
    throw new InvalidArgumentError(`expected a whole number from 0 up, found "${text}".`);
  return Number(text);
}

function positive(text: string): number {
  const n = natural(text);
  if (n === 0) throw new InvalidArgumentError('expected a whole number from 1 up, found "0".');
  return n;
}

function budget(text: string): UntilSure['budget'] {
  if (/^\d+$/.test(text)) return { trials: positive(text) };
  const seconds = duration.safeParse(text);
  if (!seconds.success)
    throw new InvalidArgumentError(`expected a time such as "10 min" or a number of trials, found "${text}".`);
  return { seconds: seconds.data };
}

function shareOf(text: string): number {
  const read = share.safeParse(text);
  if (!read.success) throw new InvalidArgumentError(`${read.error.issues[0]!.message}, found "${text}".`);
  return read.data;
}

function scorePair(text: string): readonly [number, number] {
  const [first, second, ...more] = text.split(',');
  if (first === undefined || second === undefined || more.length > 0)
    throw new InvalidArgumentError(`expected two scores such as 80%,82%, found "${text}".`);
  return [shareOf(first.trim()), shareOf(second.trim())];
}

function counts(text: string): readonly number[] {
  return text.split(',').map((one) => positive(one.trim()));
}

function oneOf(names: readonly string[]) {
  return (value: string): string => {
    if (!names.includes(value))
      throw new InvalidArgumentError(`expected one of ${names.join(', ')}, found "${value}".`);
    return value;
  };
}
