/**
 * Compares two versions of a model: two runs, a baseline and a run, or two models of one run. Gates hold on the comparison where the
 * caller asks for them.
 */
import { resolve } from 'node:path';
import type { Analysis, SuiteAnalysis } from '../core/analyse/analysis.js';
import { firstComplaint } from '../core/definition/describe.js';
import { type GateDefinition, gateSchema } from '../core/definition/gate.js';
import { UserError } from '../core/errors.js';
import { LIMITED, METRICS } from '../core/measure/metrics.js';
import { recommend } from '../core/recommend/recommend.js';
import { ageOf } from '../core/regress/baseline.js';
import { compareVersions } from '../core/regress/compare.js';
import type { VersionComparison } from '../core/regress/comparison.js';
import type { Compared, SpeedBasis } from '../core/regress/figures.js';
import { judgeGates } from '../core/regress/gate.js';
import { type Burden, exitCodeOf, type GateReport, type Looks } from '../core/regress/gate-report.js';
import { type HistoryEntry, spreadsOf, trendsOf } from '../core/regress/history.js';
import { pairVersions } from '../core/regress/pairs.js';
import { judgeVerdict, recommendedModel } from '../core/regress/run-gate.js';
import { injectLoss } from '../core/regress/self-test.js';
import type { Version } from '../core/regress/version.js';
import { readHistory } from '../files/history.js';
import { openPair, openSource, type Source } from './versions.js';
import { type World, worldOf } from './world.js';

export interface GateRequest {
  readonly burden: Burden;
  /** Parts of a gate in place of those of the suite, as people write them: `{ quality: { by: '3 points' } }`. */
  readonly gate?: Readonly<Record<string, unknown>> | undefined;
}

export interface CompareOptions extends Partial<Pick<World, 'cwd'>> {
  /** The models to compare, where a run has several. Of one run, both are named. */
  readonly baseModel?: string | undefined;
  readonly newModel?: string | undefined;
  readonly gates?: GateRequest | undefined;
  /** The folder of a history that knows how much runs differ: then the speed of two runs can be judged. */
  readonly history?: string | undefined;
}

export interface ComparedVersions {
  readonly comparison: VersionComparison;
  /** Null where nothing is gated. */
  readonly gates: GateReport | null;
  /** What a reader must know about the base. */
  readonly notes: readonly string[];
  /** What the gates say of a copy that is made worse: all must be red. */
  selfTest(): GateReport | null;
}

export interface Comparisons {
  readonly compared: readonly ComparedVersions[];
  /** 0 done · 1 a gate is red · 2 a gate cannot judge */
  readonly exitCode: 0 | 1 | 2 | 3;
}

const NOT_IN_TURNS: SpeedBasis = {
  kind: 'none',
  reason:
    'two runs that were measured one after the other do not show how much runs differ: measure both with `rightsize ab`',
};

/**
 * @param runs Folders of runs, logs, or a baseline and a run: the base first. One run compares two of its models.
 * @throws UserError when a run, a model or a gate is not as it must be.
 */
export async function compare(
  runs: readonly [string] | readonly [string, string],
  options: CompareOptions = {},
): Promise<Comparisons> {
  const { cwd } = worldOf(options);
  const pairing =
    runs.length === 1 ? await pairOfOneRun(runs[0], options, cwd) : await pairOfTwoRuns(runs, options, cwd);
  return compareSources(pairing, options.gates);
}

/** What changed between two runs, for each model that both have. @throws UserError when a log is at fault. */
export async function changesBetween(
  [first, second]: readonly [string, string],
  cwd: string,
): Promise<readonly VersionComparison[]> {
  const [base, candidate] = [await openSource(first, cwd), await openSource(second, cwd)];
  const options = { speed: NOT_IN_TURNS, margins: marginsOf(undefined) };
  return sharedModels(base, candidate).map((model) =>
    compareVersions(base.version(model), candidate.version(model), options),
  );
}

export interface Pairing {
  readonly base: Source;
  readonly candidate: Source;
  /** The models that are held against each other. */
  readonly models: readonly { readonly base: string; readonly candidate: string }[];
  /** What the speed of a model of the new version can be judged by. */
  speedOf(model: string): SpeedBasis;
  readonly looks: Looks;
}

/** Compares every pair of models; gates hold on one of them. */
export function compareSources(pairing: Pairing, gates: GateRequest | undefined): Comparisons {
  const { base, candidate, models, speedOf, looks } = pairing;
  const gated = gates === undefined ? null : gatedModel(pairing, gates);
  const compared = models.map((pair): ComparedVersions => {
    const versions = { base: base.version(pair.base), candidate: candidate.version(pair.candidate) };
    const speed = speedOf(pair.candidate);
    const subject: Compared = { ...versions, speed, paired: pairVersions(versions.base, versions.candidate) };
    const judge =
      gated?.model === pair.candidate ? (of: Compared) => judged(of, { ...gated, looks, candidate }) : () => null;
    return {
      comparison: compareVersions(versions.base, versions.candidate, { speed, margins: marginsOf(gated?.definition) }),
      gates: judge(subject),
      notes: base.analysis === null ? ageNotes(versions) : [],
      selfTest: () => judge(injectLoss(subject)),
    };
  });
  const reports = compared.flatMap((one) => one.gates ?? []);
  return { compared, exitCode: reports.length === 0 ? 0 : exitCodeOf(reports[0]!, 'complete') };
}

interface Gated {
  readonly definition: GateDefinition;
  readonly model: string;
  readonly burden: Burden;
}

function judged(
  subject: Compared,
  { definition, burden, looks, candidate }: Gated & { readonly looks: Looks; readonly candidate: Source },
): GateReport {
  const report = judgeGates(subject, definition, { burden, looks });
  const { analysis } = candidate;
  if (definition.verdict === undefined || analysis === null) return report;
  const verdicts = recommend(analysis).suites.flatMap((suite) => judgeVerdict(suite, definition));
  return { ...report, results: [...report.results, ...verdicts] };
}

function ageNotes({ base, candidate }: Pick<Compared, 'base' | 'candidate'>): readonly string[] {
  const older = ageOf(base, candidate);
  return older.length === 0
    ? []
    : [
        `The baseline is from ${base.started.slice(0, 10)} and older than what runs today (${older.join('; ')}): write it again with \`rightsize baseline write\`.`,
      ];
}

async function pairOfTwoRuns(
  [first, second]: readonly [string, string],
  { baseModel, newModel, history }: CompareOptions,
  cwd: string,
): Promise<Pairing> {
  const [base, candidate] = [await openSource(first, cwd), await openSource(second, cwd)];
  const models = modelsOf(base, candidate, { baseModel, newModel });
  const entries = history === undefined ? null : await readHistory(resolve(cwd, history));
  const speedOf = (model: string) =>
    entries === null ? NOT_IN_TURNS : speedByHistory(candidate.version(model), entries);
  return { base, candidate, models, speedOf, looks: 'once' };
}

/** The spread of earlier runs: the run itself is none of them. */
function speedByHistory({ model, machine, run, tasks }: Version, entries: readonly HistoryEntry[]): SpeedBasis {
  const [suite, ...others] = new Set(tasks.map((task) => task.suite));
  if (machine === null || suite === undefined || others.length > 0) {
    const reason = 'a history judges the speed of one suite on a known machine: run the suites one by one';
    return { kind: 'none', reason };
  }
  const earlier = entries.filter((entry) => entry.run !== run && entry.suite === suite && entry.model === model);
  return { kind: 'history', spreads: spreadsOf(trendsOf(earlier), { suite, machine: machine.id, model }) };
}

function sharedModels(base: Source, candidate: Source): readonly string[] {
  return base.models.filter((model) => candidate.models.includes(model));
}

type Named = Pick<CompareOptions, 'baseModel' | 'newModel'>;

/** The models that both have; where each has one model, these two, whatever their names. */
function modelsOf(base: Source, candidate: Source, { baseModel, newModel }: Named): Pairing['models'] {
  if (baseModel !== undefined || newModel !== undefined) {
    const [one, other] = [baseModel ?? newModel!, newModel ?? baseModel!];
    return [{ base: one, candidate: other }];
  }
  const shared = sharedModels(base, candidate);
  if (shared.length > 0) return shared.map((model) => ({ base: model, candidate: model }));
  const [one, other] = [base.models, candidate.models];
  if (one.length === 1 && other.length === 1) return [{ base: one[0]!, candidate: other[0]! }];
  throw new UserError(
    `${base.name} and ${candidate.name}: expected a model that both have, found ${one.join(', ')} and ${other.join(', ')}; name two with --base-model and --new-model`,
  );
}

async function pairOfOneRun(run: string, { baseModel, newModel }: CompareOptions, cwd: string): Promise<Pairing> {
  const { analysis, models, name } = await openSource(run, cwd);
  if (analysis === null) throw new UserError(`${name}: expected a run beside the baseline; name it after the baseline`);
  const inTurns = analysis.run.settings.inTurns;
  const [base, candidate] = [baseModel ?? inTurns?.base, newModel ?? inTurns?.candidate];
  if (base === undefined || candidate === undefined) {
    throw new UserError(
      `${name}: expected two of its models (${models.join(', ')}) to compare; name them with --base-model and --new-model, or name a second run`,
    );
  }
  const { source, speed } = await openPair(run, { base, candidate }, cwd);
  return {
    base: source,
    candidate: source,
    models: [{ base, candidate }],
    speedOf: () => (inTurns === undefined ? NOT_IN_TURNS : speed),
    looks: inTurns === undefined ? 'once' : 'twice',
  };
}

/** @throws UserError when the gate is not as it must be, or names no model of the comparison. */
function gatedModel({ candidate, models }: Pairing, { gate = {}, burden }: GateRequest): Gated {
  const suites = candidate.analysis?.suites ?? [];
  // Who asks the base in other words means the prompts to change.
  const meant = candidate.analysis?.run.settings.inTurns?.baseSuites !== undefined && { prompts: 'may change' };
  const definition = gateDefinition(suites, { ...meant, ...gate });
  const names = models.map((pair) => pair.candidate);
  const model = definition.model ?? (names.length === 1 ? names[0] : recommendedBy(candidate.analysis));
  if (model !== undefined && names.includes(model)) return { definition, model, burden };
  const found = definition.model ?? 'none that the run recommends by itself';
  throw new UserError(
    `gate: expected one of the compared models (${names.join(', ')}), found ${found}; name one with --model`,
  );
}

/** The gates of the run's suite, with those of the caller in their place. @throws UserError */
export function gateDefinition(
  suites: readonly { readonly name: string; readonly gate?: SuiteAnalysis['gate'] | undefined }[],
  changes: Readonly<Record<string, unknown>>,
): GateDefinition {
  const gated = suites.filter(({ gate }) => gate !== undefined);
  if (gated.length > 1) {
    throw new UserError(
      `gate: expected one suite of the run to have gates, found ${gated.map(({ name }) => name).join(', ')}; run them one by one`,
    );
  }
  const parsed = gateSchema.safeParse({ ...gated[0]?.gate, ...changes });
  if (parsed.success) return parsed.data;
  const complaint = firstComplaint(parsed.error, changes);
  throw new UserError(`gate: ${[...complaint.path].join('.')}: ${complaint.rule}; see docs/gate.md`);
}

function recommendedBy(analysis: Analysis | null): string | undefined {
  if (analysis === null) return undefined;
  const models = new Set(recommend(analysis).suites.map(recommendedModel));
  const [only] = models;
  return models.size === 1 ? (only ?? undefined) : undefined;
}

/** What counts as no change in the table: the `by` of the gate, or of the default gates. */
function marginsOf(definition: GateDefinition | undefined) {
  const byOf = (metric: (typeof LIMITED)[number]): number => {
    const gate = definition?.[metric];
    const named = Array.isArray(gate) ? gate[0] : gate;
    return named?.by ?? METRICS[metric].limit.margin;
  };
  return Object.fromEntries(LIMITED.map((metric) => [metric, byOf(metric)])) as Record<
    (typeof LIMITED)[number],
    number
  >;
}
