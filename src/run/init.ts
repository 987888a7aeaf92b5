/**
 * Writes a first suite and a first models file for a file of data. It reads the data once for its columns and once for the values in
 * them, asks nothing, and overwrites nothing unless it is told to.
 */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { stringify } from 'yaml';
import { type Columns, chooseColumns, type NamedColumns } from '../core/definition/draft/columns.js';
import { doubtsOf } from '../core/definition/draft/doubts.js';
import { guessScorer, type ScorerGuess } from '../core/definition/draft/scorer.js';
import { draftSuite, type SuiteDraft } from '../core/definition/draft/suite.js';
import { type Survey, startSurvey } from '../core/definition/draft/survey.js';
import { rowFilter, sampleReader } from '../core/definition/sample.js';
import { suiteSchema } from '../core/definition/suite.js';
import { describeError, UserError } from '../core/errors.js';
import type { Row, Sample } from '../core/message.js';
import { SCORER_NAMES, SCORERS, type ScorerName } from '../core/score/table.js';
import { readRows, STANDARD_INPUT } from '../files/rows.js';
import { sha256 } from '../system/hash.js';
import { displayPath } from '../system/path.js';
import { type World, worldOf } from './world.js';

export interface InitOptions extends Partial<Pick<World, 'cwd'>> {
  /** A CSV, TSV, JSON, JSONL or Parquet file. */
  readonly data: string;
  /** The columns that the model is given; without them, the only column whose name tells. */
  readonly inputs?: readonly string[] | undefined;
  /** The column with the right answers; without it, the only column whose name tells. */
  readonly target?: string | undefined;
  /** The scorer; if it is absent, the targets decide it. */
  readonly scorer?: string | undefined;
  /** The instruction; if it is absent, the scorer decides it. */
  readonly instruction?: string | undefined;
  /** How much worse an SLM may be; the default is 0.03. */
  readonly margin?: number | undefined;
  /** The name of the suite; the default is that of the data file. */
  readonly name?: string | undefined;
  /** The folder for both files; the default is `cwd`. */
  readonly out?: string | undefined;
  /** Overwrite a suite that is there. */
  readonly force?: boolean | undefined;
}

export interface Initialised {
  readonly suiteFile: string;
  readonly modelsFile: string;
  /** Whether there was a models file, which is never overwritten: nothing in it comes from the data. */
  readonly keptModels: boolean;
  readonly suite: SuiteDraft;
  readonly columns: Columns;
  readonly scorer: Pick<ScorerGuess, 'scorer' | 'reason'>;
  readonly rows: number;
  /** Rows that have an input and a target. */
  readonly usable: number;
  /** A few samples with their prompts as the suite renders them. */
  readonly shown: readonly Sample[];
  readonly doubts: readonly string[];
}

const MARGIN = 0.03;

/** @throws UserError naming the flag where something cannot be guessed, and the file where one is in the way. */
export async function init(options: InitOptions): Promise<Initialised> {
  const { cwd } = worldOf(options);
  if (options.data === STANDARD_INPUT)
    throw new UserError('--data: expected a file, found the standard input; save it, because every run reads it again');
  const data = resolve(cwd, options.data);
  const folder = resolve(cwd, options.out ?? '.');
  const name = suiteName(options.name ?? basename(data).replace(/\..*$/s, ''));
  const suiteFile = join(folder, `${name}.yaml`);
  const modelsFile = join(folder, 'models.json');
  const scorer = options.scorer === undefined ? undefined : scorerNamed(options.scorer);
  if (!options.force && existsSync(suiteFile))
    throw new UserError(
      `${suiteFile}: expected no such file, found one; --force overwrites it, --name and --out choose another`,
    );

  const { instruction, margin = MARGIN } = options;
  if (!(margin > 0 && margin < 1))
    throw new UserError(`--margin: expected a share above 0 and below 1, as in "5 points", found ${margin}`);

  const columns = await columnsOf(data, { inputs: options.inputs ?? [], target: options.target });
  const survey = await surveyOf(data, columns);
  const guess = guessScorer(survey, scorer);
  const suite = draftSuite(survey, guess, { name, file: pathFrom(folder, data), columns, margin, instruction });
  const shown = samplesOf(suite, survey.shown);

  const keptModels = existsSync(modelsFile);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(suiteFile, `${HEADER}${stringify(suite, { lineWidth: 0 })}`, { flag: options.force ? 'w' : 'wx' });
    if (!keptModels) await writeFile(modelsFile, `${JSON.stringify(MODELS, null, 2)}\n`, { flag: 'wx' });
  } catch (cause) {
    throw new UserError(
      `--out ${folder}: expected a folder that can be written, found none (${describeError(cause)}); choose another`,
      { cause },
    );
  }
  return {
    suiteFile,
    modelsFile,
    keptModels,
    suite,
    columns,
    scorer: { scorer: guess.scorer, reason: guess.reason },
    rows: survey.rows,
    usable: survey.usable,
    shown,
    doubts: doubtsOf({ survey, guess, margin, place: (row) => `${displayPath(data, cwd)}:${row}` }),
  };
}

const HEADER =
  '# A first suite, made by `rightsize init`. Read the prompt and the scorer before you trust a result (docs/suites.md).\n';

/** Two entries to change: a small model on this machine, and a large one at a server. */
const MODELS = {
  default: ['small', 'large'],
  models: [
    {
      id: 'small',
      class: 'slm',
      parameters: '1.54 B',
      backend: 'llama-cpp',
      source: 'hf:Qwen/Qwen2.5-1.5B-Instruct-GGUF:Q4_K_M',
      quantisation: 'q4_k_m',
    },
    {
      id: 'large',
      class: 'llm',
      backend: 'openai',
      source: 'gpt-4o-mini',
      endpoint: 'https://api.openai.com/v1',
      apiKeyEnv: 'OPENAI_API_KEY',
    },
  ],
} as const;

function suiteName(text: string): string {
  const name = text.replace(/[^a-z0-9._-]+/gi, '-').replace(/^[^a-z0-9]+/i, '');
  if (name !== '') return name;
  throw new UserError(`--name: expected a name of letters, digits, dots, hyphens and underscores, found "${text}"`);
}

function scorerNamed(text: string): ScorerName {
  // A draft has no options, and some scorers cannot do without them.
  const names = SCORER_NAMES.filter((known) => SCORERS[known].options.safeParse({}).success);
  const name = names.find((known) => known === text);
  if (name !== undefined) return name;
  throw new UserError(`--scorer: expected one of ${names.join(', ')}, found "${text}"`);
}

/** Rows of JSON lines need not have the same fields, so some of them are read. */
const ROWS_FOR_COLUMNS = 200;

async function columnsOf(data: string, named: NamedColumns): Promise<Columns> {
  const rows: Row[] = [];
  for await (const { row } of readRows(data)) {
    rows.push(row);
    if (rows.length === ROWS_FOR_COLUMNS) break;
  }
  if (rows.length === 0) throw new UserError(`${data}: expected at least one row, found none`);
  return chooseColumns(rows, named);
}

async function surveyOf(data: string, columns: Columns): Promise<Survey> {
  const survey = startSurvey(columns, sha256);
  for await (const { row, number } of readRows(data)) survey.add(row, number);
  const surveyed = survey.end();
  if (surveyed.usable > 0) return surveyed;
  const { emptyInputs, emptyTargets, rows } = surveyed;
  throw new UserError(
    `${data}: expected rows with an input and a target, found none in ${rows} rows; ${emptyInputs.count} have no "${columns.inputs.join('", "')}" and ${emptyTargets.count} no "${columns.target}": name other columns with --input and --target`,
  );
}

/** The path has slashes on every system, because the suite goes into a repository. */
function pathFrom(folder: string, file: string): string {
  return relative(folder, file).split(sep).join('/');
}

/** The prompts as a run will render them, by the same templates. */
function samplesOf(draft: SuiteDraft, rows: readonly Row[]): readonly Sample[] {
  const [task] = suiteSchema.parse(draft).tasks;
  const reader = sampleReader(task!, [], sha256);
  const wanted = Array.isArray(task!.samples) ? () => true : rowFilter(task!.samples);
  return rows.filter(wanted).map((row) => reader.read(row));
}
