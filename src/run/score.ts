/**
 * Scores outputs made elsewhere, so that anyone can check a scorer without a model. Lines stream: a million outputs take no more
 * memory than ten.
 */
import { resolve } from 'node:path';
import { z } from 'zod';
import { firstComplaint, formatPath } from '../core/definition/describe.js';
import { UserError } from '../core/errors.js';
import type { Quantity } from '../core/quantity.js';
import { evidenceSchema } from '../core/score/evidence.js';
import { chooses, type Filter, filterSchema, filterText } from '../core/score/filters.js';
import { type Evidence, judgeOutput, type Score, type ScoreInput, type Scorer } from '../core/score/score.js';
import { SCORER_NAMES, SCORERS, type ScorerName } from '../core/score/table.js';
import { ScoreFold } from '../core/stats/estimate/score-fold.js';
import { nameOf, readRows, STANDARD_INPUT } from '../files/rows.js';
import { type Allowed, type OwnRequest, type OwnScorers, openOwnScorers, requireAllowed } from './own-scorer.js';
import { type World, worldOf } from './world.js';

export interface ScoreOptions extends Partial<Pick<World, 'cwd' | 'environment' | 'signal'>> {
  /** The name of a scorer, or a module (`./my-scorer.mjs`) or a command of the user's own. */
  readonly scorer: string;
  /** The scorers of the user's own that may run. */
  readonly allowScorers?: readonly string[] | undefined;
  /** The scorer's options, as a suite has them. */
  readonly options?: unknown;
  /** The fields of the answer and of the target; by default `output` and `target`. */
  readonly outputField?: string | undefined;
  readonly targetField?: string | undefined;
  /** A list of filters that take the answer out of an output, as a suite has them. */
  readonly filters?: unknown;
  /** Told the score of each line. */
  readonly onScore?: ((row: number, score: Score) => void) | undefined;
}

export interface ScoredFile {
  readonly scorer: string;
  readonly scored: number;
  readonly unscored: readonly { readonly reason: string; readonly count: number }[];
  readonly quality: ReturnType<ScoreFold['estimate']>;
  readonly metrics?: Readonly<Record<string, Quantity>>;
}

/**
 * @param file Rows of `{"output": …, "target": …}`: a file as a suite may name it (JSON lines, JSON, CSV, Parquet), or `-` for
 * JSON lines from the standard input.
 * @throws UserError when a line, the scorer or an option is wrong.
 */
export async function score(file: string, options: ScoreOptions): Promise<ScoredFile> {
  const { cwd, environment, signal } = worldOf(options);
  const { scorer, settings, filters } = chosen(options);
  const allowed = { names: options.allowScorers ?? [], cwd, environment };
  const own = openOwnScorers(allowed);
  const scores = new ScoreFold();
  const unscored = new Map<string, number>();
  const aggregate = scorer.aggregate?.(settings);
  const path = file === STANDARD_INPUT ? file : resolve(cwd, file);
  const { outputField = 'output', targetField = 'target' } = options;
  for await (const { row, number } of readRows(path)) {
    const read = asInput(row, { place: `${nameOf(path)}:${number}`, filters, outputField, targetField });
    const request =
      scorer.needs === 'own' && read.evidence === undefined ? scorer.request?.(read, settings) : undefined;
    const input =
      request?.effect === 'own' ? { ...read, evidence: await ownEvidence(request, { own, allowed, signal }) } : read;
    const result = judgeOutput(scorer, input, settings);
    aggregate?.add({ input, score: result });
    if (result.state === 'scored') scores.add(result.value);
    else countReason(unscored, result.reason);
    options.onScore?.(number, result);
  }
  own.close();
  const metrics = aggregate?.metrics();
  return {
    scorer: options.scorer,
    scored: scores.n,
    unscored: [...unscored].map(([reason, count]) => ({ reason, count })),
    quality: scores.estimate(),
    ...(metrics && { metrics }),
  };
}

/** Reasons may quote an output. After this many different reasons, the rest are counted together. */
const MOST_REASONS = 100;

function countReason(counts: Map<string, number>, found: string): void {
  const reason = counts.has(found) || counts.size < MOST_REASONS ? found : 'of other reasons';
  counts.set(reason, (counts.get(reason) ?? 0) + 1);
}

interface Chosen {
  readonly scorer: Scorer;
  readonly settings: unknown;
  readonly filters: readonly Filter[];
}

async function ownEvidence(
  request: OwnRequest,
  { own, allowed, signal }: { readonly own: OwnScorers; readonly allowed: Allowed; readonly signal: AbortSignal },
): Promise<Evidence> {
  requireAllowed(request.source, '--scorer', allowed);
  return { effect: 'own', verdict: await own.ask(request, signal) };
}

/** What has the form of a path or of a command with arguments, and is no name of ours. */
function ownSettings(name: string, options: unknown): unknown {
  const source = /\.[cm]?js$/.test(name) ? { module: name } : { command: name };
  return typeof options === 'object' ? { ...source, ...options } : options;
}

function chosen({ scorer: name, options = {}, filters = [], allowScorers = [] }: ScoreOptions): Chosen {
  const checkedFilters = textFilters(parseOption('--filters', filters, z.array(filterSchema)));
  if (!Object.hasOwn(SCORERS, name) && (/[/\s]|\.[cm]?js$/.test(name) || allowScorers.includes(name))) {
    const settings = parseOption('--options', ownSettings(name, options), SCORERS.own.options);
    return { scorer: SCORERS.own, settings, filters: checkedFilters };
  }
  const scorer: Scorer | undefined = Object.hasOwn(SCORERS, name) ? SCORERS[name as ScorerName] : undefined;
  if (scorer === undefined)
    throw new UserError(`--scorer: expected one of ${SCORER_NAMES.join(', ')}, found "${name}"; see docs/scorers.md`);
  const settings = parseOption('--options', options, scorer.options);
  return { scorer, settings, filters: checkedFilters };
}

/** @throws UserError at a filter that chooses among several outputs of a sample: here each sample has one output. */
function textFilters(filters: readonly Filter[]): readonly Filter[] {
  const index = filters.findIndex((filter) => chooses([filter]));
  if (index < 0) return filters;
  throw new UserError(
    `--filters: [${index}].filter: expected one that changes a text, since every line is judged by itself, found ` +
      `"${filters[index]!.filter}"; a task of a suite may have it, see docs/scorers.md`,
  );
}

/** @throws UserError naming the option, the place in it and the rule. */
function parseOption<T>(option: string, raw: unknown, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const { path, rule } = firstComplaint(parsed.error, raw, schema);
  throw new UserError(`${option}: ${path.length > 0 ? `${formatPath(path)}: ` : ''}${rule}; see docs/scorers.md`);
}

interface Reading {
  readonly place: string;
  readonly filters: readonly Filter[];
  readonly outputField: string;
  readonly targetField: string;
}

function asInput(
  row: Readonly<Record<string, unknown>>,
  { place, filters, outputField, targetField }: Reading,
): ScoreInput {
  const input = {
    output: filterText(filters, outputIn(row, outputField, place)),
    target: row[targetField] ?? null,
    fields: row,
  };
  if (row.evidence === undefined) return input;
  const evidence = evidenceSchema.safeParse(row.evidence);
  if (evidence.success) return { ...input, evidence: evidence.data };
  const { path, rule } = firstComplaint(evidence.error, row.evidence);
  throw new UserError(`${place}: ${formatPath(['evidence', ...path])}: ${rule}; see docs/scorers.md`);
}

/** An answer of null is a model that said nothing, which is wrong. @throws UserError */
function outputIn(row: Readonly<Record<string, unknown>>, field: string, place: string): string {
  const output = Object.hasOwn(row, field) ? row[field] : undefined;
  if (output === null) return '';
  if (typeof output === 'string') return output;
  const found = output === undefined ? `none among ${Object.keys(row).slice(0, 12).join(', ')}` : typeof output;
  throw new UserError(
    `${place}: expected the answer as text in "${field}", found ${found}; name its field with --output-field`,
  );
}
