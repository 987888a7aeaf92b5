/**
 * `rightsize run`:
 *
 *     1 definitions ──▶ 2 plan ──▶ 3 check ──▶ 4 log ──▶ 5 execute ──▶ 6 report
 *        suites, models    trials     readiness    a new run or    workers,      analysis,
 *        samples                      before       one resumed     measurements  recommendation
 *                                     anything runs
 */
import { join } from 'node:path';
import { ALONE, parseCondition } from '../core/definition/condition.js';
import { sampleKey } from '../core/keys.js';
import { type Block, countTrials, plan, remaining } from '../core/plan/plan.js';
import { defaultCatalogue, loadModels } from '../files/definitions.js';
import { loadPrices } from '../files/price-list.js';
import { type Definitions, loadDefinitions } from '../run/definitions.js';
import { describeMachine } from '../run/environment.js';
import { type EvidenceOptions, gatherEvidence } from '../run/evidence.js';
import type { RunFlags } from '../run/order.js';
import { requireReady } from '../run/readiness.js';
import { execute } from '../run/runner.js';
import { createRun, lockRun, openRun } from '../run/runs.js';
import { openSandbox } from '../run/sandbox.js';
import { executeUntilSure } from '../run/until-sure.js';
import { uniqueId } from '../system/id.js';
import { interruption } from './interruption.js';
import { showProgress } from './progress.js';
import { printRuns, reportersIn } from './report.js';

export async function run(flags: RunFlags): Promise<void> {
  const reports = reportersIn(flags.reports);

  // 1 to 5
  const folder = await measure(flags);

  // 6
  await printRuns([join(folder, 'log.jsonl')], { out: folder, reports, json: flags.json === true });
}

/** @returns the folder of the run. Plan and samples end here: the report reads from the log what it needs of them. */
async function measure(flags: RunFlags): Promise<string> {
  const stop = interruption();
  const prices = await loadPrices(flags.prices);
  const own = prices && { prices };
  const earlier = flags.resume === undefined ? null : await openRun(flags.resume);

  // 1, 2
  const definitions = earlier?.definitions ?? (await loadDefinitions(flags));
  const whole = planOf(definitions);
  const blocks = earlier === null ? whole : remaining(whole, earlier.recorded);

  // 3
  await requireReady(definitions.models.filter(({ model }) => blocks.some((block) => block.model === model.id)));
  const judges = await judgesOf(flags);

  // 4
  const started = new Date().toISOString();
  const machine = await describeMachine();
  const origin = { machine: machine.machine, part: machine.part! };
  const command = ['rightsize', ...process.argv.slice(2)];
  const folder =
    earlier?.folder ??
    createRun(flags.out, { ...definitions.record, started, command, ...origin, ...own }, [
      machine,
      ...definitions.samples,
    ]);
  const { log, release } = lockRun(folder);

  // 5
  try {
    if (earlier !== null) {
      log.append({ type: 'resume', started, command, ...origin, ...own });
      log.append(machine);
    }
    const progress = showProgress(blocks, {
      quiet: flags.quiet === true || flags.json === true,
      done: countTrials(whole) - countTrials(blocks),
    });
    const began = performance.now();
    const options = {
      models: new Map(definitions.models.map((loaded) => [loaded.model.id, loaded])),
      tasks: definitions.tasks,
      samples: new Map(definitions.samples.map((sample) => [sampleKey(sample), sample])),
      warmup: definitions.record.settings.warmup,
      began,
      origin,
      nextSession: uniqueId,
      append: log.append,
      onEvent: progress.onEvent,
    };
    const executeBlocks = (some: readonly Block[], signal: AbortSignal) => execute(some, { ...options, signal });
    const { untilSure } = definitions.record.settings;
    const ending =
      untilSure === undefined
        ? await executeBlocks(blocks, stop)
        : await executeUntilSure(whole, {
            log: join(folder, 'log.jsonl'),
            definitions,
            untilSure,
            stop,
            execute: executeBlocks,
            say: progress.say,
          });
    if (!stop.aborted) {
      await gatherEvidence(join(folder, 'log.jsonl'), {
        ...judges,
        suites: definitions.record.suites,
        samples: options.samples,
        directory: process.cwd(),
        environment: process.env,
        append: log.append,
        signal: stop,
        say: progress.say,
      });
    }
    progress.end();
    const outcome = stop.aborted ? { complete: false, reason: 'interrupted' } : ending;
    log.append({ type: 'end', part: origin.part, ...outcome });
    if (!outcome.complete) {
      process.stderr.write(
        `rightsize: the run is incomplete (${outcome.reason}); finish it with: rightsize run --resume ${folder}\n`,
      );
      process.exitCode = 3;
    }
  } finally {
    log.close();
    release();
  }
  return folder;
}

/** What may judge answers beyond their words, ready before anything runs. @throws UserError */
async function judgesOf({ judge, runCode, models }: RunFlags): Promise<Pick<EvidenceOptions, 'judge' | 'sandbox'>> {
  const sandbox = runCode ? openSandbox() : null;
  if (judge === undefined) return { sandbox, judge: null };
  const [model] = await loadModels(models ?? defaultCatalogue(), [judge]);
  await requireReady([model!]);
  return { sandbox, judge: model! };
}

function planOf({ record, samples, models }: Definitions): readonly Block[] {
  const condition = parseCondition(record.settings.condition ?? 'closed 1');
  const workloads = record.suites.flatMap((suite) =>
    suite.tasks.map((task) => ({
      suite: suite.name,
      task: task.name,
      // Log-likelihoods are asked for one at a time: an engine computes the texts of a sample side by side as it is.
      condition: task.ask === 'generate' ? condition : ALONE,
      repetitions: task.repetitions,
      samples: samples
        .filter((sample) => sample.suite === suite.name && sample.task === task.name)
        .map(({ sample }) => sample),
    })),
  );
  return plan(
    workloads,
    models.map(({ model }) => model.id),
    record.settings,
  );
}
