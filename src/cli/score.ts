/** `rightsize score`: prints the scores of outputs that were made elsewhere. */
import { Command, Option } from '@commander-js/extra-typings';
import type { Score } from '../core/score/score.js';
import type { ScoredFile } from '../run/score.js';
import { allowScorerOption, json, jsonOption } from './options.js';
import { type Terminal, worldIn } from './terminal.js';

export const score = (terminal: Terminal) =>
  new Command()
    .argument('<file>', 'JSON lines, JSON, CSV or Parquet; - for JSON lines from the standard input')
    .requiredOption('--scorer <name>', 'see `rightsize list scorers`')
    .addOption(new Option('--options <json>', "the scorer's options").argParser(json('--options', '{"name": value}')))
    .addOption(
      new Option('--filters <json>', 'a list of filters that take the answer out of an output').argParser(
        json('--filters', '[{"filter": "strip"}]'),
      ),
    )
    .option('--output-field <name>', 'the field with the answer', 'output')
    .option('--target-field <name>', 'the field with the right answer', 'target')
    .addOption(allowScorerOption())
    .option('--each', 'print the score of every line')
    .addOption(jsonOption())
    .action(async (file, { scorer, options, filters, outputField, targetField, allowScorer, each, json }) => {
      const { score } = await import('../run/score.js');
      const print = (line: string) => void terminal.stdout.write(`${line}\n`);
      const onScore = (row: number, result: Score) =>
        print(json ? JSON.stringify({ row, ...result }) : lineInWords(row, result));
      const scored = await score(file, {
        ...worldIn(terminal),
        scorer,
        options,
        filters,
        outputField,
        targetField,
        allowScorers: allowScorer,
        ...(each && { onScore }),
      });
      if (json) print(JSON.stringify(scored));
      else for (const line of linesInWords(scored)) print(line);
    });

function linesInWords({ scorer, scored, unscored, quality, metrics = {} }: ScoredFile): readonly string[] {
  return [
    'missing' in quality
      ? `${scorer}: not estimated, because ${quality.missing}; scored ${scored}`
      : `${scorer}: ${quality.value.toFixed(4)} (95% interval ${quality.low.toFixed(4)} to ${quality.high.toFixed(4)}, n = ${quality.n})`,
    ...Object.entries(metrics).map(
      ([name, value]) => `  ${name}: ${'missing' in value ? `not known, because ${value.missing}` : value.value}`,
    ),
    ...unscored.map(({ reason, count }) => `  unscored: ${count}, because ${reason}`),
  ];
}

function lineInWords(row: number, result: Score): string {
  return result.state === 'scored'
    ? `${row}\t${result.value}\t${JSON.stringify(result.answer)}`
    : `${row}\tunscored\t${result.reason}`;
}
