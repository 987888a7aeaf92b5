/** What gates say, as data. ../report/gate-words.ts makes the words from it. */
import type { GATED_VERDICTS } from '../definition/gated-verdicts.js';
import { METRICS } from '../measure/metrics.js';
import type { Missing } from '../quantity.js';
import type { LimitCheck } from '../recommend/limit-check.js';
import type { SuiteVerdict } from '../recommend/recommendation.js';
import type { ComparedFigure, FigureComparison } from './figures.js';
import type { PowerStatement } from './power.js';

export interface GateRule extends ComparedFigure {
  readonly by: number;
  /** The true change that the gate must be able to see. */
  readonly detect: number;
  /** The least absolute change, in the unit of the metric; 0 for none. */
  readonly min: number;
}

export type Burden = 'shown worse' | 'shown not worse';

/** How often a gate looks before it turns red: `twice` measures again, and pools. */
export type Looks = 'once' | 'twice';

export type GateResult = ChangeGateResult | RequiredResult | RunGateResult;

export interface ChangeGateResult extends GateRule {
  readonly kind: 'change';
  readonly state: 'red' | 'green';
  readonly base: FigureComparison['base'];
  readonly candidate: FigureComparison['candidate'];
  /** Points of quality, or the change as a share of the base, with the bounds at the level of the gate. */
  readonly change: { readonly value: number; readonly low: number; readonly high: number };
  readonly n: number;
  /** The one-sided p-value of the claim that decides, and the level that it is held against. */
  readonly p: number;
  readonly errorRate: number;
  /** The change that the base shows against itself. */
  readonly floor: number;
  readonly isShown: boolean;
  readonly isWorthIt: boolean;
  readonly power: PowerStatement | Missing;
}

export interface RequiredResult {
  readonly kind: 'required';
  readonly state: 'red' | 'green';
  readonly required: number;
  readonly lost: readonly { readonly id: string; readonly reason: string }[];
}

/** A gate that cannot judge, and why. */
export interface Blind {
  readonly gate: string;
  readonly reason: string;
}

export interface GateReport {
  readonly burden: Burden;
  readonly looks: Looks;
  readonly alpha: number;
  readonly results: readonly GateResult[];
  readonly blind: readonly Blind[];
  /** Gates that nobody asked for, and that cannot judge here. */
  readonly skipped: readonly Blind[];
}

export type GatedVerdict = (typeof GATED_VERDICTS)[number];

export type RunGateResult = VerdictResult | LimitResult | LoadResult;

export interface VerdictResult {
  readonly kind: 'verdict';
  readonly state: 'red' | 'green';
  readonly suite: string;
  readonly wanted: GatedVerdict;
  readonly found: SuiteVerdict['kind'];
}

export interface LimitResult {
  readonly kind: 'limit';
  readonly state: 'red' | 'green';
  readonly task: string;
  readonly model: string;
  readonly check: LimitCheck;
}

/** What a gate on a load test may demand the least of. */
export type GatedLoad = 'users' | 'concurrency' | 'rate';

export interface LoadResult {
  readonly kind: 'load';
  readonly state: 'red' | 'green';
  readonly model: string;
  readonly what: GatedLoad;
  readonly min: number;
  /** Up to `low` all objectives are shown to hold; from `high` on one is shown to be missed, or null. */
  readonly range: { readonly low: number; readonly high: number | null };
}

/** 2 for a blind gate, before 3 for a run that is incomplete, before 1 for a red gate. */
export function exitCodeOf({ results, blind }: GateReport, run: 'complete' | 'incomplete'): 0 | 1 | 2 | 3 {
  if (blind.length > 0 || results.length === 0) return 2;
  if (run === 'incomplete') return 3;
  return results.some(({ state }) => state === 'red') ? 1 : 0;
}

export function gateName({ metric, level, task }: ComparedFigure): string {
  const at = level === null || level === 'mean' || level === 'median' ? '' : ` ${level}`;
  return `${METRICS[metric].short.toLowerCase()}${at}${task === null ? '' : ` of ${task}`}`;
}
