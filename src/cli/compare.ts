/** `rightsize compare`: what changed between two versions of a model, and whether a gate is red. */
import { Command } from '@commander-js/extra-typings';
import {
  byOption,
  gateOption,
  gateStrictOption,
  gateVerdictOption,
  jsonOption,
  promptsOption,
  requiredOption,
  requirePowerOption,
} from './options.js';
import { type Terminal, worldIn } from './terminal.js';

export const compare = (terminal: Terminal) =>
  new Command()
    .argument('<base>', 'the folder of a run, its log.jsonl, or a baseline')
    .argument('[new]', 'the run that is held against it; without it, two models of one run are compared')
    .option('-m, --model <id>', 'the model to compare, where the runs have several')
    .option('--base-model <id>', 'the model of the base, where it has another name')
    .option('--new-model <id>', 'the model of the new run, where it has another name')
    .option('--history <dir>', 'a history that knows how much runs differ, so that speed is judged')
    .addOption(gateOption())
    .addOption(gateStrictOption())
    .addOption(byOption())
    .addOption(requiredOption())
    .addOption(gateVerdictOption())
    .addOption(promptsOption())
    .addOption(requirePowerOption())
    .option('--self-test', 'inject a loss into a copy, and fail unless every gate turns red')
    .option('-o, --out <dir>', 'write Markdown, JSON, JUnit and the formats of trackers into a folder')
    .option('--markdown', 'print Markdown instead of tables')
    .addOption(jsonOption())
    .action(async (base, candidate, flags) => {
      const [{ compare }, { printComparison }] = await Promise.all([
        import('../run/compare.js'),
        import('./print-comparison.js'),
      ]);
      const { gateRequest } = await import('./gate-request.js');
      const gates = gateRequest({ ...flags, gate: flags.gate ?? flags.selfTest });
      const comparisons = await compare(candidate === undefined ? [base] : [base, candidate], {
        ...worldIn(terminal),
        baseModel: flags.baseModel ?? flags.model,
        newModel: flags.newModel ?? flags.model,
        history: flags.history,
        gates,
      });
      await printComparison(terminal, comparisons, {
        json: flags.json,
        markdown: flags.markdown,
        out: flags.out,
        selfTest: flags.selfTest,
        requirePower: flags.requirePower,
      });
    });
