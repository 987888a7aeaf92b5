/**
 * `rightsize score`: outputs made elsewhere, scored here, so that anyone can check a scorer without a model. Lines stream:
 * a million outputs take no more memory than ten.
 */
import { z } from 'zod';
import { firstComplaint, formatPath } from '../core/definition/describe.js';
import { UserError } from '../core/errors.js';
import { evidenceSchema } from '../core/score/evidence.js';
import { chooses, type Filter, filterSchema, filterText } from '../core/score/filters.js';
import { judgeOutput, type Score, type ScoreInput, type Scorer } from '../core/score/score.js';
import { SCORER_NAMES, SCORERS, type ScorerName } from '../core/score/table.js';
import { ScoreFold } from '../core/stats/estimate/score-fold.js';
import { readRows } from '../files/rows.js';
import { displayPath } from '../system/path.js';

export interface ScoreFlags {
  readonly scorer: string;
  readonly options: string;
  readonly filters: string;
  readonly each?: boolean;
  readonly json?: boolean;
}

interface Chosen {
  readonly scorer: Scorer;
  readonly options: unknown;
  readonly filters: readonly Filter[];
}

export async function score(file: string, flags: ScoreFlags): Promise<void> {
  const { scorer, options, filters } = chosen(flags);
  const scores = new ScoreFold();
  const unscored = new Map<string, number>();
  const aggregate = scorer.aggregate?.(options);
  for await (const { row, number } of readRows(file)) {
    const input = asInput(row, { place: `${displayPath(file)}:${number}`, filters });
    const result = judgeOutput(scorer, input, options);
    aggregate?.add({ input, score: result });
    if (result.state === 'scored') scores.add(result.value);
    else countReason(unscored, result.reason);
    if (flags.each) print(flags.json ? JSON.stringify({ row: number, ...result }) : inWords(number, result));
  }

  const quality = scores.estimate();
  const metrics = aggregate?.metrics();
  const dropped = [...unscored].map(([reason, count]) => ({ reason, count }));
  if (flags.json) {
    print(
      JSON.stringify({
        scorer: flags.scorer,
        scored: scores.n,
        unscored: dropped,
        quality,
        ...(metrics && { metrics }),
      }),
    );
    return;
  }
  print(
    'missing' in quality
      ? `${flags.scorer}: not estimated, because ${quality.missing}; scored ${scores.n}`
      : `${flags.scorer}: ${quality.value.toFixed(4)} (95% interval ${quality.low.toFixed(4)} to ${quality.high.toFixed(4)}, n = ${quality.n})`,
  );
  for (const [name, value] of Object.entries(metrics ?? {}))
    print(`  ${name}: ${'missing' in value ? `not known, because ${value.missing}` : value.value}`);
  for (const { reason, count } of dropped) print(`  unscored: ${count}, because ${reason}`);
}

/** Reasons may quote what they complain of: of too many different ones, the rest are counted together. */
const MOST_REASONS = 100;

function countReason(counts: Map<string, number>, given: string): void {
  const reason = counts.has(given) || counts.size < MOST_REASONS ? given : 'of other reasons';
  counts.set(reason, (counts.get(reason) ?? 0) + 1);
}

function chosen({ scorer: name, options: text, filters }: ScoreFlags): Chosen {
  const scorer: Scorer | undefined = Object.hasOwn(SCORERS, name)
    ? (SCORERS[name as ScorerName] as unknown as Scorer)
    : undefined;
  if (scorer === undefined)
    throw new UserError(`--scorer: expected one of ${SCORER_NAMES.join(', ')}, found "${name}"; see docs/scorers.md`);
  const options = readFlag('--options', text, scorer.options);
  return { scorer, options, filters: textFilters(readFlag('--filters', filters, z.array(filterSchema))) };
}

/** @throws UserError at one that chooses among the outputs of a sample, of which there is one here. */
function textFilters(filters: readonly Filter[]): readonly Filter[] {
  const index = filters.findIndex((filter) => chooses([filter]));
  if (index < 0) return filters;
  throw new UserError(
    `--filters: [${index}].filter: expected one that changes a text, since every line is judged by itself, found ` +
      `"${filters[index]!.filter}"; a task of a suite may have it, see docs/scorers.md`,
  );
}

/** @throws UserError naming the flag, the place in its JSON and the rule. */
function readFlag<T>(flag: string, text: string, schema: z.ZodType<T>): T {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    const example = flag === '--filters' ? '[{"filter": "strip"}]' : '{"name": value}';
    throw new UserError(`${flag}: expected JSON, found ${JSON.stringify(text.slice(0, 60))}; write it as '${example}'`);
  }
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const { path, rule } = firstComplaint(parsed.error, raw);
  throw new UserError(`${flag}: ${path.length > 0 ? `${formatPath(path)}: ` : ''}${rule}; see docs/scorers.md`);
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

function inWords(row: number, result: Score): string {
  return result.state === 'scored'
    ? `${row}\t${result.value}\t${JSON.stringify(result.answer)}`
    : `${row}\tunscored\t${result.reason}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
