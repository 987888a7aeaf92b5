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
        for (const cell of cells) {
          const result = cell.results[i];
          if (result)
            lines.push(
              rowOf(cell, classes.get(cell.model) ?? null, sample, result)
                .map(escapeCsv)
                .join(','),
            );
        }
      });
    }
  }
  const mark = beginning === 'plain' ? '' : BYTE_ORDER_MARK;
  return [{ path: 'samples.csv', content: `${mark}${lines.join('\r\n')}\r\n` }];
}

function rowOf(
  cell: Cell,
  modelClass: ModelClass | null,
  sample: SampleInfo,
  result: SampleResult,
): (string | number | null)[] {
  const { suite, task, model } = cell;
  const { repetitions, score, answer, output, finish, failure, confidence, timings } = result;
  return [
    suite,
    task,
    sample.id,
    sample.group,
    model,
    repetitions,
    score,
    answer,
    typeof sample.target === 'string' ? sample.target : (JSON.stringify(sample.target) ?? null),
    output,
    finish,
    failure,
    isMissing(confidence) ? null : rounded(confidence.mean),
    ...DISTRIBUTED.map((metric) => rounded(timings[metric])),
    modelClass,
    promptOf(sample),
  ];
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
