/** The gates of one run alone: the limits of its suites, and the verdict that it must reach; of a load test, the loads that must hold. */
import type { Analysis } from '../core/analyse/analysis.js';
import type { LoadTest } from '../core/load/load-test.js';
import { recommend } from '../core/recommend/recommend.js';
import { exitCodeOf, type GateReport } from '../core/regress/gate-report.js';
import { judgeLoad } from '../core/regress/load-gate.js';
import { gatedModel, judgeLimits, judgeVerdict } from '../core/regress/run-gate.js';
import { type GateRequest, gateDefinition } from './compare.js';
import { type Measured, type MeasureOptions, resume } from './measure.js';
import { analyseLog } from './read.js';

/** @throws UserError when the gate is not as it must be. */
export function gateLoad(
  test: LoadTest,
  suites: Parameters<typeof gateDefinition>[0],
  { burden, gate = {} }: GateRequest,
): GateReport {
  const definition = gateDefinition(suites, gate);
  return judgeLoad(test, definition, { burden, model: definition.model ?? null });
}

/**
 * Asks every sample once more where a gate is red. It stays red only if both looks together say so as well; so the second look makes no
 * false alarm more likely. A run that asks in rounds has looked often enough.
 *
 * @returns The run after its last look.
 */
export async function confirmRed(first: Measured, request: GateRequest, options: MeasureOptions): Promise<Measured> {
  if (!first.complete) return first;
  const analysis = await analyseLog(first.log);
  if (analysis.run.settings.untilSure !== undefined) return first;
  if (exitCodeOf(gateRun(analysis, request), 'complete') !== 1) return first;
  options.onEvent?.({ type: 'note', text: 'a gate is red: every sample is asked once more before that counts' });
  return resume(first.folder, { ...options, look: 2 });
}

/** @throws UserError when the gate is not as it must be. */
export function gateRun(analysis: Analysis, { burden, gate = {} }: GateRequest): GateReport {
  const definition = gateDefinition(analysis.suites, gate);
  const judged = recommend(analysis).suites.map((suite) => {
    const model = definition.model ?? gatedModel(suite);
    const limits = judgeLimits(suite, { burden, model });
    return { results: [...judgeVerdict(suite, definition), ...limits.results], blind: limits.blind };
  });
  return {
    burden,
    looks: analysis.run.settings.untilSure === undefined ? 'twice' : 'once',
    alpha: definition.alpha,
    results: judged.flatMap(({ results }) => results),
    blind: judged.flatMap(({ blind }) => blind),
    skipped: [],
  };
}
