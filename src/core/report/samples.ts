/** samples.csv: one row for each sample and model, for spreadsheets and notebooks (RFC 4180, base units). */
import type { Analysis, Cell, SampleInfo, SampleResult } from '../analyse/analysis.js';
import type { ModelClass } from '../definition/model.js';
import { DISTRIBUTED } from '../measure/metrics.js';
import { isMissing } from '../quantity.js';
import type { Artifact } from './artifact.js';
import { escapeCsv } from './text.js';

const COLUMNS = [
  'suite',
  'task',
  'sample',
  'group',
  'model',
  'repetitions',
  'score',
  'answer',
  'target',
  'output',
  'finish',
  'failure',
  'confidence',
  ...DISTRIBUTED,
  'class',
  'prompt',
] as const;

/** Excel takes a file for UTF-8 only if it begins with this mark. */
const BYTE_ORDER_MARK = '\ufeff';

export type CsvBeginning = 'plain' | 'byte order mark';

export function samplesReport(analysis: Analysis, beginning: CsvBeginning = 'plain'): Artifact[] {
  const classes = new Map(analysis.models.map((model) => [model.id, model.class]));
  const lines = [COLUMNS.join(',')];
  for (const { tasks } of analysis.suites) {
    for (const { samples, cells } of tasks) {
      samples.forEach((sample, i) => {
        const asked = askedOf(sample);
        for (const cell of cells) {
          const result = cell.results[i];
          if (result) lines.push(lineOf(cell, classes.get(cell.model) ?? null, asked, result));
        }
      });
    }
  }
  const mark = beginning === 'plain' ? '' : BYTE_ORDER_MARK;
  return [{ path: 'samples.csv', content: `${mark}${lines.join('\r\n')}\r\n` }];
}

/** What a sample is for every model, as fields. */
interface Asked {
  readonly id: string;
  readonly group: string;
  readonly target: string;
  readonly prompt: string;
}

function askedOf(sample: SampleInfo): Asked {
  const { id, group, target } = sample;
  return {
    id: escapeCsv(id),
    group: escapeCsv(group),
    target: escapeCsv(typeof target === 'string' ? target : (JSON.stringify(target) ?? null)),
    prompt: escapeCsv(promptOf(sample)),
  };
}

function lineOf(cell: Cell, modelClass: ModelClass | null, asked: Asked, result: SampleResult): string {
  const { suite, task, model } = cell;
  const { repetitions, score, answer, output, finish, failure, confidence, timings } = result;
  const line = [
    escapeCsv(suite),
    escapeCsv(task),
    asked.id,
    asked.group,
    escapeCsv(model),
    repetitions,
    score,
    escapeCsv(answer),
    asked.target,
    escapeCsv(output),
    finish,
    escapeCsv(failure),
    isMissing(confidence) ? null : rounded(confidence.mean),
  ];
  // Of `null` nothing is written.
  for (const metric of DISTRIBUTED) line.push(rounded(timings[metric]));
  line.push(modelClass, asked.prompt);
  return line.join(',');
}

/** What was asked of this sample: the system prompt is that of the task. */
function promptOf({ messages }: SampleInfo): string {
  return messages
    .filter(({ role }) => role !== 'system')
    .map(({ content }) => content)
    .join('\n');
}

/** Nine digits are more than any clock gives, and hide the noise of binary fractions. */
function rounded(value: number | undefined): number | null {
  if (value === undefined) return null;
  if (!(value >= 1e-6 && value < 1e9)) return Number(value.toPrecision(9));
  // Several times faster, and a table has a million numbers.
  const scale = 10 ** (8 - Math.floor(Math.log10(value)));
  return Math.round(value * scale) / scale;
}
