/**
 * Scores outputs made elsewhere, so that anyone can check a scorer without a model. Lines stream: a million outputs take no more
 * memory than ten.
 */
import { resolve } from 'node:path';
import { z } from 'zod';
import { firstComplaint, formatPath } from '../core/definition/describe.js';
import { describeError, UserError } from '../core/errors.js';
import type { Quantity } from '../core/quantity.js';
import { evidenceSchema } from '../core/score/evidence.js';
import { chooses, type Filter, filterSchema, filterText } from '../core/score/filters.js';
import type { Score, ScoreInput, Scorer } from '../core/score/score.js';
import { SCORER_NAMES, SCORERS, type ScorerName } from '../core/score/table.js';
import { ScoreFold } from '../core/stats/estimate/score-fold.js';
import { readRows } from '../files/rows.js';
import { displayPath } from '../system/path.js';
import { type World, worldOf } from './world.js';

export interface ScoreOptions extends Partial<Pick<World, 'cwd'>> {
  readonly scorer: string;
  /** The scorer's options, as a suite has them. */
  readonly options?: unknown;
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
 * @param file A .jsonl file, also gzipped, with lines of `{"output": …, "target": …}`.
 * @throws UserError when a line, the scorer or an option is wrong.
 */
export async function score(file: string, options: ScoreOptions): Promise<ScoredFile> {
  const { cwd } = worldOf(options);
  const { scorer, settings, filters } = chosen(options);
  const scores = new ScoreFold();
  const unscored = new Map<string, number>();
  const aggregate = scorer.aggregate?.(settings);
  for await (const { row, number } of readRows(resolve(cwd, file))) {
    const input = asInput(row, { place: `${displayPath(resolve(cwd, file))}:${number}`, filters });
    const result = judge(scorer, input, settings);
    aggregate?.add({ input, score: result });
    if (result.state === 'scored') scores.add(result.value);
    else countReason(unscored, result.reason);
    options.onScore?.(number, result);
  }
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

function chosen({ scorer: name, options = {}, filters = [] }: ScoreOptions): Chosen {
  const scorer: Scorer | undefined = Object.hasOwn(SCORERS, name) ? SCORERS[name as ScorerName] : undefined;
  if (scorer === undefined)
    throw new UserError(`--scorer: expected one of ${SCORER_NAMES.join(', ')}, found "${name}"; see docs/scorers.md`);
  const settings = parseOption('--options', options, scorer.options);
  return { scorer, settings, filters: textFilters(parseOption('--filters', filters, z.array(filterSchema))) };
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
  const { path, rule } = firstComplaint(parsed.error, raw);
  throw new UserError(`${option}: ${path.length > 0 ? `${formatPath(path)}: ` : ''}${rule}; see docs/scorers.md`);
}

function asInput(
  row: Readonly<Record<string, unknown>>,
  { place, filters }: { readonly place: string; readonly filters: readonly Filter[] },
): ScoreInput {
  if (typeof row.output !== 'string')
    throw new UserError(
      `${place}: expected a line with "output" as text, found ${row.output === undefined ? 'none' : row.output === null ? 'null' : typeof row.output}; see \`rightsize score --help\``,
    );
  const input = { output: filterText(filters, row.output), target: row.target ?? null, fields: row };
  if (row.evidence === undefined) return input;
  const evidence = evidenceSchema.safeParse(row.evidence);
  if (evidence.success) return { ...input, evidence: evidence.data };
  const { path, rule } = firstComplaint(evidence.error, row.evidence);
  throw new UserError(`${place}: ${formatPath(['evidence', ...path])}: ${rule}; see docs/scorers.md`);
}

function judge(scorer: Scorer, input: ScoreInput, options: unknown): Score {
  try {
    return scorer.score(input, options);
  } catch (error) {
    return { state: 'unscored', reason: describeError(error) };
  }
}
