/** The gates of one run alone: the limits of its suites, and the verdict that it must reach; of a load test, the loads that must hold. */
import type { Analysis } from '../core/analyse/analysis.js';
import type { LoadTest } from '../core/load/load-test.js';
import { recommend } from '../core/recommend/recommend.js';
import type { GateReport } from '../core/regress/gate-report.js';
import { judgeLoad } from '../core/regress/load-gate.js';
import { judgeLimits, judgeVerdict, recommendedModel } from '../core/regress/run-gate.js';
import { type GateRequest, gateDefinition } from './compare.js';

/** @throws UserError when the gate is not as it must be. */
export function gateLoad(
  test: LoadTest,
  suites: Parameters<typeof gateDefinition>[0],
  { burden, gate = {} }: GateRequest,
): GateReport {
  const definition = gateDefinition(suites, gate);
  return judgeLoad(test, definition, { burden, model: definition.model ?? null });
}

/** @throws UserError when the gate is not as it must be. */
export function gateRun(analysis: Analysis, { burden, gate = {} }: GateRequest): GateReport {
  const definition = gateDefinition(analysis.suites, gate);
  const judged = recommend(analysis).suites.map((suite) => {
    const model = definition.model ?? recommendedModel(suite);
    const limits = judgeLimits(suite, { burden, model });
    return { results: [...judgeVerdict(suite, definition), ...limits.results], blind: limits.blind };
  });
  return {
    burden,
    looks: 'once',
    alpha: definition.alpha,
    results: judged.flatMap(({ results }) => results),
    blind: judged.flatMap(({ blind }) => blind),
    skipped: [],
  };
}
