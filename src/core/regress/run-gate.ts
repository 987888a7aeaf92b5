/**
 * Gates on one run alone: the verdict that it must reach, and the limits of its suite. A limit is red when it is shown to be missed;
 * for a strict gate, when it is not shown to be met.
 */
import type { GateDefinition } from '../definition/gate.js';
import type { LimitCheck } from '../recommend/limit-check.js';
import type { SuiteRecommendation, SuiteVerdict } from '../recommend/recommendation.js';
import type { Blind, Burden, GatedVerdict, RunGateResult, VerdictResult } from './gate-report.js';

export const VERDICT_KINDS: Readonly<Record<GatedVerdict, SuiteVerdict['kind']>> = {
  'SLM fits': 'slm-fits',
  'LLM needed': 'llm-needed',
  cascade: 'cascade',
  'by task': 'by-task',
};

export interface RunGateOptions {
  readonly burden: Burden;
  /** The gated model; null where the run has several and recommends none, and the gate names none. */
  readonly model: string | null;
}

export interface RunGates {
  readonly results: readonly RunGateResult[];
  readonly blind: readonly Blind[];
}

export function judgeVerdict(
  { suite, verdict }: Pick<SuiteRecommendation, 'suite' | 'verdict'>,
  { verdict: wanted }: Pick<GateDefinition, 'verdict'>,
): readonly VerdictResult[] {
  if (wanted === undefined) return [];
  const state = verdict.kind === VERDICT_KINDS[wanted] ? 'green' : 'red';
  return [{ kind: 'verdict', state, suite, wanted, found: verdict.kind }];
}

export function judgeLimits({ suite, tasks }: SuiteRecommendation, { burden, model }: RunGateOptions): RunGates {
  const limited = tasks.some(({ checks }) => checks.some((one) => one.checks.length > 0));
  if (!limited) return { results: [], blind: [] };
  if (model === null) {
    const reason = `${suite} recommends no model, and the gate names none: say \`model\` in the gate, or --gate-model`;
    return { results: [], blind: [{ gate: 'limits', reason }] };
  }
  const found = tasks.flatMap(({ task, checks }) =>
    checks.filter((one) => one.model === model).flatMap((one) => one.checks.map((check) => ({ task, check }))),
  );
  if (found.length === 0)
    return {
      results: [],
      blind: [{ gate: 'limits', reason: `the run has no limits of ${model}: name one of its models` }],
    };
  return {
    results: found
      .filter(({ check }) => check.state !== 'unknown')
      .map(({ task, check }) => ({ kind: 'limit', state: limitState(check, burden), task, model, check })),
    blind: found
      .filter(({ check }) => check.state === 'unknown')
      .map(({ task, check }) => ({ gate: `limit of ${task}`, reason: unknownReason(check) })),
  };
}

function limitState({ state }: LimitCheck, burden: Burden): 'red' | 'green' {
  if (burden === 'shown worse') return state === 'missed' ? 'red' : 'green';
  return state === 'met' ? 'green' : 'red';
}

function unknownReason({ observed }: LimitCheck): string {
  return 'missing' in observed ? observed.missing : 'it was not measured';
}

/** The model that a gate on limits is about, where it names none: the only one that ran, or the one that the suite recommends. */
export function gatedModel(suite: Pick<SuiteRecommendation, 'verdict' | 'tasks'>): string | null {
  const [only, ...others] = new Set(suite.tasks.flatMap(({ checks }) => checks.map(({ model }) => model)));
  return only !== undefined && others.length === 0 ? only : recommendedModel(suite);
}

/** The one model that the suite recommends. */
export function recommendedModel({ verdict }: Pick<SuiteRecommendation, 'verdict'>): string | null {
  switch (verdict.kind) {
    case 'slm-fits':
    case 'llm-needed':
      return verdict.model;
    case 'one-class':
      return verdict.model;
    case 'cascade':
    case 'by-task':
    case 'inconclusive':
    case 'nothing-passes':
    case 'not-measured':
      return null;
  }
}
