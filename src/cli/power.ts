/** `rightsize power`: how many samples a suite needs, before it is run. */
import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { jsonOption, natural, positive, positives, share } from './options.js';
import type { Terminal } from './terminal.js';

export const power = (terminal: Terminal) =>
  new Command()
    .argument('[run]', 'the folder of a run, or its log.jsonl, whose agreement and groups are taken')
    .option('--margin <share>', 'how much worse the SLM may be: "5 points" (default: 3 points, or the suite\'s)', share)
    .option('--power <share>', 'how often the suite should show that the SLM fits', share, 0.8)
    .option('--samples <n,...>', 'print the power of these numbers of samples', positives)
    .option('--agreement <share>', 'share of samples on which the SLM and the LLM score alike', share)
    .option('--scores <slm,llm>', 'expected scores, such as 80%,82% (default: equally good)', scorePair)
    .option('--group-size <n>', 'samples of one group', positive)
    .option('--correlation <share>', 'how alike the outcomes of one group are (default: 0.2)', share)
    .option('--comparisons <k>', 'tasks times SLMs, which share the error rate', positive)
    .option('--alpha <share>', "error rate of the verdicts (default: 5%, or the suite's)", share)
    .option('--seed <n>', 'seed of the suites that are drawn', natural, 0)
    .addOption(jsonOption())
    .action(async (run, flags) => {
      const { printPower } = await import('./print-power.js');
      // Each flag is named: one that is renamed then does not compile.
      const question = {
        margin: flags.margin,
        power: flags.power,
        samples: flags.samples ?? [],
        agreement: flags.agreement,
        scores: flags.scores,
        groupSize: flags.groupSize,
        correlation: flags.correlation,
        comparisons: flags.comparisons,
        alpha: flags.alpha,
        seed: flags.seed,
      };
      await printPower(terminal, run, question, { json: flags.json });
    });

function scorePair(text: string): readonly [number, number] {
  const [first, second, ...more] = text.split(',');
  if (first === undefined || second === undefined || more.length > 0)
    throw new InvalidArgumentError(`expected two scores such as 80%,82%, found "${text}".`);
  return [share(first.trim()), share(second.trim())];
}
