/** `rightsize score`: prints the scores of outputs that were made elsewhere. */
import { Command, Option } from '@commander-js/extra-typings';
import type { Score } from '../core/score/score.js';
import type { ScoredFile } from '../run/score.js';
import { json, jsonOption } from './options.js';

export const score = () =>
  new Command('score')
    .description('score outputs made elsewhere: lines of {"output": …, "target": …}')
    .argument('<file>', 'JSON lines, JSON, CSV or Parquet; - for JSON lines from the standard input')
    .requiredOption('--scorer <name>', 'see `rightsize list scorers`')
    .addOption(new Option('--options <json>', "the scorer's options").argParser(json('--options', '{"name": value}')))
    .addOption(
      new Option('--filters <json>', 'a list of filters that take the answer out of an output').argParser(
        json('--filters', '[{"filter": "strip"}]'),
      ),
    )
    .option('--output-field <name>', 'the field with the answer', 'output')
    .option('--target-field <name>', 'the field with what is right', 'target')
    .option('--each', 'print the score of every line')
    .addOption(jsonOption())
    .action(async (file, { scorer, options, filters, outputField, targetField, each, json }) => {
      const { score } = await import('../run/score.js');
      const onScore = (row: number, result: Score) =>
        print(json ? JSON.stringify({ row, ...result }) : lineInWords(row, result));
      const scored = await score(file, {
        scorer,
        options,
        filters,
        outputField,
        targetField,
        ...(each && { onScore }),
      });
      if (json) print(JSON.stringify(scored));
      else printInWords(scored);
    });

function printInWords({ scorer, scored, unscored, quality, metrics = {} }: ScoredFile): void {
  print(
    'missing' in quality
      ? `${scorer}: not estimated, because ${quality.missing}; scored ${scored}`
      : `${scorer}: ${quality.value.toFixed(4)} (95% interval ${quality.low.toFixed(4)} to ${quality.high.toFixed(4)}, n = ${quality.n})`,
  );
  for (const [name, value] of Object.entries(metrics))
    print(`  ${name}: ${'missing' in value ? `not known, because ${value.missing}` : value.value}`);
  for (const { reason, count } of unscored) print(`  unscored: ${count}, because ${reason}`);
}

function lineInWords(row: number, result: Score): string {
  return result.state === 'scored'
    ? `${row}\t${result.value}\t${JSON.stringify(result.answer)}`
    : `${row}\tunscored\t${result.reason}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
