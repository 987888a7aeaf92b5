/**
 * `rightsize score`: outputs made elsewhere, scored here, so that anyone can check a scorer without a model. Lines stream:
 * a million outputs take no more memory than ten.
 */

import { firstComplaint, formatPath } from '../core/definition/describe.js';
import { describeError, UserError } from '../core/errors.js';
import type { Score, ScoreInput, Scorer } from '../core/score/score.js';
import { SCORER_NAMES, SCORERS, type ScorerName } from '../core/score/table.js';
import { estimateScore } from '../core/stats/estimate.js';
import { displayPath } from '../files/document.js';
import { readRows } from '../files/rows.js';

export interface ScoreFlags {
  readonly scorer: string;
  readonly options: string;
  readonly each?: boolean;
  readonly json?: boolean;
}

export async function score(file: string, flags: ScoreFlags): Promise<void> {
  const { scorer, options } = chosen(flags);
  const values: number[] = [];
  const unscored = new Map<string, number>();
  const aggregate = scorer.aggregate?.(options);
  for await (const { row, number } of readRows(file)) {
    const input = asInput(row, `${displayPath(file)}:${number}`);
    const result = judge(scorer, input, options);
    aggregate?.add({ input, score: result });
    if (result.state === 'scored') values.push(result.value);
    else unscored.set(result.reason, (unscored.get(result.reason) ?? 0) + 1);
    if (flags.each) print(flags.json ? JSON.stringify({ row: number, ...result }) : inWords(number, result));
  }

  const quality = estimateScore(values);
  const metrics = aggregate?.metrics();
  const dropped = [...unscored].map(([reason, count]) => ({ reason, count }));
  if (flags.json) {
    print(
      JSON.stringify({
        scorer: flags.scorer,
        scored: values.length,
        unscored: dropped,
        quality,
        ...(metrics && { metrics }),
      }),
    );
    return;
  }
  print(
    'missing' in quality
      ? `${flags.scorer}: not estimated, because ${quality.missing}; scored ${values.length}`
      : `${flags.scorer}: ${quality.value.toFixed(4)} (95% interval ${quality.low.toFixed(4)} to ${quality.high.toFixed(4)}, n = ${quality.n})`,
  );
  for (const [name, value] of Object.entries(metrics ?? {}))
    print(`  ${name}: ${'missing' in value ? `not known, because ${value.missing}` : value.value}`);
  for (const { reason, count } of dropped) print(`  unscored: ${count}, because ${reason}`);
}

function chosen({ scorer: name, options: text }: ScoreFlags): { scorer: Scorer; options: unknown } {
  const scorer: Scorer | undefined = Object.hasOwn(SCORERS, name)
    ? (SCORERS[name as ScorerName] as unknown as Scorer)
    : undefined;
  if (scorer === undefined)
    throw new UserError(`--scorer: expected one of ${SCORER_NAMES.join(', ')}, found "${name}"; see docs/scorers.md`);
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    throw new UserError(
      `--options: expected JSON, found ${JSON.stringify(text.slice(0, 60))}; write it as '{"name": value}'`,
    );
  }
  const parsed = scorer.options.safeParse(raw);
  if (!parsed.success) {
    const { path, rule } = firstComplaint(parsed.error, raw);
    throw new UserError(`--options: ${path.length > 0 ? `${formatPath(path)}: ` : ''}${rule}; see docs/scorers.md`);
  }
  return { scorer, options: parsed.data };
}

function asInput(row: Readonly<Record<string, unknown>>, place: string): ScoreInput {
  if (typeof row.output !== 'string')
    throw new UserError(
      `${place}: expected a line with "output" as text, found ${typeof row.output}; see \`rightsize score --help\``,
    );
  return { output: row.output, target: row.target ?? null, fields: row };
}

function judge(scorer: Scorer, input: ScoreInput, options: unknown): Score {
  try {
    return scorer.score(input, options);
  } catch (error) {
    return { state: 'unscored', reason: describeError(error) };
  }
}

function inWords(row: number, result: Score): string {
  return result.state === 'scored'
    ? `${row}\t${result.value}\t${JSON.stringify(result.answer)}`
    : `${row}\tunscored\t${result.reason}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
