/** A suite for a file of data: what `rightsize init` writes. */
import type { z } from 'zod';
import { tangoSampleSize } from '../../stats/compare/sample-size.js';
import type { suiteSchema } from '../suite.js';
import type { Columns } from './columns.js';
import type { ScorerGuess } from './scorer.js';
import type { Survey } from './survey.js';

export type SuiteDraft = z.input<typeof suiteSchema>;

export interface DraftOptions {
  readonly name: string;
  /** The data file, as the suite names it. */
  readonly file: string;
  readonly columns: Columns;
  readonly margin: number;
  /** The instruction; if it is undefined, the scorer decides it. */
  readonly instruction: string | undefined;
}

/** The share of samples on which two models are assumed to score alike, until a run tells. */
const AGREEMENT = 0.8;

export function draftSuite(survey: Survey, guess: ScorerGuess, options: DraftOptions): SuiteDraft {
  const { name, file, columns, margin } = options;
  const { scorer, labels } = guess;
  const needed = samplesNeeded(margin);
  const limited = survey.usable > needed;
  const gaps = [
    ...(survey.emptyInputs.count > 0 ? columns.inputs : []),
    ...(survey.emptyTargets.count > 0 ? [columns.target] : []),
  ];
  return {
    name,
    requirement: { margin },
    tasks: [
      {
        name: 'task',
        prompt: { system: literal(options.instruction ?? guess.instruction), user: userTemplate(columns.inputs) },
        samples: {
          file,
          ...(gaps.length > 0 && { where: `{{ ${gaps.map(isThere).join(' and ')} }}` }),
          ...(limited && { limit: needed, shuffle: true }),
          ...(limited && labels !== null && { stratify: variable(columns.target) }),
          fields: targetField(survey, guess, columns.target),
        },
        generation: { maxTokens: answerTokens(survey) },
        scorer: labels === null || labels.labels.length < 2 ? scorer : { name: scorer, labels: [...labels.labels] },
      },
    ],
  };
}

/** The samples with which a suite shows four times in five that an SLM is not worse than the margin, if the models agree on most of them. */
export function samplesNeeded(margin: number): number {
  return Math.ceil(tangoSampleSize({ discordance: 1 - AGREEMENT, margin }) / 10) * 10;
}

/** The least whole number of points for which a number of samples suffices; null where not even 30 points do. */
export function marginFor(samples: number): number | null {
  for (let points = 1; points <= 30; points++) if (samplesNeeded(points / 100) <= samples) return points / 100;
  return null;
}

/** A condition that is false for a cell without a value, and for one of blanks. */
function isThere(column: string): string {
  const value = `row.get(${quoted(column)})`;
  return `${value} is not none and (${value} is not string or ${value} | trim != '')`;
}

/** A JSON document that stands in a cell is read; an object of a JSON line is one already. */
function targetField({ hasJsonTexts }: Survey, { scorer }: ScorerGuess, target: string) {
  return { target, ...(scorer === 'json' && hasJsonTexts && { json: [target] }) };
}

function userTemplate(inputs: Columns['inputs']): string {
  const [first, ...more] = inputs;
  if (more.length === 0) return variable(first);
  return inputs.map((name) => `${literal(name)}: ${variable(name)}`).join('\n');
}

/** The template that prints a column. */
function variable(column: string): string {
  const isPlain = /^[a-z_]\w*$/i.test(column) && !RESERVED.has(column.toLowerCase());
  return isPlain ? `{{ ${column} }}` : `{{ row[${quoted(column)}] }}`;
}

/** Words of Jinja, and what its engine and rightsize put into every template. */
const RESERVED: ReadonlySet<string> = new Set(
  'and break call continue else elif endfor endif false filter for if in is loop macro namespace none not or raise_exception range regex_replace set strftime_now true'.split(
    ' ',
  ),
);

/** A text that a template prints as it is. */
function literal(text: string): string {
  return /\{[{%#]/.test(text) ? `{{ ${quoted(text)} }}` : text;
}

function quoted(text: string): string {
  return /['\\\n]/.test(text) ? JSON.stringify(text) : `'${text}'`;
}

/** A token is about four letters of English, and of other languages fewer. */
function answerTokens({ longestTarget }: Survey): number {
  return Math.min(2048, Math.ceil(longestTarget / 2) + 16);
}
